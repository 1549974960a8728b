"""A clip that is being recorded: which of the labelled frames are its own, and how many it lacks."""

from __future__ import annotations

from collections.abc import Callable

from happysad_live.core.types import FrameResult
from happysad_live.gui.session.label_worker import ModelFacts
from happysad_live.gui.session.labelling import Labelling
from happysad_live.recording.recorder import Recorder


class RunningClip:
    """Hands its recorder every labelled frame up to a limit, and tells it how many were never labelled."""

    def __init__(
        self,
        recorder: Recorder,
        model: ModelFacts,
        labelling: Labelling,
        limit_s: float | None,
        reached: Callable[[], object],
    ) -> None:
        """model: whose labels the clip has; frames that the model before it still labels are passed over.

        reached: called once, in the label thread, when a frame is beyond the limit.
        """
        self.recorder, self.model = recorder, model
        self._labelling = labelling
        self._limit_s, self._reached = limit_s, reached
        self._begin_s: float | None = None
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
        dropped, time_s = self._labelling.dropped, result.frame.time_s
        if self._begin_s is None:
            self._begin_s = time_s
        elif dropped > self._dropped:
            self.recorder.count_lost(dropped - self._dropped)
        self._dropped = dropped
        if self._limit_s is not None and time_s - self._begin_s >= self._limit_s:
            self._complete = True
            self._reached()
        else:
            self.recorder.offer(result)

    def count_rest(self) -> None:
        """Count as lost what was dropped since the last frame or is labelled too late for this clip."""
        labelling = self._labelling
        self.recorder.count_lost(labelling.dropped - self._dropped + labelling.pending)
