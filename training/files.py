"""Writing files so that a crash or a full disk leaves the old file or the new one, never a half."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from happysad_live.errors import TrainingError


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once or not at all. Raises TrainingError when it cannot be written."""
    partial = path.with_name(path.name + ".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file at once or not at all. Raises TrainingError when it cannot be written."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file at once or not at all. Raises TrainingError when it cannot be written."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises TrainingError when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} is missing or damaged.") from error
