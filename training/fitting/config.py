"""A training run's config: a TOML file, read, checked and turned into frozen values."""

from __future__ import annotations

import math
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, TypeVar

from happysad_live.classification.bundle import is_shown_name
from happysad_live.core.folded_text import folded
from happysad_live.errors import RecordingError, TrainingError
from happysad_live.recording.stems import safe_stem
from training import MAX_SEED, NO_LICENCE
from training.faces.faceset import CLASSES
from training.fitting.augment import AugmentConfig
from training.network_config import NetworkConfig

Table = TypeVar("Table")

_SHIPPED_CONFIGS = Path(__file__).resolve().parents[1] / "configs"


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """How a data set takes part in a run.

    sampling_weight: how often its pictures are drawn, relative to the other sets'.
    smoothing: share 0..1 of a label that is spread over all classes.
    trust: share 0..1 of a label that is kept when the network's own opinion is mixed in.
    calibration_weight: how much its faces count in calibration.
    licence: for the model card.
    """

    sampling_weight: float = 1.0
    smoothing: float = 0.0
    trust: float = 1.0
    calibration_weight: float = 1.0
    licence: str = NO_LICENCE


ANY_SOURCE = "*"
"""The name of the entry for data sets that have no entry of their own."""


def source_config(sources: Mapping[str, SourceConfig], name: str) -> SourceConfig:
    """A data set's entry; where it has none, that of ``ANY_SOURCE``, or else the defaults."""
    return sources.get(name, sources.get(ANY_SOURCE, SourceConfig()))


MOST_VIEWS_AT_ONCE = 65536
"""The most views in a batch: hardly any memory holds more."""

LEAST_VIEWS = 512
"""The fewest views in an epoch whose number depends on the pictures: a few dozen are seen again and again."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The training loop's settings. A view is one augmented picture; pictures are seen in pairs of views.

    views_per_epoch: rounded up to whole batches; 0 for as many pairs as there are pictures to learn from,
        drawn by chance, and at least ``LEAST_VIEWS`` views.
    batch: views in a step. warmup_epochs: until the learning rate has risen to ``learning_rate``.
    average_decay: decay of the running mean of the weights, updated every ``AVERAGE_EVERY`` steps.
    class_balance: 0 draws classes as often as they come, 1 about equally often (the less so, the more of
        a class is in shares of votes).
    consistency: weight of the divergence between a picture's two views.
    happy_or_not: weight of a further loss of happy against sad alone, which counts all that is not happy as
        sad; for heads with more classes than these two.
    opinion_from_epoch, opinion_every_epochs: when the network's opinion is mixed into doubtful labels; from
        epoch 0 on only makes sense for a run that goes on from a model.
    mixed_precision: compute with sixteen bits where the hardware can.
    """

    epochs: int = 34
    views_per_epoch: int = 32768
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.03
    warmup_epochs: float = 1.0
    average_decay: float = 0.98
    class_balance: float = 0.5
    consistency: float = 0.3
    happy_or_not: float = 0.0
    opinion_from_epoch: int = 8
    opinion_every_epochs: int = 4
    mixed_precision: bool = True

    def __post_init__(self) -> None:
        """Raises TrainingError for impossible settings."""
        if self.batch < 2 or self.batch % 2:
            raise TrainingError("The config's batch must be even: every picture is seen in two views.")
        if 0 < self.views_per_epoch < self.batch:
            raise TrainingError("The config's batch cannot be larger than its views_per_epoch.")
        if self.batch > MOST_VIEWS_AT_ONCE:
            raise TrainingError(f"The config's batch must be {MOST_VIEWS_AT_ONCE} at most.")
        for name in ("epochs", "learning_rate", "opinion_every_epochs"):
            if getattr(self, name) <= 0:
                raise TrainingError(f"The config's {name} must be above zero.")
        for name in (
            "views_per_epoch",
            "weight_decay",
            "warmup_epochs",
            "consistency",
            "happy_or_not",
            "opinion_from_epoch",
        ):
            if getattr(self, name) < 0:
                raise TrainingError(f"The config's {name} cannot be below zero.")
        if not 0 <= self.average_decay < 1:
            raise TrainingError("The config's average_decay must be from 0 to below 1.")
        if not 0 <= self.class_balance <= 1:
            raise TrainingError("The config's class_balance must be from 0 to 1.")

    def for_pictures(self, pictures: int) -> TrainConfig:
        """The settings with the number of views that an epoch of so many pictures has, in whole batches."""
        views = self.views_per_epoch or max(2 * pictures, LEAST_VIEWS)
        batches = math.ceil(views / self.batch)
        return replace(self, views_per_epoch=batches * self.batch)

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.views_per_epoch // self.batch)

    @property
    def steps(self) -> int:
        """The training steps of the whole run."""
        return self.epochs * self.steps_per_epoch


EVALUATIONS = "evaluation"
"""The folder within a run's folder for the evaluations of its models."""

_RUN_SUFFIXES = (".json", ".npz", ".toml", ".csv", ".png")
"""The endings of the files that a run keeps beside its models, which no head's folder may have."""


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """A head of the network, which becomes one model of the run.

    classes: some of ``faceset.CLASSES``, in the order of the model's labels.
    tau: share 0..1 of the class priors that the loss takes out of the logits.
    prior: 1 calibrates for classes as frequent as in the validation data, 0 for equally frequent ones.
    max_unsure: largest share 0..1 of validation faces that the threshold leaves unsure. Unless it is 0, a run
        with fewer than a hundred such faces, related ones counted once, keeps the threshold of the model that
        it goes on from, if that knows all classes.
    """

    name: str
    classes: tuple[str, ...]
    description: str = ""
    tau: float = 1.0
    prior: float = 0.0
    max_unsure: float = 0.05

    def __post_init__(self) -> None:
        """Raises TrainingError for an impossible head."""
        for name in self.classes:
            if name not in CLASSES:
                raise TrainingError(
                    f"The class “{name}” of the head “{self.name}” is unknown; there are "
                    f"{', '.join(CLASSES)}."
                )
        if len(set(self.classes)) < 2 or len(set(self.classes)) < len(self.classes):
            raise TrainingError(f"The head “{self.name}” needs at least two classes, each named once.")
        taken = self.name in (".", "..", EVALUATIONS) or Path(self.name).suffix in _RUN_SUFFIXES
        if taken or not is_shown_name(self.name) or not _is_safe_stem(self.name):
            raise TrainingError(
                f"The head “{self.name}” cannot have this name: its folder gets it, too, and it is shown on "
                "one line."
            )
        for name in ("tau", "prior", "max_unsure"):
            if not 0 <= getattr(self, name) <= 1:
                raise TrainingError(f"The {name} of the head “{self.name}” must be from 0 to 1.")


@dataclass(frozen=True, slots=True)
class FitConfig:
    """The config of a training run.

    start: name or folder of the model that the run goes on from; "" begins with random weights.
    faces: paths of face sets, folders or csv files. sources: by the name of the data set, or ``ANY_SOURCE``.
    """

    name: str
    seed: int
    start: str
    faces: tuple[str, ...]
    sources: Mapping[str, SourceConfig]
    train: TrainConfig
    heads: tuple[HeadConfig, ...]
    network: NetworkConfig
    augment: AugmentConfig

    @property
    def head_slices(self) -> list[slice]:
        """The columns of the network's output that belong to each head."""
        return column_slices([head.classes for head in self.heads])


def column_slices(heads: Sequence[Sequence[str]]) -> list[slice]:
    """The columns of each head where the classes of all lie side by side. heads: the class names of each."""
    borders = accumulate(map(len, heads), initial=0)
    return [slice(*ends) for ends in pairwise(borders)]


_KINDS = {"name": str, "seed": int, "start": str, "faces": list, "sources": dict}
_KINDS |= {"network": dict, "augment": dict, "train": dict, "heads": list}
_KIND_IN_WORDS = {
    str: "must be a text in quotes",
    int: "must be a whole number",
    list: "must be a list; heads begin with [[heads]]",
    dict: "must be a table",
}


def config_file(named: Path) -> Path:
    """The path itself, or for a bare name without such a file, a config that comes with the program."""
    shipped = _SHIPPED_CONFIGS / f"{named.name}.toml"
    is_shipped = len(named.parts) == 1 and not named.is_file() and shipped.is_file()
    return shipped if is_shipped else named


def load_config(path: Path) -> FitConfig:
    """Read a config. Raises TrainingError, naming the entry that is wrong."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        shipped = ", ".join(sorted(config.stem for config in _SHIPPED_CONFIGS.glob("*.toml")))
        raise TrainingError(
            f"There is no config {path}: name a .toml file, or one of these: {shipped}."
        ) from error
    except OSError as error:
        raise TrainingError(f"The config {path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise TrainingError(f"The config {path} is not valid TOML: {error}.") from error
    if unknown := sorted(set(values) - set(_KINDS)):
        raise TrainingError(
            f"The config {path} has an unknown entry “{unknown[0]}”; there are {', '.join(_KINDS)}."
        )
    for name, kind in _KINDS.items():
        if name in values and type(values[name]) is not kind:
            raise TrainingError(f"The config's entry “{name}” {_KIND_IN_WORDS[kind]}.")
    if not all(isinstance(name, str) for name in values.get("faces", ())):
        raise TrainingError("The config's entry “faces” must be a list of files' names in quotes.")
    config = FitConfig(
        name=values.get("name", path.stem),
        seed=values.get("seed", 0),
        start=values.get("start", ""),
        faces=tuple(values.get("faces", ())),
        sources={
            name: _table(SourceConfig, entry, name) for name, entry in values.get("sources", {}).items()
        },
        train=_table(TrainConfig, values.get("train", {}), "train"),
        heads=tuple(_table(HeadConfig, head, "heads") for head in values.get("heads", [])),
        network=_table(NetworkConfig, values.get("network", {}), "network"),
        augment=_table(AugmentConfig, values.get("augment", {}), "augment"),
    )
    _check(config, path)
    return config


def _table(kind: type[Table], values: Mapping[str, Any], where: str) -> Table:
    """A dataclass made of a TOML table: arrays become tuples, and numbers get the type of the default.

    Raises TrainingError for an entry that is unknown, missing, or of another type than its default.
    """
    if not isinstance(values, Mapping):
        raise TrainingError(f"The config's entry “{where}” {_KIND_IN_WORDS[dict]}.")
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for name, value in values.items():
        if name not in known:
            raise TrainingError(
                f"The config's table “{where}” has an unknown entry “{name}”; there are {', '.join(known)}."
            )
        if not _same_kind(value, _example(known[name])):
            raise TrainingError(f"The config's entry “{name}” in “{where}” cannot be {value!r}.")
    missing = [name for name, field in known.items() if field.default is MISSING and name not in values]
    if missing:
        raise TrainingError(f"The config's table “{where}” lacks the entry “{missing[0]}”.")
    return kind(**{name: _as(_example(known[name]), value) for name, value in values.items()})


def _example(field: Field[Any]) -> Any:
    """A field's default; for a field without one, an empty value of the type that it must have."""
    return ("" if field.type == "str" else ()) if field.default is MISSING else field.default


def _same_kind(value: Any, default: Any) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float) and abs(value) <= sys.float_info.max
    if isinstance(value, list):
        numbers = (entry for entry in value if isinstance(entry, float))
        return isinstance(default, tuple) and all(map(math.isfinite, numbers))
    return isinstance(value, type(default))


def _as(default: Any, value: Any) -> Any:
    """The value in the default's type: for TOML and Keras, 1 and 1.0 are of different types."""
    return float(value) if isinstance(default, float) else _frozen(value)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(entry) for entry in value) if isinstance(value, list) else value


def _is_safe_stem(name: str) -> bool:
    """Whether every file system accepts the name unchanged."""
    try:
        return safe_stem(name) == name
    except RecordingError:
        return False


def _check(config: FitConfig, path: Path) -> None:
    if not is_shown_name(config.name) or not _is_safe_stem(config.name):
        raise TrainingError(f"The config's name {config.name!r} cannot be a folder's: choose another one.")
    if not 0 <= config.seed <= MAX_SEED:
        raise TrainingError(f"The config's seed must be from 0 to {MAX_SEED}.")
    if not config.heads:
        raise TrainingError(f"The config {path} names no head: add a [[heads]] table with name and classes.")
    if len({folded(head.name) for head in config.heads}) < len(config.heads):
        raise TrainingError(f"Two heads of the config {path} have the same name.")
    for source, entry in config.sources.items():
        _check_source(source, entry)


def _check_source(source: str, entry: SourceConfig) -> None:
    if not 0 <= entry.smoothing <= 1 or not 0 <= entry.trust <= 1:
        raise TrainingError(f"The smoothing and trust of the source “{source}” must be from 0 to 1.")
    if entry.sampling_weight <= 0:
        raise TrainingError(
            f"The sampling_weight of the source “{source}” must be above zero; to do without it, "
            "do not ingest it."
        )
    if entry.calibration_weight < 0:
        raise TrainingError(f"The calibration_weight of the source “{source}” cannot be below zero.")
