"""The thread that labels frames with one model, until another takes over. It knows no Qt."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from happysad_live.core.mailbox import Mailbox
from happysad_live.core.memory import memory_given_back
from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import HappySadError, ModelError, unexpected_text

if TYPE_CHECKING:
    from happysad_live.classification.bundle import ModelBundle
    from happysad_live.config import Device
    from happysad_live.detection.finder import DetectorRange
    from happysad_live.pipeline import FollowedFaces

logger = logging.getLogger(__name__)

HANDOVER_LIMIT_S = 10.0
"""How long a new label thread waits for the one before to finish its frames: they come first, and while a
clip is recorded there may be some."""


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
    def bundle(self) -> ModelBundle: ...

    @property
    def labels(self) -> tuple[str, ...]: ...

    @property
    def device(self) -> str: ...

    @property
    def device_note(self) -> str: ...

    def process(self, frame: Frame) -> FrameResult: ...

    def reset(self) -> None: ...

    def forget_faces(self) -> None: ...

    @property
    def followed(self) -> FollowedFaces: ...

    def take_over(self, before: FollowedFaces) -> None: ...

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
    error: HappySadError


LabelEvent = LabellerReady | LabellerFailed

Deliver = Callable[[int, FrameResult, ModelFacts], None]
"""Takes the ``source_serial`` of a frame, its result, and the model that it is from."""


class LabelWorker(threading.Thread):
    """Builds a pipeline (importing what the networks need here, not before), then labels frames.

    factory: makes the pipeline; called in this thread, and may take seconds.
    inbox: takes (``source_serial``, frame); as deep as ``Backlog`` allows.
    deliver: called in this thread with every result.
    report: called in this thread when the model is ready, or has failed.
    """

    def __init__(
        self,
        factory: PipelineFactory,
        settings: LabelSettings,
        deliver: Deliver,
        report: Callable[[LabelEvent], None],
    ) -> None:
        super().__init__(name=f"labels-{settings.model}", daemon=True)
        self.settings = settings
        self.inbox: Mailbox[tuple[int, Frame]] = Mailbox()
        self._factory = factory
        self._deliver = deliver
        self._report = report
        self._scene: tuple[int, int] | None = None
        """``source_serial`` and ``seek_serial`` of the last frame."""
        self._followed: FollowedFaces | None = None
        """The faces that were followed up to that frame; set when the thread ends."""
        self._before: LabelWorker | None = None

    def take_over(self, other: LabelWorker) -> None:
        """Go on, with the first frame, from where another thread will have ended."""
        self._before = other

    def finish(self) -> None:
        """Ask the thread to end after the frames that it has; returns at once."""
        self.inbox.close(discard=False)

    def stop(self) -> None:
        """Ask the thread, and the one that it waits for, to end after the frame in work; returns at once."""
        self.inbox.close()
        if (before := self._before) is not None:
            before.stop()

    @memory_given_back()
    def run(self) -> None:
        try:
            pipeline = self._factory(self.settings)
        except HappySadError as error:
            self._fail(error)
            return
        except Exception as error:
            logger.exception("the pipeline could not be built")
            text = unexpected_text(error, "The face finder or the model could not be loaded.")
            self._fail(ModelError(text))
            return
        try:
            self._label(pipeline)
        except Exception as error:
            logger.exception("the label thread failed")
            text = unexpected_text(error, "Labelling stopped because of an error in this program.")
            self._fail(HappySadError(text))
        finally:
            self._followed = pipeline.followed
            pipeline.close()

    def _fail(self, error: HappySadError) -> None:
        if not self.inbox.closed:
            self._report(LabellerFailed(self, error))

    def _label(self, pipeline: Labeller) -> None:
        if self.inbox.closed:
            return
        model = ModelFacts(pipeline.bundle.name, pipeline.bundle.sha256, tuple(pipeline.labels))
        self._report(LabellerReady(self, model, pipeline.device, pipeline.device_note))
        while (item := self.inbox.take()) is not None:
            source_serial, frame = item
            scene = source_serial, frame.seek_serial
            if self._scene is None:
                self._take_over(pipeline, scene)
            elif source_serial != self._scene[0]:
                pipeline.reset()
            elif scene != self._scene:
                pipeline.forget_faces()
            self._scene = scene
            self._deliver(source_serial, pipeline.process(frame), model)
            self.inbox.done()

    def _take_over(self, pipeline: Labeller, scene: tuple[int, int]) -> None:
        """Let faces keep their numbers when the model changes, if the thread before ends in time."""
        if (before := self._before) is not None:
            before.join(HANDOVER_LIMIT_S)
            self._before = None
            if before._followed is not None and before._scene == scene:
                pipeline.take_over(before._followed)
