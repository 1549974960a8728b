"""A face set of drawn faces, and a config to train a tiny network on it, in seconds, or to the middle."""

from __future__ import annotations

import threading

import cv2
import numpy as np
from face_sets import face_set

from training.faces.faceset import CLASSES, CONTEXT_SIZE_PX, FaceSet

CONFIG = """
name = "tiny"
seed = 11

[sources.drawn]
smoothing = 0.05
trust = 0.9
licence = "drawn here"

[network]
stem = 6
stages = [[8, 1], [12, 0], [16, 0]]
dropout = 0.1

[augment]
rotation_degrees = 5.0
zoom = [0.95, 1.05]
contrast = [0.9, 1.1]
small = 0.0
erase = 0.0
border = 0.0
cutout = 0.0
mix = 0.2

[train]
epochs = 4
views_per_epoch = 640
batch = 32
learning_rate = 1e-2
warmup_epochs = 0.5
average_decay = 0.7
opinion_from_epoch = 2
opinion_every_epochs = 1
mixed_precision = false

[[heads]]
name = "three"
classes = ["happy", "sad", "neutral"]
description = "Drawn faces."
"""


def drawn_face(class_name: str, rng: np.random.Generator) -> np.ndarray:
    """A grey face, shaded so that no other looks the same, whose mouth tells its class.

    Returns (320, 320, 3) uint8 RGB.
    """
    face = np.full((CONTEXT_SIZE_PX, CONTEXT_SIZE_PX), int(rng.integers(140, 210)), np.uint8)
    middle, mouth = 160 + int(rng.integers(-6, 7)), 200 + int(rng.integers(-6, 7))
    for side in (-1, 1):
        cv2.circle(face, (middle + side * 35, 130), 12, 20, -1)
    bend = {"happy": (0, 180), "sad": (180, 360)}.get(class_name)
    if bend:
        cv2.ellipse(face, (middle, mouth), (40, 25), 0, *bend, 20, 12)
    else:
        cv2.line(face, (middle - 40, mouth), (middle + 40, mouth), 20, 12)
    shade = cv2.resize(rng.uniform(-20, 20, (8, 8)), face.shape, interpolation=cv2.INTER_CUBIC)
    return cv2.cvtColor(np.clip(face + shade, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2RGB)


def drawn_set(per_class: int = 24, classes: tuple[str, ...] = ("happy", "sad", "neutral")) -> FaceSet:
    rng = np.random.default_rng(0)
    names = [name for name in classes for _ in range(per_class)]
    labels = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(name) for name in names]]
    count = len(names)
    return face_set(
        [drawn_face(name, rng) for name in names],
        labels,
        source=np.full(count, "drawn"),
        split=np.where(np.arange(count) % 4 == 0, "val", "train"),
        name=np.array([f"{name}_{number}" for number, name in enumerate(names)]),
    )


class StopAfter(threading.Event):
    """An event that is set once it has been asked often enough: Ctrl-C in the middle of a run."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0 or super().is_set()
