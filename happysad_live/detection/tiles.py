"""Parts of a picture in which the face networks, which see so little at a time, see more."""

from __future__ import annotations

import math

import numpy as np

from happysad_live.core.types import Box

TILES_FROM_PX = 384
"""The longer side from which on half a picture shows the full-range model, 192 pixels wide, more detail."""


def tiles(width: int, height: int) -> list[Box]:
    """Squares that cover a picture, half its longer side wide and overlapping by half of that.

    None where the picture has no more detail than the networks see in the whole of it.
    """
    if max(width, height) < TILES_FROM_PX:
        return []
    side = max(width, height) / 2

    def starts(length: int) -> np.ndarray:
        beyond = max(length - side, 0.0)
        return np.linspace(0.0, beyond, math.ceil(2 * beyond / side) + 1)

    return [Box(x, y, x + side, y + side) for y in starts(height) for x in starts(width)]
