"""MediaPipe's face detectors behind our own contract; the only module that imports mediapipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Box, Face

DetectorRange = Literal["full", "short"]

# MediaPipe scales its input down to 192 (full range) or 128 (short range) by itself. A copy this
# large loses no face that it would find, and converts faster than the whole frame.
MAX_INPUT_SIDE_PX = 640
MIN_CONFIDENCE = 0.5
SAME_FACE_OVERLAP = 0.3

_MODEL_SELECTION = {"short": 0, "full": 1}


class MediaPipeDetector:
    """One of MediaPipe's two BlazeFace models.

    "full" finds faces from about a twentieth of the picture's width up to most of it; "short" is
    better only on a face that fills the picture. Not thread safe: use it in the thread that made it.
    """

    def __init__(self, range: DetectorRange = "full") -> None:
        with native_chatter_silenced():
            from mediapipe.python.solutions import face_detection

            self._solution = face_detection.FaceDetection(
                model_selection=_MODEL_SELECTION[range], min_detection_confidence=MIN_CONFIDENCE
            )
            self.find(np.zeros((192, 192, 3), np.uint8))  # the first call is slow, and chatters

    def find(self, image: np.ndarray) -> list[Face]:
        """Faces of a picture, best score first. image: (H, W, 3) uint8 RGB."""
        height, width = image.shape[:2]
        detections = self._solution.process(_shrunk(image)).detections or ()
        faces = [_to_face(detection, width, height) for detection in detections]
        return sorted(faces, key=lambda face: -face.score)

    def close(self) -> None:
        """Free the network; the detector cannot be used afterwards."""
        self._solution.close()


def merge_faces(found: Sequence[Face], more: Sequence[Face]) -> list[Face]:
    """All of ``found``, and those of ``more`` that are not the same face again."""
    merged = list(found)
    for face in more:
        if all(intersection_over_union(face.box, kept.box) < SAME_FACE_OVERLAP for kept in merged):
            merged.append(face)
    return merged


def without_margin(face: Face, margin_px: int) -> Face:
    """A face found in a picture with a margin around it, in the coordinates of the picture itself."""
    box = Box(*(value - margin_px for value in face.box))
    return Face(box, face.keypoints - np.float32(margin_px), face.score)


def _shrunk(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    factor = MAX_INPUT_SIDE_PX / max(height, width)
    if factor >= 1:
        return np.ascontiguousarray(image)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def _to_face(detection: object, width: int, height: int) -> Face:
    location = detection.location_data  # type: ignore[attr-defined]
    relative = location.relative_bounding_box
    box = Box(
        relative.xmin * width,
        relative.ymin * height,
        (relative.xmin + relative.width) * width,
        (relative.ymin + relative.height) * height,
    )
    keypoints = np.array([(p.x * width, p.y * height) for p in location.relative_keypoints], np.float32)
    return Face(box, keypoints, float(detection.score[0]))  # type: ignore[attr-defined]
