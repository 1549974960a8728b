"""The drawn demo: the same on every run, its timeline known, its faces found by MediaPipe."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from happysad_live.detection.mediapipe_detector import MediaPipeDetector
from happysad_live.sources.demo.shapes import Plane, paint, shaded
from happysad_live.sources.demo.source import FRAME_RATE, LENGTH_S, DemoSource, expression_at

FRAME_COUNT = round(LENGTH_S * FRAME_RATE)


@pytest.fixture(scope="module")
def detector() -> Iterator[MediaPipeDetector]:
    detector = MediaPipeDetector("full")
    yield detector
    detector.close()


def test_it_is_720p_at_30_frames_a_second_and_ends() -> None:
    source = DemoSource(1)
    assert (source.info.width, source.info.height, source.info.frame_rate) == (1280, 720, 30)
    assert source.info.frame_count == 720
    assert not source.info.live
    frames = 0
    last_s = -1.0
    while frame := source.read():
        assert frame.index == frames
        assert frame.time_s > last_s
        frames, last_s = frames + 1, frame.time_s
    assert frames == 720
    assert last_s == pytest.approx(24 - 1 / 30)


def test_pictures_can_be_left_out_but_not_the_last_one() -> None:
    demo = DemoSource(1)
    assert [demo.pass_over(10), demo.pass_over(0)] == [10, 0]
    tenth = demo.read()
    assert tenth is not None and tenth.time_s == pytest.approx(10 / 30)
    assert np.array_equal(tenth.image, demo.picture_at(10 / 30))
    assert demo.pass_over(10_000) == 720 - 11 - 1
    last = demo.read()
    assert last is not None and last.time_s == pytest.approx(24 - 1 / 30)
    assert demo.pass_over(1) == 0 and demo.read() is None


def test_two_runs_give_the_same_pictures() -> None:
    """In another process: within one the actors are drawn only once."""
    script = (
        "import hashlib; from happysad_live.sources.demo.source import DemoSource; demo = DemoSource(2); "
        "print(*(hashlib.sha256(demo.read().image).hexdigest() for _ in range(5)))"
    )
    there = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    hashes = there.stdout.split()
    assert len(hashes) == 5
    demo = DemoSource(2)
    demo.picture_at(10.0)  # of whose blink nothing stays
    for wanted in hashes:
        frame = demo.read()
        assert frame is not None
        assert frame.image.shape == (720, 1280, 3)
        assert frame.image.flags.c_contiguous
        assert hashlib.sha256(frame.image).hexdigest() == wanted


def test_it_begins_again_without_a_jump() -> None:
    demo = DemoSource(1)
    numbers = (0, 1, FRAME_COUNT - 1, FRAME_COUNT, FRAME_COUNT + 1)
    images = {number: demo.picture_at(number / 30).astype(int) for number in numbers}
    ordinary = np.abs(images[1] - images[0]).mean()
    over_the_seam = np.abs(images[FRAME_COUNT] - images[FRAME_COUNT - 1]).mean()
    assert over_the_seam < 3 * ordinary + 0.1
    np.testing.assert_array_equal(images[FRAME_COUNT + 1], images[1])


@pytest.mark.parametrize("person", range(4))
def test_everybody_is_plainly_happy_sad_and_calm_for_seconds(person: int) -> None:
    moods = [expression_at(person, n / FRAME_RATE) for n in range(FRAME_COUNT)]
    plain_s = {
        name: sum(mood.plain and mood.name == name for mood in moods) / FRAME_RATE
        for name in ("happy", "sad", "neutral")
    }
    assert all(seconds >= 4 for seconds in plain_s.values()), plain_s
    assert all(0 <= mood.strength <= 1 for mood in moods)


@pytest.mark.parametrize("person", range(4))
def test_nobody_goes_from_happy_to_sad_at_once(person: int) -> None:
    """Between two plain moods an expression fades over most of a second, as on a real face."""
    previous = expression_at(person, 0)
    for n in range(1, 2 * FRAME_COUNT):
        mood = expression_at(person, n / FRAME_RATE)
        if {mood.name, previous.name} == {"happy", "sad"}:
            pytest.fail(f"a jump at {n / FRAME_RATE:.2f} s")
        if mood.name == previous.name:
            assert abs(mood.strength - previous.strength) < 0.08
        previous = mood


def test_people_show_different_moods_at_the_same_time() -> None:
    seen = {tuple(expression_at(person, t).name for person in range(4)) for t in np.arange(0, 24, 0.5)}
    assert sum(len(set(names)) >= 2 for names in seen) > len(seen) / 2


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_mediapipe_finds_every_face_from_left_to_right(people: int, detector: MediaPipeDetector) -> None:
    source = DemoSource(people)
    for time_s in np.arange(0, LENGTH_S, 0.7):
        faces = sorted(detector.find(source.picture_at(time_s)), key=lambda face: face.box.x0)
        assert len(faces) == people, f"at {time_s:.2f} s"
        columns = [face.box.center[0] * people / 1280 for face in faces]
        assert [int(column) for column in columns] == list(range(people))
        assert min(face.box.width for face in faces) >= 90
        assert min(face.score for face in faces) > 0.6


def test_a_smile_shows_teeth_and_a_sad_mouth_does_not() -> None:
    """Judged by the picture alone: bright, colourless pixels in the lower half of the face."""
    source = DemoSource(1)
    white: dict[str, list[int]] = {"happy": [], "sad": [], "neutral": []}
    for time_s in np.arange(0, LENGTH_S, 0.4):
        mood = expression_at(0, time_s)
        if mood.plain:
            mouth = source.picture_at(time_s)[390:520, 520:760].astype(int)
            white[mood.name].append(int((mouth.min(axis=2) > 195).sum()))
    assert min(white["happy"]) > 500
    assert max(white["sad"]) < 50
    assert max(white["neutral"]) < 50


def test_eyes_are_open_but_for_a_blink() -> None:
    """Judged by the picture alone: bright, colourless pixels where the eyes are; a blink at 2 s."""
    eyes = [DemoSource(1).picture_at(time_s)[285:335, 560:720] for time_s in (0.0, 0.5, 1.0, 2.0)]
    white = [int((part.min(axis=2) > 180).sum()) for part in eyes]
    assert min(white[:3]) > 150 and white[3] == 0


def test_the_people_have_the_colours_of_skin() -> None:
    image = DemoSource(4).picture_at(0.0)
    for x in (160, 480, 800, 1120):
        red, green, blue = image[300:420, x - 20 : x + 20].reshape(-1, 3).mean(axis=0)
        assert red > green + 20 > blue + 20


def test_closing_ends_it() -> None:
    with DemoSource(1) as source:
        assert source.read() is not None
    source.close()
    assert source.read() is None


@pytest.mark.parametrize("middle", [(0.0, 0.0), (0.9, -0.8), (3.0, 0.0)])
def test_a_soft_edge_is_blurred_as_in_the_whole_picture(middle: tuple[float, float]) -> None:
    """In the middle of the plane, at its edge, and outside it."""
    plane = Plane(-1, -1, 1, 1, unit_px=60)
    outline = np.array([(-0.1, -0.1), (0.1, -0.1), (0.1, 0.2)]) + middle
    whole = cv2.GaussianBlur(plane.mask(outline), (0, 0), 0.05 * 60)
    assert np.array_equal(plane.mask(outline, soft=0.05), whole)


def test_a_colour_is_laid_under_its_light() -> None:
    plane = Plane(-1, -1, 1, 1, unit_px=60)
    mask, light = plane.mask([(-0.5, -0.3), (0.4, -0.3), (0.4, 0.6)]), 1 + 0.2 * plane.x
    laid, expected = (np.full((120, 120, 3), 90, np.float32) for _ in range(2))
    paint(laid, mask, (200, 150, 120), light)
    paint(expected, mask, shaded((200, 150, 120), light))
    assert np.array_equal(laid, expected)
