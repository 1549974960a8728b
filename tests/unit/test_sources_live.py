"""Which pictures of a live source are read: all that come at once, but none that has waited for long."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing

import numpy as np
import pytest

from happysad_live.errors import SourceError
from happysad_live.sources.live import LiveSource

LIMIT_S = 10.0


class FakeGrabber:
    """A camera whose pictures are as grey as their number. A test sends their numbers and times."""

    def __init__(self) -> None:
        self._coming: deque[tuple[int, float]] = deque([(0, time.perf_counter())])
        self._changed = threading.Condition()
        self._waits = threading.Event()

    def open(self) -> str:
        return "Camera"

    def grab(self) -> tuple[int, float] | None:
        with self._changed:
            if not self._coming:
                self._waits.set()
                self._changed.wait(0.05)
            return self._coming.popleft() if self._coming else None

    def decode(self, raw: int) -> np.ndarray:
        return np.full((48, 64, 3), raw, np.uint8)

    def frame_rate(self) -> float | None:
        return 30.0

    def silence_error(self, seconds: float) -> SourceError:
        return SourceError(f"Silent for {seconds} s.")

    def close(self) -> None: ...

    def send(self, pictures: list[tuple[int, float]]) -> None:
        """Let pictures come, and wait until all of them have been taken."""
        with self._changed:
            self._coming.extend(pictures)
            self._waits.clear()
            self._changed.notify()
        assert self._waits.wait(LIMIT_S)


@pytest.fixture
def grabber() -> FakeGrabber:
    return FakeGrabber()


@pytest.fixture
def read(grabber: FakeGrabber) -> Iterator[tuple[LiveSource, Callable[[int], list[int]]]]:
    """The source, and what reads so many of its pictures and tells their numbers."""
    with closing(LiveSource(grabber, "camera", threading.Event(), LIMIT_S, LIMIT_S)) as source:

        def numbers(count: int) -> list[int]:
            frames = itertools.islice(iter(source.read, None), count)
            return [int(frame.image[0, 0, 0]) for frame in frames]

        yield source, numbers


def test_pictures_that_come_at_once_are_all_read_up_to_a_limit(
    grabber: FakeGrabber, read: tuple[LiveSource, Callable[[int], list[int]]]
) -> None:
    source, numbers = read
    fresh_s = time.perf_counter() + 3600  # however slow this machine is
    grabber.send([(number, fresh_s) for number in range(1, 11)])
    assert (numbers(10), source.dropped) == (list(range(1, 11)), 0)
    grabber.send([(number, fresh_s) for number in range(20, 33)])
    assert (numbers(10), source.dropped) == (list(range(23, 33)), 3)


def test_pictures_that_have_waited_for_long_make_way_for_newer_ones(
    grabber: FakeGrabber, read: tuple[LiveSource, Callable[[int], list[int]]]
) -> None:
    source, numbers = read
    now_s = time.perf_counter()
    grabber.send([(1, now_s - 3), (2, now_s - 2), (3, now_s + 3600), (4, now_s + 3600)])
    assert (numbers(2), source.dropped) == ([3, 4], 2)
    grabber.send([(5, now_s - 2), (6, now_s - 1)])
    assert (numbers(1), source.dropped) == ([6], 3)  # old as it is, there is none that is newer
