"""From crops of faces to their embeddings, the input of a network's last layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from training.interrupt import check_interrupt
from training.network_config import EMBEDDING_LAYER
from training.teaching.last_layer import require_build

_BATCH = 32


def embedder(network: Any) -> Callable[..., np.ndarray]:
    """A function from (N, 256, 256, 3) uint8 RGB crops to (N, D) float32 embeddings.

    The function's second argument, if any, is called with the share 0..1 of the crops that is done. Raises
    TrainingError for a network of another build.
    """
    import keras

    require_build(network)
    features = keras.Model(network.input, network.get_layer(EMBEDDING_LAYER).output)

    def embed(crops: np.ndarray, done: Callable[[float], None] = lambda share: None) -> np.ndarray:
        parts = []
        for part in batches(crops):
            check_interrupt()
            parts.append(keras.ops.convert_to_numpy(features(part, training=False)))
            done(min(len(parts) * _BATCH / len(crops), 1.0))
        return np.concatenate(parts)

    return embed


def batches(items: np.ndarray) -> Iterator[np.ndarray]:
    """The items, (N, ...), in parts that fit into the memory as crops."""
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))
