"""Bringing out what a dim or hazy picture shows, for the face networks alone.

They miss half of the faces in the noise of a dim room, and most of those in haze. The model that labels faces
gains nothing from this: it gets them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

ENOUGH_CONTRAST = 96
"""Grey levels between a picture's darkest and brightest that need no stretching. Of photographs hardly one in
200 has fewer."""

MAX_GAIN = 8.0
"""How far contrast is stretched at most; more would show noise only."""

SMOOTHING_SIGMA_PX = 1.0
"""Standard deviation of the Gaussian that takes noise away before it is stretched to twice or more. Without
it, stretched noise hides faces; a wider one makes faces of clouds."""

_SAMPLED_SIDE_PX = 128
_CELLS = 64
_CELLS_BEYOND = 4
"""How many of the 64 x 64 cells of a picture, whose means are measured, may be darker than its darkest level
and brighter than its brightest: a lamp does not count, but somebody far away before a bare wall does."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """How much a picture's grey levels are to be stretched, and from where.

    darkest: the darkest level, 0..255. gain: 1 for as they are, up to ``MAX_GAIN``.
    """

    darkest: int
    gain: float

    def smooth(self, image: np.ndarray) -> np.ndarray:
        """Take noise away that would be stretched. image: (H, W, 3) uint8 RGB, at most shrunk."""
        sigma_px = SMOOTHING_SIGMA_PX * min(self.gain - 1, 1.0)
        return cv2.GaussianBlur(image, (0, 0), sigma_px) if sigma_px > 0 else image

    def levels(self) -> np.ndarray:
        """(256,) float64: what each level 0..255 becomes, 0..255."""
        start = min(self.darkest, 255 - ENOUGH_CONTRAST)
        return ((np.arange(256) - self.darkest) * self.gain + start).clip(0, 255)


def measure_contrast(image: np.ndarray) -> Contrast:
    """The contrast of a whole picture, (H, W, 3) uint8 RGB. Takes a tenth of a millisecond."""
    sample = cv2.resize(image, (_SAMPLED_SIDE_PX, _SAMPLED_SIDE_PX), interpolation=cv2.INTER_NEAREST)
    means = cv2.resize(sample, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(means, cv2.COLOR_RGB2GRAY).ravel()
    grey.partition((_CELLS_BEYOND, grey.size - 1 - _CELLS_BEYOND))
    darkest, brightest = int(grey[_CELLS_BEYOND]), int(grey[-1 - _CELLS_BEYOND])
    return Contrast(darkest, float(np.clip(ENOUGH_CONTRAST / max(brightest - darkest, 1), 1, MAX_GAIN)))
