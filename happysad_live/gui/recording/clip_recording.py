"""When a clip begins and ends: between the session, which labels, and the recorder, which writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.core.types import FrameResult
from happysad_live.gui.session.label_worker import ModelFacts
from happysad_live.gui.session.labelling import Labelling
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.timers import single_shot_timer
from happysad_live.overlay import draw_result
from happysad_live.recording.clip_files import ClipPlan
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.recorder import ClipOutcome, Recorder, RecorderStatus
from happysad_live.recording.stems import record_target

JOIN_LIMIT_S = 30.0
"""How long closing waits for a clip's last frames; what a crash would leave is repaired at the next start."""


LAST_FRAMES_MS = 400
"""At a file's end its last frames may still be on their way through the model: how often that is asked."""

LAST_FRAMES_LIMIT_S = 10.0
"""A model that takes longer for them has failed."""

SLIGHT_S = 0.2
"""So much less than asked for is not worth telling."""

NO_LABELS_YET = "Nothing was recorded: there were no labels yet."

BACKLOG_FRAMES = 10
"""While a clip is recorded, a busy moment delays the picture by up to so many frames, but loses none."""

BACKLOG_BYTES = 80_000_000
"""Those frames take no more, unless two do: of 4K there are three."""


class Refusal(StrEnum):
    """Why nothing is recorded, whatever the folder: a sentence for the user."""

    SINGLE_PICTURE = "A single picture cannot be recorded: open a camera, a video or a folder of pictures."
    NO_LABELS = (
        "Nothing was recorded, because no model is labelling the picture: choose one, then record again."
    )
    NO_LABELS_ANY_MORE = (
        "The recording does not continue, because no model is labelling the picture any more."
    )


class Ending(StrEnum):
    """Why a clip ended, where nobody asked for that: a sentence for the user."""

    OTHER_LABELS = "The labels change here, so the recording continues as another clip."
    SOURCE_AWAY = "The picture is gone: the recording continues as another clip once it is back."
    SOURCE_FAILED = "The clip ended when the picture did."
    OTHER_SOURCE = "The clip ended because another source was opened."
    LABELS_FAILED = "The clip ended because nothing is labelling the picture any more."


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """What the user wants recorded.

    target: a folder, or the clip's .mp4 file. clean: without labels drawn into the picture.
    limit_s: how many seconds after its first frame the clip ends, pauses included; None for no limit.
    """

    target: Path
    clean: bool = False
    limit_s: float | None = None


class ClipRecording(QObject):
    """Records what the session labels. Lives in the window's thread.

    A clip begins with the first labelled frame after ``start``, and ends with ``stop`` or with its source.
    Where other labels come, or a live source is away for a while, the recording goes on as another clip.

    What the user wishes outlasts clips: it waits for a picture that plays and for a model. A clip without a
    frame does not count yet, and is replaced silently.
    """

    changed = pyqtSignal()
    """Recording began or ended, or is waiting for labels now."""
    saved = pyqtSignal(object, object)
    """ClipOutcome of a clip that is complete, or as complete as it could be (it has an ``error`` then); and
    its Ending, None where the user asked for that."""
    completed = pyqtSignal(object)
    """Path of a clip's video, of which no more will come; when this is closed, too."""
    failed = pyqtSignal(object)
    """Nothing was recorded: a Refusal, or another sentence for the user."""

    limit_reached = pyqtSignal()
    """A frame is beyond the limit."""

    _ended = pyqtSignal(object, object)
    """The Recorder, and its ClipOutcome."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._wish: RecordingWish | None = None
        """None while recording is off. Its limit is what is left of it for the clips to come."""
        self._clip: _RunningClip | None = None
        """None while recording is off, or waits; never without a wish."""
        self._was_away = False
        """Whether the picture went away while this wish was being recorded."""
        self._unfinished: dict[Recorder, Ending | None] = {}
        """All whose clips are not complete yet."""
        self._own_label: str | None = None
        self.label_before: str | None = None
        """The own label that was chosen when the recording began."""
        self._has_no_labels = False
        """Whether nothing labels the picture any more, nor is about to; not yet before the first model."""
        self._last_frames = single_shot_timer(self, self._end_after_last_frames)
        self._end_by_s = 0.0
        session.labelling.loading.connect(self._on_loading)
        session.labelling.starting.connect(self._on_model)
        session.labelling.failed.connect(self._on_labels_failed)
        session.state_changed.connect(self._on_state)
        # Emitted in the recorder's thread, so Qt queues it into this one.
        self._ended.connect(self._on_ended)

    @property
    def is_on(self) -> bool:
        """Recording, or waiting for the first labelled frame."""
        return self._wish is not None

    @property
    def is_limited(self) -> bool:
        """Recording a clip that has a limit."""
        return self._wish is not None and self._wish.limit_s is not None

    @property
    def own_label(self) -> str | None:
        """What the user calls everything; None: nothing."""
        return self._own_label

    @property
    def shortfall(self) -> str:
        """What a recording that has a limit lacks if it ends now, in a sentence; empty where it may."""
        if self._wish is None or self._wish.limit_s is None:
            return ""
        if not self._was_away:
            return "" if self._clip else NO_LABELS_YET
        missing_s = self._wish.limit_s - (self._clip.recorder.status().length_s if self._clip else 0.0)
        if missing_s < SLIGHT_S:
            return ""
        return f"The recording is {missing_s:.1f} s shorter than asked for: the picture was gone for a while."

    def status(self) -> RecorderStatus | None:
        """How far the clip has got; None before its first frame could come."""
        return self._clip.recorder.status() if self._clip else None

    def start(self, wish: RecordingWish) -> None:
        """Record from the next labelled frame on."""
        if self.is_on:
            return
        self._wish, self._was_away, self.label_before = wish, False, self._own_label
        self._stay_clean()
        self._begin_or_wait()
        self.changed.emit()

    def set_own_label(self, label: str | None) -> None:
        """What the user calls everything from now on, in this clip and those to come; None: nothing.

        From its first own label on, a recording is clean.
        """
        self._own_label = label
        self._stay_clean()
        if self._clip is not None:
            self._clip.recorder.set_own_label(label)

    def stop(self, why: Ending | None = None) -> None:
        """End the clip; what it has is still written, in the background. Twice is harmless.

        why: where it is not the user who ends it.
        """
        if not self.is_on:
            return
        self._wish = None
        self._end_clip(why)
        self.changed.emit()

    def close(self) -> str:
        """End the clip and wait until it is complete; returns what went wrong, or nothing."""
        self.stop()
        problem = ""
        for recorder in self._unfinished:
            outcome = recorder.join(JOIN_LIMIT_S)
            if outcome is None:
                problem = (
                    "The clip could not be completed in time; recover it when its folder is shown again."
                )
                continue
            if outcome.error is not None:
                problem = str(outcome.error)
            if outcome.video is not None:
                self.completed.emit(outcome.video)
        self._unfinished.clear()
        return problem

    def _stay_clean(self) -> None:
        """Once it has an own label, the rest of a recording is clean, whatever clips it comes to."""
        if self._wish is not None and self._own_label is not None:
            self._wish = replace(self._wish, clean=True)

    def _begin_or_wait(self) -> None:
        """Begin a clip where a model labels a picture that plays; refuse what would be waited for in vain."""
        model = self._session.labelling.model
        if self._session.is_photograph:
            self._refuse(Refusal.SINGLE_PICTURE)
        elif self._has_no_labels:
            self._refuse(Refusal.NO_LABELS)
        elif self._clip is None and model is not None and self._session.state.plays:
            self._begin(model)

    def _refuse(self, reason: Refusal) -> None:
        self.stop()
        self.failed.emit(reason)

    def _begin(self, model: ModelFacts) -> None:
        assert self._wish is not None
        recorder = Recorder(
            self._plan(self._wish, model), on_end=lambda outcome: self._ended.emit(recorder, outcome)
        )
        recorder.set_own_label(self._own_label)
        self._unfinished[recorder] = None
        recorder.start()
        limit_s, reached = self._wish.limit_s, self.limit_reached.emit
        self._clip = _RunningClip(recorder, model, self._session.labelling, limit_s, reached)
        self._session.frames.tap = self._clip.take
        self._session.labelling.allow_backlog(self._backlog_frames())
        if self._session.state is State.PAUSED:
            self._skip_pause(recorder)

    def _end_clip(self, why: Ending | None = None) -> None:
        """End the clip, if there is one; the wish for one may stay. why: as in ``stop``."""
        self._last_frames.stop()
        self._session.frames.tap = None
        self._session.labelling.allow_backlog(1)
        if self._clip is not None:
            if why is not None:
                self._unfinished[self._clip.recorder] = why
            self._clip.recorder.stop()
            self._clip = None

    def _interrupt(self, clip: _RunningClip, why: Ending) -> None:
        """End a clip that the recording outlasts: count what it lacks, and leave the rest to the next one."""
        assert self._wish is not None
        self._session.frames.tap = None  # or the label thread might offer what is counted here
        clip.count_rest()
        if self._wish.limit_s is not None:
            rest_s = max(self._wish.limit_s - clip.recorder.status().length_s, 0.0)
            self._wish = replace(self._wish, limit_s=rest_s)
        self._end_clip(why)
        self.changed.emit()

    def _backlog_frames(self) -> int:
        info = self._session.info
        frame_bytes = max(3 * info.width * info.height, 1) if info else 1
        return min(max(BACKLOG_BYTES // frame_bytes, 2), BACKLOG_FRAMES)

    def _skip_pause(self, recorder: Recorder) -> None:
        if self._session.info is not None and self._session.info.live:  # a file's times hold still
            recorder.skip_pause(time.perf_counter())

    def _plan(self, wish: RecordingWish, model: ModelFacts) -> ClipPlan:
        info = self._session.info
        folder, stem = record_target(wish.target)
        return ClipPlan(
            folder=folder,
            stem=stem,
            source=info.name if info else "",
            model=model.name,
            model_sha256=model.sha256,
            labels=model.labels,
            draw=None if wish.clean else draw_result,
            frame_rate=(info.frame_rate if info else None) or DEFAULT_FRAME_RATE,
        )

    def _on_loading(self) -> None:
        self._has_no_labels = False

    def _on_model(self, model: ModelFacts) -> None:
        clip = self._clip
        if clip is not None and model == clip.model:
            return  # only the search for faces has changed
        self._session.frames.tap = None  # the label thread may be offering the first frame
        if clip is not None and clip.recorder.has_frames:  # its label lines name the ones before
            if self._session.state.plays:
                self._interrupt(clip, Ending.OTHER_LABELS)
            else:
                clip.count_rest()
                self.stop()  # its source has ended: nothing comes for another
        if self._own_label not in model.labels:
            self._own_label = None  # the picker drops it, too
        if self.is_on and self._session.state.plays:
            self._end_clip()
            self._begin(model)

    def _on_state(self, state: State) -> None:
        clip = self._clip
        if state.plays:
            self._last_frames.stop()  # where the user has gone back from the end
        if state is State.PLAYING:
            if self.is_on:
                self._begin_or_wait()
        elif clip is None:
            if state is State.OPENING and self._was_away:
                self.stop()  # another source: it was not the one that the user recorded
        elif state is State.PAUSED:
            self._skip_pause(clip.recorder)
        elif state is State.ENDED:
            self._end_by_s = time.perf_counter() + LAST_FRAMES_LIMIT_S
            self._last_frames.start(LAST_FRAMES_MS)
        else:
            self._on_source_gone(state, clip)

    def _on_source_gone(self, state: State, clip: _RunningClip) -> None:
        """The clip's source has failed, or another is opened, or the window closes."""
        if not clip.recorder.has_frames:
            self._end_clip()  # the wish goes on to the source that comes next
        elif self._session.is_retrying:
            self._was_away = True
            self._interrupt(clip, Ending.SOURCE_AWAY)
        else:
            ends = {State.FAILED: Ending.SOURCE_FAILED, State.OPENING: Ending.OTHER_SOURCE}
            self.stop(ends.get(state))

    def _end_after_last_frames(self) -> None:
        if self._session.labelling.pending and time.perf_counter() < self._end_by_s:
            self._last_frames.start(LAST_FRAMES_MS)
        else:
            self.stop()

    def _on_labels_failed(self) -> None:
        labelling = self._session.labelling
        if labelling.settings is not None or labelling.is_loading:
            return
        self._has_no_labels = True
        if self._clip is not None:
            self.stop(Ending.LABELS_FAILED)
        elif self.is_on:
            self._refuse(Refusal.NO_LABELS_ANY_MORE if self._was_away else Refusal.NO_LABELS)

    def _on_ended(self, recorder: Recorder, outcome: ClipOutcome) -> None:
        if outcome.video is not None and recorder in self._unfinished:
            self.completed.emit(outcome.video)
        why = self._unfinished.pop(recorder, None)
        if self._clip is not None and recorder is self._clip.recorder:
            self.stop()  # it ended by itself: a full disk, say
        if outcome.video is not None:
            self.saved.emit(outcome, why)
        elif outcome.error is not None:
            self.failed.emit(str(outcome.error))


class _RunningClip:
    """Hands its recorder every labelled frame up to a limit, and tells it how many were never labelled."""

    def __init__(
        self,
        recorder: Recorder,
        model: ModelFacts,
        labelling: Labelling,
        limit_s: float | None,
        reached: Callable[[], object],
    ) -> None:
        """model: which the clip is of; what the one before it still labels is passed over.

        reached: called once, in the label thread, when a frame is beyond the limit.
        """
        self.recorder, self.model = recorder, model
        self._labelling = labelling
        self._limit_s, self._reached = limit_s, reached
        self._begin_s: float | None = None
        self._last: tuple[int, int] | None = None
        self._dropped = 0
        self._complete = False

    def take(self, result: FrameResult, model: ModelFacts) -> None:
        """In the label thread: take a frame, if it is one of this clip."""
        which = result.frame.seek_serial, result.frame.index
        # A held picture is labelled anew by the next model.
        if self._complete or model != self.model or which == self._last:
            return
        self._last = which
        dropped, time_s = self._labelling.dropped, result.frame.time_s
        if self._begin_s is None:
            self._begin_s = time_s
        elif dropped > self._dropped:
            self.recorder.count_lost(dropped - self._dropped)
        self._dropped = dropped
        if self._limit_s is not None and time_s - self._begin_s >= self._limit_s:
            self._complete = True
            self._reached()
        else:
            self.recorder.offer(result)

    def count_rest(self) -> None:
        """Count what made way since the last frame, or is being labelled yet: too late for this clip."""
        labelling = self._labelling
        self.recorder.count_lost(labelling.dropped - self._dropped + labelling.pending)
