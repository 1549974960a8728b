"""Names that other people give to files, models and labels, on one line and without power over a terminal."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, with which a name could move the cursor, begin a line or reverse the text after it; and
surrogates, which are no characters."""


def is_printable(text: str) -> bool:
    """Whether ``printable`` leaves a text as it is.

    Unlike ``str.isprintable`` it accepts the special spaces and joiners of names and of emoji.
    """
    return _CONTROL.search(text) is None


def printable(text: str) -> str:
    r"""The text with ``\x1b`` or ``\udc80`` in place of what cannot be shown."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
