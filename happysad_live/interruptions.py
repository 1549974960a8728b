"""Ctrl-C, and the signals that ask a program to end."""

from __future__ import annotations

import _thread
import atexit
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from happysad_live.terminal import print_message

RETRY_S = 0.05
"""How long a signal that comes where none may interrupt, as in an import, waits until it is tried again."""

ENDING_S = 5.0
"""How long a program that was interrupted may take to end before another signal counts."""

PATIENCE_S = 1.0
"""How long a signal that cannot interrupt yet waits until the user is told what it waits for."""

_waiting: set[int] = set()
"""The signals that came where none may interrupt, and are to be tried again."""

_wait: object | None = None
"""The wait of which the user has been told, or soon will be; None where no signal waits."""

_ignored_until_s = -math.inf
"""Up to when signals change nothing, as the program is ending, by ``time.monotonic()``."""


def termination_signals() -> list[signal.Signals]:
    """The signals that ask a program to end: SIGTERM, and SIGHUP when its terminal is closed.

    SIGHUP is left out where ``nohup`` has it ignored. Windows has SIGBREAK instead, which Ctrl-Break sends,
    and other programs that want this one to end.
    """
    kinds: list[signal.Signals] = [signal.SIGTERM]
    for name in ("SIGHUP", "SIGBREAK"):
        kind = getattr(signal, name, None)
        if kind is not None and signal.getsignal(kind) is not signal.SIG_IGN:
            kinds.append(kind)
    return kinds


def take_termination_as_ctrl_c() -> None:
    """Let Ctrl-C and a termination signal raise KeyboardInterrupt from now on, but not during an import.

    SIGINT does so even where a script's shell, which started this program with ``&``, has it ignored: whoever
    sends it wants an end. Who is impatient and sends more of them does not cut the end short.
    """
    global _ignored_until_s
    _ignored_until_s = -math.inf
    kinds = signal.SIGINT, *termination_signals()
    for kind in kinds:
        signal.signal(kind, _interrupt)
    # Python takes its handlers back before it has cleared up: a signal would kill it then.
    atexit.register(lambda: [signal.signal(kind, signal.SIG_IGN) for kind in kinds])


def ignore_further_signals(ending_s: float = ENDING_S) -> None:
    """For so many seconds, let signals change nothing: the program has been interrupted, and is ending."""
    global _ignored_until_s
    forget_signals()
    _ignored_until_s = time.monotonic() + ending_s


@contextmanager
def interruptions_handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """While the block runs, ``handler`` answers Ctrl-C and a termination signal.

    Outside the main thread, which alone receives signals, it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGINT, *termination_signals())
    before = {kind: signal.signal(kind, handler) for kind in kinds}
    try:
        yield
    finally:
        for kind, former in before.items():
            signal.signal(kind, former)


@contextmanager
def interruptions_held() -> Iterator[None]:
    """Let Ctrl-C and termination signals wait until the block is done, then raise KeyboardInterrupt.

    They change nothing where the program was ending already when the block began, however long it takes.
    """
    was_ending = is_ending()
    received: list[int] = []
    with interruptions_handled(lambda number, _frame: received.append(number)):
        yield
    if received and not was_ending:
        _raise_once()


def is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported: a KeyboardInterrupt would look like a broken C extension then."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib."):
        frame = frame.f_back
    return frame is not None


def _is_dropping_errors(frame: FrameType | None) -> bool:
    """Whether a KeyboardInterrupt would get lost: for the traceback of an error in a compiled module, such as
    PyAV's, Cython runs a line of Python in that module's name, and drops whatever that line raises.

    No function of Python has a dot in its own name, but those lines have, as ``av.error.err_check``.
    """
    return frame is not None and "." in frame.f_code.co_name


def is_ending() -> bool:
    """Whether the program has been interrupted a moment ago: further signals are to change nothing."""
    return time.monotonic() < _ignored_until_s


def _raise_once() -> NoReturn:
    ignore_further_signals()
    raise KeyboardInterrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    if is_ending():
        return
    if not (is_importing(frame) or _is_dropping_errors(frame)):
        _raise_once()
    send_again(number)


def send_again(number: int) -> None:
    """Send this program a signal again in ``RETRY_S``, unless ``forget_signals`` is called before."""
    if number in _waiting:  # a second interrupt would cut short what the first one leaves to be done
        return
    _waiting.add(number)
    tell_if_slow("Interrupted; waiting until a library is loaded.")
    # No Thread: its start takes locks that the interrupted code may hold.
    _thread.start_new_thread(_send_later, (number,))


def tell_if_slow(message: str) -> None:
    """Print a sentence unless ``forget_signals`` is called within ``PATIENCE_S``; once for each wait."""
    global _wait
    if _wait is None:
        _wait = object()
        _thread.start_new_thread(_tell_later, (_wait, message))


def forget_signals() -> None:
    """Let no signal come again that is waiting for that, nor the user be told: the program answers it now."""
    global _wait
    _waiting.clear()
    _wait = None


def _tell_later(wait: object, message: str) -> None:
    time.sleep(PATIENCE_S)
    if _wait is wait:
        with suppress(OSError, ValueError):  # nobody is there to be told
            print_message(message)


def _send_later(number: int) -> None:
    time.sleep(RETRY_S)
    if number not in _waiting:
        return
    _waiting.discard(number)
    if hasattr(signal, "pthread_kill"):  # wakes the main thread where it waits for something
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        signal.raise_signal(number)
