"""Looking at a face again, close up, once it is known where it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Box, Face
from happysad_live.detection.mediapipe_detector import SAME_FACE_OVERLAP, MediaPipeDetector, without_repeats

LARGE_FACE = 0.25
"""A face that only the short-range model finds counts only if it is at least this wide, as a share of the
picture's longer side. Smaller ones are mostly none: a shoulder, a cartoon's title."""

SMALL_FACE = 0.12
"""Where no face has this share of the longer side, others as small may be looked for in smaller parts."""

CLOSE_UP = 2.0
"""Side of the area in which a face is looked at again, in face sizes: about as training's crops are found."""

CLEAR_SCORE = 0.75
"""The score that the short-range model must give a large face close up, if the full-range model does not find
it even with its surroundings. With both rules 298 of 303 faces that fill a picture are believed, and none
of 33 things in 2,120 pictures without people; a blurred shelf over a plain wall came to 0.73."""

SURE_SCORE = 0.8
"""Detections with a lower score are doubtful and looked at again: of 85 false ones none had more than 0.77,
of small faces most have."""

SURROUNDINGS = 4.0
"""Side of the area in which the full-range model is asked whether a doubtful face is one at all, in face
sizes: it knows that best with head and shoulders."""


def is_large(face: Face, image: np.ndarray) -> bool:
    """Whether a face fills a good part, ``LARGE_FACE``, of the square that the networks see.

    image: (H, W, 3) uint8 RGB.
    """
    return face.box.width >= LARGE_FACE * max(image.shape[:2])


def seen_again(
    face: Face,
    detector: MediaPipeDetector,
    image: np.ndarray,
    reach: float = CLOSE_UP,
    quarter_turns: int = 0,
) -> Face | None:
    """The face as a detector sees it in an area around it; None where it sees no face there.

    image: (H, W, 3) uint8 RGB.
    reach: the area's side in face sizes.
    quarter_turns: how many times to turn it by 90 degrees to the left before looking.
    """
    x, y = face.box.center
    half = max(reach * max(face.box.width, face.box.height) / 2, 1.0)
    near = detector.find(image, Box(x - half, y - half, x + half, y + half), quarter_turns)
    best = max(near, key=lambda other: intersection_over_union(other.box, face.box), default=None)
    if best is None or intersection_over_union(best.box, face.box) < SAME_FACE_OVERLAP:
        return None
    return best


def are_small(faces: Iterable[Face], image: np.ndarray) -> bool:
    """Whether all faces are far away; also where there are none. image: (H, W, 3) uint8 RGB."""
    return all(face.box.width < SMALL_FACE * max(image.shape[:2]) for face in faces)


def is_believed(
    face: Face,
    full: MediaPipeDetector,
    short: MediaPipeDetector,
    image: np.ndarray,
    quarter_turns: int = 0,
) -> bool:
    """Whether a second look confirms a face that only one network found, or found with a low score.

    A large one must be plain to the short-range model, close up; else the full-range one has to see it with
    surroundings. image, quarter_turns: see ``seen_again``.
    """
    if is_large(face, image):
        look = seen_again(face, short, image, quarter_turns=quarter_turns)
        if look is not None and look.score >= CLEAR_SCORE:
            return True
    return seen_again(face, full, image, SURROUNDINGS, quarter_turns) is not None


def once_each(seen: Sequence[Face], looks: Sequence[Face | None]) -> list[Face]:
    """Each face that was seen again, once, with the score of the first look.

    looks: for each of ``seen``, what ``seen_again`` gave.
    """
    pairs = zip(seen, looks, strict=True)
    return without_repeats([replace(look, score=face.score) for face, look in pairs if look is not None])
