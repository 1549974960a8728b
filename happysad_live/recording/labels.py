"""Label files: what was seen on each frame, as JSON lines, a tidy table and subtitles.

The formats' schema is ``happysad-labels/1``. Every writer works under a temporary name and gives the
file its own name in ``finish``, so a reader never meets a half-written one.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError, UsageError
from happysad_live.recording.cues import Cue, CueBuilder, is_of_labels, vtt_cue
from happysad_live.recording.files import PartFile, write_failure
from happysad_live.recording.label_lines import (
    SCHEMA,
    FaceLabel,
    FrameLabels,
    LabelHeader,
    frame_labels,
    jsonl_line,
    parse_frame,
    parse_header,
)

__all__ = [
    "CsvWriter",
    "FaceLabel",
    "FrameLabels",
    "JsonlWriter",
    "LabelHeader",
    "LabelWriter",
    "VttWriter",
    "csv_columns",
    "fit_labels",
    "is_foreign_vtt",
    "label_path",
    "open_label_writers",
    "read_labels",
]


_CUE_END = b"\n\n"


class LabelWriter(Protocol):
    """One label file in the making. Its methods raise RecordingError where the disk refuses."""

    @property
    def path(self) -> Path:
        """Where the file will be once it is finished."""
        ...

    def write(self, result: FrameResult) -> None:
        """Add a frame; frames come in order."""
        ...

    def finish(self) -> None:
        """Complete the file and give it its name; also right after an interruption. Twice is harmless."""
        ...

    def keep(self) -> None:
        """Give its name to what a full disk took of the file; harmless after ``finish``."""
        ...

    def abort(self) -> None:
        """Give up and remove what was written; harmless after ``finish``."""
        ...


class JsonlWriter:
    """One JSON object a frame, after a first line that says where the labels come from."""

    def __init__(self, path: Path, header: LabelHeader, *, live: bool = False) -> None:
        """Begin a file. live: no line may be lost when the program is killed."""
        self.path = path
        self._file = PartFile(path, live=live)
        _write_or_abort(self._file, json.dumps(header.to_dict(), ensure_ascii=False) + "\n")

    def write(self, result: FrameResult) -> None:
        self.write_labels(frame_labels(result))

    def write_labels(self, frame: FrameLabels) -> None:
        """Add a frame that was read from another label file."""
        self._file.write(jsonl_line(frame))

    def sync(self) -> None:
        """Carry everything so far to the disk."""
        self._file.sync()

    def leave(self) -> None:
        """Close, and leave what was written under its temporary name."""
        self._file.leave()

    def finish(self) -> None:
        self._file.finish()

    def keep(self) -> None:
        self._file.keep()

    def abort(self) -> None:
        self._file.abort()


class CsvWriter:
    """A tidy table: a row a face a frame; frames without a face have none."""

    def __init__(
        self, path: Path, header: LabelHeader, *, own_labels: bool = False, images: bool = False
    ) -> None:
        """Begin a table. own_labels: with a last column ``own_label``, empty where the user said nothing.

        images: with a last column ``image``, which picture of a folder it is.
        """
        self.path = path
        self._images = images
        self._labels = header.labels
        self._own_labels = own_labels
        self._file = PartFile(path)
        columns = csv_columns(header.labels) + (["own_label"] if own_labels else [])
        columns += ["image"] if images else []
        _write_or_abort(self._file, _csv_row(columns))

    def write(self, result: FrameResult) -> None:
        self.write_labels(frame_labels(result))

    def write_labels(self, frame: FrameLabels) -> None:
        """Add a frame that was read from another label file."""
        for face in frame.faces:
            self._file.write(
                _csv_row(
                    [
                        frame.frame,
                        frame.time_s,
                        face.track,
                        *face.box,
                        face.detection,
                        face.label,
                        face.confidence,
                    ]
                    + [face.probabilities.get(label) for label in self._labels]
                    + [face.raw.get(label) for label in self._labels]
                    + ([face.own] if self._own_labels else [])
                    + ([frame.image] if self._images else [])
                )
            )

    def finish(self) -> None:
        self._file.finish()

    def keep(self) -> None:
        self._file.keep()

    def abort(self) -> None:
        self._file.abort()


class VttWriter:
    """WebVTT subtitles: a cue as long as every face keeps its label."""

    def __init__(self, path: Path, header: LabelHeader) -> None:
        self.path = path
        self._cues = CueBuilder()
        self._file = PartFile(path)
        _write_or_abort(self._file, "WEBVTT\n\n")

    def write(self, result: FrameResult) -> None:
        self.write_labels(frame_labels(result))

    def write_labels(self, frame: FrameLabels) -> None:
        """Add a frame that was read from another label file."""
        self._write_cue(self._cues.add(frame.time_s, frame.faces))

    def finish(self) -> None:
        self._write_cue(self._cues.finish())
        self._file.finish()

    def keep(self) -> None:
        self._file.keep(_CUE_END)

    def abort(self) -> None:
        self._file.abort()

    def _write_cue(self, cue: Cue | None) -> None:
        if cue is not None:
            self._file.write(vtt_cue(cue))


_WRITERS = {
    "jsonl": (".labels.jsonl", JsonlWriter),
    "csv": (".labels.csv", CsvWriter),
    "vtt": (".vtt", VttWriter),
}


def label_path(folder: Path, stem: str, format: str) -> Path:
    """Where a label file of that format lies: ``clip.labels.jsonl``, ``clip.labels.csv``, ``clip.vtt``."""
    return folder / (stem + _WRITERS[format][0])


def is_foreign_vtt(path: Path) -> bool:
    """Whether subtitles of something else have the name: ``clip.vtt`` is usual beside ``clip.mp4``."""
    try:
        return path.is_file() and not is_of_labels(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return True


def open_label_writers(
    folder: Path, stem: str, formats: Iterable[str], header: LabelHeader, *, images: bool = False
) -> list[LabelWriter]:
    """Begin a label file of each format beside each other; all of them or none.

    images: the source is a folder of pictures, so the table says which one each row is of.

    Raises UsageError for a format that does not exist, RecordingError where the folder refuses.
    """
    wanted = list(dict.fromkeys(formats))
    for format in wanted:
        if format not in _WRITERS:
            raise UsageError(f"There is no label format “{format}”: choose from {', '.join(_WRITERS)}.")
    writers: list[LabelWriter] = []
    try:
        for format in wanted:
            path = label_path(folder, stem, format)
            if format == "csv":
                writers.append(CsvWriter(path, header, images=images))
            else:
                writers.append(_WRITERS[format][1](path, header))
    except RecordingError:
        for writer in writers:
            writer.abort()
        raise
    return writers


def read_labels(path: Path) -> tuple[LabelHeader, list[FrameLabels]]:
    """Read a JSON lines label file; a last line that a crash cut short is left out.

    Raises RecordingError where the file cannot be read or is no label file.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RecordingError(f"The labels {path} cannot be read: {error.strerror or error}.") from error
    try:
        header = parse_header(lines[0])
    except (ValueError, TypeError, KeyError) as error:
        raise RecordingError(f"{path} is not a label file of HappySad Live ({SCHEMA}).") from error
    frames = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip(b" \t\r\0"):
            continue
        try:
            frames.append(parse_frame(line))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if number == len(lines):
                break  # no line end: the writer was stopped in the middle of it
            raise RecordingError(f"Line {number} of the labels {path} cannot be understood.") from error
    return header, frames


def fit_labels(path: Path, times_s: Sequence[float]) -> None:
    """Give a JSON lines file one line for each frame of a video, whose times these are.

    What is cut off after a crash are lines without a frame, and half a line: that needs no space. Frames
    whose lines a power cut took are told to show no face. Raises RecordingError.
    """
    try:
        end = left = 0
        with path.open("rb") as file:
            for number, line in enumerate(file):
                if number > len(times_s) or not line.endswith(b"\n"):
                    break
                end += len(line)
                left = number
        os.truncate(path, end)
        if end and left < len(times_s):
            with path.open("a", encoding="utf-8", newline="") as file:
                for number in range(left, len(times_s)):
                    file.write(jsonl_line(FrameLabels(number, round(times_s[number], 6), ())))
    except OSError as error:
        raise write_failure(path, error) from error


def csv_columns(labels: Sequence[str]) -> list[str]:
    """The table's columns: ``p_LABEL`` smoothed over time, ``raw_LABEL`` as the model gave it."""
    columns = ["frame", "time_s", "track", "x0", "y0", "x1", "y1", "detection", "label", "confidence"]
    return columns + [f"p_{label}" for label in labels] + [f"raw_{label}" for label in labels]


def _csv_row(values: Sequence[object]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(values)
    return row.getvalue()


def _write_or_abort(file: PartFile, text: str) -> None:
    try:
        file.write(text)
    except RecordingError:
        file.abort()
        raise
