"""The pictures of one person's expressions: those to learn from, with variants, and those held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import TrainingError

HELD_OUT_SHARE = 1 / 3
"""The share of each expression's time, its last part, that is held out."""

GAP_S = 0.3
"""Time left out between learnt and held-out seconds, since neighbouring frames are nearly the same."""

MIN_LEARNT = 8
MIN_HELD_OUT = 4
"""The fewest pictures of an expression to learn from, and held out: fewer say nothing about it."""

MAX_LEARNT = 60
"""The most pictures of an expression in either part, spread over its time; more only take longer."""

VARIANTS = 3
"""The variants of a learnt picture: as it is; mirrored; and turned, shifted and zoomed a little."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Pictures of one expression. times_s: (N,) seconds, rising. crops: (N, 256, 256, 3) uint8 RGB."""

    label: str
    times_s: np.ndarray
    crops: np.ndarray


def usable(times_s: Sequence[float] | np.ndarray) -> bool:
    """Whether pictures of one expression, taken at these times, are enough to learn from."""
    learnt, held_out = _divided_rows(np.asarray(times_s, np.float64))
    return len(learnt) >= MIN_LEARNT and len(held_out) >= MIN_HELD_OUT


def divided(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """The crops of earlier seconds, to learn from, and those of later ones, held out.

    Raises TrainingError where the crops are too few.
    """
    early, late = _divided_rows(np.asarray(sample.times_s, np.float64))
    if not usable(sample.times_s):
        raise TrainingError(
            f"Your face was seen too rarely while you showed “{sample.label}”: look into the camera, "
            "in good light, and try again."
        )
    return sample.crops[_spread(early, MAX_LEARNT)], sample.crops[_spread(late, MAX_LEARNT)]


def _divided_rows(times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row numbers of the times to learn from, and of those held out. times_s: (N,) seconds, rising."""
    begin_s, end_s = (times_s[0], times_s[-1]) if len(times_s) else (0.0, 0.0)
    border_s = end_s - HELD_OUT_SHARE * (end_s - begin_s)
    return np.flatnonzero(times_s < border_s - GAP_S), np.flatnonzero(times_s >= border_s)


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def varied(crops: np.ndarray) -> np.ndarray:
    """The variants of each crop in turn: (N, 256, 256, 3) uint8 -> (VARIANTS * N, 256, 256, 3) uint8."""
    random = np.random.default_rng(0)
    middle = ((CROP_SIZE_PX - 1) / 2,) * 2
    variants: list[np.ndarray] = []
    for crop in crops:
        warp = cv2.getRotationMatrix2D(middle, random.uniform(-8, 8), random.uniform(0.93, 1.07))
        warp[:, 2] += random.uniform(-8, 8, 2)
        moved = cv2.warpAffine(crop, warp, (CROP_SIZE_PX,) * 2, borderMode=cv2.BORDER_REPLICATE)
        variants += [crop, crop[:, ::-1], moved]
    return np.stack(variants)
