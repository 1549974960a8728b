"""The list of keys that Help shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from happysad_live.gui.clips.player_keys import PLAYER_KEYS
from happysad_live.gui.seek_bar import VIDEO_STEP_S
from happysad_live.gui.theme import text_scaled
from happysad_live.gui.widgets.qt_text import keys_text
from happysad_live.gui.widgets.screen import bounded_by_screen

WIDTH_PX = 560

FAR_SEEK_KEYS = (
    (f"{10 * VIDEO_STEP_S:.0f} seconds, or ten pictures, back or forward", keys_text("PgUp", "PgDown")),
    ("To the beginning or the end", "Home, End"),
)
"""They stand after the actions that go a single step."""

MORE_WINDOW_KEYS = (
    ("Leave full screen", "Esc"),
    ("Your own label for what is recorded, or none", "1 to 9, 0"),
)

MORE_CLIPS_KEYS = (("List all clips again, or hide them", "Esc"),)

SELECTION_KEYS = {"Select all": ("Ctrl+A",), "Select several": ("Shift+Up", "Shift+Down")}
"""The keys that Qt gives every list."""


class KeysDialog(QDialog):
    """The keys of the window and of clips; what does not fit on the screen is scrolled."""

    def __init__(self, window: Iterable[QAction], clips: Iterable[QAction], parent: QWidget) -> None:
        """window, clips: the actions of the window, and of the list of clips."""
        super().__init__(parent)
        self.setWindowTitle("Keys")
        page = QTextBrowser()
        page.setAccessibleName("Keys")
        page.setHtml(keys_page(window, clips))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(page)
        column.addWidget(buttons)
        self._fit(page)

    def _fit(self, page: QTextBrowser) -> None:
        """Become high enough for the whole page, where the screen is."""
        text, width_px = page.document(), text_scaled(WIDTH_PX)
        assert text is not None
        text.setTextWidth(width_px)  # it has none before it is shown
        around_px = self.sizeHint().height() - page.sizeHint().height() + 2 * page.frameWidth()
        wanted = QSize(width_px, math.ceil(text.size().height()) + around_px)
        self.resize(bounded_by_screen(wanted, self))


def action_keys(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """What actions do, and their keys; those without are left out."""
    keys = []
    for action in actions:
        text, _, space = action.text().replace("&", "").partition("\t")
        if shown := ", ".join(filter(None, (space, keys_text(*action.shortcuts())))):
            keys.append((text.rstrip("…"), shown))
    return keys


def keys_page(window: Iterable[QAction], clips: Iterable[QAction]) -> str:
    """The keys of the window and of clips, as HTML: one table, so that all keys stand under each other."""
    selecting = [(does, keys_text(*keys)) for does, keys in SELECTION_KEYS.items()]
    sections = {
        "The window": _window_keys(window),
        "The list of clips": [*action_keys(clips), *selecting, *MORE_CLIPS_KEYS],
        "A clip": [(keys.does, keys.shown) for keys in PLAYER_KEYS],
    }
    rows = (_heading(title) + "".join(map(_row, keys)) for title, keys in sections.items())
    return f"<table>{''.join(rows)}</table>"


def _window_keys(window: Iterable[QAction]) -> list[tuple[str, str]]:
    """The keys of the window, with those for seeking together."""
    keys = action_keys(window)
    after_steps = 1 + max(row for row, (_, shown) in enumerate(keys) if shown in ("←", "→"))
    return [*keys[:after_steps], *FAR_SEEK_KEYS, *keys[after_steps:], *MORE_WINDOW_KEYS]


def _heading(title: str) -> str:
    return f"<tr><td colspan=3 style='padding-top: 10px'><h3>{escape(title)}</h3></td></tr>"


def _row(key: Sequence[str]) -> str:
    does, keys = key
    return f"<tr><td>{escape(does)}</td><td width=30></td><td>{escape(keys)}</td></tr>"
