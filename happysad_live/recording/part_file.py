"""A text file that appears under its name only when it is complete."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from happysad_live.core.replacing import once_released, remove_quietly
from happysad_live.errors import RecordingError
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.label_lines import MAX_LINE_BYTES
from happysad_live.recording.part_names import part_path, prepare_part

_ESCAPED = "backslashreplace"


class PartFile:
    """A UTF-8 text file that stands under a temporary name until it ends, in one of four ways:

    ======  ========================================================  =======================
    ending  then under its name                                       under the temporary one
    ======  ========================================================  =======================
    finish  all that was written                                      nothing
    keep    whole lines that a full disk took; without any, as abort  nothing
    leave   what was there before                                     what the disk took
    abort   what was there before                                     nothing
    ======  ========================================================  =======================

    Once the file has ended, every method does nothing. Where the disk has no room for the last lines,
    ``finish`` raises and does not end the file: it is still to be kept, left or aborted. Where the file
    cannot get its name, as while a program on Windows has the older one open, ``finish`` raises and leaves
    all that was written.

    Every method turns an ``OSError`` into a RecordingError. Characters that UTF-8 cannot hold (from
    file names in another encoding) are written as ``\\udcXX``.
    """

    _line_end = b"\n"
    """A file that is cut off right after this is whole."""

    def __init__(self, path: Path, beginning: str = "", *, live: bool = False) -> None:
        """Begin a file.

        beginning: a header; a file that holds no more than it is not worth keeping.
        live: hand every line to the system at once, so that a crash costs none.
        """
        self.path = path
        self.part = part_path(path)
        self._beginning = beginning
        self._file: TextIO | None = None
        try:
            prepare_part(path)
            self._file = self.part.open("w", 1 if live else -1, encoding="utf-8", errors=_ESCAPED, newline="")
        except OSError as error:
            raise write_failure(path, error) from error
        try:
            self.write(beginning)
        except RecordingError:
            self.abort()
            raise

    def write(self, text: str) -> None:
        """Append; nothing is written once the file has ended."""
        if self._file is None:
            return
        try:
            self._file.write(text)
        except OSError as error:
            raise write_failure(self.path, error) from error

    def sync(self) -> None:
        """Carry everything so far to the disk, so that a power cut cannot take it."""
        if self._file is None:
            return
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self.part.stat()  # writing to a removed file would not fail
        except OSError as error:
            raise write_failure(self.path, error) from error

    def finish(self) -> None:
        """Give the file its name; an older one is replaced."""
        if self._file is None:
            return
        self.sync()  # else a power cut may leave an empty file of that name
        self.leave()
        try:
            once_released(lambda: self.part.replace(self.path))
        except OSError as error:  # perhaps after hours of work
            failure = write_failure(self.path, error)
            raise RecordingError(f"{failure} What was written is in {self.part.name}.") from error

    def keep(self) -> None:
        """After a failure: give its name to what the disk took of the file, up to its last whole line.

        If that is no more than its beginning, it is removed: an older file of that name says more.
        """
        if self._file is None:
            return
        self.leave()
        try:
            start = max(self.part.stat().st_size - MAX_LINE_BYTES, 0)
            with self.part.open("r+b") as file:
                file.seek(start)
                whole_bytes = start + file.read().rfind(self._line_end) + len(self._line_end)
                is_worth_it = whole_bytes > len(self._beginning.encode(errors=_ESCAPED))
                if is_worth_it:
                    file.truncate(whole_bytes)
            if is_worth_it:
                once_released(lambda: self.part.replace(self.path))
            else:
                remove_quietly(self.part)
        except OSError as error:
            raise write_failure(self.path, error) from error

    def leave(self) -> None:
        """Leave what was written under its temporary name."""
        if self._file is None:
            return
        file, self._file = self._file, None
        with suppress(OSError):  # a full disk refuses the last buffer; all before it is there
            file.close()

    def abort(self) -> None:
        """Remove what was written."""
        if self._file is None:
            return
        self.leave()
        remove_quietly(self.part)
