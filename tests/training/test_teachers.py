"""A run that learns from finished models beside the labels."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from drawn_runs import CONFIG
from test_fit import StopAfter

from happysad_live.classification.bundle import load_bundle
from happysad_live.core.softmax import softmax
from happysad_live.errors import ModelError, TrainingError
from training.faces.faceset import CLASSES, FaceSet
from training.fitting.calibrate import crop_logits
from training.fitting.fit import run_fit
from training.fitting.networks import core_views
from training.fitting.start import core_of
from training.fitting.teachers import Teachers
from training.judging.card import card_text


def taught_by(*teachers: Path | str) -> str:
    """The tiny config with teachers that are believed in nearly all."""
    names = json.dumps([str(teacher) for teacher in teachers])
    config = CONFIG.replace("seed = 11", f"seed = 12\nteachers = {names}")
    return config.replace("epochs = 4", "epochs = 2\nteaching = 0.9")


@pytest.fixture(scope="module")
def pupil(run: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "pupil.toml"
    path.write_text(taught_by(run / "three", run / "three"))
    return run_fit(path, out=tmp_path_factory.mktemp("runs") / "pupil", data=[data])


def test_a_bundles_core_answers_as_the_bundle_does(run: Path, data: Path) -> None:
    """The shipped network takes the mean of two looks, and its last layer is linear."""
    crops = FaceSet.load(data).crops(np.arange(6))
    core = core_of(load_bundle(run / "three"))
    looks = [keras.ops.convert_to_numpy(core(look)) for look in core_views(crops)]
    network = keras.models.load_model(run / "three" / "model.keras", compile=False)
    np.testing.assert_allclose(np.mean(looks, axis=0), network.predict_on_batch(crops), atol=1e-4)


def test_a_label_is_taught_what_the_teachers_see_of_its_known_classes(run: Path, data: Path) -> None:
    bundle = load_bundle(run / "three")
    views, _ = core_views(FaceSet.load(data).crops(np.arange(3)))
    logits = keras.ops.convert_to_numpy(core_of(bundle)(views))
    seen = np.zeros((3, len(CLASSES)), np.float32)
    seen[:, [CLASSES.index(name) for name in bundle.labels]] = softmax(logits / bundle.temperature)
    angry = CLASSES.index("angry")
    labels = np.zeros((3, len(CLASSES)), np.float32)
    labels[0, CLASSES.index("sad")] = 1.0
    labels[1, angry] = 1.0
    labels[2, [CLASSES.index("happy"), angry]] = 0.5
    taught = Teachers([bundle, bundle]).taught(labels, views, 0.25)
    np.testing.assert_allclose(taught[0], 0.75 * labels[0] + 0.25 * seen[0], atol=1e-5)
    np.testing.assert_array_equal(taught[1], labels[1])
    wanted = 0.75 * labels[2] + 0.125 * seen[2]
    wanted[angry] = 0.5
    np.testing.assert_allclose(taught[2], wanted, atol=1e-5)


def test_a_pupil_learns_from_teachers_what_its_labels_do_not_say(
    run: Path, data: Path, tmp_path: Path
) -> None:
    """The labels that it learns from have nothing to do with the faces; only the teacher knows."""
    faces = FaceSet.load(data)
    learnt = faces.split == "train"
    blind = np.eye(len(CLASSES))[np.random.default_rng(0).integers(0, 3, len(faces))]
    labels = np.where(learnt[:, None], blind, faces.labels)
    columns = {name: getattr(faces, name) for name in ("source", "group", "split", "name", "detector")}
    jpegs = [faces.jpeg[at : at + size].tobytes() for at, size in zip(faces.starts, faces.sizes, strict=True)]
    FaceSet.from_crops(jpegs, labels, **columns).save(tmp_path / "blind.faces.npz")
    path = tmp_path / "pupil.toml"
    path.write_text(taught_by(run / "three").replace("epochs = 2", "epochs = 4"))
    folder = run_fit(path, out=tmp_path / "run", data=[tmp_path / "blind.faces.npz"])
    logits = crop_logits(keras.models.load_model(folder / "three" / "model.keras", compile=False), faces)
    assert (logits.argmax(axis=1) == faces.hard_labels)[learnt].mean() > 0.6


def test_the_model_says_who_taught_it(run: Path, pupil: Path) -> None:
    teacher, taught = load_bundle(run / "three"), load_bundle(pupil / "three")
    origin = {"name": "three", "weights_sha256": teacher.sha256}
    assert taught.info["teachers"] == [origin | {"faces_sha256": teacher.info["faces_sha256"]}] * 2
    assert json.loads((pupil / "run.json").read_text())["teachers"] == [origin] * 2
    card = (pupil / "three" / "README.md").read_text()
    assert f"opinion of 2 models with the weights `{teacher.sha256[:12]}…`" in card


def test_a_card_asks_all_who_came_before_whether_they_knew_the_faces(pupil: Path) -> None:
    """Here the teachers' own start did; the pupil's and the teachers' faces are the same."""
    info = json.loads((pupil / "three" / "model.json").read_text())
    caveat = "Whether a model that it was made from was is not recorded."
    assert caveat not in card_text(info)
    info["teachers"][1]["start"] = {"name": "old", "weights_sha256": "ab", "faces_sha256": {"val": "other"}}
    assert caveat in card_text(info)


def test_resume_refuses_other_teachers(run: Path, pupil: Path, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "pupil.toml"
    path.write_text(taught_by(run / "three"))
    with pytest.raises(KeyboardInterrupt):
        run_fit(path, out=tmp_path / "run", data=[data], stop=StopAfter(0))
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    facts["teachers"][0]["weights_sha256"] = load_bundle(pupil / "three").sha256
    (tmp_path / "run" / "run.json").write_text(json.dumps(facts))
    with pytest.raises(TrainingError, match="teachers have changed since the run"):
        run_fit(path, out=tmp_path / "run", data=[data], resume=True)


def test_who_cannot_teach_is_named_before_anything_is_written(run: Path, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "pupil.toml"
    for teachers, error, sentence in (
        (["nobody"], ModelError, "no model “nobody”"),
        ([run / "three", "emotions"], TrainingError, "emotions” cannot teach: all must know the same"),
        (["seed-cnn"], TrainingError, "seed-cnn” has no network that 'fit' makes"),
    ):
        path.write_text(taught_by(*teachers))
        with pytest.raises(error, match=sentence):
            run_fit(path, out=tmp_path / "run", data=[data])
        assert not (tmp_path / "run").exists()
