"""Detecting where a film cuts to another shot: whoever is seen then counts as somebody else."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from happysad_live.core.types import Box

LIKE_CORRELATION = 0.6
"""From this correlation on, two thumbnails show the same shot; across a cut it is mostly under .5, but in one
studio, with the same background, up to .97."""

SAME_SHARE = 0.3
SAME_LEVELS = 10.0
"""Where somebody moves before a background, at least this share of the picture changes by less than so many
grey levels: .32 and more for a face of .38 of the width, however far it moves. Across a cut hardly ever does
(1 of 100)."""

PLAIN_CONTRAST = 30.0
"""Standard deviation in grey levels below which ``SAME_LEVELS`` is lowered in proportion: the last picture of
a fade to black is nearly as dark everywhere as the first of the next shot."""

MAX_EXPOSURE_LEVELS = 10.0
"""How many grey levels brighter or darker a camera may make the whole picture from one frame to the next."""

SAME_PLACE = 0.05
"""A face whose sides all move by no more than this, in its widths, tells a flash or a lamp from a cut."""

MAX_GAP_S = 0.21
"""Frames that are further apart may differ as much within a shot: a fifth of a second, and room for rounded
times."""

_SIZE_PX = (32, 18)
_MIN_CONTRAST_LEVELS = 2.0
"""Standard deviation in grey levels under which a picture counts as black, and is compared with none."""


class ShotCuts:
    """Detects the first frame of each new shot. Frames come in their order."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew: another source comes."""
        self._thumbnail: np.ndarray | None = None
        self._faces: Sequence[Box] = ()
        self._time_s = 0.0

    def is_cut(self, image: np.ndarray, faces: Sequence[Box], time_s: float) -> bool:
        """Whether another shot begins with a frame, after one or after some that were black.

        image: (H, W, 3) uint8 RGB. faces: the boxes of those seen in it.
        """
        gap_s, self._time_s = time_s - self._time_s, time_s
        if not 0 <= gap_s <= MAX_GAP_S:
            self._thumbnail = None
        thumbnail = _thumbnail(image)
        if thumbnail.std() < _MIN_CONTRAST_LEVELS:
            return False
        before, self._thumbnail = self._thumbnail, thumbnail
        faces_before, self._faces = self._faces, faces
        if before is None or _is_like(before, thumbnail):
            return False
        return not any(_is_same_place(face, one) for face in faces for one in faces_before)


def _is_same_place(face: Box, before: Box) -> bool:
    farthest_px = max(abs(now - then) for now, then in zip(face, before, strict=True))
    return farthest_px <= SAME_PLACE * before.width


def _is_like(before: np.ndarray, after: np.ndarray) -> bool:
    if np.corrcoef(before.ravel(), after.ravel())[0, 1] >= LIKE_CORRELATION:
        return True
    change = after - before
    exposure = np.clip(np.median(change), -MAX_EXPOSURE_LEVELS, MAX_EXPOSURE_LEVELS)
    levels = SAME_LEVELS * min(float(before.std()), float(after.std()), PLAIN_CONTRAST) / PLAIN_CONTRAST
    return float((np.abs(change - exposure) < levels).mean()) >= SAME_SHARE


def _thumbnail(image: np.ndarray) -> np.ndarray:
    """A small picture of the green levels, which do for grey ones: (18, 32) float32."""
    step = max(min(image.shape[0] // (4 * _SIZE_PX[1]), image.shape[1] // (4 * _SIZE_PX[0])), 1)
    green = np.ascontiguousarray(image[::step, ::step, 1])
    return cv2.resize(green, _SIZE_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
