"""What a shipped network's first layers are to make of a crop, by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

FIRST_PX, INNER_PX, CORE_PX = 32, 192, 48
"""Of the inner part of a 256 px crop that the network looks at, and of what it shrinks that to."""


def core_looks(crops: np.ndarray) -> np.ndarray:
    """(N, 256, 256, 3) uint8 RGB -> (N, 48, 48, 1) float32 grey 0..1."""
    inner = slice(FIRST_PX, FIRST_PX + INNER_PX)
    greys = [cv2.cvtColor(crop[inner, inner].astype(np.float32) / 255, cv2.COLOR_RGB2GRAY) for crop in crops]
    small = [cv2.resize(grey, (CORE_PX, CORE_PX), interpolation=cv2.INTER_AREA) for grey in greys]
    return np.stack(small)[..., None]
