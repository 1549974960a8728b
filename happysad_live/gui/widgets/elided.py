"""Texts that are shortened where there is no room for them, instead of widening what they stand in."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from happysad_live.gui.theme import text_scaled
from happysad_live.gui.widgets.qt_text import as_it_stands, literal


def shortened_label(label: str, widget: QWidget, longest_px: int) -> str:
    """A label, with its middle left out where a widget's font makes it longer than ``longest_px``.

    longest_px: for letters of the usual size; more for users of large print.
    """
    return widget.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, text_scaled(longest_px))


class ElidedLabel(QLabel):
    """Takes what room it gets; its tool tip has the whole text."""

    def __init__(self, shortened: Qt.TextElideMode) -> None:
        super().__init__()
        self._shortened, self._whole = shortened, ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    @property
    def whole(self) -> str:
        """The text before it was shortened."""
        return self._whole

    def say(self, text: str) -> None:
        self._whole = text
        self.setToolTip(as_it_stands(text))
        self.setAccessibleName(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._whole, self._shortened, max(self.width(), 0)))


class ElidedButton(QPushButton):
    """A name on a button, as wide as it needs where there is room.

    beside_px: how much of the button's width is not the name's.
    """

    def __init__(self, beside_px: int) -> None:
        super().__init__()
        self._beside_px, self._name = beside_px, ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    @property
    def name(self) -> str:
        """The name before it was shortened."""
        return self._name

    def show_name(self, name: str, tip: str) -> None:
        self._name = name
        self.setToolTip(as_it_stands(tip))
        self.updateGeometry()
        self._elide()

    def sizeHint(self) -> QSize:
        self.ensurePolished()  # the style sheet has its own font
        name_px = self.fontMetrics().horizontalAdvance(self._name) + 1  # which may be rounded down
        return QSize(name_px + self._beside_px, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._beside_px, self._height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._elide()

    def _height(self) -> int:
        return super().sizeHint().height()

    def _elide(self) -> None:
        room = max(self.width() - self._beside_px, 0)
        self.setText(literal(self.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, room)))
