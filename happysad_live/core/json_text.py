"""JSON that every reader understands."""

from __future__ import annotations

import json
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Python's stand-in for a byte of a file's name that is no UTF-8. It is no character, and many readers refuse
the whole text for one."""


_SPELLED_OUT = re.compile(r"\\u(d[89a-f][0-9a-f]{2})")


def json_text(value: Any, *, indent: int | None = None) -> str:
    r"""A value as JSON; in a file's name, a byte that is no UTF-8 is spelled out, as ``\udcff``."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _SURROGATE.sub(lambda found: rf"\\u{ord(found[0]):x}", text)


def name_in(text: str) -> str:
    """A file's name out of what ``json_text`` has made of it."""
    return _SPELLED_OUT.sub(lambda found: chr(int(found[1], 16)), text)
