"""The names of clips: a stem that its files share, safe on every file system and taken only once."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from happysad_live.core.file_lock import FileLock
from happysad_live.core.numbered import numbered
from happysad_live.errors import RecordingError
from happysad_live.paths import is_folder
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.part_names import PART_SUFFIX

VIDEO_SUFFIX = ".mp4"
CAMERAS_VIDEO_SUFFIX = VIDEO_SUFFIX.upper()
"""The same as cameras write it, for films that were copied among the clips."""
LABELS_SUFFIX = ".labels.jsonl"
INFO_SUFFIX = ".json"
DRAFT_SUFFIX = INFO_SUFFIX + PART_SUFFIX
"""Ends the name of a clip's description for as long as the clip is recorded."""

LOCK_SUFFIX = ".recording"
"""Ends the name of the empty file that says "a program is recording this clip"."""

LABELLED_ENDING = ".labelled"
"""Ends the stem of a copy with labels drawn in, and no clip's."""

LABELLED_SUFFIX = LABELLED_ENDING + VIDEO_SUFFIX
"""Ends the name of a copy with labels drawn in, which is no clip of its own."""

CLIP_SUFFIXES = (VIDEO_SUFFIX, LABELS_SUFFIX, INFO_SUFFIX)
_TAKING_SUFFIXES = (
    *CLIP_SUFFIXES,
    *(suffix + PART_SUFFIX for suffix in CLIP_SUFFIXES),
    CAMERAS_VIDEO_SUFFIX,
    LOCK_SUFFIX,
)

LABEL_SUFFIXES = {"jsonl": LABELS_SUFFIX, "csv": ".labels.csv", "vtt": ".vtt"}
"""How the name of a label file of each format ends."""

_TRIES = 20
"""How often to try for a lock. Another window cannot be quicker so often: where a network drive refuses every
lock, or numbers its files anew, the clip is recorded without one."""

MAX_STEM_CHARS = 120
"""The most characters in a stem; further ones are cut off."""

_MAX_STEM_BYTES = 200
"""The most bytes in a stem: file systems allow 255 of UTF-8; endings, ``_2`` and the like come on top."""
_FORBIDDEN = set('<>:"/\\|?*')
_RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    f"{port}{n}" for port in ("COM", "LPT") for n in "123456789¹²³"
}


def clip_path(folder: Path, stem: str, suffix: str) -> Path:
    """One of the files of a clip."""
    return folder / (stem + suffix)


def dated_stem(now: datetime) -> str:
    """A clip's usual name: ``2025-06-30_14-05-09``."""
    return now.strftime("%Y-%m-%d_%H-%M-%S")


def is_dated_stem(stem: str) -> bool:
    """Whether a name is one that ``dated_stem`` gives, be it numbered because several clips would have it."""
    return re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(_\d+)?", stem) is not None


def record_target(path: Path) -> tuple[Path, str | None]:
    """Folder and stem of what the user named: ``clips/party.mp4`` is a clip, ``clips`` a folder."""
    if path.suffix.lower() == VIDEO_SUFFIX and not is_folder(path):
        return path.parent, path.stem
    return path, None


def safe_stem(text: str) -> str:
    """The user's text as a file name that Windows, macOS and Linux all take.

    Raises RecordingError where nothing is left of it.
    """
    kept = "".join(letter for letter in text if letter not in _FORBIDDEN and letter.isprintable())
    kept = " ".join(kept.split())[:MAX_STEM_CHARS].encode()[:_MAX_STEM_BYTES].decode(errors="ignore")
    kept = kept.strip(". ")
    if kept.casefold().endswith(LABELLED_ENDING):
        kept = kept[: -len(LABELLED_ENDING)] + LABELLED_ENDING.replace(".", "_")
    if kept.split(".")[0].rstrip().upper() in _RESERVED:
        kept = f"_{kept}"
    if not kept:
        raise RecordingError("A clip's name needs at least one letter or digit.")
    return kept


def taken_suffixes(folder: Path, stem: str) -> list[str]:
    """The suffixes of a finished or unfinished clip's files that have this stem; none where it is free."""
    # A link that leads nowhere counts, too: what is written under its name lands where it leads.
    return [suffix for suffix in _TAKING_SUFFIXES if os.path.lexists(clip_path(folder, stem, suffix))]


def take_new_stem(folder: Path, stem: str) -> tuple[str, FileLock]:
    """Reserve the stem, or the first free of ``STEM_2``, ``STEM_3``..., while a clip is recorded.

    Returns the stem that was reserved, and its lock. Raises RecordingError where the folder refuses.
    """
    tries = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            tries += 1
            name = next(name for name in numbered(stem, "{}_{}") if not taken_suffixes(folder, name))
            with suppress(FileExistsError):
                path = clip_path(folder, name, LOCK_SUFFIX)
                lock = FileLock.take(path, new=True, anyway=tries == _TRIES)
                if lock is not None:
                    return name, lock
    except OSError as error:
        raise write_failure(clip_path(folder, stem, VIDEO_SUFFIX), error) from error


def take_abandoned_stem(folder: Path, stem: str) -> FileLock | None:
    """Lock the stem of a clip that a crash left; None while a program records it, or the disk refuses."""
    with suppress(OSError):
        return FileLock.take(clip_path(folder, stem, LOCK_SUFFIX))
    return None
