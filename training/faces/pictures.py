"""Labelled pictures that are to be looked at, those that are left out, and what their labels mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from happysad_live.core.synonyms import LABEL_SYNONYMS
from happysad_live.errors import TrainingError
from training.faces.faceset import CLASSES

LEFT_OUT = "contempt"


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture of a source, not looked at yet.

    content: the file to read, its content, (B,) uint8, or the picture itself, (H, W) or (H, W, 3) uint8
        grey or RGB.
    label: (K,) float32, one share a class, summing to 1.
    namespace: where ``subject`` and ``duplicate_group`` are counted: subject 7 of two is two people.
    subject: pictures of one person share it; empty when unknown.
    duplicate_group: near-duplicates as the source knows them share it; empty when none.
    split: "train", "val", "test" or ``split.TRAIN_OR_VAL`` where the source says so, else empty.
    moving: whether it is a frame of a clip, whose neighbours look alike whatever they show.
    """

    name: str
    source: str
    content: Path | np.ndarray
    label: np.ndarray
    namespace: str = ""
    subject: str = ""
    duplicate_group: str = ""
    split: str = ""
    moving: bool = False

    @property
    def subject_key(self) -> str:
        """The subject, unlike those of other namespaces; empty when unknown."""
        return self._key(self.subject)

    @property
    def duplicate_group_key(self) -> str:
        """The group of near-duplicates, unlike those of other namespaces; empty when there is none."""
        return self._key(self.duplicate_group)

    def _key(self, name: str) -> str:
        return f"{self.namespace}:{name}" if name else ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A picture that is left out, with the reason in words.

    kind: what the report counts it under, where the reason names another picture; else the reason.
    """

    source: str
    name: str
    reason: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The pictures of a source, and those that its labels alone rule out."""

    pictures: tuple[Picture, ...]
    rejects: tuple[Reject, ...]


def one_hot(class_name: str) -> np.ndarray:
    """The (K,) float32 label row of a class."""
    return np.eye(len(CLASSES), dtype=np.float32)[CLASSES.index(class_name)]


def same_class(text: str) -> str:
    """What a label is called here: ``Happiness`` is ``happy``. What nobody knows stays, in small letters."""
    name = text.strip().lower()
    return LABEL_SYNONYMS.get(name, name)


def is_class(text: str) -> bool:
    """Whether a label means one of the classes, or contempt."""
    name = same_class(text)
    return name in CLASSES or name == LEFT_OUT


def known_class(text: str, where: str) -> str:
    """The class that a label means, or "contempt". Raises TrainingError for a name nobody knows."""
    if is_class(text):
        return same_class(text)
    raise TrainingError(f"'{text}' in {where} is not a class: use {', '.join(CLASSES)}.")


def contempt(source: str, name: str) -> Reject:
    """A picture whose label is known, and none of the seven."""
    return Reject(source, name, "labelled contempt, which is none of the seven classes")
