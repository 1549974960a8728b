"""Detecting a face again, in a window around it: to verify it, to refine its keypoints, or to keep it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Box, Face
from happysad_live.detection.mediapipe_detector import MediaPipeDetector
from happysad_live.detection.same_face import deduplicate, is_same_face

LARGE_FACE = 0.25
"""From this width on, as a share of the picture's longer side, a face is large. Large faces gain nothing from
being refined. In a video, what only the short-range network finds must be large: smaller finds are mostly no
faces, but a shoulder or a cartoon's title."""

SMALL_FACE = 0.12
"""Below this width, as a share of the picture's longer side, a face is small. Where all are, more are looked
for in smaller tiles."""

REFINE_WINDOW_SCALE = 2.0
"""Side of the window in which keypoints are refined, in sides of the face's box: about as for the crops of
training."""

VERIFY_WINDOW_SCALE = 4.0
"""Side of the window in which the full-range network verifies a doubtful face, in sides of its box: it judges
best when it sees head and shoulders."""

LARGE_VERIFY_SCORE = 0.75
"""The score that the short-range network must give a large face in the small window, if the full-range one
does not detect it even in the wide window. With both rules 298 of 303 faces that fill a picture are verified,
and none of 33 things in 2,120 pictures without people; a blurred shelf over a plain wall came to 0.73."""

SURE_SCORE = 0.8
"""Detections with a lower score are doubtful and must be verified: none of 85 false ones had more than 0.77,
but most small faces have."""


def is_large(face: Face, image: np.ndarray) -> bool:
    """Whether a face fills a good part, ``LARGE_FACE``, of the square that the networks see.

    image: (H, W, 3) uint8 RGB.
    """
    return face.box.width >= LARGE_FACE * max(image.shape[:2])


def are_small(faces: Iterable[Face], image: np.ndarray) -> bool:
    """Whether all faces are small (``SMALL_FACE``), or there are none. image: (H, W, 3) uint8 RGB."""
    return all(face.box.width < SMALL_FACE * max(image.shape[:2]) for face in faces)


def redetect_near(
    face: Face,
    detector: MediaPipeDetector,
    image: np.ndarray,
    window_scale: float = REFINE_WINDOW_SCALE,
    quarter_turns: int = 0,
) -> Face | None:
    """The same face as a detector finds it in a window around it; None where it finds none there.

    image: (H, W, 3) uint8 RGB.
    window_scale: the window's side in longer sides of the face's box.
    quarter_turns: how many times to turn the window by 90 degrees to the left before detection.
    """
    x, y = face.box.center
    half = max(window_scale * max(face.box.width, face.box.height) / 2, 1.0)
    near = detector.find(image, Box(x - half, y - half, x + half, y + half), quarter_turns)
    best = max(near, key=lambda other: intersection_over_union(other.box, face.box), default=None)
    return best if best is not None and is_same_face(best, face) else None


def is_verified(
    face: Face,
    full: MediaPipeDetector,
    short: MediaPipeDetector,
    image: np.ndarray,
    quarter_turns: int = 0,
) -> bool:
    """Whether re-detection verifies a face that only one network found, or found with a low score.

    It does where the full-range network detects the face in the wide window, and for a large face also where
    the short-range one gives it ``LARGE_VERIFY_SCORE`` in the small window. image, quarter_turns: see
    ``redetect_near``.
    """
    if is_large(face, image):
        near = redetect_near(face, short, image, quarter_turns=quarter_turns)
        if near is not None and near.score >= LARGE_VERIFY_SCORE:
            return True
    return redetect_near(face, full, image, VERIFY_WINDOW_SCALE, quarter_turns) is not None


def deduplicate_refined(faces: Sequence[Face], refined: Sequence[Face | None]) -> list[Face]:
    """The refined faces, each once, with the scores of the detections that they were refined from.

    refined: for each of ``faces`` the refined one, or None where it was not detected again.
    """
    pairs = zip(faces, refined, strict=True)
    return deduplicate([replace(near, score=face.score) for face, near in pairs if near is not None])
