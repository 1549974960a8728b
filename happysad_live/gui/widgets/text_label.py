"""Labels for text that may hold what others named: Qt would take "<b>" for formatting."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel


def text_label(name: str, text: str = "") -> QLabel:
    """A label whose text wraps and is shown as it stands. name: by which the style sheet knows it."""
    label = QLabel(text)
    label.setObjectName(name)
    show_plainly(label)
    return label


def show_plainly(label: QLabel) -> None:
    """Let a label wrap its text and show it as it stands."""
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
