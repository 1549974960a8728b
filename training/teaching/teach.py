"""“Teach it my face”: a model's last layer, retrained on a few seconds of one person's expressions.

Later seconds are held out: a taught model's figures are measured on pictures that it has not learnt from. A
model that got worse for other people is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from happysad_live.classification.bundle import ModelBundle, load_bundle
from happysad_live.classification.runtime import load_network
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import ModelError, TrainingError
from training.teaching.bundle import TeachOutcome, parent_of
from training.teaching.embedding import embedder
from training.teaching.general_faces import load_general_faces
from training.teaching.last_layer import LastLayer, fit_last_layer
from training.teaching.samples import VARIANTS, Sample, divided, varied
from training.teaching.verdict import figures, praise, why_clearly_worse, why_refused

Progress = Callable[[str, float], None]
"""A function that is told what is being done, and which share 0..1 of the whole is done; it may raise, which
ends the work."""


def teachable(name_or_folder: str | Path) -> ModelBundle:
    """The model to teach when the user names this one: itself, or the model that it was taught from.

    Raises ModelError when it cannot be used, TrainingError when it cannot be taught.
    """
    bundle = load_bundle(name_or_folder)
    parent = parent_of(bundle)
    if parent is not None:
        bundle = _same_parent(bundle, parent)
    load_general_faces(bundle)
    return bundle


def _same_parent(taught: ModelBundle, name: str) -> ModelBundle:
    """The model of that name, if ``taught`` was made from its weights; else raises TrainingError."""
    wanted = taught.info["parent"].get("weights_sha256")
    try:
        parent = load_bundle(name)
    except ModelError:
        parent = None
    if parent is None or (wanted and parent.sha256 != wanted):
        raise TrainingError(
            f"“{taught.name}” was taught from a “{name}” that is not the one here: open that other model's "
            "folder, and teach it."
        )
    return parent


def teach(
    bundle: ModelBundle, samples: Sequence[Sample], progress: Progress = lambda what, share: None
) -> TeachOutcome:
    """Retrain the last layer of a model that was not taught yet on one person. Writes nothing; takes seconds.

    Raises TrainingError where the model cannot be taught, or the pictures are too few or their labels do not
    fit, ModelError where its weights cannot be loaded, and ValueError for crops of another shape or dtype.
    """
    if parent_of(bundle) is not None:
        raise TrainingError(f"“{bundle.name}” has been taught already: teach “{parent_of(bundle)}” instead.")
    _check(samples, bundle)
    general = load_general_faces(bundle)
    progress("Looking at your pictures", 0.0)
    network = load_network(bundle)
    shipped = LastLayer.of(network, bundle.temperature)
    labels = [bundle.labels.index(sample.label) for sample in samples]
    learnt, held_out = zip(*map(divided, samples), strict=True)
    learnt_labels, held_labels = (np.repeat(labels, [*map(len, part)]) for part in (learnt, held_out))
    embed = embedder(network)
    seen = embed(
        np.concatenate([varied(part) for part in learnt]),
        lambda share: progress("Looking at your pictures", 0.1 + 0.5 * share),
    )
    unseen = embed(np.concatenate(held_out))
    taught = fit_last_layer(
        shipped,
        seen,
        np.repeat(learnt_labels, VARIANTS),  # in the order of ``varied``
        general.embeddings[~general.judged],
        lambda share: progress("Learning", 0.7 + 0.3 * share),
    )
    judged = general.embeddings[general.judged], general.labels[general.judged]
    before, after = (figures(layer, unseen, held_labels, bundle.labels) for layer in (shipped, taught))
    others_before, others_after = (figures(layer, *judged, bundle.labels) for layer in (shipped, taught))
    refusal = why_refused(before, after, others_before, others_after)
    refusal = refusal or why_clearly_worse(shipped, taught, *judged, bundle.labels)
    progress("Done", 1.0)
    return TeachOutcome(
        bundle,
        taught,
        len(learnt_labels),
        before=before,
        after=after,
        general_before=others_before,
        general_after=others_after,
        accepted=not refusal,
        reason=refusal or praise(bundle.labels, before, after),
    )


def _check(samples: Sequence[Sample], bundle: ModelBundle) -> None:
    names = [sample.label for sample in samples]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise TrainingError("Show at least two different expressions, each of them once.")
    for sample in samples:
        if sample.label not in bundle.labels:
            raise TrainingError(f"The model “{bundle.name}” has no label “{sample.label}”.")
        if sample.crops.shape[1:] != (CROP_SIZE_PX, CROP_SIZE_PX, 3) or sample.crops.dtype != np.uint8:
            raise ValueError(f"crops must be (N, 256, 256, 3) uint8, not {sample.crops.shape}")
