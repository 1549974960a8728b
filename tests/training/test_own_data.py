"""One command from a folder of pictures to a model that the app can run."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from happysad_live.classification.bundle import load_bundle
from happysad_live.errors import TrainingError
from happysad_live.sources.demo.source import DemoSource, expression_at
from training.cli import main
from training.faces.faceset import FaceSet
from training.faces.own_data import as_face_sets
from training.processes import worker_pool

CONFIG = """
name = "mine"
seed = 1
[network]
stem = 4
stages = [[6, 0], [8, 0]]
[train]
epochs = 1
views_per_epoch = 64
batch = 16
mixed_precision = false
[[heads]]
name = "mine"
classes = ["happy", "sad"]
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's one person, plainly happy, sad and neutral, each picture in a light of its own.

    In one light they would be copies of each other, and belong together.
    """
    folder = tmp_path_factory.mktemp("drawn")
    demo, rng = DemoSource(1), np.random.default_rng(0)
    for half in range(2 * 24):
        expression = expression_at(0, half / 2)
        if expression.plain:
            path = folder / expression.name / f"{half}.jpg"
            path.parent.mkdir(exist_ok=True)
            picture = demo.picture_at(half / 2)
            light = cv2.resize(rng.integers(0, 256, (6, 9, 3), dtype=np.uint8), picture.shape[1::-1])
            cv2.imwrite(str(path), cv2.addWeighted(picture, 0.65, light, 0.35, 0)[..., ::-1])
    return folder


@pytest.fixture
def folder_of_classes(drawn: Path, tmp_path: Path) -> Path:
    for name in ("happy", "sad"):
        shutil.copytree(drawn / name, tmp_path / "my faces" / name)
    return tmp_path / "my faces"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(CONFIG)
    return path


def test_fit_takes_a_folder_of_classes_once_it_is_complete_and_goes_on_without_it(
    tmp_path: Path, config: Path, folder_of_classes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, sad, aside = tmp_path / "run", folder_of_classes / "sad", tmp_path / "aside"
    arguments = ["fit", "--config", str(config), "--data", str(folder_of_classes), "--out", str(out)]
    sad.rename(aside)
    assert main(arguments) == 1
    assert "one class only (happy)" in capsys.readouterr().err
    sad.mkdir()
    shutil.copy(min(aside.iterdir()), sad)
    assert main(arguments) == 1
    assert "No val picture shows “sad”" in capsys.readouterr().err
    shutil.copytree(aside, sad, dirs_exist_ok=True)
    assert main(arguments) == 0
    assert load_bundle(out / "mine").labels == ("happy", "sad")
    assert "my faces" in (out / "mine" / "README.md").read_text()
    assert len(FaceSet.load(out / "own.faces.npz")) > 15
    told = capsys.readouterr()
    assert "balanced_accuracy" in told.out
    assert told.out.splitlines()[-1] == f"The run is in {out}; for --model, name {out / 'mine'}."
    again = ["fit", "--config", str(out / "config.toml"), "--out", str(out), "--resume"]
    assert main(again) == 0
    assert main([*again, "--data", os.path.relpath(folder_of_classes)]) == 0
    assert capsys.readouterr().err.count("finished already") == 2
    # Without a word, other pictures would not be learnt.
    assert main([*again, "--data", str(folder_of_classes / "happy")]) == 1
    assert f"began with the pictures of {folder_of_classes}: name the same" in capsys.readouterr().err


def test_what_is_left_out_is_said(
    drawn: Path, tmp_path: Path, config: Path, folder_of_classes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(drawn / "neutral", folder_of_classes / "neutral")
    (folder_of_classes / "sad" / "empty.jpg").touch()
    out = tmp_path / "run"
    arguments = ["fit", "--config", str(config), "--data", str(folder_of_classes), "--out", str(out)]
    assert main(arguments) == 0
    results, said = capsys.readouterr()
    faces = FaceSet.load(out / "own.faces.npz")
    neutral = faces.labels[:, 2] == 1
    assert neutral.sum() > 5
    assert f"Not used: {neutral.sum()} pictures of neutral." in said
    (data,) = load_bundle(out / "mine").info["training_data"]
    assert data["images"] == (~neutral & (faces.split == "train")).sum()
    assert str(out / "own.rejects.csv") in results
    assert "empty.jpg" in (out / "own.rejects.csv").read_text()


def test_all_cores_cut_and_a_way_is_told_where_the_memory_is_too_small_for_that(
    tmp_path: Path, folder_of_classes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def dying_pool(processes: int, _begin: object, *, remedy: str) -> object:
        asked.append(processes)
        return worker_pool(processes, _die, remedy=remedy)

    monkeypatch.setattr("training.faces.ingest.usable_cores", lambda: 3)
    monkeypatch.setattr("training.faces.cutting.worker_pool", dying_pool)
    with pytest.raises(TrainingError, match="happysad-train ingest --processes 1, and give fit the face"):
        as_face_sets([folder_of_classes], tmp_path / "run", resume=False)
    assert asked == [3]


def _die() -> None:
    os._exit(1)


def test_copies_in_two_folders_come_into_the_same_split(tmp_path: Path, folder_of_classes: Path) -> None:
    again = tmp_path / "other" / "my faces"
    for picture in sorted(folder_of_classes.rglob("*.jpg")):
        target = again / picture.parent.name / f"again-{picture.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, target)
    (path,) = as_face_sets([folder_of_classes, again], tmp_path / "run", resume=False)
    faces = FaceSet.load(path)
    splits: dict[bytes, set[str]] = {}
    for row, split in enumerate(faces.split.tolist()):
        splits.setdefault(faces.crop(row).tobytes(), set()).add(split)
    assert len(splits) < len(faces)
    assert all(len(where) == 1 for where in splits.values())
    assert set(faces.split) == {"train", "val"}


def test_face_sets_that_share_a_picture_across_their_splits_are_refused(
    tmp_path: Path, config: Path, folder_of_classes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (path,) = as_face_sets([folder_of_classes], tmp_path / "first", resume=False)
    faces = FaceSet.load(path)
    other = tmp_path / "other.faces.npz"
    replace(faces, split=np.where(faces.split == "val", "train", "val")).save(other)
    arguments = ["fit", "--config", str(config), "--data", str(path), "--data", str(other)]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 1
    assert f"in another part of the other: {len(faces)} pictures." in capsys.readouterr().err
