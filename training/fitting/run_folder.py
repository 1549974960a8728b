"""A run's folder: whether a run may begin or go on there, and the record of what the run was made with."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Any

import keras
import numpy as np

from happysad_live.classification.bundle import INFO_NAME, ModelBundle
from happysad_live.core.installed import installed_version
from happysad_live.errors import TrainingError
from happysad_live.terminal import print_message
from training.faces.faceset import FaceSet
from training.files import held, read_json, refuse_to_replace, taken_apart, write_bytes, write_json, writing
from training.fitting.config import FitConfig, TrainConfig, load_config
from training.fitting.doubtful import DOUBTFUL_NAME
from training.fitting.precision import precision_policy
from training.judging.plots import CURVES_NAME, HISTORY_NAME

CONFIG_NAME = "config.toml"
RUN_NAME = "run.json"
CHECKPOINT_NAME = "checkpoint.npz"
HISTORY_TABLE_NAME = "history.csv"
METRICS_NAME = "metrics.json"
"""The file that is written last: a run that has it is finished."""

_RESULT_NAMES = (HISTORY_NAME, HISTORY_TABLE_NAME, CURVES_NAME, DOUBTFUL_NAME)

_PACKAGES = ("happysad-live", "keras", "tensorflow", "jax", "torch", "numpy", "opencv-python")


class Stage(Enum):
    """How far a run is. It is finished when it has its models, and the config asks for no more epochs."""

    BEGINS = auto()
    GOES_ON = auto()
    FINISHED = auto()


@contextmanager
def run_lock(path: Path, *, resume: bool = False) -> Iterator[None]:
    """Keep other programs from a run's folder. Raises TrainingError while one is at work there."""
    folder = path.resolve()  # “.” has no name
    place = folder.parent / f".{folder.name}.running"
    in_use = TrainingError(
        f"Another run is going on in {path}: wait until it has ended, or choose another --out."
    )
    if not resume:
        with suppress(OSError):  # a folder that cannot be made is reported where the run begins
            place.parent.mkdir(parents=True, exist_ok=True)
    with held(place, in_use):
        yield


class RunFolder:
    """The folder where a run begins, goes on or is finished; it keeps the config and the record of the run.

    A run goes on only with what it began with: the caller makes each ``check_same_…`` as soon as that part is
    known, before the work on the next. A run that begins passes them all. Only ``open`` changes the folder.
    """

    def __init__(self, path: Path, config: FitConfig, *, resume: bool) -> None:
        """Raises TrainingError where the run may not begin, or may not go on with this config."""
        self.path = path
        self._config = config
        record = path / RUN_NAME
        self._began = _read_record(record) if resume and record.is_file() else {}
        """The record of the run; empty where the run begins, or ended before it was written."""
        self.stage = _resumed_stage(path, config, self._began) if resume else _first_stage(path, config)

    @property
    def checkpoint(self) -> Path | None:
        """The checkpoint that a run goes on from; None where it begins, is finished or has none yet."""
        path = self.path / CHECKPOINT_NAME
        return path if self.stage is Stage.GOES_ON and path.is_file() else None

    def check_same_arithmetic(self) -> None:
        """Raises TrainingError when a run goes on with another backend or precision: the result would differ.

        For other versions of the packages, a note is enough.
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
        """Raises TrainingError when the start model has changed since the run began."""
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
        """Make the folder, and write the config and the record into it.

        Raises TrainingError when the folder cannot be written.
        """
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / METRICS_NAME).unlink(missing_ok=True)
            content = config_path.read_bytes()
        write_bytes(self.path / CONFIG_NAME, content)
        began = self._began or _record(self._config, faces, faces_sha256, start)
        self._began = began | {"config": _entries(self._config)}
        write_json(self.path / RUN_NAME, self._began)

    def made(self, train: TrainConfig) -> dict[str, Any]:
        """How the run's models were made, for ``model.json`` and the card; to be called after ``open``."""
        kept = ("began", "seed", "backend", "precision", "versions")
        chosen = ("epochs", "views_per_epoch", "batch", "learning_rate")
        record = {name: self._began[name] for name in kept if name in self._began}
        return record | {name: getattr(train, name) for name in chosen}


def _first_stage(path: Path, config: FitConfig) -> Stage:
    """The stage of a run that begins. Raises TrainingError where something is in its way."""
    if (path / CONFIG_NAME).exists():
        raise TrainingError(f"{path} already holds a run: add --resume, or choose another --out.")
    for head in config.heads:
        if (path / head.name / INFO_NAME).exists():
            raise TrainingError(
                f"{path} already holds a model “{head.name}”, which this run would replace: "
                "choose another --out."
            )
    refuse_to_replace(path / name for name in (RUN_NAME, CHECKPOINT_NAME, METRICS_NAME, *_RESULT_NAMES))
    return Stage.BEGINS


def _resumed_stage(path: Path, config: FitConfig, began: Mapping[str, Any]) -> Stage:
    """The stage of a run that is resumed. Raises TrainingError where it may not go on with this config.

    began: its record. The config that is kept beside it does not count: somebody may have edited it.
    """
    kept = path / CONFIG_NAME
    if not kept.is_file():
        raise TrainingError(f"{path} is not a run to resume: start without --resume.")
    before, now = began.get("config") or _entries(load_config(kept)), _entries(config)
    epochs_before, epochs = before["train"]["epochs"], config.train.epochs
    # A config without a name is named after its file, and the kept file has another name.
    changed = set(_changed_entries(before, now)) - {"name"}
    # With more epochs, the learning rate follows the longer cosine from where the run stands: it jumps up
    # once, a warm restart (Loshchilov and Hutter, 2017).
    if epochs >= epochs_before:
        changed.discard("train.epochs")
    if changed:
        raise TrainingError(
            f"The config has changed since the run in {path} began ({', '.join(sorted(changed))}), and not "
            "only to more epochs: take that back, or start anew with another --out."
        )
    has_models = all((path / head.name / INFO_NAME).is_file() for head in config.heads)
    if has_models and (path / METRICS_NAME).is_file() and epochs == epochs_before:
        return Stage.FINISHED
    return Stage.GOES_ON


def _entries(config: FitConfig) -> dict[str, Any]:
    """A config as JSON gives it back."""
    return dict(json.loads(json.dumps(asdict(config))))


def _changed_entries(before: Mapping[str, Any], now: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """The names of the entries that differ, ``TABLE.NAME`` in a table. within: ``TABLE.`` for its entries."""
    for name in before.keys() | now.keys():
        was, is_now = before.get(name), now.get(name)
        if isinstance(was, Mapping) and isinstance(is_now, Mapping):
            yield from _changed_entries(was, is_now, f"{within}{name}.")
        elif was != is_now:
            yield f"{within}{name}"


def _record(
    config: FitConfig, faces: FaceSet, faces_sha256: str, start: ModelBundle | None
) -> dict[str, Any]:
    """The record of what a run is made with."""
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
    """Read what ``_record`` gave. Raises TrainingError where an entry is missing, or of another kind."""
    problem = f"{path} is damaged: start anew with another --out."
    with taken_apart(problem):
        began = read_json(path, problem)
        texts = [began[name] for name in ("backend", "precision", "data_sha256")]
        texts += [
            *began["versions"].values(),
            *([began["start"]["weights_sha256"]] if began["start"] else []),
        ]
        numbers = [began["seed"], *([began["config"]["train"]["epochs"]] if "config" in began else [])]
        if {*map(type, numbers)} != {int} or not all(isinstance(text, str) for text in texts):
            raise TypeError("an entry of another kind")
    return dict(began)


def _versions() -> dict[str, str]:
    found = {package: installed_version(package) for package in _PACKAGES}
    return {
        "python": platform.python_version(),
        **{package: version for package, version in found.items() if version is not None},
    }
