"""The window's threads, so that closing it can wait for them."""

from __future__ import annotations

import threading
import time

from happysad_live.errors import NO_MORE_THREADS, HappySadError


class ThreadGroup:
    """The threads that somebody has to wait for at the end. Used from one thread only."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def start(self, thread: threading.Thread) -> None:
        """Start a thread that is to be waited for. Raises HappySadError where the system allows no more."""
        self._threads = self.alive()
        try:
            thread.start()
        except RuntimeError as error:
            raise HappySadError(NO_MORE_THREADS) from error
        self._threads.append(thread)

    def alive(self) -> list[threading.Thread]:
        return [thread for thread in self._threads if thread.is_alive()]

    def join(self, deadline_s: float) -> bool:
        """Wait for all until a time of ``time.perf_counter()``; False when one is still running then."""
        for thread in self._threads:
            thread.join(max(deadline_s - time.perf_counter(), 0.0))
        return not self.alive()
