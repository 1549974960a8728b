"""The files of one clip in the making, kept in step: video, label lines, description."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from happysad_live.core.replacing import remove_quietly
from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError
from happysad_live.paths import is_there
from happysad_live.recording.clip_info import COMPLETE, ClipInfo, finish_draft, info_from_header, write_draft
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.disk_failures import is_present, write_failure
from happysad_live.recording.fitting import fit_result
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.label_lines import LabelHeader, frame_labels
from happysad_live.recording.label_reader import fit_labels, iter_labels
from happysad_live.recording.label_share import LabelShare
from happysad_live.recording.label_writers import JsonlWriter
from happysad_live.recording.mp4 import read_times
from happysad_live.recording.part_names import part_path, rename_part
from happysad_live.recording.stems import (
    INFO_SUFFIX,
    LABELS_SUFFIX,
    VIDEO_SUFFIX,
    clip_path,
    dated_stem,
    safe_stem,
    take_new_stem,
)

Draw = Callable[[np.ndarray, FrameResult], np.ndarray]
"""Draws a result's labels: takes (H, W, 3) uint8 RGB, returns a new array of the same kind."""

_RESERVE_BYTES = 64 * 2**20
_RESERVE_SHARE = 20  # on a small disk, one twentieth of it instead


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """What is to be recorded.

    source: what the picture comes from, as people call it. model, model_sha256, labels: the model's name, the
        hexadecimal SHA-256 of its weights, and its classes in the order of every probability.
    stem: the clip's name, with a number added where it is taken; None for date and time.
    draw: draws the labels into the picture; None for a clean one.
    frame_rate: roughly how many frames a second will come.
    limit_s: the most seconds that the clip is to last, also where its last frame is shown for longer.
    """

    folder: Path
    source: str
    model: str
    model_sha256: str
    labels: tuple[str, ...]
    stem: str | None = None
    draw: Draw | None = None
    frame_rate: float = DEFAULT_FRAME_RATE
    limit_s: float = math.inf

    @property
    def clean_from_s(self) -> float | None:
        """Seconds from which on the picture is clean; None while labels are drawn into it."""
        return 0.0 if self.draw is None else None


class ClipFiles:
    """Writes one clip. Not thread safe: the recorder's thread makes, uses and finishes it."""

    def __init__(self, plan: ClipPlan, width: int, height: int) -> None:
        """Begin a clip of pictures of that size in pixels. Raises RecordingError; nothing is left then."""
        now = datetime.now().astimezone()
        stem = dated_stem(now) if plan.stem is None else safe_stem(plan.stem)
        self.folder, self.width, self.height = plan.folder, width, height
        self.stem, self._lock = take_new_stem(plan.folder, stem)
        self._share = LabelShare()
        self._written = 0
        header = LabelHeader(plan.source, plan.model, plan.model_sha256, width, height, plan.labels)
        self.info = replace(
            info_from_header(header),
            recorded_at=now.isoformat(timespec="seconds"),
            clean_from_s=plan.clean_from_s,
            ended="The program stopped before the clip was complete.",
        )
        try:
            self._check_space()
            write_draft(self.path(INFO_SUFFIX), self.info)
            self._labels = JsonlWriter(self.path(LABELS_SUFFIX), header, live=True)
            try:
                self.video = ClipWriter(
                    self.path(VIDEO_SUFFIX),
                    width,
                    height,
                    frame_rate=plan.frame_rate,
                    labels_drawn=plan.draw is not None,
                    recorded_at=now,
                )
            except BaseException:
                self._labels.abort()
                raise
        except BaseException:
            remove_unfinished(self.folder, self.stem)
            self._lock.release()
            raise

    def path(self, suffix: str) -> Path:
        """Where one of the clip's files will be."""
        return clip_path(self.folder, self.stem, suffix)

    def write(self, result: FrameResult, draw: Draw | None) -> None:
        """Add a frame, whose index and time count from the clip's start.

        The label line goes first: after a crash of the program there may be lines without a frame, which
        are cut off, and never a frame without its line.
        """
        result = fit_result(result, self.width, self.height)
        labels = frame_labels(result)
        image = result.frame.image if draw is None else draw(result.frame.image, result)
        self._labels.write_labels(labels)
        self._share.add(labels)
        self.video.write(image, result)
        self._written += 1

    def describe(self, info: ClipInfo) -> None:
        """Store a changed description, as after an own label. Raises RecordingError."""
        self.info = info
        write_draft(self.path(INFO_SUFFIX), info)

    def sync(self, *, dropped: int) -> None:
        """Carry everything to the disk; raises RecordingError when that is gone or almost full.

        dropped: how many frames never came to ``write`` so far, for the description of what a crash leaves.
        """
        if dropped != self.info.dropped:
            self.describe(replace(self.info, dropped=dropped))
        self._labels.sync()
        self.video.sync()
        self._check_space()

    def finish(
        self, *, dropped: int, ended: str = COMPLETE, last_frame_s: float | None = None
    ) -> ClipInfo | None:
        """Complete the files. Returns the description, None where no frame was written.

        dropped: how many frames never came to ``write``, or made it fail; those that a full disk took back
        are counted here. ended: see ``ClipInfo``; where the disk has just refused the last frames, the
        description says that instead of ``COMPLETE``. last_frame_s: see ``ClipWriter.finish``.
        Raises RecordingError where no frame could be kept, and where a file could not be completed: the clip
        is then left to be recovered, unless its label lines are gone, without which it is complete.
        """
        with suppress(RecordingError):  # what a full disk refused is cut off below
            self._labels.sync()
        self._labels.leave()
        try:
            kept = self.video.finish(last_frame_s)
            if kept < self._written and ended == COMPLETE:  # the disk refused the very last ones
                ended = str(self.video.refusal)
            if kept == 0:
                remove_unfinished(self.folder, self.stem)
                if ended != COMPLETE:
                    raise RecordingError(ended)
                return None
            info = replace(self.info, dropped=dropped + self._written - kept, ended=ended)
            return finish_labels_and_info(self.folder, self.stem, info, self._share)
        finally:
            self._lock.release()

    def _check_space(self) -> None:
        try:
            disk = shutil.disk_usage(self.folder)
        except OSError as error:
            raise write_failure(self.path(VIDEO_SUFFIX), error) from error
        if disk.free < min(_RESERVE_BYTES, disk.total // _RESERVE_SHARE):
            raise RecordingError(f"The disk is full: free some space for {self.folder} to record on.")


def remove_unfinished(folder: Path, stem: str) -> None:
    """Remove a clip's files that still have their temporary names.

    Label lines first: alone, after a crash, they would count as those of a video that was taken away. The
    description last: it tells that there is something left.
    """
    for suffix in (LABELS_SUFFIX, VIDEO_SUFFIX, INFO_SUFFIX):
        remove_quietly(part_path(clip_path(folder, stem, suffix)))


def finish_labels_and_info(
    folder: Path, stem: str, info: ClipInfo, share: LabelShare | None = None
) -> ClipInfo:
    """Bring label lines and description into step with a clip's finished video.

    share: of all label lines, where known; to read those of a long clip takes minutes.

    Returns the completed description. Raises RecordingError where the label lines are gone, or cannot be read
    any more, after completing the description; and where the disk refuses: the clip is then still to be
    recovered.
    """
    video = read_times(clip_path(folder, stem, VIDEO_SUFFIX))
    labels = clip_path(folder, stem, LABELS_SUFFIX)
    failure: RecordingError | None = None
    try:
        if is_present(part_path(labels)):
            fit_labels(part_path(labels), video.times_s)
            rename_part(labels)
        elif not is_present(labels):
            raise RecordingError(f"The labels {labels.name} are gone: something removed them.")
        if share is None or share.frames != video.frames:
            share = LabelShare(iter_labels(labels)[1])
    except RecordingError as error:
        failure = error
        share = LabelShare()
    info = _without_empty(share.describe(info, video.frames, video.length_s))
    if failure is not None and is_there(part_path(labels)):
        write_draft(clip_path(folder, stem, INFO_SUFFIX), info)
        raise failure
    finish_draft(clip_path(folder, stem, INFO_SUFFIX), info)
    if failure is not None:
        raise failure
    return info


def _without_empty(info: ClipInfo) -> ClipInfo:
    """The description without what the user said after the last frame, as no frame has it."""
    own = tuple(label for label in info.own_labels if label.start_s < info.length_s)
    clean_from_s = info.clean_from_s
    if clean_from_s is not None and clean_from_s >= info.length_s > 0:
        clean_from_s = None
    return replace(info, own_labels=own, clean_from_s=clean_from_s)
