"""A clip's own time: from its first frame on, whatever its source does meanwhile."""

from __future__ import annotations

import math

from happysad_live.core.types import Frame
from happysad_live.recording.frame_gap import FrameGap

_MIN_GAP_S = 0.001
"""The least time between two frames: pictures of one moment are no new start of the source, but a video needs
two times."""


class ClipClock:
    """Gives each frame its time in the clip, which always grows.

    frame_rate: roughly how many frames a second will come.
    limit_s: when the clip ends at the latest, though its source shows the last frame for longer; no frame may
        come after it.
    """

    def __init__(self, frame_rate: float, limit_s: float = math.inf) -> None:
        self._gap, self._limit_s = FrameGap(frame_rate), limit_s
        self._begun = False
        self._offset_s = self._source_s = self._last_s = 0.0
        self._paused_at_s: list[float] = []
        self._told_s: float | None = None

    @property
    def end_s(self) -> float:
        """When the last frame ends, in seconds; 0 before the first."""
        return self._last_s + self.last_frame_s if self._begun else 0.0

    @property
    def last_frame_s(self) -> float:
        """How long the last frame stays: as ``end_before`` has told, else as those so far let expect."""
        expected_s = self._gap.seconds if self._told_s is None else self._told_s
        return max(min(expected_s, self._limit_s - self._last_s), _MIN_GAP_S)

    def skip_pause(self, paused_at_s: float) -> None:
        """Leave out a pause of a live source. paused_at_s: when it began, by ``time.perf_counter()``."""
        self._paused_at_s.append(paused_at_s)

    def time_of(self, frame: Frame) -> float:
        """Seconds since the clip's first frame; a source that starts over goes on where it ended, and one
        that was paused where it was held."""
        time_s = frame.time_s
        goes_on = self._goes_on_with(frame)
        # Frames from before the pause may still come after it: their labels took that long.
        self._paused_at_s = [paused_s for paused_s in self._paused_at_s if paused_s >= frame.captured_at_s]
        if not self._begun:
            self._begun, self._offset_s, self._source_s = True, -time_s, time_s
            return 0.0
        if not goes_on:
            self._offset_s = self._last_s + self._gap.seconds - time_s
        moved_s, least_s = time_s + self._offset_s, self._last_s + _MIN_GAP_S
        if moved_s > least_s:
            self._gap.add(moved_s - self._last_s)
        self._source_s, self._last_s = time_s, max(moved_s, least_s)
        return self._last_s

    def end_before(self, frame: Frame, rest_s: float) -> None:
        """Let the last frame stay until the next one, which is not recorded, but at most ``rest_s``."""
        if self._begun and self._goes_on_with(frame):
            self._told_s = min(frame.time_s - self._source_s, rest_s)

    def _goes_on_with(self, frame: Frame) -> bool:
        """Whether the source came to this frame without starting over or a pause."""
        paused = any(paused_s < frame.captured_at_s for paused_s in self._paused_at_s)
        return frame.time_s >= self._source_s and not paused
