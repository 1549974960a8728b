"""MediaPipe's face networks behind our own contract."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from happysad_live.bootstrap import native_chatter_silenced, package_folders
from happysad_live.core.types import Box, Face
from happysad_live.detection.blazeface import FULL_RANGE, SHORT_RANGE, BlazeFace
from happysad_live.detection.contrast import measure_contrast
from happysad_live.errors import ModelError
from happysad_live.lite import LiteNetwork

DetectorRange = Literal["full", "short"]

# A larger picture is first brought down to this longer side, which loses no face: the networks see 192 (full
# range) or 128 pixels (short range), and were tuned on pictures sampled without averaging.
MAX_INPUT_SIDE_PX = 640

_NETWORKS: dict[DetectorRange, BlazeFace] = {"full": FULL_RANGE, "short": SHORT_RANGE}
_MODELS_FOLDER = Path("modules", "face_detection")


class MediaPipeDetector:
    """One of MediaPipe's two face networks.

    "full" finds faces from about a twentieth of the picture's width up to most of it; "short" is
    better only on a face that fills the picture. Thread safe.
    """

    def __init__(self, range: DetectorRange) -> None:
        """Raises ModelError where MediaPipe, which brings the networks, is not installed as a whole."""
        self._kind = _NETWORKS[range]
        with native_chatter_silenced():
            self._network: LiteNetwork | None = LiteNetwork(model_file(self._kind).read_bytes())
        self.find(np.zeros((self._kind.size_px, self._kind.size_px, 3), np.uint8))  # the first pass is slow

    def find(self, image: np.ndarray, window: Box | None = None, quarter_turns: int = 0) -> list[Face]:
        """Faces of a picture, best score first. image: (H, W, 3) uint8 RGB.

        window: search only this part, which is black where it reaches outside the picture.
        quarter_turns: how many times to turn what is searched by 90 degrees to the left before detection.

        Faces come in pixels of the whole picture, not turned, whatever was searched. Raises ValueError once
        the detector is closed.
        """
        network = self._network
        if network is None:
            raise ValueError("this face finder is closed: make another one")
        area = Box(0.0, 0.0, image.shape[1], image.shape[0]) if window is None else window
        part, corner = _part(image, area)
        small = _shrunk(part)
        shrink = np.array([small.shape[1] / part.shape[1], small.shape[0] / part.shape[0]])
        # The network sees a square around the middle of the area; from here on in pixels of ``small``.
        side_px = max(area.width * shrink[0], area.height * shrink[1])
        origin = (np.array(area.center) - corner) * shrink - side_px / 2
        size_px = self._kind.size_px
        zoom = size_px / side_px
        to_input = np.column_stack([np.eye(2) * zoom, -origin * zoom])
        contrast = measure_contrast(image, part)
        small = contrast.smooth(small)
        square = cv2.warpAffine(small, to_input, (size_px, size_px), flags=cv2.INTER_LINEAR)
        square = np.ascontiguousarray(np.rot90(square, quarter_turns))
        outputs = network.run(cv2.LUT(square, _to_network_input(contrast.levels()))[None])
        logits, regressors = sorted((output[0] for output in outputs), key=lambda output: output.shape[-1])
        faces = []
        for points, score in self._kind.decode(logits[:, 0], regressors):
            points = _turned_back(points, quarter_turns, size_px)
            faces.append(_to_face((points * side_px + origin) / shrink + corner, score))
        return faces

    def close(self) -> None:
        """Free the network; the detector cannot be used afterwards. Closing it again does nothing."""
        self._network = None


def model_file(network: BlazeFace) -> Path:
    """The network's file in MediaPipe's package. Raises ModelError where it is missing."""
    # Found without importing the package: that would load much that this program does not use.
    for folder in package_folders("mediapipe"):
        path = folder / _MODELS_FOLDER / network.file_name
        if path.is_file():
            return path
    raise ModelError("MediaPipe's face networks are missing: install the program again.")


def _part(image: np.ndarray, area: Box) -> tuple[np.ndarray, np.ndarray]:
    """The part of an area that lies in the picture, in whole pixels, and its top left corner, (2,) x, y."""
    height, width = image.shape[:2]
    inner = area.within(width, height)
    left, top = min(int(inner.x0), width - 1), min(int(inner.y0), height - 1)
    right, bottom = max(math.ceil(inner.x1), left + 1), max(math.ceil(inner.y1), top + 1)
    return image[top:bottom, left:right], np.array([left, top])


def _to_network_input(levels: np.ndarray) -> np.ndarray:
    """The networks' input, -1..1 float32, for levels 0..255."""
    return (levels * (2 / 255) - 1).astype(np.float32)


def _shrunk(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    factor = MAX_INPUT_SIDE_PX / max(height, width)
    if factor >= 1:
        return np.ascontiguousarray(image)
    size = (max(round(width * factor), 1), max(round(height * factor), 1))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)


def _turned_back(points: np.ndarray, quarter_turns: int, size_px: int) -> np.ndarray:
    """Where points of a turned square, (8, 2) in shares of its side, were before the turns to the left."""
    last = 1 - 1 / size_px  # the last pixel's place: a turn takes it to the first's
    for _ in range(quarter_turns):
        points = np.stack([last - points[:, 1], points[:, 0]], axis=1)
    return points


def _to_face(points: np.ndarray, score: float) -> Face:
    """points: (8, 2) pixels: two opposite corners of the box, then the keypoints."""
    corners = np.sort(points[:2], axis=0)
    return Face(Box(*map(float, corners.ravel())), points[2:].astype(np.float32), score)
