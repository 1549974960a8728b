"""Sampling: drawing ahead of each training step the pictures that it sees, and their changes."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from happysad_live.core.prefetch import prefetch
from training.fitting.augment import draw_changes, draw_mixtures
from training.fitting.config import FitConfig
from training.fitting.data import TrainingFaces, learnt_columns, source_column

_RAREST_FACTOR = 6.0
"""However rare a class is, it is sampled at most so many times as often as it occurs."""

_BATCHES_AHEAD = 6


class Batch(NamedTuple):
    """The pictures of a step. Rows i and i + B/2 are two views of one picture.

    rows: (B,) int, row numbers of the training faces. greys: (B, 160, 160) uint8 grey. changes: see
    ``draw_changes``. others: (B,) int32, the row of the batch that is mixed into each. shares: (B,) float32
    0..1, how much of that row.
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
    """The probability that each picture is sampled, (N,) float64, sum 1: by its source and its classes.

    Classes that no head learns do not count.
    """
    weight = source_column(faces.source, config.sources, "sampling_weight")
    labels = faces.labels[:, learnt_columns(config)]
    frequency = (labels * weight[:, None]).sum(axis=0) / weight.sum()
    present = frequency > 0
    wanted = 1 / max(present.sum(), 1)
    factor = np.zeros(len(frequency))
    factor[present] = (wanted / frequency[present]) ** config.train.class_balance
    # Limiting a factor lowers the sum that all are divided by in the end, and so lowers the limit.
    while factor.max() > (limit := _RAREST_FACTOR * (frequency @ factor)) + 1e-9:
        factor = np.minimum(factor, limit)
    weight = weight * (labels @ factor)
    return np.asarray(weight / weight.sum(), np.float64)


def sampled_class_shares(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """The share of each class in the sampled pictures, (7,) float64, sum 1."""
    return np.asarray(sampling_probabilities(faces, config) @ faces.labels, np.float64)


def sampled_batches(faces: TrainingFaces, config: FitConfig, steps: range) -> Generator[Batch, None, None]:
    """The batch of each of the steps, some drawn in advance.

    A batch depends only on faces, config and the step's number, so a resumed run sees the same ones.
    """
    probabilities = sampling_probabilities(faces, config)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        half = config.train.batch // 2
        sampled = rng.choice(len(probabilities), half, p=probabilities)
        rows = np.tile(sampled, 2)
        changes = draw_changes(len(rows), config.augment, rng)
        # Both views of a picture get the same share of the same other picture, or they could not agree.
        shares = np.tile(draw_mixtures(half, config.augment, rng), 2)
        following = np.roll(np.arange(half, dtype=np.int32), -1)
        others = np.concatenate([following, following + half])
        return Batch(rows, faces.greys[rows], changes, others, shares)

    return prefetch((batch(step) for step in steps), "draw", _BATCHES_AHEAD)
