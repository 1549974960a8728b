"""How many frames may wait to be labelled while a clip is recorded."""

from __future__ import annotations

from happysad_live.sources import SourceInfo

BACKLOG_FRAMES = 10
"""While a clip is recorded, a busy moment delays the picture by up to so many frames, but loses none."""

BACKLOG_BYTES = 80_000_000
"""The most memory for those frames, of which three in 4K fit; two are allowed whatever they take."""

BEHIND_S = 3.0
"""How long frames have to wait without a break, and some of them be lost, before the machine counts as too
slow for the camera; and how long none must be lost before it counts as fast enough again."""

TOO_MANY_LOST = 0.1
"""The share of lost frames that makes a machine too slow. One that just keeps up may let frames wait all the
time, but loses hardly any."""

PAUSE_S = 0.5
"""Frames that are further apart say nothing of the time between them."""


def backlog_frames(info: SourceInfo | None) -> int:
    """How many frames of a source may wait in a busy moment, by their size. info: None while not known."""
    frame_bytes = max(3 * info.width * info.height, 1) if info else 1
    return min(max(BACKLOG_BYTES // frame_bytes, 2), BACKLOG_FRAMES)


class Backlog:
    """Lets some frames wait through a busy moment, but only the newest where the machine is always too slow.

    A queue that never empties loses as many frames as one of a single frame, and only delays the picture.

    depth: how many may wait now.
    """

    def __init__(self, frames: int) -> None:
        """frames: how many may wait in a busy moment."""
        self.depth = frames
        self._frames = frames
        self._is_behind = False
        self._last_s, self._last_lost = 0.0, 0
        # Since when every frame has spoken against what ``_is_behind`` says.
        self._since_s, self._since_lost, self._since_frames = 0.0, 0, 0

    def follow(self, *, waits: bool, lost: int, time_s: float) -> int:
        """Take note of another frame; returns the new ``depth``.

        waits: whether a frame has to wait behind another one. lost: how many have been lost in all.
        time_s: when the frame was captured, by any clock.
        """
        speaks_against_it = lost == self._last_lost if self._is_behind else waits
        if not speaks_against_it or time_s - self._last_s > PAUSE_S:
            self._begin_anew(lost, time_s)
        self._last_s, self._last_lost = time_s, lost
        self._since_frames += 1
        if time_s - self._since_s >= BEHIND_S:
            if self._is_behind or lost - self._since_lost >= TOO_MANY_LOST * self._since_frames:
                self._is_behind = not self._is_behind
            self._begin_anew(lost, time_s)
        # One fewer with each frame: a clip then lacks every other frame for a moment, and not many in a row.
        self.depth = max(self.depth - 1, 1) if self._is_behind else self._frames
        return self.depth

    def _begin_anew(self, lost: int, time_s: float) -> None:
        self._since_s, self._since_lost, self._since_frames = time_s, lost, 0
