"""Indices and times that count on, wherever a source is played again or sought in."""

from __future__ import annotations

from dataclasses import replace

from happysad_live.core.types import Frame
from happysad_live.sources.base import SourceInfo


class ContinuedTimes:
    """Numbers the frames of one capture thread. count: how many were shown. end_s: when the last one ends."""

    def __init__(self) -> None:
        self.count = 0
        self.end_s = 0.0
        self._last_s = 0.0
        self._shift_s: float | None = None

    def jump(self) -> None:
        """The next frame is not the one after the last: it begins where that ended all the same."""
        self._shift_s = None

    def of(self, frame: Frame) -> Frame:
        """A frame of the source with its index and time among those that are shown."""
        if self._shift_s is None:
            self._shift_s = self.end_s - frame.time_s
        return replace(frame, index=self.count, time_s=frame.time_s + self._shift_s)

    def add(self, frame: Frame, info: SourceInfo) -> None:
        """Count a frame that is shown, as ``of`` gave it or with times of its own."""
        duration_s = frame.duration_s
        if duration_s is None:
            duration_s = 1 / info.frame_rate if info.frame_rate else max(frame.time_s - self._last_s, 0.0)
        self.count, self._last_s, self.end_s = frame.index + 1, frame.time_s, frame.time_s + duration_s
