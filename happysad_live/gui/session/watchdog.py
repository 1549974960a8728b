"""Whether the program runs, and whether the source sends anything."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from happysad_live.gui.session.frame_flow import FrameFlow

WATCH_MS = 500
"""How often to look."""

SILENCE_LIMIT_S = 4.0
"""A live source that sends nothing for this long is reported; a slow one, for twice its last interval."""

STANDSTILL_S = 2.0
"""A look that comes so much later than it was due tells that the program did not run: the computer slept,
or somebody has stopped it."""


class Watchdog(QObject):
    """Notices a standstill of the program, and a live source that is silent. Lives in the window's thread."""

    silence_changed = pyqtSignal(bool)
    """A live source sends nothing (True), or does so again (False)."""

    def __init__(self, frames: FrameFlow, plays_live: Callable[[], bool]) -> None:
        """frames: where those of the source come. plays_live: whether a live source plays and is not held."""
        super().__init__()
        self._frames, self._plays_live = frames, plays_live
        self._silent = False
        self._plays_since_s = 0.0
        """Since when the source could have sent something."""
        self._looked_at_s = time.perf_counter()
        """When it looked last. A thread may ask ``stood_still_at_s`` before it looks again."""
        self._stood_still_at_s = -math.inf
        self._picture_at_s = self._interval_s = 0.0
        """When the last picture came, as it saw it, and how long after the one before."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(WATCH_MS)

    def source_goes_on(self) -> None:
        """Begin to wait for pictures: the source could send none before."""
        self._plays_since_s = time.perf_counter()

    def end_silence(self) -> None:
        """Take back that the source is silent: it has failed, or another one is opened."""
        self._set_silent(False)

    def stop(self) -> None:
        """Watch no longer."""
        self._timer.stop()

    def stood_still_at_s(self) -> float:
        """A moment in which the program did not run, the last time that it stood still; -inf if it never did.

        By ``time.perf_counter()``. For any thread: one may run again before the window's does. Where only the
        window's was held up, the program may have run at that moment all the same.
        """
        looked_at_s = self._looked_at_s
        is_late = time.perf_counter() - looked_at_s > WATCH_MS / 1000 + STANDSTILL_S
        # It may have run for almost as long as from one look to the next, but surely not for longer.
        return looked_at_s + STANDSTILL_S if is_late else self._stood_still_at_s

    def _look(self) -> None:
        now_s = time.perf_counter()
        self._look_at_program(now_s)
        self._look_at_source(now_s)

    def _look_at_program(self, now_s: float) -> None:
        if (stood_still_at_s := self.stood_still_at_s()) != self._stood_still_at_s:
            self._stood_still_at_s = stood_still_at_s
            self._plays_since_s = now_s  # nothing could come before
        self._looked_at_s = now_s

    def _look_at_source(self, now_s: float) -> None:
        came_at_s = self._frames.captured_at_s
        if came_at_s > self._picture_at_s:
            self._interval_s = came_at_s - max(self._picture_at_s, self._plays_since_s)
            self._picture_at_s = came_at_s
        silent_s = now_s - max(self._plays_since_s, came_at_s)
        self._set_silent(self._plays_live() and silent_s > max(SILENCE_LIMIT_S, 2 * self._interval_s))

    def _set_silent(self, silent: bool) -> None:
        if silent != self._silent:
            self._silent = silent
            self.silence_changed.emit(silent)
