"""Finding faces with both of MediaPipe's detectors, each where it is the better one."""

from __future__ import annotations

import cv2
import numpy as np

from happysad_live.core.types import Face
from happysad_live.detection.crop import crop_face
from happysad_live.detection.mediapipe_detector import (
    DetectorRange,
    MediaPipeDetector,
    merge_faces,
    without_margin,
)

# Live, the short-range model is asked only for what it is better at: a face that fills the picture.
# Smaller things that it alone sees are mostly none (a cartoon's title, at 0.14 of the width).
LARGE_FACE = 0.25

# In a photograph cut close around a face, a margin gives the detectors the surroundings that they
# expect: short range finds 99 % of such faces with this one (on 150 faces of each kind).
STILL_MARGIN = 0.3


class FaceFinder:
    """Finds the faces of a picture and cuts the crops that a model is fed.

    range: "full" for webcams and rooms (default), "short" for faces close to the camera.

    Thread safe: threads that look at the same time get networks of their own.
    """

    def __init__(self, range: DetectorRange = "full") -> None:
        self._first = MediaPipeDetector(range)
        self._second = MediaPipeDetector("short" if range == "full" else "full")
        self._range = range

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        """The faces of a picture, best score first. image: (H, W, 3) uint8 RGB.

        still: for photographs: ask both detectors, and again with a margin around the picture if
            neither sees anyone. Slower, and finds more.

        Raises ValueError when the picture has another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"a picture must be (H, W, 3) uint8 RGB, not {image.shape} {image.dtype}")
        if still:
            return self._find_still(image)
        faces = self._first.find(image)
        if faces or self._range == "short":
            return faces
        return [face for face in self._second.find(image) if face.box.width >= LARGE_FACE * image.shape[1]]

    def crop(self, image: np.ndarray, face: Face) -> np.ndarray:
        """The (256, 256, 3) uint8 RGB upright crop of a face: what the model is fed."""
        return crop_face(image, face)

    def close(self) -> None:
        """Free both networks; the finder cannot be used afterwards."""
        self._first.close()
        self._second.close()

    def _find_still(self, image: np.ndarray) -> list[Face]:
        faces = merge_faces(self._first.find(image), self._second.find(image))
        if faces:
            return faces
        margin = round(STILL_MARGIN * max(image.shape[:2]))
        padded = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
        found = merge_faces(self._second.find(padded), self._first.find(padded))
        return [without_margin(face, margin) for face in found]
