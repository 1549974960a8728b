"""The files that ``analyze`` writes for one source: labels, and the video with labels drawn in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from happysad_live.commands.result_names import overlay_path, results_there
from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError
from happysad_live.interruptions import interruptions_held
from happysad_live.overlay import Sides, draw_result
from happysad_live.paths import file_version
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.fitting import fit_result, size_for_pictures
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.label_lines import LabelHeader, frame_labels
from happysad_live.recording.label_writers import LabelWriter, label_path, open_label_writer
from happysad_live.sources import SourceInfo


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
        self._sides: Sides = {}
        self._before = {path: file_version(path) for path in results_there(folder, stem)}
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
                self._videos.append(ClipWriter(video, *self._size, frame_rate=rate, labels_drawn=True))
                self.paths.append(video)
        except BaseException:
            self.abort()
            raise

    @property
    def _files(self) -> list[LabelWriter | ClipWriter]:
        return [*self._labels, *self._videos]

    def written(self) -> list[Path]:
        """The files that have got their names, in the order of ``paths``."""
        return [path for path in self.paths if file_version(path) not in ((), self._before.get(path))]

    def left_as_before(self) -> list[Path]:
        """Results of the same name that lie there and were not written anew."""
        written = self.written()
        return [path for path in results_there(self._folder, self._stem) if path not in written]

    def write(self, result: FrameResult) -> None:
        """Add a frame to every file. Raises RecordingError where the disk refuses.

        Frames of another size than the header's are brought to that size. A folder's pictures are only for
        the video: label files give their boxes in the pixels of the pictures themselves.
        """
        shown = fit_result(result, *self._size) if self._videos or not self._has_images else result
        labels = frame_labels(result if self._has_images else shown)
        for writer in self._labels:
            writer.write_labels(labels, shown.frame.duration_s)
        for video in self._videos:
            video.write(draw_result(shown.frame.image, shown, sides=self._sides), shown)

    def finish(self) -> None:
        """Complete every file and give it its name; Ctrl-C waits for that.

        Raises RecordingError when one cannot be completed, after the others have been; what the disk took
        of that one is kept.
        """
        failures = []
        finishing = [one.finish for one in self._labels] + [one.finish_whole for one in self._videos]
        with interruptions_held():
            for finish in finishing:
                try:
                    finish()
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
