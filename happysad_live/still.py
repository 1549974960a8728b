"""Labels for the faces of a photograph, for scripts and notebooks."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from happysad_live.config import DEFAULT_MODEL, Device
from happysad_live.core.types import Box, Frame
from happysad_live.pipeline import build_pipeline


@dataclass(frozen=True, slots=True)
class StillFace:
    """A face of a photograph.

    box: pixels of the picture, half open.
    keypoints: (6, 2) float32 pixels: right eye, left eye, nose tip, mouth, right ear, left ear. Not
        compared: ``==`` of arrays is no single answer.
    detection: the detector's confidence, 0..1.
    label: a class of the model, or "unsure".
    confidence: the probability of the most probable class, 0..1.
    probabilities: by class, summing to 1.
    """

    box: Box
    keypoints: np.ndarray = field(compare=False)
    detection: float
    label: str
    confidence: float
    probabilities: Mapping[str, float] = field(hash=False)


class HappySad:
    """Finds and labels every face of a photograph. Loads its networks when it is made.

    device: "CPU" or "GPU". device_note: why it is not the GPU that was asked for or is there, or empty.
    """

    def __init__(self, model: str | Path = DEFAULT_MODEL, device: Device = "auto") -> None:
        """Raises ModelError when the model cannot be used, and ValueError for an unknown device."""
        self._pipeline = build_pipeline(model, device)
        self.device = self._pipeline.device
        self.device_note = self._pipeline.device_note

    def faces(self, image: np.ndarray) -> list[StillFace]:
        """The faces of a picture, the surest detection first. image: (H, W, 3) uint8 RGB.

        Raises ValueError when the picture has another shape or type.
        """
        result = self._pipeline.process(Frame(image, 0, 0.0, time.perf_counter(), still=True))
        return [
            StillFace(
                face.face.box.within(result.frame.width, result.frame.height),
                face.face.keypoints,
                face.face.score,
                face.label,
                face.confidence,
                dict(zip(result.labels, map(float, face.probabilities), strict=True)),
            )
            for face in result.faces
        ]
