"""“Teach it my face”: a model's last layer, retrained on a few seconds of one person's expressions.

Later seconds are held out, so what is told about the taught model was measured on pictures that it
has not learnt from. A model that got worse for other people is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.runtime import load_network
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import ModelError, TrainingError
from training.teaching.bundle import BundleWriter, parent_of
from training.teaching.general_faces import embedder, last_layer, load_general_faces
from training.teaching.head import Head, fit_head

HELD_OUT_SHARE = 1 / 3
"""The last part of each expression's time is held out."""

GAP_S = 0.3
"""Left out between learnt and held-out seconds, whose neighbouring frames are nearly the same."""

MIN_LEARNT = 8
MIN_HELD_OUT = 4
"""Fewer pictures of an expression say nothing about it."""

MAX_LEARNT = 60
"""Pictures of an expression to learn from, spread over its time; more of them bring only waiting."""

GENERAL_TOLERANCE = 0.02
"""How much of the balanced accuracy on general faces a taught model may lose. With some 3,000 judged faces,
a few hundred of the rarest class, its standard error is about 0.01: less cannot be told from chance."""

CLASS_TOLERANCE = 0.08
"""How much of one class's recall on general faces it may lose: a class's ruin could hide in the mean.
About three standard errors with 300 faces of the class."""

OWN_CLASS_TOLERANCE = 0.25
"""How much of one of the person's own expressions it may lose: one picture of four, the fewest held out."""

MIN_CLASS_FACES = 100
"""A class with fewer general faces counts in the mean only: its own recall is too uncertain."""

Progress = Callable[[str, float], None]
"""Is told what is being done, and how much of the whole is done, 0..1. What it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Pictures of one expression. times_s: (N,) seconds, rising. crops: (N, 256, 256, 3) uint8 RGB."""

    label: str
    times_s: np.ndarray
    crops: np.ndarray


@dataclass(frozen=True, slots=True)
class Figures:
    """How good a model is on some faces.

    faces: how many there are. surety: mean probability of the right class. recall: for each class
    that they show, 0..1. counts: how many faces show it.
    """

    faces: int
    accuracy: float
    balanced_accuracy: float
    surety: float
    recall: Mapping[str, float]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TeachOutcome:
    """What teaching came to.

    before, after: on the person's held-out seconds. general_*: on other people's faces.
    reason: why it was refused, or what it is good for: a sentence or two for the user.
    bundle_writer: writes the taught model as a bundle of its own; None where it was refused.
    """

    before: Figures
    after: Figures
    general_before: Figures
    general_after: Figures
    accepted: bool
    reason: str
    bundle_writer: BundleWriter | None


def teachable(name_or_folder: str | Path) -> ModelBundle:
    """The model to teach when the user means this one: itself, or what it was taught from.

    Raises ModelError when it cannot be used, TrainingError when it cannot be taught.
    """
    bundle = load_bundle(name_or_folder)
    parent = parent_of(bundle)
    if parent is not None:
        bundle = _same_parent(bundle, parent)
    load_general_faces(bundle)
    return bundle


def _same_parent(taught: ModelBundle, name: str) -> ModelBundle:
    """The model of that name, if it is the one that was taught."""
    wanted = taught.info["parent"].get("weights_sha256")
    try:
        parent = load_bundle(name)
    except ModelError:
        parent = None
    if parent is None or (wanted and parent.sha256 != wanted):
        raise TrainingError(
            f"“{taught.name}” was taught from another “{name}” than the one here: open that model's folder, "
            "and teach it."
        )
    return parent


def usable(times_s: Sequence[float] | np.ndarray) -> bool:
    """Whether pictures of one expression, taken at these times, are enough to learn from."""
    learnt, held_out = _divided_rows(np.asarray(times_s, np.float64))
    return len(learnt) >= MIN_LEARNT and len(held_out) >= MIN_HELD_OUT


def teach(
    bundle: ModelBundle, samples: Sequence[Sample], progress: Progress = lambda what, share: None
) -> TeachOutcome:
    """Retrain the last layer of a shipped model on one person. Writes nothing; takes seconds.

    Raises TrainingError where the model cannot be taught, or the pictures are too few.
    """
    if parent_of(bundle) is not None:
        raise TrainingError(f"“{bundle.name}” has been taught already: teach “{parent_of(bundle)}” instead.")
    _check(samples, bundle)
    general = load_general_faces(bundle)
    progress("Looking at your pictures", 0.0)
    network = load_network(bundle)
    kernel, bias = last_layer(network)
    shipped = Head(kernel, bias, bundle.temperature)
    parts = [_divided(sample, bundle.labels.index(sample.label)) for sample in samples]
    learnt = np.concatenate([_varied(part.learnt) for part in parts])
    held_out = np.concatenate([part.held_out for part in parts])
    # Each learnt picture comes in as many variants, one picture's after the other's.
    learnt_labels = np.concatenate([np.repeat(part.label, VARIANTS * len(part.learnt)) for part in parts])
    held_labels = np.concatenate([np.repeat(part.label, len(part.held_out)) for part in parts])
    embed = embedder(network)
    seen = _embedded(embed, learnt, lambda share: progress("Looking at your pictures", 0.1 + 0.5 * share))
    unseen = embed(held_out)
    taught = fit_head(
        shipped,
        seen,
        learnt_labels,
        general.embeddings[~general.judged],
        lambda share: progress("Learning", 0.7 + 0.3 * share),
    )
    judged = general.embeddings[general.judged], general.labels[general.judged]
    before, after = (_figures(head, unseen, held_labels, bundle.labels) for head in (shipped, taught))
    others_before, others_after = (_figures(head, *judged, bundle.labels) for head in (shipped, taught))
    refusal = why_refused(before, after, others_before, others_after)
    progress("Done", 1.0)
    learnt_pictures = sum(len(part.learnt) for part in parts)
    writer = BundleWriter(bundle, taught, learnt_pictures, (before, after), (others_before, others_after))
    return TeachOutcome(
        before=before,
        after=after,
        general_before=others_before,
        general_after=others_after,
        accepted=not refusal,
        reason=refusal or _praise(before, after),
        bundle_writer=None if refusal else writer,
    )


def why_refused(before: Figures, after: Figures, general_before: Figures, general_after: Figures) -> str:
    """Why a taught model must not be kept, with the figures; empty where it may."""
    loss = general_before.balanced_accuracy - general_after.balanced_accuracy
    if loss > GENERAL_TOLERANCE:
        return (
            "The taught model got worse at other people's faces: "
            f"{_percent(general_before.balanced_accuracy)} right before, "
            f"{_percent(general_after.balanced_accuracy)} after (mean over the expressions). "
            "Show each expression more plainly, and try again."
        )
    for name, recall in general_before.recall.items():
        many = general_before.counts[name] >= MIN_CLASS_FACES
        if many and recall - general_after.recall[name] > CLASS_TOLERANCE:
            return (
                f"The taught model got worse at other people's {name} faces: {_percent(recall)} right "
                f"before, {_percent(general_after.recall[name])} after. "
                "Show each expression more plainly, and try again."
            )
    if after.balanced_accuracy < before.balanced_accuracy:
        return (
            "The taught model got worse at your own face: "
            f"{_percent(before.balanced_accuracy)} right before, {_percent(after.balanced_accuracy)} after. "
            "Keep each expression up for the whole time, and try again."
        )
    for name, recall in before.recall.items():
        if recall - after.recall[name] > OWN_CLASS_TOLERANCE:
            return (
                f"The taught model got worse at your own {name} face: {_percent(recall)} right before, "
                f"{_percent(after.recall[name])} after. "
                "Keep each expression up for the whole time, and try again."
            )
    if after.balanced_accuracy == before.balanced_accuracy and after.surety <= before.surety:
        return "Nothing was gained: the model knew your face as well before. It stays as it was."
    return ""


def _praise(before: Figures, after: Figures) -> str:
    if after.balanced_accuracy > before.balanced_accuracy:
        return (
            f"It was right in {_percent(before.balanced_accuracy)} of your pictures that it had not "
            f"learnt from, and is now right in {_percent(after.balanced_accuracy)}."
        )
    if after.balanced_accuracy == 1.0:
        return "It knew your face already: every picture that it had not learnt from was right before, too."
    return "It is right as often as before."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# --- the pictures ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """One expression's crops, divided; label: its column."""

    label: int
    learnt: np.ndarray
    held_out: np.ndarray


VARIANTS = 3
"""A learnt picture as it is, mirrored, and turned, shifted and zoomed a little."""


def _check(samples: Sequence[Sample], bundle: ModelBundle) -> None:
    names = [sample.label for sample in samples]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise TrainingError("Show at least two different expressions, each of them once.")
    for sample in samples:
        if sample.label not in bundle.labels:
            raise TrainingError(f"The model “{bundle.name}” knows no “{sample.label}”.")
        if sample.crops.shape[1:] != (CROP_SIZE_PX, CROP_SIZE_PX, 3) or sample.crops.dtype != np.uint8:
            raise ValueError(f"crops must be (N, 256, 256, 3) uint8, not {sample.crops.shape}")


def _divided(sample: Sample, label: int) -> _Part:
    """Earlier seconds to learn from, later ones held out. Raises TrainingError where they are too few."""
    early, late = _divided_rows(np.asarray(sample.times_s, np.float64))
    if not usable(sample.times_s):
        raise TrainingError(
            f"Your face was seen too rarely while you showed “{sample.label}”: look into the camera, "
            "in good light, and try again."
        )
    return _Part(label, sample.crops[_spread(early, MAX_LEARNT)], sample.crops[_spread(late, MAX_LEARNT)])


def _divided_rows(times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows to learn from, and the rows held out."""
    begin_s, end_s = (times_s[0], times_s[-1]) if len(times_s) else (0.0, 0.0)
    border_s = end_s - HELD_OUT_SHARE * (end_s - begin_s)
    return np.flatnonzero(times_s < border_s - GAP_S), np.flatnonzero(times_s >= border_s)


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def _varied(crops: np.ndarray) -> np.ndarray:
    """Every crop in its variants: (N, 256, 256, 3) -> (VARIANTS * N, 256, 256, 3)."""
    random = np.random.default_rng(0)
    middle = ((CROP_SIZE_PX - 1) / 2,) * 2
    varied = []
    for crop in crops:
        warp = cv2.getRotationMatrix2D(middle, random.uniform(-8, 8), random.uniform(0.93, 1.07))
        warp[:, 2] += random.uniform(-8, 8, 2)
        moved = cv2.warpAffine(crop, warp, (CROP_SIZE_PX,) * 2, borderMode=cv2.BORDER_REPLICATE)
        varied += [crop, crop[:, ::-1], moved]
    return np.stack(varied)


def _embedded(
    embed: Callable[[np.ndarray], np.ndarray], crops: np.ndarray, done: Callable[[float], None]
) -> np.ndarray:
    """The embeddings of many crops, telling how far it is."""
    parts = []
    pieces = np.array_split(crops, max(len(crops) // 64, 1))
    for number, piece in enumerate(pieces, 1):
        parts.append(embed(piece))
        done(number / len(pieces))
    return np.concatenate(parts)


def _figures(head: Head, embeddings: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Figures:
    probabilities = head.probabilities(embeddings)
    right = probabilities.argmax(axis=1) == labels
    recall = {names[column]: float(right[labels == column].mean()) for column in np.unique(labels)}
    return Figures(
        faces=len(labels),
        accuracy=float(right.mean()),
        balanced_accuracy=float(np.mean(list(recall.values()))),
        surety=float(probabilities[np.arange(len(labels)), labels].mean()),
        recall=recall,
        counts={name: int((labels == names.index(name)).sum()) for name in recall},
    )
