"""How good predictions are, for any weighting of the rows at once.

A bootstrap asks for every figure a thousand times over, so each function here takes a matrix of row
weights, one replicate a row, and answers with one value a replicate. Weights of one give the plain figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from training.faces.split import units
from training.judging.intervals import Interval, interval

CALIBRATION_BINS = 15
REPLICATES = 1000

MIN_UNITS = 5
"""People, groups of related pictures and lone pictures: a bootstrap has too little to draw from fewer."""

Figures = dict[str, np.ndarray]
"""Name of a figure -> (B,) float64, one value a replicate, NaN where it is not defined."""


def confusion(weights: np.ndarray, truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrices, (B, K, K) float64: rows are the truth, columns what was predicted.

    weights: (B, N). truth, predicted: (N,) int class numbers below ``classes``.
    """
    cell = np.zeros((len(truth), classes * classes))
    cell[np.arange(len(truth)), truth * classes + predicted] = 1
    return (weights @ cell).reshape(len(weights), classes, classes)


def auc(weights: np.ndarray, positive: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Area under the ROC curve, (B,): how often a positive row scores above a negative one, ties half.

    positive: (N,) bool. score: (N,) float.
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

    correct: (N,) bool, whether the winner is right. confidence: (N,) its probability.
    """
    return _ratio(_calibration_gap(weights * (correct - confidence), confidence), weights.sum(axis=1))


def _calibration_gap(excess: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """excess: (B, N), by how much each row is more often right than sure."""
    return np.abs(excess @ np.eye(CALIBRATION_BINS)[calibration_bin(confidence)]).sum(axis=1)


def chance_calibration_errors(
    signs: np.ndarray,
    random: np.ndarray,
    truth: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
) -> Figures:
    """The calibration errors of ``class_figures`` and ``happy_sad_figures`` that chance alone would make.

    In two ways, (B, 2): in a perfectly calibrated model the gap between right and sure may as well have the
    other sign, which coins turn (wild cluster bootstrap, Cameron, Gelbach and Miller 2008; this knows of
    groups), and each row is right as often as the model is sure (this knows of errors that did not happen).

    signs: (B, N) float64, -1 or 1, the same for the faces of a group. random: (B, N) float64, 0 to 1.
    """
    figures = {"calibration_error": _chance_errors(signs, random, truth, probabilities)}
    if (both := _happy_sad_pair(truth, probabilities, labels)) is not None:
        rows, not_happy, pair = both
        figures["happy_against_sad/calibration_error"] = _chance_errors(
            signs[:, rows], random[:, rows], not_happy[rows], pair[rows]
        )
    return figures


def _chance_errors(
    signs: np.ndarray, random: np.ndarray, truth: np.ndarray, probabilities: np.ndarray
) -> np.ndarray:
    correct, confidence = probabilities.argmax(axis=1) == truth, probabilities.max(axis=1)
    turned = _calibration_gap(signs * (correct - confidence), confidence)
    redrawn = _calibration_gap((random < confidence) - confidence, confidence)
    return np.stack([turned, redrawn], axis=1) / len(truth)


def calibration_bin(confidence: np.ndarray) -> np.ndarray:
    """The bin, 0..14, of each probability."""
    return np.clip(np.ceil(confidence * CALIBRATION_BINS) - 1, 0, CALIBRATION_BINS - 1).astype(np.int64)


def class_figures(
    weights: np.ndarray, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> Figures:
    """Accuracy, balanced accuracy, ROC-AUC (one against the rest, mean), calibration error, and
    precision, recall and F1 of each class as ``precision/happy``.

    Means are over the classes that the truth contains; where a replicate holds no row of one of them, they
    are not defined. probabilities: (N, K) float, rows sum to 1.
    """
    predicted = probabilities.argmax(axis=1)
    table = confusion(weights, truth, predicted, len(labels))
    right = np.diagonal(table, axis1=1, axis2=2)
    actual, called = table.sum(axis=2), table.sum(axis=1)
    recall, precision = _ratio(right, actual), _ratio(right, called)
    present = np.flatnonzero(np.bincount(truth, minlength=len(labels)))
    areas = np.stack([auc(weights, truth == k, probabilities[:, k]) for k in present], axis=1)
    figures = {
        "accuracy": _ratio(right.sum(axis=1), actual.sum(axis=1)),
        "balanced_accuracy": recall[:, present].mean(axis=1),
        "roc_auc": areas.mean(axis=1),
        "calibration_error": calibration_error(weights, predicted == truth, probabilities.max(axis=1)),
    }
    for column in present:
        name = labels[column]
        figures[f"precision/{name}"] = precision[:, column]
        figures[f"recall/{name}"] = recall[:, column]
        figures[f"f1/{name}"] = _ratio(2 * right[:, column], actual[:, column] + called[:, column])
    return figures


def happy_sad_figures(
    weights: np.ndarray, truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> Figures:
    """Happy against sad with the two probabilities renormalised, and the usual slips towards neutral.

    ``happy_or_not`` judges the same two on the faces of all classes, where they ought to say sad of
    whatever is not happy. Empty where the model does not know both, or the truth does not contain both.
    """
    if (both := _happy_sad_pair(truth, probabilities, labels)) is None:
        return {}
    rows, not_happy, pair = both
    figures = class_figures(weights[:, rows], not_happy[rows], pair[rows], ("happy", "sad"))
    names = ("accuracy", "balanced_accuracy", "roc_auc", "calibration_error", "recall/happy", "recall/sad")
    result = {f"happy_against_sad/{name}": figures[name] for name in names}
    if not rows.all():
        figures = class_figures(weights, not_happy, pair, ("happy", "sad"))
        result |= {f"happy_or_not/{name}": figures[name] for name in ("balanced_accuracy", "roc_auc")}
    slips = _slips(truth, probabilities, labels)
    return result | {name: _share(weights, of, those) for name, (of, those) in slips.items() if of.any()}


def _happy_sad_pair(
    truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Which faces are happy or sad, (N,) bool; of all, which are not happy, (N,) int64, and the two
    probabilities, renormalised, (N, 2) float64.

    None where the model does not know both, or the truth does not contain both.
    """
    if "happy" not in labels or "sad" not in labels:
        return None
    happy, sad = labels.index("happy"), labels.index("sad")
    rows = (truth == happy) | (truth == sad)
    if len(np.unique(truth[rows])) < 2:
        return None
    return rows, (truth != happy).astype(int), renormalised(probabilities[:, [happy, sad]])


def renormalised(probabilities: np.ndarray) -> np.ndarray:
    """(N, K) float64, rows sum to 1. probabilities: (N, K), of some of the classes."""
    kept = probabilities.astype(np.float64) + 1e-12
    return kept / kept.sum(axis=1, keepdims=True)


def proportions(
    truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The figures that are a share of some faces: of which ones, and which of these count, (N,) bool each."""
    right = probabilities.argmax(axis=1) == truth
    shares = {"accuracy": (np.ones(len(truth), bool), right)}
    shares |= {f"recall/{name}": (truth == column, right) for column, name in enumerate(labels)}
    if "happy" not in labels or "sad" not in labels:
        return shares
    happy, sad = labels.index("happy"), labels.index("sad")
    right = (probabilities[:, happy] >= probabilities[:, sad]) == (truth == happy)
    pair = {
        "accuracy": np.isin(truth, (happy, sad)),
        "recall/happy": truth == happy,
        "recall/sad": truth == sad,
    }
    shares |= {f"happy_against_sad/{name}": (of, right) for name, of in pair.items()}
    return shares | _slips(truth, probabilities, labels)


def _slips(
    truth: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The usual slips between neutral, where the model knows it, and the other two, as in ``proportions``."""
    if "neutral" not in labels:
        return {}
    happy, sad, neutral = (labels.index(name) for name in ("happy", "sad", "neutral"))
    called = probabilities.argmax(axis=1)
    return {
        "called_neutral/happy": (truth == happy, called == neutral),
        "called_neutral/sad": (truth == sad, called == neutral),
        "neutral_called_sad": (truth == neutral, called == sad),
    }


def bootstrap_weights(group: np.ndarray, replicates: int = REPLICATES, seed: int = 0) -> np.ndarray:
    """How often each row is drawn in each replicate, (B, N) float64.

    Whole groups are drawn, since their pictures are not independent; -1 is a group of its own.
    """
    unit, count = units(group)
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / max(count, 1)), replicates)
    return drawn.astype(np.float64)[:, unit]


def coins(group: np.ndarray, replicates: int, *, seed: int = 0) -> np.ndarray:
    """(B, N) float64: 0 or 1 for each picture, as a coin decides; one for a whole group. group: as above."""
    unit, count = units(group)
    return np.random.default_rng(seed).integers(0, 2, (replicates, count))[:, unit].astype(np.float64)


def with_intervals(
    plain: Mapping[str, np.ndarray], drawn: Mapping[str, np.ndarray], by_chance: Mapping[str, np.ndarray]
) -> dict[str, Interval]:
    """Each figure's value and the bootstrap's 95 % interval.

    A binned calibration error is biased upwards, since chance gaps of either sign add up; bootstrap
    replicates carry that bias twice. So twice the bias, as the bootstrap estimates it (Efron and Tibshirani,
    1993, chapter 10), is taken off them, and the interval is widened where it then lacks the value. It begins
    at 0 where chance alone may make such an error. Where all faces or none are called right, no replicate
    knows of an error of the other kind, and there is no interval.

    by_chance: of ``chance_calibration_errors``.
    """
    intervals = {}
    for name, value in plain.items():
        plain_value, replicates = float(value[0]), drawn[name]
        if not name.endswith("calibration_error"):
            intervals[name] = interval(plain_value, replicates)
            continue
        if accuracy_beside(name, plain) in (0, 1):
            intervals[name] = interval(plain_value, replicates).without_bounds()
            continue
        bias = float(np.nanmean(replicates)) - plain_value if np.isfinite(replicates).any() else 0.0
        found = interval(plain_value, np.maximum(replicates - 2 * bias, 0))
        if found.value is not None and found.low is not None and found.high is not None:
            may_be_chance = plain_value <= np.percentile(by_chance[name], 97.5, axis=0).max()
            low = 0.0 if may_be_chance else min(found.low, found.value)
            found = Interval(found.value, low, max(found.high, found.value))
        intervals[name] = found
    return intervals


def accuracy_beside(calibration_error_name: str, plain: Mapping[str, np.ndarray]) -> float:
    """The accuracy of the faces and classes that a calibration error is of."""
    return float(plain[calibration_error_name.removesuffix("calibration_error") + "accuracy"][0])


def units_behind(
    names: Iterable[str],
    truth: np.ndarray,
    probabilities: np.ndarray,
    group: np.ndarray,
    labels: Sequence[str],
) -> dict[str, int]:
    """On how many people, groups of related pictures and lone pictures each of the figures rests.

    A mean over classes rests on those of the class that has the fewest.
    """
    shares = {name: of for name, (of, _) in proportions(truth, probabilities, labels).items()}
    called = probabilities.argmax(axis=1)

    def rows_of_classes(name: str) -> list[np.ndarray]:
        kind, _, label = name.rpartition("/")
        if name in shares:
            return [shares[name]]
        if kind == "precision":
            return [called == labels.index(label)]
        if kind == "f1":
            return [truth == labels.index(label)]
        if kind == "happy_or_not":
            return [truth == labels.index("happy"), truth != labels.index("happy")]
        shown = ("happy", "sad") if kind == "happy_against_sad" else [labels[k] for k in np.unique(truth)]
        rows = [truth == labels.index(one) for one in shown]
        return [np.any(rows, axis=0)] if label == "calibration_error" else rows

    return {name: min(units(group[rows])[1] for rows in rows_of_classes(name)) for name in names}


def _share(weights: np.ndarray, of: np.ndarray, those: np.ndarray) -> np.ndarray:
    return _ratio(weights @ (of & those).astype(float), weights @ of.astype(float))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole, NaN where whole is 0."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)
