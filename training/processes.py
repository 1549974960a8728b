"""Worker processes, for the same work on many items: threads would wait for Python's lock."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import cv2

from happysad_live.bootstrap import prepare_environment
from happysad_live.errors import TrainingError
from happysad_live.interruptions import interruptions_held

_GROUP_SIGNALS = ("SIGINT", "SIGHUP", "SIGBREAK")
_FOR_THE_PARENT = [getattr(signal, name) for name in _GROUP_SIGNALS if hasattr(signal, name)]
"""Signals of Ctrl-C, Ctrl-Break and a closed terminal. All processes get them; only the parent answers."""


@contextmanager
def worker_pool(processes: int, begin: Callable[[], None], *, remedy: str) -> Iterator[ProcessPoolExecutor]:
    """A pool of so many processes. At its end, work that is left is dropped; where it has begun, it is waited
    for up to its next ``check_wanted``.

    begin: called first in each process; like all work, a function of a module, so that it can be pickled.
    remedy: what to do against a lack of memory. Raises TrainingError when a process dies.
    """
    if sys.platform == "win32":
        processes = min(processes, 61)  # ProcessPoolExecutor's limit on Windows
    # A fresh interpreter for each worker: MediaPipe's and the backends' threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    unwanted = context.RawValue(ctypes.c_bool, False)  # without a lock, with which a worker might die
    pool = ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin_worker, initargs=(begin, unwanted)
    )
    try:
        with _signals_held():
            for _ in range(processes):
                pool.submit(_be_there)  # each call starts a worker, which inherits the held signals
        yield pool
    except BrokenProcessPool as error:
        raise TrainingError(f"A worker process died, probably for lack of memory: {remedy}.") from error
    finally:
        with interruptions_held():  # were it cut short, this program would wait for its workers for ever
            unwanted.value = True  # the pool itself drops no work that waits in its pipe
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Hold signals back from processes started in the block, until they have been told to ignore them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_unwanted: ctypes.c_bool | None = None
"""In a worker, whether its parent is done with it."""


def check_wanted() -> None:
    """In a worker, raise CancelledError where the parent does not want the work any more."""
    if _unwanted is not None and _unwanted.value:
        raise CancelledError


def _be_there() -> None:
    pass


def _begin_worker(begin: Callable[[], None], unwanted: ctypes.c_bool) -> None:
    global _unwanted
    _unwanted = unwanted
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _FOR_THE_PARENT)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    prepare_environment()
    # While they start, the libraries print messages from C++, which would tear the progress bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    cv2.setNumThreads(1)
    begin()


def _end_with_parent() -> None:
    """End this worker once its parent is gone: it would wait for ever for work from a killed one."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
