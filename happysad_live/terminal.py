"""Talking to people on a terminal: arguments, results, one-sentence errors, exit codes, what is logged."""

from __future__ import annotations

import argparse
import codecs
import errno
import io
import json
import logging
import os
import stat
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

from happysad_live.bootstrap import user_stderr
from happysad_live.core.json_text import json_text
from happysad_live.core.printable import printable
from happysad_live.errors import DISK_FULL, HappySadError, UsageError
from happysad_live.interruptions import ignore_further_signals, take_termination_as_ctrl_c
from happysad_live.paths import home_expanded

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


class SentenceParser(argparse.ArgumentParser):
    """An argument parser that raises one sentence instead of printing its usage over many lines."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}; {self.prog} --help lists what there is.")


def positive_number(text: str) -> float:
    """An argparse type: a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"“{text}” is not a number above 0")
    return number


def positive_count(text: str) -> int:
    """An argparse type: a whole number above 0."""
    if not is_whole_number(text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number above 0")
    return int(text)


def is_whole_number(text: str) -> bool:
    """Whether a text is a whole number from 0 on, of 18 digits at most: ``int`` refuses some thousands."""
    return text.isdecimal() and len(text) <= 18


def named_model(text: str) -> str:
    """An argparse type: a model's name or folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a model's name is empty")
    return text


def named_path(text: str) -> Path:
    """An argparse type: a path, ``~`` being the home folder also where the shell left it."""
    if not text:
        raise argparse.ArgumentTypeError("a path is empty")
    return home_expanded(text)


def print_message(message: str) -> None:
    """Print a line for the user on stderr, where it does not mix with results."""
    print(_without_control(message), file=LastingStream(user_stderr()), flush=True)


def print_result(result: str) -> None:
    """Print a result, of one line or more, on stdout."""
    print(_without_control(result), file=LastingStream(sys.stdout), flush=True)


def table_lines(rows: Sequence[Sequence[str]], *, text_columns: int = 1) -> list[str]:
    """The lines of a table: its first ``text_columns`` columns to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    forms = [f"{'<' if number < text_columns else '>'}{width}" for number, width in enumerate(widths)]
    return ["  ".join(map(format, row, forms)).rstrip() for row in rows]


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


def _without_control(text: str) -> str:
    """The text, in its lines, with what else would steer the terminal, as names of files may, written out."""
    return "\n".join(map(printable, text.split("\n")))


def run_command(program: str, command: Callable[[], int], *, debug: bool) -> int:
    """Run a command and turn whatever happens into an exit code and one sentence.

    A termination signal ends a command as Ctrl-C does: with everything written so far intact. What the
    output's encoding cannot hold, such as a file name in another one, is printed as ``\\uXXXX``.
    """
    _log_to_stderr(debug)
    take_termination_as_ctrl_c()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = command()
        sys.stdout.flush()  # to find out now, not when the interpreter ends, whether it can be written
        return code
    except KeyboardInterrupt:
        ignore_further_signals()
        return EXIT_INTERRUPTED
    except HappySadError as error:
        if debug:
            traceback.print_exc()
        print_message(f"{program}: {error}")
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    except Exception as error:
        if isinstance(error, OSError) and reader_has_gone(error):
            _drop_output()  # nothing to say, and nobody to say it to
            return EXIT_FAILED
        if debug:
            traceback.print_exc()
        if isinstance(error, FileNotFoundError) and _working_folder_is_gone():
            print_message(f"{program}: The folder that this was started in is gone: start it in another one.")
            return EXIT_FAILED
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            # While something was printed: a file of ours that cannot be written is a HappySadError.
            _drop_output()
            print_message(f"{program}: The results could not be written: {error.strerror}.")
            return EXIT_FAILED
        hint = "" if debug else " Run it again with --debug to see where."
        print_message(f"{program}: something unexpected went wrong ({type(error).__name__}: {error}).{hint}")
        return EXIT_FAILED


class _SentenceFormatter(logging.Formatter):
    """A line for each record: of an exception its kind and message, with ``debug`` all of it."""

    def __init__(self, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def format(self, record: logging.LogRecord) -> str:
        if self._debug or not record.exc_info or record.exc_info[1] is None:
            return _without_control(super().format(record))
        error = record.exc_info[1]
        return _without_control(f"{record.getMessage()} ({type(error).__name__}: {error})")


class _StderrHandler(logging.StreamHandler):
    """Writes to what stderr is now, not to what it was when the program began."""

    @property
    def stream(self) -> TextIO:
        return user_stderr()

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        pass


def _log_to_stderr(debug: bool) -> None:
    handler = _StderrHandler()
    handler.setFormatter(_SentenceFormatter(debug))
    root = logging.getLogger()
    if not root.handlers:  # else a library's ``logging.warning`` makes one, which repeats our sentences
        root.addHandler(logging.NullHandler())
    for package in ("happysad_live", "training"):
        logging.getLogger(package).handlers[:] = [handler]


def print_json(value: object) -> None:
    """Print a value as JSON on stdout, escaped so that the output's encoding can hold it."""
    is_utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    text = json_text(value, indent=1)
    if not is_utf8:
        text = json.dumps(json.loads(text), indent=1)
    print(text, file=LastingStream(sys.stdout), flush=True)


def reader_has_gone(error: OSError) -> bool:
    """Whether an error means that the reader of a pipe, such as ``| head``, has gone; Windows calls that an
    invalid argument (bpo-35754)."""
    is_of_windows = sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or is_of_windows


def _working_folder_is_gone() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _drop_output() -> None:
    """Throw away what still waits to be written, so that the interpreter does not try again."""
    with suppress(OSError, ValueError):
        _lead_nowhere(sys.stdout)


def _lead_nowhere(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
