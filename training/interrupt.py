"""Ctrl-C that cannot get lost.

Python raises KeyboardInterrupt wherever it happens to be. Inside the deep-learning libraries, and while a
module is imported, the exception may get lost: native code prints it as an error of its own, a weak
reference's callback or a destructor drops it. There, the signal is only remembered, and long loops check for
it at each step. An import ends by itself, and the exception is raised then; inside a library, a second Ctrl-C
raises it at once.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from happysad_live.interruptions import (
    forget_signals,
    ignore_further_signals,
    interruptions_handled,
    is_ending,
    is_importing,
    send_again,
    tell_if_slow,
)

NATIVE_LIBRARIES = frozenset({"jax", "keras", "tensorflow", "torch"})

_requested = threading.Event()


@contextlib.contextmanager
def remembered_interrupts() -> Iterator[None]:
    """While the block runs, Ctrl-C raises KeyboardInterrupt at once and at the next ``check_interrupt``.

    So does a termination signal. Inside Keras and its backends, the first signal waits for that check, or for
    the end of the block; during an import, it may also wait for the import's end. One that comes soon after
    KeyboardInterrupt was raised changes nothing. Outside the main thread, which alone receives signals, the
    context changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _requested.clear()
    ignore_further_signals(ending_s=0)  # what was interrupted before has ended
    waits = False  # in a library, for the next check

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal waits
        if is_ending():
            return
        _requested.set()
        if is_importing(frame):
            send_again(number)  # there may be no check until all the work is done
        elif waits or not _in_native_library(frame):
            _raise_once_known()
        else:
            waits = True
            tell_if_slow("Interrupted; waiting for a library's work to end. Ctrl-C again breaks it off.")

    def tell(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_type is not KeyboardInterrupt:
            hook_before(lost)

    hook_before, sys.unraisablehook = sys.unraisablehook, tell
    try:
        with interruptions_handled(remember):
            yield
            check_interrupt()
    except Exception as error:
        # A library that KeyboardInterrupt passes through may turn it into an error of its own.
        if _requested.is_set():
            raise KeyboardInterrupt from error
        raise
    finally:
        sys.unraisablehook = hook_before
        _requested.clear()
        forget_signals()


def check_interrupt() -> None:
    """Raise KeyboardInterrupt when Ctrl-C was pressed, but the exception was put off, or got lost."""
    if _requested.is_set():
        _raise_once_known()


def _raise_once_known() -> NoReturn:
    ignore_further_signals()  # one that comes again would cut short what this exception leaves to be done
    raise KeyboardInterrupt


def _in_native_library(frame: FrameType | None) -> bool:
    """Whether the frame, or one that called it, belongs to Keras or one of its backends."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in NATIVE_LIBRARIES:
            return True
        frame = frame.f_back
    return False
