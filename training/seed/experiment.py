"""``happysad-train seed``: the student's experiment repeated, to find what its perfect score is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.classification.bundle_writer import write_bundle
from happysad_live.errors import TrainingError
from training.faces.faceset import FaceSet
from training.faces.groups import clusters
from training.faces.seen_faces import SEEN_NAME, SeenFaces
from training.files import refuse_to_replace, write_json, write_text
from training.judging.card import make_card
from training.judging.intervals import Interval, wilson_bounds
from training.judging.judge import Predictions, judge
from training.judging.plots import HISTORY_NAME, draw_curves, draw_pictures
from training.keras_settings import set_up_keras
from training.seed.data import (
    COPIES,
    LABELS,
    Division,
    Pictures,
    SeedSample,
    draw_sample,
    duplicate_groups,
    evened,
    grouped_division,
    random_division,
    read_elsewhere,
    with_copies,
)
from training.seed.network import build_seed_network, probability_of_sad, train_seed_network
from training.seed.report import findings

BUNDLE_NAME = "seed-cnn"
FACTS_NAME = "seed.json"
REPORT_NAME = "report.md"
FEW_DUPLICATES = 0.1
MIN_OTHERS = 50
"""The fewest left-over pictures that say more than a second training does."""


@dataclass(frozen=True, slots=True)
class SeedPredictions:
    """The network's answers for N test pictures.

    truth: (N,) int, 0 = happy, 1 = sad. sad: (N,) float, the probability of sad. group: (N,) int, equal for
    pictures that are copies of each other, -1 for those without copies.
    """

    truth: np.ndarray
    sad: np.ndarray
    group: np.ndarray

    @property
    def called(self) -> np.ndarray:
        """The likelier class of each picture, (N,) int, 0 = happy, 1 = sad."""
        return (self.sad > 0.5).astype(int)

    def proportion_right(self) -> tuple[float, float, float]:
        """The share called right, and Wilson's 95 % interval (low, high), in which a group counts as one."""
        _, apart = clusters(self.group)
        share = float((self.called == self.truth).mean())
        return share, *wilson_bounds(share, apart)


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of the network. answers: by the name of the test."""

    name: str
    network: Any
    history: dict[str, list[float]]
    division: Division
    answers: dict[str, SeedPredictions]

    def facts(self) -> dict[str, Any]:
        """Its entry in seed.json: the number of pictures in each part, and the scores of every test."""
        parts = {part: len(getattr(self.division, part)) for part in ("train", "val", "test")}
        scores = {place: _scores(answers) for place, answers in self.answers.items()}
        return {"name": self.name, "pictures": parts, **scores}


def run_seed(
    data: Path,
    out: Path,
    *,
    elsewhere: Path | None,
    licence: str,
    epochs: int,
    seed: int,
) -> str:
    """Run the whole experiment and write everything into ``out``; returns the report, Markdown.

    data: a folder of classes, whose whole pictures are used as the original did, or a face set.
    elsewhere: a folder or face set from another source, for a further test. Pictures of ``data`` that were
        not drawn and duplicate no drawn one make another test, if there are any.
    Raises TrainingError when the data is unusable, or when files in ``out`` that are not an earlier
    experiment's would be replaced.
    """
    _spare_others_files(out)
    sample = draw_sample(data, seed)
    tests, unreadable_elsewhere = _tests(sample, data, elsewhere, seed)
    with native_chatter_silenced():
        set_up_keras(seed)  # a backend that is not installed fails here, before any work is done
    group = duplicate_groups(sample.drawn)
    together = grouped_division(group, seed)
    out.mkdir(parents=True, exist_ok=True)
    titles = [f"{int(label)} = {LABELS[label].capitalize()}" for label in sample.drawn.truth[:12]]
    draw_pictures(sample.drawn.images[:12] / 255.0, titles, out / "grid.png")
    trials = _trials(sample.drawn, group, together, tests, epochs, seed)
    _draw_trial(trials[0], sample.drawn, out)
    facts = {
        "data": data.resolve().name,
        "elsewhere": elsewhere.resolve().name if elsewhere else None,
        "pictures": len(sample.drawn),
        "tests": {name: len(pictures) for name, pictures in tests.items()},
        "share_with_near_duplicate": float((group >= 0).mean()),
        "unreadable": [*sample.unreadable, *unreadable_elsewhere],
        "epochs": epochs,
        "seed": seed,
        "trials": [trial.facts() for trial in trials],
        "optimism": optimism(*(trial.answers for trial in trials[-2:])),
    }
    write_json(out / FACTS_NAME, facts)
    write_json(out / HISTORY_NAME, trials[0].history)
    folder = _write_seed_bundle(trials[0], facts, licence, out)
    (folder / SEEN_NAME).unlink(missing_ok=True)  # left by an earlier experiment
    if data.is_file():
        learnt = [sample.drawn.names[row] for row in trials[0].division.train]
        _seen(FaceSet.load(data), learnt).write(folder)
    make_card(folder)
    text = f"# The seed's experiment\n\n{findings(facts)}\n"
    write_text(out / REPORT_NAME, text)
    return text


def _bundle_folder(out: Path) -> Path:
    return out / "models" / BUNDLE_NAME


def _spare_others_files(out: Path) -> None:
    """Raises TrainingError where a report, another run or a model of the program would be replaced."""
    if not (out / FACTS_NAME).exists():
        refuse_to_replace((out / REPORT_NAME, out / HISTORY_NAME, _bundle_folder(out)))


def _tests(
    sample: SeedSample, data: Path, elsewhere: Path | None, seed: int
) -> tuple[dict[str, Pictures], tuple[str, ...]]:
    """The further tests that have pictures, by name, and the files of ``elsewhere`` that cannot be read."""
    tests = {"others": evened(sample.left_over)}
    unreadable: tuple[str, ...] = ()
    if elsewhere:
        pictures, unreadable = read_elsewhere(elsewhere, sample.drawn, seed)
        tests["elsewhere"] = evened(pictures)
        if not len(tests["elsewhere"]):
            raise TrainingError(f"{elsewhere} has no happy and sad pictures that are not in {data} too.")
    return {name: pictures for name, pictures in tests.items() if len(pictures)}, unreadable


def _trials(
    drawn: Pictures,
    group: np.ndarray,
    together: Division,
    tests: dict[str, Pictures],
    epochs: int,
    seed: int,
) -> list[Trial]:
    """A pair of trials, with near-duplicates in any part and with them in one; where the pictures have few,
    also a pair on copies that are made of the pictures.

    group: (N,) int, as in ``SeedPredictions``. together: the division that keeps each group in one part.
    """
    run = partial(_trial, tests=tests, epochs=epochs, seed=seed)
    trials = [
        run("random split", drawn, group, random_division(len(drawn), seed)),
        run("duplicates together", drawn, group, together),
    ]
    if (group >= 0).mean() < FEW_DUPLICATES:
        copied = with_copies(drawn, seed)
        originals = np.repeat(np.arange(len(copied) // COPIES), COPIES)
        trials += [
            run("copies, random split", copied, originals, random_division(len(copied), seed)),
            run("copies, kept together", copied, originals, grouped_division(originals, seed)),
        ]
    return trials


def _trial(
    name: str,
    pictures: Pictures,
    group: np.ndarray,
    division: Division,
    *,
    tests: dict[str, Pictures],
    epochs: int,
    seed: int,
) -> Trial:
    """Train the network once, always from the same initial weights, and run all tests.

    The tests are on the division's test part and on ``tests``. group: as in ``SeedPredictions``.
    """
    set_up_keras(seed)
    network = build_seed_network()
    train, val, test = (pictures.of(rows) for rows in (division.train, division.val, division.test))
    history = train_seed_network(
        network, (train.images, train.truth), (val.images, val.truth), epochs=epochs, title=name.capitalize()
    )
    answers = {
        "test": SeedPredictions(test.truth, probability_of_sad(network, test.images), group[division.test]),
        **{
            place: SeedPredictions(
                others.truth, probability_of_sad(network, others.images), np.full(len(others), -1)
            )
            for place, others in tests.items()
        },
    }
    return Trial(name, network, history, division, answers)


def optimism(loose: Mapping[str, SeedPredictions], tight: Mapping[str, SeedPredictions]) -> dict[str, Any]:
    """How much more accurate a test looks when copies of its pictures were learnt, with a 95 % interval.

    loose, tight: the answers, by the name of the test, of a network that was trained with copies anywhere,
        and of one that was trained and tested with copies kept together.

    The test of the first network is compared with its accuracy on other pictures of the set, where these are
    enough, else with the test of the second. The interval is Newcombe's hybrid of two Wilson intervals (1998,
    "Interval estimation for the difference between independent proportions", method 10), which hold for a
    perfect score too; copies of a picture count as one.
    """
    enough = "others" in loose and len(loose["others"].truth) >= MIN_OTHERS
    honest = loose["others"] if enough else tight["test"]
    first, low_1, high_1 = loose["test"].proportion_right()
    second, low_2, high_2 = honest.proportion_right()
    difference = first - second
    low = difference - math.hypot(first - low_1, high_2 - second)
    high = difference + math.hypot(high_1 - first, second - low_2)
    against = "others" if enough else "together"
    return {"against": against, **Interval.rounded(difference, low, high).to_json()}


def _scores(answers: SeedPredictions) -> dict[str, Any]:
    """Precision and recall of sad and accuracy, as the seed reports them, and figures with intervals."""
    from sklearn.metrics import accuracy_score, precision_score, recall_score

    truth, called = answers.truth, answers.called
    count = len(truth)
    predictions = Predictions(
        LABELS,
        np.arange(count),
        truth,
        np.column_stack([1 - answers.sad, answers.sad]),
        answers.group,
        np.full(count, "all"),
    )
    return {
        "precision": float(precision_score(truth, called, zero_division=0)),
        "recall": float(recall_score(truth, called, zero_division=0)),
        "accuracy": float(accuracy_score(truth, called)),
        "figures": judge(predictions)["sources"]["all"]["figures"],
    }


def _draw_trial(trial: Trial, pictures: Pictures, out: Path) -> None:
    draw_curves(trial.history, out / "curves.png")
    test = trial.answers["test"]
    titles = [
        f"Predicted: {LABELS[guess]} ({max(sad, 1 - sad):.2f})\nTrue: {LABELS[label]}"
        for guess, label, sad in zip(test.called, test.truth, test.sad, strict=True)
    ]
    images = pictures.images[trial.division.test]
    draw_pictures(images, titles, out / "predictions.png", (test.called == test.truth).tolist())


def _seen(faces: FaceSet, learnt: Sequence[str]) -> SeenFaces:
    """The record of the faces that the network learnt from. No setting was chosen on other faces."""
    trained = faces.subset(np.isin(faces.full_names, learnt))
    return SeenFaces(trained.keys().ravel(), np.zeros(0, np.uint64), np.array(True))


def _write_seed_bundle(trial: Trial, facts: dict[str, Any], licence: str, out: Path) -> Path:
    folder = _bundle_folder(out)
    write_bundle(
        folder,
        trial.network,
        name=BUNDLE_NAME,
        description=(
            "The network of the Happy-Sad Image Classifier, the student's project that this program grew "
            f"from: {facts['pictures']} pictures, {facts['epochs']} epochs. Kept for comparison; use "
            "`happysad` instead."
        ),
        labels=LABELS,
        output="sigmoid",
        temperature=1.0,
        threshold=0.5,
        training_data=[{"name": facts["data"], "licence": licence, "images": len(trial.division.train)}],
        results={"notes": [{"title": "What the seed's 1.0 is worth", "text": findings(facts)}]},
    )
    return folder
