"""Boxes, overlap, and the transform that cuts an upright square face out of a picture."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from happysad_live.core.types import Box, Face

CROP_SIZE_PX = 256
"""Side of the square crop that every model is fed."""

CROP_SCALE = 1.2
"""Side of the crop in face sizes: from the middle of the forehead to just under the chin."""

# Measured medians on 90 web and press faces: how far apart a frontal face's eyes are, and how far
# the mouth is below them, in widths of the detector's box.
EYE_DISTANCE_PER_FACE = 0.385
MOUTH_DISTANCE_PER_FACE = 0.43

RIGHT_EYE, LEFT_EYE, NOSE_TIP, MOUTH = range(4)


def box_area(box: Box) -> float:
    """Area in square pixels, 0 for an empty or inverted box."""
    return max(box.width, 0.0) * max(box.height, 0.0)


def overlap_area(a: Box, b: Box) -> float:
    """Area that two boxes share, in square pixels."""
    return box_area(Box(max(a.x0, b.x0), max(a.y0, b.y0), min(a.x1, b.x1), min(a.y1, b.y1)))


def intersection_over_union(a: Box, b: Box) -> float:
    """The area that two boxes share, as a share of the area that they cover together, 0..1."""
    overlap = overlap_area(a, b)
    union = box_area(a) + box_area(b) - overlap
    return overlap / union if union > 0 else 0.0


def face_size_px(face: Face) -> float:
    """Size of a face in pixels, comparable to the width of the detector's box.

    The root mean square of two estimates, from the eyes' distance (too small when the head turns
    sideways) and from the distance of eyes and mouth (too small when it nods). It depends on the
    keypoints alone, so both of MediaPipe's detectors, whose boxes differ by 7 %, agree on it.
    """
    right_eye, left_eye = face.keypoints[RIGHT_EYE], face.keypoints[LEFT_EYE]
    eyes = (right_eye + left_eye) / 2
    from_eyes = float(np.linalg.norm(left_eye - right_eye)) / EYE_DISTANCE_PER_FACE
    from_mouth = float(np.linalg.norm(face.keypoints[MOUTH] - eyes)) / MOUTH_DISTANCE_PER_FACE
    return float(np.sqrt((from_eyes**2 + from_mouth**2) / 2))


def crop_transform(face: Face, size_px: int, scale: float) -> np.ndarray:
    """The similarity that carries picture coordinates into the face's upright square crop.

    The crop is centred between the eyes and the mouth and turned so that the eyes are level.

    size_px, scale: its side, in its own pixels and in face sizes.

    Returns (2, 3) float64, for ``cv2.warpAffine``: ``crop_xy = M @ (x, y, 1)``, in the convention
    where pixel centres lie at whole numbers.
    """
    right_eye, left_eye = face.keypoints[RIGHT_EYE], face.keypoints[LEFT_EYE]
    center = ((right_eye + left_eye) / 2 + face.keypoints[MOUTH]) / 2
    across = left_eye - right_eye
    angle = float(np.arctan2(across[1], across[0]))
    zoom = size_px / max(scale * face_size_px(face), 1.0)
    cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
    linear = np.array([[cos, sin], [-sin, cos]])
    middle = (size_px - 1) / 2
    offset = np.array([middle, middle]) - linear @ center.astype(np.float64)
    return np.column_stack([linear, offset])


class Fit(NamedTuple):
    """Where a picture, scaled by ``scale``, lies in a room, in the room's pixels."""

    scale: float
    left: int
    top: int
    width: int
    height: int


def fit_of(width: int, height: int, room_width: int, room_height: int) -> Fit:
    """How a picture fits whole and centred into a room of another size, in its own proportions."""
    scale = min(room_width / width, room_height / height)
    inner_width, inner_height = max(round(width * scale), 1), max(round(height * scale), 1)
    left, top = (room_width - inner_width) // 2, (room_height - inner_height) // 2
    return Fit(scale, left, top, inner_width, inner_height)
