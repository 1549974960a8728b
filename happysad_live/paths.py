"""Where models, assets and the user's own files live: in a checkout, in a wheel, on each system."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from platformdirs import user_data_path, user_videos_path

from happysad_live.errors import HappySadError

_PACKAGE = Path(__file__).resolve().parent


def _bundled(name: str) -> Path:
    """A folder of the program: inside the package in a wheel, beside the package in a checkout."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def home_expanded(text: str | Path) -> Path:
    """A path with ``~`` as the home folder; ``~draft.mp4`` is a file where no user has that name."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one existing file, as through a link or on a disk that ignores case."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def file_version(path: Path) -> tuple[int, ...]:
    """Numbers that are others once a file has changed or was replaced; empty where the disk tells of none."""
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def is_folder(path: Path) -> bool:
    """Whether there is a folder that one may look at; ``Path.is_dir`` raises where one may not."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether there is a file that one may look at; ``Path.is_file`` raises where one may not."""
    return os.path.isfile(path)  # noqa: PTH113


def is_there(path: Path) -> bool:
    """Whether there is anything that one may look at; ``Path.exists`` raises where one may not, or where a
    name is longer than the disk's may be."""
    return os.path.exists(path)  # noqa: PTH110


def models_dir() -> Path:
    """The folder of the models that come with the program."""
    return _bundled("models")


def assets_dir() -> Path:
    """The folder of the icons and the style sheet."""
    return _bundled("assets")


def _user_data_dir() -> Path:
    """The user's own data folder for this program; not created here.

    Raises HappySadError where the user has no home.
    """
    name = "HappySad Live" if sys.platform in ("win32", "darwin") else "happysad-live"
    return _in_home(partial(user_data_path, name, appauthor=False))


def user_models_dir() -> Path:
    """The folder of the models that the user has added or taught; not created here.

    Raises HappySadError where the user has no home.
    """
    return _user_data_dir() / "models"


def recordings_dir() -> Path:
    """The folder for clips unless the user names one; not created here.

    Raises HappySadError where the user has no home.
    """
    return _in_home(user_videos_path) / "HappySad Live"


def _in_home(find: Callable[[], Path]) -> Path:
    """A folder of the user's. A container's user may have no account, and so no home."""
    try:
        folder = find()
    except RuntimeError as error:
        raise HappySadError(_NO_HOME) from error
    if not folder.is_absolute():  # HOME is not, or earlier versions of platformdirs found none
        raise HappySadError(_NO_HOME)
    return folder


_NO_HOME = "You have no home folder: set the environment variable HOME to the path of one."
