"""The clips of a folder, which are plain files: whatever somebody moves, adds or deletes does no harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path

from happysad_live.core.replacing import once_released, partial_path, remove_quietly
from happysad_live.errors import RecordingError
from happysad_live.paths import file_version, is_file, is_same_file, is_there
from happysad_live.recording.clip_info import (
    ClipInfo,
    NoInfo,
    OwnLabel,
    find_info,
    info_from_header,
    read_info,
    write_info,
)
from happysad_live.recording.disk_failures import is_present, write_failure
from happysad_live.recording.label_lines import FrameLabels
from happysad_live.recording.label_reader import iter_labels
from happysad_live.recording.label_share import LabelShare
from happysad_live.recording.mp4 import read_index, read_times
from happysad_live.recording.recovery import is_cut_off
from happysad_live.recording.stems import (
    CAMERAS_VIDEO_SUFFIX,
    INFO_SUFFIX,
    LABELLED_SUFFIX,
    LABELS_SUFFIX,
    VIDEO_SUFFIX,
    clip_path,
    safe_stem,
    taken_suffixes,
)
from happysad_live.recording.stretches import add_own_label, clear_own_labels, with_own_labels

_VIDEO_SUFFIXES = (VIDEO_SUFFIX, CAMERAS_VIDEO_SUFFIX)


MoveBack = Callable[[], object]
"""Moves a file back to where it was; may raise OSError."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of the library.

    video: its MP4. size_bytes: the video's.
    recorded_at: local time with its zone; that of the video's last change where the description does not say.
    """

    folder: Path
    stem: str
    info: ClipInfo
    recorded_at: datetime
    size_bytes: int
    video: Path

    def path(self, suffix: str) -> Path:
        """One of the clip's other files; it may be missing."""
        return clip_path(self.folder, self.stem, suffix)

    def as_now(self) -> Clip:
        """The clip as it is on the disk now: something may have changed it since it was read.

        Raises RecordingError as ``load_clip`` does.
        """
        return load_clip(self.folder, self.stem)


def list_clips(folder: Path) -> list[Clip]:
    """Every clip of a folder, the newest first; an empty list where there is no folder."""
    try:
        names = [entry.name for entry in folder.iterdir() if is_file(entry)]
    except OSError:
        return []
    videos = filter(is_video_name, names)
    stems = {name[: -len(VIDEO_SUFFIX)] for name in videos if not name.lower().endswith(LABELLED_SUFFIX)}
    clips = []
    for stem in stems:
        with suppress(RecordingError):
            clips.append(load_clip(folder, stem))
    return sorted(clips, key=lambda clip: (clip.recorded_at, clip.stem), reverse=True)


def is_video_name(name: str) -> bool:
    """Whether a file of that name may be a clip's video."""
    return name.endswith(_VIDEO_SUFFIXES) and not name.startswith(".")


def load_clip(folder: Path, stem: str) -> Clip:
    """One clip. Raises RecordingError where it has no video, or, without a description, a damaged one."""
    video = clip_path(folder, stem, VIDEO_SUFFIX)
    if not is_there(video) and is_there(cameras := clip_path(folder, stem, CAMERAS_VIDEO_SUFFIX)):
        video = cameras
    try:
        stat = video.stat()
    except OSError as error:
        raise RecordingError(f"The clip {video.name} is no longer there.") from error
    labels = clip_path(folder, stem, LABELS_SUFFIX)
    info = find_info(clip_path(folder, stem, INFO_SUFFIX))
    info = _rebuilt_info(video, labels) if info is None else _completed(info, video, labels)
    return Clip(folder, stem, info, _recorded_at(info, stat.st_mtime), stat.st_size, video)


def is_described(folder: Path, stem: str) -> bool:
    """Whether a clip of that name has its JSON file, be it damaged, of another version or not readable."""
    return read_info(clip_path(folder, stem, INFO_SUFFIX)) not in (NoInfo.ABSENT, NoInfo.FOREIGN)


def clip_frames(clip: Clip) -> Iterator[FrameLabels]:
    """The clip's label lines, one by one, with the user's own labels filled in.

    Raises RecordingError, at once or on the way, where the file is missing or damaged.
    """
    _, lines = iter_labels(clip.path(LABELS_SUFFIX))
    return with_own_labels(lines, clip.info)


def label_stretch(clip: Clip, own: OwnLabel) -> Clip:
    """Give a stretch of the clip the user's own label. Raises RecordingError."""
    return _store(clip, add_own_label(clip.info, own))


def unlabel_stretch(clip: Clip, start_s: float, end_s: float | None, track: int | None = None) -> Clip:
    """Remove the user's own labels of a stretch, of one face or (None) of all. Raises RecordingError."""
    return _store(clip, clear_own_labels(clip.info, start_s, end_s, track))


def set_own_labels(clip: Clip, own_labels: tuple[OwnLabel, ...]) -> Clip:
    """Replace all of the user's own labels, as to undo a change. Raises RecordingError."""
    return _store(clip, replace(clip.info, own_labels=own_labels))


def set_note(clip: Clip, note: str) -> Clip:
    """Store the user's note. Raises RecordingError."""
    return _store(clip, replace(clip.info, note=note))


def without_video_suffix(name: str) -> str:
    """A name without the ``.mp4`` at its end with which a user may have given it."""
    return re.sub(rf"{re.escape(VIDEO_SUFFIX)}\s*$", "", name, flags=re.IGNORECASE)


def rename_clip(clip: Clip, name: str) -> Clip:
    """Give all the clip's files another stem; of a name that ends in ``.mp4``, what stands before that.

    Raises RecordingError where the name is taken or impossible, or the disk refuses; the files then
    all keep their old name.
    """
    if safe_stem(name) == clip.stem:
        return clip
    stem = safe_stem(without_video_suffix(name))
    if stem == clip.stem:
        return clip
    _require_complete(clip)
    if not _is_free(clip, stem):
        raise RecordingError(f"There is already a clip named {stem}: choose another name.")

    def rename(old: Path) -> MoveBack:
        new = clip.folder / (stem + old.name.removeprefix(clip.stem))
        once_released(partial(old.rename, new))
        return partial(new.rename, old)

    _move_all(_clip_files(clip), rename, write_failure)
    _remove_half_stored(clip)
    return replace(clip, stem=stem, video=clip.folder / (stem + clip.video.suffix))


def _is_free(clip: Clip, stem: str) -> bool:
    """Whether no file has the stem but the clip's own, which have it too where the disk ignores case.

    A link to the clip's video may be another clip's, which then has labels of its own.
    """
    taken = taken_suffixes(clip.folder, stem)
    return all(is_same_file(clip.path(suffix), clip_path(clip.folder, stem, suffix)) for suffix in taken)


def trash_clip(clip: Clip, move_to_trash: Callable[[Path], MoveBack | None]) -> None:
    """Move all the clip's files to the system's trash.

    move_to_trash: does so with a file, and returns what moves it back, if that is possible; raises OSError.

    Raises RecordingError where one cannot be moved; those that were are then moved back, where possible.
    """
    paths = _clip_files(clip)
    if not paths:
        raise RecordingError(f"The clip {clip.video.name} is no longer there.")

    def failure(path: Path, _: OSError) -> RecordingError:
        return RecordingError(
            f"{path.name} could not be moved to the trash, so the clip stays. To delete it all the same, "
            f"remove its files from {clip.folder}."
        )

    _move_all(paths, move_to_trash, failure)
    _remove_half_stored(clip)


def _move_all(
    paths: Iterable[Path],
    move: Callable[[Path], MoveBack | None],
    failure: Callable[[Path, OSError], RecordingError],
) -> None:
    """Move files; where one cannot be, move those before back, where possible, and raise its ``failure``.

    move: moves a file, and returns what moves it back, if anything does; raises OSError.
    """
    moves_back: list[MoveBack | None] = []
    for path in paths:
        try:
            moves_back.append(move(path))
        except OSError as error:
            for move_back in filter(None, reversed(moves_back)):
                with suppress(OSError):
                    move_back()
            raise failure(path, error) from error


def _clip_files(clip: Clip) -> list[Path]:
    """The clip's files that are there, the video first; not another program's that bears their name.

    Raises RecordingError where the disk does not say: a file that is left behind would be lost to the clip.
    """
    paths = [clip.video, clip.path(LABELS_SUFFIX)]
    if read_info(clip.path(INFO_SUFFIX)) is not NoInfo.FOREIGN:
        paths.append(clip.path(INFO_SUFFIX))
    return [path for path in paths if is_present(path) and is_file(path)]


def _remove_half_stored(clip: Clip) -> None:
    """Remove what a crash left of a label or note that was being stored."""
    partial = partial_path(clip.path(INFO_SUFFIX))
    if is_file(partial) and read_info(partial) is not NoInfo.FOREIGN:
        remove_quietly(partial)


def _require_complete(clip: Clip) -> None:
    """Raise RecordingError where the recording was cut off, and its files still have temporary names."""
    if is_cut_off(clip.folder, clip.stem):
        raise RecordingError(
            f"The recording {clip.stem} was cut off and is not complete: recover it first, which is offered "
            "when its folder is shown."
        )


def _store(clip: Clip, info: ClipInfo) -> Clip:
    _require_complete(clip)
    if info == clip.info:
        return clip
    path = clip.path(INFO_SUFFIX)
    found = read_info(path)
    if found is NoInfo.FOREIGN:
        raise RecordingError(
            f"{path.name} belongs to another program, and saving your label or note would overwrite it. "
            "Rename the clip first."
        )
    if found is NoInfo.UNREADABLE:
        raise RecordingError(
            f"{path.name} cannot be read, and saving your label or note would overwrite it: make it "
            "readable, or move it away first."
        )
    if found is NoInfo.DAMAGED:
        raise RecordingError(
            f"{path.name} is damaged or was written by another version of this program. Saving your label or "
            "note would overwrite it: repair it or move it away first."
        )
    write_info(path, info)
    return replace(clip, info=info)


def _completed(info: ClipInfo, video: Path, labels: Path) -> ClipInfo:
    """The description with model, classes, size and shares of the label lines, where it has no classes, and
    with frames and length of the video, where it has no length.

    It has no classes for a film from elsewhere that was given a note first, and label lines later; and no
    length where a hand or a script has written it.
    """
    if info.labels and info.length_s > 0:
        return info
    try:
        rebuilt = _rebuilt_info(video, labels)
    except RecordingError:
        return info
    if info.length_s <= 0:
        info = replace(info, frames=rebuilt.frames, length_s=rebuilt.length_s)
    if info.labels:
        return info
    return replace(
        info,
        model=rebuilt.model,
        model_sha256=rebuilt.model_sha256,
        labels=rebuilt.labels,
        width=rebuilt.width,
        height=rebuilt.height,
        share=rebuilt.share,
    )


def _rebuilt_info(video: Path, labels: Path) -> ClipInfo:
    """A description from the video and the label lines, where somebody removed or broke the JSON file."""
    return _read_through(video, labels, file_version(video), file_version(labels))


@lru_cache(maxsize=1024)
def _read_through(video: Path, labels: Path, *_versions: tuple[int, ...]) -> ClipInfo:
    """As ``_rebuilt_info``; cached, as clips are listed often, and an hour's label lines take seconds."""
    try:
        header, lines = iter_labels(labels)
        share = LabelShare(lines)
    except RecordingError:
        # Somebody else's video, perhaps hours long: its index must do, if there is one.
        frames, length_s = read_index(video)
        if not frames:  # as in a screen recorder's file, written piece by piece
            times = read_times(video)
            frames, length_s = times.frames, times.length_s
        return ClipInfo(source=video.stem, frames=frames, length_s=round(length_s, 6))
    times = read_times(video)
    return share.describe(info_from_header(header), times.frames, times.length_s)


def _recorded_at(info: ClipInfo, modified_s: float) -> datetime:
    with suppress(*_NO_TIME):
        return datetime.fromisoformat(info.recorded_at).astimezone()
    with suppress(*_NO_TIME):
        return datetime.fromtimestamp(modified_s, UTC).astimezone()
    return datetime.fromtimestamp(0, UTC).astimezone()


_NO_TIME = (ValueError, OverflowError, OSError)
"""Raised by a text that is no time, and by a time that the system cannot turn into local time: a disk may
hold any year, and Windows knows none before 1970 (without a zone, none before 2 January 1970)."""
