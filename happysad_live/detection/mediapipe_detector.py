"""MediaPipe's face networks behind our own contract."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Box, Face
from happysad_live.detection.blazeface import FULL_RANGE, SHORT_RANGE, BlazeFace
from happysad_live.errors import ModelError
from happysad_live.lite import LiteNetwork

DetectorRange = Literal["full", "short"]

# The networks see 192 (full range) or 128 pixels (short range). They were tuned on pictures sampled
# without averaging; brought down to this size first, a large frame loses no face.
MAX_INPUT_SIDE_PX = 640
SAME_FACE_OVERLAP = 0.3

_NETWORKS: dict[DetectorRange, BlazeFace] = {"full": FULL_RANGE, "short": SHORT_RANGE}
_MODELS_FOLDER = Path("modules", "face_detection")

# What the networks expect of each grey level 0..255.
_LEVELS = (np.arange(256) * (2 / 255) - 1).astype(np.float32)


class MediaPipeDetector:
    """One of MediaPipe's two BlazeFace models.

    "full" finds faces from about a twentieth of the picture's width up to most of it; "short" is
    better only on a face that fills the picture. Thread safe.
    """

    def __init__(self, range: DetectorRange = "full") -> None:
        """Raises ModelError where MediaPipe, which brings the networks, is not installed as a whole."""
        self._kind = _NETWORKS[range]
        with native_chatter_silenced():
            self._network = LiteNetwork(model_file(self._kind).read_bytes())
        self.find(np.zeros((192, 192, 3), np.uint8))  # the first pass is slow

    def find(self, image: np.ndarray) -> list[Face]:
        """Faces of a picture, best score first. image: (H, W, 3) uint8 RGB."""
        height, width = image.shape[:2]
        small = _shrunk(image)
        size_px = self._kind.size_px
        zoom = size_px / max(small.shape[:2])
        margin = (size_px - zoom * np.array([small.shape[1], small.shape[0]])) / 2
        to_input = np.array([[zoom, 0, margin[0]], [0, zoom, margin[1]]])
        square = cv2.warpAffine(small, to_input, (size_px, size_px), flags=cv2.INTER_LINEAR)
        outputs = self._network.run(cv2.LUT(square, _LEVELS)[None])
        logits, regressors = sorted((output[0] for output in outputs), key=lambda output: output.shape[-1])
        to_picture = np.array([width, height]) / (size_px - 2 * margin)
        return [
            _to_face((points * size_px - margin) * to_picture, score)
            for points, score in self._kind.decode(logits[:, 0], regressors)
        ]

    def close(self) -> None:
        """Free the network; the detector cannot be used afterwards."""
        del self._network


def merge_faces(found: Sequence[Face], more: Sequence[Face]) -> list[Face]:
    """All of ``found``, and those of ``more`` that are not the same face again."""
    merged = list(found)
    for face in more:
        if all(intersection_over_union(face.box, kept.box) < SAME_FACE_OVERLAP for kept in merged):
            merged.append(face)
    return merged


def without_margin(face: Face, margin_px: int) -> Face:
    """A face found in a picture with a margin around it, in the coordinates of the picture itself."""
    box = Box(*(value - margin_px for value in face.box))
    return Face(box, face.keypoints - np.float32(margin_px), face.score)


def model_file(network: BlazeFace) -> Path:
    """The network's file in MediaPipe's package. Raises ModelError where it is missing."""
    # Found without importing the package, which would load all that this program does not use of it.
    package = find_spec("mediapipe")
    for folder in (package.submodule_search_locations if package else None) or ():
        path = Path(folder) / _MODELS_FOLDER / network.file_name
        if path.is_file():
            return path
    raise ModelError("MediaPipe's face networks are missing: install mediapipe==0.10.21 again.")


def _shrunk(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    factor = MAX_INPUT_SIDE_PX / max(height, width)
    if factor >= 1:
        return np.ascontiguousarray(image)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def _to_face(points: np.ndarray, score: float) -> Face:
    """points: (8, 2) pixels: top left and bottom right of the box, then the keypoints."""
    return Face(Box(*map(float, points[:2].ravel())), points[2:].astype(np.float32), score)
