"""A hand-over between two threads that keeps only the newest things, usually one.

A slow receiver never lags behind: what it did not take in time is replaced, and counted.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A box for one item or a few, safe to use from any number of threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._items: deque[T] = deque()
        self._depth = 1
        self._dropped = 0
        self._in_work = 0
        self._closed = False

    @property
    def pending(self) -> int:
        """How many items wait in the box or were taken and are not ``done`` yet."""
        with self._condition:
            return len(self._items) + self._in_work

    @property
    def dropped(self) -> int:
        """How many items made way for newer ones before anybody took them."""
        with self._condition:
            return self._dropped

    @property
    def closed(self) -> bool:
        with self._condition:
            return self._closed

    def set_depth(self, depth: int) -> None:
        """Keep that many items from now on; of more than these, the oldest are dropped, and counted.

        At first one is kept. Items are taken in the order in which they came.
        """
        with self._condition:
            self._depth = depth
            self._make_way()

    def put(self, item: T) -> bool:
        """Leave an item; where the box is full, the oldest makes way.

        Returns True when the box was empty, so that the receiver has to be told that there is
        something; False when it has been told already, or when the box is closed.
        """
        with self._condition:
            if self._closed:
                return False
            was_empty = not self._items
            self._items.append(item)
            self._make_way()
            self._condition.notify()
            return was_empty

    def take(self, timeout_s: float | None = None) -> T | None:
        """Take the oldest item, waiting for one.

        Returns None when the box is closed and empty, or when ``timeout_s`` seconds brought nothing (0 does
        not wait at all; None waits until there is an item or the box is closed).
        """
        with self._condition:
            self._condition.wait_for(lambda: self._items or self._closed, timeout_s)
            if not self._items:
                return None
            self._in_work += 1
            return self._items.popleft()

    def done(self) -> None:
        """Tell that an item that was taken has been processed; only ``pending`` depends on it."""
        with self._condition:
            self._in_work -= 1

    def clear(self) -> None:
        """Throw away what is in the box; it does not count as dropped."""
        with self._condition:
            self._items.clear()

    def close(self, *, discard: bool = True) -> None:
        """Refuse new items, and wake everybody who waits; twice is harmless.

        discard: throw away the items inside; otherwise they can still be taken.
        """
        with self._condition:
            self._closed = True
            if discard:
                self._items.clear()
            self._condition.notify_all()

    def _make_way(self) -> None:
        while len(self._items) > self._depth:
            self._items.popleft()
            self._dropped += 1
