"""Writing model bundles, after training and after a model was taught a person's face."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from happysad_live.classification.bundle import (
    CROP,
    INFO_NAME,
    INPUT,
    SCHEMA,
    WEIGHTS_NAME,
    ModelBundle,
    Output,
    bundle_from_info,
    file_sha256,
)
from happysad_live.classification.bundle_lite import read_lite, write_lite
from happysad_live.classification.conversion import to_tflite, to_tflite_like
from happysad_live.core.replacing import replacing
from happysad_live.errors import ModelError

_PACKING_LEVEL = 5
"""How hard zlib packs a weights file, 1 to 9: 9 makes the shipped ones 6 % smaller, in 22 seconds instead of
one."""


def write_bundle(
    folder: Path,
    model: Any,
    *,
    name: str,
    description: str,
    labels: Sequence[str],
    output: Output,
    temperature: float,
    threshold: float,
    training_data: Sequence[Mapping[str, Any]],
    results: Mapping[str, Any],
    representative: Callable[[], np.ndarray] | None = None,
    typical: Callable[[], np.ndarray] | None = None,
    parent: ModelBundle | None = None,
    origin: Mapping[str, Any] = MappingProxyType({}),
) -> ModelBundle:
    """Save a Keras model and its description as a bundle, replacing one that is there.

    model: a keras.Model from (N, 256, 256, 3) uint8 RGB to ``output``.
    training_data: a mapping for each data set: its name, licence and number of images.
    representative, typical: see ``conversion.to_tflite``.
    parent: a bundle whose network differs from the model in the last layer only; with ``representative`` this
        spares its conversion.
    origin: further entries of ``model.json``: what the model was made from.

    Raises ModelError when the folder cannot be written, or the description is not valid.
    """
    lite = None
    if parent is not None and representative is not None and (converted := read_lite(parent)) is not None:
        lite = to_tflite_like(model, converted, representative())
    if lite is None:
        lite = to_tflite(model, representative, typical)
    weights = folder / WEIGHTS_NAME
    try:
        with replacing(weights) as partial:
            _without_optimizer(model).save(partial)
            _pack(partial)
        info: dict[str, Any] = {
            "schema": SCHEMA,
            "name": name,
            "description": description,
            "labels": list(labels),
            "input": dict(INPUT),
            "crop": dict(CROP),
            "output": output,
            "temperature": float(temperature),
            "threshold": float(threshold),
            "weights_sha256": file_sha256(weights),
            "parameters": int(model.count_params()),
            "training_data": [dict(entry) for entry in training_data],
            "results": dict(results),
        }
        info |= write_lite(folder, lite, info["weights_sha256"]) | dict(origin)
        bundle = bundle_from_info(folder, info)
        write_info(folder, info)
    except OSError as error:
        raise ModelError(f"The model cannot be written to {folder}: {error.strerror or error}.") from error
    return bundle


def complete_bundle(
    bundle: ModelBundle, representative: Callable[[], np.ndarray] | None = None
) -> ModelBundle:
    """Add the network for LiteRT where a bundle has none, as after training without TensorFlow.

    representative: see ``conversion.to_tflite``.

    Raises ModelError when the weights or the file that is there cannot be loaded, or it cannot be written.
    """
    if read_lite(bundle) is not None:
        return bundle
    from happysad_live.classification.runtime import load_network

    lite = to_tflite(load_network(bundle), representative)
    try:
        info = {**bundle.info, **write_lite(bundle.folder, lite, bundle.sha256)}
        write_info(bundle.folder, info)
    except OSError as error:
        raise ModelError(f"{bundle.folder} cannot be written: {error.strerror or error}.") from error
    return bundle_from_info(bundle.folder, info)


def write_info(folder: Path, info: Mapping[str, Any]) -> None:
    """Replace a bundle's ``model.json`` in one step. Raises OSError."""
    with replacing(folder / INFO_NAME) as partial:
        partial.write_text(json.dumps(info, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _without_optimizer(model: Any) -> Any:
    """The model without its optimizer, whose state would be saved as well: twice the size of the weights."""
    if getattr(model, "optimizer", None) is None:
        return model
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    return bare


def _pack(archive: Path) -> None:
    """Write a ``.keras`` file anew, compressed and without dates: equal weights are to have one SHA-256."""
    with zipfile.ZipFile(archive) as source:
        contents = {name: source.read(name) for name in source.namelist()}
    metadata = json.loads(contents["metadata.json"])
    metadata.pop("date_saved", None)
    contents["metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in contents.items():
            # Without a time, an entry is dated 1980, when the calendar of zip files begins.
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, _PACKING_LEVEL)
