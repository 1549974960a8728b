"""How many frames may wait to be labelled while a clip is recorded."""

from __future__ import annotations

BEHIND_S = 3.0
"""For so long frames have to wait without a break before the machine counts as too slow for the camera, and
for so long none has to be lost before it counts as fast enough again."""


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
        self._lost = 0
        self._changing_since_s: float | None = None

    def follow(self, *, waits: bool, lost: int, time_s: float) -> int:
        """Follow how it goes, frame by frame; returns the new ``depth``.

        waits: whether a frame has to wait behind another one. lost: how many have been lost in all.
        time_s: of any clock.
        """
        changes = lost == self._lost if self._is_behind else waits
        self._lost = lost
        if not changes or self._changing_since_s is None:
            self._changing_since_s = time_s
        elif time_s - self._changing_since_s >= BEHIND_S:
            self._is_behind = not self._is_behind
            self._changing_since_s = time_s
        # One fewer with each frame: a clip then lacks every other frame for a moment, and not many in a row.
        self.depth = max(self.depth - 1, 1) if self._is_behind else self._frames
        return self.depth
