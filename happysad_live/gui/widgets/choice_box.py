"""Boxes to choose from that only a click or a key changes."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QComboBox


class ChoiceBox(QComboBox):
    """Ignores the wheel: a turn that was meant to scroll the page must not choose something else."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            event.ignore()
