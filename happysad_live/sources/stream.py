"""A network stream: rtsp cameras, http MJPEG, or a video behind an http address."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from happysad_live.errors import SourceError
from happysad_live.sources import video
from happysad_live.sources.base import without_password
from happysad_live.sources.live import LiveSource, StreamEndedError
from happysad_live.video_frames import pixel_aspect, to_rgb

SCHEMES = ("rtsp", "rtsps", "http", "https")
CONNECT_LIMIT_S = 5.0
ATTEMPTS = 4
"""Connections tried in a row without one picture, before the stream is given up."""

SILENCE_LIMIT_S = 40.0
"""More than all attempts together take."""

logger = logging.getLogger(__name__)


def open_stream(address: str) -> LiveSource:
    """Connect to an rtsp:// or http:// address; the newest picture wins, as with a camera.

    A broken connection is made anew a few times; the gap stays visible in the frames' times. A
    video of known length plays at its own pace and ends.

    Raises SourceError when nobody answers, or what answers is no video.
    """
    stop = threading.Event()
    grabber = _StreamGrabber(address, stop)
    return LiveSource(grabber, "stream", stop, SILENCE_LIMIT_S, SILENCE_LIMIT_S, keeps_first=True)


class _StreamGrabber:
    def __init__(self, address: str, stop: threading.Event) -> None:
        self._address = address
        self._name = without_password(address)
        self._stop = stop
        self._container: Any = None
        self._frames: Iterator[Any] = iter(())
        self._aspect = 1.0
        self._rate: float | None = None
        self._failures = 0
        self._started_s = 0.0
        self._first_pts_s: float | None = None
        self._shown_to_s = self._known_to_s = float("-inf")

    def open(self) -> str:
        try:
            self._connect()
        except _network_errors() as problem:
            raise SourceError(
                f"{self._name} does not answer with a video ({_reason(problem)}). "
                "Check the address and that the camera is on."
            ) from problem
        return self._name

    def grab(self) -> tuple[Any, float] | None:
        try:
            frame, _ = next(self._frames, (None, False))
        except _network_errors() as problem:
            self._try_again(_reason(problem))
            return None
        if frame is None:
            if self._has_length():
                raise StreamEndedError
            self._try_again("it ended")
            return None
        if self._has_length() and frame.time is not None:
            if frame.time <= self._known_to_s:  # a video that broke off begins anew
                return None
            self._shown_to_s = frame.time
            self._wait_until_due(frame.time)
        self._failures = 0
        return frame, time.perf_counter()

    def decode(self, shot: Any) -> np.ndarray | None:
        return to_rgb(shot, self._aspect)

    def frame_rate(self) -> float | None:
        return self._rate

    def silence(self, seconds: float) -> SourceError:
        return SourceError(
            f"{self._name} has sent no picture for {seconds:.0f} seconds. Check the network and the camera."
        )

    def close(self) -> None:
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _connect(self) -> None:
        options = {"rtsp_transport": "tcp"} if self._address.startswith("rtsp") else {}
        self._container = video.open_address(self._address, options=options, limit_s=CONNECT_LIMIT_S)
        stream = video.video_stream(self._container, live=not self._has_length())
        self._aspect, self._rate = pixel_aspect(stream), video.declared_rate(stream)
        self._frames = video.decoded(self._container, stream)

    def _try_again(self, reason: str) -> None:
        """Connect anew, with growing pauses; SourceError once that was tried often enough."""
        self.close()
        self._known_to_s, self._first_pts_s = self._shown_to_s, None
        while not self._stop.is_set():
            self._failures += 1
            if self._failures > ATTEMPTS:
                raise SourceError(
                    f"{self._name} broke off and could not be reached again ({reason}). "
                    "Check the network and the camera, then open it again."
                )
            logger.warning(
                "%s broke off (%s); attempt %d to connect again.", self._name, reason, self._failures
            )
            if self._stop.wait(0.25 * 2**self._failures):
                return
            try:
                self._connect()
                self._go_to_known_place()
                return
            except _network_errors() as problem:
                reason = _reason(problem)
                self.close()

    def _go_to_known_place(self) -> None:
        """Spare a video that begins anew what was shown already, where its server can."""
        if self._has_length() and self._known_to_s > 0:
            with suppress(*_network_errors()):
                self._container.seek(int(self._known_to_s * 1_000_000))

    def _has_length(self) -> bool:
        return self._container is not None and bool(self._container.duration)

    def _wait_until_due(self, pts_s: float) -> None:
        if self._first_pts_s is None:
            self._first_pts_s, self._started_s = pts_s, time.perf_counter()
        due_s = self._started_s + pts_s - self._first_pts_s
        self._stop.wait(max(due_s - time.perf_counter(), 0.0))


def _network_errors() -> tuple[type[BaseException], ...]:
    import av

    return av.error.FFmpegError, OSError, video.NotAVideoError


def _reason(problem: BaseException) -> str:
    import av

    if isinstance(problem, av.error.ExitError):  # FFmpeg's word for a time limit
        return f"no answer for {CONNECT_LIMIT_S:.0f} seconds"
    text = getattr(problem, "strerror", None) or "it holds no video"
    return str(text).lower().rstrip(".")
