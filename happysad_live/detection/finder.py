"""Finding faces with both of MediaPipe's detectors, each where it is the better one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Face
from happysad_live.detection.close_up import is_believed, is_large, once_each, seen_again
from happysad_live.detection.crop import crop_face
from happysad_live.detection.mediapipe_detector import DetectorRange, MediaPipeDetector
from happysad_live.detection.photographs import PhotographSearch
from happysad_live.detection.watch import FaceWatch


class FaceFinder:
    """Finds the faces of a picture and cuts the crops that a model is fed.

    range: "full" for webcams and rooms (default), "short" for faces close to the camera.

    Faces are found in the whole picture, which the networks see at 192 or 128 pixels. Then each is looked
    at again, close up, so that its eyes and mouth are placed exactly enough for the crop; a small one that
    is no face there is dropped. Live, large ones are spared that: they gain nothing, and are steadier. In
    photographs each is also looked at from its sides, for it may lie.

    Thread safe: threads that look at the same time get networks of their own.

    full, short: the two networks, for those who look at parts of a picture themselves.
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

        still: for photographs: look at the parts of the picture too, and where nobody is seen, again
            with a margin around it and from every side. Ten to forty times slower, and finds more.

        Raises ValueError when the picture has another shape or type, or the finder is closed.
        """
        _check(image)
        if still:
            return self._photographs.find(image)
        if self._range == "short":
            return self._look_again(image, self.short.find(image))
        faces = self._look_again(image, self.full.find(image))
        return faces or self._large_ones(image)

    def watch(self) -> FaceWatch:
        """What sees more of a video than ``find`` of each frame. It uses this finder's networks."""
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

    def _large_ones(self, image: np.ndarray) -> list[Face]:
        """Faces so near that the full-range model sees none of them in the whole picture."""
        return [
            face
            for face in self.short.find(image)
            if is_large(face, image) and is_believed(face, self.full, self.short, image)
        ]

    def _look_again(self, image: np.ndarray, seen: Sequence[Face]) -> list[Face]:
        """The small faces as the short-range model sees them close up, without those that it does not see."""

        def close_up(face: Face) -> Face | None:
            return face if is_large(face, image) else seen_again(face, self.short, image)

        return once_each(seen, self._team.map(close_up, seen))


def _check(image: object) -> None:
    if not isinstance(image, np.ndarray):
        raise ValueError(
            f"a picture must be an array (H, W, 3) uint8 RGB, not {type(image).__name__}; "
            'of a PIL picture, np.asarray(picture.convert("RGB")) makes one'
        )
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise ValueError(f"a picture must be (H, W, 3) uint8 RGB, not {image.shape} {image.dtype}")
