"""Labels as votes: FERPlus, with ten annotators for each picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from happysad_live.errors import TrainingError
from training.faces.faceset import CLASSES, SPLITS, SUFFIX
from training.faces.pictures import Listing, Picture, Reject, is_class, same_class
from training.files import read_npz

_ARRAYS = ("images", "votes", "vote_names", "split")
_OF_EACH_PICTURE = ("images", "votes", "split", "row_id", "duplicate_group")
_COLUMNS = ("vote_names", "split", "row_id", "duplicate_group")

_IN_WORDS = {"NF": "no face", "unknown": "an expression they could not name", "contempt": "contempt"}


def list_ferplus(path: Path, source: str, namespace: str) -> Listing:
    """The pictures of a FERPlus file, each labelled with the shares of its votes for the seven classes.

    source, namespace: see ``Picture``. Pictures without votes are rejected, and so are those whose annotators
    most often saw no face, an unknown expression or contempt; single votes for those three do not count.

    Raises TrainingError where the file is damaged, incomplete or no FERPlus file.
    """
    values = _arrays(path)
    vote_names = _vote_names(values)
    votes = values["votes"].astype(np.float32)
    kept = votes[:, [vote_names.index(name) for name in CLASSES]]
    rows = values.get("row_id", np.arange(len(votes)))
    groups = values.get("duplicate_group", np.full(len(votes), -1))
    pictures, rejects = [], []
    for index, column in enumerate(votes.argmax(axis=1)):
        name, winner = f"row {rows[index]}", vote_names[column]
        if not votes[index].any():
            rejects.append(Reject(source, name, "it has no votes"))
        elif winner not in CLASSES:
            seen = _IN_WORDS.get(winner, winner)
            rejects.append(Reject(source, name, f"its annotators most often saw {seen}"))
        else:
            pictures.append(
                Picture(
                    name,
                    source,
                    values["images"][index],
                    kept[index] / kept[index].sum(),
                    namespace=namespace,
                    duplicate_group=str(groups[index]) if groups[index] >= 0 else "",
                    split=str(values["split"][index]),
                )
            )
    return Listing(tuple(pictures), tuple(rejects))


def _arrays(path: Path) -> Mapping[str, np.ndarray]:
    """The file's arrays. Raises TrainingError where one is missing or wrong."""
    if path.name.endswith(SUFFIX):
        raise TrainingError(f"{path} is a face set already: name what it was made from instead.")
    values = read_npz(path, f"{path} is damaged or not an npz file.")
    if missing := [name for name in _ARRAYS if name not in values]:
        raise TrainingError(f"{path} lacks the array “{missing[0]}”: it is not a FERPlus file.")
    for name in _COLUMNS:
        if name in values and values[name].ndim != 1:
            shape = values[name].shape
            raise TrainingError(
                f"The array “{name}” in {path} has the shape {shape}: it must be a row of values."
            )
    if wrong := sorted({str(name) for name in values["split"]} - {*SPLITS, ""}):
        raise TrainingError(f"“{wrong[0]}” in {path} is not a split: use train, val or test.")
    pixels = values["images"]
    if pixels.dtype != np.uint8 or (pixels.ndim != 3 and pixels.shape[3:] != (3,)) or 0 in pixels.shape[1:]:
        raise TrainingError(
            f"The images in {path} are {pixels.dtype} of the shape {pixels.shape}: they must be uint8, "
            "(N, H, W) grey or (N, H, W, 3) RGB."
        )
    _check_votes(path, values["votes"], _vote_names(values))
    lengths = {name: len(values[name]) for name in _OF_EACH_PICTURE if name in values}
    if len(set(lengths.values())) > 1:
        raise TrainingError(f"{path} is incomplete: its arrays have different lengths ({lengths}).")
    if "duplicate_group" in values and values["duplicate_group"].dtype.kind not in "iu":
        raise TrainingError(f"The array “duplicate_group” in {path} must hold whole numbers.")
    return values


def _vote_names(values: Mapping[str, np.ndarray]) -> list[str]:
    """What each column of votes is for; FERPlus itself calls some classes otherwise, as happiness."""
    names = map(str, values["vote_names"])
    return [same_class(name) if is_class(name) else name for name in names]


def _check_votes(path: Path, votes: np.ndarray, vote_names: Sequence[str]) -> None:
    if len(set(vote_names)) < len(vote_names):
        twice = next(name for name in vote_names if vote_names.count(name) > 1)
        raise TrainingError(f"{path} has two columns of votes for “{twice}”: add them up.")
    if absent := [name for name in CLASSES if name not in vote_names]:
        raise TrainingError(f"{path} has no votes for “{absent[0]}”.")
    if votes.dtype.kind not in "biuf" or votes.shape[1:] != (len(vote_names),):
        raise TrainingError(
            f"The votes in {path} are {votes.dtype} of the shape {votes.shape}: they must be numbers, with a "
            f"column for each of the {len(vote_names)} vote_names."
        )
    wrong = ~(np.isfinite(votes) & (votes >= 0)).all(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise TrainingError(
            f"The votes of picture {row} (counted from 0) in {path} are {votes[row].tolist()}: they must be "
            "0 or more. Correct them, or take the picture out."
        )
