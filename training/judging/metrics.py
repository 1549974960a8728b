"""Metrics of predictions, for many weightings of the faces at once.

A bootstrap asks for every metric a thousand times over. So these functions take a matrix of weights, (B, N),
with a row for each replicate, and give a value for each replicate. Weights of 1 give the plain metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from training.faces.groups import clusters

CALIBRATION_BINS = 15
REPLICATES = 1000


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of N faces for B weightings of them.

    values: (B,) float64, NaN where the metric is not defined.
    rests_on: (N,) bool each: the faces that it is computed from; for a mean over classes, one for each class.
    counted: (N,) bool, for a share of faces: which of the faces that it rests on count.
    accuracy: (B,) float64, for a calibration error: the accuracy of the same faces and classes.
    """

    values: np.ndarray
    rests_on: Sequence[np.ndarray]
    counted: np.ndarray | None = None
    accuracy: np.ndarray | None = None

    def among(self, rows: np.ndarray) -> Metric:
        """The metric as one of M faces, some of which are its own N. rows: (M,) bool, True for its own."""
        rests_on = [_spread(faces, rows) for faces in self.rests_on]
        counted = None if self.counted is None else _spread(self.counted, rows)
        return replace(self, rests_on=rests_on, counted=counted)

    def clusters(self, group: np.ndarray) -> int:
        """The number of people, groups of related pictures and lone pictures that the metric rests on.

        group: (N,) int. For a mean over classes, it is the number in the class that has the fewest.
        """
        return min(clusters(group[faces])[1] for faces in self.rests_on)


def confusion(weights: np.ndarray, truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrices, (B, K, K) float64: rows are the truth, columns what was predicted.

    weights: (B, N). truth, predicted: (N,) int class numbers below ``classes``.
    """
    cell = np.zeros((len(truth), classes * classes))
    cell[np.arange(len(truth)), truth * classes + predicted] = 1
    return (weights @ cell).reshape(len(weights), classes, classes)


def auc(weights: np.ndarray, positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Area under the ROC curve, (B,): how often a positive row scores above a negative one; a tie is half.

    weights: (B, N). positive: (N,) bool. score: (N,) float.
    """
    _, rank = np.unique(score, return_inverse=True)
    order = np.argsort(rank, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(rank[order]) > 0]) if len(order) else order
    above = np.add.reduceat((weights * positive)[:, order], starts, axis=1)
    below = np.add.reduceat((weights * ~positive)[:, order], starts, axis=1)
    lower = np.cumsum(below, axis=1) - below
    return _ratio((above * (lower + below / 2)).sum(axis=1), above.sum(axis=1) * below.sum(axis=1))


def calibration_error(weights: np.ndarray, correct: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Expected calibration error, (B,), in 15 equal bins of the winner's probability (Guo et al. 2017).

    weights: (B, N). correct: (N,) bool, whether the winner is right. confidence: (N,), its probability.
    """
    return _ratio(_calibration_gap(weights * (correct - confidence), confidence), weights.sum(axis=1))


def _calibration_gap(excess: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The sum of the bins' absolute gaps, (B,). excess: (B, N), each row's weighted correct - confidence."""
    return np.abs(excess @ np.eye(CALIBRATION_BINS)[calibration_bin(confidence)]).sum(axis=1)


def chance_calibration_errors(
    signs: np.ndarray,
    random: np.ndarray,
    truth: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
) -> dict[str, np.ndarray]:
    """The calibration errors of ``class_metrics`` and ``happy_sad_metrics`` that chance alone would make.

    Each is (B, 2) float64, for two kinds of chance in a perfectly calibrated model. First, the gap between
    right and sure gets a random sign, as it may as well have the other one (wild cluster bootstrap, Cameron,
    Gelbach and Miller 2008; this respects groups). Second, each row is right at random, as often as the model
    is sure (this includes errors that did not happen).

    signs: (B, N) float64, -1 or 1, the same for the faces of a group. random: (B, N) float64, 0 to 1.
    truth: (N,) int, places in ``labels``. probabilities: (N, K) float, rows sum to 1.
    """
    metrics = {"calibration_error": _chance_errors(signs, random, truth, probabilities)}
    if (both := _happy_sad_pair(truth, probabilities, labels)) is not None:
        rows, not_happy, pair = both
        metrics["happy_against_sad/calibration_error"] = _chance_errors(
            signs[:, rows], random[:, rows], not_happy[rows], pair[rows]
        )
    return metrics


def _chance_errors(
    signs: np.ndarray, random: np.ndarray, truth: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    correct, confidence = probabilities.argmax(axis=1) == truth, probabilities.max(axis=1)
    turned = _calibration_gap(signs * (correct - confidence), confidence)
    redrawn = _calibration_gap((random < confidence) - confidence, confidence)
    return np.stack([turned, redrawn], axis=1) / len(truth)


def calibration_bin(confidence: np.ndarray) -> np.ndarray:
    """The bin of each probability, (N,) float: (N,) int64 from 0 to 14."""
    return np.clip(np.ceil(confidence * CALIBRATION_BINS) - 1, 0, CALIBRATION_BINS - 1).astype(np.int64)


def class_metrics(
    weights: np.ndarray, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, Metric]:
    """The metrics by name: accuracy, balanced accuracy, ROC-AUC (one against the rest, mean), calibration
    error, and precision, recall and F1 of each class, as in ``precision/happy``.

    Means are over the classes that the truth contains; they are not defined for a replicate without a row of
    one of these.

    weights: (B, N) float, how often each row counts. truth: (N,) int, places in ``labels``.
    probabilities: (N, K) float, rows sum to 1.
    """
    predicted = probabilities.argmax(axis=1)
    correct = predicted == truth
    table = confusion(weights, truth, predicted, len(labels))
    right = np.diagonal(table, axis1=1, axis2=2)
    actual, called = table.sum(axis=2), table.sum(axis=1)
    recall, precision = _ratio(right, actual), _ratio(right, called)
    present = np.flatnonzero(np.bincount(truth, minlength=len(labels)))
    shown = [truth == column for column in present]
    areas = [auc(weights, faces, probabilities[:, k]) for k, faces in zip(present, shown, strict=True)]
    accuracy = _ratio(right.sum(axis=1), actual.sum(axis=1))
    error = calibration_error(weights, correct, probabilities.max(axis=1))
    everyone = [np.ones(len(truth), bool)]
    metrics = {
        "accuracy": Metric(accuracy, everyone, counted=correct),
        # Of one class alone it is a share of faces, as a recall is.
        "balanced_accuracy": Metric(
            recall[:, present].mean(axis=1), shown, counted=correct if len(present) == 1 else None
        ),
        "roc_auc": Metric(np.stack(areas, axis=1).mean(axis=1), shown),
        "calibration_error": Metric(error, everyone, accuracy=accuracy),
    }
    for column, faces in zip(present, shown, strict=True):
        name = labels[column]
        f1 = _ratio(2 * right[:, column], actual[:, column] + called[:, column])
        metrics[f"precision/{name}"] = Metric(precision[:, column], [predicted == column])
        metrics[f"recall/{name}"] = Metric(recall[:, column], [faces], counted=correct)
        metrics[f"f1/{name}"] = Metric(f1, [faces])
    return metrics


def happy_sad_metrics(
    weights: np.ndarray, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, Metric]:
    """Metrics of happy against sad, with these two probabilities renormalised, and slips to and from neutral.

    ``happy_or_not`` judges these two on the faces of all classes, where sad is right for whatever is not
    happy. Empty where the model does not know both classes, or the truth does not contain both.

    weights, truth, probabilities: see ``class_metrics``.
    """
    if (both := _happy_sad_pair(truth, probabilities, labels)) is None:
        return {}
    rows, not_happy, pair = both
    metrics = class_metrics(weights[:, rows], not_happy[rows], pair[rows], ("happy", "sad"))
    names = ("accuracy", "balanced_accuracy", "roc_auc", "calibration_error", "recall/happy", "recall/sad")
    result = {f"happy_against_sad/{name}": metrics[name].among(rows) for name in names}
    if not rows.all():
        metrics = class_metrics(weights, not_happy, pair, ("happy", "sad"))
        result |= {f"happy_or_not/{name}": metrics[name] for name in ("balanced_accuracy", "roc_auc")}
    return result | _slips(weights, truth, probabilities, labels)


def _happy_sad_pair(
    truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Whether each face is happy or sad, (N,) bool; whether it is not happy, (N,) int64; and its
    probabilities of happy and sad, renormalised, (N, 2) float64.

    None where the model does not know both classes, or the truth does not contain both.
    """
    if "happy" not in labels or "sad" not in labels:
        return None
    happy, sad = labels.index("happy"), labels.index("sad")
    rows = (truth == happy) | (truth == sad)
    if len(np.unique(truth[rows])) < 2:
        return None
    return rows, (truth != happy).astype(int), renormalised(probabilities[:, [happy, sad]])


def renormalised(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities of some of the classes, (N, K), as (N, K) float64 whose rows sum to 1."""
    kept = probabilities.astype(np.float64) + 1e-12
    return kept / kept.sum(axis=1, keepdims=True)


def _slips(
    weights: np.ndarray, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, Metric]:
    """Shares of happy and sad faces called neutral, and of neutral ones called sad, by name."""
    if "neutral" not in labels:
        return {}
    happy, sad, neutral = (labels.index(name) for name in ("happy", "sad", "neutral"))
    called = probabilities.argmax(axis=1)
    slips = {
        "called_neutral/happy": (truth == happy, called == neutral),
        "called_neutral/sad": (truth == sad, called == neutral),
        "neutral_called_sad": (truth == neutral, called == sad),
    }
    return {
        name: Metric(_share(weights, faces, counted), [faces], counted=counted)
        for name, (faces, counted) in slips.items()
        if faces.any()
    }


def bootstrap_weights(group: np.ndarray, replicates: int = REPLICATES, seed: int = 0) -> np.ndarray:
    """How often each row is drawn in each replicate, (B, N) float64.

    Whole groups are drawn, since their pictures are not independent. group: (N,) int; -1 is in no group.
    """
    cluster, count = clusters(group)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / max(count, 1)), replicates)
    return drawn.astype(np.float64)[:, cluster]


def random_signs(group: np.ndarray, replicates: int, *, seed: int) -> np.ndarray:
    """Random signs -1 or 1, (B, N) float64, the same for a whole group. group: see ``bootstrap_weights``."""
    cluster, count = clusters(group)
    return np.random.default_rng(seed).integers(0, 2, (replicates, count))[:, cluster] * 2.0 - 1


def _share(weights: np.ndarray, faces: np.ndarray, counted: np.ndarray) -> np.ndarray:
    return _ratio(weights @ (faces & counted).astype(float), weights @ faces.astype(float))


def _spread(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The values of the chosen rows, (N,) bool, as (M,) bool, False elsewhere. rows: (M,) bool, N chosen."""
    spread = np.zeros(len(rows), bool)
    spread[rows] = values
    return spread


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
