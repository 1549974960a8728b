"""Windows that stay high enough for what wraps in them: Qt gives a window one least size for all widths."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject
from PyQt6.QtWidgets import QWidget


def keep_least_height(widget: QWidget) -> None:
    """From now on the widget is at least as high as its layout needs to be in the width that it has."""
    widget.installEventFilter(_LeastHeight(widget))


class _LeastHeight(QObject):
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            widget = self.parent()
            assert isinstance(widget, QWidget)
            layout = widget.layout()
            if layout is not None and layout.hasHeightForWidth():
                widget.setMinimumHeight(layout.minimumHeightForWidth(widget.width()))
        return super().eventFilter(watched, event)
