"""Augmented views: the right framing, repeatable, and nothing that tells the source."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from looks import core_looks

from training.fitting.augment import GREY_SIZE_PX, AugmentConfig, augment, augment_batch, plain_batch

NOTHING = AugmentConfig(
    shift=0,
    zoom=(1.0, 1.0),
    stretch=0,
    rotation_degrees=0,
    contrast=(1.0, 1.0),
    gamma=(1.0, 1.0),
    brightness=0,
    small=0,
    blur=0,
    noise=0,
    erase=0,
    border=0,
    cutout=0,
    jpeg=0,
    shade=0,
)


def context_picture(seed: int = 0) -> np.ndarray:
    """A smooth grey picture of a crop with its rim, (320, 320) uint8."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12), np.uint8)
    return cv2.resize(coarse, (320, 320), interpolation=cv2.INTER_CUBIC)


def halved(context: np.ndarray) -> np.ndarray:
    return cv2.resize(context, (GREY_SIZE_PX, GREY_SIZE_PX), interpolation=cv2.INTER_AREA)


def test_plain_view_is_what_the_shipped_network_sees() -> None:
    context = context_picture()
    crop = np.repeat(context[32:288, 32:288, None], 3, axis=2)
    view = plain_batch(halved(context)[None])
    assert np.abs(view - core_looks(crop[None])[0]).mean() < 0.01


def test_without_strength_a_view_is_plain_or_mirrored() -> None:
    grey = halved(context_picture(1))
    plain = plain_batch(grey[None])[0, ..., 0]
    rng = np.random.default_rng(0)
    views = [augment(grey, NOTHING, rng) for _ in range(12)]
    mirrored = [np.abs(view - plain[:, ::-1]).max() < 0.02 for view in views]
    unchanged = [np.abs(view - plain).max() < 0.02 for view in views]
    assert all(one or other for one, other in zip(mirrored, unchanged, strict=True))
    assert any(mirrored) and any(unchanged)


def test_same_generator_same_views() -> None:
    greys = np.stack([halved(context_picture(n)) for n in range(4)])
    first = augment_batch(greys, AugmentConfig(), np.random.default_rng([5, 8]))
    again = augment_batch(greys, AugmentConfig(), np.random.default_rng([5, 8]))
    other = augment_batch(greys, AugmentConfig(), np.random.default_rng([5, 9]))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.01


def test_views_keep_shape_type_and_range_and_the_picture() -> None:
    greys = np.stack([halved(context_picture(n)) for n in range(40)])
    before = greys.copy()
    always = replace(AugmentConfig(), small=1, blur=1, noise=1, erase=1, border=1, cutout=1, jpeg=1, shade=1)
    views = augment_batch(greys, always, np.random.default_rng(2))
    assert views.shape == (40, 64, 64, 1) and views.dtype == np.float32
    assert views.min() >= 0 and views.max() <= 1 and np.isfinite(views).all()
    np.testing.assert_array_equal(greys, before)


@pytest.mark.parametrize(("zoom", "wanted_px"), [(0.5, 16), (1.0, 32), (2.0, 64)])
def test_zoom_sizes_the_face(zoom: float, wanted_px: int) -> None:
    """A white square of half the visible width, in the middle of a black crop."""
    grey = np.zeros((GREY_SIZE_PX, GREY_SIZE_PX), np.uint8)
    grey[56:104, 56:104] = 255
    view = augment(grey, replace(NOTHING, zoom=(zoom, zoom)), np.random.default_rng(0))
    assert (view[32] > 0.5).sum() == pytest.approx(wanted_px, abs=1)
    assert (view[:, 32] > 0.5).sum() == pytest.approx(wanted_px, abs=1)


def test_cut_out_blackens_the_corners_and_keeps_the_face() -> None:
    grey = np.full((GREY_SIZE_PX, GREY_SIZE_PX), 200, np.uint8)
    rng = np.random.default_rng(4)
    views = np.stack([augment(grey, replace(NOTHING, cutout=1), rng) for _ in range(20)])
    assert np.allclose(views[:, 24:44, 24:40], 200 / 255, atol=0.01)
    assert np.median(views[:, :2, :2]) == 0


def test_small_takes_detail_away() -> None:
    fine = (np.indices((GREY_SIZE_PX, GREY_SIZE_PX)).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)
    config = replace(NOTHING, small=1, small_px=(22, 23))
    detail = plain_batch(fine[None]).std()
    assert augment(fine, config, np.random.default_rng(0)).std() < 0.5 * detail
