"""Locks between programs: an empty file that only one of them holds."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from happysad_live.core.replacing import remove_quietly


class FileLock:
    """Holds an empty file until it is released; the system lets go of it when the program dies."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        """To be called by ``take`` only. file: open at the path, and locked."""
        self.path = path
        self._file: IO[bytes] | None = file

    @classmethod
    def take(cls, path: Path, *, new: bool = False, anyway: bool = False) -> FileLock | None:
        """Make the file and lock it; None while another program holds it.

        new: whether the file must not be there yet. anyway: hold it even if it cannot be locked.

        Raises OSError where the folder refuses; with ``new``, FileExistsError where there is a file.
        """
        file = path.open("xb" if new else "ab")
        if (_try_lock(file) and _is_at(file, path)) or anyway:
            return cls(path, file)
        is_ours = new and _is_at(file, path)
        file.close()
        if is_ours:
            remove_quietly(path)
        return None

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let go of the file and remove it; twice is harmless."""
        if self._file is None:
            return
        file, self._file = self._file, None
        if sys.platform == "win32":  # an open file cannot be removed there
            file.close()
            remove_quietly(self.path)
        else:  # once it is closed, another program could have taken the name
            if _is_at(file, self.path):  # else the name is another program's by now
                remove_quietly(self.path)
            file.close()


@contextmanager
def held(path: Path, in_use: Exception) -> Iterator[None]:
    """Hold a file for as long as the block takes. Raises ``in_use`` where another program holds it.

    A folder that refuses the file is reported by whoever writes there: the block then runs without it.
    """
    lock: FileLock | None = None
    with suppress(OSError):
        lock = FileLock.take(path)
        if lock is None:
            raise in_use
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _is_at(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one at a path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _try_lock(file: IO[bytes]) -> bool:
    """Lock a file for this program; False where another one holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        # Windows says "permission denied" for a lock that is held; a network drive may know no locks.
        return not isinstance(error, PermissionError)
    return True
