"""What the weights of a model knew of the faces that it is judged on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from training.faces.faceset import FaceSet
from training.faces.seen_faces import SeenFaces

_TOO_GOOD = "the figures, the calibration error most of all, are a little too good."


def acquaintance(bundle: ModelBundle, judged: FaceSet) -> str:
    """What the weights knew of the faces judged, in a sentence or two.

    Raises TrainingError where the bundle's record is damaged.
    """
    seen = SeenFaces.read(bundle.folder)
    if seen is None:
        return "Which faces the weights learnt from is not recorded: these may be among them."
    keys = judged.keys()
    calibrated = int(np.isin(keys, seen.calibrated).any(axis=1).sum())
    name, content = np.isin(keys, seen.trained).T
    trained, by_name = int((name | content).sum()), int((name & ~content).sum())
    text = "By name or content, which tell pictures but not people, the weights were trained on "
    text += f"{trained or 'none'} of the {len(judged)} faces "
    text += "judged: new ones are read less well." if trained else "judged."
    if calibrated:
        text += f" {_chosen(bundle.info).capitalize()} {calibrated} of them: {_TOO_GOOD}"
    if by_name:
        text += (
            f" {by_name} of those trained on were matched by folder and file name only: they may be "
            "re-cropped or re-saved copies, or different pictures of the same name."
        )
    if not seen.complete:
        text += " Whether the model that it went on from had seen them is not recorded."
    return text


def _chosen(info: Mapping[str, Any]) -> str:
    is_threshold_new = info.get("is_threshold_new", True)  # as in bundles that do not say so
    what = "temperature, class balance and threshold" if is_threshold_new else "temperature and class balance"
    return f"{what} were chosen on"
