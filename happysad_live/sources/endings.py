"""Whether a video file has its end: for formats that FFmpeg reads to the last byte, wherever that is."""

from __future__ import annotations

import struct
from pathlib import Path

_RIFF = struct.Struct("<4sI")
_AVI_SLACK_BYTES = 9
"""Some writers count the header itself, and the byte that makes a size even."""

_GIF_END = b"\x00\x3b"
"""The last block's terminator, and the trailer."""

_TAIL_BYTES = 64
"""Some programs write a little behind a GIF's trailer."""


def lacks_end(path: Path, format: str) -> bool:
    """Whether a download broke off, or a disk was full. format: FFmpeg's name for the container.

    An AVI names its size at its beginning (Microsoft's RIFF; 0 where it went to a pipe), and a GIF ends
    with a trailer (GIF89a, 27). Other formats: False. Raises OSError.
    """
    with path.open("rb") as file:
        total_bytes = file.seek(0, 2)
        if format == "avi":
            file.seek(0)
            _, after_header_bytes = _RIFF.unpack(file.read(_RIFF.size))
            return after_header_bytes > 0 and total_bytes < _RIFF.size + after_header_bytes - _AVI_SLACK_BYTES
        if format == "gif":
            file.seek(max(total_bytes - _TAIL_BYTES, 0))
            return _GIF_END not in file.read()
    return False
