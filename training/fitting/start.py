"""Going on from a finished model: taking over its convolutions, and its last layer's columns of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from happysad_live.classification.bundle import ModelBundle
from happysad_live.classification.runtime import load_network
from happysad_live.errors import TrainingError
from training.fitting.config import HeadConfig
from training.network_config import LAST_LAYER


def take_over(core: Any, heads: Sequence[HeadConfig], bundle: ModelBundle) -> None:
    """Put a bundle's weights into a folded core of the same shape, see ``networks.build_core``.

    Each head takes its classes' columns of the bundle's last layer; columns of classes that the bundle does
    not know stay as they are. Raises TrainingError when the bundle is of another network, ModelError when it
    is unusable.
    """
    network = load_network(bundle)
    if _shapes(core) != _shapes(network):
        raise TrainingError(
            f"The model “{bundle.name}” has a different network from the config's: "
            "give the config's [network] that model's stem and stages, or start from another model."
        )
    for name in _shapes(core):
        core.get_layer(name).set_weights(network.get_layer(name).get_weights())
    kernel, bias = core.get_layer(LAST_LAYER).get_weights()
    known_kernel, known_bias = network.get_layer(LAST_LAYER).get_weights()
    classes = [name for head in heads for name in head.classes]
    for column, name in enumerate(classes):
        if name in bundle.labels:
            known = bundle.labels.index(name)
            kernel[:, column], bias[column] = known_kernel[:, known], known_bias[known]
    core.get_layer(LAST_LAYER).set_weights([kernel, bias])


def _shapes(network: Any) -> dict[str, list[tuple[int, ...]]]:
    """The shapes of each convolution's weights, by its name. The last layer's input follows from them."""
    return {
        layer.name: [weights.shape for weights in layer.get_weights()]
        for layer in network.layers
        if layer.name.startswith("conv_")
    }
