"""Our run of MediaPipe's face networks against MediaPipe's own graph."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.core.types import Box
from happysad_live.detection.mediapipe_detector import DetectorRange, MediaPipeDetector
from happysad_live.sources.demo.source import DemoSource


def as_mediapipe_finds(picture: np.ndarray, range: DetectorRange) -> list[tuple[float, np.ndarray]]:
    """Score and pixels of box corners and keypoints, (8, 2), by the graph that MediaPipe ships."""
    with native_chatter_silenced():
        from mediapipe.python.solutions.face_detection import FaceDetection

        height, width = picture.shape[:2]
        factor = min(640 / max(width, height), 1)
        small = cv2.resize(picture, (round(width * factor), round(height * factor)))
        with FaceDetection(model_selection=int(range == "full")) as graph:
            found = graph.process(small).detections or ()
    faces = []
    for detection in found:
        box = detection.location_data.relative_bounding_box
        points = [(box.xmin, box.ymin), (box.xmin + box.width, box.ymin + box.height)]
        points += [(point.x, point.y) for point in detection.location_data.relative_keypoints]
        faces.append((detection.score[0], np.array(points) * (width, height)))
    return sorted(faces, key=lambda face: -face[0])


def assert_same(picture: np.ndarray, range: DetectorRange, at_least: int) -> None:
    expected = as_mediapipe_finds(picture, range)
    found = MediaPipeDetector(range).find(picture)
    assert len(found) == len(expected) >= at_least
    for face, (score, points) in zip(found, expected, strict=True):
        assert face.score == pytest.approx(score, abs=1e-4)
        corners = np.reshape(face.box, (2, 2))
        np.testing.assert_allclose(np.concatenate([corners, face.keypoints]), points, atol=0.05)


@pytest.mark.filterwarnings("ignore:SymbolDatabase:UserWarning")
@pytest.mark.parametrize("range", ["full", "short"])
@pytest.mark.parametrize("time_s", [0.0, 7.0])
def test_the_demo_has_the_faces_that_mediapipe_finds(range: DetectorRange, time_s: float) -> None:
    assert_same(DemoSource(4).picture_at(time_s), range, at_least=3)


@pytest.mark.filterwarnings("ignore:SymbolDatabase:UserWarning")
@pytest.mark.parametrize("range", ["full", "short"])
def test_tall_wide_and_small_pictures_too(range: DetectorRange) -> None:
    picture = DemoSource(1).picture_at(1.0)
    assert_same(np.ascontiguousarray(picture[:, 380:900]), range, at_least=1)
    assert_same(cv2.resize(picture[100:500], (900, 280)), range, at_least=1)
    assert_same(cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA), range, at_least=1)


@pytest.mark.filterwarnings("ignore:SymbolDatabase:UserWarning")
def test_photographs_with_several_faces(shared_data: Path) -> None:
    clip = cv2.VideoCapture(str(shared_data / "videos" / "three_faces_walking.gif"))
    picture = cv2.cvtColor(clip.read()[1], cv2.COLOR_BGR2RGB)
    clip.release()
    assert_same(picture, "full", at_least=2)


@pytest.mark.filterwarnings("ignore:SymbolDatabase:UserWarning")
@pytest.mark.parametrize("range", ["full", "short"])
@pytest.mark.parametrize("area", [(380, 0, 900, 520), (500, 120, 860, 700), (320, -100, 920, 500)])
def test_a_part_of_a_picture_shows_what_is_in_it(range: DetectorRange, area: tuple[int, ...]) -> None:
    """Against MediaPipe's graph on the part itself, black where it reaches over the edge."""
    picture = DemoSource(1).picture_at(1.0)
    x0, y0, x1, y1 = area
    above = max(-y0, 0)
    part = cv2.copyMakeBorder(picture[y0 + above : y1, x0:x1], above, 0, 0, 0, cv2.BORDER_CONSTANT)
    ((score, points),) = as_mediapipe_finds(part, range)
    (face,) = MediaPipeDetector(range).find(picture, Box(*area))
    assert face.score == pytest.approx(score, abs=0.02)
    corners = np.reshape(face.box, (2, 2))
    # The graph is shown the part as a picture of at most 640 pixels, so not all the same samples.
    np.testing.assert_allclose(np.concatenate([corners, face.keypoints]), points + [x0, y0], atol=3)


@pytest.mark.filterwarnings("ignore:SymbolDatabase:UserWarning")
@pytest.mark.parametrize("range", ["full", "short"])
def test_a_picture_that_lies_is_seen_upright(range: DetectorRange) -> None:
    """Against MediaPipe's graph on the upright picture; the detector gets it turned to the right."""
    upright = DemoSource(1).picture_at(1.0)
    ((score, points),) = as_mediapipe_finds(upright, range)
    (face,) = MediaPipeDetector(range).find(np.ascontiguousarray(np.rot90(upright, -1)), quarter_turns=1)
    assert face.score == pytest.approx(score, abs=0.03)
    # Turned to the right, what was x from the left is y from the top, and what was y is x from the right.
    expected = np.stack([upright.shape[0] - points[:, 1], points[:, 0]], axis=1)
    # The network sees other samples then: within 4 % of the face's 330 pixels.
    np.testing.assert_allclose(face.keypoints, expected[2:], atol=13)
    np.testing.assert_allclose(np.reshape(face.box, (2, 2)), np.sort(expected[:2], axis=0), atol=13)


def test_where_nobody_is_nobody_is_found() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    detector = MediaPipeDetector("full")
    assert detector.find(noise) == []
    assert detector.find(noise, Box(700, 500, 800, 600)) == []  # beside the picture
    for height, width in ((1, 5000), (5000, 1)):
        assert detector.find(np.zeros((height, width, 3), np.uint8)) == []
