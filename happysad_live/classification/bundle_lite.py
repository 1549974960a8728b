"""A bundle's ``model.tflite``: the network in the form that LiteRT starts at once.

``model.json`` names the SHA-256 of this file and of the weights that it was made from, so that it is never
used in place of other weights.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from happysad_live.core.replacing import replacing
from happysad_live.errors import ModelError

if TYPE_CHECKING:
    from happysad_live.classification.bundle import ModelBundle

LITE_NAME = "model.tflite"
ENTRY = "lite"
"""The entry of ``model.json`` about ``model.tflite``: sha256 (of the file), weights_sha256 (of the weights
that it was made from)."""


def read_lite(bundle: ModelBundle) -> bytes | None:
    """The content of ``model.tflite``; None where the bundle has none that was made from its weights.

    Raises ModelError when the file is damaged or cannot be read.
    """
    described = bundle.info.get(ENTRY)
    path = bundle.folder / LITE_NAME
    if not isinstance(described, dict) or described.get("weights_sha256") != bundle.sha256:
        return None
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelError(f"The network {path} cannot be read: {error.strerror or error}.") from error
    if hashlib.sha256(content).hexdigest() != described.get("sha256"):
        raise ModelError(
            f"The network in {path} is damaged or was replaced (its SHA-256 is not the one in "
            "model.json): copy the model again, or delete that file."
        )
    return content


def write_lite(folder: Path, content: bytes | None, weights_sha256: str) -> dict[str, dict[str, str]]:
    """Write or replace ``model.tflite``; returns the entry of ``model.json`` about it.

    content: as ``to_tflite`` gives it; None removes the file, and there is no entry. Raises OSError when the
    file cannot be written.
    """
    path = folder / LITE_NAME
    if content is None:
        path.unlink(missing_ok=True)
        return {}
    with replacing(path) as partial:
        partial.write_bytes(content)
    return {ENTRY: {"sha256": hashlib.sha256(content).hexdigest(), "weights_sha256": weights_sha256}}
