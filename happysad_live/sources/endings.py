"""Whether a video file was cut off, for formats that FFmpeg reads to the last byte without complaint."""

from __future__ import annotations

import struct
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from happysad_live.core.mp4_boxes import boxes

_RIFF = struct.Struct("<4sI")
_AVI_SLACK_BYTES = 9
"""How much too large the size in an AVI may be: some writers count the header, and the byte that makes a size
even."""

_GIF_END = b"\x00\x3b"
"""The last block's terminator, and the trailer."""

_TAIL_BYTES = 64
"""How far from a GIF's end its trailer may be: some programs write a little behind it."""

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
"""Identifiers of a Matroska file's header, and of what holds all the rest."""

_BOXES = (b"mdat", b"moov", b"moof", b"mfra", b"sidx", b"free", b"skip", b"wide", b"uuid", b"meta")
"""The kinds of box that are long or lie late in an MP4. What else seems to reach beyond the file is no box,
but something that cameras or taggers have written behind the last one."""

_MAX_BOXES = 100_000
"""How many boxes of an MP4 are looked at: opening a film of millions of fragments would take seconds."""


def is_truncated(path: Path, format: str) -> bool:
    """Whether a file was cut off, as by a full disk. format: FFmpeg's name for the container.

    An AVI names its size at its beginning (Microsoft's RIFF; 0 where it went to a pipe), a GIF ends with a
    trailer (GIF89a, 27), the segment of a Matroska or WebM file and each box of an MP4 name their sizes
    (RFC 8794, 6.2; ISO/IEC 14496-12, 4.2). Other formats: False. Raises OSError.
    """
    with path.open("rb") as file:
        total_bytes = file.seek(0, 2)
        file.seek(0)
        kinds = format.split(",")
        if "avi" in kinds:
            _, after_header_bytes = _RIFF.unpack(file.read(_RIFF.size))
            return after_header_bytes > 0 and total_bytes < _RIFF.size + after_header_bytes - _AVI_SLACK_BYTES
        if "gif" in kinds:
            file.seek(max(total_bytes - _TAIL_BYTES, 0))
            return _GIF_END not in file.read()
        if "matroska" in kinds:
            return _end_of_segment(file) > total_bytes
        if "mp4" in kinds:
            return _end_of_boxes(file, total_bytes) > total_bytes
    return False


def _end_of_segment(file: BinaryIO) -> int:
    """Where a Matroska file ends by its own account; 0 where it says nothing, as after a live recording."""
    for wanted in (_EBML, _SEGMENT):
        if file.read(4) != wanted:
            return 0
        size = _ebml_size(file)
        if size is None:
            return 0
        end = file.tell() + size
        if wanted == _EBML:
            file.seek(end)
    return end


def _ebml_size(file: BinaryIO) -> int | None:
    """An element's size, None where unknown; its first byte's leading zeros say how many bytes follow."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    bits = 7 * (more + 1)
    size = int.from_bytes(first + file.read(more), "big") & ((1 << bits) - 1)
    return None if size == (1 << bits) - 1 else size


def _end_of_boxes(file: BinaryIO, total_bytes: int) -> int:
    """Where the last of an MP4's boxes ends by its own account; 0 where it is none, see ``_BOXES``."""
    end = 0
    for box in islice(boxes(file), _MAX_BOXES):
        if box.end > total_bytes and box.kind not in _BOXES:
            return 0
        end = box.end
    return end
