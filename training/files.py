"""Writing files atomically and reading them; a failure raises a TrainingError with a sentence."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core import file_lock
from happysad_live.core.replacing import replacing as replacing_file
from happysad_live.errors import TrainingError
from happysad_live.interruptions import interruptions_held


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context that turns an OSError into a TrainingError, which says why ``path`` cannot be written."""
    try:
        yield
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error.strerror or error}.") from error


def require_writable(path: Path) -> None:
    """Raises TrainingError where ``path`` could not be written: a check before long work."""
    with writing(path):
        nearest = next(parent for parent in path.absolute().parents if parent.exists())
        with tempfile.TemporaryFile(dir=nearest):
            pass


def refuse_to_replace(paths: Iterable[Path]) -> None:
    """Raises TrainingError where one of the paths exists, all of which the caller knows not to be its own."""
    for path in paths:
        if path.exists():
            raise TrainingError(f"{path} is something else and would be replaced: choose another --out.")


@contextlib.contextmanager
def held(path: Path, in_use: Exception) -> Iterator[None]:
    """The app's ``held``, but Ctrl-C while the file is taken or let go of does not leave it behind."""
    with contextlib.ExitStack() as lock:
        try:
            with interruptions_held():
                lock.enter_context(file_lock.held(path, in_use))
            yield
        finally:
            with interruptions_held():
                lock.close()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """The app's ``replacing``, but it raises TrainingError when the file cannot be written."""
    with writing(path), replacing_file(path) as partial:
        yield partial


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically. Raises TrainingError when it cannot be written."""
    with replacing(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file atomically. Raises TrainingError when it cannot be written."""
    write_bytes(path, text.encode("utf-8"))


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a UTF-8 CSV file atomically. Raises TrainingError when it cannot be written."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    write_text(path, buffer.getvalue())


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically. Raises TrainingError when it cannot be written."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = False) -> None:
    """Write an npz file atomically. Raises TrainingError when it cannot be written."""
    # Not by np.savez: on a full disk it leaves an open archive, which complains when it is collected.
    method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with replacing(path) as partial, zipfile.ZipFile(partial, "w", method) as archive:
        for name, values in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(values), allow_pickle=False)


def read_json(path: Path, problem: str) -> Any:
    """Read a JSON file. Raises TrainingError, saying ``problem``, when it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TrainingError(problem) from error


def read_npz(path: Path, problem: str) -> dict[str, np.ndarray]:
    """The arrays of an npz file by name. Raises TrainingError, saying ``problem``, when it cannot be read."""
    try:
        # Opened here, because NumPy never closes a damaged file that it has opened itself.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    # NumPy, zipfile and zlib raise these for a damaged archive, and TypeError for a file of one array alone.
    except _DAMAGED as error:
        raise TrainingError(problem) from error


@contextlib.contextmanager
def taken_apart(problem: str) -> Iterator[None]:
    """A context that raises TrainingError, saying ``problem``, where data lack an entry or have a wrong one.

    A file that people can edit may hold anything. The block should do little but take apart what was read,
    lest errors of other kinds be told as damage.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(problem) from error


_DAMAGED = (
    OSError,
    ValueError,
    EOFError,
    TypeError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
