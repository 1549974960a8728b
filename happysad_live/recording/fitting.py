"""Bringing every picture of a clip to the clip's size, and the faces' boxes with it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from happysad_live.core.geometry import Fit, fit_of
from happysad_live.core.types import Box, Face, FrameResult

MIN_LONGER_SIDE_PX = 640
"""The least longer side of a video that is made of pictures."""


def size_for_pictures(width: int, height: int) -> tuple[int, int]:
    """Width and height in pixels of a video that is made of pictures. width, height: those of the first.

    A small one is enlarged, so that its labels can be read, and larger ones after it can be seen.
    """
    scale = max(MIN_LONGER_SIDE_PX / max(width, height), 1.0)
    return round(width * scale), round(height * scale)


def fit_image(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture in ``width`` x ``height`` pixels, on black where its proportions are others.

    image: (H, W, 3) uint8 RGB. Returns (height, width, 3) uint8 RGB; the picture itself where it fits.
    """
    if image.shape[:2] == (height, width):
        return image
    fit = fit_of(image.shape[1], image.shape[0], width, height)
    method = cv2.INTER_AREA if fit.scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[fit.top : fit.top + fit.height, fit.left : fit.left + fit.width] = cv2.resize(
        image, (fit.width, fit.height), interpolation=method
    )
    return canvas


def fit_result(result: FrameResult, width: int, height: int) -> FrameResult:
    """The result with its picture fitted, and boxes and keypoints in the fitted picture's pixels."""
    image = result.frame.image
    if image.shape[:2] == (height, width):
        return result
    fit = fit_of(image.shape[1], image.shape[0], width, height)
    faces = tuple(replace(face, face=_fit_face(face.face, fit)) for face in result.faces)
    return replace(result, frame=replace(result.frame, image=fit_image(image, width, height)), faces=faces)


def pad_to_even(image: np.ndarray) -> np.ndarray:
    """The picture, (H, W, 3) uint8 RGB, with its last row and column repeated where its size is odd.

    H.264 in yuv420p holds even sizes only. Nothing is cut off and no box moves.
    """
    height, width = image.shape[:2]
    if width % 2 == 0 and height % 2 == 0:
        return image
    return cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)


def _fit_face(face: Face, fit: Fit) -> Face:
    move = np.array([fit.left, fit.top], np.float32)
    x0, y0, x1, y1 = (side * fit.scale for side in face.box)
    box = Box(x0 + fit.left, y0 + fit.top, x1 + fit.left, y1 + fit.top)
    return Face(box, (face.keypoints * fit.scale + move).astype(np.float32), face.score)
