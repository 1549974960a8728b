"""``classify`` labels several images at once, as many as there are cores and as the memory holds."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from face_samples import face_at
from PIL import Image

from happysad_live.classification.bundle import load_bundle
from happysad_live.cli import main
from happysad_live.commands import classify
from happysad_live.core.types import Face
from happysad_live.pipeline import Pipeline
from happysad_live.tracking.tracker import FaceTracker

LIMIT_S = 20


class Sight:
    """Finds as many faces as a picture's grey says, and counts how many pictures it looks at at once."""

    labels = ("happy", "sad")

    def __init__(self, together: int) -> None:
        """together: how many pictures have to be looked at at the same time, before any is done."""
        self._meeting = threading.Barrier(together, timeout=LIMIT_S)
        self._lock = threading.Lock()
        self._now = self.most_at_once = 0

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        self._meeting.wait()
        with self._lock:
            self._now -= 1
        return [face_at(40, 40, 40)] * int(image[0, 0, 0])

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        return np.float32([(1, 0)] * len(crops))

    def close(self) -> None:
        pass


def classified(
    folder: Path, sight: Sight, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[int]:
    """How many faces ``classify --json`` tells of in each of the folder's images, on two cores."""
    pipeline = Pipeline(
        sight, sight, FaceTracker(Sight.labels, 0), watch=None, threshold=0,
        bundle=load_bundle("happysad"), device="CPU", device_note="",
    )  # fmt: skip
    monkeypatch.setattr(classify, "load_pipeline", lambda *_: pipeline)
    monkeypatch.setattr(classify, "usable_cores", lambda: 2)
    assert main(["classify", str(folder), "--json"]) == 0
    return [len(told["faces"]) for told in json.loads(capsys.readouterr().out)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four images, with three, one, four and two faces to be found."""
    for number, faces in enumerate((3, 1, 4, 2)):
        Image.new("RGB", (80, 80), (faces,) * 3).save(tmp_path / f"{number}.png")
    return tmp_path


def test_two_cores_label_two_images_at_once_and_the_order_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert classified(folder, Sight(together=2), monkeypatch, capsys) == [3, 1, 4, 2]


def test_images_that_would_fill_the_memory_are_labelled_one_by_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(classify, "MEMORY_BYTES", 80 * 80 * 3)
    sight = Sight(together=1)
    assert classified(folder, sight, monkeypatch, capsys) == [3, 1, 4, 2]
    assert sight.most_at_once == 1
