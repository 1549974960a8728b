"""Labels as folders: a folder for each class, which holds its pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from happysad_live.core.walking import folders_below
from happysad_live.errors import TrainingError
from training.faces.pictures import LEFT_OUT, Listing, Picture, Reject, contempt, known_class, one_hot
from training.faces.split import SPLIT_OF_WORD


def class_folders(folder: Path) -> dict[str, list[Path]]:
    """All files in the class folders but hidden ones, by class; whether they are pictures shows later.

    Raises TrainingError where there is no class folder, or one is empty, closed or of an unknown class.
    """
    found: dict[str, list[Path]] = {}
    for sub in _sub_folders(folder):
        class_name = known_class(sub.name, str(folder))
        pictures = _files_below(sub, folder)
        if not pictures:
            raise TrainingError(f"The class folder {sub} holds no pictures: fill it or remove it.")
        found.setdefault(class_name, []).extend(pictures)
    if not found:
        raise TrainingError(f"{folder} has no class folders: make one for each class, such as happy and sad.")
    return found


def _sub_folders(folder: Path) -> list[Path]:
    """The sub-folders but hidden ones and ``__MACOSX``, which zip files made on a Mac bring along."""
    return sorted(
        path for path in folder.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "__MACOSX"
    )


def _files_below(folder: Path, root: Path) -> list[Path]:
    """All files below a folder but hidden ones, also in linked folders. root: see ``folders_below``."""
    below = folders_below(folder, _refuse_closed, root)
    paths = (here / name for here, names in below for name in names)
    # Links that lead nowhere are kept, to be reported with the pictures that cannot be read.
    return sorted(path for path in paths if path.is_file() or (path.is_symlink() and not path.exists()))


def _refuse_closed(problem: OSError) -> None:
    raise TrainingError(
        f"The folder {problem.filename} cannot be opened: {problem.strerror}. Move it out, or allow "
        "access to it."
    ) from problem


def _as_text(name: str) -> str:
    """A file's name in which bytes that are not UTF-8 are escaped, as no report could hold them."""
    return name.encode("utf-8", "backslashreplace").decode()


def list_folder(folder: Path, source: str) -> Listing:
    """The pictures of a folder of classes, or of a folder with a folder of classes for each split.

    The splits may also lie below the classes, as in ``happy/train``, if no class holds any other folder. What
    lies beside them has no split: Windows leaves files there that are no pictures.
    Raises TrainingError as ``class_folders`` does.
    """
    parts = split_folders(folder)
    if not parts:
        return _with_splits_below(_list_classes(folder, folder, source, ""))
    listings = [_list_classes(part, folder, source, split) for part, split in parts.items()]
    return Listing(
        tuple(picture for listing in listings for picture in listing.pictures),
        (*_loose(folder, folder, source), *(reject for listing in listings for reject in listing.rejects)),
    )


def _with_splits_below(listing: Listing) -> Listing:
    """The listing of a folder of classes, with the splits that its pictures' paths name."""
    # The name of a picture is its path: its class, perhaps a split, and what lies below.
    inner = [picture.name.split("/")[1:-1] for picture in listing.pictures]
    words = [folders[0].lower() if folders else "" for folders in inner]
    if not all(word in SPLIT_OF_WORD for word in words if word):
        return listing
    splits = [SPLIT_OF_WORD.get(word, "") for word in words]
    pictures = zip(listing.pictures, splits, strict=True)
    return replace(listing, pictures=tuple(replace(picture, split=split) for picture, split in pictures))


def split_folders(folder: Path) -> dict[Path, str]:
    """The split of each sub-folder, if all are named after splits, as in many data sets; else nothing."""
    splits = {sub: SPLIT_OF_WORD.get(sub.name.lower(), "") for sub in _sub_folders(folder)}
    return splits if all(splits.values()) else {}


def _list_classes(folder: Path, root: Path, source: str, split: str) -> Listing:
    """The pictures of a folder of classes, named by their paths from ``root`` on."""
    pictures = []
    rejects = _loose(folder, root, source)
    for class_name, paths in class_folders(folder).items():
        for path in paths:
            name = path.relative_to(root).as_posix()
            if (shown := _as_text(name)) != name:
                rejects.append(Reject(source, shown, "its name is not UTF-8 text: rename it"))
            elif class_name == LEFT_OUT:
                rejects.append(contempt(source, name))
            else:
                pictures.append(Picture(name, source, path, one_hot(class_name), split=split))
    return Listing(tuple(pictures), tuple(rejects))


def _loose(folder: Path, root: Path, source: str) -> list[Reject]:
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    names = (_as_text(path.relative_to(root).as_posix()) for path in paths)
    return [Reject(source, name, "it lies in no class folder") for name in names]
