"""When the frames of a video file are shown, counted from its first one."""

from __future__ import annotations

from typing import Any

from happysad_live.sources import video

_FALLBACK_RATE = 25.0


class FrameTimes:
    """Gives frames their times in seconds, which never stand still or run backwards.

    Frames come in the order of showing, from the file's first one or, after ``begin_at``, from another on.
    Where films were joined as they are, each film's stamps begin anew; its times go on behind the one before.
    The length of such a file, and the places that seeking finds, are the last film's.

    last_s: time of the last frame; negative before there is one. next_s: when that one ends.
    """

    def __init__(self) -> None:
        self.last_s, self.next_s = -1.0, 0.0
        self._first_stamp_s: float | None = None
        self._zero_s: float | None = None
        """The stamps of time 0, in the file's first film and in the one that is read."""

    def begin_at(self, time_s: float) -> None:
        """To be called after a seek. time_s: the next frame's time, if it carries none of its own."""
        self.last_s, self.next_s = -1.0, time_s
        self._zero_s = self._first_stamp_s

    def stamp_s(self, time_s: float) -> float:
        """A time in the stream's own seconds; with joined films, in those of the first."""
        return time_s + (self._first_stamp_s or 0.0)

    def of(self, frame: Any, stream: Any, container: Any) -> float:
        """The time of the next frame. stream, container: PyAV's, which the frame comes from."""
        step_s = 1 / (video.declared_rate(stream) or _FALLBACK_RATE)
        time_s = self.next_s
        if (stamp_s := video.shown_s(container, frame)) is not None:
            if self._zero_s is None:
                self._first_stamp_s = self._zero_s = stamp_s - self.next_s
            elif self.last_s >= 0 and video.is_joint(container, stamp_s - self._zero_s - self.last_s):
                self._zero_s = stamp_s - self.next_s
            time_s = stamp_s - self._zero_s
        if time_s <= self.last_s:
            time_s = self.last_s + min(step_s, 0.001)
        duration = frame.duration * frame.time_base if frame.duration and frame.time_base else 0
        self.last_s, self.next_s = time_s, time_s + (float(duration) or step_s)
        return time_s
