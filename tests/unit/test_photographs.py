"""The order of a photograph's faces, with detectors that see what a test tells them."""

from __future__ import annotations

import numpy as np

from happysad_live.core.cores import CoreTeam
from happysad_live.core.types import Box, Face
from happysad_live.detection.photographs import PhotographSearch

WIDTH, HEIGHT = 380, 360


def face(left: float, score: float) -> Face:
    """An upright face of 120 pixels."""
    points = [(30, 40), (90, 40), (60, 70), (60, 95), (0, 50), (120, 50)]
    keypoints = np.array([(left + x, 100 + y) for x, y in points], np.float32)
    return Face(Box(left, 100, left + 120, 220), keypoints, score)


class FakeDetector:
    """Sees some faces only with a margin around the picture, and each of them close up."""

    def __init__(self, with_margin: list[Face], close_up: list[Face]) -> None:
        self._with_margin, self._close_up = with_margin, close_up

    def find(self, _image: np.ndarray, area: Box | None = None, quarter_turns: int = 0) -> list[Face]:
        if area is None or quarter_turns:
            return []
        if area.x0 < 0 and area.width > WIDTH:
            return self._with_margin
        return [one for one in self._close_up if abs(one.box.center[0] - area.center[0]) < 40]


def test_the_surest_face_comes_first_also_where_only_a_margin_shows_any() -> None:
    weak, sure = face(20, 0.55), face(220, 0.9)
    full, short = (FakeDetector(seen, [weak, sure]) for seen in ([sure, weak], [weak]))
    search = PhotographSearch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    found = search.find(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert [one.score for one in found] == [0.9, 0.55]
