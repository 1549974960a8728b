"""``happysad-train``: the command line of training. Heavy imports happen inside the commands."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias, get_args

from happysad_live import __version__
from happysad_live.arguments import SentenceParser, is_whole_number, named_path, positive_count
from happysad_live.bootstrap import native_chatter_silenced, prepare_environment
from happysad_live.config import DEFAULT_MODEL, Device
from happysad_live.core.counts import counted
from happysad_live.core.sentences import as_sentence
from happysad_live.errors import TrainingError, UsageError
from happysad_live.exit_codes import EXIT_DONE, run_command
from happysad_live.terminal import print_json, print_message, print_result
from training import MAX_SEED, NO_LICENCE, VAL_SHARE
from training.interrupt import remembered_interrupts

PROGRAM = "happysad-train"
BACKENDS = ("tensorflow", "jax", "torch")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 done, 1 failed with a sentence on stderr, 2 wrong usage, 130 interrupted."""
    prepare_environment()
    os.environ["MPLBACKEND"] = "agg"  # a notebook names its own backend, which may not be installed here
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    return run_command(PROGRAM, lambda: _run(arguments), debug="--debug" in arguments)


def _run(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    if "backend" in options:
        _choose_backend(options.backend or os.environ["KERAS_BACKEND"] or BACKENDS[0])
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        if command in (_seed, _ingest, _fit, _evaluate, _plots):  # before work that could not be completed
            _require_extra()
        with remembered_interrupts():
            command(options)
    except KeyboardInterrupt:
        print_message("Interrupted; what was finished before is intact.")
        raise
    except MemoryError as error:
        raise TrainingError("There is not enough memory: use fewer pictures at once.") from error
    except ImportError as error:
        raise TrainingError(
            f"Something is not installed ({error}): install it, or choose another --backend."
        ) from error
    except OSError as error:
        if not error.filename:
            raise
        raise TrainingError(f"{error.filename}: {error.strerror or error}.") from error
    return EXIT_DONE


def _require_extra() -> None:
    """Raise TrainingError where the packages are missing that only training needs."""
    missing = [
        package for package in ("sklearn", "scipy", "imagehash", "matplotlib") if not find_spec(package)
    ]
    if missing:
        raise TrainingError(
            f"This needs packages that the window does without ({', '.join(missing)}): "
            'pip install "happysad-live[train]".'
        )


def _choose_backend(backend: str) -> None:
    """Set the backend in the environment, where Keras looks only once, at its first import.

    Raises UsageError for an unknown backend, TrainingError where Keras already runs on another one.
    """
    if backend not in BACKENDS:
        raise UsageError(f"KERAS_BACKEND is “{backend}”: set it to {', '.join(BACKENDS)}, or use --backend.")
    keras = sys.modules.get("keras")
    if keras is not None and keras.backend.backend() != backend:
        raise TrainingError(
            f"Keras already runs on {keras.backend.backend()}: start a new process to train on {backend}."
        )
    os.environ["KERAS_BACKEND"] = backend


def _parser() -> argparse.ArgumentParser:
    """The parser; each command sets ``command`` to the function that runs it."""
    parser = SentenceParser(prog=PROGRAM, description="Make, judge and describe the models of HappySad Live.")
    parser.add_argument("--version", action="version", version=f"HappySad Live {__version__}")
    parser.add_argument("--debug", action="store_true", help="show where an error arose")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        _add_seed,
        _add_ingest,
        _add_fit,
        _add_evaluate,
        _add_plots,
        _add_card,
        _add_predict,
        _add_general,
    ):
        add(commands)
    for command in commands.choices.values():
        # Without a default, as that would overwrite a --debug that was given before the command.
        command.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
    return parser


Commands: TypeAlias = "argparse._SubParsersAction[SentenceParser]"
"""The type that ``add_subparsers`` returns, for which argparse has no public name."""


def _add_seed(commands: Commands) -> None:
    parser = _add_command(commands, "seed", "repeat the student's experiment")
    parser.add_argument(
        "--data",
        type=named_path,
        required=True,
        metavar="FILE|DIR",
        help="a folder with the class folders happy and sad, or a face set",
    )
    parser.add_argument(
        "--out",
        type=named_path,
        default=Path("runs/seed"),
        metavar="DIR",
        help="folder for the results (default: %(default)s)",
    )
    parser.add_argument(
        "--elsewhere",
        type=named_path,
        metavar="FILE|DIR",
        help="faces from elsewhere to test on, given as for --data",
    )
    parser.add_argument(
        "--licence",
        default=NO_LICENCE,
        metavar="TEXT",
        help="licence of the data, for the model's card (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs",
        type=positive_count,
        default=20,
        metavar="N",
        help="how often every picture is learnt from (default: %(default)s, as the student did)",
    )
    _add_random_seed(parser)
    _add_backend(parser)
    parser.set_defaults(command=_seed)


def _seed(options: argparse.Namespace) -> None:
    from training.seed.experiment import run_seed

    report = run_seed(
        options.data,
        options.out,
        elsewhere=options.elsewhere,
        licence=options.licence,
        epochs=options.epochs,
        seed=options.seed,
    )
    print_result(report)
    print_result(f"Plots, report and the model are in {options.out}.")


def _add_ingest(commands: Commands) -> None:
    parser = _add_command(commands, "ingest", "turn labelled pictures or clips into a face set")
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SRC",
        help="a folder of classes, a .csv (file,class[,source][,subject][,duplicate_group][,split]), or "
        "FERPlus as .npz (images, votes, vote_names, split[, row_id][, duplicate_group]); NAME=SRC names it",
    )
    parser.add_argument(
        "--clips",
        type=named_path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder of recorded clips, for what you labelled in them; several times for several",
    )
    parser.add_argument(
        "--out", type=named_path, required=True, metavar="FILE", help="the face set to write, NAME.faces.npz"
    )
    parser.add_argument(
        "--val",
        type=_share,
        default=VAL_SHARE,
        metavar="SHARE",
        help="part for validation, where the sources name none (default: %(default)s)",
    )
    parser.add_argument(
        "--test",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="part for testing, of the pictures without a split (default: %(default)s)",
    )
    _add_random_seed(parser)
    parser.add_argument(
        "--processes",
        type=positive_count,
        metavar="N",
        help="number of worker processes (default: one a core, up to 8)",
    )
    parser.set_defaults(command=_ingest)


def _ingest(options: argparse.Namespace) -> None:
    from training.faces.ingest import face_set_path, ingest
    from training.faces.ingest_report import report_text

    if not options.sources and not options.clips:
        raise UsageError("Name something to ingest: folders, files, or clips with --clips.")
    if options.val + options.test >= 1:
        raise UsageError("--val and --test leave nothing to train on: together they must be below 1.")
    report = ingest(
        options.sources,
        options.out,
        clips=options.clips,
        val_share=options.val,
        test_share=options.test,
        seed=options.seed,
        processes=options.processes,
    )
    print_result(report_text(report))
    print_result(f"{face_set_path(options.out)} holds {counted(len(report.faces), 'face')}.")


def _add_fit(commands: Commands) -> None:
    parser = _add_command(commands, "fit", "train a model as a config says")
    parser.add_argument(
        "--config",
        type=named_path,
        required=True,
        metavar="FILE|NAME",
        help="a .toml file, or own, happysad or finish, which come with the program (training/configs)",
    )
    parser.add_argument(
        "--data",
        type=named_path,
        action="append",
        metavar="FILE|DIR",
        help="a face set (NAME.faces.npz), a folder of classes or a .csv; several times for several "
        "(default: the config's)",
    )
    parser.add_argument(
        "--out",
        type=named_path,
        metavar="DIR",
        help="the run's folder (default: runs/ and the config's name)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="continue a stopped run, or a finished one with more epochs"
    )
    _add_backend(parser)
    parser.set_defaults(command=_fit)


def _fit(options: argparse.Namespace) -> None:
    from training.fitting.config import config_file, load_config

    config = config_file(options.config)
    heads = load_config(config).heads  # mistakes are told before Keras is loaded, which takes seconds
    with native_chatter_silenced():
        from training.fitting.fit import run_fit

    folder = run_fit(config, out=options.out, resume=options.resume, data=options.data)
    models = " or ".join(str(folder / head.name) for head in heads)
    print_result(f"The run is in {folder}; for --model, name {models}.")


def _add_evaluate(commands: Commands) -> None:
    parser = _add_command(commands, "evaluate", "judge models on a face set")
    parser.add_argument("bundles", nargs="+", metavar="MODEL", help="a model's name or folder")
    parser.add_argument(
        "--data",
        type=named_path,
        action="append",
        required=True,
        metavar="FILE",
        help="a face set, NAME.faces.npz; several times for several",
    )
    parser.add_argument(
        "--split",
        default="val",
        choices=("train", "val", "test", "all"),
        help="which of the faces (default: %(default)s)",
    )
    parser.add_argument("--compare", metavar="MODEL", help="another model to compare with, face by face")
    parser.add_argument(
        "--robustness", action="store_true", help="judge changed light, focus, tilt, size and crop too"
    )
    parser.add_argument(
        "--out", type=named_path, metavar="DIR", help="folder for evaluation.json, predictions and mistakes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    _add_device(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    from training.judging.evaluate import evaluate_bundles

    reports = []
    evaluations = evaluate_bundles(
        options.bundles,
        options.data,
        split=options.split,
        compare_with=options.compare,
        with_robustness=options.robustness,
        device=options.device,
        out=options.out,
    )
    try:
        for evaluation in evaluations:
            reports.append(evaluation.report)
            if not options.json:
                print_result(f"{evaluation.text()}\n")
    finally:  # also where one of several models could not be judged
        if options.json and reports:
            print_json(reports if len(options.bundles) > 1 else reports[0])


def _add_plots(commands: Commands) -> None:
    parser = _add_command(commands, "plots", "draw the plots of a run or an evaluation")
    parser.add_argument(
        "folder", type=named_path, metavar="DIR", help="a folder that fit or evaluate --out wrote"
    )
    parser.set_defaults(command=_plots)


def _plots(options: argparse.Namespace) -> None:
    from training.judging.plots import make_plots

    for path in make_plots(options.folder):
        print_result(str(path))


def _add_card(commands: Commands) -> None:
    parser = _add_command(commands, "card", "write a model's card, its README.md")
    parser.add_argument("bundle", metavar="MODEL", help="a model's name or folder")
    parser.add_argument(
        "--evaluation",
        type=named_path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder that evaluate --out wrote, for figures to add; several times for several",
    )
    parser.set_defaults(command=_card)


def _card(options: argparse.Namespace) -> None:
    from training.judging.card import make_card

    print_result(str(make_card(options.bundle, options.evaluation)))


def _add_predict(commands: Commands) -> None:
    parser = _add_command(commands, "predict", "say what one picture shows")
    parser.add_argument("image", type=named_path, metavar="IMAGE", help="a picture with a face")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="NAME|DIR", help="the model to use (default: %(default)s)"
    )
    _add_device(parser)
    parser.set_defaults(command=_predict)


def _predict(options: argparse.Namespace) -> None:
    from training.judging.predict import predict_picture

    print_result(predict_picture(options.image, options.model, options.device).text())


def _add_general(commands: Commands) -> None:
    parser = _add_command(
        commands, "general", "put faces of other people into a model, so that it can be taught yours"
    )
    parser.add_argument("bundle", metavar="MODEL", help="a model's name or folder")
    parser.add_argument(
        "--data", type=named_path, required=True, metavar="FILE", help="a face set, NAME.faces.npz"
    )
    parser.set_defaults(command=_general)


def _general(options: argparse.Namespace) -> None:
    from training.teaching.general_faces import write_general_faces

    path, general = write_general_faces(options.bundle, options.data)
    judged = int(general.judged.sum())
    print_result(
        f"{path}: {counted(judged, 'face')} to judge a taught model, {len(general.judged) - judged} to learn "
        "beside the person's."
    )


def _add_command(commands: Commands, name: str, does: str) -> SentenceParser:
    """The parser of a command. does: what it does, for the list of commands and its own help."""
    return commands.add_parser(name, help=does, description=as_sentence(does))


def _add_random_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=_seed_number, default=0, metavar="N", help="random seed (default: %(default)s)"
    )


def _add_backend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend", choices=BACKENDS, help="what Keras runs on (default: $KERAS_BACKEND, or tensorflow)"
    )


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=get_args(Device),
        default="auto",
        help="where the model runs (default: %(default)s)",
    )


def _seed_number(text: str) -> int:
    """An argparse type: a whole number from 0 to MAX_SEED."""
    if not is_whole_number(text) or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def _share(text: str) -> float:
    """An argparse type: a number from 0 to below 1."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a share from 0 to below 1")
    return share


if __name__ == "__main__":
    sys.exit(main())
