"""Which of the faces that a model is judged on its weights had already learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from training.faces.faceset import FaceSet
from training.faces.seen_faces import SeenFaces, are_known

_TOO_GOOD = "the figures, the calibration error most of all, are a little too good."


def train_test_overlap(bundle: ModelBundle, judged: FaceSet) -> str:
    """Sentences on how many of the faces judged the weights were trained on, or chosen by.

    Raises TrainingError where the bundle's record of its faces is damaged.
    """
    seen = SeenFaces.read(bundle.folder)
    if seen is None:
        return "Which faces the weights learnt from is not recorded: these may be among them."
    keys = judged.keys()
    trained, trained_by_name = _matches(keys, seen.trained)
    calibrated, calibrated_by_name = _matches(keys, seen.calibrated)
    text = "By name or content, which tell neither people nor copies that were mirrored or cropped, "
    text += f"the weights were trained on {trained or 'none'} of the {len(judged)} faces "
    if 2 * trained >= len(judged):
        text += "judged: the figures say little about new ones."
    else:
        text += "judged: expect worse results on new ones." if trained else "judged."
    if calibrated:
        text += f" {_chosen(bundle.info).capitalize()} {calibrated} of them: {_TOO_GOOD}"
    by_name = [f"{trained_by_name} of those trained on"] if trained_by_name else []
    by_name += [f"{calibrated_by_name} of those chosen on"] if calibrated_by_name else []
    if by_name:
        text += (
            f" {' and '.join(by_name)} were matched by folder and file name only: they may be mirrored or "
            "cropped copies, or different pictures of the same name."
        )
    if not seen.complete:
        text += " Whether the model that it went on from had seen them is not recorded."
    return text


def _matches(keys: np.ndarray, seen: np.ndarray) -> tuple[int, int]:
    """The number of faces that are known by name or look, and of those by name alone.

    keys: (N, 2) uint64, see ``FaceSet.keys``. seen: (M,) uint64, the known keys.
    """
    name, look = are_known(keys, seen).T
    return int((name | look).sum()), int((name & ~look).sum())


def _chosen(info: Mapping[str, Any]) -> str:
    is_threshold_new = info.get("is_threshold_new", True)  # True where a bundle does not say
    what = "temperature, class balance and threshold" if is_threshold_new else "temperature and class balance"
    return f"{what} were chosen on"
