"""Cameras on Linux, asked through Video4Linux itself: OpenCV knows neither names nor modes.

The numbers and layouts are those of <linux/videodev2.h>.
"""

from __future__ import annotations

import errno
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROBED_NODES = 10
"""Nodes /dev/video0 to /dev/video9 are asked even where the folder does not show them."""

MAX_ENTRIES = 256
"""Bound on formats, sizes and rates, against a driver that never says "no more"."""

_QUERYCAP = 0x80685600
_ENUM_FMT = 0xC0405602
_ENUM_FRAMESIZES = 0xC02C564A
_ENUM_FRAMEINTERVALS = 0xC034564B
_CAP_VIDEO_CAPTURE = 0x1
_CAP_DEVICE_CAPS = 0x80000000
_BUF_TYPE_VIDEO_CAPTURE = 1
_DISCRETE = 1


class Mode(NamedTuple):
    """A format (four letters, such as "MJPG"), size in pixels and rate in pictures a second.

    frame_rate: of those that a camera lists, the highest; 0 where it lists none.
    """

    fourcc: str
    width: int
    height: int
    frame_rate: float


@dataclass(frozen=True, slots=True)
class Device:
    """A capture device. name: empty where the driver says none.

    modes: empty where the driver does not list them or is busy.
    refused_with: the error number with which it cannot even be asked, None where it can.
    """

    path: str
    name: str
    modes: tuple[Mode, ...]
    refused_with: int | None = None


PREFERRED = Mode("MJPG", 1280, 720, 30.0)

_DECODED = {
    "MJPG", "JPEG", "YUYV", "UYVY", "NV12", "NV21", "YU12", "YV12", "411P", "RGB3", "BGR3", "XR24", "AR24",
    "GREY", "Y16 ",
}  # fmt: skip
"""Usual formats that OpenCV turns into a picture. Of H264 and the like it hands on the bytes as they are."""


def devices() -> dict[int, Device]:
    """Every device that takes pictures, by its number."""
    indexes = set(range(PROBED_NODES))
    for node in Path("/dev").glob("video*"):
        if number := re.fullmatch(r"video(\d+)", node.name):
            indexes.add(int(number[1]))
    found = ((index, probe(f"/dev/video{index}")) for index in sorted(indexes))
    return {index: device for index, device in found if device is not None}


def probe(path: str) -> Device | None:
    """The device behind a node, or None where there is no camera. Opens it without streaming."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        # A camera in use or without permission is there all the same.
        if error.errno in (errno.EBUSY, errno.EACCES, errno.EPERM):
            return Device(path, _kernel_name(path), (), error.errno)
        return None
    try:
        capabilities = _ioctl(handle, _QUERYCAP, bytearray(104))
        if capabilities is None:
            return None
        every, own = struct.unpack_from("II", capabilities, 84)
        if not (own if every & _CAP_DEVICE_CAPS else every) & _CAP_VIDEO_CAPTURE:
            return None
        name = bytes(capabilities[16:48]).split(b"\0")[0].decode("utf-8", "replace").strip()
        return Device(path, name, tuple(_modes(handle)))
    finally:
        os.close(handle)


def best_mode(modes: tuple[Mode, ...]) -> Mode:
    """The mode to ask for: MJPG at 1280x720 and 30 where offered, else the largest fluent one up to that.

    Only formats that OpenCV turns into pictures count. A camera that is quicker is asked for 30, too.

    Uncompressed 1280x720 comes at 10 pictures a second over USB 2; a smaller fluent picture
    shows an expression better.
    """

    def merit(mode: Mode) -> tuple[bool, bool, int, bool, float]:
        area = mode.width * mode.height
        fits = mode.width <= PREFERRED.width and mode.height <= PREFERRED.height
        fluent = mode.frame_rate >= 24
        return fluent, fits, area if fits else -area, mode.fourcc == "MJPG", -abs(mode.frame_rate - 30)

    best = max((mode for mode in modes if mode.fourcc in _DECODED), key=merit, default=PREFERRED)
    return best._replace(frame_rate=min(best.frame_rate, PREFERRED.frame_rate))


def why_not_open(path: str) -> int | None:
    """The error number with which a node refuses to be opened, None where it opens."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        return error.errno
    return None


def _modes(handle: int) -> Iterator[Mode]:
    for index in range(MAX_ENTRIES):
        request = struct.pack("II", index, _BUF_TYPE_VIDEO_CAPTURE) + bytes(56)
        answer = _ioctl(handle, _ENUM_FMT, bytearray(request))
        if answer is None:
            return
        (pixel_format,) = struct.unpack_from("I", answer, 44)
        fourcc = struct.pack("I", pixel_format).decode("ascii", "replace")
        for width, height in _sizes(handle, pixel_format):
            yield Mode(fourcc, width, height, _fastest_rate(handle, pixel_format, width, height))


def _sizes(handle: int, pixel_format: int) -> Iterator[tuple[int, int]]:
    for index in range(MAX_ENTRIES):
        request = struct.pack("II", index, pixel_format) + bytes(36)
        answer = _ioctl(handle, _ENUM_FRAMESIZES, bytearray(request))
        if answer is None:
            return
        kind, *size = struct.unpack_from("7I", answer, 8)
        if kind == _DISCRETE:
            yield size[0], size[1]
        else:  # a range: min, max and step of width, then of height
            yield min(size[1], PREFERRED.width), min(size[4], PREFERRED.height)
            return


def _fastest_rate(handle: int, pixel_format: int, width: int, height: int) -> float:
    fastest = 0.0
    for index in range(MAX_ENTRIES):
        request = struct.pack("4I", index, pixel_format, width, height) + bytes(36)
        answer = _ioctl(handle, _ENUM_FRAMEINTERVALS, bytearray(request))
        if answer is None:
            break
        kind, numerator, denominator = struct.unpack_from("3I", answer, 16)
        if numerator:
            fastest = max(fastest, denominator / numerator)
        if kind != _DISCRETE:  # a range begins with the shortest interval
            break
    return fastest


def _ioctl(handle: int, request: int, value: bytearray) -> bytearray | None:
    import fcntl  # only where Video4Linux is

    try:
        fcntl.ioctl(handle, request, value, True)
    except OSError:
        return None
    return value


def _kernel_name(path: str) -> str:
    try:
        return Path("/sys/class/video4linux", Path(path).name, "name").read_text("utf-8").strip()
    except OSError:
        return ""
