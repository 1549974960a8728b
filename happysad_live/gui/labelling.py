"""The thread that labels frames, and the one that takes over from it when the model changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.core.mailbox import Mailbox
from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import HappySadError
from happysad_live.gui.threads import ThreadGroup

if TYPE_CHECKING:
    from happysad_live.classification.bundle import ModelBundle
    from happysad_live.config import Device
    from happysad_live.detection.finder import DetectorRange
    from happysad_live.pipeline import FollowedFaces

_log = logging.getLogger(__name__)

HANDOVER_LIMIT_S = 1.0
"""How long a new label thread waits for the one before to finish its frame."""


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """What a pipeline is built from.

    model: a model's name or folder. device: "auto", "cpu" or "gpu". detector_range: "full" or "short".
    """

    model: str
    device: Device = "auto"
    happy_sad_only: bool = False
    detector_range: DetectorRange = "full"


class Labeller(Protocol):
    """What the window needs of a pipeline."""

    @property
    def bundle(self) -> ModelBundle | None: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def device(self) -> str: ...

    @property
    def device_note(self) -> str: ...

    def process(self, frame: Frame) -> FrameResult: ...

    def reset(self) -> None: ...

    @property
    def followed(self) -> FollowedFaces: ...

    def go_on(self, before: FollowedFaces) -> None: ...

    def close(self) -> None: ...


PipelineFactory = Callable[[LabelSettings], Labeller]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a clip says about the model that labelled it. sha256: of its weights, hexadecimal."""

    name: str
    sha256: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabellerReady:
    worker: LabelWorker
    model: ModelFacts
    device: str
    device_note: str


@dataclass(frozen=True, slots=True)
class LabellerFailed:
    worker: LabelWorker
    message: str


LabelEvent = LabellerReady | LabellerFailed


@dataclass(slots=True)
class _Handover:
    """From a label thread to the one that replaces it: set when the first has ended.

    source: the number of the capture worker whose frame was the last, None where there was none.
    """

    ended: threading.Event = field(default_factory=threading.Event)
    source: int | None = None
    followed: FollowedFaces | None = None


class LabelWorker(threading.Thread):
    """Builds a pipeline (importing what the networks need here, not before), then labels frames.

    inbox: takes (number of the capture worker, frame); only the newest is labelled.
    deliver: called in this thread with every result.
    """

    def __init__(
        self,
        factory: PipelineFactory,
        settings: LabelSettings,
        deliver: Callable[[int, FrameResult], None],
        report: Callable[[LabelEvent], None],
    ) -> None:
        super().__init__(name=f"labels-{settings.model}", daemon=True)
        self.settings = settings
        self.inbox: Mailbox[tuple[int, Frame]] = Mailbox()
        self._factory = factory
        self._deliver = deliver
        self._report = report
        self._handover = _Handover()
        self._before: _Handover | None = None

    def take_over(self, other: LabelWorker) -> None:
        """Go on, with the first frame, from where another thread will have ended."""
        self._before = other._handover

    def stop(self) -> None:
        """Ask the thread to end after the frame in work; returns at once."""
        self.inbox.close()

    def run(self) -> None:
        try:
            pipeline = self._factory(self.settings)
        except HappySadError as error:
            self._fail(str(error))
            return
        except Exception:
            _log.exception("the pipeline could not be built")
            self._fail("The face finder or the model could not be loaded.")
            return
        try:
            self._label(pipeline)
        except Exception:
            _log.exception("the label thread failed")
            self._fail("Labelling stopped because of an error in this program.")
        finally:
            self._hand_over(pipeline)
            pipeline.close()

    def _fail(self, message: str) -> None:
        if not self.inbox.closed:
            self._report(LabellerFailed(self, message))

    def _label(self, pipeline: Labeller) -> None:
        if self.inbox.closed:
            return
        bundle = pipeline.bundle
        name, sha256 = (bundle.name, bundle.sha256) if bundle else (self.settings.model, "")
        model = ModelFacts(name, sha256, tuple(pipeline.labels))
        self._report(LabellerReady(self, model, pipeline.device, pipeline.device_note))
        while (item := self.inbox.take()) is not None:
            number, frame = item
            if self._handover.source is None:
                self._go_on(pipeline, number)
            elif number != self._handover.source:
                pipeline.reset()
            self._handover.source = number
            self._deliver(number, pipeline.process(frame))
            self.inbox.done()

    def _hand_over(self, pipeline: Labeller) -> None:
        if self._before is not None:  # without a frame of its own: what it was to go on from
            self._before.ended.wait(HANDOVER_LIMIT_S)
            self._handover.source, self._handover.followed = self._before.source, self._before.followed
        elif self._handover.source is not None:
            self._handover.followed = pipeline.followed
        self._handover.ended.set()

    def _go_on(self, pipeline: Labeller, source: int) -> None:
        """Faces keep their numbers when the model changes under them."""
        before, self._before = self._before, None
        # The other thread ends after the frame that it has in work.
        if before and before.ended.wait(HANDOVER_LIMIT_S) and before.followed and before.source == source:
            pipeline.go_on(before.followed)


class Labelling(QObject):
    """Owns the label threads; lives in the window's thread.

    A new model is loaded beside the one in use, which goes on until the new one is ready.
    """

    loading = pyqtSignal(object)
    """LabelSettings that are being loaded."""
    starting = pyqtSignal(object)
    """ModelFacts of a model that is ready, before its first frame is labelled."""
    ready = pyqtSignal(object, str, str)
    """LabelSettings in use from now on, device, device note."""
    failed = pyqtSignal(str, bool)
    """A sentence for the user; whether the model before it goes on labelling."""

    _reported = pyqtSignal(object)

    def __init__(
        self, factory: PipelineFactory, deliver: Callable[[int, FrameResult], None], threads: ThreadGroup
    ) -> None:
        """deliver: called in a label thread with every result."""
        super().__init__()
        self._factory = factory
        self._deliver = deliver
        self._threads = threads
        self._current: LabelWorker | None = None
        self._next: LabelWorker | None = None
        self.model: ModelFacts | None = None
        self._dropped_before = 0
        self._backlog = 1
        self._stopped = False
        # Emitted in the label threads, so Qt queues it into this one.
        self._reported.connect(self._on_event)

    @property
    def settings(self) -> LabelSettings | None:
        """What labels the picture now; None while nothing does."""
        return self._current.settings if self._current else None

    @property
    def is_loading(self) -> bool:
        return self._next is not None

    @property
    def dropped(self) -> int:
        """Frames that were not labelled because a newer one had come."""
        return self._dropped_before + (self._current.inbox.dropped if self._current else 0)

    @property
    def is_busy(self) -> bool:
        """Whether a frame waits to be labelled, or is in work."""
        return self._current is not None and self._current.inbox.pending > 0

    def use(self, settings: LabelSettings) -> None:
        """Load a model, and label with it as soon as it is ready."""
        if self._stopped:
            return
        if self._next is not None:
            self._next.stop()
        self._next = LabelWorker(self._factory, settings, self._deliver, self._reported.emit)
        self._next.inbox.set_depth(self._backlog)
        self._threads.start(self._next)
        self.loading.emit(settings)

    def allow_backlog(self, frames: int) -> None:
        """Let that many frames wait to be labelled instead of only the newest.

        With 1 the labels are as fresh as can be; more bridge moments in which the machine is busy.
        """
        self._backlog = frames
        for worker in (self._current, self._next):
            if worker is not None:
                worker.inbox.set_depth(frames)

    def put(self, number: int, frame: Frame) -> bool:
        """Hand over a frame to be labelled, from any thread; False while nothing labels."""
        worker = self._current
        if worker is None:
            return False
        worker.inbox.put((number, frame))
        return True

    def stop(self) -> None:
        """Ask every thread to end; returns at once, twice is harmless."""
        self._stopped = True
        for worker in (self._current, self._next):
            if worker is not None:
                worker.stop()

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
        self.failed.emit(event.message, self._current is not None)

    def _replace(self, worker: LabelWorker | None) -> None:
        old = self._current
        if old is not None and worker is not None:
            worker.take_over(old)
        self._current = worker
        if old is not None:
            old.stop()
            self._dropped_before += old.inbox.dropped
