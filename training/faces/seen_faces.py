"""A bundle's record of the faces that its model was made with, to recognise them in later evaluations."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from training.faces.faceset import FaceSet
from training.files import read_npz, taken_apart, write_npz

SEEN_NAME = "seen_faces.npz"


@dataclass(frozen=True, slots=True)
class SeenFaces:
    """The faces that a model was made with: a file in its bundle, 16 bytes for each face.

    trained: (M,) uint64 keys, see ``FaceSet.keys``, of the faces that the weights learnt from, in the model's
        run and in those before. calibrated: (M,) uint64 keys of the faces that calibrated the model.
    complete: () bool, whether ``trained`` covers all runs before.
    """

    trained: np.ndarray
    calibrated: np.ndarray
    complete: np.ndarray

    @classmethod
    def of_run(cls, trained: FaceSet, calibrated: FaceSet, start: ModelBundle | None) -> SeenFaces:
        """The record of a run. trained, calibrated: its faces. start: the model that it went on from.

        Raises TrainingError where the record of ``start`` is damaged.
        """
        learnt = trained.keys().ravel()
        before = cls.read(start.folder) if start else None
        if before:
            learnt = np.union1d(learnt, before.trained)
        complete = start is None or (before is not None and bool(before.complete))
        return cls(learnt, calibrated.keys().ravel(), np.array(complete))

    @classmethod
    def read(cls, folder: Path) -> SeenFaces | None:
        """The record in a bundle, None where there is none. Raises TrainingError where it is damaged."""
        path = folder / SEEN_NAME
        if not path.is_file():
            return None
        problem = f"{path} is damaged: copy the whole model again, or remove this file."
        values = read_npz(path, problem)
        with taken_apart(problem):
            seen = cls(**values)
            if {seen.trained.dtype, seen.calibrated.dtype} != {np.dtype(np.uint64)}:
                raise TypeError("keys of another kind")
        return seen

    def write(self, folder: Path) -> None:
        """Write the record into a bundle. Raises TrainingError when it cannot be written."""
        write_npz(folder / SEEN_NAME, asdict(self))
