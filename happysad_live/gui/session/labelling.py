"""Which model labels the picture: loading another beside the one in use, and changing over."""

from __future__ import annotations

import threading

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from happysad_live.core.types import Frame
from happysad_live.errors import HappySadError
from happysad_live.gui.session.backlog import Backlog
from happysad_live.gui.session.label_worker import (
    Deliver,
    LabelEvent,
    LabellerFailed,
    LabellerReady,
    LabelSettings,
    LabelWorker,
    ModelFacts,
    PipelineFactory,
)
from happysad_live.gui.session.threads import ThreadGroup


class Labelling(QObject):
    """Owns the label threads; lives in the window's thread.

    A new model is loaded beside the one in use, which goes on until the new one is ready.
    """

    loading = pyqtSignal()
    """A model is being loaded."""
    starting = pyqtSignal(object)
    """ModelFacts of a model that is ready, before its first frame is labelled."""
    ready = pyqtSignal(object, str, str)
    """LabelSettings in use from now on, device, device note."""
    failed = pyqtSignal(object)
    """HappySadError; unless ``settings`` is None now, the model before it keeps labelling."""

    _reported = pyqtSignal(object)

    def __init__(self, factory: PipelineFactory, deliver: Deliver, threads: ThreadGroup) -> None:
        """deliver: called in a label thread with every result."""
        super().__init__()
        self._factory = factory
        self._deliver = deliver
        self._threads = threads
        self._current: LabelWorker | None = None
        self._next: LabelWorker | None = None
        self.model: ModelFacts | None = None
        self._dropped_before = 0
        self._replacing = threading.Lock()
        self._backlog = Backlog(1)
        self._was_asked = self._stopped = False
        # Emitted in the label threads; in this one, too, where one cannot be started.
        self._reported.connect(self._on_event, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    @property
    def settings(self) -> LabelSettings | None:
        """What labels the picture now; None while nothing does."""
        return self._current.settings if self._current else None

    @property
    def is_loading(self) -> bool:
        return self._next is not None

    @property
    def has_failed(self) -> bool:
        """Whether a model was asked for, but nothing labels the picture, nor is about to."""
        return self._was_asked and self._current is None and self._next is None

    @property
    def dropped(self) -> int:
        """Frames that were not labelled because a newer one had come. For any thread."""
        with self._replacing:
            return self._dropped_before + (self._current.inbox.dropped if self._current else 0)

    @property
    def pending(self) -> int:
        """How many frames wait to be labelled, or are in work."""
        return self._current.inbox.pending if self._current else 0

    def use(self, settings: LabelSettings) -> None:
        """Load a model, and label with it as soon as it is ready."""
        if self._stopped:
            return
        self._was_asked = True
        if self._next is not None:
            self._next.stop()
        self._next = LabelWorker(self._factory, settings, self._deliver, self._reported.emit)
        try:
            self._threads.start(self._next)
        except HappySadError as error:
            self._reported.emit(LabellerFailed(self._next, error))
        self.loading.emit()

    def allow_backlog(self, frames: int) -> None:
        """Let that many frames wait to be labelled instead of only the newest.

        With 1 the labels are as fresh as can be. More bridge moments in which the machine is busy; if it
        turns out to be always too slow, fewer are allowed.
        """
        self._backlog = Backlog(frames)
        if self._current is not None:  # of the next model ``put`` does, with its first frame
            self._current.inbox.set_depth(frames)

    def put(self, source_serial: int, frame: Frame) -> bool:
        """Hand over a frame to be labelled, from any thread; False while nothing labels."""
        with self._replacing:  # else the frame might come into an inbox that has just been closed
            if self._current is None:
                return False
            inbox = self._current.inbox
            waits = not inbox.put((source_serial, frame))
            depth = self._backlog.follow(waits=waits, lost=inbox.dropped, time_s=frame.captured_at_s)
            inbox.set_depth(depth)
            return True

    def stop(self, *, finish: bool = False) -> None:
        """Ask every thread to end; returns at once, twice is harmless.

        finish: after the frames that wait to be labelled.
        """
        self._stopped = True
        if self._next is not None:
            self._next.stop()
        if self._current is not None:
            (self._current.finish if finish else self._current.stop)()

    def _on_event(self, event: LabelEvent) -> None:
        if self._stopped or event.worker not in (self._current, self._next):
            return
        if isinstance(event, LabellerReady):
            self.starting.emit(event.model)
            self._replace(event.worker)
            self._next, self.model = None, event.model
            self.ready.emit(event.worker.settings, event.device, event.device_note)
            return
        if event.worker is self._next:
            self._next = None
        else:
            self._replace(None)
            self.model = None
        self.failed.emit(event.error)

    def _replace(self, worker: LabelWorker | None) -> None:
        old = self._current
        if old is not None and worker is not None:
            worker.take_over(old)
        with self._replacing:
            self._current = worker
            if old is not None:
                old.finish()  # a clip that is recorded goes on, and is to have all its frames
                self._dropped_before += old.inbox.dropped
