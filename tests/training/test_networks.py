"""The trained core and the plain network that ships must be the same function."""

from __future__ import annotations

import cv2
import keras
import numpy as np
import pytest
from looks import core_looks

from training.fitting.losses import HeadsLoss
from training.fitting.networks import build_core, export_core, shorten_kernels
from training.network_config import NetworkConfig

SMALL = NetworkConfig(stem=4, stages=((6, 1), (8, 2)), dropout=0.1)


def random_crops(count: int, seed: int = 0) -> np.ndarray:
    """Smooth pictures with some contrast, (count, 256, 256, 3) uint8 RGB."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 16, 16, 3), np.uint8)
    return np.stack([cv2.resize(one, (256, 256), interpolation=cv2.INTER_CUBIC) for one in coarse])


@pytest.fixture(scope="module")
def trained_core() -> keras.Model:
    """A small core after some steps, so that normalisation has moved away from its start."""
    keras.utils.set_random_seed(3)
    core = build_core(SMALL, 5)
    core.compile(keras.optimizers.SGD(0.05), keras.losses.CategoricalCrossentropy(from_logits=True))
    looks = core_looks(random_crops(16))
    target = np.eye(5, dtype=np.float32)[np.arange(16) % 5]
    for _ in range(12):
        core.train_on_batch(looks, target)
    return core


def logits_of(core: keras.Model, crops: np.ndarray) -> np.ndarray:
    return np.asarray(core(core_looks(crops), training=False))


def test_folding_keeps_the_logits(trained_core: keras.Model) -> None:
    crops = random_crops(6, seed=1)
    wanted = logits_of(trained_core, crops)
    shipped = export_core(trained_core, SMALL, slice(0, 5))
    np.testing.assert_allclose(shipped(crops), wanted, atol=1e-4)
    assert np.ptp(wanted, axis=0).min() > 1e-3, "the pictures must not look alike to the network"


def test_a_head_can_be_cut_out_and_shifted(trained_core: keras.Model) -> None:
    crops = random_crops(3, seed=2)
    everything = logits_of(trained_core, crops)
    shipped = export_core(trained_core, SMALL, slice(2, 5), bias=[1.0, 0.0, -1.0])
    np.testing.assert_allclose(shipped(crops), everything[:, 2:5] + [1, 0, -1], atol=2e-4)


def test_shipped_network_holds_nothing_but_plain_layers(trained_core: keras.Model) -> None:
    shipped = export_core(trained_core, SMALL, slice(0, 5))
    modules = {type(layer).__module__.split(".")[0] for layer in shipped.layers}
    assert modules == {"keras"}
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in shipped.layers)


def test_saved_network_loads_without_our_code(trained_core: keras.Model, tmp_path) -> None:
    shipped = export_core(trained_core, SMALL, slice(0, 5))
    shipped.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True, compile=False)
    crops = random_crops(2, seed=4)
    np.testing.assert_allclose(loaded(crops), shipped(crops), atol=1e-6)


def test_brightness_does_not_matter(trained_core: keras.Model) -> None:
    dark = (random_crops(4, seed=6) // 2).astype(np.uint8)
    shipped = export_core(trained_core, SMALL, slice(0, 5))
    np.testing.assert_allclose(shipped(dark + np.uint8(100)), shipped(dark), atol=1e-3)


def test_shortened_kernels_keep_eight_bits_and_the_answers(trained_core: keras.Model) -> None:
    crops = random_crops(6, seed=8)
    shipped = export_core(trained_core, SMALL, slice(0, 5))
    wanted = np.asarray(shipped(crops))
    whole = shipped.get_layer("conv_2").get_weights()[0]
    shorten_kernels(shipped)
    short = shipped.get_layer("conv_2").get_weights()[0]
    np.testing.assert_array_equal(short, keras.ops.cast(keras.ops.cast(whole, "bfloat16"), "float32"))
    assert np.abs(np.asarray(shipped(crops)) - wanted).max() < 0.02 * wanted.std()


def heads_loss(tau: float = 0.0, happy_or_not: float = 0.0, happy_prior: float = 0.5) -> HeadsLoss:
    return HeadsLoss(
        [("happy", "angry"), ("happy", "sad", "neutral")],
        [tau * np.log([0.8, 0.2]), tau * np.log([0.5, 0.25, 0.25])],
        consistency=0.0,
        happy_or_not=happy_or_not,
        happy_prior=happy_prior,
    )


def test_loss_is_the_sum_of_the_heads_cross_entropies() -> None:
    logits = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    target = np.zeros((4, 5), np.float32)
    target[:, 0] = target[:, 3] = 1
    cross_entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    wanted = cross_entropy(target[:, :2], logits[:, :2]) + cross_entropy(target[:, 2:], logits[:, 2:])
    assert float(heads_loss()(target, logits)) == pytest.approx(float(wanted), rel=1e-5)
    # Pictures of classes that no head knows count for nothing.
    unknown = (
        np.vstack([target, np.zeros((6, 5), np.float32)]),
        np.vstack([logits, np.ones((6, 5), np.float32)]),
    )
    assert float(heads_loss()(*unknown)) == pytest.approx(float(wanted), rel=1e-5)


def test_prior_of_the_data_costs_nothing_when_it_is_taken_out() -> None:
    """Equal logits with tau 1 mean exactly the prior: the loss is the prior's own entropy."""
    target = np.tile(np.array([0.8, 0.2, 0.5, 0.25, 0.25], np.float32), (4, 1))
    entropy = -(0.8 * np.log(0.8) + 0.2 * np.log(0.2)) - (0.5 * np.log(0.5) + 0.5 * np.log(0.25))
    loss = heads_loss(tau=1.0)(target, np.zeros((4, 5), np.float32))
    assert float(loss) == pytest.approx(entropy, rel=1e-5)


def test_a_face_that_is_neither_must_look_rather_sad_than_happy() -> None:
    """By hand: softplus(2) - softplus(-2) = 2."""
    neutral, angry = np.zeros((2, 5), np.float32), np.zeros((2, 5), np.float32)
    neutral[:, 4], angry[:, 1] = 1, 1
    happier = np.tile(np.array([0, 0, 2, 0, 1], np.float32), (2, 1))
    sadder = np.tile(np.array([0, 0, 0, 2, 1], np.float32), (2, 1))
    for target in (neutral, angry):
        loss, plain = heads_loss(happy_or_not=0.3), heads_loss()
        assert float(plain(target, happier)) == pytest.approx(float(plain(target, sadder)), rel=1e-5)
        dearer = float(loss(target, happier)) - float(loss(target, sadder))
        assert dearer == pytest.approx(0.3 * 2, rel=1e-5)


def test_a_happy_face_may_look_happy() -> None:
    happy = np.tile(np.array([1, 0, 1, 0, 0], np.float32), (2, 1))
    logits = np.zeros((2, 5), np.float32)
    logits[:, 2] = 3
    dearer = float(heads_loss(happy_or_not=1.0)(happy, logits)) - float(heads_loss()(happy, logits))
    assert dearer == pytest.approx(np.log1p(np.exp(-3)), rel=1e-4)


def test_happy_or_not_is_asked_as_if_both_came_equally_often() -> None:
    """Where a fifth of the faces is happy, equal logits cost just the entropy of that fifth."""
    target = np.tile(np.array([0.2, 0.8, 0.2, 0.4, 0.4], np.float32), (2, 1))
    logits = np.zeros((2, 5), np.float32)
    dearer = float(heads_loss(happy_or_not=1.0, happy_prior=0.2)(target, logits)) - float(
        heads_loss()(target, logits)
    )
    assert dearer == pytest.approx(-(0.2 * np.log(0.2) + 0.8 * np.log(0.8)), rel=1e-5)
