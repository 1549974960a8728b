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
from happysad_live.sources.address import with_quoted_password, without_password
from happysad_live.sources.live import LiveSource, StreamEndedError
from happysad_live.video_frames import DisplayParameters, RgbConverter

SCHEMES = ("rtsp", "rtsps", "http", "https")
CONNECT_LIMIT_S = 5.0
PICTURE_LIMIT_S = 10.0
"""How long a connection may give sound, but no picture."""
ATTEMPTS = 4
"""Connections tried in a row without one picture, before the stream is given up."""

SILENCE_LIMIT_S = 40.0
"""How long a stream may give no picture: longer than all attempts take together where nobody answers."""

_RTSP_OPTIONS = {
    "rtsp_flags": "prefer_tcp",  # which loses nothing; some cameras offer UDP alone
    # FFmpeg would collect pictures for up to five seconds, to guess their rate, and give them all at once.
    "analyzeduration": "1",
}

_WITHOUT_END = ("mpjpeg", "mjpeg", "hls", "dash")
"""FFmpeg's names of formats that may go on without end although their bytes are counted."""

logger = logging.getLogger(__name__)


def open_stream(address: str) -> LiveSource:
    """Connect to an rtsp:// or http:// address; what has just come counts, as with a camera.

    A broken connection is made anew a few times; the gap stays visible in the frames' times. A
    video of known length plays at its own pace and ends.

    Raises SourceError when nobody answers, or what answers is no video.
    """
    stop = threading.Event()
    grabber = _StreamGrabber(address, stop)
    return LiveSource(grabber, "stream", stop, SILENCE_LIMIT_S, SILENCE_LIMIT_S, keeps_first=True)


class _StreamGrabber:
    """PyAV's container, in the reader thread, from one connection to the next. A film keeps its own pace."""

    def __init__(self, address: str, stop: threading.Event) -> None:
        self._address = address
        self._name = without_password(address)
        self._stop = stop
        self._container: Any = None
        self._frames: Iterator[video.Decoded] = iter(())
        self._display: DisplayParameters | None = None
        self._rgb = RgbConverter()
        self._rate: float | None = None
        self._is_snapshot = False
        """Whether each connection gives a single picture, as of cameras that send no video."""
        self._failures = 0
        """How often it was tried to connect anew since the last picture."""
        self._has_shown = self._has_begun = False
        """Whether a picture has come at all, and over this connection."""
        self._picture_by_s = 0.0
        """When the next picture must have come, by ``time.perf_counter()``."""
        self._first_pts_s: float | None = None
        self._last_pts_s = self._started_s = 0.0
        """A film's first and last picture over this connection, and when the first was shown."""
        self._shown_to_s = self._known_to_s = float("-inf")
        """Up to where a film was shown, and up to where it had been when this connection was made."""

    def open(self) -> str:
        try:
            self._connect()
        except _network_errors() as problem:
            # Not chained: FFmpeg's error bears the address, password and all.
            raise SourceError(
                f"{self._name} does not answer with a video ({_reason(problem)}). {_remedy(problem)}"
            ) from None
        return self._name

    def grab(self) -> tuple[Any, float] | None:
        frame, trouble = self._next_frame()
        if trouble:
            self._try_again(trouble)
        if frame is None:
            return None
        if self._has_length() and frame.time is not None:
            if frame.time <= self._known_to_s:  # a video that broke off begins anew
                return None
            self._shown_to_s = frame.time
            self._wait_until_due(frame.time)
        self._failures, self._has_shown, self._has_begun = 0, True, True
        self._picture_by_s = time.perf_counter() + PICTURE_LIMIT_S
        return (frame, self._display), time.perf_counter()

    def _next_frame(self) -> tuple[Any, str]:
        """The next frame, None if none has come; and why the connection is to be made anew, else empty.

        Raises StreamEndedError at the end of a film.
        """
        try:
            decoded = next(self._frames, None)
        except _network_errors() as problem:
            return None, _reason(problem)
        if decoded is None:
            if self._has_length():
                raise StreamEndedError
            return None, "it ended"
        if decoded.is_underway and not self._has_begun:  # the first key frame may be half a minute away
            self._picture_by_s = time.perf_counter() + PICTURE_LIMIT_S
        elif decoded.frame is None and time.perf_counter() > self._picture_by_s:
            return None, "it no longer sends a picture"
        return decoded.frame, ""

    def decode(self, raw: Any) -> np.ndarray | None:
        import av

        try:
            return self._rgb(*raw)
        except (av.error.FFmpegError, OSError):
            return None

    def frame_rate(self) -> float | None:
        return self._rate

    def silence_error(self, seconds: float) -> SourceError:
        return SourceError(
            f"{self._name} has sent no picture for {seconds:.0f} seconds. Check the network and the camera."
        )

    def close(self) -> None:
        self._frames = iter(())
        if self._container is not None:
            self._container.close()
            self._container = None

    def _connect(self) -> None:
        self._container = _opened(with_quoted_password(self._address))
        stream = video.video_stream(self._container, live=not self._has_length())
        self._is_snapshot = self._container.format.name.endswith("_pipe")  # FFmpeg's jpeg_pipe, png_pipe, …
        self._display, self._rate = DisplayParameters.of(stream), video.declared_rate(stream)
        self._frames = video.decode(self._container, stream, reports_all=True)
        self._picture_by_s = time.perf_counter() + PICTURE_LIMIT_S
        self._has_begun = False

    def _try_again(self, reason: str) -> None:
        """Connect anew, with growing pauses; SourceError once that was tried often enough."""
        # A film's index may stand at its end, from where not every server lets one go back.
        is_film = self._has_length() and not self._has_shown
        remedy = "Download it, and open the file." if is_film else "Check the network and the camera."
        self.close()
        self._known_to_s, self._first_pts_s = self._shown_to_s, None
        while not self._stop.is_set():
            self._failures += 1
            if self._failures > ATTEMPTS:
                what = "broke off and could not be reached again" if self._has_shown else "gives no picture"
                raise SourceError(f"{self._name} {what} ({reason}). {remedy}")
            logger.log(
                logging.DEBUG if self._is_snapshot and self._failures == 1 else logging.WARNING,
                "%s broke off (%s); attempt %d to connect again.",
                self._name,
                reason,
                self._failures,
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
        """Skip what was shown already of a video that begins anew, where its server can."""
        if self._has_length() and self._known_to_s > 0:
            with suppress(*_network_errors()):
                self._container.seek(int(self._known_to_s * 1_000_000))

    def _has_length(self) -> bool:
        """Whether the stream is a film, which ends, and not a camera or its snapshots."""
        if self._container is None:
            return False
        name = self._container.format.name
        is_film = self._address.startswith("http") and name not in _WITHOUT_END and not name.endswith("_pipe")
        return bool(self._container.duration) or (is_film and self._container.size > 0)

    def _wait_until_due(self, pts_s: float) -> None:
        """Wait for a film's frame; where films were joined as they are, the times of each begin anew."""
        if self._first_pts_s is None or video.is_joint(self._container, pts_s - self._last_pts_s):
            self._first_pts_s, self._started_s = pts_s, time.perf_counter()
        self._last_pts_s = pts_s
        due_s = self._started_s + pts_s - self._first_pts_s
        self._stop.wait(max(due_s - time.perf_counter(), 0.0))


def _opened(address: str) -> Any:
    """The container of what answers at an address. Raises one of ``_network_errors``."""
    import av

    if address.startswith("rtsp"):
        return video.open_address(address, options=_RTSP_OPTIONS, limit_s=CONNECT_LIMIT_S)
    with suppress(av.error.InvalidDataError):
        container = video.open_address(address, options={}, limit_s=CONNECT_LIMIT_S)
        if container.format.name != "mpjpeg" or container.streams.video[0].width:
            return container
        container.close()
    # Some cameras call their pictures "image/jpg", or leave out the dashes between them, which FFmpeg takes
    # for no video. It finds JPEG pictures by their own marks, too, when it probes no further than the first.
    container = video.open_address(
        address, options={"probesize": "4096"}, limit_s=CONNECT_LIMIT_S, name_of_format="mjpeg"
    )
    if not container.streams.video[0].width:
        container.close()
        raise video.NotAVideoError
    return container


def _network_errors() -> tuple[type[BaseException], ...]:
    import av

    return av.error.FFmpegError, OSError, video.NotAVideoError


def _reason(problem: BaseException) -> str:
    import av

    if isinstance(problem, av.error.ExitError):  # FFmpeg's word for a time limit
        return f"no answer for {CONNECT_LIMIT_S:.0f} seconds"
    if isinstance(problem, av.error.InvalidDataError):  # RTSP's, too, where nothing came
        return "what came was not a video, or nothing came"
    text = getattr(problem, "strerror", None) or "it holds no video"
    return str(text).lower().rstrip(".")


def _remedy(problem: BaseException) -> str:
    import av

    if isinstance(problem, av.error.HTTPUnauthorizedError):
        return "Check the user name and the password in the address."
    return "Check the address and that the camera is on."
