"""Writing files at once or not at all, and reading them, with a sentence where that fails."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from happysad_live.core.replacing import replacing as replacing_file
from happysad_live.errors import TrainingError


def require_writable(path: Path) -> None:
    """Find out before long work that its result could not be written. Raises TrainingError."""
    try:
        nearest = next(parent for parent in path.absolute().parents if parent.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The app's ``replacing``; raises TrainingError when the file cannot be written."""
    try:
        with replacing_file(path) as partial:
            yield partial
    except OSError as error:
        raise _unwritable(path, error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file at once or not at all. Raises TrainingError when it cannot be written."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file at once or not at all. Raises TrainingError when it cannot be written."""
    write_bytes(path, text.encode("utf-8"))


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a UTF-8 CSV file at once or not at all. Raises TrainingError when it cannot be written."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    write_text(path, buffer.getvalue())


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file at once or not at all. Raises TrainingError when it cannot be written."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises TrainingError when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} is missing or damaged.") from error


def _unwritable(path: Path, error: OSError) -> TrainingError:
    return TrainingError(f"{path} cannot be written: {error.strerror or error}.")
