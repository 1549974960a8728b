"""Calibration: class biases, temperature and threshold, fitted to a network's logits of validation faces."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from happysad_live.classification.bundle import TEMPERATURES
from happysad_live.core.softmax import softmax
from happysad_live.errors import TrainingError
from training.faces.groups import clusters
from training.fitting.config import HeadConfig
from training.minimise import minimise

_STEPS = 500
_RATE = 0.1

_TEMPERATURE_DOUBT = 0.5
"""Standard deviation of the log temperature around that of the model, where a run went on from one."""

_BIAS_DOUBT = 0.5
"""Standard deviation of a class's bias / temperature where a run went on from a model: odds of 1.6 to 1."""

_BIAS_DOUBT_ALONE = 2.0
"""Standard deviation of a class's bias / temperature where no model says what to expect: odds of 7 to 1."""

_MIN_FACES = 100
"""The fewest faces, related ones counted once, to choose a threshold by: of fewer, a handful would decide."""

MAX_THRESHOLD = 0.9
"""The largest threshold, however sure a network is of few validation faces: clear ones must not be unsure."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns raw logits into probabilities that can be believed: softmax((logits + bias) / temperature).

    bias: (K,) float64, with mean 0. threshold: a face whose best probability is below it is unsure.
    is_threshold_new: whether the threshold was chosen here, not taken from the run's start model.
    """

    bias: np.ndarray
    temperature: float
    threshold: float
    is_threshold_new: bool = True

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """(N, K) logits -> (N, K) probabilities."""
        return softmax((logits + self.bias) / self.temperature)


@dataclass(frozen=True, slots=True)
class CalibrationPrior:
    """The calibration that a run expects, taken from the model that it went on from.

    threshold: for as many classes as the head has, see ``ModelBundle.threshold_among``.
    """

    temperature: float
    threshold: float


def calibrate(
    logits: np.ndarray,
    shares: np.ndarray,
    weight: np.ndarray,
    head: HeadConfig,
    expected: CalibrationPrior | None = None,
    *,
    group: np.ndarray | None = None,
) -> Calibration:
    """Fit bias and temperature by the likelihood of validation faces, and choose the threshold by them.

    logits: (N, K). shares: (N, K) float, how much each face shows each class, rows sum to 1.
    weight: (N,), how much each face counts, before classes are evened out by ``head.prior``.
    expected: None where no model says what to expect. Otherwise, bias and temperature have the largest a
        posteriori probability: a dozen faces say less about them than the model, some hundreds more; and its
        threshold is kept where there are fewer than a hundred faces.
    group: (N,) int, faces of the same number belong together, such as the frames of a clip, and count as one
        face; a face of -1, or any face where there is no array, is related to none.

    Temperature scaling: Guo et al., 2017, "On calibration of modern neural networks". Where nothing is
    expected, each of a class's n faces counts for (n + 1) / (n + 2) of the class only: though all of them may
    be called right, the next one need not be (Platt, 1999, "Probabilistic outputs for support vector
    machines").

    Raises TrainingError where no face shows one of the classes.
    """
    counted = weight > 0  # faces of no weight are not among the n faces of a class either
    logits, shares, weight = logits[counted], shares[counted], weight[counted]
    cluster, _ = clusters(np.full(len(weight), -1) if group is None else group[counted])
    weight = weight / np.bincount(cluster)[cluster]
    amount = (shares * weight[:, None]).sum(axis=0)
    if (amount <= 0).any():
        missing = head.classes[int(np.argmin(amount))]
        raise TrainingError(
            f"No validation face shows “{missing}”: the head “{head.name}” cannot be calibrated."
        )
    evened = (amount / amount.sum()) ** (head.prior - 1)
    target = (_cautious(shares, cluster) if expected is None else shares) * weight[:, None] * evened
    faces = _effective_number(target.sum(axis=1), cluster)
    target /= target.sum()
    bias, temperature = _most_probable(np.asarray(logits, np.float64), target, expected, faces)
    if expected is not None and _effective_number(weight, cluster) < _MIN_FACES and head.max_unsure > 0:
        return Calibration(bias, temperature, min(expected.threshold, MAX_THRESHOLD), is_threshold_new=False)
    found = Calibration(bias, temperature, threshold=0.0)
    best = found.probabilities(logits).max(axis=1)
    return replace(found, threshold=_threshold(best, weight, head.max_unsure))


def _effective_number(weight: np.ndarray, cluster: np.ndarray) -> float:
    """Kish's effective sample size: the number of unrelated faces of equal weight that say as much (1965,
    "Survey sampling").

    weight: (N,). cluster: (N,), see ``clusters``.
    """
    amount = np.bincount(cluster, weight)
    return float(amount.sum() ** 2 / (amount**2).sum())


def _most_probable(
    logits: np.ndarray, target: np.ndarray, expected: CalibrationPrior | None, faces: float
) -> tuple[np.ndarray, float]:
    """The most probable bias and temperature, given the faces and what was expected.

    target: (N, K), how much each face counts for each class, sum 1. faces: their effective number.
    """
    count = logits.shape[1]
    # Divided by their spread, so that the temperature is near 1, however large a network makes its logits.
    unit = float((logits - logits.mean(axis=1, keepdims=True)).std()) or 1.0
    logits = logits / unit
    middle, doubts = np.zeros(count + 1), np.append(np.full(count, _BIAS_DOUBT_ALONE), np.inf)
    if expected:
        middle[count] = math.log(expected.temperature / unit)
        doubts = np.append(np.full(count, _BIAS_DOUBT), _TEMPERATURE_DOUBT)
    pulls = 1 / (faces * doubts**2)
    # A class a row: NumPy takes sums and maxima over a few rows many times as fast as over a few columns.
    by_class, wanted = np.ascontiguousarray(logits.T), np.ascontiguousarray(target.T)
    amount = wanted.sum(axis=0)

    def gradient(values: np.ndarray) -> np.ndarray:
        """The slope at values, (K + 1,): the bias divided by the temperature, and log(temperature)."""
        scaled = by_class * np.exp(-values[count])
        slope = softmax((scaled + values[:count, None]).T).T * amount - wanted
        data = np.append(slope.sum(axis=1), -(slope * scaled).sum())
        return np.asarray(data + pulls * (values - middle))

    values = minimise(gradient, middle, steps=_STEPS, rate=_RATE)
    # Where the logits say nothing of the faces, the likelihood grows with the temperature without end.
    temperature = float(np.clip(np.exp(values[count]) * unit, *TEMPERATURES))
    return (values[:count] - values[:count].mean()) * temperature, temperature


def _cautious(shares: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Class shares, (N, K), a little spread over the other classes: the less, the more faces a class has."""
    faces = np.zeros((len(shares), shares.shape[1]))  # how much each cluster shows each class
    np.maximum.at(faces, cluster, shares)
    doubt = (shares @ (1 / (faces.sum(axis=0) + 2)))[:, None]
    return np.asarray(shares * (1 - doubt) + (1 - shares) * doubt / (shares.shape[1] - 1))


def _threshold(best: np.ndarray, weight: np.ndarray, unsure: float) -> float:
    """The largest threshold, up to .9, below which lies at most the share ``unsure`` of the weight.

    best: (N,), the probability of each face's best label. Rounded down to four decimals.
    """
    order = np.argsort(best)
    below = np.cumsum(weight[order]) / weight.sum()
    place = int(np.searchsorted(below, unsure + 1e-12, side="right"))
    return min(math.floor(float(best[order][min(place, len(best) - 1)]) * 1e4) / 1e4, MAX_THRESHOLD)
