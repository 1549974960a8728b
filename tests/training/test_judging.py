"""Evaluate, robustness, plots, card and predict, with a model whose answers are known beforehand."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from face_samples import face_at
from face_sets import face_set

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.bundle_writer import write_bundle
from happysad_live.detection.crop import crop_face
from happysad_live.errors import ModelError, TrainingError
from training.cli import main
from training.faces.faceset import FaceSet
from training.faces.ingest import ingest
from training.judging.card import card_text, make_card
from training.judging.evaluate import evaluate_bundles, load_split, spare_others_files, write_evaluation
from training.judging.judge import Predictions, judge
from training.judging.plots import draw_curves, draw_pictures, make_plots
from training.judging.predict import predict_picture
from training.judging.robustness import CHANGES, jittered, robustness
from training.judging.text import report_table
from training.judging.train_test_overlap import train_test_overlap

LEVELS = {"happy": 200, "sad": 60, "neutral": 128}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    """Bright is happy, dark is sad, in between neutral: a softmax over three lines of the brightness."""
    import keras
    from keras import layers

    network = keras.Sequential(
        [
            keras.Input((256, 256, 3), dtype="uint8"),
            layers.Rescaling(1 / 255),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )
    slopes = np.float32([20, -20, 0]) / 3
    network.layers[-1].set_weights([np.tile(slopes, (3, 1)), np.float32([-12, 8, 0])])
    return write_bundle(
        tmp_path_factory.mktemp("models") / "brightness",
        network,
        name="brightness",
        description="Takes bright for happy.",
        labels=("happy", "sad", "neutral"),
        output="logits",
        temperature=1.0,
        threshold=0.6,
        training_data=[{"name": "nothing", "licence": "none", "images": 0}],
        results={"notes": [{"title": "A note", "text": "Of some importance."}]},
    )


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    """Plain pictures of two sources: web is called right, press has happy and sad exchanged."""
    rng = np.random.default_rng(0)
    names = ["happy", "sad", "neutral"] * 12
    source = np.array(["web", "press"] * 18)
    shown = [
        {"happy": "sad", "sad": "happy"}.get(name, name) if where == "press" else name
        for name, where in zip(names, source, strict=True)
    ]
    return face_set(
        [np.full((320, 320, 3), LEVELS[name] + rng.integers(-9, 10), np.uint8) for name in shown],
        np.eye(7)[[("happy", "sad", "neutral").index(name) for name in names]],
        source=source,
        split=np.array(["val"] * 30 + ["test"] * 6),
    )


@pytest.fixture(scope="module")
def data(faces: FaceSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "plain.faces.npz"
    faces.save(path)
    return path


@pytest.fixture(scope="module")
def judged(bundle: ModelBundle, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    (done,) = evaluate_bundles([str(bundle.folder)], [data], compare_with=str(bundle.folder), device="cpu")
    write_evaluation(done, folder)
    (folder / "text.txt").write_text(done.text())
    return folder


def test_a_bundle_is_judged_by_source_on_its_split(judged: Path, bundle: ModelBundle) -> None:
    report = json.loads((judged / "evaluation.json").read_text())
    assert report["model_sha256"] == bundle.sha256
    parts = report["sources"]
    assert [parts[name]["faces"] for name in ("all", "web", "press")] == [30, 15, 15]
    assert parts["web"]["figures"]["accuracy"]["value"] == 1
    assert parts["press"]["figures"]["happy_against_sad/balanced_accuracy"]["value"] == 0
    assert parts["press"]["figures"]["recall/neutral"]["value"] == 1
    assert parts["all"]["confusion"] == [[5, 5, 0], [5, 5, 0], [0, 0, 10]]
    difference = report["comparison"]["difference"]["accuracy"]
    assert (difference["value"], difference["low"], difference["high"]) == (0, None, None)
    text = (judged / "text.txt").read_text()
    assert "brightness on plain.faces.npz (val, 30 faces)" in text


def test_mistakes_are_kept_with_their_own_pictures_the_surest_first(
    bundle: ModelBundle, tmp_path: Path
) -> None:
    """Before them lie an angry face and one that annotators are split about, which are not judged."""
    labels = np.eye(7)[[3, 0, 0, 0, 2, 1]]
    labels[1, :2] = 0.5
    levels = (0, 204, 204, 60, 0, 153)  # happy and neutral are as likely of the last
    face_set([np.full((320, 320, 3), level, np.uint8) for level in levels], labels).save(
        tmp_path / "six.faces.npz"
    )
    (done,) = evaluate_bundles([str(bundle.folder)], [tmp_path / "six.faces.npz"], device="cpu")
    assert (done.report["undecided"], done.report["of_other_classes"]) == (1, 1)
    part = done.report["sources"]["made"]
    assert (part["faces"], part["unsure_share"]) == (4, 0.25)
    assert part["accuracy_when_sure"] == pytest.approx(1 / 3, abs=1e-4)
    write_evaluation(done, tmp_path)
    with np.load(tmp_path / "predictions.npz") as kept:
        assert kept["mistakes"].tolist() == [2, 1, 3]
        assert (kept["source"] == "made").all() and kept["name"][[2, 1, 3]].tolist() == ["4", "3", "5"]
        assert len(kept["name"]) == len(kept["group"]) == len(kept["truth"]) == 4
        assert kept["mistake_crops"].mean(axis=(1, 2, 3)) == pytest.approx([0, 60, 153], abs=2)
    with (tmp_path / "mistakes.csv").open(newline="") as file:
        told = list(csv.DictReader(file))
    assert [(one["source"], one["name"]) for one in told] == [("made", "4"), ("made", "3"), ("made", "5")]
    assert [(one["label"], one["called"]) for one in told[:2]] == [("neutral", "sad"), ("happy", "sad")]
    assert float(told[0]["probability"]) > 0.99


def test_a_model_from_elsewhere_is_judged_by_the_classes_that_its_labels_mean(
    bundle: ModelBundle, data: Path, tmp_path: Path
) -> None:
    """And whoever reads the figures is told that they leave out what the faces are never called."""
    folder = shutil.copytree(bundle.folder, tmp_path / "elsewhere")
    info = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(info | {"labels": ["Happiness", "sadness", "bored"]}))
    (done,) = evaluate_bundles([str(folder)], [data], device="cpu", with_robustness=True)
    assert (done.report["labels"], done.report["not_judged"]) == (["happy", "sad"], ["bored"])
    assert done.report["of_other_classes"] == 10  # the neutral ones
    assert done.report["robustness"]["changes"]["unchanged"]["accuracy"]["value"] == 0.5
    told = "Judged as if the model did not know bored: these faces have no such label."
    assert told in done.text()
    write_evaluation(done, tmp_path / "judged")
    assert told in make_card(folder, [tmp_path / "judged"]).read_text().splitlines()


def test_models_of_one_name_are_told_apart_by_their_folders(
    bundle: ModelBundle, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(bundle.folder, tmp_path / "another")
    (done,) = evaluate_bundles(
        [str(bundle.folder)], [data], compare_with=str(tmp_path / "another"), device="cpu"
    )
    assert f"{bundle.folder} minus {tmp_path / 'another'} on 30 faces" in done.text()


def test_what_a_model_to_compare_with_has_seen_is_told_of_the_faces_compared(
    bundle: ModelBundle, data: Path
) -> None:
    (done,) = evaluate_bundles([str(bundle.folder)], [data], compare_with="seed-cnn", device="cpu")
    assert done.report["sources"]["all"]["faces"] == 30
    assert done.report["comparison"]["faces"] == 20  # seed-cnn knows no neutral ones
    assert "none of the 20 faces judged" in done.report["comparison"]["acquaintance"]


def test_a_shipped_model_knows_the_pictures_that_made_it_under_other_names(
    shared_data: Path, tmp_path: Path
) -> None:
    for name in ("happy", "sad"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number, path in enumerate(sorted((shared_data / "web_faces" / name).iterdir())[:5]):
            saved_again = cv2.imencode(".jpg", cv2.imread(str(path)), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
            (tmp_path / "mine" / name / f"{number}.jpg").write_bytes(saved_again)
    faces = ingest([str(tmp_path / "mine")], tmp_path / "out", processes=1).faces
    told = train_test_overlap(load_bundle("happysad"), faces)
    counts = re.findall(r"trained on (\d+) of the 10 faces judged.* chosen on (\d+) of them", told)
    assert [int(trained) + int(chosen) for trained, chosen in counts] == [10]
    assert "file name only" not in told


def test_a_model_that_cannot_be_judged_leaves_the_others_their_turn(
    bundle: ModelBundle, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faces = FaceSet.load(data)
    happy_and_neutral = faces.subset(np.isin(faces.hard_labels, (0, 2)))
    happy_and_neutral.save(tmp_path / "two.faces.npz")
    options = ["--data", str(tmp_path / "two.faces.npz"), "--json", "--device", "cpu"]
    assert main(["evaluate", "seed-cnn", str(bundle.folder), *options]) == 1
    told = capsys.readouterr()
    assert [report["model"] for report in json.loads(told.out)] == ["brightness"]
    assert "seed-cnn: The faces show fewer than two of happy, sad" in told.err
    assert main(["evaluate", str(bundle.folder), "--compare", "seed-cnn", *options]) == 0
    assert "Note: brightness is not compared with seed-cnn." in capsys.readouterr().err


def test_a_card_keeps_the_figures_on_other_faces(
    bundle: ModelBundle, data: Path, judged: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(bundle.folder, mine)
    faces = FaceSet.load(data)
    faces.subset(faces.source == "web").save(tmp_path / "web.faces.npz")
    (done,) = evaluate_bundles([str(mine)], [tmp_path / "web.faces.npz"], device="cpu")
    write_evaluation(done, tmp_path / "web")
    for evaluation in (judged, tmp_path / "web", judged):
        make_card(mine, [evaluation])
    text = (mine / "README.md").read_text()
    assert text.index("plain.faces.npz (val, 30 faces)") < text.index("web.faces.npz (val, 15 faces)")
    assert text.count("### ") == 2 and "| faces of sad | 10 | 5 | 5 |" in text
    # Evaluated again, the newer figures stand in the place of the older ones.
    done.report["sources"]["web"]["figures"]["accuracy"]["value"] = 0.125
    write_evaluation(done, tmp_path / "web")
    newer = make_card(mine, [tmp_path / "web"]).read_text()
    assert newer.count("### ") == 2 and "| accuracy | 0.125 (" in newer


def test_a_class_of_few_groups_is_seen_to_be_one() -> None:
    """Pictures of one person count as one: 6 of 3 people, two of them alone."""
    predictions = Predictions(
        ("happy", "sad"),
        np.arange(8),
        np.array([0, 0, 1, 1, 1, 1, 1, 1]),
        np.full((8, 2), 0.5),
        np.array([-1, -1, 7, 7, 7, 7, -1, -1]),
        np.full(8, "web"),
    )
    text = report_table(judge(predictions, replicates=10), "Some faces")
    assert [line.split() for line in text.splitlines() if line.startswith("faces of")] == [
        ["faces", "of", "happy", "2"],
        ["faces", "of", "sad", "6", "in", "3", "groups"],
    ]


def test_all_plots_are_drawn_from_an_evaluation(judged: Path) -> None:
    written = {path.name for path in make_plots(judged)}
    assert written == {"roc.png", "confusion.png", "reliability.png", "mistakes.png"}
    for name in written:
        image = cv2.imread(str(judged / name))
        assert image is not None and min(image.shape[:2]) > 200 and image.std() > 5


def test_plots_are_drawn_in_a_notebook_whose_own_way_of_drawing_is_not_here(judged: Path) -> None:
    command = [sys.executable, "-m", "training.cli", "plots", str(judged)]
    surroundings = {**os.environ, "MPLBACKEND": "module://not_installed.inline"}
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_evaluation_that_is_interrupted_leaves_none_of_before_either(
    bundle: ModelBundle, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    (done,) = evaluate_bundles([str(bundle.folder)], [data], device="cpu")
    write_evaluation(done, tmp_path)
    monkeypatch.setattr("training.judging.evaluate.write_disagreements", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_evaluation(done, tmp_path)
    assert not (tmp_path / "evaluation.json").exists()


def test_plots_are_those_of_the_newest_evaluation(bundle: ModelBundle, data: Path, tmp_path: Path) -> None:
    """Without a mistake none is shown, not even one of before; each of several models has its folder."""
    (done,) = evaluate_bundles([str(bundle.folder)], [data], device="cpu")
    write_evaluation(done, tmp_path / "brightness")
    assert tmp_path / "brightness" / "mistakes.png" in make_plots(tmp_path)
    faultless = FaceSet.load(data)
    faultless.subset(faultless.source == "web").save(tmp_path / "web.faces.npz")
    (done,) = evaluate_bundles([str(bundle.folder)], [tmp_path / "web.faces.npz"], device="cpu")
    write_evaluation(done, tmp_path / "brightness")
    assert not list((tmp_path / "brightness").glob("*.png"))
    make_plots(tmp_path)
    assert not (tmp_path / "brightness" / "mistakes.png").exists()
    (tmp_path / "brightness" / "predictions.npz").write_bytes(b"")
    with pytest.raises(TrainingError, match="predictions.npz is damaged"):
        make_plots(tmp_path)


def test_curves_and_grids_are_drawn(tmp_path: Path) -> None:
    history = {"loss": [1.0, 0.5], "val_loss": [1.1, 0.9], "accuracy": [0.5, 0.8], "val_accuracy": [0.4, 0.6]}
    (tmp_path / "history.json").write_text(json.dumps(history | {"learning_rate": [0.1, 0.1]}))
    assert [path.name for path in make_plots(tmp_path)] == ["curves.png"]
    one = cv2.imread(str(draw_curves({"loss": [1], "val_loss": [1]}, tmp_path / "one.png")))
    two = cv2.imread(str(tmp_path / "curves.png"))
    assert two.shape[1] > 1.8 * one.shape[1]
    by_source = {
        "loss": [1],
        "val_loss": [1],
        "val_loss/three": [1],
        "val_balanced_accuracy/three/web": [0.9],
    }
    three = cv2.imread(str(draw_curves(by_source, tmp_path / "by_source.png")))
    assert three.shape == two.shape
    pictures = np.zeros((3, 8, 8, 3), np.uint8)
    pictures[1] = (0, 200, 0)
    grid = cv2.imread(
        str(draw_pictures(pictures, ["a", "b", "c"], tmp_path / "grid.png", [True, False, True]))
    )
    assert (np.abs(grid.astype(int) - (0, 200, 0)).max(axis=2) < 3).sum() > 1000


def test_letters_that_a_font_lacks_are_no_ones_concern(tmp_path: Path) -> None:
    """Of a Japanese name; of the second letter no usual font has a picture."""
    for letter in "\u9854\ua500":
        history = {f"val_balanced_accuracy/three/{letter}": [0.8, 0.9]}
        assert draw_curves(history, tmp_path / "curves.png").is_file()


def test_dollars_in_a_name_are_no_formula(tmp_path: Path) -> None:
    history = {"loss": [1.0], "val_loss": [1.0], "val_balanced_accuracy/three/pay$$day": [1.0]}
    assert draw_curves(history, tmp_path / "curves.png").exists()


def test_a_folder_without_numbers_has_no_plots(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="neither"):
        make_plots(tmp_path)


def test_the_card_holds_the_results_and_what_the_model_is_not_for(judged: Path, bundle: ModelBundle) -> None:
    text = make_card(str(bundle.folder), [judged]).read_text()
    for words in (
        "not felt emotion",
        "Out of scope",
        "Limits and bias",
        "Of some importance",
        "| nothing | 0 |",
        "Output: logits;",
    ):
        assert words in text
    assert "| accuracy | 0.667 (" in text and "| 1.000 |" in text
    again = load_bundle(bundle.folder)
    assert again.info["results"]["evaluations"][0]["data"].startswith("plain.faces.npz")
    assert again.info["results"]["notes"][0]["title"] == "A note"
    assert make_card(str(bundle.folder)).read_text() == text


def test_a_card_takes_no_evaluation_of_other_weights(
    judged: Path, bundle: ModelBundle, tmp_path: Path
) -> None:
    report = json.loads((judged / "evaluation.json").read_text())
    (tmp_path / "evaluation.json").write_text(json.dumps(report | {"model_sha256": "0" * 64}))
    with pytest.raises(TrainingError, match="other weights"):
        make_card(str(bundle.folder), [tmp_path])


@pytest.mark.parametrize(
    "changed",
    [
        {"training_data": None},
        {"training_data": [{"name": "web", "licence": "any"}]},
        {"parameters": "many"},
        {"results": []},
    ],
)
def test_a_description_that_was_edited_to_something_else_makes_no_card(
    changed: dict[str, Any], bundle: ModelBundle, tmp_path: Path
) -> None:
    folder = tmp_path / "edited"
    shutil.copytree(bundle.folder, folder)
    (folder / "model.json").write_text(json.dumps({**bundle.info, **changed}))
    with pytest.raises(TrainingError, match="model.json lacks an entry"):
        make_card(folder)


@pytest.mark.parametrize("content", [None, '{"schema":', "[" * 100_000])
def test_a_card_says_how_to_get_an_evaluation_that_is_missing_or_damaged(
    content: str | None, bundle: ModelBundle, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "evaluation.json").write_text(content)
    with pytest.raises(TrainingError, match=r"evaluation\.json is missing or damaged: make it with"):
        make_card(str(bundle.folder), [tmp_path])


@pytest.mark.parametrize("changed", [{"sources": 3}, {"sources": {"web": {}}}, {"labels": None}])
def test_a_card_takes_no_evaluation_that_was_edited_to_something_else(
    changed: dict[str, Any], judged: Path, bundle: ModelBundle, tmp_path: Path
) -> None:
    report = json.loads((judged / "evaluation.json").read_text())
    (tmp_path / "evaluation.json").write_text(json.dumps(report | changed))
    with pytest.raises(TrainingError, match=r"evaluation\.json is damaged: make it again"):
        make_card(str(bundle.folder), [tmp_path])


@pytest.mark.parametrize(
    "history", [[1], {"loss": 3}, {"loss": [1.0], "val_loss": [1.0, 2.0]}, {"loss": [None]}]
)
def test_a_history_that_is_none_draws_no_curves(history: object, tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text(json.dumps(history))
    with pytest.raises(TrainingError, match=r"history\.json is damaged"):
        make_plots(tmp_path)


def test_a_history_that_breaks_off_draws_no_curves(tmp_path: Path) -> None:
    (tmp_path / "history.json").write_text('{"loss": [1.0')
    with pytest.raises(TrainingError, match=r"history\.json is damaged: take a copy of it, or train again"):
        make_plots(tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        {"labels": np.array(["happy"])},
        {"truth": np.array([9])},
        {"truth": np.array([0.5])},
        {"probabilities": np.full((1, 2), np.nan)},
        {"mistakes": np.array([-1]), "mistake_crops": np.zeros((1, 8, 8, 3), np.uint8)},
        {"mistakes": np.array([0]), "mistake_crops": np.zeros((1, 8), np.uint8)},
        {"truth": np.zeros(0, int), "probabilities": np.zeros((0, 2))},
    ],
)
def test_predictions_that_do_not_fit_together_are_not_drawn(
    changed: dict[str, np.ndarray], tmp_path: Path
) -> None:
    plain = {
        "labels": np.array(["happy", "sad"]),
        "truth": np.array([0]),
        "probabilities": np.array([[0.9, 0.1]]),
        "mistakes": np.zeros(0, np.int64),
        "mistake_crops": np.zeros((0, 256, 256, 3), np.uint8),
    }
    np.savez(tmp_path / "predictions.npz", **(plain | changed))
    with pytest.raises(TrainingError, match="run happysad-train evaluate again"):
        make_plots(tmp_path)


class ByPlace:
    """Says happy when the upper half is the brighter one, sad when it is not; neutral never."""

    labels = ("neutral", "sad", "happy")

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        upper = crops[:, :128].mean(axis=(1, 2, 3)) > crops[:, 128:].mean(axis=(1, 2, 3))
        return np.stack([np.zeros(len(crops)), ~upper, upper], axis=1).astype(float)


def test_robustness_sees_what_flips_and_what_does_not() -> None:
    edge = np.zeros((320, 320, 3), np.uint8)
    edge[:160] = 180
    # A fifth is called wrong, whatever is changed.
    steady = robustness(ByPlace(), face_set([edge, edge[::-1]] * 5, np.eye(7)[[0, 1] * 4 + [1, 0]]))
    assert set(steady["changes"]) == {"unchanged", *CHANGES}
    assert all(entry["flipped"]["value"] == 0 for entry in steady["changes"].values())
    assert all(entry["accuracy"]["value"] == 0.8 for entry in steady["changes"].values())
    assert steady["consecutive"]["value"] == 0


def test_few_faces_of_a_source_are_all_shaken_beside_many_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of twenty that are called right and three that are not, three each."""
    monkeypatch.setattr("training.judging.robustness.MAX_FACES", 6)
    edge = np.zeros((320, 320, 3), np.uint8)
    edge[:160] = 180
    source, labels = np.repeat(["web", "press"], [20, 3]), np.eye(7)[[0] * 20 + [1] * 3]
    shaken = robustness(ByPlace(), face_set([edge] * 23, labels, source=source))
    assert (shaken["faces"], shaken["changes"]["unchanged"]["accuracy"]["value"]) == (6, 0.5)


class ByOrder:
    """Says happy of whatever it is asked at once, but sad of the last seven."""

    labels = ("happy", "sad")

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        return np.eye(2)[(np.arange(len(crops)) >= len(crops) - 7).astype(int)]


def test_a_label_that_changes_for_good_has_changed_once() -> None:
    """Between the first and the second of eight frames: one change of seven."""
    crops = [np.full((320, 320, 3), 90, np.uint8)] * 2
    assert robustness(ByOrder(), face_set(crops, np.eye(7)[[0, 1]]))["consecutive"]["value"] == pytest.approx(
        1 / 7, abs=1e-5
    )


class BySharpness:
    """Says happy of a picture with strong detail, sad of a flat one."""

    labels = ("happy", "sad")

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        sharp = crops.std(axis=(1, 2, 3)) > 20
        return np.stack([sharp, ~sharp], axis=1).astype(float)


def test_labels_that_hang_on_fine_detail_flip_with_blur_and_distance_only() -> None:
    row, column = np.indices((320, 320)) // 4 % 2
    checks = np.repeat((80 + 100 * (row ^ column)).astype(np.uint8)[..., None], 3, axis=2)
    crops = [checks] * 4 + [np.full((320, 320, 3), 90, np.uint8)] * 4
    one_group = face_set(crops, np.eye(7)[[0] * 4 + [1] * 4], group=np.zeros(8, np.int64))
    changes = robustness(BySharpness(), one_group)["changes"]
    flipped = {name for name, entry in changes.items() if entry["flipped"]["value"] == 0.5}
    assert {"blur (6 px)", "small face (23 px)"} <= flipped
    # Of one group alone hardly anything is known: Wilson's interval for a half of one.
    assert changes["blur (6 px)"]["accuracy"] == entry(0.5, 0.05462, 0.94538)
    assert not flipped & {"unchanged", "brighter (1.5)", "crop higher (5 %)", "crop wider (10 %)"}


def test_jitter_is_small_and_different_every_time() -> None:
    texture = np.random.default_rng(1).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    context = cv2.resize(texture, (320, 320), interpolation=cv2.INTER_CUBIC)
    rng = np.random.default_rng(0)
    first, second = jittered(context, rng), jittered(context, rng)
    middle = context[32:288, 32:288].astype(int)
    assert (first != second).any()
    for copy in (first, second):
        assert copy.shape == (256, 256, 3)
        assert np.corrcoef(copy.ravel(), middle.ravel())[0, 1] > 0.8


@pytest.mark.parametrize("face_px", [40, 23])
def test_a_small_face_looks_as_one_of_that_size_in_a_picture(face_px: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    near = cv2.GaussianBlur(noise, (0, 0), 2)
    far_px = 2 * face_px  # in both the face is half as wide as the picture
    far = cv2.resize(near, (far_px, far_px), interpolation=cv2.INTER_AREA)
    context = crop_face(near, face_at(299.5, 299.5, 300), 320, 1.5)
    small = CHANGES[f"small face ({face_px} px)"](context).astype(int)
    wanted = crop_face(far, face_at((far_px - 1) / 2, (far_px - 1) / 2, face_px)).astype(int)
    assert np.abs(small - wanted).mean() < 0.3 * wanted.std()  # were it a fifth smaller: 0.37 and 0.47


def test_changes_do_what_they_say() -> None:
    context = np.full((320, 320, 3), 100, np.uint8)
    context[100:140, 150:170] = 220
    middle = context[32:288, 32:288]
    flat = np.full((320, 320, 3), 120, np.uint8)
    assert CHANGES["darker (0.5)"](flat).mean() == 60 and CHANGES["brighter (1.5)"](flat).mean() == 180
    for sigma in (10, 25):
        assert CHANGES[f"noise ({sigma})"](flat).std() == pytest.approx(sigma, rel=0.02)
    spot = {name: np.argwhere(change(context)[..., 0] > 180).mean(axis=0) for name, change in CHANGES.items()
            if name.startswith(("crop", "tilt"))}  # fmt: skip
    at = np.argwhere(middle[..., 0] > 180).mean(axis=0)
    assert spot["crop higher (5 %)"] - at == pytest.approx([12.8, 0], abs=0.6)
    assert spot["crop to the left (5 %)"] - at == pytest.approx([0, 12.8], abs=0.6)
    tight, wide = (spot[f"crop {change} (10 %)"] - 127.5 for change in ("tighter", "wider"))
    assert at - 127.5 == pytest.approx([-40, 0])
    assert (tight, wide) == (pytest.approx([-44, 0], abs=0.6), pytest.approx([-40 / 1.1, 0], abs=0.6))
    left, right = spot["tilt left (10 degrees)"] - 127.5, spot["tilt right (20 degrees)"] - 127.5
    assert left == pytest.approx(-40 * np.array([np.cos(np.pi / 18), np.sin(np.pi / 18)]), abs=0.6)
    assert right == pytest.approx(40 * np.array([-np.cos(np.pi / 9), np.sin(np.pi / 9)]), abs=0.6)


def test_a_picture_without_a_face_is_judged_whole_and_says_so(bundle: ModelBundle, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 160, 3), 210, np.uint8))
    answer = predict_picture(tmp_path / "wall.png", str(bundle.folder), "cpu")
    assert answer.text().startswith("Predicted class is happy (probability 0.")
    assert "whole picture" in answer.text()
    cv2.imwrite(str(tmp_path / "dusk.png"), np.full((90, 160, 3), 100, np.uint8))
    assert "unsure" in predict_picture(tmp_path / "dusk.png", str(bundle.folder), "cpu").text()


def test_bad_pictures_and_models_are_one_sentence(bundle: ModelBundle, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="does not exist"):
        predict_picture(tmp_path / "gone.jpg", str(bundle.folder))
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(TrainingError, match="cannot be read"):
        predict_picture(tmp_path / "text.jpg", str(bundle.folder))
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((90, 160, 3), 210, np.uint8))
    with pytest.raises(ModelError, match="no model"):
        predict_picture(tmp_path / "wall.png", "nobody")


def test_an_empty_or_unknown_split_is_one_sentence(data: Path) -> None:
    with pytest.raises(TrainingError, match="no pictures in the split “train”"):
        load_split([data], "train")
    with pytest.raises(TrainingError, match="split “validation”: try --split val"):
        load_split([data], "validation")
    assert len(load_split([data], "test")) == 6
    with pytest.raises(TrainingError, match="hold the same faces"):
        load_split([data, data], "all")


def entry(value: float, low: float | None = None, high: float | None = None) -> dict[str, float | None]:
    return {"value": value, "low": low, "high": high}


def test_every_figure_of_a_card_stands_in_its_own_place() -> None:
    part = {
        "faces": 12,
        "figures": {
            "accuracy": entry(0.9, 0.8, 0.95),
            "precision/happy": entry(0.7),
            "recall/happy": entry(0.6),
            "f1/happy": entry(0.65),
        },
        "confusion": [[2, 1], [4, 5]],
        "groups": [2, 9],
        "unsure_share": 0.125,
        "accuracy_when_sure": 0.95,
    }
    changes = {"blur": {"accuracy": entry(0.6), "flipped": entry(0.1)}}
    report: dict[str, Any] = {
        "data": "some faces",
        "undecided": 3,
        "of_other_classes": 40,
        "labels": ["happy", "sad"],
        "acquaintance": "Strangers.",
        "sources": {"web": part},
        "robustness": {"faces": 12, "changes": changes, "consecutive": entry(0.02)},
        "comparison": {
            "other": "base", "faces": 11, "labels": ["happy", "sad"], "restricted": True,
            "acquaintance": "Friends.",
            "difference": {
                "accuracy": entry(0.05, 0.01, 0.09) | {"p_value": 0.012},
                "recall/sad": entry(-0.02) | {"p_value": 0.00002},
                "calibration_error": entry(0.001) | {"p_value": None},
                "happy_against_sad/accuracy": entry(0.05) | {"p_value": 0.012},
            },
        },
    }  # fmt: skip
    made = {
        "epochs": 7, "views_per_epoch": 12_000, "batch": 96, "learning_rate": 0.002, "seed": 5,
        "backend": "jax", "precision": "float32", "versions": {},
    }  # fmt: skip
    old = {"name": "old", "weights_sha256": "ef" * 32, "made": made | {"epochs": 90}}
    base = {"name": "base", "weights_sha256": "cd" * 32, "start": old}
    info: dict[str, Any] = {
        "name": "two", "description": "Of two.", "labels": ["happy", "sad"], "parameters": 1234,
        "crop": {"scale": 1.2}, "output": "logits", "temperature": 1.25, "threshold": 0.55,
        "weights_sha256": "ab" * 32, "licence": "CC0",
        "training_data": [{"name": "web", "images": 1500, "licence": "MIT"}],
        "made": made, "start": base, "results": {"evaluations": [report]},
    }  # fmt: skip
    text = card_text(info)
    lines = text.splitlines()
    for line in (
        "| web | 1,500 | MIT |",
        "3 of them are not judged: their annotators are evenly split.",
        "40 of them are left out: they show none of its classes.",
        "| | web (12) |",
        "| faces of happy | 3 in 2 groups |",
        "| faces of sad | 9 |",
        "| accuracy | 0.900 (0.800 .. 0.950) |",
        "| precision of happy | 0.700 |",
        "| recall of happy | 0.600 |",
        "- Licence: CC0.",
        "| | more than `base` | p |",
        "| accuracy | 0.050 (0.010 .. 0.090) | 0.012 |",
        "| recall of sad | -0.020 | < 0.001 |",
        "| calibration error | 0.001 | |",
        "Of `base`: Friends.",
        "Beside `base`, on 11 faces, by happy, sad alone: p is how probable so large a difference, either "
        "way, would be were both as good. Each p is of its figure alone: of twenty, one falls below .05 by "
        "chance.",
        "All 12 faces: a row for what they show, a column for what they are called.",
        "| | happy | sad |",
        "| happy | 2 | 1 |",
        "| sad | 4 | 5 |",
        "| f1 of happy | 0.650 |",
        "| shown as unsure | 0.125 |",
        "| blur | 0.600 | 0.100 |",
        "| one slightly jittered frame to the next | | 0.020 |",
    ):
        assert line in lines, line
    assert "temperature 1.250. Under a probability of 0.55 the program" in text
    assert "7 epochs of 12,000 views, 96 at a time, learning rate 0.002, seed 5, on jax in float32." in text
    assert "Before that, for the weights `efefefefefef…` of `old`: 90 epochs of 12,000 views, 96 at" in text
    assert "Output: the probability of sad (sigmoid);" in card_text(info | {"output": "sigmoid"})
    assert "in float32, begun on 2026-11-29." in card_text(info | {"made": made | {"began": "2026-11-29"}})
    assert "Whom the pictures of" not in text
    entries = [{"name": name, "images": 9, "licence": "not stated"} for name in ("mine", "hers")]
    assert "Whom the pictures of mine, hers show" in card_text(info | {"training_data": entries})


def test_faces_that_two_sets_have_in_common_are_told(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Under another name of the source they look like others, and would make the intervals too narrow."""
    faces = FaceSet.load(data).of_split("test")
    replace(faces, source=np.full(len(faces), "another")).save(tmp_path / "again.faces.npz")
    load_split([data], "test")
    assert capsys.readouterr().err == ""
    load_split([data, tmp_path / "again.faces.npz"], "test")
    assert "counted twice, because an earlier face set holds the same: 6 faces." in capsys.readouterr().err


def test_faces_that_two_sets_have_in_common_count_as_one_in_intervals(tmp_path: Path) -> None:
    """Two lone faces, and two of one person whose third face is in the other set alone."""
    crops = [np.full((320, 320, 3), level, np.uint8) for level in (40, 80, 120, 160, 200)]
    for name, rows, group in (("one", [0, 1, 2, 3], [-1, -1, 0, 0]), ("other", [1, 3, 4], [-1, 5, 5])):
        faces = face_set([crops[row] for row in rows], np.eye(7)[[0, 1, 1, 0][: len(rows)]])
        replace(faces, group=np.array(group)).save(tmp_path / f"{name}.faces.npz")
    one, other = (tmp_path / f"{name}.faces.npz" for name in ("one", "other"))
    group = load_split([one, other], "val").group
    assert group[0] == -1 and group[1] == group[4] >= 0
    assert len(set(group[[2, 3, 5, 6]])) == 1 and group[2] not in (-1, group[1])


def test_faces_that_one_set_has_twice_are_not_told_as_those_of_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    greys = {"first": (50, 50, 90), "second": (90, 130, 130), "third": (170, 210, 210)}
    paths = {name: tmp_path / f"{name}.faces.npz" for name in greys}
    for name, levels in greys.items():
        crops = [np.full((320, 320, 3), level, np.uint8) for level in levels]
        face_set(crops, np.eye(7)[[0, 0, 1]], source=np.full(3, name)).save(paths[name])
    assert len(load_split([paths["first"], paths["third"]], "val")) == 6
    assert capsys.readouterr().err == ""
    load_split(list(paths.values()), "val")
    assert "counted twice, because an earlier face set holds the same: 1 face." in capsys.readouterr().err


def test_somebody_elses_files_are_not_replaced_by_an_evaluation(
    bundle: ModelBundle, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "roc.png").write_text("mine")
    command = ["evaluate", str(bundle.folder), "--data", str(data), "--device", "cpu", "--out", str(tmp_path)]
    assert main(command) == 1
    assert "roc.png is something else and would be replaced" in capsys.readouterr().err
    assert (tmp_path / "roc.png").read_text() == "mine"


def test_each_of_several_models_is_written_to_a_folder_of_its_name(
    bundle: ModelBundle, data: Path, tmp_path: Path
) -> None:
    names = [str(bundle.folder), "seed-cnn"]
    assert len(list(evaluate_bundles(names, [data], device="cpu", out=tmp_path))) == 2
    written = [json.loads(path.read_text())["model"] for path in sorted(tmp_path.glob("*/evaluation.json"))]
    assert written == ["brightness", "seed-cnn"]


def test_a_report_nested_too_deeply_to_be_read_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text("[" * 100_000)
    with pytest.raises(TrainingError, match=r"evaluation\.json is something else and would be replaced"):
        spare_others_files(tmp_path)


def test_a_table_is_told_from_a_face_set(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text("file,class\n")
    with pytest.raises(
        TrainingError, match=r"set\.csv is no face set: make it one with happysad-train ingest,"
    ):
        FaceSet.load(tmp_path / "set.csv")
