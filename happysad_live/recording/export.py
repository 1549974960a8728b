"""Exporting a clip: tables, subtitles, ELAN, and a copy with the labels drawn into the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from happysad_live.core.file_lock import held
from happysad_live.errors import RecordingError, UsageError
from happysad_live.paths import is_same_file, is_there
from happysad_live.recording.clip_info import SAME_FRAME_S, ClipInfo
from happysad_live.recording.clip_reader import ClipPicture, ClipReader
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.elan import write_elan
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.label_lines import FaceLabel, FrameLabels, LabelHeader
from happysad_live.recording.label_reader import iter_labels
from happysad_live.recording.label_writers import LabelWriter, open_label_writer
from happysad_live.recording.library import Clip, is_described
from happysad_live.recording.line_end import frames_held, lines_without_faces, rest_without_lines
from happysad_live.recording.mp4 import picture_begins_s
from happysad_live.recording.replay import replay_result, without_drawn
from happysad_live.recording.stems import CLIP_SUFFIXES, LABEL_SUFFIXES, LABELLED_SUFFIX, LABELS_SUFFIX
from happysad_live.recording.stretches import with_own_labels
from happysad_live.recording.unfinished_clip import Draw

T = TypeVar("T")

_LOCK_SUFFIX = ".exporting"
"""Ends the name of the hidden, empty file that says "a window is writing this export"."""

Progress = Callable[[float], bool]
"""Takes the part done, 0..1; returns whether to go on."""

EXPORT_SUFFIXES = {**LABEL_SUFFIXES, "eaf": ".eaf", "video": LABELLED_SUFFIX}
"""What a clip can be exported as, and how the usual file name ends."""


def export_clip(
    clip: Clip,
    format: str,
    path: Path,
    *,
    draw: Draw,
    progress: Progress,
) -> bool:
    """Write a clip in another format; the user's own labels stand beside or instead of the model's.

    format: one of ``EXPORT_SUFFIXES``.
    draw: draws the labels of a "video".
    progress: called again and again; where it returns False, the export stops, and the path is left as it
        was.

    Returns whether the export was completed, and not stopped. Raises RecordingError where the clip lacks
    labels, another window is writing the file or the disk refuses, and where pictures of a damaged video are
    missing in the "video", which is complete otherwise; UsageError for a path that is a file of this clip or
    of another one.
    """
    if is_own_file(clip, path):
        raise UsageError(f"{path.name} is the clip itself: choose another name for the export.")
    if other := _clip_with(path):
        raise UsageError(f"{path.name} is part of the clip “{other}”: choose another name for the export.")
    in_use = RecordingError(
        f"Another window is writing {path.name}: wait until it is done, or choose another name."
    )
    try:
        with held(path.with_name(f".{path.name}{_LOCK_SUFFIX}"), in_use):
            _export(clip, format, path, draw, progress)
    except _GivenUpError:
        return False
    return True


def _export(clip: Clip, format: str, path: Path, draw: Draw, progress: Progress) -> None:
    labels = clip.path(LABELS_SUFFIX)
    if not clip.info.labels and not is_there(labels):  # somebody else's film
        raise RecordingError(
            f"No face in {clip.video.name} has been labelled yet: open it in the main window and record what "
            "you see."
        )
    header, lines = iter_labels(labels)
    if format == "video":
        _write_video(clip, path, lines, header, draw, progress)
    elif format == "eaf":
        all_lines = list(_with_progress(lines, clip, progress))
        all_lines += lines_without_faces(all_lines, clip.info.frames, clip.info.length_s)
        write_elan(path, clip.video, clip.info, all_lines, begins_s=picture_begins_s(clip.video))
    else:
        writer = open_label_writer(
            format,
            path,
            header,
            has_own_labels=bool(clip.info.own_labels),
            begins_s=picture_begins_s(clip.video),
        )
        shown = with_own_labels(_with_progress(lines, clip, progress), clip.info)
        _write_table(writer, _with_durations(shown, clip.info))


class _GivenUpError(Exception):
    """The user wants no export any more."""


def is_own_file(clip: Clip, path: Path) -> bool:
    """Whether the path is one of the clip's own files, which no export may replace, by whatever name."""
    own = (clip.video, *(clip.path(suffix) for suffix in CLIP_SUFFIXES))  # a camera's film ends in .MP4
    return any(is_same_file(file, path) or file.absolute() == path.absolute() for file in own)


def _clip_with(path: Path) -> str | None:
    """The stem of the clip, one with a description, that an existing file belongs to; None for no clip."""
    stems = (path.name[: -len(suffix)] for suffix in CLIP_SUFFIXES if path.name.lower().endswith(suffix))
    return next((stem for stem in stems if is_there(path) and is_described(path.parent, stem)), None)


def _with_progress(things: Iterable[T], clip: Clip, progress: Progress) -> Iterator[T]:
    """A clip's lines or pictures, telling how much is done. Raises _GivenUpError, perhaps after the last."""
    frames = max(clip.info.frames, 1)
    for number, thing in enumerate(things, start=1):
        yield thing
        if not progress(min(number / frames, 1.0)):
            raise _GivenUpError


def _with_durations(
    lines: Iterable[FrameLabels], info: ClipInfo
) -> Iterator[tuple[FrameLabels, float | None]]:
    """Label lines with how many seconds each holds; None for the last one where that is not known."""
    before: FrameLabels | None = None
    last: FrameLabels | None = None
    for line in lines:
        if last is not None:
            yield last, line.time_s - last.time_s
        before, last = last, line
    if last is not None:
        _, end_s = rest_without_lines(last, frames_held(before, last), info.frames, info.length_s)
        yield last, end_s - last.time_s if end_s > last.time_s else None


def _write_table(writer: LabelWriter, lines: Iterable[tuple[FrameLabels, float | None]]) -> None:
    """lines: with the seconds that each holds, where that is known."""
    try:
        for line, duration_s in lines:
            writer.write_labels(line, duration_s)
        writer.finish()
    except BaseException:
        writer.abort()
        raise


def _write_video(
    clip: Clip,
    path: Path,
    lines: Iterator[FrameLabels],
    header: LabelHeader,
    draw: Draw,
    progress: Progress,
) -> None:
    writer: ClipWriter | None = None
    damage: list[RecordingError] = []
    pictures = _with_progress(_pictures(clip.video, damage), clip, progress)
    timed_lines = _with_durations(with_own_labels(lines, clip.info), clip.info)
    try:
        for picture, line in _with_lines(pictures, timed_lines):
            image = picture.image
            # Odd sizes were padded when recording; boxes count from the top left, so they still fit.
            missing = replay_result(image, without_drawn(line, clip.info), header.labels)
            if writer is None:
                rate = _frame_rate(clip.info) or DEFAULT_FRAME_RATE
                height, width = image.shape[:2]
                writer = ClipWriter(
                    path,
                    width,
                    height,
                    frame_rate=rate,
                    labels_drawn=True,
                    recorded_at=clip.info.recorded_at_utc,
                )
            duration_s = picture.end_s - picture.time_s
            writer.write(draw(image, missing), replay_result(image, line, header.labels, duration_s))
        if writer is None:
            raise RecordingError(f"{clip.video.name} holds no picture that could be exported.")
        writer.finish_whole()
    except BaseException:
        if writer is not None:
            writer.abort()
        raise
    if damage:
        raise RecordingError(f"{damage[0]} {path.name} holds all pictures that can still be read.")


def _with_lines(
    pictures: Iterable[ClipPicture], lines: Iterator[tuple[FrameLabels, float | None]]
) -> Iterator[tuple[ClipPicture, FrameLabels]]:
    """Each picture with the label line that holds at its time: of a damaged video, pictures are missing.

    lines: with the seconds that each holds; None for those that hold on.
    """
    faces: tuple[FaceLabel, ...] = ()
    until_s = math.inf
    ahead = next(lines, None)
    for number, picture in enumerate(pictures):
        now_s = picture.time_s + SAME_FRAME_S
        while ahead is not None and ahead[0].time_s <= now_s:
            (line, duration_s), ahead = ahead, next(lines, None)
            faces = line.faces
            until_s = math.inf if duration_s is None else line.time_s + duration_s
        yield picture, FrameLabels(number, picture.time_s, faces if now_s < until_s else ())


def _frame_rate(info: ClipInfo) -> float | None:
    return info.frames / info.length_s if info.frames and info.length_s else None


def _pictures(video: Path, damage: list[RecordingError]) -> Iterator[ClipPicture]:
    """Every frame of a clip that can be read, also behind a damaged part, which is added to ``damage``.

    Raises RecordingError where there is none behind the damage, or before it.
    """
    with ClipReader(video) as reader:
        has_failed = True
        while True:
            try:
                picture = reader.read()
            except RecordingError as error:
                if has_failed:
                    raise
                damage.append(error)
                has_failed = True
                continue
            if picture is None:
                return
            yield picture
            has_failed = False
