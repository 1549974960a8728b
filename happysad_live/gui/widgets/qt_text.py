"""Text for Qt: “<” and “&” as they stand, keys as the system writes them, names of files, words that wrap."""

from __future__ import annotations

import html
import re

from PyQt6.QtGui import QKeySequence

_ZERO_WIDTH_SPACE = "\u200b"


def as_it_stands(text: str) -> str:
    """Text for a tool tip or a question that names what others named: Qt would take "<b>" for formatting."""
    if "<" not in text:
        return text
    return f'<span style="white-space: pre-wrap">{html.escape(text)}</span>'


def literal(text: str) -> str:
    """Text for a button or an action as it stands: Qt would take an “&” for the mark of a shortcut."""
    return text.replace("&", "&&")


def keys_text(*keys: QKeySequence | str) -> str:
    """Keys as the system writes them: “Ctrl+O” has another sign and another key on a Mac."""
    return ", ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys)


def name_patterns(*suffixes: str) -> str:
    """What a file dialog is to list, also in capital letters, as of cameras: GTK tells them apart."""
    return " ".join(f"*{suffix} *{suffix.upper()}" for suffix in suffixes)


def breakable(text: str) -> str:
    """A text whose long words, such as the names of files, may go on in the next line."""
    return re.sub(r"\S{24}(?=\S{8})", lambda part: part[0] + _ZERO_WIDTH_SPACE, text)
