"""Finding and repairing what a crash or a power cut left of clips that were being recorded."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

from happysad_live.core.replacing import remove_quietly
from happysad_live.errors import RecordingError
from happysad_live.paths import is_there
from happysad_live.recording.clip_info import ClipInfo, NoInfo, info_from_header, read_info
from happysad_live.recording.cues import Cue, CueBuilder
from happysad_live.recording.disk_failures import is_present
from happysad_live.recording.frame_gap import FrameGap
from happysad_live.recording.label_reader import iter_labels
from happysad_live.recording.mp4 import keep_whole_fragments, make_plain, read_times, remux_path, unplayable
from happysad_live.recording.part_names import part_path
from happysad_live.recording.stems import (
    DRAFT_SUFFIX,
    INFO_SUFFIX,
    LABELS_SUFFIX,
    LOCK_SUFFIX,
    VIDEO_SUFFIX,
    clip_path,
    take_abandoned_stem,
)
from happysad_live.recording.unfinished_clip import finish_labels_and_info, remove_unfinished

INTERRUPTED = "The program stopped while this clip was being recorded; it was recovered."
"""What a recovered clip's description says under ``ended``."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A clip that was being recorded when the program stopped. size_bytes: its video's."""

    folder: Path
    stem: str
    size_bytes: int


def find_leftovers(folder: Path) -> list[Leftover]:
    """Unfinished clips of a folder that nobody is recording any more, by name.

    Also clears away the locks of programs that died before their first frame.
    """
    leftovers = []
    for stem in sorted(_unfinished_stems(folder)):
        lock = take_abandoned_stem(folder, stem)
        if lock is None:
            continue
        lock.release()
        if is_cut_off(folder, stem):
            leftovers.append(Leftover(folder, stem, _size_bytes(clip_path(folder, stem, VIDEO_SUFFIX))))
    return leftovers


def recover(leftover: Leftover) -> ClipInfo | None:
    """Complete a clip that a crash left: all but about its last quarter of a second.

    Returns its description; None where not a single frame had reached the disk (what was left is
    then removed), or where another program is working on it. Raises RecordingError where the disk
    refuses, after which it can be tried again, and where the video or its label lines are damaged or
    were taken away; nothing is lost then.
    """
    folder, stem = leftover.folder, leftover.stem
    lock = take_abandoned_stem(folder, stem)
    if lock is None:
        return None
    with lock:
        video = clip_path(folder, stem, VIDEO_SUFFIX)
        remove_quietly(remux_path(video))
        labels = _left_labels(folder, stem)
        known = _known_info(folder, stem)
        if not is_present(video) and not _complete_video(video, labels, known):
            if not is_present(part_path(video)) and _has_lines(labels):
                raise RecordingError(
                    f"The video {part_path(video).name} is gone, but not its labels: bring it back into "
                    f"{folder}, or throw them away."
                )
            remove_unfinished(folder, stem)
            return None
        remove_quietly(part_path(video))
        info = replace(known or _guessed_info(labels), ended=INTERRUPTED)
        return finish_labels_and_info(folder, stem, info)


def is_cut_off(folder: Path, stem: str) -> bool:
    """Whether a recording's description is not complete yet, though its video may be: it is to be recovered,
    unless a program is just ending it.
    """
    draft = clip_path(folder, stem, DRAFT_SUFFIX)
    if not is_there(draft) or is_there(clip_path(folder, stem, INFO_SUFFIX)):
        return False
    parts = (part_path(clip_path(folder, stem, suffix)) for suffix in (VIDEO_SUFFIX, LABELS_SUFFIX))
    return _is_ours(draft) or any(map(is_there, parts))


def discard(leftover: Leftover) -> None:
    """Remove what a crash left, where the user does not want it and nobody is working on it."""
    folder, stem = leftover.folder, leftover.stem
    lock = take_abandoned_stem(folder, stem)
    if lock is None:
        return
    with lock:
        if not is_cut_off(folder, stem):  # recovered meanwhile, as by another window
            return
        # The crash may have come when some files were complete, but not all.
        video = clip_path(folder, stem, VIDEO_SUFFIX)
        for path in (clip_path(folder, stem, LABELS_SUFFIX), video, remux_path(video)):
            remove_quietly(path)
        remove_unfinished(folder, stem)


def _unfinished_stems(folder: Path) -> set[str]:
    """Stems with a lock or a draft of a description, which a clip in the making has until its very end."""
    try:
        names = [entry.name for entry in folder.iterdir()]
    except OSError:
        return set()
    return {
        name.removesuffix(ending)
        for ending in (DRAFT_SUFFIX, LOCK_SUFFIX)
        for name in names
        if name.endswith(ending) and _is_ours(folder / name)
    }


def _is_ours(path: Path) -> bool:
    """Whether a lock or draft is no other program's file: a lock is empty, a draft describes a clip."""
    if path.name.endswith(DRAFT_SUFFIX):
        return read_info(path) is not NoInfo.FOREIGN
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:  # its program has just removed it
        return False


def _size_bytes(video: Path) -> int:
    """Size of an unfinished clip's video; 0 where there is none yet."""
    return max((path.stat().st_size for path in (video, part_path(video)) if is_there(path)), default=0)


def _complete_video(video: Path, labels: Path, info: ClipInfo | None) -> bool:
    """Turn what is left of a clip's video into the plain form; False where not a frame of it is left.

    info: the description, None where that is lost.
    """
    part = part_path(video)
    if not is_present(part) or not keep_whole_fragments(part):
        return False
    times = read_times(part).times_s
    if not times:
        raise unplayable(part)
    gap = FrameGap()
    for before_s, time_s in pairwise(times):
        gap.add(time_s - before_s)
    make_plain(
        part,
        video,
        _cues(labels, len(times)),
        gap.seconds,
        subtitles_on=info is not None and info.is_clean_at(0.0),
        recorded_at=info.recorded_at_utc if info is not None else None,
    )
    return True


def _has_lines(labels: Path) -> bool:
    try:
        return next(iter_labels(labels)[1], None) is not None
    except RecordingError:
        return False


def _cues(labels: Path, frames: int) -> list[Cue]:
    """The subtitles for the first ``frames`` label lines, as far as these can be read."""
    builder = CueBuilder()
    found: list[Cue] = []
    with suppress(RecordingError):
        for frame in islice(iter_labels(labels)[1], frames):
            found += builder.add(frame.time_s, frame.faces)
    return found + builder.finish()


def _left_labels(folder: Path, stem: str) -> Path:
    path = clip_path(folder, stem, LABELS_SUFFIX)
    part = part_path(path)
    return part if is_present(part) else path


def _known_info(folder: Path, stem: str) -> ClipInfo | None:
    """The description, None where it is lost.

    Raises RecordingError where it cannot be read just now: it knows what the user has said.
    """
    for suffix in (DRAFT_SUFFIX, INFO_SUFFIX):
        path = clip_path(folder, stem, suffix)
        found = read_info(path)
        if found is NoInfo.UNREADABLE:
            raise RecordingError(f"{path.name} in {folder} cannot be read, so {stem} is not recovered yet.")
        if isinstance(found, ClipInfo):
            return found
    return None


def _guessed_info(labels: Path) -> ClipInfo:
    """A description from what the label lines know, where the clip's own is lost."""
    try:
        return info_from_header(iter_labels(labels)[0])
    except RecordingError:
        return ClipInfo()
