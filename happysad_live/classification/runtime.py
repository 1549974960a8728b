"""A bundle's network as a function, in the fastest form for the device.

On the CPU, LiteRT runs the ``model.tflite`` of the bundle, or one converted from its weights while
starting; a GPU runs the weights in TensorFlow. Only the last two import TensorFlow, which takes
seconds and 600 MB.
"""

from __future__ import annotations

import json
import logging
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from happysad_live.bootstrap import matplotlib_left_out, native_chatter_silenced
from happysad_live.classification.bundle import ModelBundle
from happysad_live.classification.bundle_lite import read_lite
from happysad_live.classification.conversion import frozen, runs_tensorflow, to_float_tflite
from happysad_live.classification.device import CPU
from happysad_live.core.cores import CoreTeam
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import ModelError
from happysad_live.lite import LiteNetwork

logger = logging.getLogger(__name__)

_MAX_WEIGHTS_BYTES = 2_000_000_000
"""The most memory that a model's weights may take: eighty times what the largest shipped ones take."""

Outputs = Callable[[np.ndarray], np.ndarray]
"""From (N, 256, 256, 3) uint8 RGB, N at least 1, to (N, outputs) float32, before any temperature."""


def network_function(bundle: ModelBundle, device: str, cores_per_face: int) -> Outputs:
    """The bundle's network on a device, given by TensorFlow's name for it.

    cores_per_face: on how many cores LiteRT classifies a face that comes alone.

    Raises ModelError when the weights cannot be loaded, or do not fit the bundle's description.
    """
    if device == CPU:
        try:
            lite = read_lite(bundle)
            if lite is None and runs_tensorflow():  # whose converter is needed
                lite = to_float_tflite(load_network(bundle))
            if lite is not None:
                return _lite_function(bundle, lite, cores_per_face)
        except ModelError:
            raise
        except Exception as error:  # the converter and LiteRT raise anything for what they do not know
            logger.warning("The model “%s” starts more slowly, in TensorFlow: %s", bundle.name, error)
    return _compiled_function(load_network(bundle), device)


def load_network(bundle: ModelBundle) -> Any:
    """The keras.Model of a bundle. Raises ModelError when it cannot be loaded or does not fit."""
    try:
        with native_chatter_silenced(), matplotlib_left_out():
            import keras
    except (ImportError, ValueError) as error:  # the backend is not installed, or unknown
        wanted = f"KERAS_BACKEND asks for {os.environ.get('KERAS_BACKEND')}"
        raise ModelError(f"The model “{bundle.name}” cannot be loaded ({wanted}): {error}.") from error
    _refuse_huge(bundle)
    try:
        with native_chatter_silenced(), matplotlib_left_out():
            # Safe mode (the default) refuses weights that carry code.
            network = keras.saving.load_model(bundle.weights_path, compile=False)
    except Exception as error:  # keras raises anything from zipfile errors to TypeError here
        raise ModelError(
            f"The weights of the model “{bundle.name}” cannot be loaded: {_why(bundle, error)}"
        ) from error
    _check_shapes(bundle, tuple(network.input_shape[1:]), tuple(network.output_shape[1:]))
    return network


def _refuse_huge(bundle: ModelBundle) -> None:
    """Raise ModelError for weights that would fill the memory: a small file may unpack to any size."""
    with suppress(OSError, zipfile.BadZipFile):  # Keras puts these into words
        with zipfile.ZipFile(bundle.weights_path) as archive:
            size_bytes = sum(entry.file_size for entry in archive.infolist())
        if size_bytes > _MAX_WEIGHTS_BYTES:
            raise ModelError(
                f"The weights of the model “{bundle.name}” would take {size_bytes / 1e9:.1f} GB of memory: "
                f"at most {_MAX_WEIGHTS_BYTES / 1e9:.0f} GB are allowed."
            )


def _why(bundle: ModelBundle, error: Exception) -> str:
    """Why Keras cannot read a network, in a few words.

    Of a network of a later Keras it would show a screen full of its config: then only which version wrote it.
    """
    from keras import __version__ as present

    why = str(error)
    # Raised where the file is damaged, or Keras did not write it.
    with suppress(OSError, zipfile.BadZipFile, KeyError, TypeError, AttributeError, ValueError):
        with zipfile.ZipFile(bundle.weights_path) as archive:
            writer = json.loads(archive.read("metadata.json"))["keras_version"]
        if _release(writer) > _release(present):
            why = (
                f"they were written by Keras {writer}, and this is {present}. "
                "Install a Keras at least as new."
            )
    return why


def _release(version: str) -> list[int]:
    """``3.15.1`` as [3, 15]: versions that differ only after that read the same files."""
    return [int(part) for part in version.split(".")[:2]]


def _check_shapes(bundle: ModelBundle, taken: tuple[int, ...], given: tuple[int, ...]) -> None:
    expected = (CROP_SIZE_PX, CROP_SIZE_PX, 3), (1 if bundle.output == "sigmoid" else len(bundle.labels),)
    if (taken, given) != expected:
        raise ModelError(
            f"The model “{bundle.name}” does not fit its description: input and output are "
            f"{(taken, given)}, expected {expected}."
        )


def _compiled_function(network: Any, device: str) -> Outputs:
    """The network as a function on Keras's own backend: TensorFlow cannot call one on JAX or PyTorch."""
    if not runs_tensorflow():
        return lambda crops: np.asarray(network.predict_on_batch(crops), np.float32)
    import tensorflow as tf

    function = frozen(network, device, batch=None)

    def outputs(crops: np.ndarray) -> np.ndarray:
        with tf.device(device):
            return function(tf.constant(crops))[0].numpy()

    return outputs


def _lite_function(bundle: ModelBundle, lite: bytes, cores_per_face: int) -> Outputs:
    team = CoreTeam("classifier")
    network = LiteNetwork(lite, copies=team.size)
    cores = min(cores_per_face, team.size)
    for_one = network if cores == 1 else LiteNetwork(lite, cores=cores)
    process_id = os.getpid()
    _check_shapes(bundle, network.input_shape[1:], network.output_shapes[0][1:])

    def outputs(crops: np.ndarray) -> np.ndarray:
        if len(crops) == 1:
            # A forked process has none of the threads that LiteRT would wait for.
            return (for_one if os.getpid() == process_id else network).run(crops)[0]
        return np.concatenate(team.map(lambda row: network.run(crops[row : row + 1])[0], range(len(crops))))

    return outputs
