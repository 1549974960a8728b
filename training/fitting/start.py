"""A finished model's network to train or to learn from: its convolutions, and what its last layer knows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from happysad_live.classification.bundle import ModelBundle
from happysad_live.classification.runtime import load_network
from happysad_live.errors import TrainingError
from training.fitting.config import HeadConfig
from training.fitting.network_config import NetworkConfig
from training.fitting.networks import build_core
from training.teaching.general_faces import LAST_LAYER


def take_over(core: Any, heads: Sequence[HeadConfig], bundle: ModelBundle) -> None:
    """Put a bundle's weights into a folded core of the same shape, see ``networks.build_core``.

    Each head takes its classes' columns of the bundle's last layer; those of classes that the bundle does
    not know stay as they are. Raises ModelError or TrainingError when the bundle is of another network.
    """
    _take_over(core, [name for head in heads for name in head.classes], bundle, load_network(bundle))


def core_of(bundle: ModelBundle) -> Any:
    """The network of a bundle as it was trained, plain: (N, 64, 64, 1) float32 grey 0..1 -> (N, K) logits.

    Raises ModelError, or TrainingError when the bundle is not of a network that ``fit`` makes.
    """
    network = load_network(bundle)
    try:
        core = build_core(_shape_of(network), len(bundle.labels), folded=True)
        _take_over(core, bundle.labels, bundle, network)
    except TrainingError as error:
        raise TrainingError(f"The model “{bundle.folder}” has no network that 'fit' makes.") from error
    return core


def _shape_of(network: Any) -> NetworkConfig:
    """Raises TrainingError for what no network of ``networks.build_shipped`` can have."""
    stem, *convolutions = _convolutions(network) or [None]
    stages: list[list[int]] = []
    for layer in convolutions:
        if layer.strides == (2, 2):
            stages.append([layer.filters, 0])
        elif stages:
            stages[-1][1] += 1
    return NetworkConfig(
        stem.filters if stem else 0, tuple((channels, skipped) for channels, skipped in stages)
    )


def _take_over(core: Any, classes: Sequence[str], bundle: ModelBundle, network: Any) -> None:
    convolutions = _convolutions(core)
    if len(_convolutions(network)) != len(convolutions):
        raise _other_network(bundle)
    for layer in convolutions:
        _copy(layer, network, bundle)
    kernel, bias = core.get_layer(LAST_LAYER).get_weights()
    known_kernel, known_bias = _weights(network, LAST_LAYER, bundle)
    if len(known_kernel) != len(kernel):
        raise _other_network(bundle)
    for column, name in enumerate(classes):
        if name in bundle.labels:
            known = bundle.labels.index(name)
            kernel[:, column], bias[column] = known_kernel[:, known], known_bias[known]
    core.get_layer(LAST_LAYER).set_weights([kernel, bias])


def _convolutions(network: Any) -> list[Any]:
    return [
        layer
        for layer in network.layers
        if layer.name.startswith("conv_") and isinstance(layer, keras.layers.Conv2D)
    ]


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
