"""Finding faces with both of MediaPipe's detectors, each where it is the better one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, compress

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Box, Face
from happysad_live.detection.crop import crop_face
from happysad_live.detection.mediapipe_detector import (
    SAME_FACE_OVERLAP,
    DetectorRange,
    MediaPipeDetector,
    merge_faces,
)

LARGE_FACE = 0.25
"""From this share of the picture's width on, what the short-range model alone sees is believed. Smaller
things that it alone sees are mostly no faces: a shoulder, a cartoon's title."""

CLOSE_UP = 2.0
"""Side of the area in which a face is looked at again, in face sizes: about as training's crops are found."""

SURROUNDINGS = 4.0
"""The same where it is asked whether a doubtful one is a face at all: the full-range model knows that best
with head and shoulders."""

SURE_SCORE = 0.8
"""What has less is doubtful: of 85 things that were no face none had more than 0.77, of small faces most."""

TILES_FROM_PX = 384
"""The longer side from which on half a picture shows the full-range model, 192 pixels wide, more detail."""

STILL_MARGIN = 0.3
"""In a photograph cut close around a face, a margin gives the detectors the surroundings that they
expect: short range finds 99 % of such faces with this one (on 150 faces of each kind)."""


class FaceFinder:
    """Finds the faces of a picture and cuts the crops that a model is fed.

    range: "full" for webcams and rooms (default), "short" for faces close to the camera.

    Faces are found in the whole picture, which the networks see at 192 or 128 pixels. Then each is looked
    at again, close up, so that its eyes and mouth are placed exactly enough for the crop; a small one that
    is no face there is dropped. Live, large ones are spared that: they gain nothing, and are steadier.

    Thread safe: threads that look at the same time get networks of their own.
    """

    def __init__(self, range: DetectorRange = "full") -> None:
        self._full = MediaPipeDetector("full")
        self._short = MediaPipeDetector("short")
        self._range = range
        self._team = CoreTeam("face finder")

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        """The faces of a picture, best score first. image: (H, W, 3) uint8 RGB.

        still: for photographs: look at the parts of the picture too, and where nobody is seen, again
            with a margin around it. Five times slower, and finds more.

        Raises ValueError when the picture has another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"a picture must be (H, W, 3) uint8 RGB, not {image.shape} {image.dtype}")
        if still:
            return self._find_still(image)
        if self._range == "short":
            return self._look_again(image, self._short.find(image))
        return self._look_again(image, self._full.find(image) or _large(self._short.find(image), image))

    def crop(self, image: np.ndarray, face: Face) -> np.ndarray:
        """The (256, 256, 3) uint8 RGB upright crop of a face: what the model is fed."""
        return crop_face(image, face)

    def close(self) -> None:
        """Free both networks; the finder cannot be used afterwards."""
        self._full.close()
        self._short.close()

    def _find_still(self, image: np.ndarray) -> list[Face]:
        height, width = image.shape[:2]
        parts = [None, *(_tiles(width, height) if max(width, height) >= TILES_FROM_PX else ())]
        looks = [(detector, part) for detector in (self._full, self._short) for part in parts]
        found = chain.from_iterable(self._team.map(lambda look: look[0].find(image, look[1]), looks))
        seen = merge_faces((), sorted(found, key=lambda face: -face.score))
        if faces := self._look_again(image, self._believed(image, seen), still=True):
            return faces
        margin = STILL_MARGIN * max(width, height)
        wider = Box(-margin, -margin, width + margin, height + margin)
        seen = merge_faces(self._short.find(image, wider), self._full.find(image, wider))
        return self._look_again(image, _large(seen, image), still=True)

    def _believed(self, image: np.ndarray, seen: Sequence[Face]) -> list[Face]:
        """Without the small and doubtful ones that are no face in their surroundings."""

        def is_face(face: Face) -> bool:
            sure = face.score >= SURE_SCORE or is_large(face, image)
            return sure or self._same(face, self._full, image, SURROUNDINGS) is not None

        return list(compress(seen, self._team.map(is_face, seen)))

    def _look_again(self, image: np.ndarray, seen: Sequence[Face], *, still: bool = False) -> list[Face]:
        """The faces as the short-range model sees them close up; small ones only if it does see them."""

        def close_up(face: Face) -> Face | None:
            large = is_large(face, image)
            again = None if large and not still else self._same(face, self._short, image, CLOSE_UP)
            if again is not None:
                return replace(again, score=face.score)
            return face if large else None

        return merge_faces((), [face for face in self._team.map(close_up, seen) if face is not None])

    def _same(self, face: Face, detector: MediaPipeDetector, image: np.ndarray, reach: float) -> Face | None:
        """The face as a detector sees it in an area around it; reach: that area's side in face sizes."""
        x, y = face.box.center
        half = reach * max(face.box.width, face.box.height) / 2
        near = detector.find(image, Box(x - half, y - half, x + half, y + half))
        best = max(near, key=lambda other: intersection_over_union(other.box, face.box), default=None)
        if best is None or intersection_over_union(best.box, face.box) < SAME_FACE_OVERLAP:
            return None
        return best


def is_large(face: Face, image: np.ndarray) -> bool:
    """Whether a face fills a good part, ``LARGE_FACE``, of its picture's width."""
    return face.box.width >= LARGE_FACE * image.shape[1]


def _large(faces: Sequence[Face], image: np.ndarray) -> list[Face]:
    return [face for face in faces if is_large(face, image)]


def _tiles(width: int, height: int) -> list[Box]:
    """Squares that cover a picture, half its longer side wide and overlapping by half of that."""
    side = max(width, height) / 2

    def starts(length: int) -> np.ndarray:
        beyond = max(length - side, 0.0)
        return np.linspace(0.0, beyond, math.ceil(2 * beyond / side) + 1)

    return [Box(x, y, x + side, y + side) for y in starts(height) for x in starts(width)]
