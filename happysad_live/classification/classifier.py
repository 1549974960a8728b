"""Running a bundle's network: compiled once, called once a frame."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.device import CPU, ChosenDevice, choose_device
from happysad_live.config import Device
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import ModelError
from happysad_live.lite import LiteNetwork

log = logging.getLogger(__name__)

WARM_UP_BATCHES = (1, 2, 4)

MAX_NETWORKS = 4
"""How many faces are classified at the same time at most, each on a core of its own."""

Probabilities = Callable[[np.ndarray], np.ndarray]
"""(N, 256, 256, 3) uint8 RGB, N at least 1, to (N, K) float32 rows that sum to 1."""


class EmotionModel:
    """A model that tells the probability of each label for face crops."""

    def __init__(self, bundle: ModelBundle, device: Device = "auto") -> None:
        """Load the weights and compile. Raises ModelError when the weights do not fit."""
        self.bundle = bundle
        with native_chatter_silenced():
            chosen = self._start(device)
        self.device = chosen.name
        self.device_note = chosen.note

    def _start(self, wanted: Device) -> ChosenDevice:
        """Compile for the wanted device, or for the CPU where a GPU fails."""
        chosen = choose_device(wanted)
        network = _load_network(self.bundle)
        try:
            self._compile(network, chosen)
        except Exception as error:  # whatever a GPU driver throws: the CPU still works
            if chosen.tensorflow == CPU:
                raise ModelError(f"The model “{self.bundle.name}” cannot run: {error}") from error
            log.warning("The GPU failed: %s", error)
            chosen = replace(
                choose_device("cpu"), note=f"the GPU failed ({type(error).__name__}), so the CPU is used"
            )
            self._compile(network, chosen)
        return chosen

    def _compile(self, network: Any, chosen: ChosenDevice) -> None:
        """Compile, and run each usual batch size once: the first call of a size is slow."""
        self._function = _compiled(network, self.bundle, chosen.tensorflow)
        for size in WARM_UP_BATCHES:
            self.probabilities(np.zeros((size, CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8))

    @classmethod
    def load(cls, name_or_folder: str | Path, device: Device = "auto") -> EmotionModel:
        """Load a model by its name under ``models/`` or by its folder. Raises ModelError."""
        return cls(load_bundle(name_or_folder), device)

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the columns of ``probabilities``."""
        return self.bundle.labels

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """crops: (N, 256, 256, 3) uint8 RGB. Returns (N, K) float32, rows summing to 1.

        Raises ValueError when the crops have another shape or type.
        """
        crops = np.asarray(crops)
        if crops.dtype != np.uint8 or crops.shape[1:] != (CROP_SIZE_PX, CROP_SIZE_PX, 3):
            raise ValueError(
                f"crops must be (N, {CROP_SIZE_PX}, {CROP_SIZE_PX}, 3) uint8, not {crops.shape} {crops.dtype}"
            )
        if not len(crops):
            return np.zeros((0, len(self.labels)), np.float32)
        return self._function(crops)


def _load_network(bundle: ModelBundle) -> Any:
    import keras

    try:
        # Safe mode (the default) refuses weights that carry code.
        network = keras.saving.load_model(bundle.weights_path, compile=False)
    except Exception as error:  # keras raises anything from zipfile errors to TypeError here
        raise ModelError(f"The weights of the model “{bundle.name}” cannot be loaded: {error}") from error
    outputs = 1 if bundle.output == "sigmoid" else len(bundle.labels)
    expected = ((None, CROP_SIZE_PX, CROP_SIZE_PX, 3), (None, outputs))
    shapes = (tuple(network.input_shape), tuple(network.output_shape))
    if shapes != expected:
        raise ModelError(
            f"The model “{bundle.name}” does not fit its description: input and output are {shapes}, "
            f"expected {expected}."
        )
    return network


def _compiled(network: Any, bundle: ModelBundle, device: str) -> Probabilities:
    """The network with its output made probabilities, in the fastest form for the device."""
    if device != CPU:
        frozen = _frozen(network, bundle, device, batch=None)
        return lambda crops: _run_frozen(frozen, crops, device)
    frozen = _frozen(network, bundle, device, batch=1)
    try:
        return _SplitBatch(_to_lite(frozen))
    except Exception as error:  # whatever the converter does not know: TensorFlow itself runs it
        log.info("The model “%s” runs in TensorFlow: %s", bundle.name, error)
    frozen = _frozen(network, bundle, device, batch=None)
    return lambda crops: _run_frozen(frozen, crops, device)


def _frozen(network: Any, bundle: ModelBundle, device: str, batch: int | None) -> Any:
    """One TensorFlow function with the weights frozen into it as constants, to be folded and fused.

    batch: how many crops a call takes; None for any number.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def probabilities(crops: Any) -> Any:
        output = tf.cast(network(crops, training=False), tf.float32)
        if bundle.output == "logits":
            return tf.nn.softmax(output / bundle.temperature)
        # The logit of a probability, kept finite, divided by the temperature as the others are.
        second = tf.clip_by_value(output, 1e-7, 1 - 1e-7)
        second = tf.sigmoid(tf.math.log(second / (1 - second)) / bundle.temperature)
        return tf.concat([1 - second, second], axis=1)

    signature = tf.TensorSpec((batch, CROP_SIZE_PX, CROP_SIZE_PX, 3), tf.uint8)
    with tf.device(device):
        concrete = tf.function(probabilities).get_concrete_function(signature)
        return convert_variables_to_constants_v2(concrete)


def _run_frozen(frozen: Any, crops: np.ndarray, device: str) -> np.ndarray:
    import tensorflow as tf

    with tf.device(device):
        return frozen(tf.constant(crops))[0].numpy()


def _to_lite(frozen: Any) -> bytes:
    import tensorflow as tf

    return tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()


class _SplitBatch:
    """Classifies the faces of a frame one by one, on as many cores as there are."""

    def __init__(self, model: bytes) -> None:
        count = max(min(os.cpu_count() or 1, MAX_NETWORKS), 1)
        self._networks = [LiteNetwork(model) for _ in range(count)]
        self._helpers = ThreadPoolExecutor(max(count - 1, 1), thread_name_prefix="classifier")

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        first, *others = self._networks[: len(crops)]
        step = 1 + len(others)
        running = [
            self._helpers.submit(_run_each, network, crops[offset::step])
            for offset, network in enumerate(others, start=1)
        ]
        parts = [_run_each(first, crops[::step]), *(future.result() for future in running)]
        rows = np.empty((len(crops), parts[0].shape[1]), np.float32)
        for offset, part in enumerate(parts):
            rows[offset::step] = part
        return rows


def _run_each(network: LiteNetwork, crops: np.ndarray) -> np.ndarray:
    return np.concatenate([network.run(crops[i : i + 1])[0] for i in range(len(crops))])


class OnlyLabels:
    """A classifier restricted to some of its labels, their probabilities renormalised."""

    def __init__(self, model: EmotionModel, labels: tuple[str, ...]) -> None:
        """Raises ModelError when the model does not know all the labels."""
        missing = [label for label in labels if label not in model.labels]
        if missing:
            raise ModelError(f"The model “{model.bundle.name}” knows no “{missing[0]}”.")
        self._model = model
        self._columns = [model.labels.index(label) for label in labels]
        self.labels = labels

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """As ``EmotionModel.probabilities``, with one column for each kept label."""
        kept = self._model.probabilities(crops)[:, self._columns]
        # Where none of the kept labels has any probability there is nothing to prefer.
        kept = kept + np.float32(1e-6)
        return kept / kept.sum(axis=1, keepdims=True)
