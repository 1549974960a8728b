"""Dialogs that do not stop the picture: opening one, asking where to save, asking for a yes or a no."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import pyqtBoundSignal
from PyQt6.QtWidgets import QDialog, QFileDialog, QLabel, QMessageBox, QWidget

from happysad_live.gui.theme import text_scaled
from happysad_live.gui.widgets.qt_text import as_it_stands

WIDTH_PX = 320
WRAPPED_FROM_PX = 500
"""Qt wraps a question only in a box that would otherwise be wider than this; on small screens earlier."""


def open_dialog(dialog: QDialog) -> None:
    """Open a dialog and return at once; it is deleted when it closes."""
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def ask_where_to_save(
    parent: QWidget | None, title: str, start: Path, file_filter: str, then: Callable[[Path], object]
) -> None:
    """Ask under which name to save, and return at once.

    start: what is suggested. file_filter: as Qt's dialogs take it. then: gets the path as it was typed. Who
    adds an ending to it has to look for a file of that name: the user was asked about the path alone.
    """
    dialog = QFileDialog(parent, title, str(start), file_filter)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # No default suffix: Qt adds it after GTK has asked about the name without it.
    dialog.selectFile(str(start))
    dialog.fileSelected.connect(lambda path: then(Path(path)))
    open_dialog(dialog)


def confirm(
    parent: QWidget,
    title: str,
    text: str,
    more: str,
    *,
    yes: str,
    no: str,
    then: Callable[[], object],
    until: pyqtBoundSignal | None = None,
) -> None:
    """Ask, and return at once; a question that is open already comes to the front instead.

    yes, no: the buttons' texts; Enter means no. then: what a yes does. until: takes the question back.
    """
    for asked in parent.findChildren(QMessageBox):
        if asked.isVisible() and asked.windowTitle() == title and asked.text() == as_it_stands(text):
            asked.activateWindow()
            return
    question = QMessageBox(parent)
    question.setIcon(QMessageBox.Icon.Question)
    question.setWindowTitle(title)
    question.setText(as_it_stands(text))
    question.setInformativeText(as_it_stands(more))
    label = question.findChild(QLabel, "qt_msgbox_label")
    if label is not None:  # beside its second sentence, Qt asks it for no room
        label.ensurePolished()
        text_px = label.fontMetrics().horizontalAdvance(text) + 1  # which may be rounded down
        label.setMinimumWidth(max(text_scaled(WIDTH_PX), min(text_px, WRAPPED_FROM_PX)))
    agree = question.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    question.setDefaultButton(question.addButton(no, QMessageBox.ButtonRole.RejectRole))
    question.buttonClicked.connect(lambda button: then() if button is agree else None)
    if until is not None:
        until.connect(question.reject)
    open_dialog(question)
