"""Showing a folder in the system's own program for files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices


def show_folder(folder: Path, tell_problem: Callable[[str], object]) -> None:
    """Show a folder, made where it is not there yet. tell_problem: gets a sentence where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        tell_problem(f"The folder {folder} cannot be opened: {error.strerror or error}.")
        return
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder.absolute()))):
        tell_problem(f"No program on this system could show the folder {folder}.")
