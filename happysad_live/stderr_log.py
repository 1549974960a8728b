"""What is logged, as lines for the user on stderr."""

from __future__ import annotations

import logging
from typing import TextIO

from happysad_live.bootstrap import user_stderr
from happysad_live.terminal import without_control


def log_to_stderr(debug: bool) -> None:
    handler = _StderrHandler()
    handler.setFormatter(_SentenceFormatter(debug))
    root = logging.getLogger()
    if not root.handlers:  # else a library's ``logging.warning`` makes one, which repeats our sentences
        root.addHandler(logging.NullHandler())
    for package in ("happysad_live", "training"):
        logging.getLogger(package).handlers[:] = [handler]


class _SentenceFormatter(logging.Formatter):
    """A line for each record: of an exception its kind and message, with ``debug`` all of it."""

    def __init__(self, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        if self._debug or not record.exc_info or record.exc_info[1] is None:
            return without_control(super().format(record))
        error = record.exc_info[1]
        return without_control(f"{record.getMessage()} ({type(error).__name__}: {error})")


class _StderrHandler(logging.StreamHandler):
    """Writes to what stderr is now, not to what it was when the program began."""

    @property
    def stream(self) -> TextIO:
        return user_stderr()

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        pass
