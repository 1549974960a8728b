"""The thread that reads a source. It knows no Qt: it hands frames and events to callables."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from happysad_live.core.types import Frame
from happysad_live.errors import HappySadError
from happysad_live.gui.pacer import Pacer

if TYPE_CHECKING:
    from happysad_live.sources.base import Source, SourceInfo

_log = logging.getLogger(__name__)

PREDECESSOR_LIMIT_S = 5.0
"""How long a new source waits for the one before it to let go of the camera."""


PAUSE_CHECK_S = 0.05
"""How often a picture that waits for its time looks whether playing is held."""

Opener = Callable[[], "Opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, its specification, and why it is not the one asked for (empty when it is)."""

    source: Source
    spec: str
    fallback_reason: str = ""


@dataclass(frozen=True, slots=True)
class SourceOpened:
    number: int
    info: SourceInfo
    spec: str
    fallback_reason: str


@dataclass(frozen=True, slots=True)
class SourceEnded:
    number: int


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """delivered: whether the source had given a picture before it failed."""

    number: int
    message: str
    delivered: bool


CaptureEvent = SourceOpened | SourceEnded | SourceFailed


class CaptureWorker(threading.Thread):
    """Opens one source, reads it without pause, and delivers its frames until it ends or is stopped.

    number: tells this worker's frames and events from those of the worker before it.
    opener: chooses a source. reopen: opens the chosen one again, for another round.
    deliver: called in this thread with every frame.
    loops: asked at the end of a file whether to play it again; times and indices then go on.
    predecessor: waited for before opening, so that a camera is free again.
    """

    def __init__(
        self,
        number: int,
        opener: Opener,
        deliver: Callable[[int, Frame], None],
        report: Callable[[CaptureEvent], None],
        *,
        reopen: Callable[[str], Source],
        loops: Callable[[SourceInfo], bool],
        predecessor: threading.Thread | None = None,
    ) -> None:
        super().__init__(name=f"capture-{number}", daemon=True)
        self.number = number
        self._opener = opener
        self._deliver = deliver
        self._report = report
        self._reopen = reopen
        self._loops = loops
        self._predecessor = predecessor
        self._stopping = threading.Event()
        self._running = threading.Event()
        self._running.set()
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._pacer = Pacer()
        self._delivered = False
        self._next_index = 0
        self._next_time_s = 0.0

    def pause(self) -> None:
        """Hold the picture. A camera is read on, so that nothing old comes up afterwards."""
        self._running.clear()

    def resume(self) -> None:
        self._running.set()

    def stop(self) -> None:
        """Ask the thread to end, and release the camera it may be waiting for; returns at once."""
        self._stopping.set()
        self._running.set()
        with self._lock:
            source = self._source
        if source is not None:
            # A driver that hangs may block here as well; the thread that stops must not.
            threading.Thread(target=source.close, name=f"release-{self.number}", daemon=True).start()

    def run(self) -> None:
        try:
            if self._predecessor is not None:
                self._predecessor.join(PREDECESSOR_LIMIT_S)
                self._predecessor = None
            if not self._stopping.is_set():
                self._play()
        except HappySadError as error:
            self._fail(str(error))
        except Exception:
            if not self._stopping.is_set():
                _log.exception("the capture thread failed")
            self._fail("The source stopped because of an error in this program.")

    def _fail(self, message: str) -> None:
        # Closing a source under a blocked read makes it fail: that is no news.
        if not self._stopping.is_set():
            self._report(SourceFailed(self.number, message, self._delivered))

    def _play(self) -> None:
        opened = self._opener()
        source, again = opened.source, False
        while True:
            with self._lock:
                self._source = source
            with source:
                if not again and not self._stopping.is_set():
                    self._report(SourceOpened(self.number, source.info, opened.spec, opened.fallback_reason))
                delivered_before = self._next_index
                self._read_to_the_end(source)
            empty = self._next_index == delivered_before
            if self._stopping.is_set() or empty or not self._loops(source.info):
                break
            # Not chosen anew: what nobody asked for must not come up in the place of what is shown.
            source, again = self._reopen(opened.spec), True
        if not self._stopping.is_set():
            self._report(SourceEnded(self.number))

    def _read_to_the_end(self, source: Source) -> None:
        live = source.info.live
        first_index, first_time_s = self._next_index, self._next_time_s
        while not self._stopping.is_set():
            frame = source.read()
            if frame is None or self._stopping.is_set():
                if not live:  # the last frame has its time on the screen, too
                    self._wait_until_due(self._next_time_s)
                return
            if live:
                if not self._running.is_set():
                    continue
            else:
                frame = replace(frame, index=frame.index + first_index, time_s=frame.time_s + first_time_s)
                if not self._wait_until_due(frame.time_s):
                    return
                # What was read ahead counts as captured when it is due: delays start here.
                frame = replace(frame, captured_at_s=time.perf_counter())
            interval_s = _frame_interval_s(source.info, frame.time_s - self._next_time_s)
            self._next_index, self._next_time_s = frame.index + 1, frame.time_s + interval_s
            self._delivered = True
            self._deliver(self.number, frame)

    def _wait_until_due(self, time_s: float) -> bool:
        """Wait for a recorded frame's time, and for as long as the picture is held; False when stopping."""
        while not self._stopping.is_set():
            if not self._running.is_set():
                held_at_s = time.perf_counter()
                self._running.wait()
                self._pacer.hold(time.perf_counter() - held_at_s)
            remaining_s = self._pacer.due_in_s(time_s, time.perf_counter())
            if remaining_s == 0:
                return True
            self._stopping.wait(min(remaining_s, PAUSE_CHECK_S))
        return False


def _frame_interval_s(info: SourceInfo, fallback_s: float) -> float:
    return 1 / info.frame_rate if info.frame_rate else max(fallback_s, 0.0)
