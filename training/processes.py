"""Worker processes: the same for many items, on several cores, where Python's lock would hold threads up."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import cv2

from happysad_live.bootstrap import prepare_environment
from happysad_live.errors import TrainingError

_GROUP_SIGNALS = ("SIGINT", "SIGHUP", "SIGBREAK")
_FOR_THE_PARENT = [getattr(signal, name) for name in _GROUP_SIGNALS if hasattr(signal, name)]
"""Ctrl-C, Ctrl-Break and a closed terminal reach the whole group of processes; only the parent answers."""


@contextmanager
def worker_pool(processes: int, begin: Callable[[], None], *, remedy: str) -> Iterator[ProcessPoolExecutor]:
    """A pool of so many processes; at the end what they have not begun is dropped, and they are waited for.

    begin: is called in each process first; a module's function, as all that they do.
    remedy: what to do against a lack of memory. Raises TrainingError when a process dies.
    """
    if sys.platform == "win32":
        processes = min(processes, 61)  # ProcessPoolExecutor takes no more there
    # A fresh interpreter for each worker: MediaPipe's and the backends' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin_worker, initargs=(begin,))
    try:
        with _signals_held():
            for _ in range(processes):
                pool.submit(_be_there)  # each starts a worker, which inherits what is held
        yield pool
    except BrokenProcessPool as error:
        raise TrainingError(f"A worker process died, probably for lack of memory: {remedy}.") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Processes that are started inside are not interrupted before they can say that they ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _be_there() -> None:
    pass


def _begin_worker(begin: Callable[[], None]) -> None:
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FOR_THE_PARENT)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare_environment()
    # What the libraries chat about at their start comes from C++ and would tear the progress bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    cv2.setNumThreads(1)
    begin()


def _end_with_parent() -> None:
    """A worker waits for work for ever; a parent that was killed gives none."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
