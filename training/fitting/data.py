"""The data that a training run feeds its network: grey crops, and labels for all heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from happysad_live.core.counts import counted
from happysad_live.errors import TrainingError
from happysad_live.terminal import print_message
from training.faces.duplicates import near_duplicates
from training.faces.faceset import CLASSES, FaceSet, concatenate
from training.faces.fingerprints import Fingerprint, fingerprint_of
from training.faces.notes import tell_counted_twice
from training.fitting.augment import GREY_SIZE_PX
from training.fitting.config import ANY_SOURCE, FitConfig, HeadConfig, SourceConfig, source_config
from training.progress import progressed

_REMEDIES = {
    "train": "add pictures of it",
    "val": "add pictures of it from more people or clips, for what belongs together stays on one side",
}
"""What to do where a split lacks a class."""

_MIN_PICTURES = 4
"""The fewest pictures of a class, none of them related, of which ingest puts one into val."""

_NO_SPLIT = (
    "take at least four pictures of each class, better some dozens; where a column “split” names no val, "
    "mark some rows val or remove the column"
)
"""What to do where a split has no picture at all."""

_NO_TRAIN = "all pictures are in val or test: name some to train on"

_ONE_GROUP = "all pictures belong together, as those of one clip or person do: add some of others"

_NOT_COUNTED = "the calibration_weight of the sources that do is 0 in the config: raise it"


@dataclass(frozen=True, slots=True)
class TrainingFaces:
    """The pictures to train on.

    greys: (N, 160, 160) uint8, see ``read_greys``. labels: (N, 7) float32, class shares. source: (N,) str.
    """

    greys: np.ndarray
    labels: np.ndarray
    source: np.ndarray

    def __len__(self) -> int:
        return len(self.greys)


def load_faces(paths: Sequence[Path]) -> FaceSet:
    """The face sets of a run, joined; a note tells of faces that several hold.

    Raises TrainingError when there is none, one is unusable, or several share pictures across splits.
    """
    if not paths:
        raise TrainingError(
            "There is nothing to train on: name a folder of classes, a .csv or a face set with --data."
        )
    sets = [FaceSet.load(path) for path in paths]
    faces = concatenate(sets)
    if len(sets) > 1:
        _check_apart(sets, faces)
    if faces.classes != CLASSES:
        raise TrainingError(
            "The face set has other classes than this version: make it again with happysad-train ingest."
        )
    return faces


def usable_faces(config: FitConfig, faces: FaceSet) -> FaceSet:
    """The faces of classes that the config names; notes tell what is left out, and of sources without a face.

    Raises TrainingError when the faces are unfit for the config.
    """
    _tell_sources(config, faces)
    faces = _of_named_classes(faces, config)
    train = faces.split == "train"
    val = calibrating(faces, config.sources)
    hard = np.eye(len(CLASSES))[faces.hard_labels]
    for head in config.heads:
        columns = head_columns(head)
        for split, amounts in (("train", faces.labels[train]), ("val", hard[val])):
            amount = amounts[:, columns].sum(axis=0)
            if empty := [name for name, share in zip(head.classes, amount, strict=True) if share <= 0]:
                spare = ", or take the class out of the config" if len(head.classes) > 2 else ""
                remedy = _remedy(faces, split, empty[0])
                raise TrainingError(
                    f"No {split} picture shows “{empty[0]}”, which the head “{head.name}” is to learn: "
                    f"{remedy}{spare}."
                )
    if len(np.unique(faces.hard_labels[train])) < 2:
        raise TrainingError("All pictures to train on are of one class: there is nothing to tell apart.")
    return faces


def _remedy(faces: FaceSet, split: str, name: str) -> str:
    """What to do where no picture of a split counts for a class."""
    there = faces.split == split
    if not there.any():
        if split == "train":
            return _NO_TRAIN
        return _ONE_GROUP if len(np.unique(faces.group)) == 1 and faces.group[0] >= 0 else _NO_SPLIT
    if split == "val":
        shown = faces.decided & (faces.hard_labels == CLASSES.index(name))
        if (shown & there).any():
            return _NOT_COUNTED
        if shown.sum() < _MIN_PICTURES:
            return f"there are only {shown.sum()}, so take at least {_MIN_PICTURES}, better some dozens"
    return _REMEDIES[split]


def _tell_sources(config: FitConfig, faces: FaceSet) -> None:
    """Note sources of the config that no picture is of: a misspelt name would silently have no effect."""
    there = sorted({str(name) for name in faces.source})
    if unused := sorted(set(config.sources) - {*there, ANY_SOURCE}):
        plain = [name for name in there if name not in config.sources]
        print_message(
            f"Note: no picture is of the config's source {', '.join(unused)}"
            + (f"; {', '.join(plain)} has no entry of its own." if plain else ".")
        )


def _of_named_classes(faces: FaceSet, config: FitConfig) -> FaceSet:
    """The faces that some head can learn from; a note tells which classes are left out."""
    used = faces.labels[:, learnt_columns(config)].sum(axis=1) > 0
    if used.all():
        return faces
    unnamed = [CLASSES[label] for label in np.unique(faces.hard_labels[~used])]
    print_message(
        f"Not used: {counted((~used).sum(), 'picture')} of {', '.join(unnamed)}. No head of the config has "
        "that class: add it to a head's classes to train on them."
    )
    if not used.any():
        raise TrainingError("No picture is of a class that the config names: name yours in its [[heads]].")
    return faces.subset(used)


def _check_apart(sets: Sequence[FaceSet], faces: FaceSet) -> None:
    """Note photographs that several face sets hold. faces: all sets, joined.

    Face sets hold crops only, by which a fifth of the mirrored copies are missed, unless they are ingested
    together.
    Raises TrainingError when a photograph is in the train part of one set and in another part of a second.
    """
    number = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
    first, second = near_duplicates(_fingerprints(faces), number).T
    learnt = faces.split == "train"
    straddling = learnt[first] != learnt[second]
    if straddling.any():
        raise TrainingError(
            "Two face sets share pictures or near-duplicates, which are in the train part of the one and in "
            f"another part of the other: {counted(len(np.unique(second[straddling])), 'picture')}. Ingest "
            "their sources together."
        )
    if len(second):
        tell_counted_twice("the same or near-copies", counted(len(np.unique(second)), "picture"))


def _fingerprints(faces: FaceSet) -> list[Fingerprint]:
    """A fingerprint of each crop, by which near-duplicates are found."""
    found = []
    # Python 3.11 would keep a comprehension's bar until a damaged crop's error is told, and gone.
    for row in progressed("Comparing the face sets", range(len(faces))):
        found.append(fingerprint_of(faces.crop(row)))
    return found


def head_columns(head: HeadConfig) -> list[int]:
    """The columns of a head's classes in a label row."""
    return [CLASSES.index(name) for name in head.classes]


def learnt_columns(config: FitConfig) -> list[int]:
    """The columns of the classes that some head learns, each once and in order."""
    return sorted({column for head in config.heads for column in head_columns(head)})


def read_greys(faces: FaceSet) -> np.ndarray:
    """All crops with their rim, at half size: (N, 160, 160) uint8 grey."""
    greys = np.empty((len(faces), GREY_SIZE_PX, GREY_SIZE_PX), np.uint8)
    for row in progressed("Reading faces", range(len(faces))):
        greys[row] = faces.half_size_grey(row)
    return greys


def source_column(source: np.ndarray, sources: Mapping[str, SourceConfig], entry: str) -> np.ndarray:
    """The value of an entry of ``SourceConfig`` for each picture's source, (N,) float64. source: (N,) str."""
    names, number = np.unique(source, return_inverse=True)
    values = [float(getattr(source_config(sources, str(name)), entry)) for name in names]
    return np.array(values)[number]


def calibrating(faces: FaceSet, sources: Mapping[str, SourceConfig]) -> np.ndarray:
    """(N,) bool, whether a face calibrates the models: it is a validation face, one label is most frequent,
    and the calibration_weight of its source is above 0."""
    has_weight = source_column(faces.source, sources, "calibration_weight") > 0
    return np.asarray((faces.split == "val") & has_weight & faces.decided)


def smoothed_labels(faces: TrainingFaces, sources: Mapping[str, SourceConfig]) -> np.ndarray:
    """Labels with the share ``smoothing`` of each source spread over all classes, (N, 7) float32."""
    smoothing = source_column(faces.source, sources, "smoothing")[:, None]
    return np.asarray(faces.labels * (1 - smoothing) + smoothing / len(CLASSES), np.float32)


def with_opinion(
    labels: np.ndarray, opinion: np.ndarray, source: np.ndarray, sources: Mapping[str, SourceConfig]
) -> np.ndarray:
    """Labels mixed with the network's opinion, the more the less a source is trusted: (N, 7) float32.

    labels, opinion: (N, 7) float, class shares. source: (N,) str.

    Soft bootstrapping: Reed et al., 2015, "Training deep neural networks on noisy labels with bootstrapping".
    """
    trust = source_column(source, sources, "trust")[:, None]
    return np.asarray(labels * trust + opinion * (1 - trust), np.float32)


def prior_offsets(priors: np.ndarray, heads: Sequence[HeadConfig]) -> list[np.ndarray]:
    """The offsets tau * log prior that the loss adds to each head's logits, (K,) float64 for each head.

    priors: (7,) float64, see ``sampled_class_shares``.
    """
    offsets = []
    for head in heads:
        shares = priors[head_columns(head)]
        offsets.append(head.tau * np.log(np.maximum(shares / shares.sum(), 1e-4)))
    return offsets


def head_targets(labels: np.ndarray, heads: Sequence[HeadConfig]) -> np.ndarray:
    """Class shares for all heads side by side. A head's sum to less than 1 where it does not know a class.

    labels: (N, 7) float, class shares. Returns (N, K) float32, with K for all heads together.
    """
    return np.concatenate([labels[:, head_columns(head)] for head in heads], axis=1).astype(np.float32)
