"""A run's folder: whether a run may begin or go on there, and the record of what it was made with."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any

import keras
import numpy as np

from happysad_live.classification.bundle import INFO_NAME, ModelBundle
from happysad_live.core.installed import installed_version
from happysad_live.errors import TrainingError
from happysad_live.recording.file_lock import FileLock
from happysad_live.terminal import print_message
from training.faces.faceset import FaceSet
from training.files import read_json, taken_apart, write_bytes, write_json, writing
from training.fitting.config import FitConfig, TrainConfig, load_config
from training.fitting.precision import precision_policy

CONFIG_NAME = "config.toml"
RUN_NAME = "run.json"
CHECKPOINT_NAME = "checkpoint.npz"
METRICS_NAME = "metrics.json"
"""Written last: with it the run is finished."""

_PACKAGES = ("happysad-live", "keras", "tensorflow", "jax", "torch", "numpy", "opencv-python")


class Stage(Enum):
    """How far a run is. Finished is one that has its models, and of which the config asks no more epochs."""

    BEGINS = auto()
    GOES_ON = auto()
    FINISHED = auto()


@contextmanager
def run_lock(path: Path, *, resume: bool = False) -> Iterator[None]:
    """Keep other programs from a run's folder. Raises TrainingError while one is at work there."""
    folder = path.resolve()  # as “.” has no name
    place = folder.parent / f".{folder.name}.running"
    lock: FileLock | None = None
    with suppress(OSError):  # what cannot be written is told where the run begins
        if not resume:
            place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock.take(place)
        if lock is None:
            raise TrainingError(
                f"Another run is going on in {path}: wait until it has ended, or choose another --out."
            )
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


class RunFolder:
    """Where a run begins, goes on or is finished. The config, and what it was made with, are kept in it.

    A run goes on only with what it began with: each ``check_same_…`` is made as soon as its part is known,
    before the work on the next, and a run that begins passes them all. Only ``open`` changes the folder.
    """

    def __init__(self, path: Path, config: FitConfig, *, resume: bool) -> None:
        """Raises TrainingError where the run may not begin, or not go on with this config."""
        self.path = path
        self._config = config
        self.stage = _stage(path, config, resume=resume)
        self._began: dict[str, Any] = {}
        """What the run was made with; empty where it begins, or was ended before it got that far."""
        if self.stage is not Stage.BEGINS and (path / RUN_NAME).is_file():
            self._began = _read_record(path / RUN_NAME)

    @property
    def checkpoint(self) -> Path | None:
        """What a run that goes on starts from; None where it begins, or had not got that far."""
        path = self.path / CHECKPOINT_NAME
        return path if self.stage is Stage.GOES_ON and path.is_file() else None

    def check_same_arithmetic(self) -> None:
        """Raises TrainingError when a run goes on with another backend or precision, to another result.

        Other versions of the packages are only mentioned.
        """
        if not self._began:
            return
        if self._began["backend"] != keras.backend.backend():
            raise TrainingError(
                f"The run in {self.path} began on {self._began['backend']}: "
                f"add --backend {self._began['backend']}."
            )
        precision = precision_policy(self._config.train.mixed_precision)
        if self._began["precision"] != precision:
            raise TrainingError(
                f"The run in {self.path} began in {self._began['precision']} and would go on in {precision} "
                "here: resume it on a machine like the first, or start anew with another --out."
            )
        before = self._began["versions"]
        if changed := [name for name, now in _versions().items() if before.get(name) != now]:
            print_message(
                f"Note: {', '.join(changed)} changed since the run began: the result may differ a little."
            )

    def check_same_start(self, start: ModelBundle | None) -> None:
        """Raises TrainingError when the model that a run went on from is no longer the same."""
        if start and self._began and self._began["start"]["weights_sha256"] != start.sha256:
            raise TrainingError(
                f"The model “{start.name}” has changed since the run in {self.path} began: start anew with "
                "another --out."
            )

    def check_same_faces(self, faces_sha256: str) -> None:
        """Raises TrainingError when a run goes on with other faces than it began with."""
        if self._began and self._began["data_sha256"] != faces_sha256:
            raise TrainingError(
                f"The face set has changed since the run in {self.path} began: name the same --data as then, "
                "or start anew with another --out."
            )

    def open(self, config_path: Path, faces: FaceSet, faces_sha256: str, start: ModelBundle | None) -> None:
        """Make the folder, and keep in it the config and, where the run begins, what it is made with.

        Raises TrainingError when that cannot be written.
        """
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / METRICS_NAME).unlink(missing_ok=True)
            content = config_path.read_bytes()
        write_bytes(self.path / CONFIG_NAME, content)
        if not self._began:
            self._began = _record(self._config, faces, faces_sha256, start)
            write_json(self.path / RUN_NAME, self._began)

    def made(self, train: TrainConfig) -> dict[str, Any]:
        """How the models of the run were made, for ``model.json`` and the card. After ``open``."""
        kept = ("began", "seed", "backend", "precision", "versions")
        chosen = ("epochs", "views_per_epoch", "batch", "learning_rate")
        record = {name: self._began[name] for name in kept if name in self._began}
        return record | {name: getattr(train, name) for name in chosen}


def _stage(path: Path, config: FitConfig, *, resume: bool) -> Stage:
    """Raises TrainingError where the run may not begin, or not go on with this config."""
    kept = path / CONFIG_NAME
    if not resume:
        if kept.exists():
            raise TrainingError(f"{path} already holds a run: add --resume, or choose another --out.")
        for head in config.heads:
            if (path / head.name / INFO_NAME).exists():
                raise TrainingError(
                    f"{path} already holds a model “{head.name}”, which this run would replace: "
                    "choose another --out."
                )
        return Stage.BEGINS
    if not kept.is_file():
        raise TrainingError(f"{path} is not a run to resume: start without --resume.")
    before = load_config(kept)
    if not _may_go_on(before, config):
        raise TrainingError(
            f"The config has changed since the run in {path} began, and not only to more epochs: use {kept}."
        )
    has_models = all((path / head.name / INFO_NAME).is_file() for head in config.heads)
    if has_models and (path / METRICS_NAME).is_file() and before.train.epochs == config.train.epochs:
        return Stage.FINISHED
    return Stage.GOES_ON


def _may_go_on(before: FitConfig, now: FitConfig) -> bool:
    """Whether a run can be taken up with a config: the same but for more epochs.

    The learning rate then follows the longer cosine from where the run stands: it jumps up once, a
    warm restart (Loshchilov and Hutter, 2017).
    """
    # A config that names no run is called as its file is, and the kept one has another name.
    longer = replace(before, name=now.name, train=replace(before.train, epochs=now.train.epochs))
    return longer == now and now.train.epochs >= before.train.epochs


def _record(
    config: FitConfig, faces: FaceSet, faces_sha256: str, start: ModelBundle | None
) -> dict[str, Any]:
    """What a run is made with."""
    names, counts = np.unique(faces.source, return_counts=True)
    return {
        "name": config.name,
        "began": datetime.now(UTC).date().isoformat(),
        "seed": config.seed,
        "backend": keras.backend.backend(),
        "precision": precision_policy(config.train.mixed_precision),
        "versions": _versions(),
        "start": start.identity if start else None,
        "data_sha256": faces_sha256,
        "faces": {str(name): int(count) for name, count in zip(names, counts, strict=True)},
    }


def _read_record(path: Path) -> dict[str, Any]:
    """What ``_record`` wrote. Raises TrainingError where an entry is missing, or of another kind."""
    problem = f"{path} is damaged: start anew with another --out."
    with taken_apart(problem):
        began = read_json(path, problem)
        texts = [began[name] for name in ("backend", "precision", "data_sha256")]
        texts += [
            *began["versions"].values(),
            *([began["start"]["weights_sha256"]] if began["start"] else []),
        ]
        if type(began["seed"]) is not int or not all(isinstance(text, str) for text in texts):
            raise TypeError("an entry of another kind")
    return dict(began)


def _versions() -> dict[str, str]:
    found = {package: installed_version(package) for package in _PACKAGES}
    return {
        "python": platform.python_version(),
        **{package: version for package, version in found.items() if version is not None},
    }
