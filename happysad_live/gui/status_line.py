"""The line under the picture: what is playing, how fast, how late, on what."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from happysad_live.gui.theme import text_scaled
from happysad_live.gui.widgets.elided import ElidedLabel

FIGURES: dict[str, tuple[str, str]] = {
    "position": ("88:88 / 88:88", "Position in the video, or number of the picture"),
    "rate": ("888 shown · 888 labelled/s", "Pictures a second: shown, and labelled by the model"),
    "delay": ("delay 888 ms", "From the moment a picture was taken until it is on the screen"),
    "dropped": ("88888 dropped", "Pictures skipped because a newer one had come"),
    "device": ("GPU 0", "Where the model runs"),
    "size": ("8888 × 8888", "The picture's size in pixels"),
}
"""By name: the widest text to be expected, whose room is kept free so that the line does not jitter; and the
tool tip."""

MOST_IMPORTANT_FIRST = ("position", "delay", "rate", "device", "size", "dropped")
ROOM_FOR_MESSAGE_PX = 280
MARGIN_PX, SPACING_PX = 12, 18
SHORTER_FOR = 10
"""After so many shorter messages in a row, some five seconds, figures get the room that these leave."""


class StatusLine(QWidget):
    """A message at the left, figures at the right; a narrow window hides the less important ones."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN_PX, 4, MARGIN_PX, 5)
        row.setSpacing(SPACING_PX)
        self._message = ElidedLabel(Qt.TextElideMode.ElideRight)
        row.addWidget(self._message, 1)
        self._message_px = 0
        """What the widest of the last messages needs."""
        self._shorter_for = 0
        """How many in a row have needed less."""
        self._figures: dict[str, QLabel] = {}
        for name, (widest, tip) in FIGURES.items():
            label = QLabel()
            label.setToolTip(tip)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.ensurePolished()
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest))
            row.addWidget(label)
            self._figures[name] = label

    def say(self, message: str) -> None:
        """Set the text at the left, which comes before most figures; shortened where there is no room."""
        self._message.say(message)
        needed_px = self._message.fontMetrics().horizontalAdvance(message)
        self._shorter_for = self._shorter_for + 1 if needed_px < self._message_px else 0
        # Not narrower at once: figures would come and go with every “100 %” and every face.
        if needed_px > self._message_px or self._shorter_for >= SHORTER_FOR:
            self._message_px, self._shorter_for = needed_px, 0
            self._share_room()

    def set_figure(self, name: str, text: str) -> None:
        """Set one of ``FIGURES``; an empty text where there is nothing to tell."""
        label = self._figures[name]
        label.setText(text)
        label.setAccessibleName(text)

    def figure(self, name: str) -> str:
        return self._figures[name].text()

    @property
    def message(self) -> str:
        return self._message.whole

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Give the message the room it needs, at most half, and the rest to one figure after another."""
        message_px = min(max(self._message_px + 1, text_scaled(ROOM_FOR_MESSAGE_PX)), self.width() // 2)
        room_px = self.width() - 2 * MARGIN_PX - message_px
        for figure in (self._figures[name] for name in MOST_IMPORTANT_FIRST):
            room_px -= SPACING_PX + figure.minimumWidth()
            figure.setVisible(room_px >= 0)
