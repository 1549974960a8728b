"""Does a label hold when light, focus, noise, tilt, distance or the crop change a little?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from happysad_live.core.geometry import CROP_SCALE, CROP_SIZE_PX
from happysad_live.pipeline import Classifier
from training.faces.faceset import CONTEXT_SIZE_PX, FaceSet
from training.faces.groups import clusters
from training.judging.intervals import Interval, share_interval
from training.judging.judge import judged_columns
from training.judging.metrics import bootstrap_weights
from training.progress import progressed

MAX_FACES = 400
CONSECUTIVE_COPIES = 8

Change = Callable[[np.ndarray], np.ndarray]
"""A change of a face: from the crop with its rim, (320, 320, 3) uint8 RGB, to (256, 256, 3) uint8 RGB."""


def robustness(classifier: Classifier, faces: FaceSet) -> dict[str, Any]:
    """Change a sample of the faces in many ways and count the labels that flip.

    The sample has at most 400 faces of the classes that the model knows, drawn evenly from every source.
    Returns the number of faces; for each change, the accuracy and the share of labels that differ from the
    unchanged face's, with 95 % intervals; and ``consecutive``: the share of labels that differ between one
    slightly jittered copy (crop, light, focus) and the next, as between the frames of a video.
    """
    rng = np.random.default_rng(0)
    columns = judged_columns(classifier.labels, faces.classes)
    known = list(columns)
    rows = _sample(known, faces, rng)
    truth = np.array([known.index(faces.classes[label]) for label in faces.hard_labels[rows]])
    weights, (_, count) = bootstrap_weights(faces.group[rows]), clusters(faces.group[rows])
    copies = np.empty((len(rows), CONSECUTIVE_COPIES), np.int64)
    called: dict[str, np.ndarray] = {name: np.empty(len(rows), np.int64) for name in ("unchanged", *CHANGES)}
    for number, row in enumerate(progressed("Shaking faces", rows)):
        context = faces.context_crop(int(row))
        batch = [_warped(context)]
        batch += [change(context) for change in CHANGES.values()]
        batch += [jittered(context, rng) for _ in range(CONSECUTIVE_COPIES)]
        probabilities = classifier.probabilities(np.stack(batch))[:, list(columns.values())]
        winners = probabilities.argmax(axis=1)
        for name, winner in zip(called, winners, strict=False):
            called[name][number] = winner
        copies[number] = winners[len(called) :]
    return {
        "faces": len(rows),
        "changes": {
            name: {
                "accuracy": _share(winners == truth, weights, count),
                "flipped": _NONE
                if name == "unchanged"
                else _share(winners != called["unchanged"], weights, count),
            }
            for name, winners in called.items()
        },
        "consecutive": _share((copies[:, 1:] != copies[:, :-1]), weights, count),
    }


def jittered(context: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The face as the next frame might show it: crop moved by about 1 %, light by 3 %, a little turned,
    resized and blurred.

    context: (320, 320, 3) uint8 RGB. Returns (256, 256, 3) uint8 RGB.
    """
    right, down = rng.normal(0, 0.01, 2) * CROP_SIZE_PX
    crop = _warped(context, (right, down), float(np.exp(rng.normal(0, 0.015))), rng.normal(0, 1.0))
    crop = _brightened(crop, float(np.exp(rng.normal(0, 0.03))))
    return _blurred(crop, rng.uniform(0.01, 1.5))


def _sample(classes: Sequence[str], faces: FaceSet, rng: np.random.Generator) -> np.ndarray:
    """Row numbers of the sample: about as many from each source, and all of a small source."""
    rows = rng.permutation(np.flatnonzero(faces.judging(classes)))
    turn = np.empty(len(rows), np.int64)
    for source in np.unique(faces.source[rows]):
        mine = faces.source[rows] == source
        turn[mine] = np.arange(int(mine.sum()))
    return np.asarray(np.sort(rows[np.argsort(turn, kind="stable")][:MAX_FACES]))


_NONE = Interval(0.0).to_json()
"""The share of labels that flip in unchanged faces: 0, without bounds, as nothing is measured."""


def _share(values: np.ndarray, weights: np.ndarray, count: int) -> dict[str, float | None]:
    """The share that is True, with its interval. values: (N,) or (N, M) bool, one or several for each face.

    weights: (B, N), see ``bootstrap_weights``. count: the number of groups of related pictures.
    """
    of_faces = values.reshape(len(values), -1).mean(axis=1)
    drawn = weights @ of_faces / weights.sum(axis=1)
    return share_interval(float(values.mean()), drawn, faces=values.size, groups=count).to_json()


def _warped(
    context: np.ndarray,
    shift_px: tuple[float, float] = (0.0, 0.0),
    zoom: float = 1.0,
    turn_degrees: float = 0.0,
) -> np.ndarray:
    """The central crop, (256, 256, 3), after the face was moved, enlarged and turned about the middle."""
    middle = (CONTEXT_SIZE_PX - 1) / 2
    transform = np.asarray(cv2.getRotationMatrix2D((middle, middle), turn_degrees, zoom), np.float64)
    transform[:, 2] += (CROP_SIZE_PX - CONTEXT_SIZE_PX) / 2 + np.array(shift_px)
    return cv2.warpAffine(
        context,
        transform,
        (CROP_SIZE_PX, CROP_SIZE_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _brightened(crop: np.ndarray, factor: float) -> np.ndarray:
    return cv2.convertScaleAbs(crop, alpha=factor)


def _blurred(crop: np.ndarray, sigma_px: float) -> np.ndarray:
    return cv2.GaussianBlur(crop, (0, 0), sigma_px)


def _noisy(crop: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, crop.shape)
    return np.clip(np.rint(crop + noise), 0, 255).astype(np.uint8)


def _small(crop: np.ndarray, face_px: int) -> np.ndarray:
    """The crop as it would be of a face that is ``face_px`` pixels wide."""
    side_px = round(CROP_SCALE * face_px)
    little = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
    return cv2.resize(little, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)


CHANGES: dict[str, Change] = {
    "darker (0.5)": lambda context: _brightened(_warped(context), 0.5),
    "brighter (1.5)": lambda context: _brightened(_warped(context), 1.5),
    "blur (3 px)": lambda context: _blurred(_warped(context), 3),
    "blur (6 px)": lambda context: _blurred(_warped(context), 6),
    "noise (10)": lambda context: _noisy(_warped(context), 10),
    "noise (25)": lambda context: _noisy(_warped(context), 25),
    "tilt left (10 degrees)": lambda context: _warped(context, turn_degrees=10),
    "tilt right (20 degrees)": lambda context: _warped(context, turn_degrees=-20),
    "small face (40 px)": lambda context: _small(_warped(context), 40),
    "small face (23 px)": lambda context: _small(_warped(context), 23),
    "crop higher (5 %)": lambda context: _warped(context, (0, 0.05 * CROP_SIZE_PX)),
    "crop to the left (5 %)": lambda context: _warped(context, (0.05 * CROP_SIZE_PX, 0)),
    "crop wider (10 %)": lambda context: _warped(context, zoom=1 / 1.1),
    "crop tighter (10 %)": lambda context: _warped(context, zoom=1.1),
}
"""Changes by name, with the blur's standard deviation in pixels of the 256 px crop, that of the noise in
levels of 0..255, and the width of a small face in pixels of its picture."""
