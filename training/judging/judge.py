"""A model's predictions for a face set, and its metrics with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from happysad_live.errors import TrainingError
from happysad_live.pipeline import Classifier
from training.faces.faceset import ALL_SOURCES, FaceSet
from training.faces.groups import clusters
from training.faces.pictures import same_class
from training.judging.intervals import MIN_CLUSTERS, Interval, calibration_interval, interval, share_interval
from training.judging.metrics import (
    REPLICATES,
    Metric,
    bootstrap_weights,
    chance_calibration_errors,
    class_metrics,
    confusion,
    happy_sad_metrics,
    random_signs,
    renormalised,
)
from training.progress import progress_bar

SCHEMA = "happysad-evaluation/1"

_BATCH = 64
_REPLICATES_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Predictions:
    """A model's answers for the faces whose class is decided and known to the model.

    labels: the classes judged, see ``judged_columns``.
    rows: (N,) int64, the faces' row numbers in the face set.
    truth: (N,) int64, places in ``labels``. probabilities: (N, K) float64, rows sum to 1.
    group, source: (N,) as in the face set.
    """

    labels: tuple[str, ...]
    rows: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    group: np.ndarray
    source: np.ndarray

    @property
    def columns(self) -> tuple[np.ndarray, ...]:
        """All arrays, in the order of the fields."""
        return self.rows, self.truth, self.probabilities, self.group, self.source

    def of(self, mask: np.ndarray) -> Predictions:
        """The predictions where a boolean mask, (N,), is True."""
        return Predictions(self.labels, *(column[mask] for column in self.columns))

    def restricted(self, labels: tuple[str, ...]) -> Predictions:
        """The rows and columns of these classes alone, with the probabilities renormalised."""
        columns = [self.labels.index(label) for label in labels]
        number = np.full(len(self.labels), -1)
        number[columns] = np.arange(len(labels))
        kept = self.of(np.isin(self.truth, columns))
        probabilities = renormalised(kept.probabilities[:, columns])
        return replace(kept, labels=labels, truth=number[kept.truth], probabilities=probabilities)


def judged_columns(model_labels: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """The classes that a model and a face set both know, by the face set's names, in the model's order.

    Each with its column among the model's labels, one of which may be called ``Anger`` where the face set
    says ``angry``.
    """
    columns: dict[str, int] = {}
    for column, label in enumerate(model_labels):
        if (name := same_class(label)) in classes:
            columns.setdefault(name, column)
    return columns


def predict_faces(classifier: Classifier, faces: FaceSet) -> Predictions:
    """Run a model over the faces whose class is decided and known to the model.

    Raises TrainingError when these faces show fewer than two classes.
    """
    columns = judged_columns(classifier.labels, faces.classes)
    labels = tuple(columns)
    truth_names = np.array(faces.classes)[faces.hard_labels]
    rows = np.flatnonzero(faces.judging(labels))
    if len(set(truth_names[rows])) < 2:
        known = ", ".join(classifier.labels)
        raise TrainingError(f"The faces show fewer than two of {known}: there is nothing to judge.")
    parts = []
    with progress_bar("Judging faces", len(rows)) as done:
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            parts.append(classifier.probabilities(faces.crops(batch)))
            for _ in batch:
                done()
    return Predictions(
        labels,
        rows,
        np.array([labels.index(name) for name in truth_names[rows]], np.int64),
        renormalised(np.concatenate(parts)[:, list(columns.values())]),
        faces.group[rows],
        faces.source[rows],
    )


def judge(predictions: Predictions, threshold: float = 0.0, replicates: int = REPLICATES) -> dict[str, Any]:
    """The report of one model: all metrics with 95 % intervals, for all sources together and for each.

    threshold: below this probability the app shows a face as unsure. Such faces are counted, and left out of
    ``accuracy_when_sure`` alone. replicates: of the bootstrap.
    """
    report: dict[str, Any] = {"schema": SCHEMA, "labels": list(predictions.labels), "sources": {}}
    sources = sorted({str(name) for name in predictions.source})
    for name in [ALL_SOURCES, *sources] if len(sources) > 1 else sources:
        mask = predictions.source == name if name != ALL_SOURCES else np.ones(len(predictions.rows), bool)
        report["sources"][name] = _judge_part(predictions.of(mask), threshold, replicates)
    return report


def compare(ours: Predictions, theirs: Predictions, replicates: int = REPLICATES) -> dict[str, Any]:
    """Paired differences, ours minus theirs, on the rows and classes that both models know.

    Each replicate draws the same faces for both. ``p_value``: how probable so large a difference, either way,
    would be were both as good, by exchanging their answers; for a share of faces by McNemar's exact test, or
    the larger of both where faces belong together; None where there is nothing to test. ``only_one_right``:
    how many faces only the first model calls right, and how many only the second.
    Raises TrainingError when the models share fewer than two classes, or the faces show fewer than two of
    those.
    """
    labels = tuple(label for label in ours.labels if label in theirs.labels)
    if len(labels) < 2:
        raise TrainingError("The two models share fewer than two classes: they cannot be compared.")
    sides = [ours.restricted(labels), theirs.restricted(labels)]
    if len(np.unique(sides[0].truth)) < 2:
        raise TrainingError(
            f"The faces show fewer than two of {', '.join(labels)}, which both models know: name others with "
            "--data."
        )
    left, right = (_plain(side) for side in sides)
    left_drawn, right_drawn = (_bootstrap_replicates(side, replicates) for side in sides)
    exchanged = _exchanged(sides[0], sides[1], replicates)
    differences = {
        name: _difference(
            metric, right[name], left_drawn[name] - right_drawn[name], exchanged[name], sides[0].group
        )
        for name, metric in left.items()
    }
    return {
        "labels": list(labels),
        "restricted": len(labels) < max(len(ours.labels), len(theirs.labels)),
        "faces": len(sides[0].rows),
        "only_one_right": list(_counted_once(left["accuracy"], right["accuracy"])),
        "difference": differences,
    }


def _difference(
    left: Metric, right: Metric, drawn: np.ndarray, exchanged: np.ndarray, group: np.ndarray
) -> dict[str, float | None]:
    """The difference of one metric with its interval and ``p_value``, see ``compare``.

    drawn, exchanged: (B,) float64, the differences of the replicates. group: (N,) int, of the faces.
    """
    difference = float(left.values[0] - right.values[0])
    found, p_value = interval(difference, drawn), _p_value(difference, exchanged)
    if min(left.clusters(group), right.clusters(group)) < MIN_CLUSTERS:
        found = found.without_bounds()
    if all(side.accuracy is not None and side.accuracy[0] == 1 for side in (left, right)):
        # Where both call all faces right, the errors differ by how sure the models are, which is no error.
        found, p_value = found.without_bounds(), None
    if p_value is not None and left.counted is not None:
        exact = _mcnemar(*_counted_once(left, right))
        # Where no faces belong together, the exchanges only approximate the exact test.
        related = clusters(group)[1] < len(group)
        p_value = max(p_value, exact) if related else exact
    return {**found.to_json(), "p_value": None if p_value is None else _rounded_p_value(p_value)}


def _p_value(difference: float, exchanged: np.ndarray) -> float | None:
    """The share of exchanges with at least this difference, either way; None where none is defined."""
    known = exchanged[np.isfinite(exchanged)]
    if not len(known) or not np.isfinite(difference):
        return None
    # The sample itself counts as one more, so that no p-value is ever 0.
    return float((1 + (np.abs(known) >= abs(difference) - 1e-9).sum()) / (1 + len(known)))


def _rounded_p_value(p_value: float) -> float:
    """A p-value to four decimals, or a small one to two digits, so that it is never 0."""
    return round(p_value, 4) if p_value >= 0.001 else float(f"{p_value:.1e}")


def _exchanged(left: Predictions, right: Predictions, replicates: int) -> dict[str, np.ndarray]:
    """The differences of each metric, (B,) float64, after a coin has decided for each group of faces which
    answers are whose: as they would be were both models as good (Fisher's paired randomisation test)."""
    pairs = zip(left.columns, right.columns, strict=True)
    both = Predictions(left.labels, *(np.concatenate(pair) for pair in pairs))

    def differences(count: int, seed: int) -> dict[str, np.ndarray]:
        kept = (random_signs(left.group, count, seed=seed) > 0).astype(np.float64)
        first = _values(np.hstack([kept, 1 - kept]), both)
        second = _values(np.hstack([1 - kept, kept]), both)
        return {name: first[name] - second[name] for name in first}

    return _in_parts(replicates, differences)


def _counted_once(left: Metric, right: Metric) -> tuple[int, int]:
    """How many faces count in the first only, and how many in the second only, of two shares of faces."""
    assert left.counted is not None and right.counted is not None
    (faces,) = left.rests_on
    first, second = left.counted & faces, right.counted & faces
    return int((first & ~second).sum()), int((second & ~first).sum())


def _mcnemar(ours_only: int, theirs_only: int) -> float:
    """The p-value of McNemar's exact test: how probable so uneven a split would be, were both as good."""
    from scipy.stats import binomtest

    differing = ours_only + theirs_only
    return float(binomtest(ours_only, differing).pvalue) if differing else 1.0


def _judge_part(part: Predictions, threshold: float, replicates: int) -> dict[str, Any]:
    table = confusion(
        np.ones((1, len(part.rows))), part.truth, part.probabilities.argmax(axis=1), len(part.labels)
    )
    sure = part.probabilities.max(axis=1) >= threshold
    right = part.probabilities.argmax(axis=1) == part.truth
    return {
        "faces": len(part.rows),
        "figures": _with_intervals(part, replicates),
        "confusion": table[0].astype(int).tolist(),
        "groups": [clusters(part.group[part.truth == label])[1] for label in range(len(part.labels))],
        "unsure_share": round(float(1 - sure.mean()), 5),
        "accuracy_when_sure": round(float(right[sure].mean()), 5) if sure.any() else None,
    }


def _with_intervals(part: Predictions, replicates: int) -> dict[str, dict[str, float | None]]:
    """The metrics by name, each with its interval."""
    drawn, by_chance = _bootstrap_replicates(part, replicates), _by_chance(part, replicates)
    return {
        name: _interval(metric, drawn[name], by_chance.get(name), part.group).to_json()
        for name, metric in _plain(part).items()
    }


def _interval(metric: Metric, drawn: np.ndarray, by_chance: np.ndarray | None, group: np.ndarray) -> Interval:
    """The interval of a metric, of a special kind for shares of faces and for calibration errors.

    drawn: (B,) float64, the replicates. by_chance: (B, 2) float64, for a calibration error alone.
    """
    value, count = float(metric.values[0]), metric.clusters(group)
    if metric.counted is not None:
        (faces,) = metric.rests_on
        return share_interval(value, drawn, faces=int(faces.sum()), groups=count)
    found = interval(value, drawn) if by_chance is None else calibration_interval(value, drawn, by_chance)
    # Where all faces, or none, are called right, so they are in every replicate.
    if count < MIN_CLUSTERS or (metric.accuracy is not None and metric.accuracy[0] in (0, 1)):
        return found.without_bounds()
    return found


def _plain(part: Predictions) -> dict[str, Metric]:
    return _metrics(np.ones((1, len(part.rows))), part)


def _metrics(weights: np.ndarray, part: Predictions) -> dict[str, Metric]:
    arguments = (weights, part.truth, part.probabilities, part.labels)
    return class_metrics(*arguments) | happy_sad_metrics(*arguments)


def _values(weights: np.ndarray, part: Predictions) -> dict[str, np.ndarray]:
    return {name: metric.values for name, metric in _metrics(weights, part).items()}


def _bootstrap_replicates(part: Predictions, replicates: int) -> dict[str, np.ndarray]:
    """The metrics of every replicate, (B,) float64 each."""
    return _in_parts(
        replicates, lambda count, seed: _values(bootstrap_weights(part.group, count, seed=seed), part)
    )


def _by_chance(part: Predictions, replicates: int) -> dict[str, np.ndarray]:
    """The calibration errors that chance makes, (B, 2) float64 each: ``chance_calibration_errors``."""

    def errors(count: int, seed: int) -> dict[str, np.ndarray]:
        signs = random_signs(part.group, count, seed=seed)
        random = np.random.default_rng(seed).random(signs.shape)
        return chance_calibration_errors(signs, random, part.truth, part.probabilities, part.labels)

    return _in_parts(replicates, errors)


def _in_parts(replicates: int, metrics: Callable[[int, int], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The metrics of all replicates, computed for a hundred at a time to bound the memory.

    metrics: computes them for a number of replicates, given that number and a seed.
    """
    starts = range(0, replicates, _REPLICATES_AT_ONCE)
    parts = [metrics(min(_REPLICATES_AT_ONCE, replicates - start), seed) for seed, start in enumerate(starts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
