"""The names of the files that ``analyze`` writes for a source: chosen, checked and reserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from happysad_live.config import LABEL_FORMATS, VIDEO_SUFFIXES, AnalyzeConfig
from happysad_live.core.file_lock import FileLock
from happysad_live.core.folded_text import folded
from happysad_live.core.json_text import name_in
from happysad_live.core.numbered import numbered
from happysad_live.errors import RecordingError, SourceError, UsageError
from happysad_live.paths import home_expanded, is_same_file, is_there
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.label_reader import iter_labels
from happysad_live.recording.label_writers import is_foreign_vtt, label_path
from happysad_live.recording.library import is_described
from happysad_live.recording.stems import LABELLED_SUFFIX, safe_stem
from happysad_live.sources import is_camera_number

_LOCK_SUFFIX = ".analyzing"
"""Ends the name of the empty file that says "a program is writing these results"."""


def result_stems(sources: Sequence[str]) -> list[str]:
    """What the result files of each source are called, before their endings.

    ``dir/clip.mp4`` gives ``clip``. Raises UsageError when two sources would share their files.
    """
    stems = [_stem(source) for source in sources]
    counts = Counter(map(folded, stems))  # as some disks compare names
    twice = [stem for stem in stems if counts[folded(stem)] > 1]
    if twice:
        raise UsageError(
            f"Two of the sources would both write {twice[0]}.labels.jsonl: "
            "analyze them one by one, with a different --out for each."
        )
    return stems


def overlay_path(folder: Path, stem: str) -> Path:
    """Where the video with labels drawn in lies: ``clip.labelled.mp4``."""
    return folder / (stem + LABELLED_SUFFIX)


def results_there(folder: Path, stem: str) -> list[Path]:
    """The result files of a stem that exist, of every format, and the labelled video."""
    paths = [label_path(folder, stem, format) for format in LABEL_FORMATS]
    return list(filter(is_there, [*paths, overlay_path(folder, stem)]))


def spare_others_files(spec: str, stem: str, config: AnalyzeConfig) -> None:
    """Make sure that a source's results would replace nothing but older results of that source.

    spec: the source, as it was typed. stem: of its results. Raises UsageError where they would replace
    another source's results, a source, the label lines of a clip or other subtitles.
    """
    labels = label_path(config.out, stem, "jsonl")
    if other := _another_source(labels, spec):
        raise UsageError(f"{labels} holds the labels of {other}: choose another folder with --out.")
    if "jsonl" in config.formats and is_there(labels) and is_described(config.out, stem):
        raise UsageError(
            f"{labels} holds the labels of a recorded clip, as they were live: "
            "choose another folder with --out."
        )
    subtitles = label_path(config.out, stem, "vtt")
    if "vtt" in config.formats and is_foreign_vtt(subtitles):
        raise UsageError(
            f"{subtitles} holds other subtitles: choose another folder with --out, "
            "or leave vtt out of --format."
        )
    video = overlay_path(config.out, stem)
    if config.overlay and any(is_same_file(home_expanded(source), video) for source in config.sources):
        raise UsageError(
            f"{video} is one of the sources, and the labelled video would replace it: "
            "choose another folder with --out."
        )


def take_results(folder: Path, stem: str) -> FileLock:
    """Reserve the result files of a stem for this program.

    Raises SourceError while another program writes them, RecordingError where the folder refuses.
    """
    lock = _take_stem(folder, stem)
    if lock is None:
        raise SourceError(
            f"Another program is writing {stem}.* in {folder.absolute()}: wait until it has ended, "
            "or choose another folder with --out."
        )
    return lock


def take_unused_results(folder: Path, stem: str, others: Sequence[str]) -> tuple[str, FileLock]:
    """Reserve the first of ``stream``, ``stream-2``, … that has no results; returns which, and its lock.

    What a camera has shown cannot be labelled again, so nothing is replaced. others: stems of the results of
    other sources, which are left to them. Raises RecordingError where the folder refuses.
    """
    not_ours = {folded(other) for other in others if other != stem}
    free = (name for name in numbered(stem, "{}-{}") if folded(name) not in not_ours)
    while True:
        name = next(free)
        lock = _take_stem(folder, name)
        if lock is not None:
            if not results_there(folder, name):
                return name, lock
            lock.release()


def _another_source(labels: Path, spec: str) -> str | None:
    """The source of these labels, if it is another file than ``spec`` and still there.

    They name it as it was typed. A mere name, typed in another folder, may mean any file of that name.
    """
    try:
        source = name_in(iter_labels(labels)[0].source)
    except RecordingError:
        return None
    path = home_expanded(source)
    is_another = len(path.parts) > 1 and is_there(path) and not is_same_file(path, home_expanded(spec))
    return source if is_another else None


def _stem(source: str) -> str:
    if "://" in source:
        return "stream"
    if is_camera_number(source):
        return f"camera-{source}"
    path = home_expanded(source)
    if path.suffix.lower() not in VIDEO_SUFFIXES and not is_there(path):
        with suppress(RecordingError):  # a camera's name, which may hold dots: “USB2.0 HD UVC WebCam”
            return safe_stem(source.replace(":", "-"))
        return "source"
    try:
        name = path.resolve().name if path.is_dir() else path.stem
    except OSError:  # longer than a file's name may be: opening it will say so
        name = path.stem
    return name.replace(":", "-") or "source"


def _take_stem(folder: Path, stem: str) -> FileLock | None:
    """Lock a stem's results; None while another program writes them. Raises RecordingError."""
    path = folder / (stem + _LOCK_SUFFIX)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return FileLock.take(path, new=True, anyway=True)  # a network drive may know no locks
        except FileExistsError:
            return FileLock.take(path)  # a crash may have left the file
    except OSError as error:
        raise write_failure(label_path(folder, stem, "jsonl"), error) from error
