"""What the training loop asks of a network, and what it makes of the answers; the network is a stand-in."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from drawn_runs import CONFIG
from face_sets import face_set

from training.faces.faceset import CLASSES, FaceSet
from training.fitting.config import load_config
from training.fitting.data import TrainingFaces, read_greys, smoothed_labels
from training.fitting.inputs import RunInputs
from training.fitting.loop import train
from training.fitting.state import FitState

SPACING = 20
"""Between the grey values of two pictures, so that each is known by it."""


class Network:
    """Of twelve pictures it takes the nine to train on for what they are not, and knows the other three.

    weight: grows by 1 with each step, whose number is its loss.
    """

    def __init__(self) -> None:
        self.weight = keras.Variable(0.0)
        self.core = SimpleNamespace(variables=[self.weight], trainable_variables=[self.weight])
        self.optimizer = SimpleNamespace(build=lambda _: None, variables=[])
        self.seeds: list[tuple[int, int]] = []
        self.augmented = SimpleNamespace(seed=lambda *seed: self.seeds.append(seed))
        self.asked_with: list[float] = []
        self.asked_after: list[int] = []
        self.steps: list[tuple[np.ndarray, ...]] = []

    def reset_metrics(self) -> None:
        pass

    def train_on_batch(self, inputs: tuple[np.ndarray, ...], targets: np.ndarray) -> float:
        greys, _, others, shares = inputs
        assert float(self.weight) == len(self.steps)  # its own, and not the mean
        self.steps.append((numbers(greys), others, shares, targets))
        self.weight.assign_add(1.0)
        return float(len(self.steps) - 1)

    def logits(self, greys: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        self.asked_with.append(float(self.weight))
        self.asked_after.append(len(self.steps))
        number = numbers(greys if rows is None else greys[rows])
        called = (number + (number < 9)) % 3
        return 30.0 * np.hstack([np.eye(3)[called][:, [1, 0]], np.eye(3)[called]])


def numbers(greys: np.ndarray) -> np.ndarray:
    return np.rint(greys.mean(axis=(1, 2)) / SPACING).astype(int)


@pytest.fixture
def faces() -> FaceSet:
    """Happy, sad, neutral, happy and so on; the first two of a source that is trusted."""
    count = np.arange(12)
    crops = [np.full((320, 320, 3), SPACING * number, np.uint8) for number in count]
    source, split = np.where(count < 2, "web", "drawn"), np.where(count < 9, "train", "val")
    return face_set(crops, np.eye(len(CLASSES), dtype=np.float32)[count % 3], source=source, split=split)


def trained(faces: FaceSet, folder: Path, *, first: int = 2, every: int = 1) -> tuple[Network, FitState]:
    """Two heads after four epochs of two steps, with the history in a folder.

    first, every: when the network's opinion is mixed in.
    """
    text = CONFIG.replace("[[heads]]", '[[heads]]\nname = "two"\nclasses = ["sad", "happy"]\n\n[[heads]]')
    text = text.replace("mix = 0.2", "mix = 1.0").replace("batch = 32", "batch = 4")
    path = folder / "two.toml"
    text = text.replace("views_per_epoch = 640", "views_per_epoch = 8")
    text = text.replace("epoch = 2", f"epoch = {first}")
    path.write_text(text.replace("every_epochs = 1", f"every_epochs = {every}"))
    config, network, part = load_config(path), Network(), faces.of_split("train")
    training = TrainingFaces(read_greys(part), part.labels, part.source)
    state = FitState(network, smoothed_labels(training, config.sources))
    inputs = RunInputs.of(config, faces, faces.of_split("val"))
    train(inputs, training, state, folder, threading.Event())
    return network, state


def test_two_heads_learn_what_their_pictures_show_and_think(faces: FaceSet, tmp_path: Path) -> None:
    """Doubtful labels come to be a tenth what the head with most classes says of that very picture."""
    network, state = trained(faces, tmp_path)
    doubt, own = 0.05 / 7, np.arange(9)
    first = np.full((9, 7), doubt)
    first[own, own % 3] += 0.95
    first[:2] = np.eye(7)[:2]
    last = first.copy()
    last[2:, :3] *= 0.9
    last[own[2:], (own[2:] + 1) % 3] += 0.1 * (0.95 + 3 * doubt)
    np.testing.assert_allclose(state.labels, last, atol=1e-6)
    for step, (rows, others, shares, targets) in enumerate(network.steps):
        labels = (first if step < 4 else last)[rows][:, [1, 0, 0, 1, 2]]
        assert shares.any()
        wanted = labels * (1 - shares[:, None]) + labels[others] * shares[:, None]
        np.testing.assert_allclose(targets, wanted, atol=1e-6)
    assert network.seeds == [(11, step) for step in range(8)]
    # The mean of the weights is asked, which moves after eight steps: nine elevenths of the way while young.
    assert network.asked_with == pytest.approx([0, 0, 0, 0, 0, 8 * 9 / 11])
    history = json.loads((tmp_path / "history.json").read_text())
    assert history["loss"] == [0.5, 2.5, 4.5, 6.5]
    for head in ("two", "three"):
        assert history[f"val_balanced_accuracy/{head}/drawn"] == [1.0] * 4


def test_an_opinion_is_asked_for_every_so_many_epochs_from_the_first_time_on(
    faces: FaceSet, tmp_path: Path
) -> None:
    """The validation faces are judged after each epoch of two steps, the others after the first and third."""
    network, _ = trained(faces, tmp_path, first=1, every=2)
    assert network.asked_after == [2, 2, 4, 6, 6, 8]


def test_a_table_of_the_curves_that_cannot_be_written_ends_no_run(
    faces: FaceSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on Windows, while a spreadsheet has it open."""
    (tmp_path / "history.csv").mkdir()
    trained(faces, tmp_path)
    assert len(json.loads((tmp_path / "history.json").read_text())["loss"]) == 4
    assert "history.csv cannot be written" in capsys.readouterr().err


def test_the_curves_judge_the_faces_that_the_report_judges(faces: FaceSet, tmp_path: Path) -> None:
    """Those whose most frequent vote is for one of the head's classes, be it few votes or many."""
    labels = faces.labels.copy()
    labels[10, [0, 1, 4, 5]] = 0.4, 0, 0.3, 0.3  # happy, and called sad
    labels[11, :3] = 0.25, 0.35, 0.4  # neutral, and called sad by the head that does not know neutral
    trained(replace(faces, labels=labels), tmp_path)
    history = json.loads((tmp_path / "history.json").read_text())
    assert history["val_balanced_accuracy/two/drawn"] == [0.5] * 4  # one of two happy faces
