"""The thread that reads a source. It knows no Qt: it hands frames and events to callables."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from happysad_live.core.memory import memory_given_back
from happysad_live.core.types import Frame
from happysad_live.errors import HappySadError, unexpected_text
from happysad_live.gui.session.continued_times import ContinuedTimes
from happysad_live.gui.session.pacer import Pacer
from happysad_live.sources.base import Source, SourceInfo

logger = logging.getLogger(__name__)

PREDECESSOR_LIMIT_S = 13.0
"""How long a camera waits for the one before it: that may take 10 s to open and 2 s to be given back."""

LATE_S = 0.5
"""What is drawn so slowly that it comes later than this leaves pictures out; its time does not stretch."""

Opener = Callable[[], "Opened"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A source that is open, its specification, and why it is not the one asked for (empty when it is)."""

    source: Source
    spec: str
    fallback_reason: str = ""


class SourceEnded:
    """There is nothing more to play, until it is sought in."""


@dataclass(frozen=True, slots=True)
class SourceIncomplete:
    """Something of the source cannot be read. skipped: as in ``Source``."""

    skipped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """delivered: whether the source had given a picture before it failed."""

    message: str
    delivered: bool


CaptureEvent = Opened | SourceEnded | SourceIncomplete | SourceFailed


class CaptureWorker(threading.Thread):
    """Opens one source, reads it, a file at its own pace, and delivers its frames until the end or ``stop``.

    Indices and times of the frames count on where the source is played again or sought in. At the end of
    one that can be sought in, the thread waits for that.

    source_serial: tells this worker's frames and events from those of the worker before it.
    at_end: whether there is nothing more to play, until it is sought in.
    opener: chooses a source. reopen: opens the chosen one again, for another round.
    deliver, report: called in this thread, with ``source_serial`` and every frame, or every event;
        ``deliver`` also with how many frames the source has dropped, or passed over, since the one before.
    loops: asked at a source's end, unless nothing was shown up to it, whether to play it again.
    predecessor: waited for before opening, so that a camera is free again.
    """

    def __init__(
        self,
        source_serial: int,
        opener: Opener,
        deliver: Callable[[int, Frame, int], None],
        report: Callable[[int, CaptureEvent], None],
        *,
        reopen: Callable[[str], Source],
        loops: Callable[[SourceInfo], bool],
        predecessor: threading.Thread | None = None,
    ) -> None:
        super().__init__(name=f"capture-{source_serial}", daemon=True)
        self.source_serial = source_serial
        self._opener = opener
        self._deliver = deliver
        self._report = report
        self._reopen = reopen
        self._loops = loops
        self._predecessor = predecessor
        self._changed = threading.Condition()
        """Notified when one of the next three changes."""
        self._stopping = False
        self._held = False
        self._wish: tuple[float, int] | None = None
        """Where ``seek`` was told to go, and the ``seek_serial``; None once that has begun."""
        self.at_end = False
        self._source: Source | None = None
        self._pacer = Pacer()
        self._told_skipped: set[str] | None = None
        """What was reported as skipped; None before anything was reported as incomplete."""
        self._seek_serial = 0
        self._shown_s = 0.0
        self._times = ContinuedTimes()

    def pause(self) -> None:
        """Hold the picture. A camera is read on, so that nothing old comes up afterwards."""
        with self._changed:
            self._held = True
            self._changed.notify()

    def resume(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify()

    def seek(self, time_s: float, seek_serial: int) -> None:
        """Go on from another position, while paused as well: then the picture there is shown and held.

        time_s: seconds from the source's beginning. seek_serial: of the frames from there on. Of several
        calls in quick succession the last counts.
        """
        with self._changed:
            self._wish = time_s, seek_serial
            self.at_end = False
            self._changed.notify()

    def stop(self) -> None:
        """Ask the thread to end, and release the camera it may be waiting for; returns at once."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            source = self._source
        if source is not None:
            # A driver that hangs may block here as well; the thread that stops must not.
            release = threading.Thread(target=source.close, name=f"release-{self.source_serial}", daemon=True)
            with suppress(RuntimeError):  # no more threads: this one closes its source as it ends
                release.start()

    @memory_given_back()
    def run(self) -> None:
        try:
            if self._predecessor is not None:
                self._predecessor.join(PREDECESSOR_LIMIT_S)
                self._predecessor = None
            if not self._stopping:
                self._play()
        except HappySadError as error:
            self._fail(str(error))
        except Exception as error:
            if not self._stopping:
                logger.exception("the capture thread failed")
            self._fail(unexpected_text(error, "The source stopped because of an error in this program."))

    def _fail(self, message: str) -> None:
        # Closing a source under a blocked read makes it fail: that is no news.
        if not self._stopping:
            self._report(self.source_serial, SourceFailed(message, delivered=self._times.count > 0))

    def _play(self) -> None:
        opened = self._opener()
        source, again = opened.source, False
        while True:
            with self._changed:
                self._source = source
            with source:
                if not again and not self._stopping:
                    self._report(self.source_serial, opened)
                again = self._play_through(source)
            if self._stopping or not again:
                return
            # Not chosen anew: what nobody asked for must not come up in the place of what is shown.
            source = self._reopen(opened.spec)

    def _play_through(self, source: Source) -> bool:
        """Read to the end, and on from wherever is sought then; True to play from the beginning again."""
        while not self._stopping:
            delivered_before = self._times.count
            read_to_the_end = self._read_live if source.info.live else self._read_recorded
            read_to_the_end(source)
            if self._times.count > delivered_before and self._loops(source.info):
                return True
            self._tell_end()
            if source.info.length_s is None:
                break
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._wish is not None)
        return False

    def _tell_end(self) -> None:
        with self._changed:
            self.at_end = self._wish is None and not self._stopping
        if self.at_end:
            self._report(self.source_serial, SourceEnded())

    def _read_live(self, source: Source) -> None:
        dropped_before = source.dropped
        while not self._stopping and (frame := source.read()) is not None:
            dropped, dropped_before = source.dropped - dropped_before, source.dropped
            if not self._held and not self._stopping:
                # What is read while the picture is held has no number, as it counts for nothing.
                self._hand_over(source.info, replace(frame, index=self._times.count), dropped)

    def _read_recorded(self, source: Source) -> None:
        self._times.jump()
        while not self._stopping:
            sought = self._seek_if_asked(source)
            passed_over = self._pass_over_late(source)
            frame = source.read()
            self._tell_if_incomplete(source)
            if frame is None:
                # The last frame has its time on the screen, too.
                if self._wait_until_due(self._times.end_s):
                    return
                continue
            frame = replace(
                self._times.of(frame),
                seek_serial=self._seek_serial,
                # Sought while held, it is looked at for as long as a photograph, and has no frames before it.
                still=frame.still or (sought and self._held),
            )
            if sought:  # shown at once, while held as well, and before the next wish is looked at
                self._pacer.start(frame.time_s, time.perf_counter())
            if sought or self._wait_until_due(frame.time_s):
                now_s = time.perf_counter()
                self._pacer.shown(frame.time_s, now_s)
                # What was read ahead counts as captured when it is due: delays start here.
                self._hand_over(source.info, replace(frame, captured_at_s=now_s), passed_over)

    def _pass_over_late(self, source: Source) -> int:
        """Leave out what is too late to be drawn, if the source draws; returns how many pictures."""
        late_s = self._pacer.late_s(self._times.end_s, time.perf_counter())
        if late_s <= LATE_S or source.info.frame_rate is None:
            return 0
        return source.pass_over(math.ceil((late_s - LATE_S) * source.info.frame_rate))

    def _tell_if_incomplete(self, source: Source) -> None:
        told = self._told_skipped
        if source.incomplete and (told is None or not told.issuperset(source.skipped)):
            self._told_skipped = {*(told or ()), *source.skipped}
            self._report(self.source_serial, SourceIncomplete(source.skipped))

    def _seek_if_asked(self, source: Source) -> bool:
        with self._changed:
            wish, self._wish = self._wish, None
        if wish is None:
            return False
        target_s, self._seek_serial = wish
        self._times.jump()
        source.seek(
            target_s,
            backwards=target_s < self._shown_s,
            still_wanted=lambda: self._wish is None and not self._stopping,
        )
        return True

    def _hand_over(self, info: SourceInfo, frame: Frame, dropped: int) -> None:
        self._times.add(frame, info)
        self._shown_s = frame.position_s
        if not self._stopping:
            self._deliver(self.source_serial, frame, dropped)

    def _wait_until_due(self, time_s: float) -> bool:
        """Wait for a recorded frame's time, and for as long as the picture is held.

        False when it is not to be shown any more: the user stops, or goes to another place.
        """
        with self._changed:
            while not self._stopping and self._wish is None:
                now_s = time.perf_counter()
                if self._held:
                    self._changed.wait()
                    self._pacer.hold(time.perf_counter() - now_s)
                elif remaining_s := self._pacer.due_in_s(time_s, now_s):
                    self._changed.wait(remaining_s)
                else:
                    return True
        return False
