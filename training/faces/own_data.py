"""Training on whatever the user has: pictures are turned into a face set on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from happysad_live.terminal import print_result
from training.faces.ingest import ingest, rejects_path, report_text

OWN_FACES = "own.faces.npz"


def as_face_sets(data: Sequence[Path], folder: Path, *, resume: bool) -> list[Path]:
    """Face sets stay as they are; folders of classes and csv files become one more, in the run's folder.

    All of them together, so that copies of a picture in two of them come into the same split.

    resume: the run goes on, so what it ingested when it began is used again, also where no data are named.
    Raises TrainingError when a source cannot be used.
    """
    own = folder / OWN_FACES
    if resume and not data and own.is_file():
        return [own]
    face_sets = [path for path in data if path.suffix == ".npz"]
    others = [path for path in data if path.suffix != ".npz"]
    if others:
        if resume and own.exists():
            print_result(f"Going on with the pictures as they were when the run began ({own}).")
        else:
            report = ingest([str(path) for path in others], own)
            print_result(report_text(report))
            if report.rejects:
                print_result(f"Each picture left out is in {rejects_path(own)}, with the reason.")
        face_sets.append(own)
    return face_sets
