"""The boxes of which an MP4 file is made (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_MAX_POSITION_BYTES = 2**63 - 1
"""The greatest position that a file can have."""


class Mp4Box(NamedTuple):
    """A box. kind: its four letters. content: the byte at which what it holds begins.

    end: the byte up to which it says to reach, perhaps beyond the file.
    """

    kind: bytes
    content: int
    end: int


def boxes(file: BinaryIO, start: int = 0, end: int = _MAX_POSITION_BYTES) -> Iterator[Mp4Box]:
    """The boxes between two positions, up to the first whose size is impossible or 0 (the whole rest).

    By default they are a file's outermost ones; those in a box lie between its ``content`` and its ``end``.
    """
    while start < end:
        file.seek(start)
        head = file.read(16)
        size, head_bytes = int.from_bytes(head[:4], "big"), 8
        if size == 1:  # a 64-bit size follows
            size, head_bytes = (int.from_bytes(head[8:], "big") if len(head) == 16 else 0), 16
        if size < 8 or len(head) < 8:
            return
        yield Mp4Box(head[4:8], start + head_bytes, start + size)
        start += size
