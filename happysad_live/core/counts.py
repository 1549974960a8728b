"""Numbers and shares of things, as one reads them."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """``1 frame``, ``2 frames``. thing: what one of them is called."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def percent(share: float) -> str:
    """``93 %``. share: 0..1."""
    return f"{100 * share:.0f} %"


def percent_of_some(share: float, *, is_all: bool) -> str:
    """As ``percent``, of a share above 0: neither 0 % of something, nor 100 % where it is not all."""
    if not is_all and 100 * share > 99:
        return "over 99 %"
    return "under 1 %" if 100 * share < 1 else percent(share)
