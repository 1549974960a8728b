"""What a script or notebook gets from ``import happysad_live``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from happysad_live import EmotionModel, FaceFinder, HappySad
from happysad_live.sources.demo.source import DemoSource, expression_at

ROOT = Path(__file__).resolve().parents[2]

FORK = """
import multiprocessing
from happysad_live import EmotionModel, HappySad
from happysad_live.sources.demo.source import DemoSource
picture = DemoSource(2).picture_at(4.0)
happysad, model = HappySad(device="cpu"), EmotionModel.load("happysad", device="cpu")
def answers(_):
    labels = [face.label for face in happysad.faces(picture)]
    return labels, model.probabilities(picture[None, :256, :256]).round(3).tolist()
before = answers(None)
with multiprocessing.get_context("fork").Pool(1) as processes:
    print(before, *processes.map_async(answers, [None]).get(timeout=30), sep="|")
"""

KERAS = """
import sys
from happysad_live import EmotionModel
EmotionModel.load("happysad", device="gpu")
import keras, numpy
print(keras.utils.get_file("mine", origin=sys.argv[1]))
keras.visualization.plot_image_gallery(numpy.zeros((4, 8, 8, 3)), value_range=(0, 255), path=sys.argv[2])
"""


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Two drawn people at the demo's fourth second: (720, 1280, 3) uint8 RGB."""
    return DemoSource(2).picture_at(4.0)


def test_a_photograph_s_faces_are_found_and_named(picture: np.ndarray) -> None:
    happysad = HappySad(device="cpu")
    faces = sorted(happysad.faces(picture), key=lambda face: face.box.x0)
    assert [face.label for face in faces] == [expression_at(person, 4.0).name for person in (0, 1)]
    for face in faces:
        assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-4)
        assert face.confidence == max(face.probabilities.values())
        assert face.keypoints.shape == (6, 2)
        # The keypoints lie in the box, but for the ears.
        assert (face.keypoints[:4] > face.box[:2]).all() and (face.keypoints[:4] < face.box[2:]).all()
    again = sorted(happysad.faces(picture), key=lambda face: face.box.x0)
    assert again == faces and again.index(faces[1]) == 1 and len({*faces, *again}) == 2
    # What was seen before counts for nothing: at the 16th second each shows the other mood.
    later = sorted(happysad.faces(DemoSource(2).picture_at(16.0)), key=lambda face: face.box.x0)
    assert [face.label for face in later] == [expression_at(person, 16.0).name for person in (0, 1)]
    assert [face.box.y0 for face in happysad.faces(picture[280:])] == [0, 0]  # cut through both foreheads


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks by default")
def test_a_forked_process_labels_with_what_was_loaded_before() -> None:
    command = [sys.executable, "-c", FORK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    before, forked = done.stdout.strip().split("|")
    assert forked == before


def test_keras_is_whole_and_has_a_home_in_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KERAS_HOME", "MPLCONFIGDIR"):  # as the tests' own process has set them
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "theirs").write_text("theirs")
    gallery = tmp_path / "gallery.png"
    command = [sys.executable, "-c", KERAS, (tmp_path / "theirs").as_uri(), str(gallery)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).read_text() == "theirs"
    assert gallery.is_file()


@pytest.mark.parametrize("range", ["full", "short"])
def test_finding_cropping_and_classifying_step_by_step(picture: np.ndarray, range: str) -> None:
    finder = FaceFinder(range)  # type: ignore[arg-type]
    faces = finder.find(picture)
    assert finder.find(picture) == faces and len({*faces}) == 2
    crops = np.stack([finder.crop(picture, face) for face in faces])
    assert crops.shape == (2, 256, 256, 3)
    assert crops.dtype == np.uint8
    model = EmotionModel.load("happysad", device="cpu")
    assert model.labels == ("happy", "sad", "neutral")
    probabilities = model.probabilities(crops)
    assert probabilities.shape == (2, 3)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(2), abs=1e-5)


def test_a_close_up_without_surroundings_is_found(picture: np.ndarray) -> None:
    """A photograph cut close around a face needs the margin that is added for stills."""
    finder = FaceFinder()
    (face, *_) = finder.find(picture, still=True)
    x0, y0, x1, y1 = (round(value) for value in face.box)
    close_up = np.ascontiguousarray(picture[y0:y1, x0:x1])
    (found, *_) = finder.find(close_up, still=True)
    assert found.keypoints + [x0, y0] == pytest.approx(face.keypoints, abs=0.12 * face.box.width)
