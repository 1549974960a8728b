"""How large a window may open, and where it may lie."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtWidgets import QWidget

from happysad_live.gui.theme import text_scale

_SHARE = 0.9
"""The share of the screen without its task bar that a window may take: its frame comes on top."""


def within_screen(size: QSize, window: QWidget) -> QSize:
    """The size, larger for large print, or what of it the window's screen has room for."""
    return bounded_by_screen(size * text_scale(), window)


def bounded_by_screen(size: QSize, window: QWidget) -> QSize:
    """What of a size the window's screen has room for."""
    screen = window.screen()
    return size if screen is None else size.boundedTo(screen.availableSize() * _SHARE)


def fills_screen(window: QWidget) -> bool:
    """Whether a window is in full screen or maximized, which moving or resizing it would end."""
    return window.isFullScreen() or window.isMaximized()


def move_onto_screen(window: QWidget) -> None:
    """Move a window to the left where it has grown beyond the right end of its screen."""
    screen = window.screen()
    if screen is None or fills_screen(window):
        return
    available = screen.availableGeometry()
    beyond_px = window.x() + window.frameGeometry().width() - (available.x() + available.width())
    if beyond_px > 0:
        window.move(max(window.x() - beyond_px, available.x()), window.y())
