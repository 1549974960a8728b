"""Rates, latencies and percentiles over the last few seconds."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import numpy as np

Clock = Callable[[], float]

WINDOW_S = 2.0
"""How far back the figures of the status line look."""


def percentile(values: Iterable[float], percent: float) -> float | None:
    """The percentile (0..100) with linear interpolation between ranks; None without values."""
    known = np.fromiter(values, np.float64)
    return float(np.percentile(known, percent)) if known.size else None


class _Window:
    """What was noted in the last ``WINDOW_S`` seconds. Thread safe."""

    def __init__(self, clock: Clock = time.perf_counter) -> None:
        self._clock = clock
        self._entries: deque[tuple[float, float]] = deque()
        self._lock = threading.Lock()

    def reset(self) -> None:
        with self._lock:
            self._entries.clear()

    def _note(self, value: float) -> None:
        with self._lock:
            self._entries.append((self._clock(), value))
            self._drop_old()

    def _recent(self) -> tuple[float, list[tuple[float, float]]]:
        """The time now, and the time and value of each entry."""
        with self._lock:
            return self._drop_old(), list(self._entries)

    def _drop_old(self) -> float:
        """Drop what is older than ``WINDOW_S``; returns the time now."""
        now_s = self._clock()
        while self._entries and self._entries[0][0] < now_s - WINDOW_S:
            self._entries.popleft()
        return now_s


class RollingRate(_Window):
    """How often something happens, events per second over the last ``WINDOW_S`` seconds. Thread safe."""

    def tick(self) -> None:
        """Count one event, now."""
        self._note(1.0)

    def per_second(self) -> float:
        """Events per second; 0 with fewer than two events, and when they have stopped.

        The intervals between events are counted, not the events, so that the figure is right from
        the second event on. Once the pause since the last event is longer than the mean interval,
        it counts as well: a source that stalls is seen to slow down.
        """
        now_s, entries = self._recent()
        if len(entries) < 2:
            return 0.0
        intervals = len(entries) - 1
        (first_s, _), (last_s, _) = entries[0], entries[-1]
        span_s, pause_s = last_s - first_s, now_s - last_s
        if pause_s > span_s / intervals:
            span_s += pause_s
        return intervals / span_s if span_s > 0 else 0.0


class RollingValues(_Window):
    """Measurements of the last ``WINDOW_S`` seconds, such as delays. Thread safe."""

    def add(self, value: float) -> None:
        """Take in one measurement, made now."""
        self._note(value)

    def median(self) -> float | None:
        """The median of the values in the window; None when there are none."""
        return percentile((value for _, value in self._recent()[1]), 50)
