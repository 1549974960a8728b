"""Names in the order in which people count."""

from __future__ import annotations

import re


def natural_key(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """A key for sorting that puts 2 before 10; capitals and leading zeros count only between names alike."""
    pieces = re.findall(r"\d+|\D+", name.casefold())
    return [(False, int(p), "") if p.isdecimal() else (True, 0, p) for p in pieces], name
