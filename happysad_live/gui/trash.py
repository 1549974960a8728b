"""The system's trash."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import QFile, QStandardPaths

_DATA = QStandardPaths.StandardLocation.GenericDataLocation


def move_to_trash(path: Path) -> None:
    """Move a file or folder into the system's trash.

    Raises OSError where that does not work, as where there is none: Qt has Windows stop then, which would
    remove what lies on a network drive for good.
    """
    with suppress(OSError):  # on Linux the trash lies there, and Qt makes no folder for it
        Path(QStandardPaths.writableLocation(_DATA)).mkdir(parents=True, exist_ok=True)
    file = QFile(str(path))
    if not file.moveToTrash():
        raise OSError(file.errorString())
