"""The way of a frame through the threads: from the capture to the labels, and on to the window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.core.mailbox import Mailbox
from happysad_live.core.stats import RollingRate, RollingValues
from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.session.label_worker import ModelFacts, PipelineFactory
from happysad_live.gui.session.labelling import Labelling
from happysad_live.gui.session.threads import ThreadGroup

UNSEEN_INTERVAL_S = 0.5
"""How often a frame is labelled while nobody can see it: often enough for each face to keep its number."""


@dataclass(frozen=True, slots=True)
class LiveStats:
    """Figures for the status line, of the last seconds; ``dropped`` of the whole source.

    delay_ms: median from capture to screen; None where no picture that plays has come to it.
    """

    shown_per_s: float
    labelled_per_s: float
    delay_ms: float | None
    dropped: int


class FrameFlow(QObject):
    """Brings frames to the labels and to the window; where one of them is slow, the newest frame counts.

    The picture comes first: frames are handed on unlabelled until a model is ready.

    source_serial: tells the frames of the source that is played now from those of the source before it.
    seek_serial: ``Frame.seek_serial`` of the frames from the position that was sought last.
    tap: gets every labelled frame, none from before the last seek, and the model that labelled it, in the
        label thread; must not wait.
    late_tap: gets every labelled frame, of whatever source and place, before ``tap`` does, and tells whether
        it is to have it; ``tap`` gets the others.
    captured_at_s, captured_index: when the newest frame came (``perf_counter``), and its ``Frame.index``.
    dropped_by_sources: how many frames the sources so far have lost themselves, or passed over.
    """

    waiting = pyqtSignal()
    """``take`` has something new; not repeated until it was called."""

    def __init__(self, pipeline_factory: PipelineFactory, threads: ThreadGroup) -> None:
        super().__init__()
        self.labelling = Labelling(pipeline_factory, self._put_labelled, threads)
        self.tap: Callable[[FrameResult, ModelFacts], object] | None = None
        self.late_tap: Callable[[FrameResult, ModelFacts], bool] | None = None
        self.source_serial = self.seek_serial = 0
        self.captured_at_s, self.captured_index = 0.0, -1
        self._seen = True
        self._due_at_s = 0.0
        """When to label a frame again although nobody can see it (``perf_counter``)."""
        self._outbox: Mailbox[tuple[int, FrameResult]] = Mailbox()
        self._newest: tuple[int, Frame] | None = None
        self._handing_over = threading.Lock()
        self._shown_index = -1
        self._labelled_serial = -1
        self.dropped_by_sources = self._dropped_before = 0
        self._shown_rate, self._labelled_rate = RollingRate(), RollingRate()
        self._delays_ms = RollingValues()

    # --- in the window's thread ----------------------------------------------------------------

    @property
    def source_has_labels(self) -> bool:
        """Whether any frame of this source was labelled."""
        return self._labelled_serial == self.source_serial

    def begin(self) -> int:
        """Let another source's frames take the place of those before; returns their ``source_serial``."""
        self.source_serial += 1
        self._newest = None
        self._shown_index = -1
        self.seek_serial = 0
        self._outbox.clear()
        self._dropped_before = self._dropped_total()
        for figure in (self._shown_rate, self._labelled_rate, self._delays_ms):
            figure.reset()
        return self.source_serial

    def begin_seek(self) -> int:
        """Let the frames of another position come; returns the ``seek_serial`` that they are to have."""
        self.seek_serial += 1
        return self.seek_serial

    def take(self) -> FrameResult | None:
        """The newest frame, labelled when a model is ready; None when there is nothing new."""
        item = self._outbox.take(0)
        if item is None or item[0] != self.source_serial or item[1].frame.index < self._shown_index:
            return None
        result = item[1]
        self._shown_index = result.frame.index
        return result

    def painted(self, frame: Frame, *, plays: bool) -> None:
        """Count a frame that has come to the screen. plays: False for a held one: it has no delay."""
        self._shown_rate.tick()
        if plays:
            self._delays_ms.add((time.perf_counter() - frame.captured_at_s) * 1000)

    def stats(self) -> LiveStats:
        """Rates and delay of the last seconds, and how many frames of the source were dropped in all."""
        return LiveStats(
            self._shown_rate.per_second(),
            self._labelled_rate.per_second(),
            self._delays_ms.median(),
            self._dropped_total() - self._dropped_before,
        )

    def label_newest(self) -> None:
        """Hand the newest frame to the model that has just come: there may be no next one."""
        with self._handing_over:
            if self._newest is not None:
                self.labelling.put(*self._newest)

    def set_seen(self, seen: bool) -> None:
        """Whether anybody can see the picture. While nobody can, few frames are labelled, but for the tap."""
        came_back = seen and not self._seen
        self._seen = seen
        if came_back and self.tap is None:  # which had every frame, and is to have each but once
            self.label_newest()

    def show_newest(self) -> None:
        """Show the newest frame without the labels that it waited for: there may be no next one."""
        with self._handing_over:
            newest = self._newest
        if newest is not None:
            source_serial, frame = newest
            self._show(source_serial, FrameResult(frame, (), ()))

    def close(self) -> None:
        """Hand nothing on any more, but what waits for its labels to ``late_tap``; returns at once."""
        self._outbox.close()
        self.labelling.stop(finish=self.late_tap is not None)

    def _dropped_total(self) -> int:
        return self._outbox.dropped + self.labelling.dropped + self.dropped_by_sources

    # --- in the workers' threads ---------------------------------------------------------------

    def put_captured(self, source_serial: int, frame: Frame, dropped: int) -> None:
        """Take a frame from the capture thread, with the ``source_serial`` that ``begin`` gave.

        dropped: how many frames the source has lost, or passed over, since the one before.
        """
        if source_serial != self.source_serial:
            return
        self.dropped_by_sources += dropped
        self.captured_at_s, self.captured_index = time.perf_counter(), frame.index
        with self._handing_over:
            self._newest = (source_serial, frame)
            labelled = self._is_due(frame) and self.labelling.put(source_serial, frame)
        if not labelled:
            self._show(source_serial, FrameResult(frame, (), ()))

    def _is_due(self, frame: Frame) -> bool:
        is_due = self._seen or self.tap is not None or frame.captured_at_s >= self._due_at_s
        if is_due:
            self._due_at_s = frame.captured_at_s + UNSEEN_INTERVAL_S
        return is_due

    def _put_labelled(self, source_serial: int, result: FrameResult, model: ModelFacts) -> None:
        self._labelled_rate.tick()
        self._labelled_serial = max(self._labelled_serial, source_serial)
        tap, late_tap = self.tap, self.late_tap
        is_taken = late_tap is not None and late_tap(result, model)
        # A frame from before the last seek is shown, but a clip is to have no leap in it.
        if (
            tap is not None
            and not is_taken
            and source_serial == self.source_serial
            and result.frame.seek_serial == self.seek_serial
        ):
            tap(result, model)
        self._show(source_serial, result)

    def _show(self, source_serial: int, result: FrameResult) -> None:
        if source_serial == self.source_serial and self._outbox.put((source_serial, result)):
            self.waiting.emit()
