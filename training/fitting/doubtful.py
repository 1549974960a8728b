"""Listing labels that a model doubts before it learns from them: some will be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from happysad_live.core.counts import counted
from happysad_live.core.softmax import softmax
from happysad_live.errors import TrainingError
from happysad_live.terminal import print_message
from training.faces.faceset import CLASSES, FaceSet
from training.faces.notes import write_disagreements

DOUBTFUL_NAME = "doubtful.csv"


class Opinion(NamedTuple):
    """A network's logits for some faces.

    rows: (N,) int, the faces' row numbers. columns: (K,) int, the classes, as columns of a label row.
    logits: (N, K) float32, of these classes alone.
    """

    rows: np.ndarray
    columns: np.ndarray
    logits: np.ndarray


def list_doubtful(opinion: Opinion, temperature: float, faces: FaceSet, folder: Path) -> None:
    """Write ``doubtful.csv``: the faces that the opinion calls another class than their label, surest first.

    temperature: of the model whose opinion it is. faces: those to learn from, which ``opinion.rows`` are of.

    Faces whose annotators are evenly split, or whose class the opinion does not know, are not in the file.
    Where it cannot be written, a note says so, as that must not end a run.
    """
    if not len(opinion.rows):
        return
    share = softmax(opinion.logits / np.float32(temperature)).max(axis=1)
    truth, winner = faces.hard_labels[opinion.rows], opinion.columns[opinion.logits.argmax(axis=1)]
    judged = faces.decided[opinion.rows] & np.isin(truth, opinion.columns)
    doubted = np.flatnonzero(judged & (truth != winner))
    surest = doubted[np.argsort(-share[doubted], kind="stable")]
    called = [CLASSES[column] for column in winner[surest]]
    path = folder / DOUBTFUL_NAME
    try:
        write_disagreements(path, faces, opinion.rows[surest], called, share[surest])
    except TrainingError as error:
        print_message(f"Note: {error}")
        return
    if len(doubted):
        print_message(
            f"The model that the run starts from doubts the labels of {len(doubted)} of "
            f"{counted(judged.sum(), 'picture')}. {path} lists these pictures, the surest first: some of the "
            "labels will be wrong."
        )
