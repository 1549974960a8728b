"""The noise of a picture, which is known where it was added."""

from __future__ import annotations

import numpy as np
import pytest

from happysad_live.detection.noise import noise_sd_levels


def with_noise(picture: np.ndarray, sd_levels: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sd_levels, picture.shape)
    return (picture + noise).round().clip(0, 255).astype(np.uint8)


@pytest.fixture
def half_striped() -> np.ndarray:
    """A slope from left to right, whose upper half is full of upright stripes of two pixels."""
    picture = np.repeat(np.linspace(60, 180, 640)[None], 480, axis=0)
    picture[:240, ::4] += 60
    picture[:240, 1::4] += 60
    return np.repeat(picture[..., None], 3, axis=2)


@pytest.mark.parametrize("sd_levels", [1.5, 3.0, 8.0])
def test_noise_is_told_from_slopes_and_stripes(half_striped: np.ndarray, sd_levels: float) -> None:
    assert noise_sd_levels(with_noise(half_striped, sd_levels)) == pytest.approx(sd_levels, rel=0.15)


def test_a_picture_without_noise_has_none(half_striped: np.ndarray) -> None:
    assert noise_sd_levels(with_noise(half_striped, 0)) < 0.3  # what rounding makes


@pytest.mark.parametrize("shape", [(1, 1, 3), (9, 2, 3), (1, 3, 3), (1, 5000, 3), (5000, 3, 3)])
def test_a_picture_may_have_any_size(shape: tuple[int, ...]) -> None:
    assert noise_sd_levels(np.full(shape, 9, np.uint8)) == 0
