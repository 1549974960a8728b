"""A source and a pipeline that do what a test tells them, for the window and its session."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from happysad_live.core.types import Box, Face, Frame, FrameResult, LabelledFace
from happysad_live.errors import MissingLabelError, ModelError, SourceError
from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.pipeline import FollowedFaces
from happysad_live.sources.base import SourceInfo, SourceKind, always
from happysad_live.sources.camera import CameraInfo
from happysad_live.tracking.tracker import FaceTracker

WIDTH, HEIGHT = 64, 48
LABELS = ("happy", "sad", "neutral")
LIMIT_S = 10.0


def picture(index: int) -> np.ndarray:
    """(48, 64, 3) uint8 RGB whose left half is as grey as the index, and whose right half is green."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[:, : WIDTH // 2] = index % 256
    image[:, WIDTH // 2 :] = (0, 255, 0)
    return image


class FakeSource:
    """frames: how many there are, None for no end. fails_at: the index whose read breaks.

    seek_s: how long each seek takes.
    """

    def __init__(
        self,
        name: str = "fake",
        kind: SourceKind = "camera",
        *,
        frames: int | None = None,
        frame_rate: float = 100.0,
        fails_at: int | None = None,
    ) -> None:
        live = kind in ("camera", "stream")
        length_s = frames / frame_rate if frames and kind in ("file", "images") else None
        self.info = SourceInfo(name, kind, WIDTH, HEIGHT, frame_rate, frames, live, length_s)
        self.fails_at = fails_at
        self.seek_s = 0.0
        self.incomplete = False
        self.skipped: tuple[str, ...] = ()
        self.dropped = 0
        self.went_back = False
        self.closed = threading.Event()
        self.silent = threading.Event()
        self.frames_read = 0
        """By which a test can tell that time has passed; where it is sought in, the next one's index."""

    def read(self) -> Frame | None:
        if self.info.live:
            # A camera's own pace; nothing at all while it is silent.
            while not self.closed.wait(1 / (self.info.frame_rate or 100.0)) and self.silent.is_set():
                pass
        if self.closed.is_set() or self.frames_read == self.info.frame_count:
            return None
        if self.fails_at is not None and self.frames_read >= self.fails_at:
            raise SourceError(f"“{self.info.name}” was unplugged.")
        index, self.frames_read = self.frames_read, self.frames_read + 1
        return Frame(picture(index), index, index / (self.info.frame_rate or 100.0), time.perf_counter())

    def pass_over(self, frames: int) -> int:
        return 0

    def seek(
        self, time_s: float, *, backwards: bool = False, still_wanted: Callable[[], bool] = always
    ) -> None:
        assert self.info.length_s is not None
        self.closed.wait(self.seek_s)
        self.went_back = backwards
        self.frames_read = int(time_s * (self.info.frame_rate or 100.0) + 1e-6)

    def close(self) -> None:
        self.closed.set()

    def __enter__(self) -> FakeSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FakeSources:
    """Opens what a test has put under a specification; anything else cannot be opened."""

    def __init__(self) -> None:
        self.known: dict[str, list[FakeSource]] = {"demo": [FakeSource("The demo", "demo")]}
        self.cameras: list[CameraInfo] = []
        self.opened: list[str] = []
        self.listed = 0
        """How often the cameras were listed."""
        self.held: dict[str, threading.Event] = {}
        """Specifications that do not answer until their event is set."""

    def add(self, spec: str, *sources: FakeSource) -> None:
        """What opening a specification gives, one after the other; the last one again and again."""
        self.known[spec] = list(sources)

    def add_camera(self, index: int, name: str, *sources: FakeSource) -> None:
        self.cameras.append(CameraInfo(index, name, f"/dev/video{index}", 640, 480, 30.0))
        self.add(str(index), *sources)

    def open(self, spec: str) -> FakeSource:
        self.opened.append(spec)
        if spec in self.held:
            self.held[spec].wait()
        waiting = self.known.get(spec)
        if not waiting:
            raise SourceError(f"“{spec}” cannot be opened: it is not there.")
        source = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if source.closed.is_set():
            info = source.info
            source = FakeSource(
                info.name, info.kind, frames=info.frame_count, frame_rate=info.frame_rate or 100.0
            )
        return source

    def list_cameras(self) -> list[CameraInfo]:
        self.listed += 1
        return self.cameras


class FakePipeline:
    """Calls every face happy (or what the model is called), in a box that tells the frame's index."""

    device = "CPU"
    device_note = ""
    labels = LABELS

    def __init__(
        self, label: str = "happy", hold: threading.Event | None = None, model: str = "happysad"
    ) -> None:
        self.label, self.confidence = label, 0.98
        self.bundle = ModelBundle(Path(model), model, LABELS, "logits", 1.0, 0.0, "", {})
        self.hold = hold
        self.resets = self.forgotten = 0
        self.labelled: list[int] = []
        self.found: list[Face] = []
        self.closed = self.fails = False
        self.went_on_from: FollowedFaces | None = None

    def process(self, frame: Frame) -> FrameResult:
        if self.hold is not None:
            self.hold.wait(LIMIT_S)
        if self.fails:
            raise RuntimeError("the model failed")
        self.labelled.append(frame.index)
        box = Box(float(frame.index), 4.0, float(frame.index) + 20.0, 24.0)
        face = Face(box, np.zeros((6, 2), np.float32), 0.9)
        self.found.append(face)
        confidence, rest = self.confidence, 1 - self.confidence
        row = np.array([confidence, rest / 2, rest / 2], np.float32)
        return FrameResult(frame, (LabelledFace(face, self.label, confidence, row, row, 1),), LABELS)

    def reset(self) -> None:
        self.resets += 1

    def forget_faces(self) -> None:
        self.forgotten += 1

    @property
    def followed(self) -> FollowedFaces:
        return FollowedFaces(FaceTracker(LABELS, 0.0), self.found.copy())

    def take_over(self, before: FollowedFaces) -> None:
        self.went_on_from = before

    def close(self) -> None:
        self.closed = True


class FakeFactory:
    """Builds FakePipelines. gate: loading waits for it. hold: labelling a frame waits for it."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.hold: threading.Event | None = None
        self.built: list[FakePipeline] = []
        self.asked: list[LabelSettings] = []
        self.note = ""

    def __call__(self, settings: LabelSettings) -> FakePipeline:
        self.asked.append(settings)
        self.gate.wait(LIMIT_S)
        if settings.model == "broken":
            raise ModelError("The model “broken” is damaged: copy it again.")
        if settings.model == "stern" and settings.happy_sad_only:
            raise MissingLabelError("The model “stern” has no label “happy”: show all its labels.")
        label = "sad" if settings.model == "gloomy" else "happy"
        pipeline = FakePipeline(label, self.hold, settings.model)
        pipeline.device_note = self.note
        self.built.append(pipeline)
        return pipeline
