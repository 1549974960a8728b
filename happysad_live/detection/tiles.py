"""Parts of a picture in which the face networks, which see so little at a time, see more."""

from __future__ import annotations

import math

import numpy as np

from happysad_live.core.types import Box

NETWORK_PX = 192
"""What the full-range model sees of a part: a smaller one has no more detail for it."""


def tiles(width: int, height: int, share: int = 2) -> list[Box]:
    """Squares that cover a picture, overlapping by half of their side.

    share: how many of them are as wide as the picture's longer side.

    Empty where the networks see all the detail of the picture in larger ones.
    """
    side = max(width, height) / share
    if side < NETWORK_PX:
        return []

    def starts(length: int) -> np.ndarray:
        beyond = max(length - side, 0.0)
        return np.linspace(0.0, beyond, math.ceil(2 * beyond / side) + 1)

    return [Box(x, y, x + side, y + side) for y in starts(height) for x in starts(width)]
