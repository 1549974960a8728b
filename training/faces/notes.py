"""Notes for the user on faces: how many count twice, and which ones a model calls something else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from happysad_live.terminal import print_message
from training.faces.faceset import FaceSet
from training.files import write_csv


def tell_counted_twice(what: str, faces: str) -> None:
    """Print that an earlier face set holds some of the faces. what: as “the same”. faces: as “3 faces”."""
    print_message(
        f"Note: counted twice, because an earlier face set holds {what}: {faces}. "
        "Ingest the sources together, so that copies are recognised."
    )


def write_disagreements(
    path: Path, faces: FaceSet, rows: np.ndarray, called: Iterable[str], probability: np.ndarray
) -> None:
    """Write a csv of faces that a model calls another class than their label says.

    rows: (N,) int, their row numbers, in the file's order. called: the class that the model gives each face.
    probability: (N,) float, of that class. Raises TrainingError when the file cannot be written.
    """
    lines = [["source", "name", "label", "called", "probability"]]
    labels = faces.hard_labels[rows]
    for row, label, name, share in zip(rows, labels, called, probability, strict=True):
        lines.append([faces.source[row], faces.name[row], faces.classes[label], name, f"{share:.3f}"])
    write_csv(path, lines)
