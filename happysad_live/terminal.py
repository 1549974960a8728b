"""What is printed on a terminal: results, sentences for the user, tables, JSON."""

from __future__ import annotations

import codecs
import errno
import json
import os
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TextIO

from happysad_live.bootstrap import user_stderr
from happysad_live.core.json_text import json_text
from happysad_live.core.printable import printable


def print_message(message: str) -> None:
    """Print a line for the user on stderr, where it does not mix with results."""
    print(without_control(message), file=LastingStream(user_stderr()), flush=True)


def print_result(result: str) -> None:
    """Print a result, of one line or more, on stdout."""
    print(without_control(result), file=LastingStream(sys.stdout), flush=True)


def print_json(value: object) -> None:
    """Print a value as JSON on stdout, escaped so that the output's encoding can hold it."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    text = json_text(value, indent=1)
    if not is_utf8:
        text = json.dumps(json.loads(text), indent=1)
    print(text, file=LastingStream(sys.stdout), flush=True)


def table_lines(rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> list[str]:
    """The lines of a table: its first ``text_columns`` columns to the left, the others to the right.

    A letter takes as much room as on a terminal: a Chinese one two places, an accent of its own none.
    """
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]

    def placed(number: int, cell: str) -> str:
        room = " " * (widths[number] - cell_len(cell))
        return cell + room if number < text_columns else room + cell

    return ["  ".join(placed(number, cell) for number, cell in enumerate(row)).rstrip() for row in rows]


class LastingStream:
    """A stream that outlives its terminal: once that is closed, what is written is lost, and work goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._let_go_of_closed_terminal(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._let_go_of_closed_terminal(self._stream.flush)

    def _let_go_of_closed_terminal(self, write: Callable[[], object]) -> None:
        try:
            write()
        except OSError as error:
            # Once the terminal is closed, ``isatty`` says no.
            if error.errno != errno.EIO or not stat.S_ISCHR(os.fstat(self._stream.fileno()).st_mode):
                raise
            _lead_nowhere(self._stream)


def without_control(text: str) -> str:
    """The text, in its lines, with what else would steer the terminal, as names of files may, written out."""
    return "\n".join(map(printable, text.split("\n")))


def reader_has_gone(error: OSError) -> bool:
    """Whether an error means that the reader of a pipe, such as ``| head``, has gone; Windows calls that an
    invalid argument (bpo-35754)."""
    is_of_windows = sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or is_of_windows


def drop_output() -> None:
    """Throw away what still waits to be written, so that the interpreter does not try again."""
    with suppress(OSError, ValueError):
        _lead_nowhere(sys.stdout)


def _lead_nowhere(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
