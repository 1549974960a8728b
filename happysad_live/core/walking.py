"""Going through a folder and those below it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


def folders_below(
    folder: Path, onerror: Callable[[OSError], None], root: Path | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """A folder and all below it, with the names of the files in each; hidden ones are left out.

    onerror: is told of each folder that may not be looked into. root: the tree that the folder is a part of;
    None: the folder itself.

    Linked folders are gone through too, once each, but not those in ``root`` or those that contain it.
    """
    whole = (root or folder).resolve()
    seen = {folder.resolve()}
    for parent, folders, names in os.walk(folder, onerror=onerror, followlinks=True):
        here = Path(parent)
        kept = []
        for name in sorted(_not_hidden(folders)):
            target = (here / name).resolve()
            leads_back = target.is_relative_to(whole) or whole.is_relative_to(target)
            if target not in seen and not ((here / name).is_symlink() and leads_back):
                seen.add(target)
                kept.append(name)
        folders[:] = kept
        yield here, _not_hidden(names)


def _not_hidden(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(".")]
