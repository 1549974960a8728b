"""Reading label files back, and bringing them into step with a video after a crash."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from pathlib import Path

from happysad_live.errors import RecordingError
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.label_lines import (
    MAX_LINE_BYTES,
    NOT_UNDERSTOOD,
    SCHEMA,
    FrameLabels,
    LabelHeader,
    jsonl_line,
    parse_frame,
    parse_header,
)


def iter_labels(path: Path) -> tuple[LabelHeader, Iterator[FrameLabels]]:
    """A JSON lines label file, line by line; a last line that a crash cut short is left out.

    Raises RecordingError, at once or on the way, where the file cannot be read or is no label file.
    """
    lines = _raw_lines(path)
    try:
        header = parse_header(next(lines, b""))
    except NOT_UNDERSTOOD as error:
        lines.close()
        raise RecordingError(f"{path} is not a label file of HappySad Live ({SCHEMA}).") from error
    return header, _parsed(path, lines)


def _raw_lines(path: Path) -> Generator[bytes, None, None]:
    try:
        if path.exists() and not path.is_file():  # a pipe could make it wait for ever
            raise OSError(errno.EINVAL, "it is not a file")
        with path.open("rb") as file:
            # A longer line comes in pieces, which are no lines of ours.
            yield from iter(partial(file.readline, MAX_LINE_BYTES), b"")
    except OSError as error:
        raise RecordingError(f"The labels {path} cannot be read: {error.strerror or error}.") from error


def _parsed(path: Path, lines: Iterator[bytes]) -> Iterator[FrameLabels]:
    for number, line in enumerate(lines, start=2):
        if not line.strip(b" \t\r\n\0"):
            continue
        try:
            frame = parse_frame(line)
        except NOT_UNDERSTOOD as error:
            if not line.endswith(b"\n") and len(line) < MAX_LINE_BYTES:
                return  # the writer was stopped in the middle of it
            raise RecordingError(f"Line {number} of the labels {path} cannot be understood.") from error
        yield frame


def fit_labels(path: Path, times_s: Sequence[float]) -> None:
    """Give a JSON lines file one line for each frame of a video. times_s: the frames' times.

    Lines without a frame, and half a line, are cut off, which needs no space. Frames whose lines a power cut
    took get lines without faces; if it took the first line, too, the file becomes empty. Raises
    RecordingError.
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
