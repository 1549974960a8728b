"""The temporary names of files that are not yet complete, and the failures of writing put into words."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

from happysad_live.core.replacing import once_released
from happysad_live.errors import DISK_FULL, RecordingError
from happysad_live.paths import is_folder, is_there

PART_SUFFIX = ".part"
"""Ends the name of a file that is still being written; the rest is the name it will get."""

_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ESTALE, errno.ENODEV}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR}
_IN_USE_ON_WINDOWS = {32, 33}
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""
_DENIED_ON_WINDOWS = 5
"""ERROR_ACCESS_DENIED, also for replacing a file that somebody has open."""


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


def is_present(path: Path) -> bool:
    """Whether there is anything at the path. Raises RecordingError where the disk does not say."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    return True


def write_failure(path: Path, error: Exception) -> RecordingError:
    """The sentence for a file that could not be written.

    error: an ``OSError`` or a library's error that carries ``errno`` and ``strerror`` like one.
    """
    name, folder = path.name, path.parent
    with suppress(OSError):  # the folder in which the program was started may be gone
        folder = folder.absolute()
    number = getattr(error, "errno", None)
    on_windows = getattr(error, "winerror", None)
    if on_windows in _IN_USE_ON_WINDOWS or (on_windows == _DENIED_ON_WINDOWS and is_there(path)):
        return RecordingError(
            f"{name} in {folder} is in use, here or in another program: close it and try again."
        )
    if number in DISK_FULL:
        return RecordingError(f"The disk is full: {name} could not be written. Free some space in {folder}.")
    if number in _FORBIDDEN:
        return RecordingError(f"No permission to write {name} in {folder}. Choose another folder.")
    if number in _GONE and not is_folder(folder):
        return RecordingError(f"There is no folder {folder}, so {name} could not be written.")
    if number in _IN_THE_WAY:
        return RecordingError(f"{folder} is not a folder, so {name} could not be written there.")
    reason = getattr(error, "strerror", None) or error
    return RecordingError(f"{name} could not be written in {folder}: {reason}.")
