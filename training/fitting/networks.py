"""The networks: a compact residual CNN to train, and the plain CNN that it becomes on export.

While training, a residual block is ``relu(norm(conv(x)) + x)``. Normalisation and the skip connection are
linear, so on export both are folded into the convolution's kernel (as in RepVGG, Ding et al. 2021):
the shipped network is a plain stack of convolutions and ReLUs, which runs fast on any backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, ops

from happysad_live.classification.conversion import runs_tensorflow
from happysad_live.core.geometry import CROP_SIZE_PX
from training.network_config import CORE_SIZE_PX, EMBEDDING_LAYER, INNER_SIZE_PX, LAST_LAYER, NetworkConfig

LUMA = (0.299, 0.587, 0.114)
"""The weights of R, G and B in a grey value (ITU-R BT.601), as in cv2.cvtColor."""

_CONTRAST_FLOOR = 1e-3
"""Added to the variance of grey values 0..1, lest a flat picture's noise be blown up."""


class BatchNorm(layers.BatchNormalization):
    """Batch normalisation over the last axis; with the TensorFlow backend, as one fused operation.

    Keras would use a dozen elementwise operations, with which a training step takes a seventh more of a CPU's
    time where the network is a quarter as large as the shipped ones, and hardly more for those. The weights
    and the result are the same, except that the running variance is the unbiased one.
    """

    def call(self, inputs, training=None, mask=None):
        if not runs_tensorflow() or not training or not self.trainable:
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        normed, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            ops.cast(self.gamma, "float32"),
            ops.cast(self.beta, "float32"),
            epsilon=self.epsilon,
            is_training=True,
        )
        self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1 - self.momentum))
        self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1 - self.momentum))
        return normed


def build_core(config: NetworkConfig, outputs: int, *, folded: bool = False) -> keras.Model:
    """The network to train: (N, 48, 48, 1) float32 grey 0..1 -> (N, outputs) float32 logits.

    folded: whether it has the plain convolutions of a shipped network, to go on from shipped weights.
    """
    inputs = layers.Input((CORE_SIZE_PX, CORE_SIZE_PX, 1), name="grey")
    x = _contrast_layer()(inputs)
    for number, block in enumerate(_blocks(config)):
        x = _plain_block(number, block)(x) if folded else _training_block(x, number, block)
    x = layers.GlobalAveragePooling2D(name=EMBEDDING_LAYER)(x)
    x = layers.Dropout(config.dropout, name="dropout")(x)
    logits = layers.Dense(outputs, dtype="float32", name=LAST_LAYER)(x)
    return keras.Model(inputs, logits, name="core")


def build_shipped(config: NetworkConfig, outputs: int) -> keras.Model:
    """The network to ship, with random weights: (N, 256, 256, 3) uint8 RGB -> (N, outputs) float32 logits."""
    inputs = layers.Input((CROP_SIZE_PX, CROP_SIZE_PX, 3), dtype="uint8", name="crop")
    # Scaled before it is cropped: LiteRT crops floating point several times as fast as bytes.
    x = layers.Rescaling(1 / 255, name="scale", dtype="float32")(inputs)
    x = layers.Cropping2D((CROP_SIZE_PX - INNER_SIZE_PX) // 2, name="inner", dtype="float32")(x)
    x = layers.AveragePooling2D(INNER_SIZE_PX // CORE_SIZE_PX, name="shrink", dtype="float32")(x)
    luma = layers.Conv2D(1, 1, use_bias=False, trainable=False, name="luma", dtype="float32")
    x = _contrast_layer()(luma(x))
    for number, block in enumerate(_blocks(config)):
        x = _plain_block(number, block, "float32")(x)
    x = layers.GlobalAveragePooling2D(name=EMBEDDING_LAYER, dtype="float32")(x)
    logits = layers.Dense(outputs, name=LAST_LAYER, dtype="float32")(x)
    luma.set_weights([np.reshape(np.array(LUMA, np.float32), (1, 1, 3, 1))])
    return keras.Model(inputs, logits, name="happysad")


def export_core(
    core: keras.Model,
    config: NetworkConfig,
    columns: slice,
    bias: np.ndarray | Sequence[float] | None = None,
) -> keras.Model:
    """Turn a trained core into the network to ship.

    columns: which of the core's logits are kept.
    bias: (K,), added to the logits kept, such as that of ``Calibration``.

    Normalisation and skip connections are folded into the convolutions; the logits stay the same
    up to rounding.
    """
    kernel, offset = (np.asarray(weights, np.float64) for weights in core.get_layer(LAST_LAYER).get_weights())
    kernel, offset = kernel[:, columns], offset[columns]
    if bias is not None:
        offset = offset + np.asarray(bias, np.float64)
    shipped = build_shipped(config, kernel.shape[1])
    normalised = any(isinstance(layer, BatchNorm) for layer in core.layers)
    for number, block in enumerate(_blocks(config)):
        plain = _folded(core, number, block) if normalised else core.get_layer(f"conv_{number}").get_weights()
        shipped.get_layer(f"conv_{number}").set_weights(plain)
    shipped.get_layer(LAST_LAYER).set_weights([kernel.astype(np.float32), offset.astype(np.float32)])
    return shipped


def shorten_kernels(shipped: keras.Model) -> None:
    """Round the convolutions' kernels to the eight significant bits of bfloat16.

    LiteRT keeps no more bits, and a file whose numbers have a lower half of zeros packs to less than half.
    """
    for layer in shipped.layers:
        if layer.name.startswith("conv_"):
            kernel, bias = layer.get_weights()
            mantissa, exponent = np.frexp(kernel)
            layer.set_weights([np.ldexp(np.rint(mantissa * 2**8) / 2**8, exponent), bias])


@dataclass(frozen=True, slots=True)
class _Block:
    """One convolution. residual: whether its input is added to its output."""

    channels: int
    stride: int
    residual: bool


def _blocks(config: NetworkConfig) -> list[_Block]:
    blocks = [_Block(config.stem, 1, False)]
    for channels, residual in config.stages:
        blocks.append(_Block(channels, 2, False))
        blocks.extend(_Block(channels, 1, True) for _ in range(residual))
    return blocks


def _contrast_layer() -> layers.Layer:
    """Takes each picture's mean and contrast away, so that light and exposure hardly matter."""
    return layers.LayerNormalization(
        axis=[1, 2, 3], center=False, scale=False, epsilon=_CONTRAST_FLOOR, name="contrast", dtype="float32"
    )


def _training_block(x, number: int, block: _Block):
    y = layers.Conv2D(
        block.channels,
        3,
        strides=block.stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"conv_{number}",
    )(x)
    y = BatchNorm(momentum=0.95, epsilon=1e-3, name=f"norm_{number}")(y)
    if block.residual:
        y = layers.Add(name=f"skip_{number}")([y, x])
    return layers.ReLU(name=f"relu_{number}")(y)


def _plain_block(number: int, block: _Block, dtype: str | None = None) -> layers.Layer:
    return layers.Conv2D(
        block.channels,
        3,
        strides=block.stride,
        padding="same",
        activation="relu",
        name=f"conv_{number}",
        dtype=dtype,
    )


def _folded(core: keras.Model, number: int, block: _Block) -> list[np.ndarray]:
    """The kernel and bias of a convolution that equals convolution, normalisation and skip connection."""
    kernel = ops.convert_to_numpy(core.get_layer(f"conv_{number}").kernel).astype(np.float64)
    norm = core.get_layer(f"norm_{number}")
    gamma, beta, mean, variance = (
        ops.convert_to_numpy(weight).astype(np.float64)
        for weight in (norm.gamma, norm.beta, norm.moving_mean, norm.moving_variance)
    )
    factor = gamma / np.sqrt(variance + norm.epsilon)
    kernel = kernel * factor
    if block.residual:
        kernel[1, 1] += np.eye(block.channels)
    return [kernel.astype(np.float32), (beta - mean * factor).astype(np.float32)]
