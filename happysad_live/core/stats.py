"""Rates, latencies and percentiles over the last few seconds."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

Clock = Callable[[], float]


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The percentile (0..100) with linear interpolation between ranks; None without values."""
    known = np.fromiter(values, np.float64)
    return float(np.percentile(known, percent)) if known.size else None


class RollingRate:
    """How often something happens, events per second over the last ``window_s`` seconds. Thread safe."""

    def __init__(self, window_s: float = 2.0, clock: Clock = time.perf_counter) -> None:
        self._window_s = window_s
        self._clock = clock
        self._times_s: deque[float] = deque()
        self._lock = threading.Lock()

    def tick(self) -> None:
        """One event, now."""
        with self._lock:
            now_s = self._clock()
            self._times_s.append(now_s)
            self._drop_old(now_s)

    def per_second(self) -> float:
        """Events per second; 0 with fewer than two events, and when they have stopped.

        The intervals between events are counted, not the events, so that the figure is right from
        the second event on. Once the pause since the last event is longer than the mean interval,
        it counts as well: a source that stalls is seen to slow down.
        """
        with self._lock:
            now_s = self._clock()
            self._drop_old(now_s)
            if len(self._times_s) < 2:
                return 0.0
            intervals = len(self._times_s) - 1
            span_s = self._times_s[-1] - self._times_s[0]
            pause_s = now_s - self._times_s[-1]
            if pause_s > span_s / intervals:
                span_s += pause_s
            return intervals / span_s if span_s > 0 else 0.0

    def reset(self) -> None:
        with self._lock:
            self._times_s.clear()

    def _drop_old(self, now_s: float) -> None:
        while self._times_s and self._times_s[0] < now_s - self._window_s:
            self._times_s.popleft()


class RollingValues:
    """Measurements of the last ``window_s`` seconds, such as delays. Thread safe."""

    def __init__(self, window_s: float = 2.0, clock: Clock = time.perf_counter) -> None:
        self._window_s = window_s
        self._clock = clock
        self._entries: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def add(self, value: float) -> None:
        """One measurement, made now."""
        with self._lock:
            self._entries.append((self._clock(), value))
            self._drop_old()

    def percentile(self, percent: float) -> float | None:
        """The percentile (0..100) of the values in the window; None when there are none."""
        with self._lock:
            self._drop_old()
            values = [value for _, value in self._entries]
        return percentile(values, percent)

    def median(self) -> float | None:
        return self.percentile(50)

    def reset(self) -> None:
        with self._lock:
            self._entries.clear()

    def _drop_old(self) -> None:
        oldest_s = self._clock() - self._window_s
        while self._entries and self._entries[0][0] < oldest_s:
            self._entries.popleft()
