"""Writing a file so that a crash or a full disk leaves the old one or the new one, never a half."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write a file that takes its place when the block is done, and is removed when that fails.

    The folder is made where it is missing. Raises OSError.
    """
    # Keras goes by the ending, so that is kept.
    partial = path.with_name(f"partial-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
