"""Names in the order in which people count."""

from __future__ import annotations

import re


def natural_key(name: str) -> list[tuple[bool, int, str]]:
    """A key for sorting that puts 2 before 10; capitals make no difference."""
    pieces = re.findall(r"\d+|\D+", name.casefold())
    return [(False, int(p), "") if p.isdecimal() else (True, 0, p) for p in pieces]
