"""Training on whatever the user has: pictures are turned into face sets on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.ingest import ingest, report_text


def as_face_sets(data: Sequence[Path], out: Path, *, seed: int = 0, processes: int = 2) -> list[Path]:
    """Face sets stay as they are; folders of classes and csv files are ingested into the run's folder.

    out: the run's folder; a source ingested there before, by a run that is resumed, is not read again.
    Raises TrainingError when a source cannot be used.
    """
    return [
        path if path.suffix == ".npz" else _ingested(path, out, seed=seed, processes=processes)
        for path in data
    ]


def _ingested(source: Path, out: Path, *, seed: int, processes: int) -> Path:
    faces = out / f"{source.resolve().stem}.faces.npz"
    if not faces.exists():
        report = ingest([str(source)], faces, seed=seed, processes=processes)
        print(report_text(report))
    return faces
