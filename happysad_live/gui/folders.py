"""Showing a folder in the system's own program for files."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices


def reveal(folder: Path) -> str:
    """Show a folder, made where it is not there yet; returns why that failed, in a sentence, or nothing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"The folder {folder} cannot be opened: {error.strerror or error}."
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder.absolute()))):
        return f"No program on this system could show the folder {folder}."
    return ""
