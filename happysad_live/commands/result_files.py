"""The files that ``analyze`` writes for one source: labels, and the video with labels drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from happysad_live.config import LABEL_FORMATS
from happysad_live.core.file_lock import FileLock
from happysad_live.core.numbered import numbered
from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError, SourceError
from happysad_live.interruptions import interruptions_held
from happysad_live.overlay import draw_result
from happysad_live.paths import is_there
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.files import write_failure
from happysad_live.recording.fitting import fit_result, size_for_pictures
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.label_lines import LabelHeader, frame_labels
from happysad_live.recording.label_writers import LabelWriter, label_path, open_label_writer
from happysad_live.recording.stems import LABELLED_SUFFIX, as_disks_compare
from happysad_live.sources import SourceInfo

_LOCK_SUFFIX = ".analyzing"
"""Ends the name of the empty file that says "a program is writing these results"."""


def overlay_path(folder: Path, stem: str) -> Path:
    """Where the video with labels drawn in lies: ``clip.labelled.mp4``."""
    return folder / (stem + LABELLED_SUFFIX)


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
    not_ours = {as_disks_compare(other) for other in others if other != stem}
    free = (name for name in numbered(stem, "{}-{}") if as_disks_compare(name) not in not_ours)
    while True:
        name = next(free)
        lock = _take_stem(folder, name)
        if lock is not None:
            if not _results_there(folder, name):
                return name, lock
            lock.release()


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


def _results_there(folder: Path, stem: str) -> list[Path]:
    paths = [label_path(folder, stem, format) for format in LABEL_FORMATS]
    return list(filter(is_there, [*paths, overlay_path(folder, stem)]))


class ResultFiles:
    """All result files of one source: written together, finished or given up together."""

    def __init__(
        self,
        folder: Path,
        stem: str,
        formats: tuple[str, ...],
        header: LabelHeader,
        source: SourceInfo,
        *,
        overlay: bool = False,
    ) -> None:
        """overlay: draw a labelled video too.

        Raises RecordingError where the folder cannot be written; nothing is left behind then.
        """
        self._folder, self._stem = folder, stem
        self._has_images = source.kind == "images"
        size = header.width, header.height
        self._size = size_for_pictures(*size) if self._has_images else size
        self.paths = [label_path(folder, stem, format) for format in formats]
        self._labels: list[LabelWriter] = []
        self._videos: list[ClipWriter] = []
        try:
            for format, path in zip(formats, self.paths, strict=True):
                writer = open_label_writer(
                    format,
                    path,
                    header,
                    images=self._has_images,
                    frame_rate=source.frame_rate,
                    begins_s=source.begins_s,
                )
                self._labels.append(writer)
            if overlay:
                video, rate = overlay_path(folder, stem), source.frame_rate or DEFAULT_FRAME_RATE
                self._videos.append(ClipWriter(video, *self._size, frame_rate=rate))
                self.paths.append(video)
        except BaseException:
            self.abort()
            raise

    @property
    def _files(self) -> list[LabelWriter | ClipWriter]:
        return [*self._labels, *self._videos]

    def left_as_before(self) -> list[Path]:
        """Results of the same name that lie there and are not among these."""
        return [path for path in _results_there(self._folder, self._stem) if path not in self.paths]

    def write(self, result: FrameResult) -> None:
        """Add a frame to every file. Raises RecordingError where the disk refuses.

        Frames of another size than the header's are brought to that size. A folder's pictures are only for
        the video: label files give their boxes in the pixels of the pictures themselves.
        """
        shown = fit_result(result, *self._size) if self._videos or not self._has_images else result
        labels = frame_labels(result if self._has_images else shown)
        for writer in self._labels:
            writer.write_labels(labels)
        for video in self._videos:
            video.write(draw_result(shown.frame.image, shown), shown)

    def finish(self) -> None:
        """Complete every file and give it its name; Ctrl-C waits for that.

        Raises RecordingError when one cannot be completed, after the others have been; what the disk took
        of that one is kept.
        """
        failures = []
        with interruptions_held():
            for file in self._files:
                try:
                    file.finish()
                except RecordingError as error:
                    failures.append(error)
        self.keep()
        if failures:
            raise failures[0]

    def keep(self) -> None:
        """After a failure: give every file its name, with what the disk took of it."""
        with interruptions_held():
            for writer in self._labels:
                with suppress(RecordingError):
                    writer.keep()
            for video in self._videos:
                with suppress(RecordingError):
                    video.finish()  # which keeps what is whole

    def abort(self) -> None:
        """Remove everything that is neither finished nor kept."""
        for file in self._files:
            file.abort()
