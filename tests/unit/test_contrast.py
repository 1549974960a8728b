"""How far the grey levels of dim and hazy pictures are stretched, by hand calculation."""

from __future__ import annotations

import numpy as np
import pytest

from happysad_live.detection.contrast import MAX_GAIN, Contrast, measure_contrast


def picture_of(*levels: int) -> np.ndarray:
    """A picture of upright grey stripes, equally wide."""
    row = np.repeat(np.array(levels, np.uint8), 640 // len(levels))
    return np.repeat(np.repeat(row[None], 480, axis=0)[..., None], 3, axis=2)


def contrast_of(picture: np.ndarray) -> Contrast:
    return measure_contrast(picture, picture)


@pytest.mark.parametrize("levels", [(0, 255), (100, 196), (0, 96)])
def test_a_picture_with_enough_contrast_stays_as_it_is(levels: tuple[int, int]) -> None:
    picture = picture_of(*levels)
    contrast = contrast_of(picture)
    np.testing.assert_array_equal(contrast.levels(), np.arange(256))
    np.testing.assert_array_equal(contrast.smooth(picture), picture)


@pytest.mark.parametrize(
    ("levels", "gain"),
    [((10, 58), 2), ((200, 224), 4), ((7, 11), 8), ((30, 30), 8)],  # eight times, and no more
)
def test_the_levels_of_a_dim_or_hazy_picture_are_stretched(levels: tuple[int, int], gain: int) -> None:
    darkest, brightest = levels
    new_levels = contrast_of(picture_of(*levels)).levels()
    assert new_levels[brightest] - new_levels[darkest] == pytest.approx(gain * (brightest - darkest))


def test_levels_beyond_the_stretched_ones_share_what_is_left() -> None:
    """From 105 to 153 becomes 96 levels; the 105 darker and 102 brighter ones share 255 - 96 = 159."""
    new_levels = contrast_of(picture_of(105, 153)).levels()
    assert new_levels[[0, 105, 153, 255]] == pytest.approx([0, 105 * 159 / 207, 255 - 102 * 159 / 207, 255])
    assert np.diff(new_levels).min() == pytest.approx(159 / 207)


def test_a_lamp_does_not_light_the_room() -> None:
    picture = picture_of(10, 58)
    picture[:9, :12] = 255
    assert contrast_of(picture) == contrast_of(picture_of(10, 58))


def test_noise_that_would_be_stretched_is_taken_away() -> None:
    """A Gaussian of one pixel leaves 1 / (2 sqrt(pi)) of white noise's standard deviation."""
    noise = np.random.default_rng(0).normal(40, 5, (480, 640, 3)).round().astype(np.uint8)
    contrast = contrast_of(noise)
    assert contrast.smooth(noise).std() == pytest.approx(noise.std() / (2 * np.sqrt(np.pi)), rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (5000, 1, 3)])
def test_a_picture_may_have_any_size(shape: tuple[int, ...]) -> None:
    assert contrast_of(np.full(shape, 9, np.uint8)).darkest == 9


def test_somebody_far_away_before_a_bare_wall_is_no_haze() -> None:
    picture = picture_of(180)
    picture[200:225, 300:320] = 40  # 3 % of the width
    assert contrast_of(picture).gain == 1


def test_what_a_part_shows_clearly_stays_as_it_is() -> None:
    picture = picture_of(180)
    picture[200:206, 300:305] = 40
    around = picture[180:228, 280:328]
    assert contrast_of(picture).gain == MAX_GAIN
    assert measure_contrast(picture, around).gain == 1


def test_a_part_with_nothing_to_see_is_stretched_no_more_than_the_picture() -> None:
    picture = picture_of(0, 30, 255)
    assert measure_contrast(picture, picture[:, 220:420]).gain == 1
