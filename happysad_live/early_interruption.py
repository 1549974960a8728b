"""Ctrl-C before a program has begun to handle it: while Python still imports what its command line needs."""

from __future__ import annotations

import os
import signal

_EXIT_INTERRUPTED = 130  # as in ``exit_codes``, which imports too much for this moment


def end_without_traceback() -> None:
    """Let Ctrl-C end the process at once, without a word: nothing has been done yet that could be lost."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(_EXIT_INTERRUPTED))
