"""The last frames of a clip: captured before it ended, but labelled later."""

from __future__ import annotations

import time

from PyQt6.QtCore import QObject

from happysad_live.gui.recording.running_clip import RunningClip
from happysad_live.gui.session.frame_flow import FrameFlow
from happysad_live.gui.timers import single_shot_timer

LAST_FRAMES_LIMIT_S = 10.0
"""How long to wait for them; a model that takes longer has failed."""

_LOOK_EVERY_MS = 50


class LastFrames(QObject):
    """Completes one clip after the other once its last frames have come. Lives in the window's thread."""

    def __init__(self, frames: FrameFlow) -> None:
        super().__init__()
        self._frames = frames
        self._clip: RunningClip | None = None
        self._complete_by_s = 0.0
        self._timer = single_shot_timer(self, self._look, _LOOK_EVERY_MS)

    def wait_for(self, clip: RunningClip) -> None:
        """End a clip with the frames captured so far; one that is waited for is completed at once.

        One without a frame has not begun, and is not to begin any more. The clip that is waited for may still
        lack some then, as they come in order.
        """
        clip.end()
        if not clip.recorder.has_frames:
            clip.recorder.stop()
            self._frames.tap = None
            if self._clip is None:
                self._let_labels_be_fresh()
            return
        self.complete()
        self._clip = clip
        self._frames.late_tap = clip.take_late
        self._frames.tap = None  # not before, else one that is labelled at this moment would go to neither
        self._complete_by_s = time.perf_counter() + LAST_FRAMES_LIMIT_S
        self._look()

    def complete(self) -> None:
        """Wait no longer, if a clip is waited for: its frames that have not come count as lost."""
        clip, self._clip = self._clip, None
        if clip is None:
            return
        self._timer.stop()
        self._frames.late_tap = None
        clip.count_rest()
        clip.recorder.stop()
        self._let_labels_be_fresh()

    def _let_labels_be_fresh(self) -> None:
        """Let only the newest frame wait for its labels, unless another clip is to have all of them."""
        if self._frames.tap is None:
            self._frames.labelling.allow_backlog(1)

    def _look(self) -> None:
        clip = self._clip
        if clip is None:
            return
        may_come = self._frames.labelling.pending and not clip.is_through
        if may_come and time.perf_counter() < self._complete_by_s:
            self._timer.start()
        else:
            self.complete()
