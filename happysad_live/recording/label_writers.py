"""Writing label files: what was seen on each frame, as JSON lines, a tidy table and subtitles.

The formats' schema is ``happysad-labels/1``. Every writer works under a temporary name, so a reader never
meets a half-written file.
"""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from happysad_live.core.json_text import json_text
from happysad_live.paths import is_there
from happysad_live.recording.cues import Cue, CueBuilder, is_of_labels, vtt_cue
from happysad_live.recording.label_lines import FrameLabels, LabelHeader, jsonl_line
from happysad_live.recording.part_file import PartFile
from happysad_live.recording.stems import LABEL_SUFFIXES


class LabelWriter(PartFile, ABC):
    """A label file in the making. Its methods raise RecordingError where the disk refuses."""

    @abstractmethod
    def write_labels(self, frame: FrameLabels, duration_s: float | None = None) -> None:
        """Add a frame's labels as they were rounded for files; frames come in order.

        duration_s: how long it is shown, where that is known. Subtitles end with the last one.
        """


class JsonlWriter(LabelWriter):
    """One JSON object a frame, after a first line that says where the labels come from."""

    def __init__(self, path: Path, header: LabelHeader, *, live: bool = False) -> None:
        super().__init__(path, json_text(header.to_dict()) + "\n", live=live)

    def write_labels(self, frame: FrameLabels, duration_s: float | None = None) -> None:
        self.write(jsonl_line(frame))


class CsvWriter(LabelWriter):
    """A tidy table: a row a face a frame; frames without a face have none."""

    def __init__(
        self, path: Path, header: LabelHeader, *, has_own_labels: bool = False, images: bool = False
    ) -> None:
        """has_own_labels: with a last column ``own_label``, empty where the user said nothing.
        images: with last columns ``image``, ``width`` and ``height``: which picture of a folder it is.
        """
        self._labels = header.labels
        self._has_own_labels = has_own_labels
        self._images = images
        columns = _csv_columns(header.labels) + (["own_label"] if has_own_labels else [])
        columns += ["image", "width", "height"] if images else []
        super().__init__(path, _csv_row(columns))

    def write_labels(self, frame: FrameLabels, duration_s: float | None = None) -> None:
        for face in frame.faces:
            row: list[object] = [frame.index, frame.time_s, face.track, *face.box]
            row += [face.detection, face.label, face.confidence]
            row += [face.probabilities.get(label) for label in self._labels]
            row += [face.raw.get(label) for label in self._labels]
            row += [face.own] if self._has_own_labels else []
            row += [frame.image, frame.width, frame.height] if self._images else []
            self.write(_csv_row(row))


class VttWriter(LabelWriter):
    """WebVTT subtitles: a cue as long as every face keeps its label."""

    _line_end = b"\n\n"  # a blank line ends a cue

    def __init__(self, path: Path, *, frame_rate: float | None, begins_s: float) -> None:
        """frame_rate: see ``CueBuilder``. begins_s: when a player shows the frame whose ``time_s`` is 0."""
        self._cues = CueBuilder(frame_rate)
        self._begins_s = begins_s
        super().__init__(path, "WEBVTT\n\n")

    def write_labels(self, frame: FrameLabels, duration_s: float | None = None) -> None:
        self._write_cues(self._cues.add(self._begins_s + frame.time_s, frame.faces, duration_s))

    def finish(self) -> None:
        self._write_cues(self._cues.finish())
        super().finish()

    def _write_cues(self, cues: Sequence[Cue]) -> None:
        self.write("".join(map(vtt_cue, cues)))


def open_label_writer(
    format: str,
    path: Path,
    header: LabelHeader,
    *,
    has_own_labels: bool = False,
    images: bool = False,
    frame_rate: float | None = None,
    begins_s: float = 0.0,
) -> LabelWriter:
    """Begin a label file of one format, a key of ``LABEL_SUFFIXES``.

    has_own_labels, images: see ``CsvWriter``, the others: see ``VttWriter``; other formats ignore them.
    Raises RecordingError.
    """
    if format == "csv":
        return CsvWriter(path, header, has_own_labels=has_own_labels, images=images)
    if format == "jsonl":
        return JsonlWriter(path, header)
    return VttWriter(path, frame_rate=frame_rate, begins_s=begins_s)


def label_path(folder: Path, stem: str, format: str) -> Path:
    """Where a label file of that format lies: ``clip.labels.jsonl``, ``clip.labels.csv``, ``clip.vtt``."""
    return folder / (stem + LABEL_SUFFIXES[format])


def is_foreign_vtt(path: Path) -> bool:
    """Whether a file holds subtitles that are no labels: ``clip.vtt`` is a usual name beside ``clip.mp4``."""
    try:
        return path.is_file() and not is_of_labels(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:  # what may not be read is somebody else's
        return is_there(path)


def _csv_columns(labels: Sequence[str]) -> list[str]:
    """The table's columns: ``p_LABEL`` smoothed over time, ``raw_LABEL`` as the model gave it."""
    columns = ["frame", "time_s", "track", "x0", "y0", "x1", "y1", "detection", "label", "confidence"]
    return columns + [f"p_{label}" for label in labels] + [f"raw_{label}" for label in labels]


def _csv_row(values: Sequence[object]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(values)
    return row.getvalue()
