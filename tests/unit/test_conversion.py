"""The network for LiteRT: eight bits where they pay, floating point where they would show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from happysad_live.classification.conversion import to_tflite, to_tflite_like
from happysad_live.lite import LiteNetwork

random = np.random.default_rng(0)
# Crops of one colour each, the brightest and the darkest among them.
CROPS = np.stack(
    [np.full((256, 256, 3), colour, np.uint8) for colour in random.integers(0, 256, (24, 3))]
    + [np.full((256, 256, 3), value, np.uint8) for value in (0, 255)]
)


def network(kernel_px: int, channel_scale: tuple[float, ...] = (1.0,) * 8) -> Any:
    """A convolution, whose channels reach up to ``channel_scale``, undone by the dense layer after it.

    Around its middle it has so little weight that eight bits round all of that to nothing.
    """
    import keras

    crops = keras.Input((256, 256, 3), dtype="uint8")
    x = keras.layers.Rescaling(1 / 255)(crops)
    conv = keras.layers.Conv2D(8, kernel_px, strides=16, activation="relu", use_bias=False)
    x = keras.layers.GlobalAveragePooling2D()(conv(x))
    dense = keras.layers.Dense(3)
    built = keras.Model(crops, dense(x))
    kernel = np.full((kernel_px, kernel_px, 3, 8), 0.001)
    kernel[kernel_px // 2, kernel_px // 2] = 1
    kernel *= random.uniform(0, 1, (3, 8)) * channel_scale
    conv.set_weights([kernel.astype(np.float32)])
    weights = random.normal(0, 0.04, (8, 3)) / np.reshape(channel_scale, (8, 1))
    dense.set_weights([weights.astype(np.float32), np.zeros(3, np.float32)])
    return built


def outputs(lite: bytes | None) -> np.ndarray:
    assert lite is not None
    return np.concatenate([LiteNetwork(lite).run(crop[None])[0] for crop in CROPS])


def rounded(built: Any) -> bytes | None:
    return to_tflite(built, lambda: CROPS)


def test_without_representative_crops_nothing_is_rounded() -> None:
    built = network(3)
    assert outputs(to_tflite(built)) == pytest.approx(built.predict(CROPS, verbose=0), abs=1e-4)


def test_eight_bits_change_little_and_favour_no_class() -> None:
    built = network(3)
    expected = built.predict(CROPS, verbose=0)
    change = outputs(rounded(built)) - expected
    assert 0.005 * expected.std() < np.abs(change).max() < 0.1 * expected.std()
    assert change.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.0005 * expected.std())


def test_a_mixture_of_colours_stays_exact() -> None:
    built = network(1)
    assert outputs(rounded(built)) == pytest.approx(built.predict(CROPS, verbose=0), abs=1e-4)


@pytest.mark.parametrize("offset", [0, 100])
def test_a_network_that_eight_bits_would_spoil_keeps_its_own(offset: float) -> None:
    """Seven channels a thousandth of the eighth: eight bits round them all to nothing.

    However far the outputs of one class lie from the others'.
    """
    built = network(3, (1.0,) + (0.001,) * 7)
    kernel, bias = built.layers[-1].get_weights()
    built.layers[-1].set_weights([kernel, bias + np.array([offset, 0, 0], np.float32)])
    assert outputs(rounded(built)) == pytest.approx(built.predict(CROPS, verbose=0), abs=1e-3)


def test_what_eight_bits_change_is_measured_on_typical_crops_where_there_are_some() -> None:
    """Beside black crops alone, of which the outputs are all 0, every change is too large."""
    built = network(3)
    expected = pytest.approx(built.predict(CROPS, verbose=0), abs=1e-4)
    assert outputs(rounded(built)) != expected
    assert outputs(to_tflite(built, lambda: CROPS, lambda: CROPS[-2:-1])) == expected


def test_another_last_layer_needs_no_conversion() -> None:
    built = network(3)
    known = rounded(built)
    assert known is not None
    weights, bias = random.normal(0, 0.04, (8, 3)), np.array([3.0, -1.0, 0.5])
    built.layers[-1].set_weights([weights.astype(np.float32), bias.astype(np.float32)])
    expected = built.predict(CROPS, verbose=0)
    change = outputs(to_tflite_like(built, known, CROPS)) - expected
    assert 0.005 * expected.std(axis=0).max() < np.abs(change).max() < 0.1 * expected.std(axis=0).max()
    assert change.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-5)


def test_a_network_whose_outputs_no_dense_layer_gives_is_converted_but_has_no_likeness() -> None:
    import keras

    dense = network(3)
    built = keras.Model(dense.input, keras.layers.Softmax()(dense.output))
    known = rounded(built)
    assert outputs(known) == pytest.approx(built.predict(CROPS, verbose=0), abs=0.01)
    assert known is not None and to_tflite_like(built, known, CROPS) is None


def test_other_weights_before_the_last_layer_are_noticed() -> None:
    known = rounded(network(3))
    assert known is not None and to_tflite_like(network(3), known, CROPS) is None
