"""A run's folder: whether a run may begin or go on there, and the record of what it was made with."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad_live.errors import TrainingError
from happysad_live.terminal import say
from training.files import read_json, write_bytes, write_json
from training.fitting.config import FitConfig, load_config
from training.fitting.precision import precision_policy

if TYPE_CHECKING:
    from happysad_live.classification.bundle import ModelBundle
    from training.faces.faceset import FaceSet

CONFIG_NAME = "config.toml"
RUN_NAME = "run.json"
METRICS_NAME = "metrics.json"
"""Written last: with it the run is finished."""

_PACKAGES = ("keras", "tensorflow", "jax", "torch", "numpy", "opencv-python")


def check_folder(folder: Path, config: FitConfig, resume: bool) -> None:
    """Whether a run may begin or go on there. Raises TrainingError where it may not."""
    kept = folder / CONFIG_NAME
    if not resume:
        if kept.exists():
            raise TrainingError(f"{folder} already holds a run: add --resume, or choose another --out.")
    elif not kept.is_file():
        raise TrainingError(f"{folder} is not a run to resume: start without --resume.")
    elif not _goes_on(load_config(kept), config):
        raise TrainingError(f"The config has changed since the run in {folder} began: use {kept}.")


def keep_config(folder: Path, config_path: Path) -> None:
    """Make the folder and put the config into it. Raises TrainingError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        content = config_path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise TrainingError(f"The run folder {folder} cannot be written: {reason}.") from error
    write_bytes(folder / CONFIG_NAME, content)


def _goes_on(before: FitConfig, now: FitConfig) -> bool:
    """Whether a run can be taken up with a config: the same but for more epochs.

    The learning rate then follows the longer cosine from where the run stands: it jumps up once, a
    warm restart (Loshchilov and Hutter, 2017).
    """
    # A config that names no run is called as its file is, and the kept one has another name.
    longer = replace(before, name=now.name, train=replace(before.train, epochs=now.train.epochs))
    return longer == now and now.train.epochs >= before.train.epochs


def check_same_data(folder: Path, fingerprint: str, resume: bool) -> None:
    """Raises TrainingError when a run goes on with other faces than it began with."""
    began = _record(folder, resume)
    if began and began["data_sha256"] != fingerprint:
        raise TrainingError(
            f"The face set has changed since the run in {folder} began: name the same --data as then, or "
            "start anew with another --out."
        )


def check_same_arithmetic(folder: Path, config: FitConfig, resume: bool) -> None:
    """Raises TrainingError when a run goes on with another backend or precision, and so to another result.

    Other versions of the packages are only told.
    """
    import keras

    began = _record(folder, resume)
    if not began:
        return
    if began["backend"] != keras.backend.backend():
        raise TrainingError(
            f"The run in {folder} began on {began['backend']}: add --backend {began['backend']}."
        )
    precision = precision_policy(config.train.mixed_precision)
    if began["precision"] != precision:
        raise TrainingError(
            f"The run in {folder} began in {began['precision']} and would go on in {precision} here: take it "
            "up on a machine like the first, or start anew with another --out."
        )
    if changed := [name for name, now in _versions().items() if began["versions"].get(name) != now]:
        say(f"Note: {', '.join(changed)} changed since the run began: the result may differ a little.")


def check_same_start(folder: Path, start: ModelBundle | None, resume: bool) -> None:
    """Raises TrainingError when the model that a run went on from is no longer the same."""
    began = _record(folder, resume)
    if start and began and began["start"]["weights_sha256"] != start.sha256:
        raise TrainingError(
            f"The model “{start.name}” has changed since the run in {folder} began: start anew with another "
            "--out."
        )


def _record(folder: Path, resume: bool) -> dict[str, Any]:
    """What a run that goes on began with; empty for one that begins, or had not got that far."""
    facts = folder / RUN_NAME
    return dict(read_json(facts)) if resume and facts.is_file() else {}


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def is_finished(folder: Path, config: FitConfig) -> bool:
    """Whether the run there has its models, and the config asks for no more epochs."""
    return (folder / METRICS_NAME).is_file() and load_config(
        folder / CONFIG_NAME
    ).train.epochs == config.train.epochs


def write_facts(
    folder: Path, config: FitConfig, faces: FaceSet, fingerprint: str, start: ModelBundle | None
) -> None:
    """Put into ``run.json`` what the run was made with. fingerprint: of the faces, ``FaceSet.sha256``.

    Raises TrainingError when it cannot be written.
    """
    import keras

    names, counts = np.unique(faces.source, return_counts=True)
    facts = {
        "name": config.name,
        "seed": config.seed,
        "backend": keras.backend.backend(),
        "precision": precision_policy(config.train.mixed_precision),
        "versions": _versions(),
        "start": start.identity if start else None,
        "data_sha256": fingerprint,
        "faces": {str(name): int(count) for name, count in zip(names, counts, strict=True)},
    }
    write_json(folder / RUN_NAME, facts)
