"""Augmented views: the right framing, repeatable, and nothing that tells the source."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from looks import core_looks

from training.fitting.augment import (
    BLUR_SIGMAS_PX,
    CHANGES,
    GREY_SIZE_PX,
    TRANSFORM,
    AugmentConfig,
    draw_changes,
)
from training.fitting.views import AugmentedViews, plain_views

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


def augmented(
    greys: np.ndarray, config: AugmentConfig, seed: int = 0, layer: AugmentedViews | None = None
) -> np.ndarray:
    """A view of each picture, (N, 48, 48, 1) float32."""
    changes = draw_changes(len(greys), config, np.random.default_rng(seed))
    return np.asarray((layer or AugmentedViews())(greys, changes))


def plain(greys: np.ndarray) -> np.ndarray:
    return np.asarray(plain_views(greys))


def test_plain_view_is_what_the_shipped_network_sees() -> None:
    context = context_picture()
    crop = np.repeat(context[32:288, 32:288, None], 3, axis=2)
    assert np.abs(plain(halved(context)[None]) - core_looks(crop[None])).mean() < 0.01


def test_without_strength_a_view_is_plain_or_mirrored() -> None:
    grey = halved(context_picture(1))
    wanted = plain(grey[None])
    views = augmented(np.stack([grey] * 12), NOTHING)
    mirrored = np.abs(views - wanted[:, :, ::-1]).max(axis=(1, 2, 3)) < 0.02
    unchanged = np.abs(views - wanted).max(axis=(1, 2, 3)) < 0.02
    assert (mirrored | unchanged).all() and mirrored.any() and unchanged.any()


def test_the_same_seeds_make_the_same_views() -> None:
    greys = np.stack([halved(context_picture(n)) for n in range(4)])
    always = replace(AugmentConfig(), noise=1)
    layer = AugmentedViews()
    views = []
    for seed_and_step in ((5, 8), (5, 8), (5, 9), (6, 8)):
        layer.seed(*seed_and_step)
        views.append(augmented(greys, always, 5, layer))
    np.testing.assert_array_equal(views[0], views[1])
    for other in views[2:]:
        assert np.abs(views[0] - other).mean() > 0.005, "the noise must be another in the next step or run"
    assert np.abs(views[0] - augmented(greys, always, 6)).mean() > 0.01


def test_views_keep_shape_type_and_range_and_the_picture() -> None:
    greys = np.stack([halved(context_picture(n)) for n in range(40)])
    before = greys.copy()
    always = replace(AugmentConfig(), small=1, blur=1, noise=1, erase=1, border=1, cutout=1, jpeg=1, shade=1)
    views = augmented(greys, always, 2)
    assert views.shape == (40, 48, 48, 1) and views.dtype == np.float32
    assert views.min() >= 0 and views.max() <= 1 and np.isfinite(views).all()
    np.testing.assert_array_equal(greys, before)


@pytest.mark.parametrize(("zoom", "wanted_px"), [(0.5, 12), (1.0, 24), (2.0, 48)])
def test_zoom_sizes_the_face(zoom: float, wanted_px: int) -> None:
    """A white square of half the visible width, in the middle of a black crop."""
    grey = np.zeros((GREY_SIZE_PX, GREY_SIZE_PX), np.uint8)
    grey[56:104, 56:104] = 255
    view = augmented(grey[None], replace(NOTHING, zoom=(zoom, zoom)))[0, ..., 0]
    assert (view[24] > 0.5).sum() == pytest.approx(wanted_px, abs=1)
    assert (view[:, 24] > 0.5).sum() == pytest.approx(wanted_px, abs=1)


def test_a_view_is_turned_and_moved_about_its_middle() -> None:
    """The crop turned by OpenCV, 20 degrees to the left, and moved 6 pixels right and 9 down."""
    grey = halved(context_picture(3))
    move = cv2.getRotationMatrix2D((79.5, 79.5), 20, 1)
    move[:, 2] += (6, 9)
    moved = cv2.warpAffine(grey, move, (160, 160), borderMode=cv2.BORDER_REPLICATE)
    changes = draw_changes(1, NOTHING, np.random.default_rng(0))
    back = cv2.invertAffineTransform(move) @ np.array([[1, 0, 32], [0, 1, 32], [0, 0, 1]])
    changes[:, : len(TRANSFORM)] = back.ravel()
    view = np.asarray(AugmentedViews()(grey[None], changes))
    assert np.abs(view - plain(moved[None])).mean() < 0.01 < np.abs(plain(grey[None]) - view).mean()


def test_turns_and_shifts_are_as_strong_as_asked_for() -> None:
    config = replace(NOTHING, rotation_degrees=20, shift=0.1)
    changes = draw_changes(2000, config, np.random.default_rng(1))
    xx, xy, x0, yx, yy, y0 = changes[:, : len(TRANSFORM)].T
    degrees = np.rad2deg(np.arctan2(xy, yy))
    assert -20 <= degrees.min() < -19 and 19 < degrees.max() <= 20
    np.testing.assert_allclose(np.hypot(xy, yy), 1.0, atol=1e-5)
    assert 0.45 < (xx * yy - xy * yx < 0).mean() < 0.55, "half of them are mirrored"
    middle = np.stack([x0 + (xx + xy) * 47.5, y0 + (yx + yy) * 47.5]) - 79.5
    assert 9 < middle.max() <= 9.6 and -9.6 <= middle.min() < -9


def test_a_face_gets_as_much_wider_as_it_gets_lower() -> None:
    changes = draw_changes(2000, replace(NOTHING, stretch=0.2), np.random.default_rng(1))
    width, height = np.abs(changes[:, [TRANSFORM.index("transform_0"), TRANSFORM.index("transform_4")]].T)
    np.testing.assert_allclose(width * height, 1, atol=1e-5)
    assert 0.8 <= height.min() < 0.81 and 1.19 < height.max() <= 1.2


def seen(greys: np.ndarray, **change: float) -> np.ndarray:
    """A straight view of each picture but for what is said, (N, 48, 48) float32."""
    changes = draw_changes(len(greys), NOTHING, np.random.default_rng(1))
    changes[:, : len(TRANSFORM)] = (1, 0, 32, 0, 1, 32)
    for name, value in change.items():
        changes[:, CHANGES.index(name)] = value
    return np.asarray(AugmentedViews()(greys, changes))[..., 0]


def test_an_oval_lies_as_opencv_draws_it() -> None:
    """Its longer axis is turned from the right downwards."""
    greys = np.full((1, GREY_SIZE_PX, GREY_SIZE_PX), 204, np.uint8)
    oval = {"oval": 1, "oval_x": 28, "oval_y": 20, "oval_width": 16, "oval_height": 8, "oval_grey": 0}
    face = cv2.ellipse(np.zeros((48, 48), np.uint8), (28, 20), (16, 8), 30, 0, 360, 1, -1)
    assert np.abs(seen(greys, **oval, oval_turn=np.deg2rad(30))[0] - 0.8 * face).mean() < 0.02


def test_a_patch_lies_where_it_is_said_and_is_of_one_grey_or_of_noise() -> None:
    greys = halved(context_picture(2))[None]
    place = {"patch_left": 5, "patch_right": 20, "patch_top": 22, "patch_bottom": 40, "patch_grey": 0.25}
    wanted = seen(greys).copy()
    wanted[:, 22:40, 5:20] = 0.25
    np.testing.assert_allclose(seen(greys, **place), wanted, atol=1e-6)
    assert seen(greys, **place, patch_noise=1)[:, 22:40, 5:20].std() == pytest.approx(12**-0.5, rel=0.1)


def test_cut_out_blackens_the_corners_and_keeps_the_face() -> None:
    greys = np.full((20, GREY_SIZE_PX, GREY_SIZE_PX), 200, np.uint8)
    views = augmented(greys, replace(NOTHING, cutout=1), 4)
    assert np.allclose(views[:, 18:33, 18:30], 200 / 255, atol=0.01)
    assert np.median(views[:, :2, :2]) == 0


def test_small_takes_detail_away() -> None:
    fine = (np.indices((GREY_SIZE_PX, GREY_SIZE_PX)).sum(axis=0) // 3 % 2 * 255).astype(np.uint8)
    config = replace(NOTHING, small=1, small_px=(16, 17))
    assert augmented(fine[None], config).std() < 0.5 * plain(fine[None]).std()


def test_a_bar_reaches_as_far_in_as_it_is_wide() -> None:
    """A view begins 32 pixels from the edge and has two of them in a pixel: 48 reach 8 of its own in."""
    greys = np.stack([halved(context_picture(n)) for n in range(8)])
    for turns, side in enumerate(("top", "right", "bottom", "left")):
        views = seen(greys), seen(greys, **{f"bar_{side}": 48, "bar_grey": 0.25})
        bare, barred = (np.rot90(view, turns, axes=(1, 2)) for view in views)
        np.testing.assert_allclose(barred[:, :7], 0.25, atol=0.01)
        np.testing.assert_allclose(barred[:, 9:], bare[:, 9:], atol=1e-5)


def test_bars_are_drawn_to_reach_a_little_into_what_is_seen() -> None:
    """At a zoom of 2 the inner 48 of the crop's 160 pixels are seen; a bar hides 14 % of them at most."""
    changes = draw_changes(400, replace(NOTHING, zoom=(2, 2), border=1), np.random.default_rng(0))
    for side in SIDES:
        reach = changes[:, CHANGES.index(f"bar_{side}")]
        assert 56 <= reach[reach > 0].min() < 57 and 61 < reach.max() <= 62


def test_made_small_and_blurred_as_opencv_does() -> None:
    greys = np.stack([halved(context_picture(n)) for n in range(4)])
    changes = draw_changes(4, NOTHING, np.random.default_rng(0))
    bare = np.asarray(AugmentedViews()(greys, changes))[..., 0]
    changes[:, CHANGES.index("small_px")] = 18
    changes[:, CHANGES.index("shrink")] = [0, 0, 1, 1]
    changes[:, CHANGES.index("grow")] = [0, 1, 0, 1]
    changes[:, CHANGES.index("blur")] = 1 + BLUR_SIGMAS_PX.index(1.0)
    softened = np.asarray(AugmentedViews()(greys, changes))[..., 0]
    for row, view in enumerate(bare):
        small = cv2.resize(view, (18, 18), interpolation=(cv2.INTER_AREA, cv2.INTER_LINEAR)[row // 2])
        grow = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[row % 2]
        wanted = cv2.GaussianBlur(cv2.resize(small, (48, 48), interpolation=grow), (11, 11), 1.0)
        np.testing.assert_allclose(softened[row], np.clip(wanted, 0, 1), atol=0.005)


def test_compressed_as_jpeg_does() -> None:
    """The same picture through OpenCV's JPEG of the same quality."""
    greys = np.stack([halved(context_picture(n)) for n in range(8)])
    changes = draw_changes(8, NOTHING, np.random.default_rng(0))
    bare = np.asarray(AugmentedViews()(greys, changes))
    changes[:, CHANGES.index("jpeg")] = 30
    compressed = np.asarray(AugmentedViews()(greys, changes))
    for before, after in zip(bare[..., 0], compressed[..., 0], strict=True):
        grey = np.rint(before * 255).astype(np.uint8)
        file = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
        wanted = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE) / 255
        assert np.abs(after - wanted).mean() < 0.1 * np.abs(wanted - before).mean() + 0.004


SIDES = ("left", "right", "top", "bottom")
LEFT, RIGHT = 64 / 255, 160 / 255
"""What a picture shows in its halves, whose mean is 112 / 255."""


@pytest.mark.parametrize(
    ("change", "corners"),
    [
        ({"gamma": 2}, [[LEFT**2, RIGHT**2]] * 2),
        ({"contrast": 0.5}, [[88 / 255, 136 / 255]] * 2),
        ({"brightness": 0.1}, [[LEFT + 0.1, RIGHT + 0.1]] * 2),
        ({"shade_x": 0.25}, [[LEFT * 0.75, RIGHT * 1.25]] * 2),
        ({"shade_y": 0.25}, [[LEFT * 0.75, RIGHT * 0.75], [LEFT * 1.25, RIGHT * 1.25]]),
    ],
)
def test_lit_by_hand(change: dict[str, float], corners: list[list[float]]) -> None:
    """What the upper and the lower corners come to."""
    grey = np.full((1, GREY_SIZE_PX, GREY_SIZE_PX), 64, np.uint8)
    grey[..., GREY_SIZE_PX // 2 :] = 160
    np.testing.assert_allclose(seen(grey, **change)[0, ::47, ::47], corners, atol=0.002)


def test_noise_is_as_strong_as_drawn() -> None:
    changes = draw_changes(1, NOTHING, np.random.default_rng(0))
    changes[:, CHANGES.index("noise")] = 0.05
    view = np.asarray(AugmentedViews()(np.full((1, GREY_SIZE_PX, GREY_SIZE_PX), 128, np.uint8), changes))
    assert view.std() == pytest.approx(0.05, rel=0.1)


def test_each_change_is_drawn_as_its_own_entry_says() -> None:
    often = {"small": 0.9, "blur": 0.1, "noise": 0.2, "erase": 0.3, "border": 0.4, "cutout": 0.5, "jpeg": 0.6}
    ranges = {"contrast": (2.0, 3.0), "gamma": (0.1, 0.2)}
    config = replace(AugmentConfig(), **often, **ranges, shade=0.7, brightness=0.05)
    changes = dict(zip(CHANGES, draw_changes(4000, config, np.random.default_rng(0)).T, strict=True))
    for name, (low, high) in ranges.items():
        assert low <= changes[name].min() < 1.05 * low and 0.95 * high < changes[name].max() <= high
        assert np.median(changes[name]) == pytest.approx((low * high) ** 0.5, rel=0.02)
    assert 0.048 < np.abs(changes["brightness"]).max() <= 0.05
    shade = np.hypot(changes["shade_x"], changes["shade_y"])  # from anywhere
    assert 0.1 <= shade[shade > 0].min() < 0.11 and 0.59 < shade.max() <= 0.6
    # Of a picture's bars each is drawn half as often.
    columns = {
        "small": "small_px",
        "erase": "patch_right",
        "border": "bar_top",
        "cutout": "oval",
        "shade": "shade_x",
    }
    for name, share in {**often, "border": 0.2, "shade": 0.7}.items():
        drawn = changes[columns.get(name, name)] - (changes["patch_left"] if name == "erase" else 0)
        assert (drawn != 0).mean() == pytest.approx(share, abs=0.03), name


def test_a_patch_hides_a_part_of_every_view() -> None:
    greys = np.stack([halved(context_picture(n)) for n in range(30)])
    bare, patched = (augmented(greys, replace(NOTHING, erase=erase), 6) for erase in (0, 1))
    hidden = (bare != patched).mean(axis=(1, 2, 3))
    assert (hidden > 4 * 5 / 48**2).all() and (hidden < 18 * 18 / 48**2).all()
    changes = draw_changes(400, replace(NOTHING, erase=1), np.random.default_rng(0))
    left, right, top, bottom = changes[:, [CHANGES.index(f"patch_{side}") for side in SIDES]].T
    assert {*(right - left)} == {*(bottom - top)} == set(range(5, 18))
    assert min(left.min(), top.min()) == 0 and max(right.max(), bottom.max()) == 48
    assert np.unique(right - left - bottom + top).size > 9, "of any shape"
