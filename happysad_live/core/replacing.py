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
    """Rename a file or folder, replace a file by another, or open one to be written. Raises OSError.

    Windows refuses that while anybody has it open. Most let go at once, such as a virus scanner, or this
    program where it lists a folder; so it is tried for half a second.
    """
    for _ in range(_TRIES - 1):
        try:
            change()
            return
        except PermissionError as error:
            # On other systems waiting changes nothing. Python's own files do not tell which error it was.
            if os.name != "nt" and getattr(error, "winerror", None) is None:
                raise
        time.sleep(_PAUSE_S)
    change()


def partial_path(path: Path) -> Path:
    """Where ``replacing`` writes: hidden, so that it is never another file of the user's.

    Keras goes by the ending, so that is kept.
    """
    return path.with_name(f".{path.stem}~{path.suffix}")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write a file that takes its place when the block is done, and is removed when that fails.

    The folder is made where it is missing. Raises OSError.
    """
    partial = partial_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)  # what a crash left; through a link it would be written elsewhere
        yield partial
        flush_to_disk(partial)
        once_released(lambda: partial.replace(path))
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def flush_to_disk(path: Path) -> None:
    """Before a file is renamed: or a power cut may leave an empty one of the new name. Raises OSError."""

    def flush() -> None:
        with path.open("r+b") as file:
            os.fsync(file.fileno())

    once_released(flush)
