"""Bringing out what a dim or hazy picture shows, for the face networks alone.

They miss half of the faces in the noise of a dim room, and most of those in haze. The model that labels faces
gains nothing from this: it gets them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from happysad_live.detection.noise import noise_sd_levels

ENOUGH_CONTRAST = 96
"""Grey levels between a picture's darkest and brightest that need no stretching. Of photographs hardly one in
200 has fewer."""

MAX_GAIN = 8.0
"""How far contrast is stretched at most; more would show noise only."""

SMOOTHING_SIGMA_PX = 1.0
"""Standard deviation of the Gaussian that takes noise away where most of a picture has less than half of
enough contrast. Without it, noise hides faces; a wider one makes faces of clouds."""

_NOISE_SD_LEVELS = (1.5, 3.0)
"""From how many grey levels on, after stretching, noise is taken away, and from how many on entirely."""

_CELL_SIDE_PX = 4
_CELLS_AT_MOST = 96
"""Along either side of a picture. It is measured by the means of its cells, so that noise hardly counts."""

_SHARE_BEYOND = 0.0005
"""How many of the cells may be darker than the darkest level, and how many brighter than the brightest: a
small lamp does not count, but somebody far away before a bare wall does."""

_SHARE_BEYOND_MOST = 0.1
"""The same for most of the picture: that of a dim room, whatever lamp or bright window there is."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """The darkest and the brightest grey level that count, 0..255.

    most: grey levels between the darkest and the brightest of most of the picture.
    """

    darkest: int
    brightest: int
    most: int

    @property
    def gain(self) -> float:
        """How much the levels between them are to be stretched: 1 for as they are, up to ``MAX_GAIN``."""
        return min(max(ENOUGH_CONTRAST / max(self.brightest - self.darkest, 1), 1.0), MAX_GAIN)

    def smooth(self, image: np.ndarray) -> np.ndarray:
        """Take noise away that hides faces. image: (H, W, 3) uint8 RGB, at most shrunk."""
        if self.most >= ENOUGH_CONTRAST:
            return image
        lacking = min(ENOUGH_CONTRAST / max(self.most, 1) - 1, 1.0)
        noisy = float(np.interp(noise_sd_levels(image) * self.gain, _NOISE_SD_LEVELS, (0, 1)))
        sigma_px = SMOOTHING_SIGMA_PX * lacking * noisy
        return cv2.GaussianBlur(image, (0, 0), sigma_px) if sigma_px > 0 else image

    def levels(self) -> np.ndarray:
        """(256,) float64: what each level 0..255 becomes, 0..255; different ones stay different.

        Those beyond the darkest and the brightest share the room that is left, so that a lamp, or a face too
        small to count, is not lost.
        """
        between = self.brightest - self.darkest
        gain_beyond = (255 - self.gain * between) / (255 - between) if between < 255 else 1.0
        levels = np.arange(256)
        return gain_beyond * levels + (self.gain - gain_beyond) * (levels - self.darkest).clip(0, between)


def measure_contrast(image: np.ndarray, part: np.ndarray) -> Contrast:
    """The contrast of a whole picture and of the part that is searched. Takes a tenth of a millisecond.

    image, part: (H, W, 3) uint8 RGB. Both count: in a picture of little contrast, a part may show somebody
    far away clearly enough; and a part that shows nothing but a wall must not bring the wall's noise out.
    """
    contrast = _contrast(image)
    if contrast.gain == 1 or part.shape == image.shape:
        return contrast
    of_part = _contrast(part)
    darkest, brightest = min(contrast.darkest, of_part.darkest), max(contrast.brightest, of_part.brightest)
    return replace(contrast, darkest=darkest, brightest=brightest)


def _contrast(image: np.ndarray) -> Contrast:
    across, down = (min(max(side_px // _CELL_SIDE_PX, 1), _CELLS_AT_MOST) for side_px in image.shape[1::-1])
    sample = cv2.resize(image, (2 * across, 2 * down), interpolation=cv2.INTER_NEAREST)
    means = cv2.cvtColor(cv2.resize(sample, (across, down), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    darker = np.cumsum(cv2.calcHist([means], [0], None, [256], [0, 256]))

    def range_of(share_beyond: float) -> tuple[int, int]:
        beyond = int(means.size * share_beyond)
        darkest, brightest = np.searchsorted(darker, (beyond + 1, means.size - beyond))
        return int(darkest), int(brightest)

    darkest, brightest = range_of(_SHARE_BEYOND)
    darkest_of_most, brightest_of_most = range_of(_SHARE_BEYOND_MOST)
    return Contrast(darkest, brightest, brightest_of_most - darkest_of_most)
