"""Who gets the focus when the focused widget goes: Qt would take the next button, and Space press it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtWidgets import QWidget


def pass_focus(leaving: QWidget, to: QWidget) -> None:
    """Before a widget is hidden: pass the focus on where it is in it."""
    window = leaving.window()  # whose widget has it also while another window is in front
    if window is not None and leaving.isAncestorOf(window.focusWidget()):
        to.setFocus()


@contextmanager
def focus_passed_on(within: QWidget, to: QWidget) -> Iterator[None]:
    """Where the block switches off or hides what has the focus of the window, pass it on.

    within: any widget of the window.
    """
    window = within.window()
    before = window.focusWidget() if window is not None else None
    yield
    if before is not None and not (before.isEnabled() and before.isVisibleTo(window)):
        to.setFocus()
