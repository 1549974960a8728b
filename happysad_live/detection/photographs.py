"""Searching a photograph for faces: thoroughly, for it is one picture and there is time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.geometry import LEFT_EYE, RIGHT_EYE
from happysad_live.core.types import Box, Face
from happysad_live.detection.close_up import (
    SURE_SCORE,
    are_small,
    is_believed,
    is_large,
    once_each,
    seen_again,
)
from happysad_live.detection.mediapipe_detector import MediaPipeDetector, merge_faces, without_repeats
from happysad_live.detection.tiles import tiles

QUARTER_TURNS = range(4)

TURNED_LEAD = 0.1
"""A face in a photograph is taken to lie or to stand on its head where it scores higher by this when turned:
2 in 1000 upright faces do, 91 % of those turned by 90 degrees and 97 % of those on their heads."""

FINER_SHARES = (3, 4)
"""Where all faces are small, more of them are looked for in so many parts across."""

STILL_MARGIN = 0.3
"""In a photograph cut close around a face, a margin gives the detectors the surroundings that they
expect: short range finds 99 % of such faces with this one (on 150 faces of each kind)."""

MARGIN_SCORE = 0.62
"""So much is believed of a face that is seen only with it. Of 1,800 photographs of faces 45 needed it, and
4 had less and no second look that agreed; of 540 pictures without people 6 showed something with less."""


class PhotographSearch:
    """Finds the faces of a photograph, in all its parts and from all its sides. Thread safe."""

    def __init__(self, full: MediaPipeDetector, short: MediaPipeDetector, team: CoreTeam) -> None:
        self._full = full
        self._short = short
        self._team = team

    def find(self, image: np.ndarray) -> list[Face]:
        """The faces of a picture, best score first. image: (H, W, 3) uint8 RGB."""
        faces, turns = self._search(image), 0
        # Where the surest face lies, so does the photograph, as a rule.
        if faces and (turns := _quarter_turns(faces[0])):
            faces = _surest_first([*faces, *self._search(image, turns)])
        if are_small(faces, image):
            faces = _surest_first([*faces, *self._search_finer(image, turns)])
        return faces or self._search_with_margin(image) or self._search_from_the_sides(image)

    def _search(self, image: np.ndarray, turns: int = 0) -> list[Face]:
        """Look at the whole picture and at its parts. turns: to look at all of them from another side."""
        height, width = image.shape[:2]
        parts = [None, *tiles(width, height)]
        return self._look(
            image, [(detector, part) for detector in (self._full, self._short) for part in parts], turns
        )

    def _search_finer(self, image: np.ndarray, turns: int) -> list[Face]:
        """Look at smaller parts, for small faces."""
        height, width = image.shape[:2]
        parts = [part for share in FINER_SHARES for part in tiles(width, height, share)]
        return self._look(image, [(self._full, part) for part in parts], turns)

    def _look(
        self, image: np.ndarray, looks: Sequence[tuple[MediaPipeDetector, Box | None]], turns: int
    ) -> list[Face]:
        found = chain.from_iterable(self._team.map(lambda look: look[0].find(image, look[1], turns), looks))
        seen = _surest_first(found)
        believed = list(
            compress(seen, self._team.map(lambda face: self._is_believed(face, image, turns), seen))
        )
        return self._look_again(image, believed, turns)

    def _is_believed(self, face: Face, image: np.ndarray, turns: int = 0) -> bool:
        return face.score >= SURE_SCORE or is_believed(face, self._full, self._short, image, turns)

    def _search_from_the_sides(self, image: np.ndarray) -> list[Face]:
        """Search a photograph that lies or stands on its head, whose faces are too small to be seen so."""
        for turns in QUARTER_TURNS[1:]:
            faces = self._search(image, turns)
            # Looking from everywhere must not make a face of everything: one at least has to be sure.
            if any(face.score >= SURE_SCORE and not is_large(face, image) for face in faces):
                return faces
        return []

    def _search_with_margin(self, image: np.ndarray) -> list[Face]:
        """Look once more where nobody was seen: with a margin, and turned."""
        height, width = image.shape[:2]
        margin = STILL_MARGIN * max(width, height)
        wider = Box(-margin, -margin, width + margin, height + margin)
        for turns in QUARTER_TURNS:
            seen = merge_faces(self._short.find(image, wider, turns), self._full.find(image, wider, turns))
            least_score = SURE_SCORE if turns else MARGIN_SCORE
            seen = [
                face
                for face in seen
                if is_large(face, image)
                and (face.score >= least_score or (not turns and self._is_believed(face, image)))
            ]
            if faces := self._look_again(image, sorted(seen, key=_surest), turns):
                return faces
        return []

    def _look_again(self, image: np.ndarray, seen: Sequence[Face], expected_turns: int) -> list[Face]:
        """The faces as the short-range model sees them close up, from the side that each is clearest from.

        expected_turns: from where it is as a rule: people lie, and photographs do.
        """

        def close_up(face: Face) -> Face | None:
            looks = [seen_again(face, self._short, image, quarter_turns=turns) for turns in QUARTER_TURNS]
            scores = [look.score if look else 0.0 for look in looks]
            best = int(np.argmax(scores))
            look = looks[best if scores[best] > scores[expected_turns] + TURNED_LEAD else expected_turns]
            # What fills the picture is seldom none, even where only one of the models knows it.
            return face if look is None and is_large(face, image) else look

        return once_each(seen, self._team.map(close_up, seen))


def _quarter_turns(face: Face) -> int:
    """How often to turn a face by 90 degrees to the left until it is upright, 0..3."""
    across = face.keypoints[LEFT_EYE] - face.keypoints[RIGHT_EYE]
    return round(float(np.arctan2(across[1], across[0])) / (np.pi / 2)) % 4


def _surest(face: Face) -> float:
    """By this the surest face comes first."""
    return -face.score


def _surest_first(faces: Iterable[Face]) -> list[Face]:
    """The best score first, without further sights of the same face."""
    return without_repeats(sorted(faces, key=_surest))
