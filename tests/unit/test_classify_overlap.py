"""``classify`` labels several images at once, as many as there are cores."""

from __future__ import annotations

import json
import signal
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
    """Finds as many faces as a picture's grey says, two pictures at the same time."""

    labels = ("happy", "sad")

    def __init__(self) -> None:
        self._meeting = threading.Barrier(2, timeout=LIMIT_S)
        self.closed = threading.Event()

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        self._meeting.wait()
        return [face_at(40, 40, 40)] * int(image[0, 0, 0])

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        return np.float32([(1, 0)] * len(crops))

    def close(self) -> None:
        self.closed.set()


class LongSight(Sight):
    """Presses Ctrl-C while it looks at two pictures, and goes on looking until it is closed."""

    was_closed_meanwhile = False

    def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
        self._meeting.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        self.was_closed_meanwhile = self.closed.wait(LIMIT_S)
        raise ValueError("closed")


def pipeline_of(sight: Sight) -> Pipeline:
    return Pipeline(
        sight, sight, FaceTracker(Sight.labels, 0), watch=None, threshold=0,
        bundle=load_bundle("happysad"), device="CPU", device_note="",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four images, with three, one, four and two faces to be found."""
    for number, faces in enumerate((3, 1, 4, 2)):
        Image.new("RGB", (80, 80), (faces,) * 3).save(tmp_path / f"{number}.png")
    return tmp_path


def test_two_cores_label_two_images_at_once_and_the_order_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(classify, "load_pipeline", lambda *_: pipeline_of(Sight()))
    monkeypatch.setattr(classify, "usable_cores", lambda: 2)
    assert main(["classify", str(folder), "--json"]) == 0
    assert [len(told["faces"]) for told in json.loads(capsys.readouterr().out)] == [3, 1, 4, 2]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows sends no signal to a thread")
def test_ctrl_c_does_not_wait_for_the_search_of_images_that_are_in_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sight = LongSight()
    monkeypatch.setattr(classify, "load_pipeline", lambda *_: pipeline_of(sight))
    assert main(["classify", str(folder), "--json"]) == 130
    assert sight.was_closed_meanwhile and json.loads(capsys.readouterr().out) == []
