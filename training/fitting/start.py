"""Going on from a finished model: its convolutions, and what its last layer knows of the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from happysad_live.classification.runtime import load_network
from happysad_live.errors import TrainingError
from training.fitting.config import HeadConfig
from training.network_config import LAST_LAYER


def take_over(core: Any, heads: Sequence[HeadConfig], bundle: ModelBundle) -> None:
    """Put a bundle's weights into a folded core of the same shape, see ``networks.build_core``.

    Each head takes its classes' columns of the bundle's last layer; those of classes that the bundle does
    not know stay as they are. Raises ModelError or TrainingError when the bundle is of another network.
    """
    network = load_network(bundle)
    convolutions = _convolutions(core)
    if len(_convolutions(network)) != len(convolutions):
        raise _other_network(bundle)
    for layer in convolutions:
        _copy(layer, network, bundle)
    kernel, bias = core.get_layer(LAST_LAYER).get_weights()
    known_kernel, known_bias = _weights(network, LAST_LAYER, bundle)
    if len(known_kernel) != len(kernel):
        raise _other_network(bundle)
    classes = [name for head in heads for name in head.classes]
    for column, name in enumerate(classes):
        if name in bundle.labels:
            known = bundle.labels.index(name)
            kernel[:, column], bias[column] = known_kernel[:, known], known_bias[known]
    core.get_layer(LAST_LAYER).set_weights([kernel, bias])


def _convolutions(network: Any) -> list[Any]:
    return [layer for layer in network.layers if layer.name.startswith("conv_")]


def _copy(layer: Any, network: Any, bundle: ModelBundle) -> None:
    weights = _weights(network, layer.name, bundle)
    if [one.shape for one in weights] != [one.shape for one in layer.get_weights()]:
        raise _other_network(bundle)
    layer.set_weights(weights)


def _weights(network: Any, name: str, bundle: ModelBundle) -> list[np.ndarray]:
    try:
        return list(network.get_layer(name).get_weights())
    except ValueError as error:
        raise _other_network(bundle) from error


def _other_network(bundle: ModelBundle) -> TrainingError:
    return TrainingError(
        f"The model “{bundle.name}” has another network than the config: give the config's [network] that "
        "model's stem and stages, or start from another model."
    )
