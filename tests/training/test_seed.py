"""The seed's experiment, small, and the command line of training."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from face_sets import face_set

from happysad_live.classification.bundle import load_bundle
from happysad_live.classification.classifier import EmotionModel
from happysad_live.errors import TrainingError
from training.cli import main
from training.faces.seen_faces import SeenFaces
from training.keras_settings import set_up_keras
from training.seed.data import (
    Pictures,
    draw_sample,
    duplicate_groups,
    grouped_division,
    random_division,
    read_elsewhere,
    with_copies,
)
from training.seed.experiment import SeedPredictions, optimism, run_seed
from training.seed.report import findings


def drawn_face(rng: np.random.Generator, happy: bool) -> np.ndarray:
    """A disc with two eyes and a mouth, on a background and in a light of its own."""
    image, light = (
        cv2.resize(cells, (96, 96), interpolation=cv2.INTER_CUBIC)
        for cells in rng.integers(0, 256, (2, 6, 6, 3), dtype=np.uint8)
    )
    cv2.circle(image, (48, 48), 40, rng.integers(120, 230, 3).tolist(), -1)
    for x in (34, 62):
        cv2.circle(image, (x, 38), 5, (20, 20, 20), -1)
    angles = (20, 160) if happy else (200, 340)
    cv2.ellipse(image, (48, 62 if happy else 72), (20, 12), 0, *angles, (20, 20, 20), 4)
    return cv2.addWeighted(image, 0.7, light, 0.3, 0)


def class_folder(folder: Path, each: int, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    for name in ("happy", "sad"):
        (folder / name).mkdir(parents=True)
        for number in range(each):
            cv2.imwrite(str(folder / name / f"{number}.png"), drawn_face(rng, name == "happy"))
    return folder


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return class_folder(tmp_path_factory.mktemp("pictures") / "drawn", 24, 0)


def test_the_network_is_the_seeds_layer_for_layer() -> None:
    from training.seed.network import build_seed_network

    network = build_seed_network()
    layers = [
        (type(layer).__name__, tuple(layer.output.shape[1:]), layer.count_params())
        for layer in network.layers
    ]
    assert layers[0][0] == "Rescaling"
    assert layers[1:] == [
        ("Conv2D", (256, 256, 16), 448),
        ("MaxPooling2D", (128, 128, 16), 0),
        ("Conv2D", (126, 126, 32), 4_640),
        ("MaxPooling2D", (63, 63, 32), 0),
        ("Conv2D", (61, 61, 16), 4_624),
        ("MaxPooling2D", (30, 30, 16), 0),
        ("Flatten", (14_400,), 0),
        ("Dense", (256,), 3_686_656),
        ("Dense", (1,), 257),
    ]
    assert network.count_params() == 3_696_625


def test_the_network_is_the_same_whatever_the_users_keras_is_set_to() -> None:
    import keras

    from training.seed.network import build_seed_network

    before = keras.config.image_data_format(), keras.config.floatx()
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float16")
    try:
        set_up_keras(1)
        assert build_seed_network().count_params() == 3_696_625
        assert keras.config.floatx() == "float32"
    finally:
        keras.config.set_image_data_format(before[0])
        keras.config.set_floatx(before[1])


def test_a_sample_is_half_happy_half_sad_and_whole_pictures(pictures: Path) -> None:
    (pictures / "sad" / "broken.png").write_bytes(b"nothing")
    sample = draw_sample(pictures, seed=1)
    (pictures / "sad" / "broken.png").unlink()
    assert len(sample.drawn) == 48
    assert sample.drawn.truth.tolist().count(1) == 24
    assert sample.unreadable == ("sad/broken.png",)
    assert not set(sample.drawn.names) & set(sample.left_over.names)
    row = 5
    expected = cv2.cvtColor(cv2.imread(str(pictures / sample.drawn.names[row])), cv2.COLOR_BGR2RGB)
    shrunk = cv2.resize(sample.drawn.images[row], (96, 96), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - expected).mean() < 4
    assert sample.drawn.names[row].startswith("sad" if sample.drawn.truth[row] else "happy")


def test_faces_whose_annotators_are_evenly_split_are_not_drawn(tmp_path: Path) -> None:
    votes = np.tile(np.eye(7)[[0, 1]], (30, 1))
    votes[::5] = np.mean(np.eye(7)[[0, 1]], axis=0)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (60, 20, 20, 3), np.uint8)
    face_set([cv2.resize(one, (320, 320)) for one in noise], votes).save(tmp_path / "drawn.faces.npz")
    sample = draw_sample(tmp_path / "drawn.faces.npz", seed=1)
    names = [*sample.drawn.names, *sample.left_over.names]
    assert len(names) == 48 and all(int(name.removeprefix("made/")) % 5 for name in names)


def test_nothing_that_is_tested_on_besides_is_a_copy_of_what_was_drawn(tmp_path: Path) -> None:
    """Of 17 pictures of each class, each there twice, two of each are not drawn, whose copies are."""
    noise = np.random.default_rng(0).integers(0, 256, (34, 20, 20, 3), np.uint8)
    crops = [cv2.resize(one, (320, 320)) for one in noise]
    path = tmp_path / "twice.faces.npz"
    face_set(crops * 2, np.eye(7)[[0, 1] * 34]).save(path)
    sample = draw_sample(path, seed=1)
    assert (len(sample.drawn), len(sample.left_over)) == (64, 0)
    assert len(read_elsewhere(path, sample.drawn, seed=0)[0]) == 0


def test_divisions_have_six_one_and_one_part_and_grouped_ones_keep_copies_together() -> None:
    loose = random_division(256, seed=0)
    assert [len(rows) for rows in (loose.train, loose.val, loose.test)] == [192, 32, 32]
    assert sorted(np.concatenate([loose.train, loose.val, loose.test])) == list(range(256))
    group = np.repeat(np.arange(64), 4)
    tight = grouped_division(group, seed=0)
    assert [len(rows) for rows in (tight.train, tight.val, tight.test)] == [192, 32, 32]
    parts = [set(group[rows]) for rows in (tight.train, tight.val, tight.test)]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert len(set(group[loose.test]) & set(group[loose.train])) > 20


def test_copies_are_near_duplicates_and_are_found_as_such() -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 256, (16, 10, 10, 3), dtype=np.uint8)
    smooth = [cv2.resize(one, (256, 256), interpolation=cv2.INTER_CUBIC) for one in coarse]
    originals = Pictures(np.stack(smooth), np.arange(16) % 2, tuple(str(n) for n in range(16)))
    assert (duplicate_groups(originals) == -1).all()
    copied = with_copies(originals, seed=0)
    assert len(copied) == 16
    assert len(set(copied.names)) == 4
    assert (copied.images[0] != copied.images[1]).any()
    found = duplicate_groups(copied)
    assert [len(set(found[copied_rows])) for copied_rows in np.arange(16).reshape(4, 4)] == [1, 1, 1, 1]
    assert len(set(found.tolist())) == 4 and (found >= 0).all()


def test_the_whole_experiment_writes_everything(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    elsewhere = class_folder(tmp_path / "other", 20, 9)
    (elsewhere / "sad" / "broken.png").write_bytes(b"nothing")
    out = tmp_path / "run"
    arguments = [
        "seed",
        "--data",
        str(pictures),
        "--elsewhere",
        str(elsewhere),
        "--out",
        str(out),
        "--epochs",
        "1",
    ]
    assert main(arguments) == 0
    assert "accuracy on elsewhere" in capsys.readouterr().out
    for name in ("grid.png", "curves.png", "predictions.png"):
        image = cv2.imread(str(out / name))
        assert image is not None and image.std() > 10
    facts = json.loads((out / "seed.json").read_text())
    assert facts["unreadable"] == ["sad/broken.png"]
    assert facts["pictures"] == 48 and facts["tests"]["elsewhere"] == 40
    assert len(facts["trials"]) in (2, 4)
    elsewhere_right = facts["trials"][0]["elsewhere"]["figures"]["accuracy"]
    assert elsewhere_right["high"] - elsewhere_right["low"] < 0.4  # forty unrelated ones
    loose, tight = facts["trials"][-2:]
    difference = loose["test"]["accuracy"] - tight["test"]["accuracy"]
    assert facts["optimism"]["value"] == pytest.approx(difference, abs=1e-5)
    for trial in facts["trials"]:
        accuracy = trial["test"]["figures"]["accuracy"]
        assert accuracy["value"] == pytest.approx(trial["test"]["accuracy"], abs=1e-5)
        assert accuracy["low"] is None or 0 <= accuracy["low"] <= accuracy["value"] <= accuracy["high"] <= 1
    bundle = load_bundle(out / "models" / "seed-cnn")
    assert bundle.labels == ("happy", "sad") and bundle.info["parameters"] == 3_696_625
    assert bundle.info["training_data"][0]["images"] == 36
    card = (bundle.folder / "README.md").read_text()
    assert "1.0 is worth" in card and "not felt emotion" in card
    probabilities = EmotionModel(bundle, "cpu").probabilities(np.zeros((2, 256, 256, 3), np.uint8))
    assert probabilities.shape == (2, 2)


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> list[list[np.ndarray]]:
    """What each network is given to learn from, to choose by and to be tested on; it learns nothing."""
    trials: list[list[np.ndarray]] = []

    def learn(network: Any, train: Any, val: Any, **_: Any) -> dict[str, list[float]]:
        trials.append([train[0], val[0]])
        return {name: [1.0] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}

    def answer(network: Any, images: np.ndarray) -> np.ndarray:
        trials[-1].append(images)
        return np.full(len(images), 0.2)

    monkeypatch.setattr("training.seed.experiment.train_seed_network", learn)
    monkeypatch.setattr("training.seed.experiment.probability_of_sad", answer)
    return trials


def test_a_network_is_tested_on_what_it_neither_learnt_nor_chose_by_and_the_learnt_is_recorded(
    tmp_path: Path, trials: list[list[np.ndarray]]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (32, 20, 20, 3), np.uint8)
    faces = face_set([cv2.resize(one, (320, 320)) for one in noise], np.eye(7)[[0, 1] * 16])
    path = tmp_path / "noise.faces.npz"
    faces.save(path)
    run_seed(path, tmp_path, elsewhere=None, licence="none", epochs=1, seed=3)
    row_of = {crop.tobytes(): row for row, crop in enumerate(faces.crops(range(32)))}
    for parts in trials[:2]:
        rows = [[row_of[image.tobytes()] for image in images] for images in parts]
        assert [len(part) for part in rows] == [24, 4, 4] and set().union(*rows) == set(range(32))
    seen = SeenFaces.read(tmp_path / "models" / "seed-cnn")
    learnt = faces.subset(np.array([row_of[image.tobytes()] for image in trials[0][0]]))
    assert seen is not None and set(seen.trained) == set(learnt.keys().ravel())


def test_a_perfect_test_is_worth_what_other_pictures_say() -> None:
    """By hand: 32 of 32 against 30 of 60 others; Wilson's intervals are .8928 .. 1 and .3773 .. .6227."""
    right = SeedPredictions(np.zeros(32, int), np.zeros(32), np.full(32, -1))
    others = SeedPredictions(np.zeros(60, int), np.repeat([0.0, 1.0], 30), np.full(60, -1))
    worth = optimism({"test": right, "others": others}, {"test": right, "others": others})
    assert (worth["against"], worth["value"]) == ("others", 0.5)
    assert worth["low"] == pytest.approx(0.5 - np.hypot(1 - 0.8928, 0.6227 - 0.5), abs=2e-4)
    assert worth["high"] == pytest.approx(0.5 + (0.5 - 0.3773), abs=2e-4)
    few = SeedPredictions(others.truth[:40], others.sad[:40], others.group[:40])
    assert optimism({"test": right, "others": few}, {"test": right})["against"] == "together"


@pytest.mark.parametrize(("others", "is_said"), [(0.6, True), (0.9, False)])
def test_that_not_all_is_due_to_copies_is_only_said_where_it_was_seen(others: float, is_said: bool) -> None:
    def trial(test: float, others: float) -> dict[str, Any]:
        def scores(accuracy: float) -> dict[str, Any]:
            entry = {"value": accuracy, "low": 0.0, "high": 1.0}
            return {"precision": 1.0, "recall": 1.0, "accuracy": accuracy, "figures": {"accuracy": entry}}

        parts = {"train": 192, "val": 32, "test": 32}
        return {"name": "some", "pictures": parts, "test": scores(test), "others": scores(others)}

    facts: dict[str, Any] = {
        "data": "faces", "elsewhere": None, "pictures": 256, "tests": {"others": 600}, "epochs": 20,
        "share_with_near_duplicate": 0.01, "unreadable": [],
        "trials": [trial(0.7, others), trial(0.7, 0.6), trial(1.0, 0.6), trial(0.7, 0.6)],
        "optimism": {"against": "others", "value": 0.4, "low": 0.3, "high": 0.5},
    }  # fmt: skip
    assert ("Not all of it is due to the copies" in findings(facts)) == is_said


@pytest.mark.usefixtures("trials")
def test_without_a_picture_left_the_experiment_runs_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """As with the student's own 256 pictures."""
    few = class_folder(tmp_path / "few", 16, 3)
    of_before = tmp_path / "run" / "models" / "seed-cnn" / "seen_faces.npz"
    of_before.parent.mkdir(parents=True)
    of_before.write_bytes(b"of an experiment with a face set")
    (tmp_path / "run" / "seed.json").write_text("{}")
    assert main(["seed", "--data", str(few), "--out", str(tmp_path / "run"), "--epochs", "1"]) == 0
    assert not of_before.exists()
    told = capsys.readouterr().out
    assert "32 pictures of few" in told and "no other picture was left to test on" in told
    written = json.loads((tmp_path / "run" / "seed.json").read_text())["trials"]
    assert all({"others", "elsewhere"}.isdisjoint(trial) for trial in written)


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    few = class_folder(tmp_path / "few", 5, 0)
    with pytest.raises(TrainingError, match="only 5 pictures of happy: at least 16"):
        draw_sample(few, 0)
    other = class_folder(tmp_path / "other", 20, 0)
    for path in sorted((other / "sad").iterdir())[5:]:
        path.write_bytes(b"another format")
    with pytest.raises(TrainingError, match="only 5 pictures of sad: .*; 15 files cannot be read, such as"):
        draw_sample(other, 0)
    with pytest.raises(TrainingError, match="near-duplicates of each other"):
        grouped_division(np.repeat([0, 1], 128), seed=0)
    (few / "sad").rename(few / "angry")
    with pytest.raises(TrainingError, match="no class folder “sad”"):
        draw_sample(few, 0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["seed", "--data", "nowhere"], "There is no face set nowhere"),
        (["evaluate", "nobody", "--data", "nowhere.faces.npz"], "There is no model"),
        (["evaluate", "happysad", "--data", "nowhere.faces.npz"], "There is no face set"),
        (["card", "nobody"], "There is no model"),
        (["plots", "nowhere"], "neither"),
        (["predict", "nowhere.jpg"], "does not exist"),
        (["ingest", "nowhere", "--out", "x"], "no file or folder nowhere"),
    ],
)
def test_every_command_fails_with_one_sentence(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.err.count("\n") == 1 and not captured.out
    assert not list(tmp_path.iterdir())


def test_wrong_usage_is_told_by_exit_code_2(capsys: pytest.CaptureFixture) -> None:
    for arguments in (
        [],
        ["fit"],
        ["evaluate", "m", "--data", "x", "--split", "some"],
        ["seed", "--backend", "mxnet"],
        ["seed", "--data", "x", "--seed", str(2**32)],
    ):
        assert main(arguments) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and "--help" in told


def test_two_models_of_one_name_need_a_folder_each(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["evaluate", "happysad", "happysad", "--data", "x.faces.npz", "--out", str(tmp_path)]
    assert main(arguments) == 2
    assert "the same name" in capsys.readouterr().err


def test_files_of_something_else_are_not_replaced(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("report.md", "history.json", "models/seed-cnn/model.json"):
        out = tmp_path / name[:3]
        path = out / name
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        assert main(["seed", "--data", str(pictures), "--out", str(out), "--epochs", "1"]) == 1
        assert "is something else" in capsys.readouterr().err
        assert [path] == [file for file in out.rglob("*") if file.is_file()]


@pytest.mark.parametrize("arguments", [["--debug", "plots", "nowhere"], ["plots", "nowhere", "--debug"]])
def test_debug_is_taken_before_and_behind_the_command(
    arguments: list[str], capsys: pytest.CaptureFixture
) -> None:
    assert main(arguments) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys, training.cli as c\n"
        "try: c.main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = ('tensorflow', 'keras', 'mediapipe', 'sklearn', 'matplotlib', 'cv2')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for command in ("seed", "ingest", "fit", "evaluate", "plots", "card", "predict"):
        assert command in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_ctrl_c_ends_with_130_and_leaves_nothing_half_written(pictures: Path, tmp_path: Path) -> None:
    """The experiment is interrupted while it trains; whatever it wrote by then is whole."""
    import signal

    out = tmp_path / "run"
    command = [sys.executable, "-m", "training.cli", "seed", "--data", str(pictures), "--out", str(out)]
    elsewhere = class_folder(tmp_path / "other", 20, 9)
    process = subprocess.Popen(
        [*command, "--elsewhere", str(elsewhere), "--epochs", "500"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    while not (out / "grid.png").is_file() and process.poll() is None:
        try:
            process.wait(0.2)
        except subprocess.TimeoutExpired:
            continue
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in errors and "Traceback" not in errors
    assert [path.name for path in out.iterdir()] == ["grid.png"]
