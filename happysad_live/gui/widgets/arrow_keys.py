"""Buttons that leave ← and → to their window, where these keys step: Qt would move the focus with them."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QAbstractButton, QApplication, QWidget


def leave_arrow_keys_to(window: QWidget) -> None:
    """From now on all of a window's buttons, also those that come later, leave ← and → to the window."""
    _ArrowKeys(window)


class _ArrowKeys(QObject):
    """Filters only what comes to buttons that have had the focus, so that it costs nothing per picture."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def _follow(self, _: QWidget | None, focused: QWidget | None) -> None:
        if isinstance(focused, QAbstractButton) and focused.window() is self._window:
            focused.installEventFilter(self)  # however often, Qt keeps it once

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        ):
            event.ignore()
            return True
        return super().eventFilter(watched, event)
