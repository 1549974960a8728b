"""A clip that is being recorded: which of the labelled frames are its own, and how many it lacks."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.session.frame_flow import FrameFlow
from happysad_live.gui.session.label_worker import ModelFacts
from happysad_live.gui.session.watchdog import STANDSTILL_S
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
        ``Watchdog``.
        """
        self.recorder, self.model = recorder, model
        self._frames = frames
        self._limit_s, self._reached = limit_s, reached
        self._stood_still_at_s = stood_still_at_s
        self.has_gap = False
        """Whether time was left out in which the program did not run."""
        self._begin_s: float | None = None
        self._captured_at_s = math.inf
        self._last_s = 0.0
        """The ``Frame.time_s`` of the last frame that the recorder has taken."""
        self._last_index = -1
        """The ``Frame.index`` of the last frame that was taken; a source numbers all its frames in a row."""
        self._dropped_by_sources = 0
        self._ends_at_s, self._end_index = math.inf, -1
        self._dropped_by_end: int | None = None
        """How many frames the sources had lost at its end; None before that."""
        self.is_through = False
        """Whether no more frames of the clip can come."""

    def take(self, result: FrameResult, model: ModelFacts) -> None:
        """In the label thread: take a frame, if it is one of this clip."""
        index, time_s = result.frame.index, result.frame.time_s
        # A held picture is labelled anew by the next model.
        if self.is_through or model != self.model or index <= self._last_index:
            return
        dropped_by_sources = self._dropped_by_end
        if dropped_by_sources is None:
            dropped_by_sources = self._frames.dropped_by_sources
        if self._begin_s is None:
            self._begin_s = time_s
        elif lost := index - self._last_index - 1 + dropped_by_sources - self._dropped_by_sources:
            self.recorder.count_lost(lost)
        self._last_index, self._dropped_by_sources = index, dropped_by_sources
        self._skip_standstill(result.frame)
        in_clip_s = round(time_s - self._begin_s, 6)  # 42/30 - 12/30 is just short of a second
        if self._limit_s is not None and in_clip_s >= self._limit_s:
            self.is_through, self._end_index = True, index
            self.recorder.end_before(result.frame, self._begin_s + self._limit_s - self._last_s)
            self._reached()
        elif self.recorder.offer(result):
            self._last_s = time_s

    def _skip_standstill(self, frame: Frame) -> None:
        """Leave out the time when the program did not run: the picture before it would fill it."""
        before_s, self._captured_at_s = self._captured_at_s, frame.captured_at_s
        at_s = self._stood_still_at_s()
        is_long = frame.captured_at_s - before_s > STANDSTILL_S / 2  # else only the window was held up
        if frame.live and before_s < at_s < frame.captured_at_s and is_long:
            self.has_gap = True
            self.recorder.skip_pause(at_s)

    def end(self) -> None:
        """End with the newest frame that was captured; it may still come."""
        self._ends_at_s = time.perf_counter()
        self._dropped_by_end = self._frames.dropped_by_sources
        if not self.is_through:
            self._end_index = self._frames.captured_index

    def take_late(self, result: FrameResult, model: ModelFacts) -> bool:
        """In the label thread, after ``end``: as ``take``; whether the frame was captured before that."""
        if result.frame.captured_at_s > self._ends_at_s:
            self.is_through = True
            return False
        self.take(result, model)
        return True

    def count_rest(self) -> None:
        """After ``end``: count as lost the frames before it that have not come."""
        if self._begin_s is not None:
            self.recorder.count_lost(max(self._end_index - self._last_index, 0))
