"""Which pictures a training run draws, and how they are to be changed, ahead of where it stands."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np

from happysad_live.core.prefetch import prefetch
from training.fitting.augment import draw_changes, draw_mixtures
from training.fitting.config import FitConfig
from training.fitting.data import TrainingFaces, source_column

_RAREST_FACTOR = 6.0
"""A class is drawn at most this much more often than it comes, however rare it is."""

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
        """Of the labels of all training faces those of the batch: (N, K) -> (B, K) float32."""
        mine, shares = labels[self.rows], self.shares[:, None]
        return np.asarray(mine * (1 - shares) + mine[self.others] * shares, np.float32)


def drawing_chances(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """How likely each picture is drawn, (N,) float64, summing to 1: by its source and its classes."""
    chance = source_column(faces.source, config.sources, "sampling_weight")
    frequency = (faces.labels * chance[:, None]).sum(axis=0) / chance.sum()
    present = frequency > 0
    wanted = 1 / max(present.sum(), 1)
    factor = np.zeros(len(frequency))
    factor[present] = (wanted / frequency[present]) ** config.train.class_balance
    # Each limit lowers the sum by which all are divided in the end, and so the next limit.
    while factor.max() > (limit := _RAREST_FACTOR * (frequency @ factor)) + 1e-9:
        factor = np.minimum(factor, limit)
    chance = chance * (faces.labels @ factor)
    return np.asarray(chance / chance.sum(), np.float64)


def drawn_shares(faces: TrainingFaces, config: FitConfig) -> np.ndarray:
    """How much of what is drawn shows each class, (7,) float64, summing to 1."""
    return np.asarray(drawing_chances(faces, config) @ faces.labels, np.float64)


def drawn_batches(faces: TrainingFaces, config: FitConfig, steps: range) -> Generator[Batch, None, None]:
    """A batch for each of the steps.

    It depends on the config's seed and the step's number alone, so a resumed run sees the same.
    """
    chances = drawing_chances(faces, config)

    def batch(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        half = config.train.batch // 2
        drawn = rng.choice(len(chances), half, p=chances)
        rows = np.tile(drawn, 2)
        changes = draw_changes(len(rows), config.augment, rng)
        # Both views of a picture get as much of the same other one, or they could not agree.
        shares = np.tile(draw_mixtures(half, config.augment, rng), 2)
        following = np.roll(np.arange(half, dtype=np.int32), -1)
        others = np.concatenate([following, following + half])
        return Batch(rows, faces.greys[rows], changes, others, shares)

    return prefetch((batch(step) for step in steps), "draw", _BATCHES_AHEAD)
