"""How a time in a video is written."""

from __future__ import annotations


def clock(seconds: float, *, tenths: bool = False) -> str:
    """A time from the beginning: ``0:07``, ``1:02:03``, with tenths ``0:07.4``."""
    units = 10 if tenths else 1
    whole = int(seconds * units + 1e-6)
    rest = f".{whole % 10}" if tenths else ""
    minutes, second = divmod(whole // units, 60)
    hours, minute = divmod(minutes, 60)
    return (f"{hours}:{minute:02}" if hours else str(minute)) + f":{second:02}{rest}"
