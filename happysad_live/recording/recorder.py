"""Recording without slowing anyone down: a thread with a bounded queue that writes a clip."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import NO_MORE_THREADS, RecordingError, unexpected_text
from happysad_live.paths import is_folder, is_there
from happysad_live.recording.clip_clock import ClipClock
from happysad_live.recording.clip_info import COMPLETE, ClipInfo, OwnLabel
from happysad_live.recording.fitting import size_for_pictures
from happysad_live.recording.part_names import part_path
from happysad_live.recording.recovery import is_cut_off
from happysad_live.recording.stems import VIDEO_SUFFIX
from happysad_live.recording.unfinished_clip import ClipFiles, ClipPlan, Draw

logger = logging.getLogger(__name__)

_SYNC_EVERY_S = 1.0
_MAX_QUEUED_BYTES = 192 * 2**20  # about 70 frames of 720p: more than two seconds
_MIN_QUEUED_FRAMES = 8

RECOVERABLE = "What was recorded until then is not complete: it can be recovered when its folder is shown."


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """What a window shows while recording.

    frames, size_bytes: what has been written. length_s: of all frames taken, written or not yet.
    dropped: how many frames were lost.
    """

    frames: int
    dropped: int
    length_s: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """How a recording ended.

    video, info: the clip; None where there is none (no frame came, nothing could be kept, or it is to be
        recovered). info: None also where the label lines are lost.
    error: why it ended before it was asked to; with a ``video``, everything up to then is kept.
    """

    video: Path | None
    info: ClipInfo | None
    error: RecordingError | None


@dataclass(frozen=True, slots=True)
class _Queued:
    result: FrameResult
    draw: Draw | None


class Recorder:
    """Records one clip, from the first result offered until ``stop``.

    Every method may be called from any thread, and none waits for the disk but ``join``.
    """

    def __init__(self, plan: ClipPlan, *, on_end: Callable[[ClipOutcome], None] | None = None) -> None:
        """Prepare a recording; no file is made before the first frame.

        on_end: called once, from the recorder's thread, when the clip is complete or has failed.
        """
        self._plan = plan
        self._on_end = on_end
        self._condition = threading.Condition()
        self._queue: deque[_Queued] = deque()
        self._queued_bytes = 0
        self._accepting = True
        self._outcome: ClipOutcome | None = None
        self._taken = self._written = self._dropped = 0
        self._clock = ClipClock(plan.frame_rate, plan.limit_s)
        self._size_bytes = 0
        self._draw, self._clean_from_s = plan.draw, plan.clean_from_s
        self._own_labels: tuple[OwnLabel, ...] = ()
        self._said: deque[tuple[float, str | None]] = deque()
        """What the user has called the frames to come, and when."""
        # A daemon: should the program fall, it must not hang on this thread; recovery brings the clip back.
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def start(self) -> None:
        """Start the thread that writes the frames. Raises RecordingError where the system allows no more."""
        try:
            self._thread.start()
        except RuntimeError as error:
            raise RecordingError(NO_MORE_THREADS) from error

    @property
    def folder(self) -> Path:
        """Where the clip's files are."""
        return self._plan.folder

    @property
    def has_frames(self) -> bool:
        """Whether the clip has begun."""
        with self._condition:
            return self._taken > 0

    def offer(self, result: FrameResult) -> bool:
        """Hand over the next frame; False where it is not recorded (the queue is full, or it has ended)."""
        with self._condition:
            if not self._accepting:
                return False
            size = result.frame.image.nbytes
            full = self._queued_bytes + size > _MAX_QUEUED_BYTES
            if full and len(self._queue) >= _MIN_QUEUED_FRAMES:
                self._dropped += 1
                return False
            time_s = self._clock.time_of(result.frame)
            self._begin_own_label(result.frame.captured_at_s, time_s)
            # Shown for as long as its source says, it may be cut short by ``stop``.
            frame = replace(result.frame, index=self._taken, time_s=time_s, duration_s=None)
            self._taken += 1
            self._queue.append(_Queued(replace(result, frame=frame), self._draw))
            self._queued_bytes += size
            self._condition.notify_all()
            return True

    def count_lost(self, frames: int) -> None:
        """Count frames of the clip that were lost before they could be offered."""
        with self._condition:
            self._dropped += frames

    def set_own_label(self, label: str | None, said_at_s: float = -math.inf) -> None:
        """Give every face the user's own label from the next frame on; None ends that stretch.

        said_at_s: when the user said so, by ``time.perf_counter()``. Frames captured before may still
        come, where labels take their time, and do not get it. From the first own label on the picture stays
        clean.
        """
        with self._condition:
            self._said.append((said_at_s, label))

    def skip_pause(self, paused_at_s: float) -> None:
        """Cut a pause of a live source out of the clip: its length, as frames were captured, is left out.

        paused_at_s: when the pause began, as ``time.perf_counter()`` gave it.
        """
        with self._condition:
            self._clock.skip_pause(paused_at_s)

    def end_before(self, frame: Frame, rest_s: float) -> None:
        """See ``ClipClock.end_before``."""
        with self._condition:
            self._clock.end_before(frame, rest_s)

    def stop(self) -> None:
        """Take no more frames; what is queued is still written. Twice is harmless."""
        with self._condition:
            self._accepting = False
            self._condition.notify_all()

    def join(self, timeout_s: float | None = None) -> ClipOutcome | None:
        """Wait for the clip to be complete; None where that takes longer."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return self._outcome

    def status(self) -> RecorderStatus:
        """How far the recording is."""
        with self._condition:
            return RecorderStatus(self._written, self._dropped, self._clock.end_s, self._size_bytes)

    def _begin_own_label(self, captured_at_s: float, time_s: float) -> None:
        """Let what the user had said when a frame was captured hold from it on. time_s: in the clip."""
        said = None
        while self._said and self._said[0][0] <= captured_at_s:
            said = self._said.popleft()
        if said is None:
            return
        _, label = said
        begin_s = round(time_s, 6)
        self._own_labels = tuple(_ended(own, begin_s) for own in self._own_labels)
        if label is not None:
            self._own_labels += (OwnLabel(begin_s, None, label),)
            if self._draw is not None:
                self._draw, self._clean_from_s = None, begin_s

    def _run(self) -> None:
        files: ClipFiles | None = None
        error: RecordingError | None = None
        try:
            first = self._next()
            if first is not None:
                frame = first.result.frame
                size = frame.width, frame.height
                plan = replace(self._plan, draw=first.draw)  # an own label may have come since
                files = ClipFiles(plan, *(size_for_pictures(*size) if frame.name else size))
                self._write_all(files, first)
        except RecordingError as failure:
            error = failure
        except Exception as failure:
            logger.exception("recording failed")
            why = f"Recording ended because of an unexpected failure: {failure}."
            error = RecordingError(unexpected_text(failure, why))
        self._refuse_the_rest()
        self._outcome = self._finish(files, error)
        if self._on_end is not None:
            self._on_end(self._outcome)

    def _write_all(self, files: ClipFiles, first: _Queued) -> None:
        item: _Queued | None = first
        synced_at_s = time.perf_counter()
        while item is not None:
            try:
                self._describe(files)
                files.write(item.result, item.draw)
            except BaseException:
                with self._condition:
                    self._dropped += 1
                raise
            now_s = time.perf_counter()
            if now_s - synced_at_s >= _SYNC_EVERY_S:
                synced_at_s = now_s
                files.sync(dropped=self.status().dropped)
            size_bytes = files.video.size_bytes  # asks the disk: not under the lock
            with self._condition:
                self._written += 1
                self._size_bytes = size_bytes
            item = self._next()
        self._describe(files)

    def _next(self) -> _Queued | None:
        """The next frame; None when recording has ended and the queue is empty."""
        with self._condition:
            self._condition.wait_for(lambda: self._queue or not self._accepting)
            if not self._queue:
                return None
            item = self._queue.popleft()
            self._queued_bytes -= item.result.frame.image.nbytes
            return item

    def _describe(self, files: ClipFiles) -> None:
        with self._condition:
            info = replace(files.info, own_labels=self._own_labels, clean_from_s=self._clean_from_s)
        if info != files.info:
            files.describe(info)

    def _refuse_the_rest(self) -> None:
        with self._condition:
            self._accepting = False
            self._dropped += len(self._queue)
            self._queue.clear()
            self._queued_bytes = 0

    def _finish(self, files: ClipFiles | None, error: RecordingError | None) -> ClipOutcome:
        if files is None:
            return ClipOutcome(None, None, error)
        info = None
        path = files.path(VIDEO_SUFFIX)
        try:
            info = files.finish(
                dropped=self._dropped,
                ended=COMPLETE if error is None else str(error),
                last_frame_s=self._clock.last_frame_s,
            )
            if error is None and info is not None and info.ended != COMPLETE:
                error = RecordingError(info.ended)
        except Exception as failure:
            if not isinstance(failure, RecordingError):
                logger.exception("a clip could not be completed")
                why = f"The clip could not be completed: {failure}."
                failure = RecordingError(unexpected_text(failure, why))
            error = error or failure
            has_video = is_there(path) or is_there(part_path(path))
            # Without its folder, the clip is where that has gone.
            if (has_video and is_cut_off(files.folder, files.stem)) or not is_folder(files.folder):
                return ClipOutcome(None, None, RecordingError(f"{error} {RECOVERABLE}"))
        return ClipOutcome(path if is_there(path) else None, info, error)


def _ended(own: OwnLabel, end_s: float) -> OwnLabel:
    """An open stretch, ended; any other as it is."""
    return own if own.end_s is not None else replace(own, end_s=end_s)
