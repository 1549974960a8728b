"""Ctrl-C, and the signals that ask a program to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


def termination_signals() -> list[signal.Signals]:
    """The signals that ask a program to end: SIGTERM, and SIGHUP when its terminal is closed.

    Without SIGHUP where ``nohup`` has it ignored. Windows knows SIGBREAK instead: of Ctrl-Break, and of
    another program that wants this one to end.
    """
    kinds: list[signal.Signals] = [signal.SIGTERM]
    for name in ("SIGHUP", "SIGBREAK"):
        kind = getattr(signal, name, None)
        if kind is not None and signal.getsignal(kind) is not signal.SIG_IGN:
            kinds.append(kind)
    return kinds


def take_termination_as_ctrl_c() -> None:
    """Let a termination signal raise KeyboardInterrupt from now on.

    SIGINT too, although a script's shell lets what it starts with ``&`` ignore it: whoever sends it wants an
    end.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for kind in termination_signals():
        signal.signal(kind, _interrupt)


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
    """Let Ctrl-C and a termination signal wait until the block, which is not to be done in part, is done."""
    received: list[int] = []
    with interruptions_handled(lambda number, _frame: received.append(number)):
        yield
    if received:
        raise KeyboardInterrupt


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
