"""Training on whatever the user has: pictures are turned into a face set on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from happysad_live.errors import TrainingError
from happysad_live.terminal import print_result
from training.faces.ingest import PLACES, ingest, source_places
from training.faces.ingest_report import rejects_path, report_path, report_text
from training.files import read_json, taken_apart

OWN_FACES = "own.faces.npz"


def as_face_sets(
    named: Sequence[Path], folder: Path, *, resume: bool, usual: Sequence[Path] = ()
) -> list[Path]:
    """Face sets stay as they are; folders of classes and csv files become one more, in the run's folder.

    All of them together, so that copies of a picture in two of them come into the same split.

    named: by the user; where there are none, the ``usual`` ones count.
    resume: the run goes on, so what it ingested when it began is used again, also where no data are named.
    Raises TrainingError when a source cannot be used, or is not what the run began with.
    """
    own = folder / OWN_FACES
    data = named or usual
    face_sets = [path for path in data if path.suffix == ".npz"]
    others = [path for path in data if path.suffix != ".npz"]
    if resume and not named and not others and own.is_file():
        return [own]
    if others:
        if resume and own.exists():
            _check_same_places(others, own)
            print_result(f"Going on with the pictures as they were when the run began ({own}).")
        else:
            report = ingest([str(path) for path in others], own)
            print_result(report_text(report))
            if report.rejects:
                print_result(f"Each picture left out is in {rejects_path(own)}, with the reason.")
        face_sets.append(own)
    return face_sets


def _check_same_places(others: Sequence[Path], own: Path) -> None:
    """A run that goes on has its pictures, and would silently leave others unused. Raises TrainingError."""
    report = report_path(own)
    if not report.is_file():
        return
    problem = f"{report} is damaged: delete it, and the run goes on with {own}."
    with taken_apart(problem):
        places = read_json(report, problem).get(PLACES, ())  # none where an older version began it
        began_with = sorted(map(str, places))
    if began_with and began_with != sorted(source_places([str(path) for path in others])):
        raise TrainingError(
            f"The run in {own.parent} began with the pictures of {', '.join(began_with)}: name the same "
            "--data as then, or start anew with another --out."
        )
