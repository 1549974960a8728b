"""Which face of this frame is which face of the last one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from happysad_live.core.types import Box

MAX_SIZE_RATIO = 2.0
"""A face does not double its width from one frame to the next."""


def assign(known: Sequence[Box], found: Sequence[Box], reach: float) -> list[tuple[int, int]]:
    """Pair known boxes with found ones, the closest first, each used once.

    reach: centres further apart than this, in widths of the larger face, are different faces.

    This greedy choice is the optimal one as long as no face has moved half of the way to a neighbour's place
    against expectation; beyond that it may take one face for another.

    Returns (index in known, index in found) pairs.
    """
    if not known or not found:
        return []
    distance = _distances(known, found)
    pairs: list[tuple[int, int]] = []
    while np.isfinite(nearest := distance.min()) and nearest <= reach:
        row, column = np.unravel_index(int(distance.argmin()), distance.shape)
        pairs.append((int(row), int(column)))
        distance[row, :] = np.inf
        distance[:, column] = np.inf
    return pairs


def _distances(known: Sequence[Box], found: Sequence[Box]) -> np.ndarray:
    """(known, found) distances of the centres in widths of the larger face; inf where sizes differ."""
    a, b = np.asarray(known, np.float64), np.asarray(found, np.float64)
    centers_a, centers_b = (a[:, :2] + a[:, 2:]) / 2, (b[:, :2] + b[:, 2:]) / 2
    widths_a, widths_b = np.maximum(a[:, 2] - a[:, 0], 1), np.maximum(b[:, 2] - b[:, 0], 1)
    larger = np.maximum(widths_a[:, None], widths_b[None, :])
    smaller = np.minimum(widths_a[:, None], widths_b[None, :])
    distance = np.linalg.norm(centers_a[:, None] - centers_b[None, :], axis=2) / larger
    distance[larger / smaller > MAX_SIZE_RATIO] = np.inf
    return distance
