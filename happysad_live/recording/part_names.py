"""The temporary names of files that are not yet complete."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from happysad_live.core.replacing import once_released
from happysad_live.recording.disk_failures import write_failure

PART_SUFFIX = ".part"
"""Ends the name of a file that is still being written; the rest is the name it will get."""


def part_path(path: Path) -> Path:
    """Where a file is written until it is complete: beside its final place, so that a rename suffices."""
    return path.with_name(path.name + PART_SUFFIX)


def rename_part(path: Path) -> None:
    """Give a file that was written under its temporary name its final one. Raises RecordingError."""
    try:
        once_released(lambda: part_path(path).replace(path))
    except OSError as error:
        raise write_failure(path, error) from error


def remove_link(part: Path) -> None:
    """Remove a link that has a file's temporary name: one would write through it. Raises OSError."""
    if part.is_symlink():
        part.unlink()


def prepare_part(path: Path) -> None:
    """Make the folder of a file ready for writing it under its temporary name. Raises OSError.

    It is also raised where an older file could not be replaced at the end, to know that before long work:
    Windows replaces, and renames, none that another program has open, as Excel has a table.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_link(part_path(path))
    with suppress(FileNotFoundError, FileExistsError):  # some network drives say that of a file and itself
        once_released(lambda: path.rename(path))
