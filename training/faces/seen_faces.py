"""A bundle's record of the faces that its model was made with, to recognise them in later evaluations."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from training.faces.faceset import FaceSet
from training.faces.fingerprints import HASH_BITS, hash_signs
from training.files import read_npz, taken_apart, write_npz

SEEN_NAME = "seen_faces.npz"

# Of 4,229 faces that happysad was not trained on, 45 come so close to one of the 35,182 that it was; 42 of
# these pairs are one photograph. Of those 6 bits apart, half are not. Of 120 pictures that it was trained on,
# 114 are recognised once they are saved at a JPEG quality of 60, and 107 at half the size.
_MAX_DISTANCE_BITS = 4
_BLOCK_ROWS = 256


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


def are_known(keys: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Whether each face is known by its name, and whether by its look, (N, 2) bool.

    keys: (N, 2) uint64, see ``FaceSet.keys``. seen: (M,) uint64, the known keys. Of 64 bits, a name's hash
    has no look's so close by chance.
    """
    signs = hash_signs(seen).T
    by_look = np.zeros(len(keys), bool)
    for start in range(0, len(keys), _BLOCK_ROWS):
        some = slice(start, start + _BLOCK_ROWS)
        agreement = hash_signs(keys[some, 1]) @ signs
        by_look[some] = agreement.max(axis=1, initial=-HASH_BITS) >= HASH_BITS - 2 * _MAX_DISTANCE_BITS
    return np.column_stack([np.isin(keys[:, 0], seen), by_look])
