"""What the weights of a model knew of the faces that it is judged on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from happysad_live.classification.bundle import ModelBundle
from training.faces.faceset import FaceSet
from training.faces.seen_faces import SeenFaces

_TOO_GOOD = "the figures, the calibration error most of all, are a little too good."
_START_UNKNOWN = "Whether the model that it went on from had seen them is not recorded."


def acquaintance(bundle: ModelBundle, report: Mapping[str, Any], judged: FaceSet) -> str:
    """What the weights knew of the faces judged, in a sentence or two.

    report: the evaluation's. Raises TrainingError where the bundle's record is damaged.
    """
    seen = SeenFaces.read(bundle.folder)
    if seen is None:
        return acquaintance_by_split(report, bundle.info)
    keys = judged.keys()
    calibrated = int(np.isin(keys, seen.calibrated).any(axis=1).sum())
    name, content = np.isin(keys, seen.trained).T
    trained, by_name = int((name | content).sum()), int((name & ~content).sum())
    text = f"By name or content, the weights were trained on {trained or 'none'} of the {len(judged)} faces "
    text += "judged: new ones are read less well." if trained else "judged."
    if calibrated:
        text += f" {_chosen(bundle.info).capitalize()} {calibrated} of them: {_TOO_GOOD}"
    if by_name:
        text += (
            f" {by_name} of those trained on were matched by folder and file name only: they may be "
            "re-cropped or re-saved copies, or different pictures of the same name."
        )
    if not seen.complete and not _new_to_starts(report, bundle.info):
        text += f" {_START_UNKNOWN}"
    return text


def acquaintance_by_split(report: Mapping[str, Any], info: Mapping[str, Any]) -> str:
    """The same where the faces themselves are not recorded: all of a split are known again, or none.

    info: the bundle's ``model.json``.
    """
    if report.get("split") == "all":
        return "Faces of all splits: those that the weights learnt from may be among them."
    own: Mapping[str, str] = info.get("faces_sha256", {})
    split = {digest: name for name, digest in own.items()}.get(report.get("faces_sha256", ""))
    if split is None:
        return "Faces that are not in this model's record may or may not have been trained on."
    if split == "train":
        return "The weights were trained on the faces of train: new ones are read less well."
    text = f"The weights were not trained on the faces of {split}."
    if not _new_to_starts(report, info):
        text += f" {_START_UNKNOWN}"
    if split == "val":
        text += f" But {_chosen(info)} them: {_TOO_GOOD}"
    return text


def _chosen(info: Mapping[str, Any]) -> str:
    is_threshold_new = info.get("is_threshold_new", True)  # as in bundles that do not say so
    what = "temperature, class balance and threshold" if is_threshold_new else "temperature and class balance"
    return f"{what} were chosen on"


def _new_to_starts(report: Mapping[str, Any], info: Mapping[str, Any]) -> bool:
    """Whether all models that the training went on from had kept back the very same faces."""
    return all(
        report.get("faces_sha256")
        in (digest for split, digest in start.get("faces_sha256", {}).items() if split != "train")
        for start in _starts(info)
    )


def _starts(info: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is recorded of the model that the training went on from, and of those that came before it."""
    while start := info.get("start"):
        yield start
        info = start
