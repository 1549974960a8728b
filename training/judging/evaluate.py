"""``happysad-train evaluate``: judging model bundles on face sets, with a report in text and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.classifier import EmotionModel
from happysad_live.config import Device
from happysad_live.core.counts import counted
from happysad_live.errors import TrainingError, UsageError
from happysad_live.terminal import print_message
from training.faces.faceset import SPLITS, FaceSet, concatenate
from training.faces.groups import group_numbers
from training.faces.notes import tell_counted_twice, write_disagreements
from training.files import read_json, refuse_to_replace, require_writable, write_json, write_npz
from training.judging.judge import SCHEMA, Predictions, compare, judge, judged_columns, predict_faces
from training.judging.robustness import robustness
from training.judging.text import comparison_table, not_judged, report_table, robustness_table
from training.judging.train_test_overlap import train_test_overlap

REPORT_NAME = "evaluation.json"
PREDICTIONS_NAME = "predictions.npz"
MISTAKES_NAME = "mistakes.csv"
PLOT_NAMES = ("roc.png", "confusion.png", "reliability.png", "mistakes.png")
"""The files that ``plots`` draws from the predictions."""

MISTAKES_KEPT = 24


@dataclass(slots=True)
class Evaluation:
    """A model's report and what it was made from. model_name: its name, or its path if names clash."""

    model_name: str
    report: dict[str, Any]
    predictions: Predictions
    faces: FaceSet

    def compare_with(self, name: str, other: ModelBundle, theirs: Callable[[], Predictions]) -> None:
        """Put the paired comparison with another model into the report, or print a note why there is none.

        name: what the other model is called. theirs: gives its predictions for the same faces.
        """
        try:
            compared = compare(self.predictions, theirs())
            judged = self.faces.subset(self.predictions.restricted(tuple(compared["labels"])).rows)
            about = {
                "other": name,
                "other_sha256": other.sha256,
                "acquaintance": train_test_overlap(other, judged),
            }
            self.report["comparison"] = about | compared
        except TrainingError as problem:  # as where the other model knows other classes
            print_message(f"Note: {self.model_name} is not compared with {name}. {problem}")

    def text(self) -> str:
        """The tables as a person reads them."""
        title = f"{self.model_name} on {self.report['data']}"
        if self.report["undecided"]:
            title += f", {self.report['undecided']} of them not judged: their annotators are evenly split"
        if self.report["of_other_classes"]:
            title += f", {self.report['of_other_classes']} left out: they show none of its classes"
        parts = [report_table(self.report, title), *not_judged(self.report), self.report["acquaintance"]]
        if "robustness" in self.report:
            parts.append(robustness_table(self.report["robustness"]))
        if "comparison" in self.report:
            other = self.report["comparison"]
            title = f"{self.model_name} minus {other['other']} on {other['faces']} faces"
            if other["restricted"]:
                title += f", by {', '.join(other['labels'])} alone, which both know"
            parts.append(comparison_table(other, title))
            parts.append(f"Of {other['other']}: {other['acquaintance']}")
        return "\n\n".join(parts)


def evaluate_bundles(
    names: Sequence[str],
    data: Sequence[Path],
    *,
    split: str = "val",
    compare_with: str | None = None,
    with_robustness: bool = False,
    device: Device = "auto",
    out: Path | None = None,
) -> Iterator[Evaluation]:
    """Judge bundles in turn, by name or folder, on one split ("all" for every face) of face sets.

    compare_with: name or folder of a model to compare each one with; a note says where that is impossible.
    out: the folder for the evaluation, or for several bundles the parent of a folder for each. An evaluation
        is written after it was yielded, when the next one is asked for: exhaust the iterator.

    Raises ModelError when a bundle is unusable, UsageError when two would be written to one folder, and
    TrainingError when the data is unusable, when a folder cannot be written or holds something else, or,
    after the other bundles, when one cannot be judged on the data.
    """
    bundles = [load_bundle(name) for name in (*names, *([compare_with] if compare_with else []))]
    folders = _folders(bundles[: len(names)], out) if out else []
    faces = load_split(data, split)
    described = ", ".join(path.name for path in data)
    counts = Counter(bundle.name for bundle in bundles)
    model_names = [bundle.name if counts[bundle.name] == 1 else str(bundle.folder) for bundle in bundles]
    problems: list[str] = []

    @cache
    def theirs() -> Predictions:
        return predict_faces(EmotionModel(bundles[-1], device), faces)

    for number in range(len(names)):
        model = EmotionModel(bundles[number], device)
        try:
            evaluation = evaluate_model(model, faces, described, split, model_name=model_names[number])
        except TrainingError as problem:
            problems.append(f"{model_names[number]}: {problem}")
            continue
        if with_robustness:
            evaluation.report["robustness"] = robustness(model, faces)
        if compare_with:
            evaluation.compare_with(model_names[-1], bundles[-1], theirs)
        yield evaluation
        if folders:  # only now, as a disk that refuses the files is not to take the report from the caller
            write_evaluation(evaluation, folders[number])
    if problems:
        raise TrainingError(" ".join(problems))


def _folders(bundles: Sequence[ModelBundle], out: Path) -> list[Path]:
    """The folder for each bundle's evaluation. Raises what ``evaluate_bundles`` raises about folders."""
    names = [bundle.name for bundle in bundles]
    if len(set(names)) < len(names):
        raise UsageError("Two of the models have the same name: judge them with a different --out for each.")
    folders = [out / name for name in names] if len(names) > 1 else [out]
    for folder in folders:
        spare_others_files(folder)
        require_writable(folder / REPORT_NAME)
    return folders


def evaluate_model(
    model: EmotionModel, faces: FaceSet, data: str, split: str, *, model_name: str | None = None
) -> Evaluation:
    """Judge a model on the faces of one split.

    data: the name of the faces in the report. model_name: see ``Evaluation``; by default the bundle's name.
    Raises TrainingError when the faces show fewer than two of the model's classes.
    """
    tell_device(model)
    predictions = predict_faces(model, faces)
    report = judge(predictions, model.bundle.threshold) | {
        "model": model.bundle.name,
        "model_sha256": model.bundle.sha256,
        "data": f"{data} ({split}, {counted(len(faces), 'face')})",
        "data_sha256": faces.sha256(),
        "faces_sha256": faces.names_sha256(),
        "split": split,
        "undecided": int((~faces.decided).sum()),
        "of_other_classes": int(faces.decided.sum()) - len(predictions.rows),
        "not_judged": _not_judged(model.bundle, faces),
        "threshold": model.bundle.threshold,
    }
    report["acquaintance"] = train_test_overlap(model.bundle, faces.subset(predictions.rows))
    return Evaluation(model_name or model.bundle.name, report, predictions, faces)


def _not_judged(bundle: ModelBundle, faces: FaceSet) -> list[str]:
    """The labels of a model that none of the face set's classes stands for."""
    judged = judged_columns(bundle.labels, faces.classes).values()
    return [label for column, label in enumerate(bundle.labels) if column not in judged]


def tell_device(model: EmotionModel) -> None:
    """Print a note where a model does not run on the device that was asked for."""
    if model.device_note:
        print_message(f"Note: {model.device_note}.")


def load_split(data: Sequence[Path], split: str) -> FaceSet:
    """The faces of one split of several face sets. A note tells of faces that several hold; they are related,
    and so count as one in intervals.

    Raises TrainingError when there are none, or a face set is unusable.
    """
    sets = [FaceSet.load(path) for path in data]
    faces = concatenate(sets)
    chosen = faces if split == "all" else faces.of_split(split)
    twice = _in_several([one if split == "all" else one.of_split(split) for one in sets])
    if twice:
        tell_counted_twice("the same", counted(twice, "face"))
        chosen = replace(chosen, group=_joined_groups(chosen))
    if not len(chosen):
        there = " or ".join([*(name for name in SPLITS if (faces.split == name).any()), "all"])
        raise TrainingError(f"The face set has no pictures in the split “{split}”: try --split {there}.")
    return chosen


def _in_several(sets: Sequence[FaceSet]) -> int:
    """The number of faces that an earlier one of the sets holds, too."""
    if len(sets) == 1:
        return 0
    contents = [np.unique(one.content_keys()) for one in sets]
    return sum(map(len, contents)) - len(np.unique(np.concatenate(contents)))


def _joined_groups(faces: FaceSet) -> np.ndarray:
    """The number of each face's group, (N,) int64, where faces of the same content belong together, too."""
    grouped = np.flatnonzero(faces.group >= 0)
    edges = [grouped[_equal_pairs(faces.group[grouped])], _equal_pairs(faces.content_keys())]
    return group_numbers(len(faces), edges)


def _equal_pairs(values: np.ndarray) -> np.ndarray:
    """Pairs of rows, (P, 2) int64, that link all rows of equal values. values: (N,)."""
    order = np.argsort(values, kind="stable")
    pairs = np.column_stack([order[:-1], order[1:]])
    return np.asarray(pairs[values[pairs[:, 0]] == values[pairs[:, 1]]])


def spare_others_files(folder: Path) -> None:
    """Raises TrainingError where an evaluation would replace files that are not an earlier one's.

    An earlier one is known by its predictions, which are written first, or by what its report says.
    """
    if not (folder / PREDICTIONS_NAME).exists() and not _is_report(folder / REPORT_NAME):
        refuse_to_replace(folder / name for name in (REPORT_NAME, MISTAKES_NAME, *PLOT_NAMES))


def _is_report(path: Path) -> bool:
    try:
        report = read_json(path, "not a report")
    except TrainingError:
        return False
    return isinstance(report, dict) and report.get("schema") == SCHEMA


def write_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """Write ``predictions.npz``, which all metrics can be made from, ``mistakes.csv`` and the report.

    ``mistakes.csv`` names the pictures that are called wrong, the surest mistake first: some will be wrong
    labels. The report, ``evaluation.json``, comes last, so that an interrupted evaluation has none. Raises
    TrainingError when a file cannot be written.
    """
    for name in (REPORT_NAME, *PLOT_NAMES):  # left by an earlier evaluation
        (folder / name).unlink(missing_ok=True)
    predictions, faces = evaluation.predictions, evaluation.faces
    winners = predictions.probabilities.argmax(axis=1)
    wrong = np.flatnonzero(winners != predictions.truth)
    mistakes = wrong[np.argsort(-predictions.probabilities[wrong, winners[wrong]])]
    surest = mistakes[:MISTAKES_KEPT]
    arrays = {
        "labels": np.array(predictions.labels),
        "source": faces.source[predictions.rows],
        "name": faces.name[predictions.rows],
        "group": faces.group[predictions.rows],
        "truth": predictions.truth,
        "probabilities": predictions.probabilities.astype(np.float32),
        "mistakes": surest,
        "mistake_crops": faces.crops(predictions.rows[surest]),
    }
    write_npz(folder / PREDICTIONS_NAME, arrays, compressed=True)
    called = [predictions.labels[winner] for winner in winners[mistakes]]
    probability = predictions.probabilities[mistakes, winners[mistakes]]
    write_disagreements(folder / MISTAKES_NAME, faces, predictions.rows[mistakes], called, probability)
    write_json(folder / REPORT_NAME, evaluation.report)
