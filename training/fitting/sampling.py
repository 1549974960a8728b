"""Sampling: which pictures each training step sees, and how they are to be changed, prepared in advance."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from happysad_live.core.prefetch import prefetch
from training.fitting.augment import draw_changes, draw_mixtures
from training.fitting.config import FitConfig
from training.fitting.data import TrainingFaces, source_column

_RAREST_FACTOR = 6.0
"""A class is sampled at most this many times as often as it occurs, however rare it is."""

_BATCHES_AHEAD = 6


class Batch(NamedTuple):
    """Rows i and i + B/2 are two views of one picture.

    rows: (B,) int, of the training faces. greys: (B, 160, 160) uint8. changes: see ``draw_changes``.
    others: (B,) int32, which row of the batch is mixed into each. shares: (B,) float32, how much of it.
    """

    rows: np.ndarray
    greys: np.ndarray
    changes: np.ndarray
    others: np.ndarray
    shares: np.ndarray

    def mixed_labels(self, labels: np.ndarray) -> np.ndarray:
        """The batch's labels, mixed as its pictures are: (N, K) of all training faces -> (B, K) float32."""
        mine, shares = labels[self.rows], self.shares[:, None]
        return np.asarray(mine * (1 - shares) + mine[self.others] * shares, np.float32)


def sampling_probabilities(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """The probability that each picture is sampled, (N,) float64, sum 1: by its source and its classes."""
    weight = source_column(faces.source, config.sources, "sampling_weight")
    frequency = (faces.labels * weight[:, None]).sum(axis=0) / weight.sum()
    present = frequency > 0
    wanted = 1 / max(present.sum(), 1)
    factor = np.zeros(len(frequency))
    factor[present] = (wanted / frequency[present]) ** config.train.class_balance
    # Each limit lowers the sum by which all are divided in the end, and so the next limit.
    while factor.max() > (limit := _RAREST_FACTOR * (frequency @ factor)) + 1e-9:
        factor = np.minimum(factor, limit)
    weight = weight * (faces.labels @ factor)
    return np.asarray(weight / weight.sum(), np.float64)


def sampled_class_shares(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """The share of each class in what is sampled, (7,) float64, sum 1."""
    return np.asarray(sampling_probabilities(faces, config) @ faces.labels, np.float64)


def sampled_batches(faces: TrainingFaces, config: FitConfig, steps: range) -> Generator[Batch, None, None]:
    """A batch for each of the steps.

    It depends on the config's seed and the step's number alone, so a resumed run sees the same.
    """
    probabilities = sampling_probabilities(faces, config)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        half = config.train.batch // 2
        sampled = rng.choice(len(probabilities), half, p=probabilities)
        rows = np.tile(sampled, 2)
        changes = draw_changes(len(rows), config.augment, rng)
        # Both views of a picture get as much of the same other one, or they could not agree.
        shares = np.tile(draw_mixtures(half, config.augment, rng), 2)
        following = np.roll(np.arange(half, dtype=np.int32), -1)
        others = np.concatenate([following, following + half])
        return Batch(rows, faces.greys[rows], changes, others, shares)

    return prefetch((batch(step) for step in steps), "draw", _BATCHES_AHEAD)
