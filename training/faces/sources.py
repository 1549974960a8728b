"""What can be ingested, a folder of classes, FERPlus votes or a csv, as a list of pictures to look at."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from happysad_live.errors import TrainingError
from happysad_live.paths import home_expanded
from training.faces.faceset import CLASSES, SPLITS, SUFFIX
from training.files import read_npz

LEFT_OUT = "contempt"
_SAME_CLASS = {
    "happiness": "happy",
    "sadness": "sad",
    "anger": "angry",
    "surprised": "surprise",
    "fearful": "fear",
    "disgusted": "disgust",
}
_FERPLUS_ARRAYS = ("images", "votes", "vote_names", "split")


@dataclass(frozen=True, slots=True)
class Picture:
    """One labelled picture of a source, not looked at yet.

    content: the file to read, its content, (B,) uint8, or the picture itself, (H, W) or (H, W, 3) uint8
        grey or RGB.
    label: (K,) float32, one share a class, summing to 1.
    person: pictures of one person share it (unique across sources); empty when unknown.
    copies: near-duplicates as the source knows them share it (unique across sources); empty when none.
    split: "train", "val" or "test" where the source says so, else empty.
    moving: whether it is a frame of a clip, whose neighbours look alike whatever they show.
    """

    name: str
    source: str
    content: Path | np.ndarray
    label: np.ndarray
    person: str = ""
    copies: str = ""
    split: str = ""
    moving: bool = False


@dataclass(frozen=True, slots=True)
class Reject:
    """A picture that is left out, with the reason in words.

    kind: what the report counts it under, where the reason names another picture; else the reason.
    """

    source: str
    name: str
    reason: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The pictures of a source, and those that its labels alone rule out."""

    pictures: tuple[Picture, ...]
    rejects: tuple[Reject, ...]


def list_source(spec: str) -> Listing:
    """Read a source's labels. spec: a folder, ``.npz`` or ``.csv``, with ``NAME=`` before it to name it.

    Raises TrainingError when it is missing, of another kind, incomplete, or holds a wrong class name.
    """
    name, separator, location = spec.partition("=")
    if not separator or Path(spec).exists():
        name, location = "", spec
    path = home_expanded(location)
    if path.is_dir():
        return _list_folder(path, name or path.resolve().name)
    if not path.is_file():
        raise TrainingError(f"There is no file or folder {path} to ingest.")
    if path.suffix.lower() == ".npz":
        return _list_ferplus(path, name)
    if path.suffix.lower() == ".csv":
        return _list_csv(path, name)
    raise TrainingError(f"{path} cannot be ingested: give a folder of classes, a FERPlus .npz or a .csv.")


def one_hot(class_name: str) -> np.ndarray:
    """The (K,) float32 label row of a class."""
    return np.eye(len(CLASSES), dtype=np.float32)[CLASSES.index(class_name)]


def same_class(text: str) -> str:
    """What a label is called here: ``Happiness`` is ``happy``. What nobody knows stays, in small letters."""
    name = text.strip().lower()
    return _SAME_CLASS.get(name, name)


def _known_class(text: str, where: str) -> str:
    """The class that a label means, or "contempt". Raises TrainingError for a name nobody knows."""
    name = same_class(text)
    if name in CLASSES or name == LEFT_OUT:
        return name
    raise TrainingError(f"'{text}' in {where} is not a class: use {', '.join(CLASSES)}.")


def class_folders(folder: Path) -> dict[str, list[Path]]:
    """The files in each class folder but hidden ones, by class: whether one is a picture shows later.

    Raises TrainingError for a wrong or empty class.
    """
    found: dict[str, list[Path]] = {}
    for sub in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."):
        class_name = _known_class(sub.name, str(folder))
        pictures = _files_below(sub, folder)
        if not pictures:
            raise TrainingError(f"The class folder {sub} holds no pictures: fill it or remove it.")
        found.setdefault(class_name, []).extend(pictures)
    if not found:
        raise TrainingError(f"{folder} has no class folders: make one for each class, such as happy and sad.")
    return found


def _files_below(folder: Path, root: Path) -> list[Path]:
    """All files but hidden ones, in linked folders too; a link back into ``root`` is not followed."""
    found = []
    seen = {folder.resolve()}
    whole = root.resolve()
    for parent, folders, names in os.walk(folder, onerror=_refuse_closed, followlinks=True):
        here = Path(parent)
        kept = []
        for name in sorted(name for name in folders if name[0] != "."):
            target = (here / name).resolve()
            leads_back = target.is_relative_to(whole) or whole.is_relative_to(target)
            if target not in seen and not ((here / name).is_symlink() and leads_back):
                seen.add(target)
                kept.append(name)
        folders[:] = kept
        found += [here / name for name in names if name[0] != "." and (here / name).is_file()]
    return sorted(found)


def _refuse_closed(problem: OSError) -> None:
    raise TrainingError(
        f"The folder {problem.filename} cannot be looked into: {problem.strerror}. Take it out, or permit it."
    ) from problem


def _as_text(name: str) -> str:
    """A file's name without the bytes that are in another encoding, which no report could hold."""
    return name.encode("utf-8", "backslashreplace").decode()


def _list_folder(folder: Path, source: str) -> Listing:
    pictures = []
    loose = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    rejects = [Reject(source, _as_text(name), "it lies in no class folder") for name in loose]
    for class_name, paths in class_folders(folder).items():
        for path in paths:
            name = path.relative_to(folder).as_posix()
            if (shown := _as_text(name)) != name:
                rejects.append(Reject(source, shown, "its name is no UTF-8 text: rename it"))
            elif class_name == LEFT_OUT:
                rejects.append(_contempt(source, name))
            else:
                pictures.append(Picture(name, source, path, one_hot(class_name)))
    return Listing(tuple(pictures), tuple(rejects))


def _list_csv(path: Path, named: str) -> Listing:
    """Rows of ``file,class[,source][,subject][,duplicate_group][,split]``. named: by the user, or empty.

    Each file is looked for in the folder beside the csv that has its name, then beside the csv.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header = file.readline()
            # Excel writes semicolons where a comma is the decimal mark.
            delimiter = ";" if ";" in header and "," not in header else ","
            columns = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter), [])]
            reader = csv.DictReader(file, columns, delimiter=delimiter)
            missing = [column for column in ("file", "class") if column not in columns]
            if missing:
                raise TrainingError(f"{path} lacks the column '{missing[0]}': it needs file and class.")
            rows = [(reader.line_num + 1, row) for row in reader]  # the header was read before
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path} cannot be read as a csv: {error}.") from error
    if not rows:
        raise TrainingError(f"{path} lists no pictures.")
    own_folder = path.with_suffix("")
    folders = (own_folder, path.parent) if own_folder.is_dir() else (path.parent,)
    pictures, rejects = [], []
    for number, row in rows:
        if not any(row.values()):  # as Excel leaves them at a table's end
            continue
        where = f"{path}, line {number}"
        class_name = _known_class(row["class"] or "", where)
        name = row["file"] or ""
        source = row.get("source") or named or path.stem
        # Two files that happen to be called alike do not speak of the same persons.
        owner = row.get("source") or named or str(path.resolve())
        if class_name == LEFT_OUT:
            rejects.append(_contempt(source, name))
            continue
        person, copies, given = (row.get(key) or "" for key in ("subject", "duplicate_group", "split"))
        split = given.strip().lower()
        if split and split not in SPLITS:
            raise TrainingError(f"'{given}' in {where} is not a split: use train, val or test.")
        pictures.append(
            Picture(
                name,
                source,
                _found(name, folders),
                one_hot(class_name),
                person=f"{owner}:{person}" if person else "",
                copies=f"{owner}:{copies}" if copies and copies != "-1" else "",
                split=split,
            )
        )
    return Listing(tuple(pictures), tuple(rejects))


def _found(name: str, folders: Sequence[Path]) -> Path:
    """A csv's picture in the first of the folders that has it, also where the csv was written on Windows."""
    names = dict.fromkeys([name, name.replace("\\", "/")])
    paths = [folder / spelt for spelt in names for folder in folders]
    return next((path for path in paths if path.is_file()), paths[0])


def _list_ferplus(path: Path, named: str) -> Listing:
    """Votes of FERPlus: every picture's votes for the seven classes, as shares. named: by the user, or empty.

    Pictures whose annotators mostly saw no face, an unknown expression or contempt are rejected;
    single votes for those three are left out of the shares.
    """
    if path.name.endswith(SUFFIX):
        raise TrainingError(f"{path} is a face set already: name what it was made from instead.")
    values = read_npz(path, f"{path} is damaged or no npz file.")
    missing = [name for name in _FERPLUS_ARRAYS if name not in values]
    if missing:
        raise TrainingError(f"{path} lacks the array '{missing[0]}': it is not a FERPlus file.")
    splits = [str(name) for name in values["split"]]
    if wrong := sorted(set(splits) - {*SPLITS, ""}):
        raise TrainingError(f"'{wrong[0]}' in {path} is not a split: use train, val or test.")
    pixels = values["images"]
    if pixels.dtype != np.uint8 or (pixels.ndim != 3 and pixels.shape[3:] != (3,)):
        raise TrainingError(
            f"The images in {path} are {pixels.dtype} of the shape {pixels.shape}: they must be uint8, "
            "(N, H, W) grey or (N, H, W, 3) RGB."
        )
    source, owner = named or path.stem, named or str(path.resolve())
    vote_names = [str(name) for name in values["vote_names"]]
    absent = [name for name in CLASSES if name not in vote_names]
    if absent:
        raise TrainingError(f"{path} has no votes for '{absent[0]}'.")
    lengths = {name: len(values[name]) for name in ("images", "votes", "split")}
    if len(set(lengths.values())) > 1:
        raise TrainingError(f"{path} is incomplete: its arrays have different lengths ({lengths}).")
    votes = values["votes"].astype(np.float32)
    kept = votes[:, [vote_names.index(name) for name in CLASSES]]
    winners = [vote_names[column] for column in votes.argmax(axis=1)]
    rows = values.get("row_id", np.arange(len(votes)))
    copies = values.get("duplicate_group", np.full(len(votes), -1))
    pictures, rejects = [], []
    for index, winner in enumerate(winners):
        name = f"row {rows[index]}"
        if not votes[index].any():
            rejects.append(Reject(source, name, "it has no votes"))
            continue
        if winner not in CLASSES:
            rejects.append(Reject(source, name, f"most annotators saw {_IN_WORDS.get(winner, winner)}"))
            continue
        pictures.append(
            Picture(
                name,
                source,
                values["images"][index],
                kept[index] / kept[index].sum(),
                copies=f"{owner}:{copies[index]}" if copies[index] >= 0 else "",
                split=splits[index],
            )
        )
    return Listing(tuple(pictures), tuple(rejects))


_IN_WORDS = {"NF": "no face", "unknown": "an expression they could not name", "contempt": "contempt"}


def _contempt(source: str, name: str) -> Reject:
    return Reject(source, name, "labelled contempt, which is none of the seven classes")
