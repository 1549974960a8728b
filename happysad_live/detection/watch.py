"""Faces of a video that full-frame detection misses: those far away, and those of the frames before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Box, Face
from happysad_live.detection.mediapipe_detector import MediaPipeDetector
from happysad_live.detection.redetection import (
    SURE_SCORE,
    VERIFY_WINDOW_SCALE,
    are_small,
    is_large,
    is_verified,
    redetect_near,
)
from happysad_live.detection.same_face import deduplicate, is_new, is_same_face, merge_faces
from happysad_live.detection.tiles import tiles

SEARCH_INTERVAL_S = 1 / 12
"""The length of a turn, see ``TURNS_PER_TILE``. Pictures of 16:9 have six tiles of a half their width, and 15
of a third: who comes is found within half a second, from far away within two and a half."""

MAX_TURNS = 3
"""How many turns may fall to one frame, where frames come seldom; each searches a tile of every size due."""

TURNS_PER_TILE = {2: 1, 3: 2}
"""Every how many turns a tile of a size is searched, by how many of that size lie side by side: people who
are far away approach slowly. Where somebody is near, only halves are searched."""

REMEMBERED_S = 0.3
"""How long a face that is missed is still looked for where it was: people blink, and pictures blur."""

VERIFY_INTERVAL_S = 0.2
"""How often the full-range network verifies a known face that it does not find in the whole frame, or finds
there with a low score."""

MAX_VERIFIED = 4
"""How many of the known faces that are found, and how many of those that are missed, are verified in one
frame at most, lest a crowd delay every sixth frame."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A face of the frames before, equal to itself only.

    seen_s: when it was last detected. verified_s: when it was last verified by the full-range network, or
        sure; -inf for never.
    """

    face: Face
    seen_s: float
    verified_s: float


class FaceWatch:
    """Remembers the faces of a video from frame to frame, and searches it tile by tile.

    A face of the frame before that full-frame detection misses is detected again near where it was. The
    tiles of the picture in turn are searched for faces that are too far away for full-frame detection. So
    nearly all are found down to 3 % of the picture's width, where full-frame detection finds less than
    half. Doubtful detections are verified as in photographs.

    Not thread safe: frames come one after the other.
    """

    def __init__(self, full: MediaPipeDetector, short: MediaPipeDetector, team: CoreTeam) -> None:
        self._full = full
        self._short = short
        self._team = team
        self._known: list[_Known] = []
        self._next_turn = 0
        self._searching: Future[list[Face]] | None = None  # the tile search, from begin until complete
        self._last_s = self._searched_s = -np.inf
        """When the last completed frame was, and up to which time tiles have had their turns."""

    def reset(self) -> None:
        """Forget every face: another source or shot comes."""
        self._next_turn = 0
        self._forget()

    @property
    def known(self) -> tuple[Face, ...]:
        """The faces of the last frame, for another watch to go on from."""
        return tuple(known.face for known in self._known if known.seen_s == self._last_s)

    def take_over(self, faces: Sequence[Face]) -> None:
        """Go on from the faces that another watch knows."""
        self._forget()
        self._known = [_Known(face, self._last_s, verified_s=-np.inf) for face in faces]

    def begin(self, image: np.ndarray, time_s: float) -> None:
        """Search the tiles of a frame that are due, on another core, beside its full-frame detection.

        image: (H, W, 3) uint8 RGB, the same that ``complete`` gets. Without this call ``complete`` starts the
            search itself.
        """
        self._searching = self._search_tiles(image, time_s)

    def complete(self, image: np.ndarray, found: Sequence[Face], time_s: float) -> list[Face]:
        """All faces of a frame: those found in the whole of it, those missed, and those in tiles; verified.

        image: (H, W, 3) uint8 RGB. found: what ``FaceFinder.find`` gave.
        time_s: the frame's time; when it runs backwards, every face is new.
        """
        searching = self._searching or self._search_tiles(image, time_s)
        before = [known for known in self._known if self._is_remembered(known, time_s)]
        self._searching, self._last_s = None, time_s
        seen = self._verify_found(image, found, before, time_s)
        missed = [known for known in before if _is_new(known, seen)]
        seen += self._redetect_missed(image, missed, time_s)
        seen += self._verify_new(image, searching.result(), seen, time_s)
        faces = deduplicate([known.face for known in seen])
        self._known = [known for known in seen if any(known.face is face for face in faces)]
        self._known += [known for known in missed if _is_new(known, self._known)]
        return faces

    def _forget(self) -> None:
        self._known = []
        self._last_s = self._searched_s = -np.inf
        self._searching = None

    def _search_tiles(self, image: np.ndarray, time_s: float) -> Future[list[Face]]:
        """Begin to search the tiles that are due; where time runs backwards, forget everything first."""
        if time_s < self._last_s:
            self._forget()
        due = self._tiles_due(image, time_s)
        return self._team.begin(lambda: [face for tile in due for face in self._full.find(image, tile)])

    def _is_remembered(self, known: _Known, time_s: float) -> bool:
        """Whether to look for a face: it was seen in the very last frame, however long ago, or lately."""
        return known.seen_s == self._last_s or time_s - known.seen_s <= REMEMBERED_S

    def _verify_found(
        self, image: np.ndarray, found: Sequence[Face], before: Sequence[_Known], time_s: float
    ) -> list[_Known]:
        """The faces found in the whole frame, doubtful ones only where they are verified, now or lately."""
        doubtful = [face for face in found if face.score < SURE_SCORE]
        known_doubtful = [known for known in before if not is_new(known.face, doubtful)]
        due = _verification_due([one for one in known_doubtful if not is_large(one.face, image)], time_s)
        not_due = [known for known in known_doubtful if known not in due]
        verified = self._team.map(lambda face: self._verify_if_due(image, face, not_due, time_s), found)
        return [known for known in verified if known]

    def _verify_if_due(
        self, image: np.ndarray, face: Face, not_due: Sequence[_Known], time_s: float
    ) -> _Known | None:
        """The face found, if it is sure, known and not due, or verified now; None where that fails."""
        if face.score >= SURE_SCORE:
            return _Known(face, time_s, verified_s=time_s)
        for known in not_due:
            if is_same_face(face, known.face):
                return _Known(face, time_s, known.verified_s)
        if is_large(face, image):  # only the short-range network may see it
            verified = is_verified(face, self._full, self._short, image)
            return _Known(face, time_s, verified_s=-np.inf) if verified else None
        return self._verify_and_refine(image, face, time_s)

    def _redetect_missed(self, image: np.ndarray, missed: Sequence[_Known], time_s: float) -> list[_Known]:
        """Those of the missed faces that are detected again where they were."""
        due = _verification_due(missed, time_s)

        def redetect(known: _Known) -> _Known | None:
            if known in due:
                return self._verify_and_refine(image, known.face, time_s)
            near = redetect_near(known.face, self._short, image)
            if near is None:
                return None
            face = replace(near, score=min(near.score, known.face.score))
            return _Known(face, time_s, known.verified_s)

        return [known for known in self._team.map(redetect, missed) if known]

    def _verify_and_refine(self, image: np.ndarray, face: Face, time_s: float) -> _Known | None:
        """The face if both networks detect it again, with the score of the full-range one: it is stricter."""
        verified = redetect_near(face, self._full, image, VERIFY_WINDOW_SCALE)
        refined = verified and redetect_near(verified, self._short, image)
        if verified is None or refined is None:
            return None
        return _Known(replace(refined, score=verified.score), time_s, verified_s=time_s)

    def _verify_new(
        self, image: np.ndarray, in_tiles: Sequence[Face], seen: Sequence[_Known], time_s: float
    ) -> list[_Known]:
        """The faces that only the tile search has found, where they are verified."""
        faces = [known.face for known in seen]
        new = [face for face in merge_faces(faces, in_tiles)[len(faces) :] if not is_large(face, image)]
        verified = self._team.map(lambda face: self._verify_and_refine(image, face, time_s), new)
        return [known for known in verified if known]

    def _tiles_due(self, image: np.ndarray, time_s: float) -> list[Box]:
        """The tiles whose turn it is; all with the first frame."""
        turns = self._turns_due(time_s)
        if turns is not None and not turns:
            return []
        height, width = image.shape[:2]
        sizes = TURNS_PER_TILE if are_small((known.face for known in self._known), image) else (2,)
        due: list[Box] = []
        for across in sizes:
            ring, every = tiles(width, height, across), TURNS_PER_TILE[across]
            if turns is None:
                due += ring
            elif ring:
                due += [ring[turn // every % len(ring)] for turn in turns if turn % every == 0]
        return due

    def _turns_due(self, time_s: float) -> range | None:
        """The numbers of the turns since the last frame; None with the first frame."""
        if np.isinf(self._searched_s):
            self._searched_s = time_s
            return None
        # Times in whole milliseconds may come a little early.
        due = int((time_s - self._searched_s) / SEARCH_INTERVAL_S + 0.02)
        self._searched_s = time_s if due > MAX_TURNS else self._searched_s + due * SEARCH_INTERVAL_S
        turns = range(self._next_turn, self._next_turn + min(due, MAX_TURNS))
        self._next_turn = turns.stop
        return turns


def _verification_due(known: Sequence[_Known], time_s: float) -> list[_Known]:
    """The faces that the full-range network is to verify again now, those verified longest ago first."""
    due = [one for one in known if time_s - one.verified_s >= VERIFY_INTERVAL_S]
    return sorted(due, key=lambda one: one.verified_s)[:MAX_VERIFIED]


def _is_new(known: _Known, others: Sequence[_Known]) -> bool:
    return is_new(known.face, [other.face for other in others])
