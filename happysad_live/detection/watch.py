"""Faces of a video that a look at a whole frame misses: those far away, and those seen just before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Box, Face
from happysad_live.detection.close_up import (
    SURE_SCORE,
    SURROUNDINGS,
    are_small,
    is_believed,
    is_large,
    seen_again,
)
from happysad_live.detection.mediapipe_detector import MediaPipeDetector, is_new, merge_faces, without_repeats
from happysad_live.detection.tiles import tiles

SEARCH_INTERVAL_S = 1 / 12
"""How often a part of the picture is searched. Most have six of a half its width, and 15 of a third: who
comes is seen within half a second, from far away within two and a half."""

MAX_PARTS = 3
"""Where frames come seldom, several parts are due with each, but no more than these."""

EVERY_TURN = {2: 1, 3: 2}
"""How many turns pass until the next part of a size is searched, by how many of them lie side by side: people
who are far away approach slowly. Where somebody is near, only halves are searched."""

REMEMBERED_S = 0.3
"""For so long a face that is not seen is still looked for where it was: people blink, and pictures blur."""

CONFIRM_INTERVAL_S = 0.2
"""How often the full-range model is asked again about a face that it does not see in the whole frame, or
sees there doubtfully."""

MAX_CONFIRMED = 4
"""At most so many known faces are confirmed in one frame, lest a crowd delay every sixth frame."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A face of the frames before, equal to itself only.

    seen_s: when it was last seen; confirmed_s: by the full-range model, or -inf.
    """

    face: Face
    seen_s: float
    confirmed_s: float


class FaceWatch:
    """Remembers the faces of a video from frame to frame, and searches it part by part.

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
        self._known: list[_Known] = []
        self._next_turn = 0
        self._searching: Future[list[Face]] | None = None  # from begin until complete
        self._last_s = self._searched_s = -np.inf
        """The time of the last frame that was completed, and up to which parts have had their turns."""

    def reset(self) -> None:
        """Forget every face: another source or shot comes."""
        self._next_turn = 0
        self._forget()

    @property
    def known(self) -> tuple[Face, ...]:
        """The faces of the last frame, for another watch to go on from."""
        return tuple(known.face for known in self._known if known.seen_s == self._last_s)

    def take_over(self, faces: Sequence[Face]) -> None:
        """Look for the faces that another watch has seen."""
        self._forget()
        self._known = [_Known(face, self._last_s, confirmed_s=-np.inf) for face in faces]

    def begin(self, image: np.ndarray, time_s: float) -> None:
        """Search the parts of a frame that are due, on another core, before it is looked at as a whole.

        image: (H, W, 3) uint8 RGB, which ``complete`` takes, too; it does this where it was not done.
        """
        self._searching = self._search(image, time_s)

    def complete(self, image: np.ndarray, found: Sequence[Face], time_s: float) -> list[Face]:
        """All faces of a frame: those found in it as a whole, and the others; without what is none.

        image: (H, W, 3) uint8 RGB. found: what ``FaceFinder.find`` gave.
        time_s: the frame's time; when it runs backwards, every face is new.
        """
        searching = self._searching or self._search(image, time_s)
        before = [known for known in self._known if self._is_remembered(known, time_s)]
        self._searching, self._last_s = None, time_s
        seen = self._believed(image, found, before, time_s)
        missed = [known for known in before if _is_new(known, seen)]
        seen += self._seen_again(image, missed, time_s)
        seen += self._new_ones(image, searching.result(), seen, time_s)
        faces = without_repeats([known.face for known in seen])
        self._known = [known for known in seen if any(known.face is face for face in faces)]
        self._known += [known for known in missed if _is_new(known, self._known)]
        return faces

    def _forget(self) -> None:
        self._known = []
        self._last_s = self._searched_s = -np.inf
        self._searching = None

    def _search(self, image: np.ndarray, time_s: float) -> Future[list[Face]]:
        """Begin to search the parts that are due, with everything forgotten where time runs backwards."""
        if time_s < self._last_s:
            self._forget()
        parts = self._parts_due(image, time_s)
        return self._team.begin(lambda: [face for part in parts for face in self._full.find(image, part)])

    def _is_remembered(self, known: _Known, time_s: float) -> bool:
        """Whether to look for it: it was in the very last frame, however long ago that was, or lately."""
        return known.seen_s == self._last_s or time_s - known.seen_s <= REMEMBERED_S

    def _believed(
        self, image: np.ndarray, found: Sequence[Face], before: Sequence[_Known], time_s: float
    ) -> list[_Known]:
        """Those found, without what is no face."""
        doubtful = [face for face in found if face.score < SURE_SCORE]
        again = [known for known in before if not is_new(known.face, doubtful)]
        due = _due([known for known in again if not is_large(known.face, image)], time_s)
        trusted = [known for known in again if known not in due]
        judged = self._team.map(lambda face: self._judge(image, face, trusted, time_s), found)
        return [known for known in judged if known]

    def _judge(
        self, image: np.ndarray, face: Face, trusted: Sequence[_Known], time_s: float
    ) -> _Known | None:
        """A face found, where it is sure, known and trusted, or confirmed now; None where it is refused."""
        if face.score >= SURE_SCORE:
            return _Known(face, time_s, confirmed_s=time_s)
        for known in trusted:
            if not is_new(face, [known.face]):
                return _Known(face, time_s, known.confirmed_s)
        if is_large(face, image):  # which the short-range model may be the only one to see
            is_one = is_believed(face, self._full, self._short, image)
            return _Known(face, time_s, confirmed_s=-np.inf) if is_one else None
        return self._confirmed(image, face, time_s)

    def _seen_again(self, image: np.ndarray, missed: Sequence[_Known], time_s: float) -> list[_Known]:
        """Those of the faces before that are still where they were."""
        due = _due(missed, time_s)

        def look(known: _Known) -> _Known | None:
            if known in due:
                return self._confirmed(image, known.face, time_s)
            close_up = seen_again(known.face, self._short, image)
            if close_up is None:
                return None
            face = replace(close_up, score=min(close_up.score, known.face.score))
            return _Known(face, time_s, known.confirmed_s)

        return [known for known in self._team.map(look, missed) if known]

    def _confirmed(self, image: np.ndarray, face: Face, time_s: float) -> _Known | None:
        """The face where both networks see it, with the score of the full-range one, the stricter one."""
        surroundings = seen_again(face, self._full, image, SURROUNDINGS)
        close_up = surroundings and seen_again(surroundings, self._short, image)
        if surroundings is None or close_up is None:
            return None
        return _Known(replace(close_up, score=surroundings.score), time_s, confirmed_s=time_s)

    def _new_ones(
        self, image: np.ndarray, there: Sequence[Face], seen: Sequence[_Known], time_s: float
    ) -> list[_Known]:
        """Those that the search of a part has found besides those seen."""
        faces = [known.face for known in seen]
        new = [face for face in merge_faces(faces, there)[len(faces) :] if not is_large(face, image)]
        confirmed = self._team.map(lambda face: self._confirmed(image, face, time_s), new)
        return [known for known in confirmed if known]

    def _parts_due(self, image: np.ndarray, time_s: float) -> list[Box]:
        """Those whose turn it is; all with the first frame."""
        turns = self._turns_due(time_s)
        if turns is not None and not turns:
            return []
        height, width = image.shape[:2]
        shares = EVERY_TURN if are_small((known.face for known in self._known), image) else (2,)
        parts: list[Box] = []
        for share in shares:
            ring, every = tiles(width, height, share), EVERY_TURN[share]
            if turns is None:
                parts += ring
            elif ring:
                parts += [ring[turn // every % len(ring)] for turn in turns if turn % every == 0]
        return parts

    def _turns_due(self, time_s: float) -> range | None:
        """The numbers of the turns since the last frame; None with the first frame."""
        if np.isinf(self._searched_s):
            self._searched_s = time_s
            return None
        # Times in whole milliseconds may come a little early.
        due = int((time_s - self._searched_s) / SEARCH_INTERVAL_S + 0.02)
        self._searched_s = time_s if due > MAX_PARTS else self._searched_s + due * SEARCH_INTERVAL_S
        turns = range(self._next_turn, self._next_turn + min(due, MAX_PARTS))
        self._next_turn = turns.stop
        return turns


def _due(known: Sequence[_Known], time_s: float) -> list[_Known]:
    """Those about whom the full-range model is to be asked again in this frame, the longest ago first."""
    due = [one for one in known if time_s - one.confirmed_s >= CONFIRM_INTERVAL_S]
    return sorted(due, key=lambda one: one.confirmed_s)[:MAX_CONFIRMED]


def _is_new(known: _Known, others: Sequence[_Known]) -> bool:
    return is_new(known.face, [other.face for other in others])
