"""Boxes, and the transform that turns a face upright. Expected values by hand."""

from __future__ import annotations

import pytest
from face_samples import face_at

from happysad_live.core.geometry import (
    CROP_SIZE_PX,
    crop_transform,
    face_size_px,
    intersection_over_union,
)
from happysad_live.core.types import Box


def test_overlap_of_half_shifted_boxes_is_a_third() -> None:
    assert intersection_over_union(Box(0, 0, 10, 10), Box(5, 0, 15, 10)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (Box(4, 5, 14, 15), 30 / 170),
        (Box(-6, -5, 4, 5), 20 / 180),
        (Box(2, 3, 4, 8), 10 / 100),
        (Box(-1, -1, 19, 11), 100 / 240),
    ],
)
def test_overlap_counts_both_sides_whichever_box_comes_first(other: Box, shared: float) -> None:
    assert intersection_over_union(Box(0, 0, 10, 10), other) == pytest.approx(shared)
    assert intersection_over_union(other, Box(0, 0, 10, 10)) == pytest.approx(shared)


@pytest.mark.parametrize(
    "other",
    [Box(20, 0, 30, 10), Box(10, 0, 20, 10), Box(0, 20, 10, 30), Box(0, 10, 10, 20), Box(5, 5, 5, 5)],
)
def test_boxes_that_only_touch_or_are_empty_do_not_overlap(other: Box) -> None:
    assert intersection_over_union(Box(0, 0, 10, 10), other) == 0


def test_the_part_of_a_box_within_a_picture() -> None:
    assert Box(-3.5, 2, 30, 20.5).within(28, 16) == Box(0, 2, 28, 16)
    assert Box(1, 2, 3, 4).within(28, 16) == Box(1, 2, 3, 4)


@pytest.mark.parametrize("size", [40.0, 300.0])
def test_a_frontal_face_has_its_own_size(size: float) -> None:
    assert face_size_px(face_at(200, 200, size)) == pytest.approx(size, rel=1e-3)


@pytest.mark.parametrize("tilt", [-40.0, 0.0, 25.0])
def test_the_transform_brings_the_eyes_level_and_the_face_to_the_middle(tilt: float) -> None:
    face = face_at(310, 170, 120, tilt)
    moved = face.keypoints @ crop_transform(face)[:, :2].T + crop_transform(face)[:, 2]
    right_eye, left_eye, center, mouth = moved[:4]
    middle = (CROP_SIZE_PX - 1) / 2
    assert center == pytest.approx([middle, middle], abs=0.01)
    assert right_eye[1] == pytest.approx(left_eye[1], abs=0.01)
    # The side is 1.2 face sizes, so the eyes come to stand 256 * 0.385 / 1.2 apart.
    assert left_eye[0] - right_eye[0] == pytest.approx(82.13, abs=0.1)
    assert mouth[1] > right_eye[1]
