"""“Teach it my face”, on drawn persons one of whom looks happy when calm."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_sets import face_set
from teach_people import PLAIN, RESTING_SMILE, Person

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.classifier import EmotionModel
from happysad_live.core.types import Face
from happysad_live.detection.crop import crop_face
from happysad_live.detection.finder import FaceFinder
from happysad_live.errors import TrainingError
from training.cli import main
from training.faces.faceset import CONTEXT_SCALE, CONTEXT_SIZE_PX, FaceSet
from training.faces.seen_faces import SEEN_NAME
from training.judging.card import make_card
from training.teaching.bundle import TeachOutcome
from training.teaching.general_faces import (
    FILE_NAME,
    load_general_faces,
    make_general_faces,
    save_general_faces,
)
from training.teaching.last_layer import LastLayer, fit_last_layer
from training.teaching.samples import Sample, divided, usable, varied
from training.teaching.teach import teach
from training.teaching.verdict import TeachFigures, figures, praise, why_clearly_worse, why_refused

LABELS = ("happy", "sad", "neutral")
SMILER = Person(1, RESTING_SMILE)
OTHERS = (Person(0, PLAIN), Person(2, PLAIN), Person(3, PLAIN))
UPSIDE_DOWN = {"happy": ("sad", 1.0), "sad": ("happy", 1.0), "neutral": ("neutral", 0.0)}


@pytest.fixture(scope="module")
def crowd(finder: FaceFinder) -> FaceSet:
    """Three drawn people who look as they feel, each of them both in train and in val."""
    crops, labels, splits, persons = [], [], [], []
    for person in OTHERS:
        for column, label in enumerate(LABELS):
            for number, picture in enumerate(person.clip(label, 1.6, begin_s=20.0)):
                face: Face = finder.find(picture)[0]
                crops.append(crop_face(picture, face, CONTEXT_SIZE_PX, CONTEXT_SCALE))
                labels.append(np.eye(3)[column])
                splits.append("val" if number % 2 else "train")
                persons.append(person.look)
    return face_set(crops, np.stack(labels), group=np.array(persons), split=np.array(splits), classes=LABELS)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory, crowd: FaceSet) -> ModelBundle:
    """The shipped model with drawn people as its general faces."""
    folder = tmp_path_factory.mktemp("models") / "happysad"
    shutil.copytree(load_bundle("happysad").folder, folder)
    bundle = load_bundle(folder)
    save_general_faces(make_general_faces(bundle, crowd), folder)
    return bundle


@pytest.fixture(scope="module")
def takes(finder: FaceFinder) -> list[Sample]:
    return [SMILER.sample(finder, label) for label in LABELS]


@pytest.fixture(scope="module")
def outcome(shipped: ModelBundle, takes: list[Sample]) -> TeachOutcome:
    return teach(shipped, takes)


@pytest.fixture(scope="module")
def taught(outcome: TeachOutcome, tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    """What was learnt, written where its name is taken already."""
    folder = tmp_path_factory.mktemp("taught")
    (folder / "happysad-zoë-müller").mkdir()
    return outcome.write("Zoë / Müller..", folder)


def right(model: EmotionModel, crops: np.ndarray, label: str) -> float:
    """The share of crops that the model calls by that label."""
    return float((model.probabilities(crops).argmax(axis=1) == model.labels.index(label)).mean())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_taught_model_is_better_for_that_person_on_a_clip_that_nobody_saw(
    shipped: ModelBundle, outcome: TeachOutcome, taught: ModelBundle, finder: FaceFinder
) -> None:
    assert outcome.accepted, outcome.reason
    before, after = EmotionModel(shipped, "cpu"), EmotionModel(taught, "cpu")
    # Another day: other movements, and dimmer light.
    clip = {label: SMILER.crops(finder, label, 3.0, begin_s=40.0, light=0.8) for label in LABELS}
    assert right(before, clip["neutral"], "neutral") < 0.5  # what is to be learnt
    assert right(after, clip["neutral"], "neutral") > 0.9
    mean_before = np.mean([right(before, crops, label) for label, crops in clip.items()])
    mean_after = np.mean([right(after, crops, label) for label, crops in clip.items()])
    assert mean_after > mean_before + 0.2


def test_the_figures_come_from_the_last_seconds_only(
    shipped: ModelBundle, outcome: TeachOutcome, takes: list[Sample]
) -> None:
    model = EmotionModel(shipped, "cpu")
    for sample in takes:
        last = sample.times_s >= sample.times_s[0] + 2 / 3 * (sample.times_s[-1] - sample.times_s[0])
        expected = right(model, sample.crops[last], sample.label)
        assert outcome.before.recall[sample.label] == pytest.approx(expected)
        assert outcome.before.counts[sample.label] == last.sum()
    # Of 0, 0.2 .. 5.8 s those before 3.57 s are learnt from, which is 0.3 s before the last third begins.
    assert outcome.pictures == 3 * 18
    assert outcome.after.balanced_accuracy > outcome.before.balanced_accuracy
    assert outcome.before.balanced_accuracy == pytest.approx(np.mean(list(outcome.before.recall.values())))


def test_each_picture_is_learnt_as_it_is_mirrored_and_moved_a_little() -> None:
    coarse = np.random.default_rng(0).integers(0, 256, (2, 6, 6, 3), np.uint8)
    crops = np.stack([cv2.resize(one, (256, 256), interpolation=cv2.INTER_CUBIC) for one in coarse])
    for crop, (same, mirrored, moved) in zip(crops, varied(crops).reshape(2, 3, 256, 256, 3), strict=True):
        np.testing.assert_array_equal(same, crop)
        np.testing.assert_array_equal(mirrored, crop[:, ::-1])
        assert 0.5 < np.corrcoef(moved.ravel(), crop.ravel())[0, 1] < 0.999


def test_the_general_faces_are_judged_as_the_shipped_model_judges_pictures(
    shipped: ModelBundle, outcome: TeachOutcome, crowd: FaceSet
) -> None:
    judged = crowd.subset(crowd.split == "val")
    probabilities = EmotionModel(shipped, "cpu").probabilities(judged.crops(np.arange(len(judged))))
    accuracy = float((probabilities.argmax(axis=1) == judged.hard_labels).mean())
    assert outcome.general_before.faces == len(judged)
    assert outcome.general_before.accuracy == pytest.approx(accuracy, abs=1.5 / len(judged))


def test_the_written_bundle_answers_as_was_judged_and_names_its_parent(
    shipped: ModelBundle, outcome: TeachOutcome, taught: ModelBundle, takes: list[Sample]
) -> None:
    untouched = {
        name: data for name, data in contents(load_bundle("happysad").folder).items() if name != FILE_NAME
    }
    assert untouched.items() <= contents(shipped.folder).items()
    assert taught.name == "happysad-zoë-müller-2"
    names = sorted(path.name for path in taught.folder.parent.iterdir())
    assert names == ["happysad-zoë-müller", "happysad-zoë-müller-2"]
    described = json.loads((taught.folder / "model.json").read_text(encoding="utf-8"))
    assert described["parent"] == {"name": "happysad", "weights_sha256": shipped.sha256}
    assert described["temperature"] == shipped.temperature and described["labels"] == list(LABELS)
    assert described["threshold"] == shipped.threshold
    assert described["start"] == shipped.info["start"]
    *before, mine = described["training_data"]
    assert before == shipped.info["training_data"] and mine["images"] == outcome.pictures
    assert (taught.folder / SEEN_NAME).read_bytes() == (shipped.folder / SEEN_NAME).read_bytes()
    card = (taught.folder / "README.md").read_text(encoding="utf-8")
    assert "happysad" in card and f"{outcome.after.accuracy:.3f}" in card
    model = EmotionModel(taught, "cpu")
    for sample in takes:
        held_out = sample.crops[sample.times_s >= sample.times_s[-1] * 2 / 3]
        assert right(model, held_out, sample.label) == pytest.approx(outcome.after.recall[sample.label])
    with pytest.raises(TrainingError, match="taught already"):
        teach(taught, takes)
    with pytest.raises(TrainingError, match="keeps the card that says how that went"):
        make_card(str(taught.folder))
    assert (taught.folder / "README.md").read_text(encoding="utf-8") == card


def test_a_model_that_got_worse_on_general_faces_is_refused_with_the_figures(
    shipped: ModelBundle, crowd: FaceSet, finder: FaceFinder, tmp_path: Path
) -> None:
    """One of the crowd looks like the person, but feels the other way round: it cannot be right for both."""
    person = Person(0, UPSIDE_DOWN)  # type: ignore[arg-type]
    bundle = load_bundle(shutil.copytree(shipped.folder, tmp_path / "happysad"))
    # Only the judged faces are the person's double; what steadies the teaching are other people.
    mixed = replace(crowd, split=np.where(crowd.group == 0, "val", "train"))
    save_general_faces(make_general_faces(bundle, mixed), bundle.folder)
    outcome = teach(bundle, [person.sample(finder, label) for label in LABELS])
    assert not outcome.accepted
    assert f"{100 * outcome.general_before.balanced_accuracy:.0f} %" in outcome.reason


def test_an_expression_may_be_skipped(
    shipped: ModelBundle, takes: list[Sample], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its card says nothing of eight bits, for which a network is converted for ten seconds.
    monkeypatch.setattr("training.teaching.bundle.drawn_crops", None)
    outcome = teach(shipped, [takes[0], takes[2]])
    assert set(outcome.after.recall) == {"happy", "neutral"}
    assert outcome.after.recall["neutral"] > outcome.before.recall["neutral"]
    assert outcome.reason.endswith("Your sad face was not shown: it may be missed more often now.")
    taught = outcome.write("ada", tmp_path)
    assert "perhaps missed more often now: sad." in (taught.folder / "README.md").read_text(encoding="utf-8")


def test_progress_rises_to_the_end_and_may_stop_the_work(shipped: ModelBundle, takes: list[Sample]) -> None:
    told: list[float] = []
    teach(shipped, takes, lambda what, share: told.append(share))
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 5

    def stop(what: str, share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        teach(shipped, takes, stop)


def test_too_little_to_learn_from_is_one_sentence(shipped: ModelBundle, takes: list[Sample]) -> None:
    with pytest.raises(TrainingError, match="at least two different"):
        teach(shipped, takes[:1])
    with pytest.raises(TrainingError, match="has no label “bored”"):
        teach(shipped, [takes[0], replace(takes[1], label="bored")])
    short = Sample("sad", takes[1].times_s[:6], takes[1].crops[:6])
    with pytest.raises(TrainingError, match="seen too rarely while you showed “sad”"):
        teach(shipped, [takes[0], short])


def test_a_model_without_general_faces_or_with_those_of_other_weights_is_not_taught(
    shipped: ModelBundle, takes: list[Sample], tmp_path: Path
) -> None:
    bundle = load_bundle(shutil.copytree(shipped.folder, tmp_path / "happysad"))
    save_general_faces(replace(load_general_faces(bundle), weights_sha256="0" * 64), bundle.folder)
    with pytest.raises(TrainingError, match="other weights"):
        teach(bundle, takes)
    damaged = bytearray((shipped.folder / FILE_NAME).read_bytes())
    damaged[1000:2000] = bytes(1000)
    (bundle.folder / FILE_NAME).write_bytes(damaged)
    with pytest.raises(TrainingError, match="is damaged: copy the model again"):
        teach(bundle, takes)
    (bundle.folder / FILE_NAME).unlink()
    with pytest.raises(TrainingError, match="cannot be taught"):
        teach(bundle, takes)


def test_the_command_puts_general_faces_into_a_model(
    shipped: ModelBundle, crowd: FaceSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(shipped.folder, tmp_path / "happysad")
    (folder / FILE_NAME).unlink()
    command = ["general", str(folder), "--data", str(tmp_path / "crowd.faces.npz")]
    crowd.save(tmp_path / "crowd.faces.npz")
    assert main(command) == 1
    assert "too few faces in val to judge a taught model by" in capsys.readouterr().err
    assert not (folder / FILE_NAME).exists()
    # .85 right of 107 in each of three classes: a standard error of sqrt(.85 * .15 / 107 / 3), less than .02.
    judged = [np.flatnonzero((crowd.hard_labels == label) & (crowd.split == "val")) for label in range(3)]
    learnt = np.flatnonzero(crowd.split == "train")
    many = crowd.subset(np.concatenate([learnt, *(np.resize(rows, 107) for rows in judged)]))
    many.save(tmp_path / "crowd.faces.npz")
    assert main(command) == 0
    told = f"{folder / FILE_NAME}: 321 faces to judge a taught model, {len(learnt)} to learn"
    assert told in capsys.readouterr().out
    general = load_general_faces(load_bundle(folder))
    assert general.judged.sum() == 321
    assert len(general.labels) == len(many)
    calm = crowd.subset(crowd.hard_labels != LABELS.index("sad"))
    with pytest.raises(TrainingError, match="no “sad” in both"):
        make_general_faces(shipped, calm)


def test_a_face_about_which_annotators_are_evenly_split_judges_no_taught_model(
    shipped: ModelBundle, crowd: FaceSet
) -> None:
    labels = crowd.labels.copy()
    labels[np.flatnonzero(crowd.split == "val")[0]] = (0.5, 0.5, 0.0)
    general = make_general_faces(shipped, replace(crowd, labels=labels))
    assert len(general.labels) == len(crowd) - 1


def test_of_many_general_faces_some_are_drawn_in_whatever_order_they_come(
    shipped: ModelBundle, crowd: FaceSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.teaching.general_faces.MAX_JUDGED", 12)
    general = make_general_faces(shipped, crowd.subset(np.argsort(crowd.hard_labels)))
    assert general.judged.sum() == 12 and set(general.labels[general.judged]) == {0, 1, 2}


def test_eight_learnt_and_four_held_out_pictures_are_the_fewest() -> None:
    """Of three seconds the last one is held out, and 0.3 s before it belong to neither."""
    early, late = np.linspace(0, 1.5, 8), np.linspace(2, 3, 4)
    between = np.linspace(1.75, 1.95, 9)
    assert usable([*early, *late])
    assert not usable([*np.delete(early, 3), *between, *late])
    assert not usable([*early, *between, *np.delete(late, 1)])
    assert not usable([])


def test_each_expression_counts_alike_however_often_it_was_seen() -> None:
    """Thirty faces called the one and three called the other, all alike: as likely both, as before."""
    shipped = LastLayer(np.zeros((1, 2)), np.zeros(2), 0.5)
    alike, labels = np.zeros((33, 1)), np.repeat([0, 1], [30, 3])
    taught = fit_last_layer(shipped, alike, labels, np.array([[-1.0], [1.0]]))
    assert taught.probabilities(np.zeros((1, 1)))[0] == pytest.approx([0.5, 0.5], abs=1e-3)


def test_a_persons_label_is_aimed_at_with_95_in_100_and_the_others_alike() -> None:
    """General faces lie elsewhere, so that nothing is in the way."""
    shipped = LastLayer(np.zeros((2, 3)), np.zeros(3), 2.0)
    mine, general = np.array([[0.0, 0.01]]), np.array([[-1.0, 0.0], [1.0, 0.0]])
    taught = fit_last_layer(shipped, mine, np.array([0]), general)
    assert taught.probabilities(mine)[0] == pytest.approx([0.95, 0.025, 0.025], abs=0.002)
    assert taught.probabilities(general) == pytest.approx(np.full((2, 3), 1 / 3), abs=0.01)


def test_pictures_to_learn_from_are_spread_over_the_time_that_an_expression_was_shown() -> None:
    """Of half a minute the last third, and 0.3 s before it, are not learnt from."""
    number = np.arange(300)
    learnt, held_out = divided(Sample("sad", number / 10, number))
    for part, first, last in ((learnt, 0, 196), (held_out, 200, 299)):
        assert (len(part), part[0], part[-1]) == (60, first, last)
        assert set(np.diff(part)) <= {1, 2, 3, 4}


def test_figures_by_hand() -> None:
    """A happy face is called so with .9, a sad one with .4, another with .8."""
    sure = np.log([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    found = figures(LastLayer(np.eye(2), np.zeros(2), 1.0), sure, np.array([0, 1, 1]), ("happy", "sad"))
    assert found.true_class_probability == pytest.approx(0.7)
    assert (found.accuracy, found.balanced_accuracy) == (pytest.approx(2 / 3), 0.75)
    assert (found.recall, found.counts) == ({"happy": 1, "sad": 0.5}, {"happy": 1, "sad": 2})


def test_the_verdict_weighs_other_people_before_oneself() -> None:
    good = TeachFigures(3000, 0.9, 0.9, 0.8, {"happy": 0.95, "sad": 0.85}, {"happy": 2700, "sad": 300})
    mine = TeachFigures(30, 0.6, 0.6, 0.6, {"happy": 1.0, "sad": 0.2}, {"happy": 15, "sad": 15})
    better = replace(mine, balanced_accuracy=0.9)
    assert why_refused(mine, better, good, good) == ""
    assert why_refused(mine, better, good, replace(good, balanced_accuracy=0.885)) == ""
    assert "90 % right before, 87 % after" in why_refused(
        mine, better, good, replace(good, balanced_accuracy=0.87)
    )
    ruined = replace(good, balanced_accuracy=0.89, recall={"happy": 1.0, "sad": 0.75})
    assert "sad faces: 85 % right before, 75 % after" in why_refused(mine, better, good, ruined)
    rare = replace(good, counts={"happy": 2970, "sad": 30})
    assert why_refused(mine, better, rare, ruined) == ""
    enough = replace(good, counts={"happy": 2850, "sad": 150})
    assert "sad faces: 85 % right before, 75 % after" in why_refused(mine, better, enough, ruined)
    assert "your own face" in why_refused(better, mine, good, good)


def faces_of(happy: list[tuple[int, float]], sad: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and labels of so many faces each whose happy logit is higher by so much."""
    leads, labels = [], []
    for column, groups in enumerate((happy, sad)):
        for count, lead in groups:
            leads += [lead] * count
            labels += [column] * count
    return np.column_stack([leads, np.zeros(len(leads))]), np.array(labels)


@pytest.mark.parametrize(
    ("happy", "sad", "said"),
    [
        # The taught layer calls a face sad where the happy logit leads by less than 1.
        ([(1440, 5), (60, 0.5)], [(1500, -5)], "other people's faces: 100 % right before, 98 % after"),
        ([(1425, 5), (75, 0.5)], [(1425, -5), (75, 0.5)], "happy faces: 100 % right before, 95 % after"),
        ([(1460, 5), (40, 0.5)], [(1480, -5), (20, 0.5)], ""),  # .7 points of all, 2.7 of the happy ones
        ([(18, 5), (2, 0.5)], [(20, -5)], ""),  # a tenth of the happy ones, but by chance
    ],
)
def test_what_is_clearly_lost_on_other_people_is_a_reason_to_refuse_also_where_the_mean_gains(
    happy: list[tuple[int, float]], sad: list[tuple[int, float]], said: str
) -> None:
    before = LastLayer(np.eye(2), np.zeros(2), 1.0)
    after = LastLayer(np.eye(2), np.array([0.0, 1.0]), 1.0)
    told = why_clearly_worse(before, after, *faces_of(happy, sad), ("happy", "sad"))
    assert (said in told) if said else told == ""


def test_a_taught_model_that_ruins_an_own_expression_or_gains_nothing_is_refused() -> None:
    others = TeachFigures(3000, 0.9, 0.9, 0.8, {"happy": 0.95, "sad": 0.85}, {"happy": 2700, "sad": 300})
    mine = TeachFigures(30, 0.6, 0.6, 0.6, {"happy": 1.0, "sad": 0.2}, {"happy": 15, "sad": 15})
    lopsided = replace(mine, balanced_accuracy=0.75, recall={"happy": 0.6, "sad": 0.9})
    assert "your own happy face: 100 % right before, 60 % after" in why_refused(
        mine, lopsided, others, others
    )
    assert "Nothing was gained" in why_refused(mine, mine, others, others)
    assert why_refused(mine, replace(mine, true_class_probability=0.7), others, others) == ""


def test_losses_that_chance_may_bring_are_no_reason_to_refuse() -> None:
    """One picture of four of one's own, and six of a hundred of other people's."""
    others = TeachFigures(3000, 0.9, 0.9, 0.8, {"happy": 0.95, "sad": 0.85}, {"happy": 2700, "sad": 300})
    others_after = replace(others, recall={"happy": 0.99, "sad": 0.79})
    mine = TeachFigures(8, 0.6, 0.625, 0.6, {"happy": 1.0, "sad": 0.25}, {"happy": 4, "sad": 4})
    after = replace(mine, balanced_accuracy=0.75, recall={"happy": 0.75, "sad": 0.75})
    assert why_refused(mine, after, others, others_after) == ""


def test_a_verdict_does_not_hang_on_rounding() -> None:
    """As many right, on other expressions: the means of 11, 13, 11 and of 11, 11, 13 of 15 are the same."""
    others = TeachFigures(3000, 0.9, 0.9, 0.8, {"happy": 0.95, "sad": 0.85}, {"happy": 2700, "sad": 300})
    before, after = (
        TeachFigures(
            45,
            35 / 45,
            float(np.mean(recall)),
            sure,
            dict(zip(LABELS, recall, strict=True)),
            {},
        )
        for recall, sure in (
            ([11 / 15, 13 / 15, 11 / 15], 0.7),
            ([11 / 15, 11 / 15, 13 / 15], 0.71),
        )
    )
    assert before.balanced_accuracy > after.balanced_accuracy  # by a rounding
    assert why_refused(before, after, others, others) == ""
    assert praise(LABELS, before, after) == "It is right as often as before."


def test_what_is_said_of_ones_own_pictures_is_a_mean_and_tells_small_gains() -> None:
    before = TeachFigures(300, 0.931, 0.931, 0.9, {}, {})
    assert praise([], before, replace(before, balanced_accuracy=0.934)) == (
        "On your pictures that it had not learnt from, it was right in 93.1 % before, and is now right in "
        "93.4 % (mean over the expressions)."
    )


def test_an_expression_that_is_missed_more_often_than_not_is_told() -> None:
    before = TeachFigures(45, 0.06, 0.06, 0.1, {"happy": 0.0, "sad": 0.02, "neutral": 0.16}, {})
    after = TeachFigures(45, 0.69, 0.69, 0.6, {"happy": 0.32, "sad": 0.5, "neutral": 0.95}, {})
    assert "Your happy face is still called something else more often than not." in praise(
        LABELS, before, after
    )
    assert "more often than not" not in praise(LABELS, before, replace(after, recall={"happy": 0.5}))


def test_several_expressions_are_told_of_as_several() -> None:
    shown = {"happy": 0.9, "sad": 0.9, "angry": 0.9}
    before = TeachFigures(45, 0.5, 0.5, 0.1, shown, {})
    after = replace(before, recall={"happy": 0.1, "sad": 0.2, "angry": 0.3})
    told = praise([*shown, "fear", "disgust"], before, after)
    assert "Your happy, sad and angry faces are still called something else more often than not." in told
    assert told.endswith("Your fear and disgust faces were not shown: they may be missed more often now.")


def test_the_shipped_model_brings_its_general_faces() -> None:
    bundle = load_bundle("happysad")
    general = load_general_faces(bundle)
    assert (bundle.folder / FILE_NAME).stat().st_size < 3_000_000
    assert general.judged.sum() > 2000 and (~general.judged).sum() > 500
    assert set(general.labels) == set(range(len(bundle.labels)))
