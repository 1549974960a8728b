"""The list of keys that Help shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from PyQt6.QtGui import QAction, QKeySequence

CLIP_KEYS = (
    ("Play or pause", "Space"),
    ("A picture back or on", "← →"),
    ("To the beginning or the end", "Home, End"),
    ("Mark from here, up to here, the whole clip", "I, O, A"),
    ("Give what is marked a label", "1 to 9"),
    ("Remove your label from what is marked", "Backspace"),
    ("Close the clip", "Esc"),
)
"""Of the player: what it does, and the key."""


def window_keys(actions: Iterable[QAction]) -> list[tuple[str, str]]:
    """What the window's actions do, and their keys; those without are left out."""
    keys = []
    for action in actions:
        text, _, space = action.text().replace("&", "").partition("\t")
        shown = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
        if shown or space:
            keys.append((text.rstrip("…"), ", ".join(filter(None, [space, *shown]))))
    return keys


def keys_page(actions: Iterable[QAction]) -> str:
    """The keys of the window and of a clip, as HTML."""
    return f"<h3>Keys</h3>{_table(window_keys(actions))}<h3>In a clip</h3>{_table(CLIP_KEYS)}"


def _table(keys: Sequence[tuple[str, str]]) -> str:
    rows = (f"<tr><td>{escape(does)}</td><td width=30></td><td>{escape(key)}</td></tr>" for does, key in keys)
    return f"<table>{''.join(rows)}</table>"
