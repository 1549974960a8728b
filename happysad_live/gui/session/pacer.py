"""When a recorded frame is due."""

from __future__ import annotations


class Pacer:
    """When a recorded frame is due, so that a file plays at its own pace. The first one is due at once."""

    LATE_LIMIT_S = 3.0
    """What is late by less catches up, so that a busy moment does not stretch the time. What is late by more
    (the machine slept, the disk is too slow) goes on from here at the usual pace."""

    CATCH_UP_SPEED = 2.0
    """Times the usual pace. All that is late in one burst would be more than can be labelled, and lost."""

    def __init__(self) -> None:
        self._origin_s: float | None = None
        self._shown_time_s = self._shown_at_s = 0.0

    def late_s(self, time_s: float, now_s: float) -> float:
        """How many seconds the frame of presentation time ``time_s`` is late; 0 if it need not catch up."""
        late_s = 0.0 if self._origin_s is None else now_s - (self._origin_s + time_s)
        return late_s if 0 < late_s <= self.LATE_LIMIT_S else 0.0

    def due_in_s(self, time_s: float, now_s: float) -> float:
        """Seconds to wait before showing the frame of presentation time ``time_s``; 0 when it is to come now.

        A late frame waits, too, where it would follow the one before at more than ``CATCH_UP_SPEED``. One
        that is late by more than ``LATE_LIMIT_S`` counts as shown now, as by ``start``.
        """
        if self._origin_s is None or now_s - (self._origin_s + time_s) > self.LATE_LIMIT_S:
            self.start(time_s, now_s)
            return 0.0
        soonest_s = self._shown_at_s + (time_s - self._shown_time_s) / self.CATCH_UP_SPEED
        return max(self._origin_s + time_s - now_s, soonest_s - now_s, 0.0)

    def start(self, time_s: float, now_s: float) -> None:
        """The frame of presentation time ``time_s`` is shown now; those after it are counted from it."""
        self._origin_s = now_s - time_s
        self.shown(time_s, now_s)

    def shown(self, time_s: float, now_s: float) -> None:
        """The frame of presentation time ``time_s`` is shown now, on time or late."""
        self._shown_time_s, self._shown_at_s = time_s, now_s

    def hold(self, seconds: float) -> None:
        """Playing was held for so long: everything is due that much later."""
        if self._origin_s is not None:
            self._origin_s += seconds
            self._shown_at_s += seconds
