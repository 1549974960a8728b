"""A webcam through OpenCV; the only source that imports cv2 for capturing."""

from __future__ import annotations

import errno
import importlib
import logging
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from happysad_live.errors import SourceError
from happysad_live.sources import macos, v4l2
from happysad_live.sources.live import LiveSource

OPEN_LIMIT_S = 10.0
"""Some webcams take several seconds before their first picture, most of all on Windows."""

SILENCE_LIMIT_S = 8.0
RETRY_PAUSE_S = 0.02

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be opened.

    path: device node on Linux, the system's identifier elsewhere.
    width, height, frame_rate: what it will be asked for; None where that is unknown until it is open.
    refusal: why it cannot be opened now, in a sentence; empty where nothing is known against it.
    """

    index: int
    name: str
    path: str
    width: int | None
    height: int | None
    frame_rate: float | None
    refusal: str = ""


def list_cameras() -> list[CameraInfo]:
    """The cameras of this machine, by number. None of them is switched on for it."""
    return known_cameras() or []


def known_cameras() -> list[CameraInfo] | None:
    """As ``list_cameras``; None where the system cannot be asked which there are."""
    if sys.platform == "linux":
        return [_described(index, device) for index, device in v4l2.devices().items()]
    try:
        enumerate_cameras = importlib.import_module("cv2_enumerate_cameras").enumerate_cameras
        found = enumerate_cameras(_backend())
    except Exception as problem:  # the systems' interfaces throw anything; cameras open without names too
        logger.warning("The cameras' names cannot be asked for: %s", problem)
        return None
    refusal = macos.why_not_allowed(ask=False) if sys.platform == "darwin" else ""
    return [
        CameraInfo(int(c.index), str(c.name), str(c.path or ""), None, None, None, refusal) for c in found
    ]


def open_camera(address: int | str, name: str = "") -> LiveSource:
    """Open a camera by number or device path, at 1280x720 MJPG and 30 pictures a second if it can.

    A thread reads it without pause; ``read`` gives what has just come, stamped with
    ``time.perf_counter()`` when the driver handed it over. A gap of less than 8 s is survived.

    Raises SourceError, saying which camera and what to do.
    """
    stop = threading.Event()
    grabber = _CameraGrabber(address, name, stop)
    return LiveSource(grabber, "camera", stop, OPEN_LIMIT_S, SILENCE_LIMIT_S)


class _CameraGrabber:
    """OpenCV's capture, in the reader thread from opening to release."""

    def __init__(self, address: int | str, name: str, stop: threading.Event) -> None:
        self._address = address
        self._path = f"/dev/video{address}" if isinstance(address, int) else address
        self._name = name or (f"camera {address}" if isinstance(address, int) else address)
        self._stop = stop
        self._capture: cv2.VideoCapture | None = None
        self._compressed = False
        self._frame_rate: float | None = None

    def open(self) -> str:
        mode = v4l2.PREFERRED
        if sys.platform == "linux":
            mode = self._linux_mode()
        elif sys.platform == "darwin" and (refusal := macos.why_not_allowed(ask=True)):
            raise SourceError(refusal)
        self._capture = cv2.VideoCapture(self._address, _backend())
        if not self._capture.isOpened():
            raise SourceError(
                f"{_capitalised(self._name)} cannot be opened. "
                "Close other programs that may be using it, or plug it in again."
            )
        self._ask_for(mode)
        return self._name

    def grab(self) -> tuple[Any, float] | None:
        assert self._capture is not None
        if not self._capture.grab():
            if sys.platform == "linux" and v4l2.why_not_open(self._path) in _GONE:
                raise SourceError(f"{_capitalised(self._name)} was unplugged. Plug it in again.")
            self._stop.wait(RETRY_PAUSE_S)
            return None
        captured_at_s = time.perf_counter()
        good, picture = self._capture.retrieve()
        return (picture, captured_at_s) if good and picture is not None and picture.size else None

    def decode(self, raw: Any) -> np.ndarray | None:
        if not self._compressed:
            return cv2.cvtColor(raw, cv2.COLOR_BGR2RGB)
        # Left to itself, OpenCV answers a damaged JPEG with the picture before it.
        try:
            return cv2.imdecode(raw, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
        except cv2.error:
            return None

    def frame_rate(self) -> float | None:
        return self._frame_rate

    def silence_error(self, seconds: float) -> SourceError:
        return SourceError(
            f"{_capitalised(self._name)} has sent no usable picture for {seconds:.0f} seconds. "
            "Check its cable, and that no other program uses it."
        )

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()

    def _linux_mode(self) -> v4l2.Mode:
        """The mode to ask for. Asks the node itself: unlike OpenCV it says why it refuses (SourceError)."""
        refusal = v4l2.why_not_open(self._path)
        if refusal is not None:
            raise SourceError(_refusal(self._name, self._path, refusal))
        device = v4l2.probe(self._path)
        if device is None:
            called = self._name if self._name == self._path else f"{self._name} ({self._path})"
            raise SourceError(f"{_capitalised(called)} is not a camera.")
        if not isinstance(self._address, str) or self._name == self._address:
            self._name = device.name or self._name
        return v4l2.best_mode(device.modes)

    def _ask_for(self, mode: v4l2.Mode) -> None:
        assert self._capture is not None
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*mode.fourcc))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, mode.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.height)
        self._capture.set(cv2.CAP_PROP_FPS, mode.frame_rate or v4l2.PREFERRED.frame_rate)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._frame_rate = rate if rate > 0 else None
        if sys.platform == "linux" and _fourcc(self._capture) == "MJPG":
            # Take the JPEGs as they are: those that nobody reads need no decoding.
            self._compressed = self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)


_GONE = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


def _refusal(name: str, path: str, error_number: int) -> str:
    if error_number in _GONE:
        return f"There is no {name} on this machine ({path} is not there)."
    name = _capitalised(name)
    if error_number == errno.EBUSY:
        return f"{name} is in use by another program. Close that program, then open the camera again."
    if error_number in (errno.EACCES, errno.EPERM):
        return (
            f"{name} cannot be opened without permission: add yourself to the group of {path} (`video`) and "
            "log in again."
        )
    return f"{name} cannot be opened (error {error_number}). Plug it in again."


def _described(index: int, device: v4l2.Device) -> CameraInfo:
    name = device.name or f"Camera {index}"
    if device.refused_with is not None:
        refusal = _refusal(name, device.path, device.refused_with)
        return CameraInfo(index, name, device.path, None, None, None, refusal)
    if not device.modes:
        return CameraInfo(index, name, device.path, None, None, None)
    mode = v4l2.best_mode(device.modes)
    return CameraInfo(index, name, device.path, mode.width, mode.height, mode.frame_rate or None)


def _backend() -> int:
    backends = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_MSMF, "darwin": cv2.CAP_AVFOUNDATION}
    return backends.get(sys.platform, cv2.CAP_ANY)


def _fourcc(capture: cv2.VideoCapture) -> str:
    # OpenCV gives the four letters as a float that may be negative once cut to 32 bits.
    return (
        (int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF).to_bytes(4, "little").decode("ascii", "replace")
    )


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
