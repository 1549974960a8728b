"""Retraining a network's last layer for one person, without forgetting everybody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from happysad_live.core.softmax import softmax
from training.minimise import minimise

STEPS = 500
_RATE = 0.02

REHEARSAL = 10.0
"""How much the answers for general faces count against the person's own, which count 1. With 3 instead of
10, other people's faces lose half as much again and the person gains nothing (drawn persons)."""

PULL = 0.003
"""How strongly the layer is held back where the general faces do not care."""

TARGET = 0.95
"""The probability aimed at for the person's label: certainty would make the answers overconfident."""


@dataclass(frozen=True, slots=True)
class LastLayer:
    """The last layer: softmax((embedding @ kernel + bias) / temperature). kernel: (D, K). bias: (K,)."""

    kernel: np.ndarray
    bias: np.ndarray
    temperature: float

    def probabilities(self, embeddings: np.ndarray) -> np.ndarray:
        """(N, D) embeddings -> (N, K) float64 probabilities."""
        return softmax((embeddings @ self.kernel + self.bias) / self.temperature)


def fit_last_layer(
    shipped: LastLayer,
    embeddings: np.ndarray,
    labels: np.ndarray,
    general: np.ndarray,
    done: Callable[[float], None] = lambda share: None,
) -> LastLayer:
    """A last layer that knows the person and still answers for general faces as the shipped one does.

    embeddings: (M, D) of the person. labels: (M,) int class numbers; classes count alike, however
    many faces each has. general: (G, D) embeddings of general faces.

    The cross-entropy of the person's faces, plus the divergence of the general faces' probabilities
    from the shipped ones (learning without forgetting, Li and Hoiem 2016), plus the squared change
    of the weights. Features are brought to one scale first, by the general faces' spread. It is
    convex, so gradient descent finds it.
    """
    middle, spread = general.mean(axis=0), general.std(axis=0) + 1e-3
    rows = np.concatenate([embeddings, general])
    scaled = np.column_stack([(rows - middle) / spread, np.ones(len(rows))])
    start = (rows @ shipped.kernel + shipped.bias) / shipped.temperature
    target = softmax(start)
    classes = target.shape[1]
    target[: len(labels)] = (1 - TARGET) / (classes - 1)
    target[np.arange(len(labels)), labels] = TARGET
    weight = np.concatenate([_balanced(labels), np.full(len(general), REHEARSAL / len(general))])

    def gradient(change: np.ndarray) -> np.ndarray:
        slope = (softmax(start + scaled @ change) - target) * weight[:, None]
        return np.asarray(scaled.T @ slope + 2 * PULL * change)

    unchanged = np.zeros((scaled.shape[1], classes))
    change = minimise(gradient, unchanged, steps=STEPS, rate=_RATE, done=done)
    kernel = change[:-1] / spread[:, None]
    bias = change[-1] - middle @ kernel
    return LastLayer(
        shipped.kernel + kernel * shipped.temperature,
        shipped.bias + bias * shipped.temperature,
        shipped.temperature,
    )


def _balanced(labels: np.ndarray) -> np.ndarray:
    """(M,) weights that sum to 1, every class that occurs alike."""
    counts = np.bincount(labels)
    return 1 / counts[labels] / np.count_nonzero(counts)
