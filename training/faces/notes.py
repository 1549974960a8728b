"""What people are told of their faces: which count twice, and whose labels a model disagrees with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from happysad_live.terminal import print_message
from training.faces.faceset import FaceSet
from training.files import write_csv


def tell_counted_twice(what: str, faces: str) -> None:
    """Note that an earlier face set holds some faces, too. what: “the same”. faces: how many, “3 faces”."""
    print_message(
        f"Note: counted twice, because an earlier face set holds {what}: {faces}. "
        "Ingest the sources together, so that copies are recognised."
    )


def write_disagreements(
    path: Path, faces: FaceSet, rows: np.ndarray, called: Iterable[str], probability: np.ndarray
) -> None:
    """Write a csv of faces that a model calls another class than their label does.

    rows: (N,) int, which of the faces, in the file's order. called: what the model calls each of them.
    probability: (N,) float, of that. Raises TrainingError when the file cannot be written.
    """
    lines = [["source", "name", "label", "called", "probability"]]
    labels = faces.hard_labels[rows]
    for row, label, name, share in zip(rows, labels, called, probability, strict=True):
        lines.append([faces.source[row], faces.name[row], faces.classes[label], name, f"{share:.3f}"])
    write_csv(path, lines)
