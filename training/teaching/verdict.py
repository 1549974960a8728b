"""Whether a taught model may be kept: figures before and after, and sentences for the user."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from happysad_live.core.counts import percent
from happysad_live.core.sentences import listed
from training.teaching.last_layer import LastLayer

GENERAL_TOLERANCE = 0.02
"""The most that a taught model may lose of its balanced accuracy on general faces, even if by chance."""

CLASS_TOLERANCE = 0.08
"""The most that a taught model may lose of one class's recall on general faces, even if by chance: the mean
could hide the ruin of a class."""

CLEAR_LOSS, CLEAR_CLASS_LOSS = 0.01, 0.04
"""The most that a taught model may lose of its accuracy on general faces, and of one class's recall, where
that is no chance. Thirty teachings with drawn samples of validation faces cost at most .009 and .026."""

CLEAR_Z = 3.0
"""The number of standard deviations beyond which a loss is no chance: of 1,000 models that are as good as
before, one would lose so much."""

OWN_CLASS_TOLERANCE = 0.25
"""The most that a taught model may lose of the recall of one of the person's own expressions: one picture of
four, the fewest held out."""

_ROUNDING = 1e-9
"""More than the order of the recalls changes their mean, and less than one picture does."""

MIN_CLASS_FACES = 100
"""The fewest general faces of a class for ``CLASS_TOLERANCE``: the recall of fewer is too uncertain."""

_PLAINER = "Show each expression more plainly, and try again."
_LONGER = "Hold each expression for the whole time, and try again."
_MEAN = " (mean over the expressions)"


@dataclass(frozen=True, slots=True)
class TeachFigures:
    """How good a model is on some faces.

    faces: their number. accuracy, balanced_accuracy: 0..1. true_class_probability: the mean probability of
    the right class. recall: 0..1, for each class that the faces show. counts: the faces of each class.
    """

    faces: int
    accuracy: float
    balanced_accuracy: float
    true_class_probability: float
    recall: Mapping[str, float]
    counts: Mapping[str, int]


def figures(
    last_layer: LastLayer, embeddings: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> TeachFigures:
    """Judge a last layer. embeddings: (N, D) float32. labels: (N,) int, places in ``names``."""
    probabilities = last_layer.probabilities(embeddings)
    right = probabilities.argmax(axis=1) == labels
    recall = {names[column]: float(right[labels == column].mean()) for column in np.unique(labels)}
    return TeachFigures(
        faces=len(labels),
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean(list(recall.values()))),
        true_class_probability=float(probabilities[np.arange(len(labels)), labels].mean()),
        recall=recall,
        counts={name: int((labels == names.index(name)).sum()) for name in recall},
    )


def why_refused(
    before: TeachFigures, after: TeachFigures, general_before: TeachFigures, general_after: TeachFigures
) -> str:
    """Why a taught model must not be kept, with the figures; empty where they allow it.

    ``why_clearly_worse`` must allow it, too.
    """
    old, new = general_before.balanced_accuracy, general_after.balanced_accuracy
    if old - new > GENERAL_TOLERANCE:
        return _worse("other people's faces", percent(old), percent(new), _PLAINER, _MEAN)
    for name, recall in general_before.recall.items():
        many = general_before.counts[name] >= MIN_CLASS_FACES
        if many and recall - general_after.recall[name] > CLASS_TOLERANCE:
            at = f"other people's {name} faces"
            return _worse(at, percent(recall), percent(general_after.recall[name]), _PLAINER)
    gain = after.balanced_accuracy - before.balanced_accuracy
    if gain < -_ROUNDING:
        return _worse("your own face", *_percents(before, after), _LONGER, _MEAN)
    for name, recall in before.recall.items():
        if recall - after.recall[name] > OWN_CLASS_TOLERANCE:
            return _worse(f"your own {name} face", percent(recall), percent(after.recall[name]), _LONGER)
    if gain <= _ROUNDING and after.true_class_probability <= before.true_class_probability:
        gained = "Nothing was gained: it was right about your face just as often before."
        return f"{gained} The model stays as it was."
    return ""


def why_clearly_worse(
    before: LastLayer, after: LastLayer, embeddings: np.ndarray, labels: np.ndarray, names: Sequence[str]
) -> str:
    """Why a taught model must not be kept that became clearly worse at general faces; empty if it did not.

    embeddings: (N, D) float32. labels: (N,) int, places in ``names``.
    """
    was, now = (layer.probabilities(embeddings).argmax(axis=1) == labels for layer in (before, after))
    parts = [("other people's faces", np.ones(len(labels), bool), CLEAR_LOSS)]
    for column, name in enumerate(names):
        parts.append((f"other people's {name} faces", labels == column, CLEAR_CLASS_LOSS))
    for at, rows, tolerance in parts:
        if rows.any() and _is_clear_loss(was[rows], now[rows], tolerance):
            return _worse(at, percent(was[rows].mean()), percent(now[rows].mean()), _PLAINER)
    return ""


def _is_clear_loss(was: np.ndarray, now: np.ndarray, tolerance: float) -> bool:
    """Whether fewer faces are right now than before, by more than is tolerated and than chance may bring.

    Only faces that are right before or now, but not both, tell anything (McNemar, 1947). was, now: (N,) bool,
    whether each face is right. tolerance: a share of the faces.
    """
    lost, gained = int((was & ~now).sum()), int((now & ~was).sum())
    return lost - gained > max(tolerance * len(was), CLEAR_Z * math.sqrt(lost + gained))


def _worse(at: str, before: str, after: str, advice: str, of_what: str = "") -> str:
    return f"The taught model got worse at {at}: {before} right before, {after} after{of_what}. {advice}"


def praise(labels: Sequence[str], before: TeachFigures, after: TeachFigures) -> str:
    """What a model that may be kept is good for, and what is not known of it. labels: the model's."""
    praised = _gained(before, after)
    if missed := still_missed(after):
        praised += (
            f" {_own_faces(missed, 'is', 'are')} still called something else more often than not. Were the "
            "expressions shown in the order in which they were asked for? If not, try again."
        )
    if missing := not_shown(labels, before):
        it = "it" if len(missing) == 1 else "they"
        praised += f" {_own_faces(missing, 'was', 'were')} not shown: {it} may be missed more often now."
    return praised


def _own_faces(labels: Sequence[str], verb: str, verb_of_several: str) -> str:
    """How a sentence about the user's own expressions begins, as "Your sad face is"."""
    return f"Your {listed(labels)} " + (f"face {verb}" if len(labels) == 1 else f"faces {verb_of_several}")


def _gained(before: TeachFigures, after: TeachFigures) -> str:
    if after.balanced_accuracy - before.balanced_accuracy > _ROUNDING:
        old, new = _percents(before, after)
        return (
            f"On your pictures that it had not learnt from, it was right in {old} before, and is now right "
            f"in {new}{_MEAN}."
        )
    if after.balanced_accuracy > 1 - _ROUNDING:
        return "It already knew your face: even before, it was right on every picture it had not learnt from."
    return "It is right as often as before."


def still_missed(after: TeachFigures) -> tuple[str, ...]:
    """The person's own expressions that the taught model calls wrong more often than right."""
    return tuple(label for label, recall in after.recall.items() if recall < 0.5)


def not_shown(labels: Sequence[str], before: TeachFigures) -> tuple[str, ...]:
    """The labels that the person did not show: how well these expressions are read now is not known."""
    return tuple(label for label in labels if label not in before.recall)


def _percents(before: TeachFigures, after: TeachFigures) -> tuple[str, str]:
    """Both balanced accuracies in per cent, with a decimal where they would read alike without."""
    old, new = before.balanced_accuracy, after.balanced_accuracy
    if percent(old) != percent(new):
        return percent(old), percent(new)
    return f"{100 * old:.1f} %", f"{100 * new:.1f} %"
