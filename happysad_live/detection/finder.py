"""Finding the faces of one picture; the stages are explained in the package's docstring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Face
from happysad_live.detection.crop import crop_face
from happysad_live.detection.mediapipe_detector import DetectorRange, MediaPipeDetector
from happysad_live.detection.photographs import PhotographSearch
from happysad_live.detection.redetection import deduplicate_refined, is_large, is_verified, redetect_near
from happysad_live.detection.watch import FaceWatch


class FaceFinder:
    """Finds the faces of a picture and cuts the crops that a model is fed.

    range: "full" for webcams and rooms (default), "short" for faces close to the camera.

    Faces are detected in the whole picture. Large ones (``LARGE_FACE``) stay as they are: refining gains
    nothing, and would make them less steady. The keypoints of the others are then refined, to be exact enough
    for the crop; one that is not detected again is dropped.

    Thread safe: threads that use a finder at the same time get networks of their own.

    full, short: the two detectors, for code that searches parts of a picture itself.
    """

    def __init__(self, range: DetectorRange = "full") -> None:
        """Raises ValueError for another range, and ModelError where MediaPipe's networks are missing."""
        if range not in get_args(DetectorRange):
            raise ValueError(f"the range is full or short, not {range!r}")
        self.full = MediaPipeDetector("full")
        self.short = MediaPipeDetector("short")
        self._range = range
        self._team = CoreTeam("face finder")
        self._photographs = PhotographSearch(self.full, self.short, self._team)

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        """The faces of a picture, best score first. image: (H, W, 3) uint8 RGB.

        still: for photographs: search with both networks, whatever the range, and tiles too, and where nobody
            is found, a margin around the picture and the picture turned. Two to sixty times slower, and finds
            more.

        Raises ValueError when the picture has another shape or type, or the finder is closed.
        """
        _check(image)
        if still:
            return self._photographs.find(image)
        if self._range == "short":
            return self._refine_keypoints(image, self.short.find(image))
        return self._refine_keypoints(image, self.full.find(image)) or self._detect_large(image)

    def watch(self) -> FaceWatch:
        """A watch that finds more in a video than ``find`` in each frame. It uses this finder's networks."""
        return FaceWatch(self.full, self.short, self._team)

    def crop(self, image: np.ndarray, face: Face) -> np.ndarray:
        """The (256, 256, 3) uint8 RGB upright crop of a face: what the model is fed.

        Raises ValueError when the picture has another shape or type than ``find`` takes.
        """
        _check(image)
        return crop_face(image, face)

    def close(self) -> None:
        """Free both networks; the finder cannot be used afterwards."""
        self.full.close()
        self.short.close()

    def _detect_large(self, image: np.ndarray) -> list[Face]:
        """Faces that are so near that only the short-range network finds them in the whole picture."""
        return [
            face
            for face in self.short.find(image)
            if is_large(face, image) and is_verified(face, self.full, self.short, image)
        ]

    def _refine_keypoints(self, image: np.ndarray, faces: Sequence[Face]) -> list[Face]:
        """The large faces as they are, and those of the others that the short-range network detects again."""

        def refine(face: Face) -> Face | None:
            return face if is_large(face, image) else redetect_near(face, self.short, image)

        return deduplicate_refined(faces, self._team.map(refine, faces))


def _check(image: object) -> None:
    if not isinstance(image, np.ndarray):
        raise ValueError(
            f"a picture must be an array (H, W, 3) uint8 RGB, not {type(image).__name__}; "
            'of a PIL picture, np.asarray(picture.convert("RGB")) makes one'
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"a picture must be (H, W, 3) uint8 RGB, not {image.shape} {image.dtype}")
