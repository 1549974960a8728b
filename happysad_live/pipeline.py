"""From a frame to labelled faces: detect, crop, classify, track. No window.

The window, ``analyze``, ``bench`` and scripts all run this.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.classifier import EmotionModel, OnlyLabels
from happysad_live.config import DEFAULT_MODEL, Device
from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import UNSURE, Face, Frame, FrameResult, LabelledFace
from happysad_live.detection.crop import crop_face
from happysad_live.detection.finder import DetectorRange, FaceFinder
from happysad_live.detection.watch import FaceWatch
from happysad_live.tracking.shots import ShotCuts
from happysad_live.tracking.tracker import FaceTracker

HAPPY_AND_SAD = ("happy", "sad")


class Detector(Protocol):
    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        """Faces of an (H, W, 3) uint8 RGB picture. still: a photograph, no frame of a video."""

    def close(self) -> None:
        """Free what the detector holds."""


class Classifier(Protocol):
    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the columns of ``probabilities``."""

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, 256, 256, 3) uint8 RGB crops to (N, K) float32 rows that sum to 1."""


@dataclass(frozen=True, slots=True)
class FoundFaces:
    """A frame half done: where its faces are.

    detect_s: seconds that it took to find them. is_cut: whether another shot begins with the frame.
    """

    frame: Frame
    faces: Sequence[Face]
    detect_s: float
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class ClassifiedFaces:
    """A frame whose faces only have to be followed. raw: (N, K) float32, a row a face."""

    found: FoundFaces
    raw: np.ndarray
    crop_s: float
    classify_s: float


@dataclass(frozen=True, slots=True)
class FollowedFaces:
    """The faces in the picture, for another pipeline to go on from. known: those that the watch knows."""

    tracker: FaceTracker
    known: Sequence[Face]


class Pipeline:
    """Finds and labels the faces of one frame after another.

    A still frame is a picture of its own: looked at more closely, no numbers, no smoothing. ``find``
    and ``classify`` may run in several threads at the same time, for frames in any order; so may all of
    ``process`` for still ones. ``complete`` and ``follow`` run in one thread each, with the frames in
    their order.
    """

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier,
        tracker: FaceTracker,
        *,
        watch: FaceWatch | None,
        threshold: float,
        bundle: ModelBundle,
        device: str,
        device_note: str,
    ) -> None:
        """watch: finds more in a video than the detector does in each frame; None to do without.
        threshold: the least probability with which a still picture's face is named (the tracker has its own).
        """
        self._detector = detector
        self._watch = watch
        self._classifier = classifier
        self._croppers = CoreTeam("crop")
        self._shots = ShotCuts()
        self._tracker = tracker
        self._threshold = threshold
        self.bundle = bundle
        self.device = device
        self.device_note = device_note

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes that this pipeline tells apart."""
        return self._classifier.labels

    def process(self, frame: Frame) -> FrameResult:
        """Find, cut, classify and follow the faces of one frame."""
        if self._watch is not None and not frame.still:
            self._watch.begin(frame.image, frame.time_s)
        return self.follow(self.classify(self.complete(self.find(frame))))

    def find(self, frame: Frame) -> FoundFaces:
        """The first step: find the faces of one frame by itself."""
        started = time.perf_counter()
        faces = self._detector.find(frame.image, still=frame.still)
        return FoundFaces(frame, faces, time.perf_counter() - started)

    def complete(self, found: FoundFaces) -> FoundFaces:
        """The second step: add what is known from the frames before. Frames must come in their order."""
        frame = found.frame
        if frame.still:
            return found
        started = time.perf_counter()
        boxes = [face.box for face in found.faces]
        # A camera shows one shot, however much somebody moves before it.
        is_cut = not frame.live and self._shots.is_cut(frame.image, boxes, frame.time_s)
        faces = found.faces
        if self._watch is not None:
            if is_cut:
                self._watch.reset()
            faces = self._watch.complete(frame.image, faces, frame.time_s)
        return FoundFaces(frame, faces, found.detect_s + time.perf_counter() - started, is_cut)

    def classify(self, found: FoundFaces) -> ClassifiedFaces:
        """The third step: cut the faces out and ask the network about them."""
        started = time.perf_counter()
        crops = self._croppers.map(partial(crop_face, found.frame.image), found.faces)
        cut = time.perf_counter()
        no_raw = np.zeros((0, len(self.labels)), np.float32)
        raw = self._classifier.probabilities(np.stack(crops)) if crops else no_raw
        return ClassifiedFaces(found, raw, cut - started, time.perf_counter() - cut)

    def follow(self, classified: ClassifiedFaces) -> FrameResult:
        """The last step: number the faces and steady their labels. Frames must come in their order."""
        found = classified.found
        started = time.perf_counter()
        if found.frame.still:
            pairs = zip(found.faces, classified.raw, strict=True)
            labelled = tuple(self._still(face, raw) for face, raw in pairs)
        else:
            if found.is_cut:
                self._tracker.forget_faces()
            labelled = self._tracker.update(found.faces, classified.raw, found.frame.time_s)
        stages = {
            "detect": found.detect_s,
            "crop": classified.crop_s,
            "classify": classified.classify_s,
            "track": time.perf_counter() - started,
        }
        return FrameResult(found.frame, labelled, self.labels, stages)

    def reset(self) -> None:
        """Forget the faces seen so far: another source comes."""
        self._tracker.reset()
        self._forget_picture()

    def forget_faces(self) -> None:
        """Forget the faces seen so far, but for their numbers: another place in the source comes."""
        self._tracker.forget_faces()
        self._forget_picture()

    @property
    def followed(self) -> FollowedFaces:
        """Who is in the picture now, for the pipeline that takes over."""
        return FollowedFaces(self._tracker, self._watch.known if self._watch else ())

    def take_over(self, before: FollowedFaces) -> None:
        """Take over from another pipeline: the faces in the picture keep their numbers."""
        self._tracker.take_over(before.tracker)
        if self._watch is not None:
            self._watch.take_over(before.known)

    def close(self) -> None:
        """Free the detector; the pipeline cannot be used afterwards."""
        self._detector.close()

    def _forget_picture(self) -> None:
        self._shots.reset()
        if self._watch is not None:
            self._watch.reset()

    def _still(self, face: Face, raw: np.ndarray) -> LabelledFace:
        best = int(raw.argmax())
        label = self.labels[best] if raw[best] >= self._threshold else UNSURE
        return LabelledFace(face, label, float(raw[best]), raw, raw)


def build_pipeline(
    model: str | Path = DEFAULT_MODEL,
    device: Device = "auto",
    *,
    happy_sad_only: bool = False,
    detector_range: DetectorRange = "full",
) -> Pipeline:
    """The real pipeline: MediaPipe's face networks, a model bundle, the tracker.

    Takes half a second; seconds where TensorFlow must be loaded, for a GPU or for a bundle without
    a network for LiteRT.

    happy_sad_only: show only happy and sad, their probabilities renormalised.

    Raises ModelError when the model cannot be used, and ValueError for an unknown device or range.
    """
    bundle = load_bundle(model)
    emotions = EmotionModel(bundle, device, cores_per_face=1)  # as other steps run meanwhile
    classifier = OnlyLabels(emotions, HAPPY_AND_SAD) if happy_sad_only else emotions
    finder = FaceFinder(detector_range)
    return Pipeline(
        finder,
        classifier,
        FaceTracker(classifier.labels, classifier.threshold),
        watch=finder.watch() if detector_range == "full" else None,  # who wants near faces wants no others
        threshold=classifier.threshold,
        bundle=bundle,
        device=emotions.device,
        device_note=emotions.device_note,
    )
