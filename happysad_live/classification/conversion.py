"""From a Keras network to what LiteRT runs: one crop in, the convolutions in whole numbers of eight bits.

Eight bits make `happysad` and `emotions` three times as fast on one core and a quarter of the size, and
move a logit by about a thirty-fifth of the logits' spread. What lies around the convolutions, from
pixels to grey levels and from features to logits, stays in floating point: it costs little time, and
there eight bits would show.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from happysad_live.bootstrap import matplotlib_left_out, native_chatter_silenced
from happysad_live.classification.device import CPU
from happysad_live.classification.lite_last_layer import last_layer, with_last_layer
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.lite import LiteNetwork

logger = logging.getLogger(__name__)

MAX_CHANGE = 0.05
"""The largest change of the outputs by eight bits that is accepted, as a share of their spread; `happysad`
and `emotions` stay at .03."""

# LiteRT's names of the operations that stay in floating point.
_EXACT = (
    "CAST", "STRIDED_SLICE", "AVERAGE_POOL_2D", "MEAN", "SQUARED_DIFFERENCE", "RSQRT", "NEG", "MUL", "ADD",
    "FULLY_CONNECTED",
)  # fmt: skip


def runs_tensorflow() -> bool:
    """Whether Keras runs on TensorFlow, whose converter makes what LiteRT runs."""
    with matplotlib_left_out():
        import keras

    return bool(keras.backend.backend() == "tensorflow")


def to_tflite(
    network: Any,
    representative: Callable[[], np.ndarray] | None = None,
    typical: Callable[[], np.ndarray] | None = None,
) -> bytes | None:
    """A keras.Model as the content of a ``.tflite`` file.

    representative: gives (N, 256, 256, 3) uint8 RGB, crops that span what the network will meet. From them
        comes the range of each layer's values, which eight bits need; without them the network stays in
        floating point, and so it does where eight bits would change its answers (see MAX_CHANGE).
    typical: gives crops of the kind that the network was made for, to measure that change on; None: it is
        measured on the representative ones.

    None where Keras runs on another backend than TensorFlow, or the network cannot be converted: the app then
    runs the weights themselves.
    """
    if not runs_tensorflow():
        return None
    try:
        with native_chatter_silenced():
            exact = to_float_tflite(network)
    except Exception as error:  # the converter raises anything for what it does not know
        logger.warning("The network has no form for LiteRT: %s", error)
        return None
    if representative is None:
        return exact
    crops = representative()
    judged = crops if typical is None else typical()
    try:
        with native_chatter_silenced():
            small = _in_eight_bits(network, exact, crops)
            expected = _outputs(exact, judged)
            change = _change(_outputs(small, judged) - expected, expected)
    except Exception as error:  # the converter's, also where there is nothing to round
        logger.info("The network has no form in eight bits: %s", error)
        return exact
    if change > MAX_CHANGE:
        logger.warning(
            "This model will be slower than others: in eight bits its outputs would move by %.0f %% of their "
            "spread.",
            100 * change,
        )
        return exact
    return small


def to_tflite_like(network: Any, lite: bytes, crops: np.ndarray) -> bytes | None:
    """A network's ``.tflite`` file, made from that of one that differs in the dense layer at its end only.

    crops: (N, 256, 256, 3) uint8 RGB, typical ones. None where that does not do: without TensorFlow, where no
    dense layer gives the outputs, and where eight bits would change them (see MAX_CHANGE).
    """
    if not runs_tensorflow() or last_layer(lite) is None:
        return None
    kernel, bias = network.layers[-1].get_weights()
    parts = np.array_split(crops, max(len(crops) // 16, 1))  # all at once would take hundreds of MB
    expected = np.concatenate([np.asarray(network(part, training=False)) for part in parts])
    errors = _outputs(with_last_layer(lite, kernel, bias), crops) - expected
    bias_error = errors.mean(axis=0)  # lest rounding favour a class, see _in_eight_bits
    if _change(errors - bias_error, expected) > MAX_CHANGE:
        return None
    return with_last_layer(lite, kernel, bias - bias_error)


def to_float_tflite(network: Any) -> bytes:
    """The content of a ``.tflite`` file that takes one crop and gives what the network gives.

    network: a keras.Model of the TensorFlow backend, (N, 256, 256, 3) uint8 RGB in. Raises whatever
    TensorFlow's converter does for a network that it cannot convert.
    """
    return bytes(_converter(network).convert())


def frozen(network: Any, device: str, batch: int | None) -> Any:
    """The network as one TensorFlow function, with its weights as constants that can be folded and fused.

    device: TensorFlow's name of where it runs. batch: how many crops a call takes; None for any number.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    def outputs(crops: Any) -> Any:
        return tf.cast(network(crops, training=False), tf.float32)

    signature = tf.TensorSpec((batch, CROP_SIZE_PX, CROP_SIZE_PX, 3), tf.uint8)
    with tf.device(device):
        concrete = tf.function(outputs).get_concrete_function(signature)
        return convert_variables_to_constants_v2(concrete)


def _converter(network: Any) -> Any:
    import tensorflow as tf

    return tf.lite.TFLiteConverter.from_concrete_functions([frozen(network, CPU, batch=1)])


def _in_eight_bits(network: Any, exact: bytes, representative: np.ndarray) -> bytes:
    """The network with eight bits, as the content of a ``.tflite`` file.

    What rounding adds to each output on average is taken away, lest it favour a class: see Nagel et al.,
    2019, "Data-free quantization through weight equalization and bias correction". Outputs that no dense
    layer gives stay as they are.
    """
    small = _rounded(network, _colour_mixtures(network, exact), representative)
    if (layer := last_layer(small)) is None:
        return small
    kernel, bias = layer
    errors = _outputs(small, representative) - _outputs(exact, representative)
    return with_last_layer(small, kernel, bias - errors.mean(axis=0))


def _change(errors: np.ndarray, expected: np.ndarray) -> float:
    """By how much eight bits change the outputs (RMS), as a share of their spread from crop to crop.

    errors: (N, K), what they add to the exact outputs. expected: (N, K), those.
    """
    change = np.sqrt(np.mean(errors**2))
    spread = np.sqrt(expected.var(axis=0).mean())
    return float(change / max(spread, np.finfo(np.float32).tiny))


def _rounded(network: Any, kept: list[str], representative: np.ndarray) -> bytes:
    """Convert the network with its convolutions in eight bits, all but those that ``kept`` names."""
    import tensorflow as tf

    def inputs() -> Iterator[list[np.ndarray]]:
        return ([crop[None]] for crop in representative)

    converter = _converter(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = inputs
    # TensorFlow's only way to say which operations stay in floating point.
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_ops=list(_EXACT), denylisted_nodes=kept
    )
    with warnings.catch_warnings():
        # It warns of its own future, and of an input range that only an 8-bit input would need.
        warnings.filterwarnings("ignore", module=r"tensorflow\.lite")
        debugger = tf.lite.experimental.QuantizationDebugger(
            converter=converter, debug_dataset=inputs, debug_options=options
        )
        return bytes(debugger.get_nondebug_quantized_model())


def _colour_mixtures(network: Any, exact: bytes) -> list[str]:
    """LiteRT's names of the 1 x 1 convolutions, which mix colours or features, but not pixels."""
    import keras

    layers = [
        re.escape(layer.name)
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (1, 1)
    ]
    if not layers:
        return []
    inside = re.compile(rf"(^|/)({'|'.join(layers)})(_\d+)?/")
    return [name for name in LiteNetwork(exact).tensor_names() if inside.search(name)]


def _outputs(lite: bytes, crops: np.ndarray) -> np.ndarray:
    network = LiteNetwork(lite)
    return np.concatenate([network.run(crop[None])[0] for crop in crops])
