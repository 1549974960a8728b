"""The boxes of which an MP4 file is made (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MAX_POSITION_BYTES = 2**63 - 1
"""The greatest position that a file can have."""


class Mp4Box(NamedTuple):
    """A box. kind: its four letters. end: the byte up to which it says to reach, perhaps beyond the file."""

    kind: bytes
    end: int


def top_level_boxes(file: BinaryIO) -> Iterator[Mp4Box]:
    """A file's outermost boxes in order, up to the first whose size is impossible or 0 (the whole rest)."""
    start = 0
    while start <= _MAX_POSITION_BYTES:
        file.seek(start)
        head = file.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:  # a 64-bit size follows
            size = int.from_bytes(head[8:], "big") if len(head) == 16 else 0
        if size < 8 or len(head) < 8:
            return
        start += size
        yield Mp4Box(head[4:8], start)
