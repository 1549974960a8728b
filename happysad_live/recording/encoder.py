"""Choosing and configuring an H.264 encoder: the graphics chip's where it works, libx264 otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

from happysad_live.core.cores import usable_cores

TIME_BASE = Fraction(1, 90_000)
"""Unit of every time in a clip: fine enough for true capture times, and what MP4 players expect."""

_PROBE_FRAMES = 6
_MAX_FRAMES_PER_S = 120.0  # that a bit rate is made for; some files declare a thousand frames a second
_BITS_PER_PIXEL = 0.12  # for the encoders that know no constant quality: 3.3 Mbit/s at 720p30

# No lookahead and no frame threads: what the encoder holds back would be lost in a crash.
_X264_PARAMS = "rc-lookahead=0:sync-lookahead=0:sliced-threads=1:mbtree=0"


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder's name in FFmpeg and the options that make it quick, good and free of delay.

    constant_quality: whether it can keep a quality; else it is told a bit rate.
    pixel_format: the one that it takes, in FFmpeg's words.
    """

    name: str
    options: dict[str, str] = field(hash=False)
    constant_quality: bool = True
    pixel_format: str = "yuv420p"

    def set_up(self, context: Any, width: int, height: int, frame_rate: float) -> None:
        """Tell PyAV's codec context what will come: even pixels, and roughly how many frames a second."""
        context.width, context.height, context.pix_fmt = width, height, self.pixel_format
        context.time_base, context.max_b_frames = TIME_BASE, 0
        if not self.constant_quality:
            context.bit_rate = int(width * height * min(frame_rate, _MAX_FRAMES_PER_S) * _BITS_PER_PIXEL)


# Enough threads for 720p, few enough that the labels keep up on a small machine.
_THREADS = str(min(usable_cores(), 4))

_X264 = Encoder(
    "libx264", {"preset": "superfast", "crf": "23", "x264-params": _X264_PARAMS, "threads": _THREADS}
)

# Forced key frames are to be such that one can go to (IDR).
_NVENC = Encoder(
    "h264_nvenc",
    {"preset": "p3", "rc": "vbr", "cq": "24", "zerolatency": "1", "delay": "0", "forced-idr": "1"},
)
_QSV = Encoder(
    "h264_qsv",
    {"preset": "veryfast", "async_depth": "1", "forced_idr": "1"},
    constant_quality=False,
    pixel_format="nv12",
)

_HARDWARE = {
    "darwin": (Encoder("h264_videotoolbox", {"realtime": "1"}, constant_quality=False),),
    "win32": (
        _NVENC,
        _QSV,
        Encoder("h264_amf", {"usage": "lowlatency_high_quality"}, constant_quality=False),
    ),
    "linux": (_NVENC, _QSV),
}


def choose_encoder(width: int, height: int) -> Encoder:
    """The first encoder that proves itself on pictures of this size; libx264 where none does.

    width, height: even pixels.
    """
    for encoder in offered_encoders():
        if _works(encoder, width, height):
            return encoder
    return _X264


def offered_encoders() -> Iterator[Encoder]:
    """The encoders of graphics chips that this FFmpeg has; only a trial tells whether one works."""
    import av

    for encoder in _HARDWARE.get(sys.platform, ()):
        if encoder.name in av.codecs_available:
            yield encoder


@cache
def _works(encoder: Encoder, width: int, height: int) -> bool:
    """Whether an encoder turns a few grey pictures into as many packets, in order.

    A driver may be missing, too old, busy, or refuse the size: only a trial tells.
    """
    import av

    try:
        context = av.CodecContext.create(encoder.name, "w")
        encoder.set_up(context, width, height, 30)
        context.framerate, context.options = Fraction(30), encoder.options
        times = []
        for frame in [*_grey_frames(width, height), None]:
            times += [packet.pts for packet in context.encode(frame)]
    except (av.FFmpegError, OSError, ValueError):
        return False
    return times == [index * 3000 for index in range(_PROBE_FRAMES)]


def _grey_frames(width: int, height: int) -> Iterator[object]:
    import av
    import numpy as np

    for index in range(_PROBE_FRAMES):
        planes = np.full((height * 3 // 2, width), 96 + index, np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = index * 3000, TIME_BASE
        yield frame
