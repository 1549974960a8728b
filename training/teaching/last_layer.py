"""Retraining a network's last layer for one person, without forgetting everybody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from happysad_live.core.softmax import softmax
from happysad_live.errors import TrainingError
from training.minimise import minimise
from training.network_config import EMBEDDING_LAYER, LAST_LAYER

STEPS = 500
_RATE = 0.02

REHEARSAL = 10.0
"""The weight of the answers for general faces; the person's own have 1. With 3 instead of 10, other people's
faces lose half as much again and the person gains nothing (measured on drawn persons)."""

PULL = 0.003
"""The weight of the layer's squared change, which holds the layer back where general faces do not."""

TARGET = 0.95
"""The probability that the person's label should get: certainty would make the answers overconfident."""


@dataclass(frozen=True, slots=True)
class LastLayer:
    """A last layer: softmax((embedding @ kernel + bias) / temperature). kernel: (D, K). bias: (K,)."""

    kernel: np.ndarray
    bias: np.ndarray
    temperature: float

    @classmethod
    def of(cls, network: Any, temperature: float) -> LastLayer:
        """A network's last layer, in float64. Raises TrainingError for a network of another build."""
        require_build(network)
        kernel, bias = network.get_layer(LAST_LAYER).get_weights()
        return cls(kernel.astype(np.float64), bias.astype(np.float64), temperature)

    def probabilities(self, embeddings: np.ndarray) -> np.ndarray:
        """(N, D) embeddings -> (N, K) float64 probabilities."""
        return softmax((embeddings @ self.kernel + self.bias) / self.temperature)


def require_build(network: Any) -> None:
    """Raises TrainingError for a network whose last two layers are not those that teaching knows."""
    names = [layer.name for layer in network.layers[-2:]]
    if names != [EMBEDDING_LAYER, LAST_LAYER]:
        raise TrainingError("This model has another build than the shipped ones and cannot be taught.")


def fit_last_layer(
    shipped: LastLayer,
    embeddings: np.ndarray,
    labels: np.ndarray,
    general: np.ndarray,
    done: Callable[[float], None] = lambda share: None,
) -> LastLayer:
    """A last layer that knows the person and still answers for general faces as the shipped one does.

    embeddings: (M, D), of the person. labels: (M,) int class numbers; all classes have the same weight,
    however many faces each has. general: (G, D), embeddings of general faces. done: see ``minimise``.

    It minimises the cross-entropy of the person's faces, plus the divergence of the general faces'
    probabilities from the shipped layer's (learning without forgetting, Li and Hoiem 2016), plus the squared
    change of the weights. First, features are brought to one scale, by the general faces' spread. The sum is
    convex, so gradient descent finds its minimum.
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
    """Weights of the faces, (M,), with sum 1, which every class that occurs shares equally."""
    counts = np.bincount(labels)
    return 1 / counts[labels] / np.count_nonzero(counts)
