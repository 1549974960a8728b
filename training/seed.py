"""``happysad-train seed``: the student's experiment again, and what its perfect score is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.classification.bundle import write_bundle
from happysad_live.errors import TrainingError
from training.card import make_card
from training.evaluate import Predictions, interval_text, judge
from training.files import write_json, write_text
from training.metrics import bootstrap_weights, interval
from training.plots import draw_curves, draw_pictures
from training.seed_data import (
    COPIES,
    LABELS,
    Division,
    Pictures,
    draw_sample,
    duplicate_groups,
    evened,
    grouped_division,
    random_division,
    read_elsewhere,
    with_copies,
)
from training.seed_network import EPOCHS, build_seed_network, probability_of_sad, train_seed_network

BUNDLE_NAME = "seed-cnn"
FEW_DUPLICATES = 0.1


@dataclass(frozen=True, slots=True)
class Trial:
    """One training of the network. truth, probability_of_sad and group are those of the test pictures."""

    name: str
    network: Any
    history: dict[str, list[float]]
    division: Division
    scores: dict[str, Any]
    truth: np.ndarray
    probability_of_sad: np.ndarray
    group: np.ndarray


def run_seed(
    data: Path,
    out: Path,
    *,
    elsewhere: Path | None = None,
    licence: str = "not stated",
    epochs: int = EPOCHS,
    seed: int = 0,
) -> str:
    """Run the whole experiment and write everything into ``out``; returns the report, Markdown.

    data: a folder of classes, whose whole pictures are used as the original did, or a face set.
    elsewhere: the same, from another source, to test on; else pictures of ``data`` that were not drawn,
        if any are left.
    Raises TrainingError when the data is unusable.
    """
    if epochs < 1:
        raise TrainingError("The number of epochs must be at least 1.")
    sample = draw_sample(data, seed)
    far = evened(read_elsewhere(elsewhere, sample.drawn, seed) if elsewhere else sample.left_over)
    if elsewhere and not len(far):
        raise TrainingError(f"{elsewhere} has no happy and sad pictures that are not in {data} too.")
    with native_chatter_silenced():
        import keras  # a backend that is not installed fails here, before any work is done

    keras.utils.set_random_seed(seed)
    group = duplicate_groups(sample.drawn)
    together = grouped_division(group, seed)
    share = float((group >= 0).mean())
    out.mkdir(parents=True, exist_ok=True)
    titles = [f"{int(label)} = {LABELS[label].capitalize()}" for label in sample.drawn.truth[:12]]
    draw_pictures(sample.drawn.images[:12] / 255.0, titles, out / "grid.png")

    apart = random_division(len(sample.drawn), seed)
    trials = [
        _trial("random split", sample.drawn, group, apart, far, epochs, seed),
        _trial("duplicates together", sample.drawn, group, together, far, epochs, seed),
    ]
    if share < FEW_DUPLICATES:
        copied = with_copies(sample.drawn, seed)
        originals = np.repeat(np.arange(len(copied) // COPIES), COPIES)
        apart, together = random_division(len(copied), seed), grouped_division(originals, seed)
        trials += [
            _trial("copies, random split", copied, originals, apart, far, epochs, seed),
            _trial("copies, kept together", copied, originals, together, far, epochs, seed),
        ]
    _draw_trial(trials[0], sample.drawn, out)
    facts = {
        "data": data.name,
        "elsewhere": (elsewhere.name if elsewhere else f"the rest of {data.name}") if len(far) else None,
        "pictures": len(sample.drawn),
        "elsewhere_pictures": len(far),
        "share_with_near_duplicate": share,
        "unreadable": list(sample.unreadable),
        "epochs": epochs,
        "seed": seed,
        "trials": [{"name": trial.name, **trial.scores} for trial in trials],
        "flattery": _flattery(*trials[-2:]),
    }
    write_json(out / "seed.json", facts)
    write_json(out / "history.json", trials[0].history)
    _write_seed_bundle(trials[0], facts, licence, out)
    text = f"# The seed's experiment\n\n{_findings(facts)}\n"
    write_text(out / "report.md", text)
    return text


def _trial(
    name: str,
    pictures: Pictures,
    group: np.ndarray,
    division: Division,
    far: Pictures,
    epochs: int,
    seed: int,
) -> Trial:
    """Train once from the same initial weights, and test within and elsewhere.

    group: (N,) int, equal for pictures that are copies of each other, -1 for those without.
    """
    import keras

    keras.utils.set_random_seed(seed)
    network = build_seed_network()
    train, val, test = (pictures.of(rows) for rows in (division.train, division.val, division.test))
    history = train_seed_network(
        network, (train.images, train.truth), (val.images, val.truth), epochs=epochs, title=name.capitalize()
    )
    within = probability_of_sad(network, test.images)
    scores = {
        "pictures": {"train": len(train), "val": len(val), "test": len(test)},
        "test": _scores(test.truth, within, group[division.test]),
    }
    if len(far):
        elsewhere = probability_of_sad(network, far.images)
        scores["elsewhere"] = _scores(far.truth, elsewhere, np.full(len(far), -1))
    return Trial(name, network, history, division, scores, test.truth, within, group[division.test])


def _flattery(loose: Trial, tight: Trial) -> dict[str, float | None]:
    """How much more accurate the loose split makes the network look, with its 95 % interval."""
    values, drawn = [], []
    for seed, trial in enumerate((loose, tight)):
        right = ((trial.probability_of_sad > 0.5) == trial.truth).astype(np.float64)
        weights = bootstrap_weights(trial.group, seed=seed)
        values.append(float(right.mean()))
        drawn.append(weights @ right / weights.sum(axis=1))
    return interval(values[0] - values[1], drawn[0] - drawn[1])


def _scores(truth: np.ndarray, sad: np.ndarray, group: np.ndarray) -> dict[str, Any]:
    """Precision and recall of sad, accuracy as the seed reports them; and figures with intervals."""
    from sklearn.metrics import accuracy_score, precision_score, recall_score

    called = (sad > 0.5).astype(int)
    count = len(truth)
    predictions = Predictions(
        LABELS,
        np.arange(count),
        truth,
        np.column_stack([1 - sad, sad]),
        group,
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
    called = (trial.probability_of_sad > 0.5).astype(int)
    titles = [
        f"Predicted: {LABELS[guess]} ({max(sad, 1 - sad):.2f})\nTrue: {LABELS[label]}"
        for guess, label, sad in zip(called, trial.truth, trial.probability_of_sad, strict=True)
    ]
    images = pictures.images[trial.division.test]
    draw_pictures(images, titles, out / "predictions.png", (called == trial.truth).tolist())


def _write_seed_bundle(trial: Trial, facts: dict[str, Any], licence: str, out: Path) -> None:
    folder = out / "models" / BUNDLE_NAME
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
        results={"notes": [{"title": "What the seed's 1.0 is worth", "text": _findings(facts)}]},
    )
    make_card(str(folder))


def _findings(facts: dict[str, Any]) -> str:
    """The table of trials, and what follows from it in words."""
    trials = {trial["name"]: trial for trial in facts["trials"]}
    far = (
        f", and on {facts['elsewhere_pictures']} faces from elsewhere ({facts['elsewhere']})"
        if facts["elsewhere"]
        else "; no picture was left to test on elsewhere (--elsewhere names another folder)"
    )
    lines = [
        f"{facts['pictures']} pictures of {facts['data']}, {facts['epochs']} epochs; tested on the part that "
        f"was kept apart{far}. "
        f"{facts['share_with_near_duplicate']:.0%} of the pictures have a near-duplicate among them. "
        + (f"{len(facts['unreadable'])} files could not be read. " if facts["unreadable"] else "")
        + "Precision and recall are those of sad.",
        "",
        "| trained on | train / val / test | precision | recall | accuracy | accuracy elsewhere |",
        "|---|---|---|---|---|---|",
    ]
    for name, trial in trials.items():
        sizes, test = trial["pictures"], trial["test"]
        lines.append(
            f"| {name} | {sizes['train']} / {sizes['val']} / {sizes['test']} | {test['precision']:.2f} "
            f"| {test['recall']:.2f} | {interval_text(test['figures']['accuracy'])} "
            f"| {interval_text(trial['elsewhere']['figures']['accuracy']) if facts['elsewhere'] else '-'} |"
        )
    return "\n".join([*lines, "", *_verdict(trials, facts["flattery"])])


def _verdict(trials: dict[str, Any], flattery: dict[str, float | None]) -> list[str]:
    copied = "copies, random split" in trials
    loose = trials["copies, random split" if copied else "random split"]
    tight = trials["copies, kept together" if copied else "duplicates together"]
    inside = loose["test"]["accuracy"], tight["test"]["accuracy"]
    lines = []
    if copied:
        lines += [
            "These pictures hold few near-duplicates. To show what duplicates do, the same network was also "
            f"trained on a set of the same size in which each picture occurs {COPIES} times, cut, lit and "
            "compressed a little differently, as the web passes pictures on.",
            "",
        ]
    lines.append(
        f"With duplicates on both sides of the split the test says {inside[0]:.2f}; with duplicates kept "
        f"together it says {inside[1]:.2f}; the difference is {interval_text(flattery)}."
    )
    if "elsewhere" in loose:
        outside = [trial["elsewhere"]["accuracy"] for trial in (loose, tight)]
        lines[-1] += f" On faces from elsewhere the two are worth {outside[0]:.2f} and {outside[1]:.2f}."
    if (flattery["low"] or 0) > 0:
        lines.append(
            "So a high score on such a split measures how well the network remembers pictures, not how "
            "well it reads faces. The seed's 1.0, on 32 pictures, proves neither: even 32 of 32 without "
            "duplicates would only say that the true accuracy is probably above .89."
        )
    else:
        lines.append(
            "So few pictures do not show whether the duplicates matter here. The seed's 1.0 still says "
            "little: 32 of 32 right only says that the true accuracy on such pictures is probably above .89."
        )
    return lines
