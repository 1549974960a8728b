"""Words put into a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``. words: at least one."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def as_sentence(text: str) -> str:
    """A text, such as a note that follows a colon elsewhere, with a capital letter and one full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
