"""What a user of the window does and waits for."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from happysad_live.gui.main_window import MainWindow

LIMIT_MS = 10_000

WindowMaker = Callable[..., MainWindow]


def labelled(window: MainWindow) -> bool:
    return window.view.result is not None and bool(window.view.result.faces)


def wait_for_labels(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: labelled(window), timeout=LIMIT_MS)


def frames_recorded(window: MainWindow) -> int:
    """How many frames the clip has that is being recorded."""
    status = window.recording.clip_recording.status()
    return status.frames if status else 0


def button(parent: QWidget, text: str) -> QPushButton:
    """The visible push button of that text, but for blanks round it."""
    (found,) = (
        one for one in parent.findChildren(QPushButton) if one.text().strip() == text and not one.isHidden()
    )
    return found


def press_answer(parent: QWidget, text: str) -> None:
    """Press a button of the question that is open over a window."""
    question = parent.findChild(QMessageBox)
    assert question is not None
    next(button for button in question.buttons() if button.text() == text).click()
