"""The system's trash."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QFile, QStandardPaths

_DATA = QStandardPaths.StandardLocation.GenericDataLocation


def move_to_trash(path: Path) -> Callable[[], object] | None:
    """Move a file or folder into the system's trash.

    Returns what moves it back, which may raise OSError; None where the system does not say where it went.

    Raises OSError where that does not work, as where there is none: Qt has Windows stop then, which would
    remove what lies on a network drive for good.
    """
    with suppress(OSError):  # on Linux the trash lies there, and Qt makes no folder for it
        Path(QStandardPaths.writableLocation(_DATA)).mkdir(parents=True, exist_ok=True)
    file = QFile(str(path))
    if not file.moveToTrash():
        raise OSError(file.errorString())
    return partial(_move_back, Path(file.fileName()), path) if file.fileName() else None


def _move_back(in_trash: Path, path: Path) -> None:
    in_trash.rename(path)
    with suppress(OSError):  # what the desktops of Linux keep about it; other systems have no such file
        (in_trash.parent.parent / "info" / f"{in_trash.name}.trashinfo").unlink()
