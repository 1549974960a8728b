"""What the window has to say, above the picture: short notices that never stop the picture."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from happysad_live.gui.timers import single_shot_timer
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.gui.widgets.qt_text import breakable
from happysad_live.gui.widgets.text_label import show_plainly
from happysad_live.gui.widgets.tool_button import tool_button
from happysad_live.gui.widgets.wrapping_row import WrappingRow

Choice = tuple[str, Callable[[], object]]
"""A button's text, and what it does."""

MAX_WIDTH_PX = 760

NEWS_MS = 8000
"""How long a notice stays that asks for nothing."""


class Notice(QFrame):
    """One sentence with its buttons. It goes by a button, by the cross, or after ``passes_ms``.

    Where it has buttons it does not pass while the mouse or the keyboard is on it: one may be about to be
    pressed.

    stays: its buttons do not remove it, as what they lead to may be cancelled.
    """

    dismissed = pyqtSignal()

    def __init__(
        self, text: str, choices: Sequence[Choice] = (), *, busy: bool = False, problem: bool = False,
        closable: bool = True, stays: bool = False, passes_ms: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._passing: QTimer | None = None
        if passes_ms is not None:
            self._passing = single_shot_timer(self, self._pass, passes_ms)
        self.setObjectName("notice")
        self.setProperty("kind", "problem" if problem else "hint")
        self._label = QLabel()
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        # After the policy, which would forget that the width decides the height.
        show_plainly(self._label)
        self.say(text)
        self._flow = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._flow.setSpacing(10)
        self._flow.addWidget(self._label, 1)
        self._buttons = self._button_row(choices, stays) if choices else None
        if self._buttons is not None:
            self._flow.addWidget(self._buttons)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(self._flow, 1)
        if closable:
            cross = tool_button("close", "Dismiss", self.dismissed, icon_px=14)
            row.addWidget(cross, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 8 if closable else 14, 8)
        column.setSpacing(8)
        column.addLayout(row)
        if busy:
            column.addWidget(_busy_bar())

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        if self._passing is not None:
            self._passing.start()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        if self._passing is not None:  # it has not been seen long enough
            self._passing.stop()

    def fit(self, room_px: int) -> None:
        """Take the width that the text needs, up to the room; buttons go below where there is too little."""
        self.ensurePolished()
        self._label.ensurePolished()
        text_px = self._label.fontMetrics().horizontalAdvance(self.text) + 48
        buttons_px = 0 if self._buttons is None else self._buttons.sizeHint().width() + 10
        beside_px, below_px = text_px + buttons_px + 24, max(text_px, buttons_px) + 24
        fits = beside_px <= room_px
        direction = QBoxLayout.Direction
        self._flow.setDirection(direction.LeftToRight if fits else direction.TopToBottom)
        self.setFixedWidth(beside_px if fits else min(below_px, room_px))

    def say(self, text: str) -> None:
        """Change the text. The buttons stay, for somebody may be about to press one."""
        self.text = text
        self._label.setText(breakable(text))
        self.setAccessibleName(text)

    def _pass(self) -> None:
        window = self.window()
        has_keyboard = window is not None and self.isAncestorOf(window.focusWidget())
        if (self.underMouse() or has_keyboard) and self._buttons is not None and self._passing is not None:
            self._passing.start()
        else:
            self.dismissed.emit()

    def _button_row(self, choices: Sequence[Choice], stays: bool) -> QWidget:
        widget = QWidget()
        row = WrappingRow(widget)
        row.setSpacing(8)
        for text, action in choices:
            button = QPushButton(text)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if not stays:
                button.clicked.connect(self.dismissed)
            button.clicked.connect(lambda _=False, action=action: action())
            row.addWidget(button)
        return widget


class NoticeStack(QWidget):
    """The notices of a window, newest last, each under a key so that it can be replaced or taken back.

    When a notice that has the keyboard goes, the parent gets it.
    """

    changed = pyqtSignal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._focus_fallback = parent
        self._notices: dict[str, Notice] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def show_notice(self, key: str, notice: Notice) -> None:
        """Show a notice, replacing the one under the same key."""
        self._take(key)
        self._notices[key] = notice
        self._column.addWidget(notice, 0, Qt.AlignmentFlag.AlignHCenter)
        notice.dismissed.connect(lambda: self.remove(key))
        self.changed.emit()

    def reword(self, key: str, text: str) -> bool:
        """Let a notice that is there say something else; False where there is none."""
        notice = self._notices.get(key)
        if notice is not None:
            notice.say(text)
            self.changed.emit()
        return notice is not None

    def remove(self, key: str) -> None:
        """Take a notice back; nothing happens when it is not there."""
        if self._take(key):
            self.changed.emit()

    def fit(self, width_px: int, height_px: int) -> int:
        """Arrange the notices in that room; returns the height that they need, 0 without any.

        Where it is too low for all, the older ones wait until the newer ones have gone.
        """
        taken_px, has_room = 0, True
        for notice in reversed(self._notices.values()):
            notice.fit(width_px)
            more_px = notice.heightForWidth(notice.width()) + (self._column.spacing() if taken_px else 0)
            has_room = has_room and (not taken_px or taken_px + more_px <= height_px)
            if has_room:
                taken_px += more_px
            with focus_passed_on(self, self._focus_fallback):
                notice.setVisible(has_room)
        return taken_px

    def texts(self) -> list[str]:
        """What is being said."""
        return [notice.text for notice in self._notices.values()]

    def _take(self, key: str) -> bool:
        notice = self._notices.pop(key, None)
        if notice is None:
            return False
        self._column.removeWidget(notice)
        with focus_passed_on(self, self._focus_fallback):
            notice.hide()
        notice.deleteLater()
        return True


def _busy_bar() -> QProgressBar:
    bar = QProgressBar()
    bar.setRange(0, 0)
    bar.setTextVisible(False)
    bar.setAccessibleName("Working")
    return bar
