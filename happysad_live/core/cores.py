"""How many cores there are to share out, and sharing a frame's faces out to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

MAX_PARTS = 4
"""How many items of one call a ``CoreTeam`` works on at the same time, at most; each on a core of its own."""


def usable_cores() -> int:
    """How many cores this process may run on; ``taskset`` or a container's cpuset can leave it few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class CoreTeam:
    """Does the same for several items, such as a frame's faces, on up to ``MAX_PARTS`` cores.

    For steps of milliseconds that release the GIL. The calling thread does its part.
    """

    def __init__(self, name: str) -> None:
        """name: begins the names of the team's threads."""
        self.size = min(usable_cores(), MAX_PARTS)
        self._name = name
        self._start_helpers()

    def _start_helpers(self) -> None:
        self._helpers = ThreadPoolExecutor(max(self.size - 1, 1), thread_name_prefix=self._name)
        self._process_id = os.getpid()

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Let another core do some work while this thread goes on."""
        if self._process_id != os.getpid():
            self._start_helpers()  # a forked process has the executor, but none of its threads
        try:
            return self._helpers.submit(work)
        except RuntimeError as error:
            if "shutdown" not in str(error):  # no thread could be started; a later one will take the work
                raise
            # Python ends: it takes no more work for other threads, but those that run may go on.
            done: Future[T] = Future()
            done.set_result(work())
            return done

    def map(self, step: Callable[[S], T], items: Sequence[S]) -> list[T]:
        """The step's result for every item, in the items' order. Raises what the step raises."""
        parts = max(min(self.size, len(items)), 1)
        results: dict[int, T] = {}

        def work(first: int) -> None:
            for place in range(first, len(items), parts):
                results[place] = step(items[place])

        running = [self.begin(partial(work, first)) for first in range(1, parts)]
        work(0)
        for part in running:
            part.result()
        return [results[place] for place in range(len(items))]
