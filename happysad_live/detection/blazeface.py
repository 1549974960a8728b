"""From the raw output of MediaPipe's face networks to faces: anchors, decoding, non-maximum suppression.

Constants and formulas are those of MediaPipe's own graphs (its calculators SsdAnchors,
TensorsToDetections and NonMaxSuppression, weighted), so boxes, keypoints and scores come out the
same; running the graph itself costs a millisecond a frame more than its network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

POINTS = 8
"""How many points a detection has: top left and bottom right of the box, then six keypoints."""

_SUPPRESSION_OVERLAP = 0.3


@dataclass(frozen=True)
class BlazeFace:
    """One of MediaPipe's two face networks.

    file_name: the network's file in MediaPipe's package. size_px: side of the square input.
    min_score: the lowest score that counts as a detection, 0..1.
    layers: for each output layer the distance of its anchors in pixels, and how many share a place.
    """

    file_name: str
    size_px: int
    min_score: float
    layers: tuple[tuple[int, int], ...]

    @cached_property
    def anchors(self) -> np.ndarray:
        """(A, 2) float32, x and y of every anchor in shares of the input's side."""
        places = []
        for stride_px, count in self.layers:
            cells = self.size_px // stride_px
            middles = (np.arange(cells) + 0.5) / cells
            grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
            places.append(np.repeat(grid, count, axis=0))
        return np.concatenate(places).astype(np.float32)

    def decode(self, logits: np.ndarray, regressors: np.ndarray) -> list[tuple[np.ndarray, float]]:
        """The faces that the network's output means.

        logits: (A,) float32; regressors: (A, 16) float32, both as the network gives them.

        Returns for each face, best first, its points, (8, 2) float32 in shares of the input's side
        (box corners, then keypoints), and its score.
        """
        likely = np.nonzero(logits >= np.log(self.min_score / (1 - self.min_score)))[0]
        if not likely.size:
            return []
        scores = 1 / (1 + np.exp(-logits[likely]))
        # Per anchor: the middle of the box, its size, and the keypoints, all but the size from the anchor.
        raw = regressors[likely].reshape(-1, POINTS, 2) / np.float32(self.size_px)
        half = raw[:, 1] / 2
        raw[:, 1] = raw[:, 0]
        points = raw + self.anchors[likely, None]
        points[:, 0] -= half
        points[:, 1] += half
        return _weighted_non_max_suppression(points, scores)


FULL_RANGE = BlazeFace("face_detection_full_range_sparse.tflite", 192, 0.6, ((4, 1),))
SHORT_RANGE = BlazeFace("face_detection_short_range.tflite", 128, 0.5, ((8, 2), (16, 6)))


def _weighted_non_max_suppression(points: np.ndarray, scores: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Merge overlapping detections: the mean of their points weighted by score, and the best score."""
    order = np.argsort(-scores, kind="stable")
    faces = []
    while order.size:
        same = _overlaps(points[order]) > _SUPPRESSION_OVERLAP
        same[0] = True
        weights = scores[order[same]]
        mean = np.tensordot(weights, points[order[same]], axes=1) / weights.sum()
        faces.append((mean, float(scores[order[0]])))
        order = order[~same]
    return faces


def _overlaps(points: np.ndarray) -> np.ndarray:
    """Intersection over union of the first box with every box. points: (N, 8, 2)."""
    top_left, bottom_right = points[:, 0], points[:, 1]
    inner = np.minimum(bottom_right, bottom_right[0]) - np.maximum(top_left, top_left[0])
    shared = np.maximum(inner, 0).prod(axis=1)
    areas = np.maximum(bottom_right - top_left, 0).prod(axis=1)
    return shared / np.maximum(areas + areas[0] - shared, np.finfo(np.float32).tiny)
