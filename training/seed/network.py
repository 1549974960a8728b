"""The seed's network, layer for layer, and its training."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from happysad_live.core.geometry import CROP_SIZE_PX
from training.interrupt import check_interrupt
from training.progress import progress_bar

PARAMETERS = 3_696_625
BATCH = 32


def build_seed_network() -> Any:
    """The network as a keras.Model: (N, 256, 256, 3) uint8 RGB -> (N, 1) probability of sad."""
    import keras
    from keras import layers

    network = keras.Sequential(
        [
            keras.Input((CROP_SIZE_PX, CROP_SIZE_PX, 3), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(256, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ],
        name="seed_cnn",
    )
    if network.count_params() != PARAMETERS:
        raise AssertionError(f"the seed's network has {network.count_params()} parameters, not {PARAMETERS}")
    return network


def train_seed_network(
    network: Any,
    train: tuple[np.ndarray, np.ndarray],
    val: tuple[np.ndarray, np.ndarray],
    *,
    epochs: int,
    title: str,
) -> dict[str, list[float]]:
    """Train with Adam and binary cross-entropy, in batches of 32.

    train, val: images (N, 256, 256, 3) uint8 RGB, and the truth (N,), 0 happy, 1 sad.
    Returns loss, accuracy, val_loss and val_accuracy, each with one value an epoch.
    """
    import keras

    network.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    with progress_bar(title, epochs) as done:
        tick = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda *_, **__: done(), on_train_batch_end=lambda *_, **__: check_interrupt()
        )
        with _warnings_of_tensorflow_hidden():  # one says that a smaller last batch takes longer
            history = network.fit(
                *_targets(train),
                validation_data=_targets(val),
                batch_size=BATCH,
                epochs=epochs,
                verbose=0,
                callbacks=[tick],
            )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def probability_of_sad(network: Any, images: np.ndarray) -> np.ndarray:
    """The probability of sad for each picture, (N,) float64. images: (N, 256, 256, 3) uint8 RGB."""
    import keras

    # Not by ``predict``, which builds a function anew for every network, and warns of that.
    parts = (network(images[start : start + BATCH], training=False) for start in range(0, len(images), BATCH))
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts]).astype(np.float64)[:, 0]


@contextmanager
def _warnings_of_tensorflow_hidden() -> Iterator[None]:
    logger = logging.getLogger("tensorflow")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _targets(part: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    images, truth = part
    return images, truth.astype(np.float32)[:, None]
