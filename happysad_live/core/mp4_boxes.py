"""The boxes of which an MP4 file is made (ISO/IEC 14496-12, 4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_LONGEST_FILE_BYTES = 2**63 - 1
"""What a file's position can be at most."""


class Mp4Box(NamedTuple):
    """kind: its four letters. end: where it ends by its own size, perhaps beyond the file's end; in bytes."""

    kind: bytes
    end: int


def top_level_boxes(file: BinaryIO) -> Iterator[Mp4Box]:
    """The boxes one after the other, up to the first whose size cannot be (0: to the end of the file)."""
    start = 0
    while start <= _LONGEST_FILE_BYTES:
        file.seek(start)
        head = file.read(16)
        size = int.from_bytes(head[:4], "big")
        if size == 1:  # a 64-bit size follows
            size = int.from_bytes(head[8:], "big") if len(head) == 16 else 0
        if size < 8 or len(head) < 8:
            return
        start += size
        yield Mp4Box(head[4:8], start)
