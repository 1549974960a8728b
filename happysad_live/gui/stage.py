"""The middle of the window: the picture, with notices and the empty-state page laid over it."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from happysad_live.gui.notices import MAX_WIDTH_PX, Choice, NoticeStack
from happysad_live.gui.theme import text_scaled
from happysad_live.gui.video_view import VideoView
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.gui.widgets.qt_text import breakable
from happysad_live.gui.widgets.text_label import text_label
from happysad_live.gui.widgets.wrapping_row import WrappingRow

MARGIN_PX = 12


class MessagePage(QFrame):
    """Says in the middle of the stage why there is no picture, and what can be done.

    text: what it says under its title.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._focus_fallback = parent
        self.text = ""
        self.setObjectName("page")
        self._title = _centred_label("pageTitle")
        self._text = _centred_label("pageText")
        self._buttons = WrappingRow(centred=True)
        self._buttons.setSpacing(8)
        self._column = column = QVBoxLayout(self)
        self.leave_free(0, 0)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(8)
        column.addLayout(self._buttons)
        column.addStretch(1)
        self.hide()

    @property
    def title(self) -> str:
        return self._title.text()

    def say(self, title: str, text: str, choices: Sequence[Choice] = ()) -> None:
        """Show the page. choices: the first is the one that Enter takes."""
        self._title.setText(title)
        self._text.setText(breakable(text))
        self.text = text
        self._text.setVisible(bool(text))
        self.setAccessibleName(f"{title} {text}".strip())
        self._rebuild(choices)
        self.show()

    def leave_free(self, top_px: int, bottom_px: int) -> None:
        """Keep what the page says out of so much of its top and bottom."""
        self._column.setContentsMargins(MARGIN_PX, MARGIN_PX + top_px, MARGIN_PX, MARGIN_PX + bottom_px)

    def buttons(self) -> list[QPushButton]:
        """The choices' buttons, in order."""
        return [button for button in self.findChildren(QPushButton) if not button.isHidden()]

    def take_first(self) -> None:
        """Do what the first choice does, where there is one."""
        for button in self.buttons()[:1]:
            button.click()

    def setVisible(self, visible: bool) -> None:
        with focus_passed_on(self, self._focus_fallback):
            super().setVisible(visible)

    def _rebuild(self, choices: Sequence[Choice]) -> None:
        with focus_passed_on(self, self._focus_fallback):
            for button in self.findChildren(QPushButton):
                self._buttons.removeWidget(button)
                button.hide()
                button.deleteLater()
        for position, (text, action) in enumerate(choices):
            button = QPushButton(text, self)
            button.setDefault(position == 0)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, action=action: action())
            self._buttons.addWidget(button)
            button.show()


class Stage(QWidget):
    """Keeps what lies over the view in its place: page, notices, badge, and a bar in full screen."""

    def __init__(self, view: VideoView) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)
        self.setFocusProxy(view)
        self.view = view
        self.page = MessagePage(self)
        self.badge = QLabel(self)
        """Small print over the picture's corner: the clip that is being recorded."""
        self.badge.setObjectName("badge")
        self.badge.hide()
        self._bar: QWidget | None = None
        self.notices = NoticeStack(self)
        self.notices.changed.connect(self._place)
        self.notices.installEventFilter(self)

    def set_badge(self, text: str) -> None:
        """Set the badge's text; none hides it."""
        before = self._badge_px
        self.badge.setText(text)
        self.badge.setVisible(bool(text))
        self._fit_badge()
        if self._badge_px != before:
            self._place()

    def lay_over(self, bar: QWidget | None) -> None:
        """Take a bar in, hidden at first, over the picture's lower edge; None lets go of it."""
        if self._bar is not None:
            self._bar.removeEventFilter(self)
        self._bar = bar
        if bar is not None:
            bar.setParent(self)
            bar.installEventFilter(self)  # it grows where the seek bar comes into it
        self._place()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._place()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().eventFilter(watched, event)

    def _fit_badge(self) -> None:
        """Let the badge take one line; more of them where the stage is too narrow, as for a long label."""
        room_px = self.width() - 2 * MARGIN_PX
        self.badge.setWordWrap(False)
        self.badge.adjustSize()
        if self.badge.width() > room_px:
            self.badge.setWordWrap(True)
            self.badge.resize(room_px, self.badge.heightForWidth(room_px))

    def _place(self) -> None:
        """Put the bar below, the badge above it, and notices at the top; the page keeps off those two."""
        self._fit_badge()
        bar_px = 0 if self._bar is None else self._bar.sizeHint().height()
        if self._bar is not None:
            self._bar.setGeometry(0, self.height() - bar_px, self.width(), bar_px)
            self._bar.raise_()
        self.badge.move(MARGIN_PX, self.height() - bar_px - self.badge.height() - MARGIN_PX)
        notices_width = min(self.width() - 2 * MARGIN_PX, text_scaled(MAX_WIDTH_PX))
        notices_px = self.notices.fit(notices_width, self.height() - 2 * MARGIN_PX)
        self.notices.setGeometry((self.width() - notices_width) // 2, MARGIN_PX, notices_width, notices_px)
        self.notices.setVisible(notices_px > 0)
        self.notices.raise_()
        self.page.setGeometry(self.rect())
        self.page.leave_free(
            notices_px + MARGIN_PX if notices_px else 0,
            bar_px + self._badge_px + MARGIN_PX if self._badge_px else 0,
        )

    @property
    def _badge_px(self) -> int:
        """How high the badge is; 0 where there is none."""
        return self.badge.height() if self.badge.isVisibleTo(self) else 0


def _centred_label(name: str) -> QLabel:
    label = text_label(name)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label
