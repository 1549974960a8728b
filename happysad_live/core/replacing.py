"""Writing a file so that a crash, power cut or full disk leaves the old one or the new one, never a half."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TRIES = 10
_PAUSE_S = 0.05


def once_released(change: Callable[[], object]) -> None:
    """Rename, replace or remove a file, rename a folder, or open a file to write it. Raises OSError.

    Windows refuses a ``change`` of these kinds while anybody has the file open. Most let go soon, such as a
    virus scanner, or this program when it lists a folder; so it is tried for half a second.
    """
    for _ in range(_TRIES - 1):
        try:
            change()
            return
        except PermissionError as error:
            # Waiting helps on Windows only, where errors of Python's own files have no ``winerror``.
            if os.name != "nt" and getattr(error, "winerror", None) is None:
                raise
        time.sleep(_PAUSE_S)
    change()


def partial_path(path: Path) -> Path:
    """Where ``replacing`` writes: a hidden file, so that it is never one of the user's.

    The ending is that of ``path``, as Keras goes by it.
    """
    return path.with_name(f".{path.stem}~{path.suffix}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield where to write: the file takes the place of ``path`` after the block, or goes if that fails.

    The folder is made where it is missing. Raises OSError.
    """
    partial = partial_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)  # left by a crash, or a link, through which one would write elsewhere
        yield partial
        flush_to_disk(partial)
        once_released(lambda: partial.replace(path))
    finally:
        remove_quietly(partial)


def remove_quietly(path: Path) -> None:
    """Remove a file of ours that nobody needs; where the disk refuses, it stays."""
    with suppress(OSError):
        once_released(lambda: path.unlink(missing_ok=True))


def flush_to_disk(path: Path) -> None:
    """Carry a file to the disk before it is renamed, or a power cut may leave it empty. Raises OSError."""

    def flush() -> None:
        with path.open("r+b") as file:
            os.fsync(file.fileno())

    once_released(flush)
