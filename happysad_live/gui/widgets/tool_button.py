"""Small buttons that show an icon instead of a text."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QSize, pyqtBoundSignal
from PyQt6.QtWidgets import QToolButton

from happysad_live.gui.theme import icon


def tool_button(
    glyph: str, tip: str, does: Callable[[], object] | pyqtBoundSignal, icon_px: int = 18
) -> QToolButton:
    """A button with an icon of ``assets/icons``. tip: what it does."""
    button = QToolButton()
    button.setIcon(icon(glyph))
    button.setIconSize(QSize(icon_px, icon_px))
    describe_button(button, tip)
    button.clicked.connect(does)
    return button


def describe_button(button: QToolButton, tip: str) -> None:
    """Say what a button does, to eyes and to screen readers."""
    button.setToolTip(tip)
    button.setAccessibleName(tip)
