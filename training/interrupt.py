"""Ctrl-C that cannot get lost.

Python raises KeyboardInterrupt wherever it happens to be; inside a weak reference's callback or a
destructor, of which Keras and TensorFlow have many, the exception is printed and forgotten. So the
signal is also remembered, and long loops ask for it at each step.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

_requested = threading.Event()


@contextlib.contextmanager
def remembered_interrupts() -> Iterator[None]:
    """While the block runs, Ctrl-C raises KeyboardInterrupt at once and at the next ``check_interrupt``.

    Outside the main thread, where signals cannot be handled, it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _requested.clear()

    def remember(*_: object) -> None:
        _requested.set()
        raise KeyboardInterrupt

    def told(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_type is not KeyboardInterrupt:
            told_before(lost)

    before = signal.signal(signal.SIGINT, remember)
    told_before, sys.unraisablehook = sys.unraisablehook, told
    try:
        yield
    except Exception as error:
        # Libraries also turn it into errors of their own on its way through them.
        if _requested.is_set():
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, before)
        sys.unraisablehook = told_before
        _requested.clear()


def check_interrupt() -> None:
    """Raise KeyboardInterrupt when Ctrl-C was pressed and its exception got lost."""
    if _requested.is_set():
        raise KeyboardInterrupt
