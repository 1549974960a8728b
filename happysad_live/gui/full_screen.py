"""The full screen: nothing but the picture, the bar below it while the mouse moves, and the way back."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QByteArray, QEvent, QObject, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication, QBoxLayout, QMainWindow, QWidget

from happysad_live.gui.notices import Notice
from happysad_live.gui.stage import Stage
from happysad_live.gui.timers import single_shot_timer

HINT_MS = 3000

IDLE_MS = 2500
"""How long after the mouse last moved the cursor and the bar are hidden."""

_AWAKENING = (QEvent.Type.HoverMove, QEvent.Type.WindowBlocked)
"""What brings the cursor and the bar back: the mouse moves, or a dialog opens, which is answered with it."""


class FullScreen(QObject):
    """Enters and leaves the full screen as its action says."""

    def __init__(
        self,
        window: QMainWindow,
        action: QAction,
        stage: Stage,
        around: Sequence[QWidget],
        bar: QWidget,
        layout: QBoxLayout,
    ) -> None:
        """around: what is hidden meanwhile. bar: what stands under the stage in the layout."""
        super().__init__(window)
        self._window, self._action, self._stage = window, action, stage
        self._around, self._bar, self._layout = around, bar, layout
        self._is_on = self._was_maximized = False
        self._geometry_before = QByteArray()
        self._idle = single_shot_timer(self, self._hide_bar, IDLE_MS)
        action.triggered.connect(self._set)
        stage.view.double_clicked.connect(action.trigger)
        stage.setAttribute(Qt.WidgetAttribute.WA_Hover)  # of the mouse over whatever lies on it
        stage.installEventFilter(self)
        window.installEventFilter(self)

    @property
    def geometry(self) -> QByteArray:
        """The window's place, as Qt saves it; in full screen, the last one known before it, or empty."""
        return self._geometry_before if self._is_on else self._window.saveGeometry()

    def leave(self) -> None:
        """Go back; nothing happens outside the full screen."""
        self._set(False)

    def follow(self) -> None:
        """Follow the window manager where it has begun or ended the full screen."""
        if self._window.isVisible():
            self._set(self._window.isFullScreen())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if self._is_on and event is not None and event.type() in _AWAKENING:
            self._stage.view.unsetCursor()
            self._bar.show()
            self._idle.start()
        return super().eventFilter(watched, event)

    def _set(self, on: bool) -> None:
        self._action.setChecked(on)
        if on == self._is_on:
            return
        self._is_on = on
        for widget in self._around:
            widget.setVisible(not on)
        if on:
            self._enter()
        else:
            self._go_back()
        self._stage.view.setFocus()

    def _enter(self) -> None:
        self._was_maximized = self._window.isMaximized()
        if not self._window.isFullScreen():  # as it is where the window manager began it
            self._geometry_before = self._window.saveGeometry()
        self._stage.lay_over(self._bar)
        self._hide_bar()
        self._window.showFullScreen()
        hint = Notice("Press Esc to leave full screen.", passes_ms=HINT_MS)
        self._stage.notices.show_notice("full screen", hint)

    def _go_back(self) -> None:
        self._idle.stop()
        self._stage.lay_over(None)
        self._layout.insertWidget(self._layout.indexOf(self._stage) + 1, self._bar)
        self._bar.show()
        self._stage.view.unsetCursor()
        self._stage.notices.remove("full screen")
        self._window.showMaximized() if self._was_maximized else self._window.showNormal()

    def _hide_bar(self) -> None:
        by_keyboard = self._bar.isAncestorOf(self._window.focusWidget())
        over_it = (QApplication.activePopupWidget(), QApplication.activeModalWidget())
        if by_keyboard or self._bar.underMouse() or over_it != (None, None):
            self._idle.start()  # it is being used, or what is open keeps the mouse's moves from the window
            return
        self._bar.hide()
        self._stage.view.setCursor(Qt.CursorShape.BlankCursor)
