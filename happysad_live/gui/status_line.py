"""The line under the picture: what is playing, how fast, how late, on what."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QWidget

from happysad_live.gui.elided import ElidedLabel
from happysad_live.gui.theme import text_scaled

FIGURES: dict[str, tuple[str, str]] = {
    "position": ("88:88 / 88:88", "Where in the video, or which of the pictures"),
    "rate": ("88.8 shown · 88.8 labelled/s", "Pictures a second: shown, and labelled by the model"),
    "delay": ("delay 888 ms", "From the moment a picture was taken until it is on the screen"),
    "dropped": ("88888 dropped", "Pictures passed over because a newer one had come"),
    "device": ("GPU 0", "Where the model runs"),
    "size": ("8888 × 8888", "The picture's size in pixels"),
}
"""Name: the widest text that is to be expected, so that the line does not jitter; the tool tip."""

MOST_IMPORTANT_FIRST = ("position", "delay", "rate", "device", "size", "dropped")
ROOM_FOR_MESSAGE_PX = 280
SHORTER_FOR = 10
"""After so many shorter messages in a row, some five seconds, figures get the room."""


class StatusLine(QWidget):
    """A message at the left, figures at the right; a narrow window hides the less important ones."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 5)
        row.setSpacing(18)
        self._message = ElidedLabel(Qt.TextElideMode.ElideRight)
        row.addWidget(self._message, 1)
        self._message_px = self._shorter_for = 0
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

    def set_figure(self, name: str, text: str, tip: str | None = None) -> None:
        """Set one of ``FIGURES``; an empty text where there is nothing to tell."""
        label = self._figures[name]
        label.setText(text)
        label.setAccessibleName(text)
        if tip is not None:
            label.setToolTip(tip or FIGURES[name][1])

    def figure(self, name: str) -> str:
        return self._figures[name].text()

    @property
    def message(self) -> str:
        return self._message.whole

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        message_px = min(max(self._message_px + 1, text_scaled(ROOM_FOR_MESSAGE_PX)), self.width() // 2)
        room = self.width() - message_px - 24
        for name in MOST_IMPORTANT_FIRST:
            room -= self._figures[name].minimumWidth() + 18
            self._figures[name].setVisible(room >= 0)
