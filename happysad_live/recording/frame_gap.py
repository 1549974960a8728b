"""How long the last picture is shown, as no later one marks its end."""

from __future__ import annotations

DEFAULT_FRAME_RATE = 30.0
"""Frames a second where nothing better is known."""

_USUAL_GAP_S = 0.2
"""A gap counts up to this, or three times the one before if that is more: a source that gave no pictures for
a while does not say how long one is shown."""


class FrameGap:
    """The time between two frames that those so far let expect."""

    def __init__(self, frame_rate: float | None = None) -> None:
        """frame_rate: roughly how many frames a second will come; None where the first gap is to tell."""
        self._told = frame_rate is not None
        self.seconds = 1 / (DEFAULT_FRAME_RATE if frame_rate is None else max(frame_rate, 1e-3))
        """How long the last frame stays, as far as one can tell."""

    def add(self, gap_s: float) -> None:
        """Take the time between two frames that have come."""
        self.seconds = min(gap_s, max(3 * self.seconds, _USUAL_GAP_S)) if self._told else gap_s
        self._told = True
