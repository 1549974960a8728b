"""Texts that are the same but for how their letters are written."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """The text in one spelling, whatever capitals it has, and however its accents are written.

    Macs may write “ë” as two characters. The disks of macOS and Windows compare names so: two of the same
    spelling may mean one file there.
    """
    return unicodedata.normalize("NFC", text).casefold()
