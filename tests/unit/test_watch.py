"""Following faces through a video: drawn people too far away for full-frame detection."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from face_samples import from_afar, misplaced

from happysad_live.core.cores import CoreTeam
from happysad_live.core.geometry import overlap_area
from happysad_live.core.types import Box, Face
from happysad_live.detection.finder import FaceFinder
from happysad_live.detection.mediapipe_detector import MediaPipeDetector
from happysad_live.detection.redetection import are_small, deduplicate_refined, is_large, is_verified
from happysad_live.detection.watch import FaceWatch
from happysad_live.sources.demo.source import DemoSource

FRAME_S = 1 / 30
TURN_S = 0.5
"""Within this time every tile of a picture of 16:9 has its turn."""


@pytest.fixture
def watch(finder: FaceFinder) -> FaceWatch:
    return finder.watch()


def face_of(box: Box, score: float) -> Face:
    return Face(box, np.tile(np.float32(box.center), (6, 1)), score)


@pytest.mark.parametrize("zoom", [0.35, 0.25, 0.2])
def test_far_faces_are_seen_in_every_frame(finder: FaceFinder, watch: FaceWatch, zoom: float) -> None:
    """At 0.25 each frame by itself shows two or three of four, at 0.2 none: 3 % of the picture's width."""
    people = DemoSource(4)
    for index in range(30):
        near = people.picture_at(4 + index * FRAME_S)
        far = from_afar(near, zoom)
        faces = watch.complete(far, finder.find(far), index * FRAME_S)
        assert misplaced(faces, finder.find(near), zoom) < 0.1


@pytest.mark.parametrize("time_s", [0.0, 1.0, 4.0, 9.0])
def test_a_far_face_alone_before_a_bare_wall_is_seen(
    finder: FaceFinder, watch: FaceWatch, time_s: float
) -> None:
    """20 pixels wide, it is so little of the picture that the contrast, as a whole, is that of the wall."""
    near = DemoSource(1).picture_at(time_s)
    (face,) = finder.find(near)
    x0, y0, x1, y1 = (round(end) for end in face.box)
    cut_out = np.full_like(near, 128)
    cut_out[y0:y1, x0:x1] = near[y0:y1, x0:x1]
    far = from_afar(cut_out, 20 / (x1 - x0))
    seen = [len(watch.complete(far, finder.find(far), index * FRAME_S)) for index in range(30)]
    assert seen == [1] * 30


def test_beginning_early_changes_nothing(finder: FaceFinder, watch: FaceWatch) -> None:
    """As the window does, where ``analyze`` does not."""
    people, other = DemoSource(4), finder.watch()
    for index in range(10):
        far = from_afar(people.picture_at(4 + index / 5), 0.2)
        watch.begin(far, index / 5)
        found = finder.find(far)
        early, late = watch.complete(far, found, index / 5), other.complete(far, found, index / 5)
        assert [face.box for face in early] == [face.box for face in late]


@pytest.mark.parametrize("frame_rate", [30, 24, 5, 1])
def test_who_comes_is_seen_after_half_a_second_or_two_frames(watch: FaceWatch, frame_rate: int) -> None:
    far = from_afar(DemoSource(4).picture_at(4.0), 0.2)
    nobody = np.full_like(far, 128)
    assert watch.complete(nobody, [], 0.0) == []
    frames = max(round(TURN_S * frame_rate), 2)
    for index in range(1, frames + 1):
        faces = watch.complete(far, [], index / frame_rate)
    assert len(faces) == 4


def test_a_face_that_one_frame_misses_is_seen_where_it_was(finder: FaceFinder, watch: FaceWatch) -> None:
    picture = DemoSource(2).picture_at(4.0)
    small = cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA)  # too small to be searched in tiles
    found = finder.find(small)
    for index, seen in enumerate([found, found[:1], [], [], found[1:]]):
        faces = watch.complete(small, seen, index * FRAME_S)
        assert misplaced(faces, found, 1.0, corner=(0, 0)) < 0.1


def test_a_blink_does_not_lose_a_far_face(watch: FaceWatch) -> None:
    far = from_afar(DemoSource(4).picture_at(4.0), 0.2)
    blurred = cv2.GaussianBlur(far, (0, 0), 12)
    assert len(watch.complete(far, [], 0.0)) == 4
    assert watch.complete(blurred, [], FRAME_S) == []
    assert len(watch.complete(far, [], 2 * FRAME_S)) == 4


def test_another_watch_goes_on_with_the_same_faces(finder: FaceFinder, watch: FaceWatch) -> None:
    picture = cv2.resize(DemoSource(2).picture_at(4.0), (320, 180), interpolation=cv2.INTER_AREA)
    found = watch.complete(picture, finder.find(picture), 7.0)
    other = finder.watch()
    other.take_over(watch.known)
    assert misplaced(other.complete(picture, [], 7.1), found, 1.0, corner=(0, 0)) < 0.1


def test_who_has_left_is_not_seen_any_more(finder: FaceFinder, watch: FaceWatch) -> None:
    picture = DemoSource(2).picture_at(4.0)
    faces = watch.complete(picture, finder.find(picture), 0.0)
    gone = picture.copy()
    gone[:, gone.shape[1] // 2 :] = 128
    (left,) = watch.complete(gone, [], FRAME_S)
    assert left.box == pytest.approx(min(faces, key=lambda face: face.box.x0).box, abs=20)
    assert watch.complete(np.full_like(picture, 128), [], 2 * FRAME_S) == []


@pytest.mark.parametrize("anew", ["reset", "time runs backwards"])
def test_another_video_begins_with_nobody(finder: FaceFinder, watch: FaceWatch, anew: str) -> None:
    picture = cv2.resize(DemoSource(1).picture_at(4.0), (320, 180), interpolation=cv2.INTER_AREA)
    assert watch.complete(picture, finder.find(picture), 5.0)
    if anew == "reset":
        watch.reset()
    assert watch.complete(picture, [], 0.0) == []


def test_something_doubtful_is_shown_only_where_it_is_a_face(finder: FaceFinder, watch: FaceWatch) -> None:
    """The full-range model takes folded arms for a face now and then, with less than 0.7."""
    near = DemoSource(1).picture_at(4.0)
    picture = from_afar(near, 0.5)
    (face,) = finder.find(picture)
    x0, y0, x1, y1 = face.box
    chest = face_of(Box(x0, y0 + 1.2 * face.box.height, x1, y1 + 1.2 * face.box.height), 0.65)
    doubtful = face_of(face.box, 0.65)
    assert misplaced(watch.complete(picture, [doubtful, chest], 0.0), finder.find(near), 0.5) < 0.1


def test_something_large_and_doubtful_is_shown_only_where_it_is_a_face(
    finder: FaceFinder, watch: FaceWatch
) -> None:
    picture = DemoSource(1).picture_at(4.0)
    (face,) = finder.find(picture)
    doubtful, wall = face_of(face.box, 0.65), face_of(Box(20, 20, 420, 420), 0.65)
    shown = watch.complete(picture, [doubtful, wall], 0.0)
    assert [one.box for one in shown] == [face.box]


def test_a_crowd_of_doubtful_faces_is_verified_a_few_at_a_time(
    finder: FaceFinder, watch: FaceWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all again in every sixth frame, which would come late."""
    few = from_afar(DemoSource(4).picture_at(4.0), 0.5)
    boxes = [face.box for face in finder.find(few)]
    boxes += [Box(x0, y0 + len(few), x1, y1 + len(few)) for x0, y0, x1, y1 in boxes]
    picture, crowd = np.vstack([few, few]), [face_of(box, 0.65) for box in boxes]
    assert len(crowd) == 8
    runs = 0

    def counted(detector: MediaPipeDetector, *arguments: object) -> list[Face]:
        nonlocal runs
        runs += 1
        return find(detector, *arguments)

    find = MediaPipeDetector.find
    monkeypatch.setattr(MediaPipeDetector, "find", counted)
    frames = []
    for index in range(24):
        runs = 0
        assert len(watch.complete(picture, crowd, index * FRAME_S)) == 8
        frames.append(runs)
    # Each verification is two runs, and two tiles may be searched besides.
    assert max(frames[1:]) <= 2 * 4 + 2
    assert sum(frames[1:]) >= 3 * 2 * 8  # all eight, some four times in .8 s


PICTURE = np.zeros((480, 640, 3), np.uint8)


SOMEBODY = Face(Box(300, 200, 340, 240), np.full((6, 2), 320, np.float32), 0.9)


class FakeDetector:
    """Finds one face in every window around it, unless it is told not to; nobody in a tile."""

    def __init__(self, score: float, *, sees_from: int | None = None) -> None:
        """sees_from: only after so many quarter turns."""
        self.score, self.sees_from, self.sees = score, sees_from, True
        self.windows = 0
        self.face = SOMEBODY

    def find(self, _image: np.ndarray, area: Box | None = None, quarter_turns: int = 0) -> list[Face]:
        assert area is not None
        if area.width > 4.5 * self.face.box.width or overlap_area(area, self.face.box) == 0:
            return []
        self.windows += 1
        turned_right = self.sees_from is None or quarter_turns == self.sees_from
        return [replace(self.face, score=self.score)] if self.sees and turned_right else []


class TileDetector:
    """Finds a face in each tile of the picture that shows it whole and is no wider than so many pixels."""

    def __init__(self, widest: float) -> None:
        self.widest = widest
        self.face: Face | None = None

    def find(self, _image: np.ndarray, area: Box | None = None, _quarter_turns: int = 0) -> list[Face]:
        if area is None or self.face is None or area.width > self.widest:
            return []
        x0, y0, x1, y1 = self.face.box
        shows_it = area.x0 <= x0 and area.y0 <= y0 and area.x1 >= x1 and area.y1 >= y1
        return [self.face] if shows_it else []


@pytest.mark.parametrize(
    ("widest", "height", "within_s"), [(640, 720, 0.5), (427, 720, 2.5), (427, 960, 3.4)]
)
@pytest.mark.parametrize("x", [40, 640, 1240])
@pytest.mark.parametrize("down", [0.05, 0.5, 0.95])
def test_wherever_somebody_comes_his_tile_has_its_turn(
    widest: float, height: int, within_s: float, x: float, down: float
) -> None:
    """Who is far away is found in a tile of half the picture's width, from very far in one of a third."""
    picture, y = np.zeros((height, 1280, 3), np.uint8), down * height
    detector = TileDetector(widest)
    watch = FaceWatch(detector, detector, CoreTeam("test"))  # type: ignore[arg-type]
    assert watch.complete(picture, [], 0.0) == []
    detector.face = face_of(Box(x - 15, y - 15, x + 15, y + 15), 0.9)
    frames = round(within_s / FRAME_S)
    seen = [watch.complete(picture, [], index * FRAME_S) for index in range(1, frames + 1)]
    assert [face.box for face in seen[-1]] == [detector.face.box]


def test_after_a_reset_the_same_video_is_searched_in_the_same_order() -> None:
    """Of twelve frames a second with each a tile, though times in whole milliseconds may be early."""
    picture = np.zeros((720, 1280, 3), np.uint8)
    detector = TileDetector(640)
    watch = FaceWatch(detector, detector, CoreTeam("test"))  # type: ignore[arg-type]
    for _ in range(2):
        watch.reset()
        detector.face = None
        watch.complete(picture, [], 0.0)
        detector.face = face_of(Box(25, 25, 55, 55), 0.9)  # in the first tile alone
        assert [len(watch.complete(picture, [], time_s)) for time_s in (0.083, 0.167)] == [1, 1]


def test_where_somebody_is_near_nobody_is_looked_for_very_far_away() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    far = face_of(Box(1100, 40, 1130, 70), 0.9)
    for width, expected in ((200, 1), (100, 2)):
        near = face_of(Box(100, 300, 100 + width, 300 + width), 0.9)
        detector = TileDetector(427)
        watch = FaceWatch(detector, detector, CoreTeam("test"))  # type: ignore[arg-type]
        watch.complete(picture, [near], 0.0)
        detector.face = far
        seen = [watch.complete(picture, [near], index * FRAME_S) for index in range(1, 76)]
        assert len(seen[-1]) == expected


@pytest.mark.parametrize(("missed", "found_again"), [(6, True), (15, False)])
def test_who_was_away_for_longer_than_a_blink_is_not_looked_for_where_he_was(
    missed: int, found_again: bool
) -> None:
    full, short = FakeDetector(0.7), FakeDetector(0.95)
    watch = FaceWatch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    watch.complete(PICTURE, [SOMEBODY], 0.0)
    full.sees = short.sees = False
    for index in range(1, missed + 1):
        assert watch.complete(PICTURE, [], index * FRAME_S) == []
        assert watch.known == ()
    full.sees = short.sees = True
    assert bool(watch.complete(PICTURE, [], (missed + 1) * FRAME_S)) == found_again


def test_two_faces_that_are_one_when_detected_again_become_one() -> None:
    def moved(pixels: float) -> Face:
        x0, y0, x1, y1 = SOMEBODY.box
        return replace(SOMEBODY, box=Box(x0 + pixels, y0, x1 + pixels, y1))

    full, short = FakeDetector(0.9), FakeDetector(0.9)
    watch = FaceWatch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    assert len(watch.complete(PICTURE, [SOMEBODY, moved(24)], 0.0)) == 2
    full.face = short.face = moved(12)
    (face,) = watch.complete(PICTURE, [], FRAME_S)
    assert face.box == moved(12).box


def test_a_large_face_that_was_verified_once_is_shown_for_as_long_as_it_is_found() -> None:
    large = replace(SOMEBODY, box=Box(200, 140, 400, 340), score=0.65)
    full, short = FakeDetector(0.7), FakeDetector(0.9)
    full.face = short.face = large
    watch = FaceWatch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    assert len(watch.complete(PICTURE, [large], 0.0)) == 1
    full.sees = short.sees = False  # it is turned, and its mouth covered
    assert all(watch.complete(PICTURE, [large], index * FRAME_S) for index in range(1, 31))


def test_what_only_the_short_range_network_sees_is_verified_every_fifth_of_a_second() -> None:
    """A lamp that was once taken for a face must not stay one for ever."""
    full, short = FakeDetector(0.7), FakeDetector(0.95)
    watch = FaceWatch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    seen = [watch.complete(PICTURE, [SOMEBODY] if n == 0 else [], n / 30) for n in range(12)]
    assert [len(faces) for faces in seen] == [1] * 12 and full.windows == 1
    full.sees = False
    seen = [watch.complete(PICTURE, [], n / 30) for n in range(12, 24)]
    assert not any(seen[7:])


def test_of_a_crowd_whoever_was_verified_longest_ago_has_the_next_turn() -> None:
    """The last one turns out to be a lamp; four are verified with each frame, of four a second."""

    class Crowd:
        def __init__(self) -> None:
            self.faces = [face_of(Box(x, 200, x + 40, 240), 0.65) for x in range(20, 620, 120)]

        def find(self, _image: np.ndarray, area: Box, _quarter_turns: int = 0) -> list[Face]:
            near = [face for face in self.faces if overlap_area(area, face.box) > 1500]
            return near if area.width < 200 else []

    full, short = Crowd(), Crowd()
    watch = FaceWatch(full, short, CoreTeam("test"))  # type: ignore[arg-type]
    assert len(watch.complete(PICTURE, short.faces, 0.0)) == 5
    del full.faces[-1]
    assert [len(watch.complete(PICTURE, short.faces, time_s)) for time_s in (0.25, 0.5)] == [5, 4]


def test_redetection_raises_no_score() -> None:
    watch = FaceWatch(FakeDetector(0.7), FakeDetector(0.95), CoreTeam("test"))  # type: ignore[arg-type]
    watch.complete(PICTURE, [SOMEBODY], 0.0)
    (face,) = watch.complete(PICTURE, [], 1 / 30)
    assert face.score == 0.9
    watch.reset()
    (verified,) = watch.complete(PICTURE, [replace(SOMEBODY, score=0.6)], 0.0)
    assert verified.score == 0.7  # the full-range network's


@pytest.mark.parametrize("large", [False, True])
def test_a_lying_face_is_verified_from_its_side(large: bool) -> None:
    """By the network that has to detect it: the short-range one of a large face, else the full-range one."""
    face = replace(SOMEBODY, box=Box(200, 140, 400, 340)) if large else SOMEBODY
    full, short = FakeDetector(0.7, sees_from=1), FakeDetector(0.9, sees_from=1)
    full.face = short.face = face
    (short if not large else full).sees = False
    for turns in (0, 1):
        assert is_verified(face, full, short, PICTURE, turns) == (turns == 1)  # type: ignore[arg-type]


def test_a_large_face_has_to_be_plain_to_the_short_range_network_which_knows_no_small_one() -> None:
    large = replace(SOMEBODY, box=Box(200, 140, 400, 340))
    for face, score, verified in ((large, 0.74, False), (large, 0.76, True), (SOMEBODY, 0.99, False)):
        full, short = FakeDetector(0.7), FakeDetector(score)
        full.face, short.face, full.sees = face, face, False
        assert is_verified(face, full, short, PICTURE) == verified  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(720, 1280, 3), (1280, 720, 3)])
def test_what_is_large_and_small_is_so_in_the_square_that_the_networks_see(shape: tuple[int, ...]) -> None:
    """A quarter, and an eighth, of the longer side."""
    picture = np.zeros(shape, np.uint8)
    faces = [face_of(Box(0, 0, width, width), 0.9) for width in (330, 310, 165, 145)]
    assert [is_large(face, picture) for face in faces] == [True, False, False, False]
    assert [are_small([face], picture) for face in faces] == [False, False, False, True]
    assert not are_small(faces, picture) and are_small([], picture)


def test_two_detections_that_refinement_makes_one_are_one_face_with_the_first_score() -> None:
    x0, y0, x1, y1 = SOMEBODY.box
    beside = replace(SOMEBODY, box=Box(x0 + 24, y0, x1 + 24, y1), score=0.7)
    (face,) = deduplicate_refined([SOMEBODY, beside, beside], [replace(SOMEBODY, score=0.99), SOMEBODY, None])
    assert (face.box, face.score) == (SOMEBODY.box, 0.9)
