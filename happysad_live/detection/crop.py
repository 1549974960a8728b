"""The one function that cuts a face out of a picture, for the app and for training alike."""

from __future__ import annotations

import cv2
import numpy as np

from happysad_live.core.geometry import CROP_SCALE, CROP_SIZE_PX, crop_transform
from happysad_live.core.types import Face


def crop_face(
    image: np.ndarray, face: Face, size_px: int = CROP_SIZE_PX, scale: float = CROP_SCALE
) -> np.ndarray:
    """Cut the upright square crop of a face.

    image: (H, W, 3) uint8 RGB.
    scale: side of the crop in face sizes.

    Returns (size_px, size_px, 3) uint8 RGB. What lies outside the picture repeats its edge, so
    that a face at the border brings no black bar, which a network could learn from.
    """
    transform = crop_transform(face, size_px, scale)
    zoom = float(np.hypot(transform[0, 0], transform[1, 0]))
    factor = max(int(1 / zoom), 1)
    image, transform = _cut_out(image, transform, size_px, factor)
    if factor > 1:
        image, transform = _shrink(image, transform, factor)
    size = (size_px, size_px)
    return cv2.warpAffine(image, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _cut_out(
    image: np.ndarray, transform: np.ndarray, size_px: int, factor: int
) -> tuple[np.ndarray, np.ndarray]:
    """The part of the picture that the crop shows, as a view, and the transform from that part to the crop.

    This leaves less of a large picture to shrink; OpenCV warps none with 32,767 pixels a side or more.
    """
    end = size_px - 1
    corners = np.array([[0, 0, 1], [end, 0, 1], [0, end, 1], [end, end, 1]])
    shown = corners @ cv2.invertAffineTransform(transform).T
    rim = 2 * factor  # pixels at the crop's edge are made of those beside them, too
    limits = image.shape[1] - 1, image.shape[0] - 1
    first = np.clip(np.floor(shown.min(axis=0)) - rim, 0, limits).astype(int)
    last = np.clip(np.ceil(shown.max(axis=0)) + rim, first, limits).astype(int)
    last = np.minimum(last + (first - last - 1) % factor, limits)  # whole blocks to average
    part = image[first[1] : last[1] + 1, first[0] : last[0] + 1]
    return part, np.column_stack([transform[:, :2], transform[:, 2] + transform[:, :2] @ first])


def _shrink(image: np.ndarray, transform: np.ndarray, factor: int) -> tuple[np.ndarray, np.ndarray]:
    """Average a large picture down first: bilinear sampling alone would skip pixels and alias."""
    height, width = max(image.shape[0] // factor, 1), max(image.shape[1] // factor, 1)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    # Undo the shrinking (pixel centres at whole numbers) before the original transform.
    scale_x, scale_y = image.shape[1] / width, image.shape[0] / height
    grow = np.array([[scale_x, 0, (scale_x - 1) / 2], [0, scale_y, (scale_y - 1) / 2], [0, 0, 1]])
    return small, transform @ grow
