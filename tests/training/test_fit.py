"""Whole small runs: what they leave behind, going on after an interruption, and sentences for bad input."""

from __future__ import annotations

import csv
import json
import resource
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from happysad_live.classification.classifier import EmotionModel
from happysad_live.errors import TrainingError
from training.calibrate import crop_logits
from training.faceset import CLASSES, CONTEXT_SIZE_PX, FaceSet, encode_crop
from training.fit import run_fit
from training.fit_config import load_config

CONFIG = """
name = "tiny"
seed = 11

[sources.drawn]
smoothing = 0.05
trust = 0.9
licence = "drawn here"

[network]
stem = 6
stages = [[8, 1], [12, 0], [16, 0]]
dropout = 0.1

[augment]
rotation_degrees = 5.0
zoom = [0.95, 1.05]
contrast = [0.9, 1.1]
small = 0.0
erase = 0.0
border = 0.0
cutout = 0.0

[train]
epochs = 4
views_per_epoch = 640
batch = 32
learning_rate = 1e-2
warmup_epochs = 0.5
average_decay = 0.7
opinion_from_epoch = 2
opinion_every_epochs = 1
mixed_precision = false

[[heads]]
name = "three"
classes = ["happy", "sad", "neutral"]
description = "Drawn faces."
"""


def drawn_face(class_name: str, rng: np.random.Generator) -> np.ndarray:
    """A grey face whose mouth tells its class, (320, 320, 3) uint8 RGB."""
    face = np.full((CONTEXT_SIZE_PX, CONTEXT_SIZE_PX), int(rng.integers(140, 210)), np.uint8)
    middle, mouth = 160 + int(rng.integers(-6, 7)), 200 + int(rng.integers(-6, 7))
    for side in (-1, 1):
        cv2.circle(face, (middle + side * 35, 130), 12, 20, -1)
    bend = {"happy": (0, 180), "sad": (180, 360)}.get(class_name)
    if bend:
        cv2.ellipse(face, (middle, mouth), (40, 25), 0, *bend, 20, 12)
    else:
        cv2.line(face, (middle - 40, mouth), (middle + 40, mouth), 20, 12)
    return cv2.cvtColor(face, cv2.COLOR_GRAY2RGB)


def drawn_set(per_class: int = 24, classes: tuple[str, ...] = ("happy", "sad", "neutral")) -> FaceSet:
    rng = np.random.default_rng(0)
    names = [name for name in classes for _ in range(per_class)]
    labels = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index(name) for name in names]]
    count = len(names)
    return FaceSet.from_crops(
        [encode_crop(drawn_face(name, rng)) for name in names],
        labels,
        source=np.full(count, "drawn"),
        group=np.full(count, -1),
        split=np.where(np.arange(count) % 4 == 0, "val", "train"),
        name=np.array([f"{name}_{number}" for number, name in enumerate(names)]),
        detector=np.full(count, "full"),
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "drawn.faces.npz"
    drawn_set().save(path)
    return path


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def run(config: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_fit(config, out=tmp_path_factory.mktemp("runs") / "whole", data=[data])


class StopAfter(threading.Event):
    """An event that is set once it has been asked often enough: Ctrl-C in the middle of a run."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0 or super().is_set()


def test_run_folder_holds_the_whole_record(run: Path, config: Path, data: Path) -> None:
    assert (run / "config.toml").read_bytes() == config.read_bytes()
    facts = json.loads((run / "run.json").read_text())
    assert facts["data_sha256"] == FaceSet.load(data).sha256()
    assert facts["versions"]["keras"] and facts["faces"] == {"drawn": 72}
    history = json.loads((run / "history.json").read_text())
    assert {len(values) for values in history.values()} == {4}
    assert history["loss"][-1] < history["loss"][0]
    with (run / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (run / "curves.png").stat().st_size > 5000
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
    assert float(rows[2]["loss"]) == pytest.approx(history["loss"][2], abs=1e-5)


def test_network_learns_and_its_bundle_runs_in_the_app(run: Path, data: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["three"]["all"]["balanced_accuracy"] > 0.9
    faces = FaceSet.load(data)
    val = faces.subset(faces.split == "val")
    model = EmotionModel.load(run / "three", device="cpu")
    assert model.labels == ("happy", "sad", "neutral")
    called = model.probabilities(val.crops(range(len(val)))).argmax(axis=1)
    right = (called == val.hard_labels).mean()
    assert right == pytest.approx(metrics["three"]["all"]["accuracy"], abs=1e-4)


def test_bundle_says_what_it_was_trained_on(run: Path) -> None:
    info = json.loads((run / "three" / "model.json").read_text())
    assert info["training_data"] == [{"name": "drawn", "licence": "drawn here", "images": 54}]
    assert 0 < info["threshold"] < 1 and info["temperature"] > 0


def test_doubtful_labels_take_the_networks_opinion_and_others_do_not(run: Path, data: Path) -> None:
    faces = FaceSet.load(data)
    given = faces.labels[faces.split == "train"] * 0.95 + 0.05 / len(CLASSES)
    with np.load(run / "checkpoint.npz") as checkpoint:
        mixed = checkpoint["labels"]
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(mixed[:, 3:], given[:, 3:], atol=1e-6)
    change = np.abs(mixed - given).max(axis=1)
    assert (change > 1e-3).any() and change.max() <= 0.1 + 1e-6


@pytest.mark.parametrize("asked", [0, 25])
def test_interrupted_and_resumed_is_the_same_run(
    asked: int, run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    """Stopped before the first step, or between two epochs' ends, in the middle of augmentation."""
    import keras

    folder = tmp_path / "broken"
    with pytest.raises(KeyboardInterrupt):
        run_fit(config, out=folder, data=[data], stop=StopAfter(asked))
    assert not (folder / "three").exists()
    run_fit(config, out=folder, data=[data], resume=True)

    whole, resumed = (json.loads((one / "history.json").read_text()) for one in (run, folder))
    np.testing.assert_allclose(resumed["loss"], whole["loss"], rtol=1e-4)
    faces = FaceSet.load(data)
    logits = [
        crop_logits(keras.models.load_model(one / "three" / "model.keras", compile=False), faces)
        for one in (run, folder)
    ]
    np.testing.assert_allclose(logits[1], logits[0], atol=2e-3)


def test_full_disk_keeps_the_last_checkpoint(config: Path, data: Path, tmp_path: Path) -> None:
    """A limit on file sizes fails a write as a full disk does."""
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_fit(config, out=folder, data=[data], stop=StopAfter(0))
    before = (folder / "checkpoint.npz").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(TrainingError, match=r"checkpoint\.npz cannot be written.*--resume"):
            run_fit(config, out=folder, data=[data], resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (folder / "checkpoint.npz").read_bytes() == before
    assert not list(folder.glob("*.partial"))


def test_second_run_does_not_overwrite_the_first(run: Path, config: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match="already holds a run.*--resume"):
        run_fit(config, out=run, data=[data])


def test_run_that_was_stopped_before_its_first_checkpoint_can_be_resumed(
    config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run_fit(config, out=folder, data=[data], resume=resume, stop=StopAfter(0))
        (folder / "checkpoint.npz").unlink()


def test_a_run_without_a_name_can_be_resumed(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "nameless.toml"
    path.write_text(CONFIG.replace('name = "tiny"', "", 1))
    for resume in (False, True):
        with pytest.raises(KeyboardInterrupt):
            run_fit(path, out=tmp_path / "run", data=[data], resume=resume, stop=StopAfter(0))


def test_resume_needs_a_run(config: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="not a run to resume"):
        run_fit(config, out=tmp_path / "nothing", data=[data], resume=True)


def test_resume_refuses_another_config_and_other_data(run: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(CONFIG.replace("seed = 11", "seed = 12"))
    with pytest.raises(TrainingError, match="config has changed"):
        run_fit(other, out=run, data=[data], resume=True)
    more = tmp_path / "more.faces.npz"
    drawn_set(per_class=25).save(more)
    with pytest.raises(TrainingError, match="face set has changed"):
        run_fit(run / "config.toml", out=run, data=[more], resume=True)
    longer = tmp_path / "longer.toml"
    longer.write_text(CONFIG.replace("epochs = 4", "epochs = 5"))
    with pytest.raises(TrainingError, match="face set has changed"):
        run_fit(longer, out=run, data=[more], resume=True)
    assert load_config(run / "config.toml").train.epochs == 4


def test_a_finished_run_goes_further_with_more_epochs_but_not_with_fewer(
    run: Path, config: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "further"
    shutil.copytree(run, folder)
    done = json.loads((folder / "history.json").read_text())["loss"]
    longer = tmp_path / "longer.toml"
    longer.write_text(CONFIG.replace("epochs = 4", "epochs = 5"))
    run_fit(longer, out=folder, data=[data], resume=True)
    losses = json.loads((folder / "history.json").read_text())["loss"]
    assert len(losses) == 5 and losses[:4] == done
    assert load_config(folder / "config.toml").train.epochs == 5
    with pytest.raises(TrainingError, match="config has changed"):
        run_fit(config, out=folder, data=[data], resume=True)


def test_damaged_checkpoint_is_named(config: Path, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        run_fit(config, out=folder, data=[data], stop=StopAfter(0))
    checkpoint = folder / "checkpoint.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:5000])
    with pytest.raises(TrainingError, match=r"checkpoint\.npz is damaged"):
        run_fit(config, out=folder, data=[data], resume=True)


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [(("happy",), "No train picture shows 'sad'"), (("happy", "sad"), "No train picture shows 'neutral'")],
)
def test_class_without_pictures_is_named(
    classes: tuple[str, ...], sentence: str, config: Path, tmp_path: Path
) -> None:
    path = tmp_path / "few.faces.npz"
    drawn_set(per_class=4, classes=classes).save(path)
    with pytest.raises(TrainingError, match=sentence):
        run_fit(config, out=tmp_path / "run", data=[path])
    assert not (tmp_path / "run").exists()


def test_validation_must_show_every_class_too(config: Path, tmp_path: Path) -> None:
    """As the label that most annotators gave: single votes do not calibrate."""
    faces = drawn_set(per_class=4)
    path = tmp_path / "unjudged.faces.npz"
    faces.with_split(np.full(len(faces), "train")).save(path)
    with pytest.raises(TrainingError, match="No val picture shows 'happy'"):
        run_fit(config, out=tmp_path / "run", data=[path])
    votes = faces.labels.copy()
    sad = faces.hard_labels == CLASSES.index("sad")
    votes[np.ix_(sad & (faces.split == "val"), [0, 1])] = (0.6, 0.4)
    replace(faces, labels=votes).save(path)
    with pytest.raises(TrainingError, match="No val picture shows 'sad'"):
        run_fit(config, out=tmp_path / "run", data=[path])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"neutral"]', '"joyful"]', "'joyful' of head 'three' is unknown; there are happy"),
        ("learning_rate", "learning_rat", "'train' has an unknown entry 'learning_rat'"),
        ("epochs = 4", 'epochs = "four"', "'epochs' in 'train' cannot be 'four'"),
        ("batch = 32", "batch = 33", "batch must be even"),
        ("epochs = 4", "epochs = 0", "epochs must be above zero"),
        ("every_epochs = 1", "every_epochs = 0", "opinion_every_epochs must be above zero"),
        ("warmup_epochs = 0.5", "warmup_epochs = -1", "warmup_epochs cannot be below zero"),
        ('name = "three"', "name = 3", "'name' in 'heads' cannot be 3"),
        ('name = "three"', 'name = "a/b"', "'a/b' cannot be called so"),
        ('"neutral"]', '"sad"]', "each named once"),
        ('name = "three"', 'title = "three"', "'heads' has an unknown entry 'title'"),
        ('classes = ["happy", "sad", "neutral"]', 'classes = ["sad"]', "needs at least two classes"),
        ("seed = 11", "seed = ", "not valid TOML"),
        ("seed = 11", "sede = 11", "unknown entry 'sede'"),
        ("[[heads]]", "[spare]", "unknown entry 'spare'"),
        ("[[heads]]", "[heads]", r"'heads' must be a list; heads begin with \[\[heads\]\]"),
        ("seed = 11", 'seed = "eleven"', "'seed' must be a whole number"),
        ("[sources.drawn]", "[sources]\ndrawn = 1\n[sources.other]", "'drawn' must be a table"),
    ],
)
def test_config_mistakes_are_named(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(CONFIG.replace(old, new, 1))
    with pytest.raises(TrainingError, match=sentence):
        load_config(path)


@pytest.mark.parametrize("entry", ["stem = 6", "rotation_degrees"])
def test_a_mistake_that_only_the_training_reads_leaves_no_run_behind(
    entry: str, data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(CONFIG.replace(entry, f"x{entry}"))
    with pytest.raises(TrainingError, match="has an unknown entry 'x"):
        run_fit(path, out=tmp_path / "run", data=[data])
    assert not (tmp_path / "run").exists()


def test_missing_config_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"none\.toml cannot be read"):
        load_config(tmp_path / "none.toml")


def test_running_keras_cannot_change_its_backend(config: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="start a new process to train on jax"):
        run_fit(config, out=tmp_path / "run", data=[data], backend="jax")


@pytest.mark.parametrize("path", sorted(Path("training/configs").glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_configs_are_valid(path: Path) -> None:
    assert load_config(path).heads
