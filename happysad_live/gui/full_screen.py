"""The full screen: nothing but the picture, and back to how the window was."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QByteArray, QObject, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMainWindow, QWidget

from happysad_live.gui.notices import Notice
from happysad_live.gui.stage import Stage

HINT_MS = 3000


class FullScreen(QObject):
    """Does what the action says. around: what is hidden meanwhile."""

    def __init__(self, window: QMainWindow, action: QAction, stage: Stage, around: Sequence[QWidget]) -> None:
        super().__init__(window)
        self._window, self._action, self._stage, self._around = window, action, stage, around
        self._is_on = self._was_maximized = False
        self._geometry_before = QByteArray()
        action.triggered.connect(self._set)
        stage.view.double_clicked.connect(action.trigger)

    @property
    def geometry(self) -> QByteArray:
        """The window's place, as Qt saves it; in full screen, the one that it will go back to."""
        return self._geometry_before if self._is_on else self._window.saveGeometry()

    def leave(self) -> None:
        """Go back; nothing happens outside the full screen."""
        self._set(False)

    def leave_if_ended(self) -> None:
        """Follow where the window manager has ended the full screen."""
        if self._window.isVisible() and not self._window.isFullScreen():
            self._set(False)

    def _set(self, on: bool) -> None:
        self._action.setChecked(on)
        if on == self._is_on:
            return
        self._is_on = on
        for widget in self._around:
            widget.setVisible(not on)
        if on:
            self._was_maximized = self._window.isMaximized()
            self._geometry_before = self._window.saveGeometry()
            self._stage.view.setCursor(Qt.CursorShape.BlankCursor)
            self._window.showFullScreen()
            hint = Notice("Press Esc to leave the full screen.", passes_ms=HINT_MS)
            self._stage.notices.show_notice("full screen", hint)
        else:
            self._stage.view.unsetCursor()
            self._stage.notices.remove("full screen")
            self._window.showMaximized() if self._was_maximized else self._window.showNormal()
        self._stage.view.setFocus()
