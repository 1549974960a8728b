"""Which faces of a photograph are found, and in what order, by detectors that see what a test tells them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Box, Face
from happysad_live.detection.photographs import PhotographSearch

WIDTH, HEIGHT = 380, 360
LARGE_WIDTH, LARGE_HEIGHT = 1200, 800


def face(left: float, score: float) -> Face:
    """An upright face of 120 pixels."""
    points = [(30, 40), (90, 40), (60, 70), (60, 95), (0, 50), (120, 50)]
    keypoints = np.array([(left + x, 100 + y) for x, y in points], np.float32)
    return Face(Box(left, 100, left + 120, 220), keypoints, score)


class FakeDetector:
    """Finds some faces in the whole, only with a margin around it, in the tiles of a large picture, or near
    a face, there also from the right; with ``whole_turned`` and ``margin_turned`` so in the others, too."""

    def __init__(
        self,
        with_margin: Sequence[Face] = (),
        near: Sequence[Face] = (),
        whole: Sequence[Face] = (),
        in_tiles: Sequence[Face] = (),
        turned: Sequence[Face] = (),
        whole_turned: Sequence[Face] = (),
        margin_turned: Sequence[Face] = (),
    ) -> None:
        self._with_margin, self._near, self._whole = with_margin, near, whole
        self._in_tiles, self._turned = in_tiles, turned
        self._whole_turned, self._margin_turned = whole_turned, margin_turned

    def find(self, image: np.ndarray, area: Box | None = None, quarter_turns: int = 0) -> list[Face]:
        if area is None:
            return list({0: self._whole, 1: self._whole_turned}.get(quarter_turns, ()))
        if area.x0 < 0 and area.center == (image.shape[1] / 2, image.shape[0] / 2):
            return list({0: self._with_margin, 1: self._margin_turned}.get(quarter_turns, ()))
        if area.width in (LARGE_WIDTH / 3, LARGE_WIDTH / 4):
            return [] if quarter_turns else list(self._in_tiles)
        faces = {0: self._near, 1: self._turned}.get(quarter_turns, ())
        return [one for one in faces if abs(one.box.center[0] - area.center[0]) < 40]


def found(full: FakeDetector, short: FakeDetector, width: int, height: int) -> list[tuple[float, float]]:
    """The left edge and the score of each face."""
    search = PhotographSearch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    return [(one.box.x0, one.score) for one in search.find(np.zeros((height, width, 3), np.uint8))]


def test_the_best_score_comes_first_also_where_only_a_margin_shows_any() -> None:
    weak, sure = face(20, 0.55), face(220, 0.9)
    full, short = (FakeDetector(seen, [weak, sure]) for seen in ([sure, weak], [weak]))
    assert found(full, short, WIDTH, HEIGHT) == [(220, 0.9), (20, 0.55)]


@pytest.mark.parametrize("seen", [0, 1])
def test_where_nobody_is_near_the_tiles_show_who_is_far_besides(seen: int) -> None:
    faces = [face(100, 0.9), face(400, 0.85)]
    full, short = FakeDetector(whole=faces[:seen], in_tiles=faces[1:]), FakeDetector(near=faces)
    assert found(full, short, LARGE_WIDTH, LARGE_HEIGHT) == [(100, 0.9), (400, 0.85)][1 - seen :]


@pytest.mark.parametrize(("score", "left"), [(0.65, 100), (0.75, 105)])
def test_a_face_lies_only_where_it_is_clearly_plainer_so(score: float, left: float) -> None:
    """As the place of the turned detection tells: five pixels further right."""
    short = FakeDetector(near=[face(100, 0.6)], turned=[face(105, score)])
    full = FakeDetector(whole=[face(100, 0.9)])
    assert found(full, short, LARGE_WIDTH, LARGE_HEIGHT) == [(left, 0.9)]


def test_a_face_that_is_not_detected_again_is_one_only_where_it_is_large() -> None:
    full, short = FakeDetector(whole=[face(100, 0.9)]), FakeDetector()
    assert found(full, short, WIDTH, HEIGHT) == [(100, 0.9)]
    assert found(full, short, LARGE_WIDTH, LARGE_HEIGHT) == []


@pytest.mark.parametrize(("size", "expected"), [((WIDTH, HEIGHT), 1), ((LARGE_WIDTH, LARGE_HEIGHT), 0)])
def test_what_only_a_margin_shows_is_a_face_only_where_it_is_large(
    size: tuple[int, int], expected: int
) -> None:
    full, short = (FakeDetector(with_margin=[face(100, 0.9)], near=[face(100, 0.9)]) for _ in range(2))
    assert found(full, short, *size) == [(100, 0.9)] * expected


@pytest.mark.parametrize(("score", "expected"), [(0.85, 1), (0.75, 0)])
def test_what_only_a_margin_shows_of_a_lying_picture_has_to_be_sure(score: float, expected: int) -> None:
    """And it is taken as it looks from its side, where it is no plainer upright."""
    full, short = (
        FakeDetector(margin_turned=[face(103, score)], near=[face(100, 0.65)], turned=[face(105, 0.6)])
        for _ in range(2)
    )
    assert found(full, short, WIDTH, HEIGHT) == [(105, score)] * expected


@pytest.mark.parametrize(("score", "expected"), [(0.85, [(405, 0.85), (705, 0.75)]), (0.75, [])])
def test_a_picture_lies_where_somebody_far_away_is_surely_seen_so(
    score: float, expected: list[tuple[float, float]]
) -> None:
    """Then others that are less sure are faces as well, where verification agrees."""
    seen, close = [face(400, score), face(700, 0.75)], [face(405, 0.9), face(705, 0.9)]
    full, short = (FakeDetector(whole_turned=seen, turned=close) for _ in range(2))
    assert found(full, short, LARGE_WIDTH, LARGE_HEIGHT) == expected


def test_a_large_face_that_is_seen_only_from_the_side_of_the_whole_is_none() -> None:
    """It would have been seen upright, too, or with a margin."""
    full, short = (FakeDetector(whole_turned=[face(100, 0.9)], turned=[face(105, 0.9)]) for _ in range(2))
    assert found(full, short, WIDTH, HEIGHT) == []
