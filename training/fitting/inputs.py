"""What a run is made from, all of it known before its first step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from happysad_live.classification.bundle import ModelBundle
from training.faces.faceset import FaceSet
from training.faces.seen_faces import SeenFaces
from training.fitting.calibrate import training_data
from training.fitting.config import FitConfig
from training.fitting.data import calibrating


@dataclass(frozen=True, slots=True)
class RunInputs:
    """config: with the number of views that an epoch really has.

    faces: of all splits, those that the run uses. judged: the validation faces that its models are judged on,
        also those of classes that the config does not name.
    start: the model that the run goes on from.
    seen, training_data: what the bundles tell of the faces that they were made with.
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
        """Raises TrainingError where the start does not say what it had learnt from."""
        learnt, calibrated = faces.of_split("train"), faces.subset(calibrating(faces, config.sources))
        config = replace(config, train=config.train.for_pictures(len(learnt)))
        seen = SeenFaces.of_run(learnt, calibrated, start)
        return cls(config, faces, judged, start, seen, training_data(learnt, config.sources, start))
