"""A clip that is being recorded: which of the labelled frames are its own, and how many it lacks."""

from __future__ import annotations

import math
from collections.abc import Callable

from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.session.frame_flow import FrameFlow
from happysad_live.gui.session.label_worker import ModelFacts
from happysad_live.gui.session.session import STANDSTILL_S
from happysad_live.recording.recorder import Recorder


class RunningClip:
    """Hands its recorder every labelled frame up to a limit, and tells it how many were never labelled."""

    def __init__(
        self,
        recorder: Recorder,
        model: ModelFacts,
        frames: FrameFlow,
        limit_s: float | None,
        reached: Callable[[], object],
        stood_still_at_s: Callable[[], float],
    ) -> None:
        """model: whose labels the clip has; frames that the model before it still labels are passed over.

        reached: called once, in the label thread, when a frame is beyond the limit. stood_still_at_s: see
        ``Session``.
        """
        self.recorder, self.model = recorder, model
        self._frames = frames
        self._limit_s, self._reached = limit_s, reached
        self._stood_still_at_s = stood_still_at_s
        self.has_gap = False
        """Whether time was left out in which the program did not run."""
        self._begin_s: float | None = None
        self._captured_at_s = math.inf
        self._last: tuple[int, int] | None = None
        self._dropped = 0
        self._complete = False

    def take(self, result: FrameResult, model: ModelFacts) -> None:
        """In the label thread: take a frame, if it is one of this clip."""
        which = result.frame.seek_serial, result.frame.index
        # A held picture is labelled anew by the next model.
        if self._complete or model != self.model or which == self._last:
            return
        self._last = which
        dropped, time_s = self._frames.dropped, result.frame.time_s
        if self._begin_s is None:
            self._begin_s = time_s
        elif dropped > self._dropped:
            self.recorder.count_lost(dropped - self._dropped)
        self._dropped = dropped
        self._skip_standstill(result.frame)
        if self._limit_s is not None and time_s - self._begin_s >= self._limit_s:
            self._complete = True
            self._reached()
        else:
            self.recorder.offer(result)

    def _skip_standstill(self, frame: Frame) -> None:
        """Leave out the time when the program did not run: the picture before it would fill it."""
        before_s, self._captured_at_s = self._captured_at_s, frame.captured_at_s
        at_s = self._stood_still_at_s()
        is_long = frame.captured_at_s - before_s > STANDSTILL_S / 2  # else only the window was held up
        if frame.live and before_s < at_s < frame.captured_at_s and is_long:
            self.has_gap = True
            self.recorder.skip_pause(at_s)

    def count_rest(self) -> None:
        """Count as lost what was dropped since the last frame or is labelled too late for this clip."""
        frames = self._frames
        self.recorder.count_lost(frames.dropped - self._dropped + frames.labelling.pending)
