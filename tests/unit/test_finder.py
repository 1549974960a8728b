"""Finding faces, small ones above all: drawn people seen from further and further away."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from face_samples import from_afar, misplaced

from happysad_live.core.types import Frame
from happysad_live.detection.finder import FaceFinder
from happysad_live.detection.mediapipe_detector import DetectorRange
from happysad_live.pipeline import build_pipeline
from happysad_live.sources.demo.scene import draw_room
from happysad_live.sources.demo.source import DemoSource


def test_what_is_no_range_and_no_picture_is_refused(finder: FaceFinder) -> None:
    with pytest.raises(ValueError, match="full or short, not 'far'"):
        FaceFinder("far")
    with pytest.raises(ValueError, match="an array .* not list"):
        finder.find([[1, 2, 3]])  # type: ignore[arg-type]
    grey, floating, empty = np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3)), np.zeros((0, 64, 3), np.uint8)
    for wrong in (grey, floating, empty):
        with pytest.raises(ValueError, match="a picture must be .*uint8 RGB"):
            finder.find(wrong)


@pytest.mark.parametrize("range", ["full", "short"])
def test_a_closed_finder_says_so(range: DetectorRange) -> None:
    finder = FaceFinder(range)
    finder.close()
    finder.close()
    for still in (False, True):
        with pytest.raises(ValueError, match="closed"):
            finder.find(np.zeros((64, 64, 3), np.uint8), still=still)
    for network in (finder.full, finder.short):
        with pytest.raises(ValueError, match="closed"):
            network.find(np.zeros((64, 64, 3), np.uint8))


@pytest.mark.parametrize("time_s", [4.0, 9.0])
def test_the_eyes_of_a_small_face_are_placed_as_exactly_as_those_of_a_large_one(
    finder: FaceFinder, time_s: float
) -> None:
    """Faces of 100 pixels in a picture of 1280: seen once, their keypoints are up to 11 % off."""
    picture = DemoSource(4).picture_at(time_s)
    assert misplaced(finder.find(from_afar(picture, 0.5)), finder.find(picture), 0.5) < 0.07


def test_the_short_range_sees_those_alone_who_are_near(finder: FaceFinder) -> None:
    picture = DemoSource(2).picture_at(4.0)
    with closing(FaceFinder("short")) as near:
        for zoom, seen in ((0.5, 2), (0.35, 0)):
            assert len(finder.find(from_afar(picture, zoom))) == 2
            assert len(near.find(from_afar(picture, zoom))) == seen
    with closing(build_pipeline(device="cpu", detector_range="short")) as pipeline:
        assert pipeline.process(Frame(from_afar(picture, 0.35), 0, 0.0, 0.0)).faces == ()


@pytest.mark.parametrize("zoom", [0.5, 0.35, 0.25, 0.2])
def test_a_photograph_s_smallest_faces_are_found_and_nothing_else(finder: FaceFinder, zoom: float) -> None:
    """At 0.2 they are 3 % of the picture's width; in the whole picture nobody is seen then."""
    picture = DemoSource(4).picture_at(4.0)
    found = finder.find(from_afar(picture, zoom), still=True)
    assert misplaced(found, finder.find(picture), zoom) < 0.1


def test_tall_and_very_wide_photographs_are_searched_to_their_edges(finder: FaceFinder) -> None:
    picture = DemoSource(1).picture_at(1.0)
    small = cv2.resize(picture, (256, 144), interpolation=cv2.INTER_AREA)
    for shape, corner in (((1200, 300, 3), (1050, 40)), ((150, 1200, 3), (3, 930))):
        photograph = np.full(shape, 128, np.uint8)
        top, left = corner
        photograph[top : top + 144, left : left + 256] = small[:, : shape[1] - left]
        (face,) = finder.find(photograph, still=True)
        (large,) = finder.find(picture)
        assert face.box == pytest.approx(np.array(large.box) / 5 + [left, top, left, top], abs=8)


def test_a_panorama_s_small_faces_are_found_all_along_it(finder: FaceFinder) -> None:
    """They are a tenth of its height; of its width 1.2 %, which only parts made for its height show."""
    picture = DemoSource(2).picture_at(4.0)
    people = cv2.resize(picture, (256, 144), interpolation=cv2.INTER_AREA)
    panorama = np.full((400, 3200, 3), 128, np.uint8)
    lefts = (0, 1300, 2944)
    for left in lefts:
        panorama[200:344, left : left + 256] = people
    expected = [face.box.center[0] / 5 + left for face in finder.find(picture) for left in lefts]
    found = sorted(face.box.center[0] for face in finder.find(panorama, still=True))
    assert found == pytest.approx(sorted(expected), abs=4)


def test_a_crowd_s_smallest_faces_are_found(finder: FaceFinder) -> None:
    """Those in the rows behind are 1 % of the picture's width, those in front three times as large."""
    picture = DemoSource(4).picture_at(4.0)
    crowd = np.full((2160, 3200, 3), 128, np.uint8)
    rear = [(0.18, left, top) for top in (300, 700) for left in (300, 1000, 1700, 2400)]
    for zoom, left, top in [(0.5, 1200, 1700), *rear]:
        group = cv2.resize(picture, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_AREA)
        crowd[top : top + group.shape[0], left : left + group.shape[1]] = group
    assert len(finder.find(crowd, still=True)) == 4 * 9


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photograph_may_lie_on_its_side_or_stand_on_its_head(finder: FaceFinder, turns: int) -> None:
    """So that the crop, which is turned by the eyes, shows an upright face."""
    picture = DemoSource(2).picture_at(4.0)
    lying = np.ascontiguousarray(np.rot90(picture, turns))
    crops, expected = (
        [finder.crop(image, face) for face in finder.find(image, still=True)] for image in (lying, picture)
    )
    assert len(crops) == len(expected) == 2
    for crop in crops:
        differences = [float(np.abs(crop.astype(float) - other).mean()) for other in expected]
        assert min(differences) < 15  # the two people differ by 70, each from itself turned by 40 and more


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_small_faces_are_found_in_it_too(finder: FaceFinder, turns: int) -> None:
    picture = from_afar(DemoSource(2).picture_at(4.0), 0.25)
    faces = finder.find(np.ascontiguousarray(np.rot90(picture, turns)), still=True)
    assert faces
    for face in faces:
        # From the right eye to the left one; to the right, (1, 0), in an upright face.
        across = face.keypoints[1] - face.keypoints[0]
        assert np.round(across / np.abs(across).max()).tolist() == [[0, -1], [-1, 0], [0, 1]][turns - 1]


def test_a_photograph_of_one_person_shows_one_face(finder: FaceFinder, shared_data: Path) -> None:
    """The short-range model by itself sees a second one in every other frame of this clip."""
    with av.open(str(shared_data / "videos" / "sign_help.mkv")) as clip:
        frames = [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]
    assert [len(finder.find(frame, still=True)) for frame in frames[::6]] == [1] * len(frames[::6])


def test_a_cartoon_s_title_is_seldom_taken_for_a_face(finder: FaceFinder, shared_data: Path) -> None:
    """The full-range model by itself does so in five of its 95 frames."""
    with av.open(str(shared_data / "videos" / "cartoon_sky.mp4")) as clip:
        frames = [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)]
    assert sum(bool(finder.find(frame)) for frame in frames) <= 2


def enlarged(picture: np.ndarray, x: int, y: int, width: int) -> np.ndarray:
    """A part of a picture, four to three, as a webcam of 640 by 480 pixels would give it."""
    part = np.ascontiguousarray(picture[y : y + width * 3 // 4, x : x + width])
    return cv2.resize(part, (640, 480))


def test_a_room_without_people_shows_nobody(finder: FaceFinder) -> None:
    """A blurred shelf over a plain wall has something of a face for the short-range model."""
    room = np.clip(draw_room(1280, 720), 0, 255).astype(np.uint8)
    for width in (500, 540, 600, 640):
        for x in range(480, 1281 - width, 80):
            for still in (False, True):
                assert finder.find(enlarged(room, x, 0, width), still=still) == []


def dim(picture: np.ndarray) -> np.ndarray:
    """A picture in a hundredth of its light, with the noise that a webcam then has."""
    light = (picture / 255) ** 2.2 * 0.01
    noise = np.random.default_rng(0).normal(0, 0.03, light.shape) * np.sqrt(light)
    return ((light + noise).clip(0, 1) ** (1 / 2.2) * 255).round().astype(np.uint8)


def hazy(picture: np.ndarray) -> np.ndarray:
    """A picture through haze that leaves a twentieth of its contrast."""
    light = (picture / 255) ** 2.2 * 0.05 + 0.475
    return (light ** (1 / 2.2) * 255).round().astype(np.uint8)


def dim_with_a_lamp(picture: np.ndarray) -> np.ndarray:
    return cv2.circle(dim(picture), (40, 40), 25, (255, 250, 240), -1)


@pytest.mark.parametrize("worsen", [dim, dim_with_a_lamp, hazy])
def test_faces_are_found_in_a_dim_room_and_in_haze(
    finder: FaceFinder, worsen: Callable[[np.ndarray], np.ndarray]
) -> None:
    picture = cv2.resize(DemoSource(4).picture_at(1.0), (640, 360), interpolation=cv2.INTER_AREA)
    assert len(finder.find(worsen(picture))) == 4


@pytest.mark.parametrize("worsen", [dim, hazy])
def test_a_dim_or_hazy_room_without_people_shows_nobody(
    finder: FaceFinder, worsen: Callable[[np.ndarray], np.ndarray]
) -> None:
    room = np.clip(draw_room(1280, 720), 0, 255).astype(np.uint8)
    for x in range(480, 740, 80):
        assert finder.find(worsen(enlarged(room, x, 0, 540))) == []


def test_a_face_that_fills_the_picture_is_found(finder: FaceFinder) -> None:
    picture = DemoSource(1).picture_at(0.0)
    (face,) = finder.find(picture)
    for sizes in (1.0, 1.2, 1.5):  # the first one only the short-range network sees
        width = round(sizes * face.box.width)
        x, y = (round(middle) for middle in face.box.center)
        close = enlarged(picture, x - width // 2, y - width * 3 // 8, width)
        assert len(finder.find(close)) == 1
