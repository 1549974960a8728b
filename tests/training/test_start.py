"""A run that goes on from a finished model: where it begins, and what is told of it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from drawn_runs import CONFIG, StopAfter, drawn_set
from face_sets import face_set

from happysad_live.classification.bundle import load_bundle
from happysad_live.errors import ModelError, TrainingError
from training.faces.faceset import CLASSES, FaceSet, concatenate
from training.faces.seen_faces import SeenFaces
from training.fitting.config import HeadConfig, load_config
from training.fitting.data import head_targets
from training.fitting.doubtful import Opinion, list_doubtful
from training.fitting.export import crop_logits
from training.fitting.fit import run_fit
from training.fitting.inputs import RunInputs
from training.fitting.networks import build_core, export_core
from training.fitting.start import take_over
from training.judging.evaluate import evaluate_bundles
from training.network_config import NetworkConfig

OWN = Path("training/configs/own.toml")
TINY = NetworkConfig(stem=6, stages=((8, 1), (12, 0), (16, 0)), dropout=0.1)


def going_on(start: str) -> str:
    """The tiny config, for two more, very gentle steps from a model's weights, without neutral."""
    config = CONFIG.replace("seed = 11", f"seed = 12\nstart = {json.dumps(start)}")
    config = config.replace("epochs = 4\nviews_per_epoch = 640", "epochs = 1\nviews_per_epoch = 64")
    config = config.replace("learning_rate = 1e-2", "learning_rate = 1e-6")
    return config.replace('["happy", "sad", "neutral"]', '["sad", "happy"]').replace(
        "drawn here", "drawn again"
    )


def inputs_of(faces: FaceSet, start: Path, config: Path) -> RunInputs:
    """What a run on these faces would be made from that went on from a model."""
    return RunInputs.of(load_config(config), faces, faces.of_split("val"), load_bundle(start))


@pytest.fixture(scope="module")
def further(run: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "further.toml"
    path.write_text(going_on(str(run / "three")))
    return run_fit(path, out=tmp_path_factory.mktemp("runs") / "further", data=[data])


def test_what_is_taken_over_answers_as_the_model_did(run: Path, data: Path) -> None:
    core = build_core(TINY, 2, folded=True)
    take_over(core, [HeadConfig("two", ("sad", "happy"))], load_bundle(run / "three"))
    faces = FaceSet.load(data)
    before = keras.models.load_model(run / "three" / "model.keras", compile=False)
    wanted = crop_logits(before, faces)[:, [1, 0]]
    np.testing.assert_allclose(crop_logits(export_core(core, TINY, slice(0, 2)), faces), wanted, atol=1e-4)


def test_a_run_that_goes_on_begins_where_the_model_was(run: Path, further: Path, data: Path) -> None:
    """Hardly anything is learnt at this rate; calibration may shift all answers alike."""
    faces = FaceSet.load(data)
    networks = (
        keras.models.load_model(one / "three" / "model.keras", compile=False) for one in (run, further)
    )
    before, after = (crop_logits(network, faces) for network in networks)
    change = (after[:, 0] - after[:, 1]) - (before[:, 1] - before[:, 0])
    assert np.ptp(before[:, 1] - before[:, 0]) > 0.1 and change.std() < 0.01


def test_the_model_says_from_which_it_went_on(run: Path, further: Path) -> None:
    before, after = load_bundle(run / "three"), load_bundle(further / "three")
    origin = {"name": "three", "weights_sha256": before.sha256}
    assert after.info["start"] == origin | {"made": before.info["made"]}
    assert json.loads((further / "run.json").read_text())["start"] == origin
    told = [(entry["name"], entry["images"], entry["licence"]) for entry in after.info["training_data"]]
    # The neutral ones among them were learnt from before only.
    assert told == [("drawn", 36, "drawn again"), ("drawn, by way of three", 54, "drawn here")]
    card = (further / "three" / "README.md").read_text(encoding="utf-8")
    assert "`happysad-train fit`: 1 epoch of 64 views" in card
    assert f"for the weights `{before.sha256[:12]}…` of `three`: 4 epochs of 640 views" in card
    assert "Beside `three`, on 12 faces, by sad, happy alone" in card
    assert "Whom the pictures of" not in card  # the config tells the licence, so more is known of them
    # So few validation faces choose no threshold.
    assert "Temperature and class balance were chosen on" in card
    judged = json.loads((further / "evaluation" / "three" / "evaluation.json").read_text())
    assert judged["comparison"]["other"] != str(further / "three")
    assert judged["comparison"]["other_sha256"] == before.sha256
    assert "trained on none of the" in judged["comparison"]["acquaintance"]


def test_a_model_of_fewer_classes_is_unsure_as_far_from_chance_as_its_start(run: Path, further: Path) -> None:
    """Of three classes chance is 1/3, of two 1/2; so few validation faces choose no threshold."""
    before, after = (load_bundle(folder / "three").threshold for folder in (run, further))
    assert after == pytest.approx(1 - (1 - before) * (1 / 2) / (2 / 3))


def test_the_same_pictures_again_are_told_once(run: Path, config: Path, data: Path) -> None:
    """Whatever else is learnt from beside them."""
    rng = np.random.default_rng(3)
    pictures = [rng.integers(0, 256, (320, 320, 3), np.uint8) for _ in range(6)]
    more = face_set(pictures, np.eye(7)[[0, 1] * 3], source=np.full(6, "mine"), split=np.full(6, "train"))
    inputs = inputs_of(concatenate([FaceSet.load(data), more]), run / "three", config)
    told = [(entry["name"], entry["images"]) for entry in inputs.training_data]
    assert told == [("drawn", 54), ("mine", 6)]


def test_of_a_class_that_the_start_does_not_know_it_has_no_opinion(
    further: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows happy and sad, and would have to call neutral faces one of them."""
    seen: list[np.ndarray] = []

    def watched(labels: np.ndarray, heads: Sequence[HeadConfig]) -> np.ndarray:
        seen.append(labels)
        return head_targets(labels, heads)

    monkeypatch.setattr("training.fitting.loop.head_targets", watched)
    config = going_on(str(further / "three")).replace('["sad", "happy"]', '["happy", "sad", "neutral"]')
    config = config.replace("opinion_from_epoch = 2", "opinion_from_epoch = 0").replace(
        "mix = 0.2", "mix = 0"
    )
    config = config.replace("views_per_epoch = 64", "views_per_epoch = 96")
    path = tmp_path / "anew.toml"
    path.write_text(config.replace("trust = 0.9", "trust = 0.5").replace("smoothing = 0.05", "smoothing = 0"))
    with pytest.raises(KeyboardInterrupt):
        run_fit(path, out=tmp_path / "run", data=[data], stop=StopAfter(2))
    labels = np.concatenate(seen)
    happy, sad, neutral = (CLASSES.index(name) for name in ("happy", "sad", "neutral"))
    assert set(np.unique(labels[:, neutral])) == {0, 1}
    # Between the two that it knows it has one, and half of each label is that.
    told = labels[labels[:, neutral] == 0]
    assert told[:, [happy, sad]].sum(axis=1) == pytest.approx(np.ones(len(told)))
    assert 0.5 < told[:, [happy, sad]].max(axis=1).mean() < 1


def test_a_start_that_knows_none_of_the_classes_has_no_opinion_at_all(run: Path, tmp_path: Path) -> None:
    drawn_set(per_class=8, classes=("angry", "fear")).save(tmp_path / "set.faces.npz")
    path = tmp_path / "further.toml"
    config = going_on(str(run / "three")).replace('["sad", "happy"]', '["angry", "fear"]')
    path.write_text(config.replace("opinion_from_epoch = 2", "opinion_from_epoch = 0"))
    folder = run_fit(path, out=tmp_path / "run", data=[tmp_path / "set.faces.npz"])
    assert load_bundle(folder / "three").labels == ("angry", "fear")
    assert not (folder / "doubtful.csv").exists()


def test_labels_that_the_start_doubts_are_listed_before_they_are_learnt(
    run: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = FaceSet.load(data)
    happy, sad = (np.eye(len(CLASSES), dtype=np.float32)[CLASSES.index(name)] for name in ("happy", "sad"))
    was_happy = (faces.labels == happy).all(axis=1) & (faces.split == "train")
    wrong = np.flatnonzero(was_happy)[:2]
    labels = faces.labels.copy()
    labels[wrong] = sad
    undecided = np.flatnonzero(was_happy)[2]
    labels[undecided] = 0.5 * (sad + np.eye(len(CLASSES))[CLASSES.index("neutral")])
    replace(faces, labels=labels).save(tmp_path / "set.faces.npz")
    path = tmp_path / "further.toml"
    path.write_text(going_on(str(run / "three")))
    with pytest.raises(KeyboardInterrupt):
        run_fit(path, out=tmp_path / "run", data=[tmp_path / "set.faces.npz"], stop=StopAfter(0))
    with (tmp_path / "run" / "doubtful.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    listed = {(row["source"], row["name"]): (row["label"], row["called"]) for row in rows}
    for row in wrong:
        assert listed[str(faces.source[row]), str(faces.name[row])] == ("sad", "happy")
    assert (str(faces.source[undecided]), str(faces.name[undecided])) not in listed
    assert [row["probability"] for row in rows] == sorted((row["probability"] for row in rows), reverse=True)
    assert f"doubts the labels of {len(rows)} of 35 pictures." in capsys.readouterr().err


def test_a_doubt_is_as_sure_as_the_model_is(tmp_path: Path) -> None:
    """By hand: a lead of 2 at a temperature of 2 is sigmoid(1), one of 1 sigmoid(1 / 2)."""
    happy = drawn_set(per_class=4, classes=("happy",))
    said = Opinion(np.arange(3), np.array([0, 1]), np.array([[0, 1], [0, 2], [2, 0]], np.float32))
    list_doubtful(said, 2.0, happy, tmp_path)
    with (tmp_path / "doubtful.csv").open(newline="") as file:
        told = [(row["name"], row["called"], float(row["probability"])) for row in csv.DictReader(file)]
    near = {"abs": 1e-3}
    assert told == [
        ("happy_1", "sad", pytest.approx(0.7311, **near)),
        ("happy_0", "sad", pytest.approx(0.6225, **near)),
    ]


@pytest.mark.parametrize(("called", "before"), [("mine", "drawn"), ("drawn", "drawn, by way of three")])
def test_data_that_only_the_start_has_seen_are_told(
    run: Path, config: Path, data: Path, called: str, before: str
) -> None:
    """Also where they are called as the run's own, which are others, and as many."""
    faces, others = FaceSet.load(data), drawn_set(classes=("sad", "neutral", "happy"))
    others = replace(others, source=np.full(len(others), called))
    inputs = inputs_of(others, run / "three", config)
    told = [(entry["name"], entry["images"]) for entry in inputs.training_data]
    assert told == [(called, 54), (before, 54)]
    learnt = [one.of_split("train").keys().ravel() for one in (faces, others)]
    assert set(inputs.seen.trained) == {*learnt[0], *learnt[1]} and inputs.seen.complete


def test_what_a_start_without_a_record_had_seen_is_not_known(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "three", tmp_path / "three")
    (tmp_path / "three" / "seen_faces.npz").unlink()
    faces = drawn_set(per_class=8)
    replace(faces, source=np.full(len(faces), "mine")).save(tmp_path / "mine.faces.npz")
    path = tmp_path / "further.toml"
    path.write_text(going_on(str(tmp_path / "three")).replace("[sources.drawn]", "[sources.mine]"))
    folder = run_fit(path, out=tmp_path / "run", data=[tmp_path / "mine.faces.npz"])
    card = (folder / "three" / "README.md").read_text()
    assert "trained on none of the 4 faces judged." in card
    assert "Whether the model that it went on from had seen them is not recorded." in card
    assert not SeenFaces.of_run(faces, faces, load_bundle(folder / "three")).complete  # nor further on
    (start,) = evaluate_bundles(
        [str(tmp_path / "three")], [tmp_path / "mine.faces.npz"], split="all", device="cpu"
    )
    assert "Which faces the weights learnt from is not recorded: these may be among them." in start.text()


@pytest.mark.parametrize(
    ("old", "new"), [("stem = 6", "stem = 5"), ("[12, 0]", "[12, 1]"), ("[16, 0]]", "[16, 0], [16, 0]]")]
)
def test_another_network_is_refused(old: str, new: str, run: Path, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "further.toml"
    path.write_text(going_on(str(run / "three")).replace(old, new))
    with pytest.raises(TrainingError, match="“three” has a different network from the config"):
        run_fit(path, out=tmp_path / "run", data=[data])
    assert not (tmp_path / "run").exists()


def test_a_network_that_lacks_the_last_convolution_is_refused() -> None:
    shape = load_config(OWN).network
    *stages, (channels, residual) = shape.stages
    core = build_core(replace(shape, stages=(*stages, (channels, residual - 1))), 2, folded=True)
    with pytest.raises(TrainingError, match="“emotions” has a different network"):
        take_over(core, [HeadConfig("two", ("sad", "happy"))], load_bundle("emotions"))


@pytest.mark.parametrize("told", [None, 3, [{"name": "web", "images": 4}]])
def test_a_start_that_does_not_say_what_it_had_learnt_from_is_named_before_the_work(
    told: object, run: Path, data: Path, tmp_path: Path
) -> None:
    start = tmp_path / "start"
    shutil.copytree(run / "three", start)
    info = json.loads((start / "model.json").read_text()) | {"training_data": told}
    (start / "model.json").write_text(json.dumps(info))
    path = tmp_path / "further.toml"
    path.write_text(going_on(start.as_posix()))
    with pytest.raises(TrainingError, match=r"training_data in .*model\.json are garbled"):
        run_fit(path, out=tmp_path / "run", data=[data])
    assert not (tmp_path / "run").exists()


def test_a_missing_model_is_named_before_anything_is_written(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "further.toml"
    path.write_text(going_on("nobody"))
    with pytest.raises(ModelError, match="no model “nobody”"):
        run_fit(path, out=tmp_path / "run", data=[data])
    assert not (tmp_path / "run").exists()


def test_resume_refuses_another_start(run: Path, further: Path, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "further.toml"
    path.write_text(going_on(str(run / "three")))
    with pytest.raises(KeyboardInterrupt):
        run_fit(path, out=tmp_path / "run", data=[data], stop=StopAfter(0))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    facts["start"]["weights_sha256"] = load_bundle(further / "three").sha256
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    with pytest.raises(TrainingError, match="“three” has changed since the run"):
        run_fit(path, out=tmp_path / "run", data=[data], resume=True)


def test_the_config_for_own_faces_fits_the_model_that_it_starts_from() -> None:
    config = load_config(OWN)
    bundle = load_bundle(config.start)
    core = build_core(config.network, 2, folded=True)
    take_over(core, config.heads, bundle)
    kernel, _ = core.get_layer("logits").get_weights()
    known = keras.models.load_model(bundle.weights_path, compile=False).get_layer("logits").get_weights()[0]
    places = [bundle.labels.index(name) for name in config.heads[0].classes]
    np.testing.assert_array_equal(kernel, known[:, places])


def test_a_model_of_other_classes_than_its_start_is_made_without_a_comparison(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces, path = drawn_set(classes=("happy", "angry")), tmp_path / "set.faces.npz"
    faces.save(path)
    config = tmp_path / "other.toml"
    text = CONFIG.replace('["happy", "sad", "neutral"]', '["happy", "angry"]').replace(
        "epochs = 4", "epochs = 1"
    )
    config.write_text(text.replace("seed = 11", f"seed = 11\nstart = '{run / 'three'}'"))
    run_fit(config, out=tmp_path / "run", data=[path])
    assert "not compared with three" in capsys.readouterr().err
    assert (tmp_path / "run" / "metrics.json").is_file()
