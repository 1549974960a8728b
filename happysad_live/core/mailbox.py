"""A hand-over between two threads that keeps only the newest thing.

A slow receiver never lags behind: what it did not take in time is replaced, and counted.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """A box for one item, safe to use from any number of threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: T | None = None
        self._dropped = 0
        self._closed = False

    @property
    def dropped(self) -> int:
        """How many items were replaced before anybody took them."""
        with self._condition:
            return self._dropped

    @property
    def closed(self) -> bool:
        with self._condition:
            return self._closed

    def put(self, item: T) -> bool:
        """Leave an item, replacing one that nobody has taken.

        Returns True when the box was empty, so that the receiver has to be told that there is
        something; False when it has been told already, or when the box is closed.
        """
        with self._condition:
            if self._closed:
                return False
            was_empty = self._item is None
            self._dropped += not was_empty
            self._item = item
            self._condition.notify()
            return was_empty

    def take(self, timeout_s: float | None = None) -> T | None:
        """Take the item, waiting for one.

        Returns None when the box is closed, or when ``timeout_s`` seconds brought nothing (0 does
        not wait at all; None waits until there is an item or the box is closed).
        """
        with self._condition:
            self._condition.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return item

    def clear(self) -> None:
        """Throw away what is in the box; it does not count as dropped."""
        with self._condition:
            self._item = None

    def close(self) -> None:
        """Refuse new items, throw away the one inside, wake everybody who waits; twice is harmless."""
        with self._condition:
            self._closed = True
            self._item = None
            self._condition.notify_all()
