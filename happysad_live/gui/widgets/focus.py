"""Who gets the focus when the focused widget goes: Qt would take the next button, and Space press it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtWidgets import QWidget


@contextmanager
def focus_passed_on(within: QWidget, to: QWidget) -> Iterator[None]:
    """Where the block disables or hides the widget that has the focus, give the focus to another one.

    within: any widget of the window, which keeps its focus also while another window is in front.
    """
    window = within.window()
    before = window.focusWidget() if window is not None else None
    yield
    if before is not None and not (before.isEnabled() and before.isVisibleTo(window)):
        to.setFocus()
