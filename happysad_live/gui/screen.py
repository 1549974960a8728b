"""How large a window may open."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import QWidget

_SHARE = 0.9
"""Of the screen without its task bar: a window's frame comes on top."""


def within_screen(size: QSize, window: QWidget) -> QSize:
    """The size, or what of it the window's screen has room for."""
    screen = window.screen()
    return size if screen is None else size.boundedTo(screen.availableSize() * _SHARE)
