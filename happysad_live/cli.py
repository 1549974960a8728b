"""The command line: from arguments to a frozen config to one command.

Nothing heavy is imported here; each command imports what it needs when it runs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from happysad_live import __version__
from happysad_live.arguments import SentenceParser, named_model, named_path, positive_count, positive_number
from happysad_live.bootstrap import prepare_environment
from happysad_live.config import (
    DEFAULT_MODEL,
    LABEL_FORMATS,
    PROGRAM,
    VIDEO_SUFFIXES,
    AnalyzeConfig,
    Device,
    WindowConfig,
)
from happysad_live.display import no_window_text
from happysad_live.errors import HappySadError, UsageError
from happysad_live.exit_codes import run_command
from happysad_live.paths import is_folder, recordings_dir

if TYPE_CHECKING:
    from happysad_live.core.types import FrameResult

_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))

SOURCES_HELP = """\
what SRC can be:
  0, 1, …                a webcam by its number; its device path or its name works too
  clip.mp4               a video file (mp4, mkv, mov, avi, webm, gif and others), or a picture
  rtsp://… http://…      a stream
  FOLDER                 the pictures in a folder
  demo, demo:3           drawn people (one to four), no camera needed
"""

COMMANDS_HELP = """\
commands (each has its own --help):
  analyze SRC…           label videos, pictures, cameras or streams into files, without a window
  classify IMAGE…        label every face of every picture
  cameras                what cameras there are
  doctor                 what works on this machine; what to do about the rest
  bench                  how fast this machine is
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program. Returns its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

    The window does not return: it ends the process with such a code.
    """
    prepare_environment()
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run_command(PROGRAM, lambda: _dispatch(arguments), debug="--debug" in arguments)


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["--debug"] and arguments[1:] and not arguments[1].startswith("-"):
        arguments = [arguments[1], "--debug", *arguments[2:]]
    commands: dict[str, Callable[[list[str]], int]] = {
        "analyze": _analyze,
        "classify": _classify,
        "cameras": _cameras,
        "doctor": _doctor,
        "bench": _bench,
    }
    if arguments and not arguments[0].startswith("-"):
        name = arguments[0]
        if name not in commands:
            raise UsageError(
                f"There is no command “{name}”; there are {', '.join(commands)}, "
                f"and {PROGRAM} --source {name} opens a source in the window."
            )
        return commands[name](arguments[1:])
    return _window(arguments)


def _clip_target(text: str) -> Path:
    """An argparse type: a folder for clips, or a clip's file. Absolute, so that a clip has only one name."""
    path = named_path(text).absolute()
    if text.endswith(_SEPARATORS) and path.suffix.lower() in VIDEO_SUFFIXES and not is_folder(path):
        raise argparse.ArgumentTypeError(f"there is no folder “{text}”: make it first")
    if path.suffix.lower() in set(VIDEO_SUFFIXES) - {".mp4"} and not is_folder(path):
        raise argparse.ArgumentTypeError(f"“{text}” is neither a folder nor an .mp4 file")
    return path


def _parser(command: str, description: str, epilog: str = "") -> SentenceParser:
    parser = SentenceParser(
        prog=f"{PROGRAM} {command}".strip(),
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show where an error arose")
    return parser


def _add_model_options(parser: argparse.ArgumentParser, *, remembers: bool = False) -> None:
    """Add ``--model`` and ``--device``. remembers: without ``--model``, the one chosen last is used."""
    usual = f"the one chosen last, or {DEFAULT_MODEL}" if remembers else DEFAULT_MODEL
    parser.add_argument(
        "--model",
        default=None if remembers else DEFAULT_MODEL,
        type=named_model,
        metavar="NAME|DIR",
        help=f"the model to use (default: {usual})",
    )
    parser.add_argument(
        "--device", default="auto", choices=get_args(Device), help="where the model runs (default: auto)"
    )


def _window(arguments: list[str]) -> NoReturn:
    parser = _parser(
        "",
        "Open the window: find every face in front of the webcam, say happy or sad for each.",
        f"{SOURCES_HELP}\n{COMMANDS_HELP}",
    )
    parser.add_argument("--version", action="version", version=f"HappySad Live {__version__}")
    parser.add_argument(
        "--source", metavar="SRC", help="what to look at (default: the first camera, or the demo without one)"
    )
    _add_model_options(parser, remembers=True)
    parser.add_argument(
        "--record",
        nargs="?",
        const=True,
        type=_clip_target,
        metavar="FOLDER|FILE.mp4",
        help="record from the first frame that has labels, into FOLDER (default: that of the preferences) or "
        "FILE.mp4 (FILE_2.mp4 where there is one), and print the path of what was recorded",
    )
    parser.add_argument("--clean", action="store_true", help="record the picture without labels drawn in")
    parser.add_argument(
        "--seconds",
        type=positive_number,
        metavar="S",
        help="close the window S seconds after the first frame that has labels",
    )
    parser.add_argument(
        "--report",
        type=named_path,
        metavar="FILE",
        help="write start-up times, frame counts and delays to FILE as JSON",
    )
    config = WindowConfig(**vars(parser.parse_args(arguments)))  # the config's fields are the options
    if config.report and not is_folder(folder := config.report.absolute().parent):
        raise UsageError(f"There is no folder {folder} to write the report into: make it first.")
    try:
        from happysad_live.gui.app import run
    except ImportError as error:  # Qt needs libraries of the system
        raise HappySadError(no_window_text(str(error))) from error
    run(config)


def _analyze(arguments: list[str]) -> int:
    parser = _parser("analyze", "Label sources without a window, into files.", SOURCES_HELP)
    parser.add_argument("sources", nargs="+", metavar="SRC", help="what to label, one after the other")
    parser.add_argument(
        "--out",
        type=named_path,
        default=Path(),
        metavar="DIR",
        help="folder for the results (default: this one)",
    )
    parser.add_argument(
        "--overlay", action="store_true", help="also write a video with the labels drawn in, without sound"
    )
    parser.add_argument(
        "--format",
        dest="formats",
        type=_label_formats,
        default=LABEL_FORMATS,
        metavar="jsonl,csv,vtt",
        help="label files to write (default: all three)",
    )
    _add_model_options(parser)
    parser.add_argument(
        "--seconds", type=positive_number, metavar="S", help="stop after S seconds of the source"
    )
    parser.add_argument(
        "--every",
        type=positive_count,
        default=1,
        metavar="N",
        help="label every Nth frame only, which is quicker; the others are left out of all results",
    )
    config = AnalyzeConfig(**_fields(parser, arguments))
    from happysad_live.commands.analyze import run

    return run(config)


def _fields(parser: argparse.ArgumentParser, arguments: list[str]) -> dict[str, Any]:
    """A command's options, which are its config's fields, without ``--debug``, which is for ``main``."""
    options = vars(parser.parse_args(arguments))
    del options["debug"]
    return options


def _label_formats(text: str) -> tuple[str, ...]:
    formats = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    unknown = [name for name in formats if name not in LABEL_FORMATS]
    if unknown or not formats:
        raise argparse.ArgumentTypeError(f"“{text}” is not a list of {', '.join(LABEL_FORMATS)}")
    return formats


def _classify(arguments: list[str]) -> int:
    parser = _parser("classify", "Label every face of every picture; its line names them from left to right.")
    parser.add_argument(
        "images",
        nargs="+",
        type=named_path,
        metavar="IMAGE|FOLDER",
        help="a picture, or a folder of pictures",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of lines")
    _add_model_options(parser)
    options = parser.parse_args(arguments)
    from happysad_live.commands.classify import run

    return run(tuple(options.images), model=options.model, device=options.device, as_json=options.json)


def _cameras(arguments: list[str]) -> int:
    parser = _parser("cameras", "List the cameras, also those that cannot be opened.")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of a table")
    options = parser.parse_args(arguments)
    from happysad_live.commands.cameras import run

    return run(options.json)


def _doctor(arguments: list[str]) -> int:
    parser = _parser("doctor", "Show what works on this machine, and what to do about the rest.")
    parser.add_argument("--json", action="store_true", help="print a JSON list instead of lines")
    options = parser.parse_args(arguments)
    from happysad_live.commands.doctor import run

    return run(_preferred_clips_folder, options.json)


def _preferred_clips_folder() -> Path:
    """The folder that the window records to; the usual one where the window's libraries cannot be loaded."""
    try:
        from happysad_live.gui.preferences.store import clips_folder, open_preferences
    except Exception:  # whatever a broken library raises: doctor tells of it
        return recordings_dir()
    return clips_folder(None, open_preferences().load().clips_folder)


def _bench(arguments: list[str]) -> int:
    parser = _parser("bench", "Measure how fast this machine is, stage by stage and as a whole.")
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SRC",
        help="a video file, or demo:N; with --live, any source (default: the demo at 1280x720)",
    )
    parser.add_argument(
        "--faces",
        type=positive_count,
        metavar="N",
        help="how many of the demo's people, 1 to 8 (default: 1, 2, 3, 4 and 8 in turn; with --live, 4)",
    )
    parser.add_argument(
        "--seconds",
        type=positive_number,
        default=4.0,
        metavar="S",
        help="how long each measurement takes (default: 4)",
    )
    _add_model_options(parser)
    parser.add_argument("--live", action="store_true", help="measure the window, at the source's own pace")
    parser.add_argument(
        "--rate",
        type=positive_number,
        metavar="R",
        help="the demo's frames a second, with --live (default: 30)",
    )
    parser.add_argument("--record", action="store_true", help="record meanwhile, with --live")
    parser.add_argument("--json", dest="as_json", action="store_true", help="print everything as JSON")
    options = _fields(parser, arguments)
    from happysad_live.commands.bench.run import BenchConfig, run

    return run(BenchConfig(**options), _show_in_memory)


def _show_in_memory(width: int, height: int) -> Callable[[FrameResult], None]:
    from happysad_live.gui.offscreen import offscreen_show

    return offscreen_show(width, height)
