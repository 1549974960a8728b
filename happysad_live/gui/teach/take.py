"""A few seconds of one expression, collected frame by frame; no Qt."""

from __future__ import annotations

import numpy as np

from happysad_live.core.geometry import face_size_px
from happysad_live.core.types import Face, FrameResult
from happysad_live.detection.crop import crop_face

LEAD_S = 3.0
"""Counted down before anything is collected: time to make the face."""

TAKE_S = 6.0

MAX_PAUSE_S = 1.0
"""The longest time between two frames that counts. During a longer one, as when a camera does not answer, the
take stands still."""

MAX_PER_S = 15.0
"""How many pictures a second are collected at most: more would be nearly the same picture."""


class Take:
    """Collects the crops of the largest face in the picture.

    Its clock is that of the frames: while the picture stands still, so does the take.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.face_seen = True
        """Whether the newest frame showed a face."""
        self.alone = True
        """Whether the newest frame showed no other face."""
        self._begin_s: float | None = None
        self._now_s = 0.0
        self._times_s: list[float] = []
        self._crops: list[np.ndarray] = []

    def add(self, result: FrameResult) -> None:
        """Take in the next labelled frame; frames after the end are ignored."""
        if self.done:
            return
        now_s = result.frame.captured_at_s
        if self._begin_s is None:
            self._begin_s = now_s + LEAD_S
        elif now_s - self._now_s > MAX_PAUSE_S:
            self._begin_s += now_s - self._now_s
        self._now_s = now_s
        self.face_seen, self.alone = bool(result.faces), len(result.faces) < 2
        last_s = self._times_s[-1] if self._times_s else -np.inf
        if not self.collecting or not self.face_seen or now_s - last_s < 1 / MAX_PER_S:
            return
        face: Face = max((found.face for found in result.faces), key=face_size_px)
        self._times_s.append(now_s)
        self._crops.append(crop_face(result.frame.image, face))

    @property
    def countdown(self) -> int:
        """Whole seconds until collecting begins, 0 once it has."""
        left_s = LEAD_S if self._begin_s is None else self._begin_s - self._now_s
        return max(int(np.ceil(left_s)), 0)

    @property
    def collecting(self) -> bool:
        return self._begin_s is not None and self._now_s >= self._begin_s

    @property
    def share(self) -> float:
        """How much of the time to collect is over, 0..1."""
        return 0.0 if self._begin_s is None else min(max((self._now_s - self._begin_s) / TAKE_S, 0.0), 1.0)

    @property
    def done(self) -> bool:
        return self.share >= 1.0

    @property
    def times_s(self) -> np.ndarray:
        """(N,) float64, when each crop was captured, by ``time.perf_counter()``."""
        return np.array(self._times_s, np.float64)

    @property
    def crops(self) -> np.ndarray:
        """(N, 256, 256, 3) uint8 RGB; at least one must have been collected."""
        return np.stack(self._crops)
