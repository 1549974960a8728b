"""The tiles in which a picture is searched."""

from __future__ import annotations

import numpy as np
import pytest

from happysad_live.detection.tiles import tiles


@pytest.mark.parametrize(
    ("size", "across", "side", "lefts", "tops"),
    [
        ((1280, 720), 2, 640, (0, 320, 640), (0, 80)),
        ((720, 1280), 2, 640, (0, 80), (0, 320, 640)),
        ((1200, 900), 3, 400, (0, 200, 400, 600, 800), (0, 500 / 3, 1000 / 3, 500)),
        ((384, 40), 2, 192, (0, 96, 192), (0,)),
        ((1600, 400), 2, 400, tuple(range(0, 1201, 200)), (0,)),  # as high as the panorama
        ((200, 800), 2, 200, (0,), tuple(range(0, 601, 100))),
        ((1600, 400), 4, 200, tuple(range(0, 1401, 100)), (0, 100, 200)),
        ((700, 600), 4, 175, (), ()),  # the networks would see no more of 175 pixels than of 192
    ],
)
def test_a_picture_is_covered_by_squares_that_overlap_by_half_and_more(
    size: tuple[int, int], across: int, side: float, lefts: tuple[float, ...], tops: tuple[float, ...]
) -> None:
    expected = [(left, top, left + side, top + side) for top in tops for left in lefts]
    assert np.array(tiles(*size, across)) == pytest.approx(np.array(expected))
