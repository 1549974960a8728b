"""What the disk refuses or does not tell, put into words for the user."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path

from happysad_live.errors import DISK_FULL, RecordingError
from happysad_live.paths import is_folder, is_there

_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ESTALE, errno.ENODEV}
_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR}
_IN_USE_ON_WINDOWS = {32, 33}
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION."""
_DENIED_ON_WINDOWS = 5
"""ERROR_ACCESS_DENIED, also for replacing a file that somebody has open."""


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


def is_present(path: Path) -> bool:
    """Whether there is anything at the path. Raises RecordingError where the disk does not say."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error
    return True
