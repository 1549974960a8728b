"""A model bundle: a folder with ``model.keras``, ``model.json`` and a card, ``README.md``.

``model.json`` tells the app all that it needs to know of the model, whose labels may be any. Beside the
weights lies ``model.tflite``, the same network for LiteRT, which starts at once and may compute with eight
bits (see ``conversion``); a bundle without this file works too, but starts some seconds later.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from happysad_live.core.geometry import CROP_SCALE, CROP_SIZE_PX
from happysad_live.core.json_numbers import finite_number
from happysad_live.core.printable import is_printable
from happysad_live.core.types import NO_FACE, UNSURE
from happysad_live.errors import HappySadError, ModelError
from happysad_live.paths import home_expanded, is_folder, is_there, models_dir, user_models_dir

SCHEMA = "happysad-model/1"
WEIGHTS_NAME = "model.keras"
INFO_NAME = "model.json"
CARD_NAME = "README.md"

_MAX_NAME_CHARS = 100
"""The most characters in the name of a model or a label: names stand on buttons, beside faces, in subtitles
and tables."""

_PATH_LETTERS = set("/\\:")

TEMPERATURES = 0.001, 1000.0
"""The least and greatest temperature: beyond them logits mean certainty or chance, far beyond no numbers."""

INPUT = {"size_px": CROP_SIZE_PX, "colour": "RGB", "dtype": "uint8", "scaling": "inside the model"}
CROP = {"size_px": CROP_SIZE_PX, "scale": CROP_SCALE, "aligned": "eyes"}

Output = Literal["logits", "sigmoid"]


@dataclass(frozen=True, slots=True)
class ModelBundle:
    """A model folder whose description has been read. ``load_bundle`` has verified its weights, too.

    name: as the description has it. The folder, by whose name users ask for the model, may have another.
    labels: the classes in the order of the model's output.
    output: "logits": (N, K), whose probabilities are softmax(logits / temperature); "sigmoid": (N, 1), the
        probability of the second of two labels, whose logit is divided by the temperature.
    threshold: a face whose best probability is lower is shown as unsure.
    sha256: the weights file's SHA-256, hexadecimal.
    info: the whole of ``model.json``.
    """

    folder: Path
    name: str
    labels: tuple[str, ...]
    output: Output
    temperature: float
    threshold: float
    sha256: str
    info: Mapping[str, Any]

    def threshold_among(self, classes: int) -> float:
        """The threshold for a choice among so many classes.

        It lies as far on the way from chance (1 / classes) to certainty (1) as the model's own threshold.
        """
        chance, all_chance = 1 / classes, 1 / len(self.labels)
        certainty = (self.threshold - all_chance) / (1 - all_chance)
        return chance + max(certainty, 0.0) * (1 - chance)

    @property
    def weights_path(self) -> Path:
        return self.folder / WEIGHTS_NAME

    @property
    def identity(self) -> dict[str, str]:
        """Name and weights of the model, as training runs and other models record what they come from."""
        return {"name": self.name, "weights_sha256": self.sha256}


def available_models() -> dict[str, Path]:
    """The models that come with the program or were added by the user: their folders, by the folders' names.

    A user's model does not hide a shipped one of the same name.
    """
    found: dict[str, Path] = {}
    for parent in (models_dir, user_models_dir):
        # No models where a folder may not be looked into, or the user has no home.
        with suppress(OSError, HappySadError):
            for info in sorted(parent().glob(f"*/{INFO_NAME}")):
                found.setdefault(info.parent.name, info.parent)
    return found


def load_bundle(name_or_folder: str | Path) -> ModelBundle:
    """Read and verify a bundle, given by its name, as ``available_models`` has it, or by its folder.

    Raises ModelError when there is none, or when it is incomplete or damaged.
    """
    folder = _find(name_or_folder)
    info = _read_info(folder)
    bundle = bundle_from_info(folder, info)
    if not bundle.weights_path.is_file():
        raise ModelError(f"The model in {folder} has no {WEIGHTS_NAME}: copy the whole folder again.")
    try:
        sha256 = file_sha256(bundle.weights_path)
    except OSError as error:
        raise ModelError(
            f"The weights in {bundle.weights_path} cannot be read: {error.strerror or error}."
        ) from error
    if sha256 != bundle.sha256:
        raise ModelError(
            f"The weights in {bundle.weights_path} are damaged or were replaced "
            f"(their SHA-256 is not the one in {INFO_NAME}): copy the model again."
        )
    return bundle


def model_description(folder: Path) -> str:
    """What a model says of itself, in a sentence or two; empty where that cannot be read."""
    try:
        description = _read_info(folder).get("description")
    except ModelError:
        return ""
    return description if isinstance(description, str) else ""


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _find(name_or_folder: str | Path) -> Path:
    known = available_models()
    if isinstance(name_or_folder, str) and name_or_folder in known:  # a Path is never a name
        return known[name_or_folder]
    folder = home_expanded(name_or_folder)
    if is_there(folder / INFO_NAME):
        return folder
    if is_folder(folder) and not os.access(folder, os.X_OK):
        raise ModelError(f"No permission to look into the folder {folder}: allow it, or copy the model.")
    if is_folder(folder):
        raise ModelError(f"The folder {folder} is not a model: {_what_instead(folder)}.")
    names = ", ".join(known) or "none"
    raise ModelError(
        f"There is no model “{name_or_folder}”: name one of these ({names}) or a model's folder."
    )


def _what_instead(folder: Path) -> str:
    """What a folder without a description lacks: as a training run's, it may hold a model's folder."""
    inside = sorted(str(info.parent) for info in folder.glob(f"*/{INFO_NAME}"))
    return f"name one that it holds ({', '.join(inside)})" if inside else f"it has no {INFO_NAME}"


def _read_info(folder: Path) -> dict[str, Any]:
    path = folder / INFO_NAME
    try:
        info = json.loads(path.read_text(encoding="utf-8-sig"))  # editors of Windows put a mark before it
    except OSError as error:
        raise ModelError(
            f"The model's description {path} cannot be read: {error.strerror or error}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"The model's description {path} is damaged: copy the model again.") from error
    if not isinstance(info, dict) or info.get("schema") != SCHEMA:
        raise ModelError(f"{path} does not describe a model that this version understands ({SCHEMA}).")
    return info


def bundle_from_info(folder: Path, info: Mapping[str, Any]) -> ModelBundle:
    """The bundle that a ``model.json`` describes; its weights are not looked at.

    Raises ModelError for an entry that is missing or wrong.
    """
    try:
        bundle = ModelBundle(
            folder=folder,
            name=_text(info["name"]),
            labels=tuple(map(_text, info["labels"])) if isinstance(info["labels"], list) else (),
            output=info["output"],
            temperature=_number(info, "temperature"),
            threshold=_number(info, "threshold"),
            sha256=str(info["weights_sha256"]).lower(),  # Windows tells it in capitals
            info=info,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder / INFO_NAME} has a missing or garbled entry ({error}): copy the model again."
        ) from error
    problem = _problem(bundle)
    if problem:
        raise ModelError(f"{folder / INFO_NAME}: {problem}.")
    return bundle


def _number(info: Mapping[str, Any], entry: str) -> float:
    try:
        return finite_number(info[entry])
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{entry}: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a name")
    return value


def _is_folder_name(text: str) -> bool:
    """Whether a text can be a folder's name, and does not lead to another folder: evaluations and taught
    models are kept in folders that are named after a model."""
    return text not in (".", "..") and not _PATH_LETTERS & set(text)


def is_shown_name(text: str) -> bool:
    """Whether a model or a label may have this name: it is not blank, not too long, and fits on one line."""
    return bool(text.strip()) and is_printable(text) and len(text) <= _MAX_NAME_CHARS


def _problem(bundle: ModelBundle) -> str | None:
    """What is wrong with a description's values, or None."""
    if bundle.output not in ("logits", "sigmoid"):
        return f"the output must be “logits” or “sigmoid”, not “{bundle.output}”"
    if len(bundle.labels) < 2 or len(set(bundle.labels)) != len(bundle.labels):
        return "two or more different labels are needed"
    if not all(is_shown_name(name) for name in (bundle.name, *bundle.labels)):
        return f"name and labels must be printable, not blank, and at most {_MAX_NAME_CHARS} characters long"
    if not _is_folder_name(bundle.name):
        return f"the name “{bundle.name}” would be a path: it cannot hold “/”, “\\” or “:”"
    for taken in (UNSURE, NO_FACE):
        if taken in bundle.labels:
            return f"a class cannot be called “{taken}”"
    if bundle.output == "sigmoid" and len(bundle.labels) != 2:
        return "a sigmoid output needs exactly two labels"
    least, most = TEMPERATURES
    if not least <= bundle.temperature <= most or not 0 <= bundle.threshold <= 1:
        return f"the temperature must be from {least:g} to {most:g} and the threshold from 0 to 1"
    if bundle.info.get("crop", CROP) != CROP:
        return f"the model needs a different crop from the one that this program cuts ({CROP})"
    if bundle.info.get("input", INPUT) != INPUT:
        return f"the model needs a different input from the one that this program feeds it ({INPUT})"
    return None
