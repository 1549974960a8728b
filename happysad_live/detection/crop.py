"""The one function that cuts a face out of a picture, for the app and for training alike."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.geometry import CROP_SCALE, CROP_SIZE_PX, crop_transform
from happysad_live.core.types import Face


def crop_face(
    image: np.ndarray, face: Face, size_px: int = CROP_SIZE_PX, scale: float = CROP_SCALE
) -> np.ndarray:
    """Cut the upright square crop of a face.

    image: (H, W, 3) uint8 RGB (or (H, W) grey).
    scale: side of the crop in face sizes.

    Returns (size_px, size_px, 3) uint8 RGB. What lies outside the picture repeats its edge, so
    that a face at the border brings no black bar, which a network could learn from.
    """
    transform = crop_transform(face, size_px, scale)
    zoom = float(np.hypot(transform[0, 0], transform[1, 0]))
    if zoom < 0.5:
        image, transform = _shrink(image, transform, zoom)
    size = (size_px, size_px)
    return cv2.warpAffine(image, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


class FaceCrops:
    """Cuts all the faces of a picture, on as many cores as there are."""

    def __init__(self) -> None:
        self._team = CoreTeam("crop")

    def cut(self, image: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """The crop of every face, (N, 256, 256, 3) uint8 RGB. image: (H, W, 3) uint8 RGB."""
        crops = np.empty((len(faces), CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)

        def cut_one(row: int) -> None:
            crops[row] = crop_face(image, faces[row])

        self._team.map(cut_one, range(len(faces)))
        return crops


def _shrink(image: np.ndarray, transform: np.ndarray, zoom: float) -> tuple[np.ndarray, np.ndarray]:
    """Average a large picture down first: bilinear sampling alone would skip pixels and alias."""
    factor = int(1 / zoom)
    height, width = max(image.shape[0] // factor, 1), max(image.shape[1] // factor, 1)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    # Undo the shrinking (pixel centres at whole numbers) before the original transform.
    scale_x, scale_y = image.shape[1] / width, image.shape[0] / height
    grow = np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]])
    return small, transform @ grow
