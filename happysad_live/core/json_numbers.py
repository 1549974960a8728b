"""Numbers out of JSON files, which may have been written by anybody."""

from __future__ import annotations

import math
from typing import Any

_MAX_NUMBER = 1e9
"""The greatest size, time or count that is believed: that many seconds are 31 years."""


def whole_number(value: Any) -> int:
    """A value of JSON as a count or a size. Raises ValueError, TypeError or OverflowError if it is none."""
    number = finite_number(value)
    if not number.is_integer():
        raise ValueError(f"{number} is no whole number")
    return int(number)


def finite_number(value: Any) -> float:
    """A value of JSON as a measure. Raises ValueError, TypeError or OverflowError if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    number = float(value)
    if not (math.isfinite(number) and abs(number) <= _MAX_NUMBER):
        raise ValueError(f"{number} is no number of these files")
    return number
