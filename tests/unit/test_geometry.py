"""Boxes: what they share. Expected values by hand."""

from __future__ import annotations

import pytest

from happysad_live.core.geometry import intersection_over_union
from happysad_live.core.types import Box


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
