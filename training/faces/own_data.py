"""Training on pictures that the user has: they are turned into a face set first."""

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
    """The face sets among the data, and one that is made of all folders of classes and csv files together.

    Together, copies of a picture in two of these come into the same split. The new set goes into ``folder``.

    named: the data that the user names; without any, ``usual`` counts instead. folder: the run's.
    resume: whether the run goes on; the set that it made when it began is then used again, also if the user
        names no data.
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
    """Raises TrainingError where a run that goes on began with other sources: these would go unused."""
    report = report_path(own)
    if not report.is_file():
        return
    problem = f"{report} is damaged: delete it, and the run goes on with {own}."
    with taken_apart(problem):
        places = read_json(report, problem).get(PLACES, ())  # older versions did not record them
        began_with = sorted(map(str, places))
    if began_with and began_with != sorted(source_places([str(path) for path in others])):
        raise TrainingError(
            f"The run in {own.parent} began with the pictures of {', '.join(began_with)}: name the same "
            "--data as then, or start anew with another --out."
        )
