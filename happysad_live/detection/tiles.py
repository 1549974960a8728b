"""Overlapping parts of a picture, in which the face networks, whose input is small, see small faces."""

from __future__ import annotations

import math

import numpy as np

from happysad_live.core.types import Box
from happysad_live.detection.blazeface import FULL_RANGE


def longer_side_px(width: int, height: int) -> int:
    """A picture's longer side; of a panorama twice the shorter, for its length makes nobody larger."""
    return min(max(width, height), 2 * min(width, height))


def tiles(width: int, height: int, across: int = 2) -> list[Box]:
    """Squares that cover a picture, overlapping by half of their side or more.

    across: how many of them, side by side without overlap, are as wide as ``longer_side_px``.

    Empty where the networks see all the detail of the picture in larger squares.
    """
    side = max(width, height) / across
    if side < FULL_RANGE.size_px:  # a smaller tile has no more detail for it
        return []
    side = min(side, max(longer_side_px(width, height) / across, FULL_RANGE.size_px))

    def starts(length: int) -> np.ndarray:
        beyond = max(length - side, 0.0)
        return np.linspace(0.0, beyond, math.ceil(2 * beyond / side) + 1)

    return [Box(x, y, x + side, y + side) for y in starts(height) for x in starts(width)]
