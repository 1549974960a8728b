"""Faces whose places are known, and pictures of people who stand further away."""

from __future__ import annotations

import cv2
import numpy as np

from happysad_live.core.types import Box, Face

CORNER = (300, 200)
"""Where the shrunk picture lies on its grey ground, x and y."""


def face_at(x: float, y: float, size: float, tilt_degrees: float = 0.0) -> Face:
    """A frontal face: eyes 0.385 apart, mouth 0.43 below them, centred between eyes and mouth."""
    half_eye, half_height = 0.385 * size / 2, 0.43 * size / 2
    points = np.array([[-half_eye, -half_height], [half_eye, -half_height], [0, 0], [0, half_height]])
    angle = np.radians(tilt_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    keypoints = np.vstack([points @ turn.T, [[0, 0], [0, 0]]]) + [x, y]
    return Face(
        Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2), keypoints.astype(np.float32), 0.9
    )


def from_afar(picture: np.ndarray, zoom: float) -> np.ndarray:
    """The picture, made smaller, on a grey ground of its former size."""
    small = cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
    ground = np.full_like(picture, 128)
    x, y = CORNER
    ground[y : y + small.shape[0], x : x + small.shape[1]] = small
    return ground


def left_to_right(faces: list[Face]) -> list[Face]:
    return sorted(faces, key=lambda face: face.box.x0)


def misplaced(far: list[Face], near: list[Face], zoom: float, corner: tuple[int, int] = CORNER) -> float:
    """How far an eye, nose or mouth lies from where it is in the large picture, in face widths, at most."""
    assert len(far) == len(near)
    return max(
        float(np.abs(one.keypoints[:4] - (other.keypoints[:4] * zoom + corner)).max() / one.box.width)
        for one, other in zip(left_to_right(far), left_to_right(near), strict=True)
    )
