"""Where a film cuts to another shot: who is seen then is somebody else, wherever he sits."""

from __future__ import annotations

import cv2
import numpy as np

SAME_SHOT_CORRELATION = 0.6
"""Of two frames' thumbnails. Within a shot it stays above .85, also for a webcam that is carried about;
between two shots it is mostly under .5, but in one studio, with the same background, up to .97."""

MAX_GAP_S = 0.2
"""Frames further apart may differ as much within a shot."""

_SIZE_PX = (32, 18)
_LEAST_CONTRAST = 2.0
"""Standard deviation in grey levels: a black picture resembles none."""


class ShotCuts:
    """Tells the first frame of another shot from the next one of the same. Frames come in their order."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew: another source comes."""
        self._thumbnail: np.ndarray | None = None
        self._time_s = 0.0

    def is_cut(self, image: np.ndarray, time_s: float) -> bool:
        """Whether another shot begins with a frame. image: (H, W, 3) uint8 RGB."""
        thumbnail = _thumbnail(image)
        if thumbnail is None:
            return False
        before, self._thumbnail = self._thumbnail, thumbnail
        gap_s, self._time_s = time_s - self._time_s, time_s
        return (
            before is not None
            and 0 <= gap_s <= MAX_GAP_S
            and float((before * thumbnail).mean()) < SAME_SHOT_CORRELATION
        )


def _thumbnail(image: np.ndarray) -> np.ndarray | None:
    """(18, 32) float32 of mean 0 and variance 1; None for a picture without contrast."""
    step = max(min(image.shape[0] // (4 * _SIZE_PX[1]), image.shape[1] // (4 * _SIZE_PX[0])), 1)
    green = np.ascontiguousarray(image[::step, ::step, 1])
    small = cv2.resize(green, _SIZE_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
    spread = float(small.std())
    return None if spread < _LEAST_CONTRAST else (small - small.mean()) / spread
