"""Sources to ingest: a folder of classes, FERPlus votes or a csv, told apart by the path."""

from __future__ import annotations

from pathlib import Path

from happysad_live.core.printable import printable
from happysad_live.errors import TrainingError
from happysad_live.paths import home_expanded
from training.faces.class_folders import list_folder
from training.faces.ferplus import list_ferplus
from training.faces.pictures import Listing
from training.faces.table import list_table


def list_source(spec: str) -> Listing:
    """List a source's pictures. spec: a folder, ``.npz`` or ``.csv``, after ``NAME=`` if it gets a name.

    Raises TrainingError when the source is missing, of another kind, incomplete or names an unknown class.
    """
    name, path = location(spec)
    if path.is_dir():
        return list_folder(path, name or printable(path.resolve().name))
    if not path.is_file():
        raise TrainingError(f"There is no file or folder {path} to ingest.")
    # By default the namespace is the whole path: in files that merely share a name, persons differ.
    source, namespace = name or printable(path.stem), name or str(path.resolve())
    if path.suffix.lower() == ".npz":
        return list_ferplus(path, source, namespace)
    if path.suffix.lower() == ".csv":
        return list_table(path, source, namespace)
    raise TrainingError(f"{path} cannot be ingested: give a folder of classes, a FERPlus .npz or a .csv.")


def location(spec: str) -> tuple[str, Path]:
    """The name that a source gets, or an empty text, and the source's path. spec: see ``list_source``."""
    name, separator, path = spec.partition("=")
    if not separator or Path(spec).exists():
        name, path = "", spec
    return printable(name), home_expanded(path)
