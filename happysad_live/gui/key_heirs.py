"""Who gets the keys when what has them goes: Qt gives them to the next button, which a key would press."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtWidgets import QWidget


def hand_on_keys(leaving: QWidget, heir: QWidget) -> None:
    """Before a widget is hidden: give the keys of a button in it to the heir."""
    window = leaving.window()  # whose widget has them also while another window is in front
    if window is not None and leaving.isAncestorOf(window.focusWidget()):
        heir.setFocus()


@contextmanager
def keys_handed_on(within: QWidget, heir: QWidget) -> Iterator[None]:
    """Where the block switches off or hides what has the keys of the window, give them to the heir.

    within: any widget of the window.
    """
    window = within.window()
    before = window.focusWidget() if window is not None else None
    yield
    if before is not None and not (before.isEnabled() and before.isVisibleTo(window)):
        heir.setFocus()
