"""How far the grey levels of dim and hazy pictures are stretched, by hand calculation."""

from __future__ import annotations

import numpy as np
import pytest

from happysad_live.detection.contrast import measure_contrast


def picture_of(*levels: int) -> np.ndarray:
    """A picture of upright grey stripes, equally wide."""
    row = np.repeat(np.array(levels, np.uint8), 640 // len(levels))
    return np.repeat(np.repeat(row[None], 480, axis=0)[..., None], 3, axis=2)


@pytest.mark.parametrize("levels", [(0, 255), (100, 196), (0, 96)])
def test_a_picture_with_enough_contrast_stays_as_it_is(levels: tuple[int, int]) -> None:
    picture = picture_of(*levels)
    contrast = measure_contrast(picture)
    np.testing.assert_array_equal(contrast.levels(), np.arange(256))
    np.testing.assert_array_equal(contrast.smooth(picture), picture)


@pytest.mark.parametrize(
    ("levels", "stretched"),
    [
        ((10, 58), (10, 106)),  # dim: twice as much contrast as before, from the darkest level on
        ((200, 224), (159, 255)),  # hazy: four times as much, and nothing beyond white
        ((7, 11), (7, 39)),  # eight times, and no more
        ((30, 30), (30, 30)),
    ],
)
def test_the_levels_of_a_dim_or_hazy_picture_are_stretched(
    levels: tuple[int, int], stretched: tuple[int, int]
) -> None:
    new_levels = measure_contrast(picture_of(*levels)).levels()
    assert tuple(new_levels[list(levels)]) == stretched
    assert new_levels.min() >= 0
    assert new_levels.max() <= 255


def test_a_lamp_does_not_light_the_room() -> None:
    picture = picture_of(10, 58)
    picture[:15, :20] = 255
    assert measure_contrast(picture) == measure_contrast(picture_of(10, 58))


def test_noise_that_would_be_stretched_is_taken_away() -> None:
    """A Gaussian of one pixel leaves 1 / (2 sqrt(pi)) of white noise's standard deviation."""
    noise = np.random.default_rng(0).normal(40, 5, (480, 640, 3)).round().astype(np.uint8)
    contrast = measure_contrast(noise)
    assert contrast.smooth(noise).std() == pytest.approx(noise.std() / (2 * np.sqrt(np.pi)), rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3)])
def test_a_picture_may_have_any_size(shape: tuple[int, ...]) -> None:
    assert measure_contrast(np.full(shape, 9, np.uint8)).darkest == 9


def test_somebody_far_away_before_a_bare_wall_is_no_haze() -> None:
    picture = picture_of(180)
    picture[200:300, 300:330] = 40  # 5 % of the width
    assert measure_contrast(picture).gain == 1
