"""Work that would make the window wait, done in a thread; its results come back to the window's."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from happysad_live.errors import HappySadError, unexpected_text
from happysad_live.gui.session.threads import ThreadGroup

logger = logging.getLogger(__name__)

T = TypeVar("T")

_Attempt = Callable[[], Callable[[], object]]
"""Does a piece of work; returns what is then to be called in the window's thread."""


class Background(QObject):
    """Does one piece of work after another, in a thread that lives as long as there is work.

    Lives in the window's thread, and is used from there only.
    """

    _finished = pyqtSignal(object)

    def __init__(self, name: str, threads: ThreadGroup) -> None:
        """threads: waits for the work at the end."""
        super().__init__()
        self._name = name
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: deque[tuple[_Attempt, bool]] = deque()
        self._closed = False
        self._untold: deque[str] = deque()
        """Sentences about what had to be done and failed, until somebody is told."""
        self._idle = threading.Event()
        self._idle.set()
        # Emitted in the thread; in the window's, too, where that cannot be started.
        self._finished.connect(self._answer, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def run(
        self,
        work: Callable[[], T],
        then: Callable[[T], object] | None = None,
        failed: Callable[[str], object] | None = None,
        *,
        must: bool = False,
    ) -> None:
        """Do ``work`` in the thread, then tell ``then`` its result, or ``failed`` a sentence for the user.

        must: the user asked for it, so it is still done when the window closes before its turn has come.
        After ``close``, no work is taken any more.
        """
        with self._lock:
            if self._closed:
                return
            self._waiting.append((partial(self._attempt, work, then, failed, must), must))
            if not self._idle.is_set():
                return
            self._idle.clear()
        try:
            self._threads.start(threading.Thread(target=self._work, name=self._name, daemon=True))
        except HappySadError as error:
            self._waiting.clear()
            self._idle.set()
            self._finished.emit(self._failure(str(error), failed, must))

    def close(self) -> None:
        """Forget the work that waits and need not be done, and all answers; the rest is finished.

        Twice is harmless.
        """
        with self._lock:
            self._closed = True
            self._waiting = deque(waiting for waiting in self._waiting if waiting[1])

    def wait(self, limit_s: float) -> bool:
        """After ``close``: wait until what must be done is done.

        False where that takes longer, or failed and nobody was told.
        """
        return self._idle.wait(limit_s) and not self._untold

    @property
    def problem(self) -> str:
        """Why the first thing failed that had to be done, if nobody was told of it; else nothing."""
        return next(iter(self._untold), "")

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._idle.set()
                    return
                attempt, _ = self._waiting.popleft()
            self._finished.emit(attempt())

    def _attempt(
        self,
        work: Callable[[], T],
        then: Callable[[T], object] | None,
        failed: Callable[[str], object] | None,
        must: bool,
    ) -> Callable[[], object]:
        """Do the work; returns what is to be called in the window's thread."""
        try:
            result = work()
        except HappySadError as error:
            problem = str(error)
        except Exception as error:
            logger.exception("background work failed: %s", self._name)
            problem = unexpected_text(error, "That did not work because of an error in this program.")
        else:
            return partial(then, result) if then else lambda: None
        return self._failure(problem, failed, must)

    def _failure(
        self, problem: str, failed: Callable[[str], object] | None, must: bool
    ) -> Callable[[], object]:
        """What is to be called in the window's thread after work that has failed."""
        if not must:
            return partial(failed or logger.warning, problem)
        self._untold.append(problem)
        return partial(self._tell_first, failed or logger.warning)

    def _tell_first(self, failed: Callable[[str], object]) -> None:
        """Answers come in the order of the work, so this is the problem that came first."""
        failed(self._untold.popleft())

    def _answer(self, answer: Callable[[], object]) -> None:
        if not self._closed:
            answer()
