"""Whether two detections are of the same face, and keeping each face once."""

from __future__ import annotations

from collections.abc import Sequence

from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Face

_SAME_FACE_OVERLAP = 0.3


def is_same_face(a: Face, b: Face) -> bool:
    """Whether two detections are of one face: their boxes overlap well, as intersection over union."""
    return intersection_over_union(a.box, b.box) >= _SAME_FACE_OVERLAP


def merge_faces(found: Sequence[Face], more: Sequence[Face]) -> list[Face]:
    """All of ``found``, and those of ``more`` that are other faces."""
    merged = list(found)
    for face in more:
        if is_new(face, merged):
            merged.append(face)
    return merged


def deduplicate(faces: Sequence[Face]) -> list[Face]:
    """Each face once, as first detected; if the best score comes first, this is non-maximum suppression."""
    return merge_faces((), faces)


def is_new(face: Face, others: Sequence[Face]) -> bool:
    """Whether a face is none of the others."""
    return not any(is_same_face(face, other) for other in others)
