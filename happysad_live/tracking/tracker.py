"""Numbering faces: who is new, who is the same, who has left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from happysad_live.core.types import UNSURE, Box, Face, LabelledFace
from happysad_live.tracking.assignment import assign
from happysad_live.tracking.smoothing import LabelSmoother

SHOWN_AT_ONCE_SCORE = 0.75
"""A face detected with this score is shown at once. On a cartoon's sky and title the detector fires
with 0.6 to 0.68, for a frame or two; faces seen by a webcam come with 0.75 and more."""

HITS_TO_CONFIRM = 3
CONFIRM_S = 0.06
"""A doubtful face must be found in so many frames in a row, and for so long, before it is shown: in three
frames of 30 a second."""

CONFIRM_SELDOM_S = 0.25
"""Where frames are so far apart, two of them confirm a doubtful face."""

REACH = 0.9
"""How far from where it was expected a face may be found, in face widths."""

SELDOM_REACH_PER_S = 4.0
MAX_REACH = 2.5
"""Where frames are more than .1 s apart, a face may be further away, by so much for each second more, up to
``MAX_REACH``, in face widths: nobody can say how it moved."""

FORGET_S = 0.6
FORGET_GAPS = 2.5
"""A face missing for longer (the larger of so many seconds and so many gaps between frames) has left or is
covered. Until then it may have moved on."""

COVERED_S = 1.5
"""A face that a cup, a hand or a passer-by covers is found again where it was; after this time its number is
not used again, unless frames come so seldom that ``FORGET_GAPS`` of them last longer."""

NEAR_REACH = 0.5
"""Within so many of its widths a face is near where it was expected. Only there one that was covered is found
again. The others choose among what is near them first: so somebody who passes before a face, and is missed as
it shows up again, does not get its number."""

STANDSTILL_S = 4.0
"""How long a camera may send nothing. Whoever is seen after a longer pause may be somebody else."""

VELOCITY_SMOOTHING_S = 0.05
"""Time constant of the exponential average that is a face's velocity: a step within a millisecond, as where a
file's or a stream's frames bunch, must not count as great speed."""

MAX_PREDICTION_S = 0.2
MAX_PREDICTION = 0.5
"""For how many seconds, and how many face widths, a face is thought at most to have moved on since it was
seen."""

_State = Literal["seen", "missed", "covered", "gone"]
"""Seen in the very last frame; missed since, perhaps while it moved on; covered where it was; or gone."""


@dataclass(slots=True, eq=False)
class _Track:
    """A face that is followed, equal to itself only.

    box: where it was seen last, at ``seen_s``. first_s: when it was seen first. hits: in how many frames.
    number: None as long as it is too doubtful to be shown. velocity: of its middle, in pixels a second.
    """

    box: Box
    smoother: LabelSmoother
    seen_s: float
    first_s: float
    hits: int = 0
    number: int | None = None
    velocity: tuple[float, float] = (0.0, 0.0)

    def predicted(self, time_s: float) -> Box:
        """Where the face should be now, moving on as it did."""
        elapsed_s = min(time_s - self.seen_s, MAX_PREDICTION_S)
        farthest = MAX_PREDICTION * self.box.width
        dx, dy = (max(-farthest, min(speed * elapsed_s, farthest)) for speed in self.velocity)
        return Box(self.box.x0 + dx, self.box.y0 + dy, self.box.x1 + dx, self.box.y1 + dy)

    def move(self, box: Box, time_s: float) -> None:
        elapsed_s = time_s - self.seen_s
        if elapsed_s > 0:
            old_x, old_y = self.box.center
            new_x, new_y = box.center
            keep = math.exp(-elapsed_s / VELOCITY_SMOOTHING_S)
            self.velocity = (
                keep * self.velocity[0] + (1 - keep) * (new_x - old_x) / elapsed_s,
                keep * self.velocity[1] + (1 - keep) * (new_y - old_y) / elapsed_s,
            )
        self.box, self.seen_s = box, time_s


class FaceTracker:
    """Gives each face a number that it keeps while it is in the picture, and steadies its label."""

    def __init__(self, labels: tuple[str, ...], threshold: float) -> None:
        """labels and threshold: those of the model whose probabilities will come."""
        self._labels = labels
        self._threshold = threshold
        self.reset()

    def reset(self) -> None:
        """Begin anew, numbering included: another source comes."""
        self._tracks: list[_Track] = []
        self._next_number = 1
        self._time_s = -math.inf
        self._gap_s = self._last_gap_s = math.inf
        """The shorter of the last two gaps between frames, as a source may stand still; and the last one."""

    def forget_faces(self) -> None:
        """Take every face as new, for another shot. Numbers go on: within a source none means two people."""
        self._tracks = []

    def take_over(self, before: FaceTracker) -> None:
        """Keep the numbers that another tracker has given: the labels come from another model now."""
        self._tracks = [
            replace(track, smoother=LabelSmoother(self._labels, self._threshold)) for track in before._tracks
        ]
        self._next_number, self._time_s = before._next_number, before._time_s
        self._last_gap_s = before._last_gap_s

    def update(self, faces: Sequence[Face], raw: np.ndarray, time_s: float) -> tuple[LabelledFace, ...]:
        """Take in one frame's faces.

        raw: (N, K) float32, the model's probabilities, a row for each face.
        time_s: the frame's time; when it runs backwards, every face is new.

        Returns the faces to show, by number. A doubtful detection is held back until it has lasted.
        """
        if time_s < self._time_s:
            self.forget_faces()
        gap_s = abs(time_s - self._time_s)
        self._gap_s, self._last_gap_s = min(gap_s, self._last_gap_s), gap_s
        self._tracks = [track for track in self._tracks if self._state(track, time_s) != "gone"]
        self._time_s = time_s
        tracks = self._match(faces, time_s)
        # From left to right, so that people who come together are numbered as one would count them.
        seen = sorted(zip(tracks, faces, raw, strict=True), key=lambda entry: entry[1].box.x0)
        shown = [self._labelled(track, face, row, time_s) for track, face, row in seen]
        return tuple(sorted((face for face in shown if face), key=lambda face: face.track or 0))

    def _match(self, faces: Sequence[Face], time_s: float) -> list[_Track]:
        """The track of each face, new ones made for faces without."""
        matched = self._match_known([face.box for face in faces], time_s)
        tracks = []
        for index, face in enumerate(faces):
            track = matched.get(index)
            if track is None:
                smoother = LabelSmoother(self._labels, self._threshold)
                track = _Track(face.box, smoother, seen_s=time_s, first_s=time_s)
                self._tracks.append(track)
            else:
                track.smoother.skip_gap(max(time_s - track.seen_s - self._last_gap_s, 0.0))
                track.move(face.box, time_s)
            tracks.append(track)
        return tracks

    def _match_known(self, boxes: Sequence[Box], time_s: float) -> dict[int, _Track]:
        """Tracks by the index of the box that is theirs.

        Those seen in the last frame choose first, so that somebody who passes before a face does not get its
        number. Then come those missed lately, and those covered. Only what is near none of them may be
        further away from where it was expected.
        """
        reach = min(REACH + SELDOM_REACH_PER_S * max(self._gap_s - 0.1, 0.0), MAX_REACH)
        states = [self._state(track, time_s) for track in self._tracks]
        matched: dict[int, _Track] = {}
        near = ("seen", NEAR_REACH), ("missed", NEAR_REACH), ("covered", NEAR_REACH)
        for wanted, within in (*near, ("seen", reach), ("missed", reach)):
            known = zip(self._tracks, states, strict=True)
            tracks = [track for track, state in known if state == wanted and track not in matched.values()]
            expected = [track.box if wanted == "covered" else track.predicted(time_s) for track in tracks]
            left = [index for index in range(len(boxes)) if index not in matched]
            pairs = assign(expected, [boxes[index] for index in left], within)
            matched |= {left[box]: tracks[track] for track, box in pairs}
        return matched

    def _labelled(self, track: _Track, face: Face, raw: np.ndarray, time_s: float) -> LabelledFace | None:
        track.hits += 1
        label, probabilities = track.smoother.update(raw, time_s)
        if track.number is None:
            if face.score < SHOWN_AT_ONCE_SCORE and not _has_lasted(track, time_s):
                return None
            track.number = self._next_number
            self._next_number += 1
        confidence = probabilities.max() if label == UNSURE else probabilities[self._labels.index(label)]
        return LabelledFace(face, label, float(confidence), probabilities, raw, track.number)

    def _state(self, track: _Track, time_s: float) -> _State:
        """What has become of a known face when a frame comes, which may show it again unless it is gone."""
        missed_s = time_s - track.seen_s
        forget_s = max(FORGET_S, FORGET_GAPS * self._gap_s)
        if missed_s <= self._last_gap_s:
            # It was in the last frame; but a source that stood still for long may show somebody else.
            return "seen" if missed_s <= max(STANDSTILL_S, forget_s) else "gone"
        if track.number is None:
            return "gone"  # a doubtful face may not miss a single frame
        if missed_s <= forget_s:
            return "missed"
        return "covered" if missed_s <= COVERED_S else "gone"


def _has_lasted(track: _Track, time_s: float) -> bool:
    lasted_s = time_s - track.first_s
    return lasted_s >= CONFIRM_S and (track.hits >= HITS_TO_CONFIRM or lasted_s >= CONFIRM_SELDOM_S)
