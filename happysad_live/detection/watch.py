"""Faces of a film that a look at a whole frame misses: those far away, and those seen just before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Face
from happysad_live.detection.close_up import SURE_SCORE, SURROUNDINGS, is_large, seen_again
from happysad_live.detection.mediapipe_detector import MediaPipeDetector, is_new, merge_faces
from happysad_live.detection.tiles import tiles

SEARCH_INTERVAL_S = 1 / 12
"""How often a part of the picture is searched. Most have six: who comes is seen in half a second or so."""

CONFIRM_INTERVAL_S = 0.2
"""How often the full-range model is asked again about a face that it does not see in the whole frame."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A face of the frame before. confirmed_s: when the full-range model last saw it."""

    face: Face
    confirmed_s: float


class FaceWatch:
    """Remembers the faces of a film from frame to frame, and searches it part by part.

    A face of the frame before that a look at the whole frame misses is looked at close up, where it was.
    A part of the picture in turn is searched for faces that are too far away to be seen in the whole.
    So nearly all are seen down to 3 % of the picture's width, where a look at the whole frame sees hardly
    any under 5 %. What is no face is kept out as in photographs: both networks have to see one.

    Not thread safe: frames come one after the other.
    """

    def __init__(self, full: MediaPipeDetector, short: MediaPipeDetector, team: CoreTeam) -> None:
        self._full = full
        self._short = short
        self._team = team
        self.reset()

    def reset(self) -> None:
        """Forget every face: another film comes."""
        self._known: list[_Known] = []
        self._searched = 0
        self._searched_s = self._time_s = -np.inf

    def complete(self, image: np.ndarray, found: Sequence[Face], time_s: float) -> list[Face]:
        """All faces of a frame: those found in it as a whole, and the others; without what is none.

        image: (H, W, 3) uint8 RGB. found: what ``FaceFinder.find`` gave.
        time_s: the frame's time; when it runs backwards, the film begins anew.
        """
        if time_s < self._time_s:
            self.reset()
        self._time_s = time_s
        found = self._without_doubtful(image, found)
        missed = [known for known in self._known if is_new(known.face, found)]
        again = self._team.map(lambda known: self._look_again(image, known), missed)
        seen = [_Known(face, time_s) for face in found] + [known for known in again if known]
        seen += [_Known(face, time_s) for face in self._search_part(image, [known.face for known in seen])]
        faces = merge_faces((), [known.face for known in seen])
        self._known = [known for known in seen if any(known.face is face for face in faces)]
        return faces

    def _without_doubtful(self, image: np.ndarray, found: Sequence[Face]) -> list[Face]:
        """Those found that are sure, or known already, or seen by both networks as well."""
        before = [known.face for known in self._known]

        def believed(face: Face) -> Face | None:
            if face.score >= SURE_SCORE or is_large(face, image) or not is_new(face, before):
                return face
            return self._confirmed(image, face)

        return [face for face in self._team.map(believed, found) if face]

    def _look_again(self, image: np.ndarray, known: _Known) -> _Known | None:
        if self._time_s - known.confirmed_s >= CONFIRM_INTERVAL_S:
            face = self._confirmed(image, known.face)
            return _Known(face, self._time_s) if face else None
        close_up = seen_again(known.face, self._short, image)
        return replace(known, face=replace(close_up, score=known.face.score)) if close_up else None

    def _confirmed(self, image: np.ndarray, face: Face) -> Face | None:
        """The face where both networks see it, with the score of the full-range one, the stricter one."""
        surroundings = seen_again(face, self._full, image, SURROUNDINGS)
        close_up = surroundings and seen_again(surroundings, self._short, image)
        return replace(close_up, score=surroundings.score) if surroundings and close_up else None

    def _search_part(self, image: np.ndarray, seen: Sequence[Face]) -> list[Face]:
        """The faces that are in the part whose turn it is, besides those seen."""
        parts = tiles(image.shape[1], image.shape[0])
        if not parts or self._time_s - self._searched_s < SEARCH_INTERVAL_S:
            return []
        self._searched_s = self._time_s
        self._searched += 1
        there = self._full.find(image, parts[self._searched % len(parts)])
        new = [face for face in there if is_new(face, seen) and not is_large(face, image)]
        return [face for face in self._team.map(lambda face: self._confirmed(image, face), new) if face]
