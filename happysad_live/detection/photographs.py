"""Searching a photograph for faces: thoroughly, for it is one picture and there is time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.geometry import LEFT_EYE, RIGHT_EYE
from happysad_live.core.types import Box, Face
from happysad_live.detection.mediapipe_detector import MediaPipeDetector
from happysad_live.detection.redetection import (
    SURE_SCORE,
    are_small,
    deduplicate_refined,
    is_large,
    is_verified,
    redetect_near,
)
from happysad_live.detection.same_face import deduplicate, merge_faces
from happysad_live.detection.tiles import longer_side_px, tiles

QUARTER_TURNS = range(4)

TURNED_LEAD = 0.1
"""A face in a photograph is taken to lie or to stand on its head where it scores higher by this when turned:
2 in 1000 upright faces do, 91 % of those turned by 90 degrees and 97 % of those on their heads."""

FINER_TILES_ACROSS = (3, 4)
"""How many tiles lie side by side in each further search, which follows where all faces found are small, or
none was found."""

CROWD_TILES_ACROSS = (8,)
"""The last search, where somebody is found who is as small as ``CROWD_FACE``."""

CROWD_FACE = 0.04
"""Below this width, as a share of ``longer_side_px``, a face is one of a crowd, which has smaller ones. Of
372 faces of 1 to 2 % in mosaics of photographs, the last search finds 97 %; without it, 20 % are found."""

STILL_MARGIN = 0.3
"""The margin around a photograph, as a share of its longer side. Around a face cut out closely, it gives the
detectors the surroundings that they expect: short range finds 99 % of such faces (of 150 of each kind)."""

MARGIN_SCORE = 0.62
"""From this score on, a face that is detected only with the margin is not verified. Of 1,800 photographs
of faces 45 needed the margin, and 4 had less and failed verification; of 540 pictures without people 6 showed
something with less."""


class PhotographSearch:
    """Finds the faces of a photograph, in all its tiles and turned to all sides. Thread safe."""

    def __init__(self, full: MediaPipeDetector, short: MediaPipeDetector, team: CoreTeam) -> None:
        self._full = full
        self._short = short
        self._team = team

    def find(self, image: np.ndarray) -> list[Face]:
        """The faces of a picture, best score first. image: (H, W, 3) uint8 RGB."""
        faces, turns = self._search(image), 0
        # Where the face with the best score lies on its side, the photograph mostly does.
        if faces and (turns := _quarter_turns(faces[0])):
            faces = _non_max_suppression([*faces, *self._search(image, turns)])
        if are_small(faces, image):
            faces = self._search_finer(image, faces, turns, FINER_TILES_ACROSS)
            if _show_crowd(faces, image):
                faces = self._search_finer(image, faces, turns, CROWD_TILES_ACROSS)
        return faces or self._search_with_margin(image) or self._search_turned(image)

    def _search(self, image: np.ndarray, turns: int = 0) -> list[Face]:
        """Search the whole picture and its tiles. turns: quarter turns to the left of each, before that."""
        height, width = image.shape[:2]
        windows = [None, *tiles(width, height)]
        passes = [(detector, window) for detector in (self._full, self._short) for window in windows]
        return self._detect(image, passes, turns)

    def _search_finer(
        self, image: np.ndarray, faces: Sequence[Face], turns: int, tiles_across: Sequence[int]
    ) -> list[Face]:
        """Search smaller tiles, for small faces. faces: those found so far.

        tiles_across: of each search, see ``across`` of ``tiles``.
        """
        height, width = image.shape[:2]
        windows = [tile for across in tiles_across for tile in tiles(width, height, across)]
        # Of a low panorama, tiles of several sizes may be the same.
        passes = [(self._full, window) for window in dict.fromkeys(windows)]
        return _non_max_suppression([*faces, *self._detect(image, passes, turns)])

    def _detect(
        self, image: np.ndarray, passes: Sequence[tuple[MediaPipeDetector, Box | None]], turns: int
    ) -> list[Face]:
        """Run all stages on what each detector finds in its window, or with None in the whole picture."""
        found = self._team.map(lambda one: one[0].find(image, one[1], turns), passes)
        faces = _non_max_suppression(chain.from_iterable(found))
        verified = self._team.map(lambda face: self._is_sure_or_verified(face, image, turns), faces)
        return self._refine_and_orient(image, list(compress(faces, verified)), turns)

    def _is_sure_or_verified(self, face: Face, image: np.ndarray, turns: int = 0) -> bool:
        return face.score >= SURE_SCORE or is_verified(face, self._full, self._short, image, turns)

    def _search_turned(self, image: np.ndarray) -> list[Face]:
        """Search a photograph that lies on its side or its head, with faces too small to be found so."""
        for turns in QUARTER_TURNS[1:]:
            faces = self._search(image, turns)
            # Searching from every side must not make a face of everything: one at least has to be sure.
            if any(face.score >= SURE_SCORE and not is_large(face, image) for face in faces):
                return faces
        return []

    def _search_with_margin(self, image: np.ndarray) -> list[Face]:
        """Search for large faces with a margin around the picture, upright and turned."""
        height, width = image.shape[:2]
        margin = STILL_MARGIN * max(width, height)
        wider = Box(-margin, -margin, width + margin, height + margin)
        for turns in QUARTER_TURNS:
            faces = merge_faces(self._short.find(image, wider, turns), self._full.find(image, wider, turns))
            least_score = SURE_SCORE if turns else MARGIN_SCORE
            faces = [
                face
                for face in faces
                if is_large(face, image)
                and (face.score >= least_score or (not turns and self._is_sure_or_verified(face, image)))
            ]
            if faces := self._refine_and_orient(image, sorted(faces, key=_by_score), turns):
                return faces
        return []

    def _refine_and_orient(self, image: np.ndarray, faces: Sequence[Face], expected_turns: int) -> list[Face]:
        """The faces with refined keypoints, each turned as the short-range network scores it best.

        expected_turns: the quarter turns to the left that make most faces upright, as photographs may lie.
        Another number must score better by ``TURNED_LEAD``, as for somebody who lies.
        """

        def refine(face: Face) -> Face | None:
            turned = [redetect_near(face, self._short, image, quarter_turns=turns) for turns in QUARTER_TURNS]
            scores = [near.score if near else 0.0 for near in turned]
            best = int(np.argmax(scores))
            near = turned[best if scores[best] > scores[expected_turns] + TURNED_LEAD else expected_turns]
            # What fills the picture is mostly a face, even where only one of the networks detects it.
            return face if near is None and is_large(face, image) else near

        return deduplicate_refined(faces, self._team.map(refine, faces))


def _show_crowd(faces: Iterable[Face], image: np.ndarray) -> bool:
    height, width = image.shape[:2]
    return any(face.box.width < CROWD_FACE * longer_side_px(width, height) for face in faces)


def _quarter_turns(face: Face) -> int:
    """How often to turn a face by 90 degrees to the left until it is upright, 0..3."""
    across = face.keypoints[LEFT_EYE] - face.keypoints[RIGHT_EYE]
    return round(float(np.arctan2(across[1], across[0])) / (np.pi / 2)) % 4


def _by_score(face: Face) -> float:
    """A key that puts the best score first."""
    return -face.score


def _non_max_suppression(faces: Iterable[Face]) -> list[Face]:
    """The faces, best score first, and of several detections of the same face only the best."""
    return deduplicate(sorted(faces, key=_by_score))
