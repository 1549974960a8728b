"""What camera and stream share: a thread that reads without pause, and only what has just come counts."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Protocol

import numpy as np

from happysad_live.core.mailbox import Mailbox
from happysad_live.core.types import Frame
from happysad_live.errors import NO_MORE_THREADS, SourceError
from happysad_live.sources.base import Source, SourceInfo, SourceKind

JOIN_LIMIT_S = 2.0
"""How long ``close`` waits for a thread that may hang in a driver."""

OVERSLEPT_S = 1.0
"""A wait that ends so much later than it should means that the machine or the program was suspended."""

BURST_PICTURES = 10
"""How many pictures that come at once, as from a network camera, are all read."""

BURST_BYTES = 80_000_000
"""The most memory for them, of which three in 4K fit."""

BURST_S = 0.1
"""How long one of them may wait to be read. Longer, and whoever reads is too slow: then the newest counts."""

logger = logging.getLogger(__name__)


class StreamEndedError(Exception):
    """A grabber's way to say that nothing more will come and nothing is wrong."""


class Grabber(Protocol):
    """The device side of a live source, whose reader thread alone calls ``open``, ``grab`` and ``close``.

    The rest is called by whoever opens the source and calls ``read``.
    """

    def open(self) -> str:
        """Connect, and return the name for people. Raises SourceError."""

    def grab(self) -> tuple[Any, float] | None:
        """Wait a little for a picture: what ``decode`` needs, and when it came (``time.perf_counter()``).

        None when nothing came. Raises SourceError when nothing will come any more, StreamEndedError at
        a regular end.
        """

    def decode(self, raw: Any) -> np.ndarray | None:
        """(H, W, 3) uint8 RGB, or None for a damaged picture."""

    def frame_rate(self) -> float | None:
        """Pictures a second as the device declares it."""

    def silence_error(self, seconds: float) -> SourceError:
        """The error for a source that has given no usable picture for so long."""

    def close(self) -> None:
        """Disconnect; harmless when ``open`` failed half way."""


class LiveSource(Source):
    """A source whose pictures come by themselves.

    grabber: connects and takes the pictures, in a thread of its own.
    stop: set when the source is closed, so that the grabber waits for nothing any more.
    open_limit_s: how long opening may take until there is a picture.
    keeps_first: ``read`` begins with the picture that opening waited for, which a video must not lose; a
        camera's may be old by then.
    silence_limit_s: how long ``read`` waits for a usable picture before it reports the source
        dead. Shorter gaps are survived and stay visible as gaps in ``Frame.time_s``.
    """

    def __init__(
        self,
        grabber: Grabber,
        kind: SourceKind,
        stop: threading.Event,
        open_limit_s: float,
        silence_limit_s: float,
        *,
        keeps_first: bool = False,
    ) -> None:
        self._grabber = grabber
        self._stop = stop
        self._silence_limit_s = silence_limit_s
        self._grabs: Mailbox[tuple[Any, float]] = Mailbox()
        self._passed_over = 0
        self._waiting: tuple[np.ndarray, float] | None = None
        self._error: SourceError | None = None
        self._name = ""
        self._index = 0
        self._first_s: float | None = None
        # A daemon: a driver that never comes back must not keep the program alive.
        self._thread = threading.Thread(target=self._run, name=f"{kind}-reader", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            raise SourceError(NO_MORE_THREADS) from error
        try:
            first = self._next_picture(open_limit_s)
            if first is None:
                raise SourceError(f"{self._name or 'The source'} ended before it sent a picture.")
        except BaseException:
            self.close()
            raise
        self._waiting = first if keeps_first else None
        height, width = first[0].shape[:2]
        self._grabs.set_depth(max(min(BURST_BYTES // (3 * width * height), BURST_PICTURES), 1))
        self._info = SourceInfo(self._name, kind, width, height, grabber.frame_rate(), None, live=True)

    @property
    def info(self) -> SourceInfo:
        return self._info

    @property
    def dropped(self) -> int:
        return self._grabs.dropped + self._passed_over

    def read(self) -> Frame | None:
        """The next picture of those that have just come, else the one that comes next; each at most once."""
        picture, self._waiting = self._waiting or self._next_picture(self._silence_limit_s), None
        if picture is None:
            return None
        image, captured_at_s = picture
        if self._first_s is None:
            self._first_s = captured_at_s
        time_s = captured_at_s - self._first_s
        frame = Frame(image, self._index, time_s, captured_at_s, live=True)
        self._index += 1
        return frame

    def close(self) -> None:
        self._stop.set()
        self._waiting = None
        self._grabs.close()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_LIMIT_S)
            if self._thread.is_alive():
                logger.info("%s does not answer; it is released as soon as it does.", self._name)

    def _next_picture(self, limit_s: float) -> tuple[np.ndarray, float] | None:
        waiting_since_s = time.perf_counter()
        while (grabbed := self._take(waiting_since_s, limit_s)) is not None:
            raw, captured_at_s = grabbed
            image = self._grabber.decode(raw)
            if image is not None:
                return image, captured_at_s
            if time.perf_counter() - waiting_since_s > limit_s:
                raise self._grabber.silence_error(limit_s)
        return None

    def _take(self, since_s: float, limit_s: float) -> tuple[Any, float] | None:
        """A grab that has just come, each at most once; None when closed or at the end.

        Raises SourceError when the reader failed, or nothing has come ``limit_s`` after ``since_s``.
        """
        asked_s = time.perf_counter()
        wait_s = max(since_s + limit_s - asked_s, 0.0)
        grabbed = self._grabs.take(wait_s)
        if grabbed is None and time.perf_counter() - asked_s - wait_s > OVERSLEPT_S:
            grabbed = self._grabs.take(limit_s)  # the program stood still, and so did the reader
        if grabbed is not None:
            return self._fresh(grabbed)
        if self._stop.is_set():
            return None
        if self._error is not None:
            raise self._error
        if self._grabs.closed:
            return None
        raise self._grabber.silence_error(limit_s)

    def _fresh(self, grabbed: tuple[Any, float]) -> tuple[Any, float]:
        """A newer grab where this one has waited for too long."""
        while time.perf_counter() - grabbed[1] > BURST_S and (newer := self._grabs.take(0)) is not None:
            grabbed = newer
            self._passed_over += 1
        return grabbed

    def _run(self) -> None:
        try:
            self._name = self._grabber.open()
            while not self._stop.is_set():
                grabbed = self._grabber.grab()
                if grabbed is not None:
                    self._grabs.put(grabbed)
        except StreamEndedError:
            pass
        except SourceError as problem:
            self._error = problem
        except Exception as problem:  # the top of a thread
            logger.exception("The reader of %s failed.", self._name or "a source")
            self._error = SourceError(
                f"{self._name or 'The source'} failed unexpectedly ({problem}); open it again."
            )
        finally:
            try:
                self._grabber.close()
            finally:
                self._grabs.close(discard=False)  # the last picture is still to be shown
