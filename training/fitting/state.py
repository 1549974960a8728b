"""The state of a run: all that a checkpoint must hold to go on as if the run had not been stopped."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from happysad_live.errors import TrainingError
from training.files import read_npz, taken_apart, write_npz

AVERAGE_EVERY = 8
"""Steps between two updates of the running mean of the weights."""


@dataclass(slots=True)
class FitState:
    """A run in progress.

    learner: compiled, see ``Learner``. labels: (N, 7) float32, the training labels, with opinions mixed in so
    far. step: how many steps are done. average: the running mean of every variable of the core. losses: those
    of the current epoch's steps. history: for each name a value an epoch.
    """

    learner: Any
    labels: np.ndarray
    step: int = 0
    average: list[np.ndarray] = field(init=False)
    losses: list[float] = field(default_factory=list)
    history: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.learner.optimizer.build(self.core.trainable_variables)
        self.average = _values(self.core.variables)

    @property
    def core(self) -> Any:
        """The network that is trained, see ``networks.build_core``."""
        return self.learner.core

    def update_average(self, decay: float) -> None:
        """Move the running mean towards the present weights, at first faster than ``decay`` says."""
        decay = min(decay, (1 + self.step / AVERAGE_EVERY) / (10 + self.step / AVERAGE_EVERY))
        for mean, value in zip(self.average, _values(self.core.variables), strict=True):
            if mean.dtype.kind == "f":
                mean *= decay
                mean += (1 - decay) * value
            else:
                mean[...] = value

    def save(self, path: Path) -> None:
        """Write a checkpoint atomically. Raises TrainingError when it cannot be written."""
        arrays: dict[str, np.ndarray] = {
            "step": np.array(self.step),
            "labels": self.labels,
            "losses": np.array(self.losses, np.float64),
        }
        arrays |= {f"history/{name}": np.array(values) for name, values in self.history.items()}
        for name, values in (
            ("core", _values(self.core.variables)),
            ("optimizer", _values(self.learner.optimizer.variables)),
            ("average", self.average),
        ):
            arrays |= {f"{name}/{number:04d}": value for number, value in enumerate(values)}
        try:
            write_npz(path, arrays)
        except TrainingError as error:
            raise TrainingError(f"{str(error).rstrip('.')}: make room and go on with --resume.") from error

    def load(self, path: Path) -> None:
        """Take over a checkpoint. Raises TrainingError when it cannot be read or does not fit."""
        damaged = f"The checkpoint {path} is damaged: start anew with another --out."
        arrays = read_npz(path, damaged)
        with taken_apart(damaged):
            labels, losses, step = arrays["labels"], arrays["losses"].tolist(), int(arrays["step"])
        core, optimizer = _numbered(arrays, "core"), _numbered(arrays, "optimizer")
        average = _numbered(arrays, "average")
        if not _fit(core, self.core.variables) or not _fit(optimizer, self.learner.optimizer.variables):
            raise TrainingError(
                f"The checkpoint {path} belongs to another network: start anew with another --out."
            )
        if not _fit(average, self.core.variables):
            raise TrainingError(damaged)
        if labels.shape != self.labels.shape:
            raise TrainingError(
                f"The checkpoint {path} belongs to other data: start anew with another --out."
            )
        _assign(self.core.variables, core)
        _assign(self.learner.optimizer.variables, optimizer)
        self.average = average
        self.labels = labels
        self.step = step
        self.losses = losses
        self.history = {
            name.split("/", 1)[1]: values.tolist()
            for name, values in arrays.items()
            if name.startswith("history/")
        }

    @contextlib.contextmanager
    def averaged(self) -> Iterator[Any]:
        """A context that yields the core with the mean weights; afterwards it has its own again."""
        own = _values(self.core.variables)
        _assign(self.core.variables, self.average)
        try:
            yield self.core
        finally:
            _assign(self.core.variables, own)


def _values(variables) -> list[np.ndarray]:
    return [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]


def _assign(variables, values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _numbered(arrays: dict[str, np.ndarray], name: str) -> list[np.ndarray]:
    return [arrays[key] for key in sorted(key for key in arrays if key.startswith(f"{name}/"))]


def _fit(values: list[np.ndarray], variables) -> bool:
    return [value.shape for value in values] == [tuple(variable.shape) for variable in variables]
