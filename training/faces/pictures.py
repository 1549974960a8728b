"""Labelled pictures before their faces are found, those that are left out, and the meaning of labels."""

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
    """A labelled picture of a source, whose face is not found yet.

    name: within the source. source: the name of the data set.
    content: the file to read; a file's content, (B,) uint8; or the picture itself, (H, W) uint8 grey or
        (H, W, 3) uint8 RGB.
    label: (K,) float32, a share for each class, summing to 1.
    namespace: the scope of ``subject`` and ``duplicate_group``: subject 7 in two namespaces is two people.
    subject: the same for all pictures of a person; empty when unknown.
    duplicate_group: the same for pictures that the source calls near-duplicates; empty when there are none.
    split: "train", "val", "test" or ``split.TRAIN_OR_VAL``, by what the source says; empty where it does not.
    moving: whether the picture is a frame of a clip, which looks like its neighbours whatever they show.
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
        """The subject together with its namespace; empty when unknown."""
        return self._key(self.subject)

    @property
    def duplicate_group_key(self) -> str:
        """The group of near-duplicates together with its namespace; empty when there is none."""
        return self._key(self.duplicate_group)

    def _key(self, name: str) -> str:
        return f"{self.namespace}:{name}" if name else ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A picture that is left out, with the reason in words.

    kind: the reason that the report counts it under, where ``reason`` names another picture; else empty.
    """

    source: str
    name: str
    reason: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The pictures of a source, and the rejects that its labels alone rule out."""

    pictures: tuple[Picture, ...]
    rejects: tuple[Reject, ...]


def one_hot(class_name: str) -> np.ndarray:
    """The (K,) float32 label row of a class."""
    return np.eye(len(CLASSES), dtype=np.float32)[CLASSES.index(class_name)]


def same_class(text: str) -> str:
    """This project's name of a label: ``happy`` for ``Happiness``. An unknown one only gets lower case."""
    name = text.strip().lower()
    return LABEL_SYNONYMS.get(name, name)


def is_class(text: str) -> bool:
    """Whether a label means one of the classes, or contempt."""
    name = same_class(text)
    return name in CLASSES or name == LEFT_OUT


def known_class(text: str, where: str) -> str:
    """The class that a label means, or "contempt". Raises TrainingError for an unknown label.

    where: the file or folder, for the error.
    """
    if is_class(text):
        return same_class(text)
    raise TrainingError(f"“{text}” in {where} is not a class: use {', '.join(CLASSES)}.")


def contempt(source: str, name: str) -> Reject:
    """The reject for a picture that is labelled contempt."""
    return Reject(source, name, "labelled contempt, which is none of the seven classes")
