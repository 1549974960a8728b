"""Making model bundles of a trained core: each head is calibrated on the validation faces and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.classification.bundle import TEMPERATURES, ModelBundle
from happysad_live.classification.bundle_writer import write_bundle
from happysad_live.terminal import print_message
from training.drawn_faces import drawn_crops
from training.faces.faceset import FaceSet
from training.fitting.calibrate import Calibration, CalibrationPrior, calibrate
from training.fitting.config import FitConfig, HeadConfig
from training.fitting.data import head_columns, source_column
from training.fitting.networks import export_core, shorten_kernels
from training.fitting.state import FitState
from training.interrupt import check_interrupt

_TYPICAL_FACES = 100
"""The most faces to measure on what computing with eight bits changes."""

_BATCH = 64


def export_heads(
    config: FitConfig,
    state: FitState,
    faces: FaceSet,
    folder: Path,
    *,
    made: Mapping[str, Any],
    training_data: Sequence[Mapping[str, Any]],
    start: ModelBundle | None = None,
) -> None:
    """Calibrate every head on the validation faces and write its bundle to ``folder/NAME``.

    faces: those of the run, of all splits. made: see ``RunFolder.made``.
    training_data: see ``RunInputs``. start: the model that the run went on from.
    Raises TrainingError where a head cannot be calibrated, ModelError where a bundle cannot be written.
    """
    origin: dict[str, Any] = {"made": dict(made)}
    if start:
        history = {key: start.info[key] for key in ("made", "start") if key in start.info}
        origin["start"] = {**start.identity, **history}
    val = faces.of_split("val")
    may_be_seen = np.flatnonzero(faces.split != "test")
    typical = may_be_seen[np.unique(np.linspace(0, len(may_be_seen) - 1, _TYPICAL_FACES, dtype=np.int64))]
    with state.averaged() as core:
        for head, columns in zip(config.heads, config.head_slices, strict=True):
            logits = crop_logits(export_core(core, config.network, columns), val)
            calibration = _calibrated(config, head, logits, val, start)
            if calibration.temperature >= max(TEMPERATURES):
                print_message(
                    f"Note: “{head.name}” has learnt nothing that holds for the validation pictures. Train "
                    "for more epochs, or look whether the pictures are in the right classes."
                )
            shipped = export_core(core, config.network, columns, bias=calibration.bias)
            shorten_kernels(shipped)
            write_bundle(
                folder / head.name,
                shipped,
                name=head.name,
                description=head.description,
                labels=head.classes,
                output="logits",
                temperature=calibration.temperature,
                threshold=calibration.threshold,
                training_data=training_data,
                results={},
                representative=drawn_crops,
                typical=partial(faces.crops, typical),
                origin=origin | {"is_threshold_new": calibration.is_threshold_new},
            )


def crop_logits(model: Any, faces: FaceSet) -> np.ndarray:
    """The raw outputs for all crops of a face set, (N, K) float32. model: see ``export_core``."""
    parts = []
    for start in range(0, len(faces), _BATCH):
        check_interrupt()
        rows = np.arange(start, min(start + _BATCH, len(faces)))
        parts.append(np.asarray(model.predict_on_batch(faces.crops(rows)), np.float32))
    return np.concatenate(parts)


def _calibrated(
    config: FitConfig, head: HeadConfig, logits: np.ndarray, val: FaceSet, start: ModelBundle | None
) -> Calibration:
    """A head's calibration against the label that most annotators gave, as in its metrics: calibrated against
    shares of votes, it would be right more often than it is sure."""
    columns = head_columns(head)
    rows = val.judging(head.classes)
    votes = val.labels[rows][:, columns].astype(np.float64)
    weight = source_column(val.source[rows], config.sources, "calibration_weight") * votes.sum(axis=1)
    expected = None
    if start and set(head.classes) <= set(start.labels):  # else it knows nothing of some classes
        expected = CalibrationPrior(start.temperature, start.threshold_among(len(columns)))
    shares = np.eye(len(columns))[votes.argmax(axis=1)]
    return calibrate(logits[rows], shares, weight, head, expected, group=val.group[rows])
