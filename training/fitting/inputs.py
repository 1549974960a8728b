"""All that a run is made from, known before its first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from happysad_live.classification.bundle import INFO_NAME, ModelBundle
from training.faces.faceset import FaceSet
from training.faces.seen_faces import SeenFaces, are_known
from training.files import taken_apart
from training.fitting.config import FitConfig, SourceConfig, source_config
from training.fitting.data import calibrating


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run is made from.

    config: with the number of views that an epoch really has, see ``TrainConfig.for_pictures``.
    faces: those that the run uses, of all splits. judged: the validation faces that its models are judged on,
        also those of classes that the config does not name.
    start: the model that the run goes on from.
    seen, training_data: the bundles' records of faces and data sets, see ``SeenFaces`` and ``write_bundle``.
    """

    config: FitConfig
    faces: FaceSet
    judged: FaceSet
    start: ModelBundle | None
    seen: SeenFaces
    training_data: Sequence[Mapping[str, Any]]

    @classmethod
    def of(
        cls, config: FitConfig, faces: FaceSet, judged: FaceSet, start: ModelBundle | None = None
    ) -> RunInputs:
        """Complete the config and make the records. Raises TrainingError if the start's are damaged."""
        learnt, calibrated = faces.of_split("train"), faces.subset(calibrating(faces, config.sources))
        config = replace(config, train=config.train.for_pictures(len(learnt)))
        seen = SeenFaces.of_run(learnt, calibrated, start)
        return cls(config, faces, judged, start, seen, _training_data(learnt, config.sources, start))


def _training_data(
    faces: FaceSet, sources: Mapping[str, SourceConfig], start: ModelBundle | None
) -> Sequence[dict[str, Any]]:
    """The data sets that the weights learnt from: the run's own, and further ones of its start model.

    faces: those to learn from. Raises TrainingError where the start model's records are damaged.
    """
    names, counts = np.unique(faces.source, return_counts=True)
    own = [
        {
            "name": str(name),
            "licence": source_config(sources, str(name)).licence,
            "images": int(count),
        }
        for name, count in zip(names, counts, strict=True)
    ]
    if start is None:
        return own
    before = SeenFaces.read(start.folder)
    known = are_known(faces.keys(), before.trained)[:, 1] if before else np.zeros(len(faces), bool)
    same = {entry["name"]: entry["images"] for entry in own if known[faces.source == entry["name"]].all()}
    with taken_apart(
        f"The training_data in {start.folder / INFO_NAME} are garbled: copy that model again, "
        "or start from another."
    ):
        for entry in start.info["training_data"]:
            source = {name: entry[name] for name in ("name", "licence", "images")}
            if entry["name"] not in names:
                own.append(source)
            elif same.get(entry["name"]) != entry["images"]:  # the start learnt from other pictures, or more
                own.append({**source, "name": f"{entry['name']}, by way of {start.name}"})
    return own
