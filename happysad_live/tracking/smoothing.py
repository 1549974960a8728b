"""Probabilities averaged over time, and labels that change only when another clearly leads."""

from __future__ import annotations

import math

import numpy as np

from happysad_live.core.types import UNSURE

SMOOTHING_S = 0.2
"""Time constant of the exponential average: after it, a sudden change has come through to 63 %."""

LABEL_LEAD = 0.12
"""By how much another label's probability must lead before the shown label changes."""

UNSURE_AFTER_S = 0.25
"""How long the shown label must stay under the threshold before a face is called unsure. From one expression
to another, the probabilities pass each other for one to four frames, which is no doubt; nor is a single frame
where there are four or more a second."""

UNSURE_LEAD = 0.05
"""How far above the threshold an unsure face must come before it is named again; half the way to 1 is
always enough."""

SETTLED_S = 0.3
"""How long a label stays before it may change again: one that is shown for less flickers, unread."""


class LabelSmoother:
    """One face's probabilities over time, and the label to show for it."""

    def __init__(self, labels: tuple[str, ...], threshold: float) -> None:
        self._labels = labels
        self._threshold = threshold
        self._probabilities: np.ndarray | None = None
        self._time_s = 0.0
        self._best = 0
        self._unsure = False
        self._sure_s = 0.0
        """When the label ``_best`` last reached the threshold."""
        self._changed_s = 0.0
        """When the label that is shown came."""

    def skip_gap(self, missed_s: float) -> None:
        """Leave a gap, in which frames did not show the face, out of the time that passed.

        So the gap does not count as doubt, and the next frame does not outweigh what was seen before it.
        """
        self._time_s, self._sure_s = self._time_s + missed_s, self._sure_s + missed_s

    def update(self, raw: np.ndarray, time_s: float) -> tuple[str, np.ndarray]:
        """Take in one frame's probabilities, (K,) float32, at that time.

        Returns the label to show and the smoothed probabilities, (K,) float32. The average depends
        on the time that passed, not on the number of frames, so 15 and 60 frames a second behave
        alike.
        """
        if self._probabilities is None:
            self._probabilities = raw.astype(np.float32)
            self._best = int(raw.argmax())
            self._unsure = bool(raw.max() < self._threshold)
            self._sure_s = self._changed_s = time_s
        else:
            weight = 1 - math.exp(-max(time_s - self._time_s, 0.0) / SMOOTHING_S)
            self._probabilities = self._probabilities + np.float32(weight) * (raw - self._probabilities)
            if self._probabilities[self._best] >= self._threshold:
                self._sure_s = time_s
            if time_s - self._changed_s >= SETTLED_S and self._choose(self._probabilities, time_s):
                self._changed_s = time_s
        self._time_s = time_s
        return (UNSURE if self._unsure else self._labels[self._best]), self._probabilities

    def _choose(self, probabilities: np.ndarray, time_s: float) -> bool:
        """Choose the label to show; returns whether it is another one."""
        leader = int(probabilities.argmax())
        if self._unsure:
            # An unsure face has no shown label to defend.
            self._best = leader
            margin = min(UNSURE_LEAD, (1 - self._threshold) / 2)
            self._unsure = bool(probabilities[leader] < self._threshold + margin)
            return not self._unsure
        is_named = probabilities[leader] >= self._threshold
        if is_named and probabilities[leader] > probabilities[self._best] + LABEL_LEAD:
            self._best = leader
            return True
        self._unsure = time_s - self._sure_s > UNSURE_AFTER_S
        return self._unsure
