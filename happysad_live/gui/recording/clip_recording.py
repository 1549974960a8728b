"""When a clip begins and ends: between the session, which labels, and the recorder, which writes."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.errors import RecordingError
from happysad_live.gui.recording.last_frames import LAST_FRAMES_LIMIT_S, LastFrames
from happysad_live.gui.recording.running_clip import RunningClip
from happysad_live.gui.session.backlog import backlog_frames
from happysad_live.gui.session.label_worker import ModelFacts
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.timers import single_shot_timer
from happysad_live.overlay import draw_result
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.recorder import ClipOutcome, Recorder, RecorderStatus
from happysad_live.recording.stems import record_target
from happysad_live.recording.unfinished_clip import ClipPlan

JOIN_LIMIT_S = 30.0
"""How long closing waits for a short clip; one that takes longer can be recovered at the next start."""

_COMPLETED_BYTES_PER_S, _COMPLETED_FRAMES_PER_S = 10e6, 2000.0
"""How fast a slow disk and a slow machine complete a long one, whose every frame is copied."""

FILE_END_LOOK_EVERY_MS = 400
"""How often, at a file's end, to ask whether its last frames have been labelled."""

SLIGHT_S = 0.2
"""A recording that is shorter than asked for by less than this counts as complete."""

NO_LABELS_YET = "Nothing was recorded: there were no labels yet."


class Refusal(StrEnum):
    """Why nothing, or nothing more, is recorded, whatever the folder: a sentence for the user."""

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
    PLAYED_AGAIN = "The clip ended because its source is played from the beginning."
    LABELS_FAILED = "The clip ended because nothing is labelling the picture any more."


FAILURES = (Ending.SOURCE_FAILED, Ending.LABELS_FAILED)
"""Those by which less is recorded than was asked for."""


@dataclass(frozen=True, slots=True)
class RecordingWish:
    """What the user wants recorded.

    target: a folder, or the clip's .mp4 file. clean: without labels drawn into the picture.
    limit_s: how many seconds after its first frame the clip ends, pauses of a live source included; None for
        no limit.
    """

    target: Path
    clean: bool = False
    limit_s: float | None = None


@dataclass(slots=True)
class _Recording:
    """What ``start`` began and ``stop`` ends.

    wish: its limit is what is left for the clips to come. clip: None while the recording waits.
    recorded_spec: the clip's source, where it can be played again; None of a live one.
    was_away: whether the picture has gone away meanwhile.
    has_gap: whether an earlier clip lacks the time of a standstill of the program.
    was_held: whether the user has held the picture.
    """

    wish: RecordingWish
    clip: RunningClip | None = None
    recorded_spec: str | None = None
    was_away: bool = False
    has_gap: bool = False
    was_held: bool = False

    @property
    def lacks_time(self) -> bool:
        """Whether time has passed of which nothing could be recorded."""
        return self.was_away or self.has_gap or (self.clip is not None and self.clip.has_gap)


def join_limit_s(status: RecorderStatus) -> float:
    """How long closing waits for a clip to be complete, in seconds. status: of its recorder."""
    copying_s = status.size_bytes / _COMPLETED_BYTES_PER_S + status.frames / _COMPLETED_FRAMES_PER_S
    return JOIN_LIMIT_S + copying_s


class ClipRecording(QObject):
    """Records what the session labels. Lives in the window's thread.

    A recording lasts from ``start`` to ``stop`` and makes one clip or several. It is in one of three phases:

    - *Off*, until ``start``.
    - *Waiting* for a picture that plays and a model that labels it; then a clip runs. For a single picture,
      and where no model can label, it is refused and off. If a source that was being recorded is away and the
      user opens another one, it is off, too.
    - *Running*: a clip takes every labelled frame. That ends in one of these ways:

      - The labels become those of another model: the clip ends, and another one runs.
      - A live source is lost and is being tried again: the clip ends, and the recording waits.
      - The clip has no frame yet when its source goes: nothing is said of it, and the recording waits.
      - A file has played to its end: the clip ends once its last frames are labelled, and the recording is
        off; if the user goes back before that, the clip goes on.
      - Otherwise the clip ends and the recording is off: when its source goes, when nothing labels the
        picture any more, when the disk refuses, or by ``stop``.

    A clip that has ended is completed in the background, with the frames that still wait for their labels,
    whatever the recording does meanwhile.
    """

    changed = pyqtSignal()
    """A recording has started or stopped, or one of its clips that has frames has ended."""
    saved = pyqtSignal(object, object)
    """ClipOutcome of a clip that is complete, or as complete as it could be (it has an ``error`` then); and
    its Ending, None where the user asked for that."""
    completed = pyqtSignal(object)
    """Path of a clip's video once no more is written to it; ``close`` emits it, too."""
    failed = pyqtSignal(object)
    """Nothing, or not everything, could be recorded: a Refusal, or another sentence for the user."""
    left_behind = pyqtSignal(object)
    """Path of the folder of a clip that has failed: some of it may be there, to be recovered."""

    limit_reached = pyqtSignal()
    """A frame beyond the limit has come. Emitted in the label thread."""

    _ended = pyqtSignal(object, object)
    """The Recorder, and its ClipOutcome."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._recording: _Recording | None = None
        """None while recording is off."""
        self._unfinished: dict[Recorder, Ending | None] = {}
        """All whose clips are not complete yet, and why each clip ended."""
        self._own_label: str | None = None
        self.label_before: str | None = None
        """The own label that was chosen when the recording began."""
        self._last_frames = LastFrames(session.frames)
        self._end_timer = single_shot_timer(self, self._end_after_last_frames)
        """Runs while the last frames of a file that has ended are still to be labelled."""
        self._end_by_s = 0.0
        self.time_is_up = False
        """Whether the window closes because the time for which it was to record has passed."""
        self._broke_off = ""
        """Why a recording with a limit ended before that, in a sentence; its clip may not be complete yet."""
        session.labelling.starting.connect(self._on_model)
        session.labelling.failed.connect(self._on_labels_failed)
        session.state_changed.connect(self._on_state)
        # Emitted in the recorder's thread, so Qt queues it into this one.
        self._ended.connect(self._on_ended)

    @property
    def is_on(self) -> bool:
        """Whether it is running or waiting."""
        return self._recording is not None

    @property
    def is_limited(self) -> bool:
        """Whether it is on, for a limited time."""
        return self._recording is not None and self._recording.wish.limit_s is not None

    @property
    def own_label(self) -> str | None:
        """The user's own label for what is recorded; None for none."""
        return self._own_label

    @property
    def shortfall(self) -> str:
        """What a recording with a limit lacks, or would lack if it ended now, in a sentence.

        Empty if nothing, or only what the user's own closing or holding has cost.
        """
        recording = self._recording
        if recording is None or recording.wish.limit_s is None:
            return self._broke_off
        status, lacks_time = self.status(), recording.lacks_time
        if status is None and not lacks_time:
            return NO_LABELS_YET
        missing_s = recording.wish.limit_s - (status.length_s if status else 0.0)
        is_users_doing = not self.time_is_up or recording.was_held  # who has closed the window, or held it up
        if missing_s < SLIGHT_S or (is_users_doing and not lacks_time):
            return ""
        why = "the picture was gone for a while" if lacks_time else "the pictures came too slowly"
        return f"The recording is {missing_s:.1f} s shorter than asked for: {why}."

    def status(self) -> RecorderStatus | None:
        """How far the clip has got; None while none runs."""
        return self._clip.recorder.status() if self._clip else None

    def start(self, wish: RecordingWish) -> None:
        """Record from the next labelled frame on."""
        if self._recording is not None:
            return
        self._recording, self.label_before = _Recording(wish), self._own_label
        self._stay_clean()
        self._begin_or_wait(self._recording)
        self.changed.emit()

    def set_own_label(self, label: str | None) -> None:
        """Give what is recorded from now on, in this clip and those to come, an own label; None for none.

        From its first own label on, a recording is clean.
        """
        self._own_label = label
        self._stay_clean()
        if self._clip is not None:
            self._clip.recorder.set_own_label(label, time.perf_counter())

    def stop(self, why: Ending | None = None) -> None:
        """End the clip; what was captured so far is still written, in the background. Twice is harmless.

        why: where it is not the user who ends it.
        """
        if self._recording is None:
            return
        self._end_clip(self._recording, why)
        if self.is_limited and why in FAILURES:
            self._broke_off = str(why)
        self._recording = None
        self.changed.emit()

    def close(self) -> str:
        """End the clip and wait until it is complete; returns what went wrong, or nothing."""
        self.stop()
        self._last_frames.complete()
        problem = ""
        for recorder in self._unfinished:
            outcome = recorder.join(join_limit_s(recorder.status()))
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
        if self._recording is not None and self._own_label is not None:
            self._recording.wish = replace(self._recording.wish, clean=True)

    @property
    def _clip(self) -> RunningClip | None:
        """The clip that runs."""
        return self._recording.clip if self._recording else None

    def _begin_or_wait(self, recording: _Recording) -> None:
        """Begin a clip where a model labels a picture that plays; refuse what would be waited for in vain."""
        labelling = self._session.labelling
        if self._session.is_photograph:
            self._refuse(Refusal.SINGLE_PICTURE)
        elif labelling.has_failed:
            self._refuse(Refusal.NO_LABELS)
        elif recording.clip is None and labelling.model is not None and self._session.state.plays:
            self._begin(recording, labelling.model)

    def _refuse(self, reason: str) -> None:
        self.stop()
        self.failed.emit(reason)

    def _begin(self, recording: _Recording, model: ModelFacts) -> None:
        recorder = Recorder(
            self._plan(recording.wish, model), on_end=lambda outcome: self._ended.emit(recorder, outcome)
        )
        recorder.set_own_label(self._own_label)
        try:
            recorder.start()
        except RecordingError as error:
            self._refuse(f"No clip could be begun: {error}")
            return
        self._unfinished[recorder] = None
        info = self._session.info
        recording.recorded_spec = None if info is None or info.live else self._session.spec
        limit_s, reached = recording.wish.limit_s, self.limit_reached.emit
        recording.clip = RunningClip(
            recorder, model, self._session.frames, limit_s, reached, self._session.watchdog.stood_still_at_s
        )
        self._session.frames.tap = recording.clip.take
        self._session.labelling.allow_backlog(backlog_frames(info))
        if self._session.state is State.PAUSED:
            self._skip_pause(recording, recorder)

    def _end_clip(self, recording: _Recording, why: Ending | None = None) -> None:
        """End the clip, if one runs; the recording may go on. why: as in ``stop``."""
        self._end_timer.stop()
        if recording.clip is None:
            return
        clip, recording.clip = recording.clip, None
        recording.has_gap |= clip.has_gap
        if why is not None:
            self._unfinished[clip.recorder] = why
        self._last_frames.wait_for(clip)

    def _interrupt(self, recording: _Recording, clip: RunningClip, why: Ending) -> None:
        """End a clip that the recording outlasts, and leave the rest to the next one."""
        self._end_clip(recording, why)
        if recording.wish.limit_s is not None:
            rest_s = max(recording.wish.limit_s - clip.recorder.status().length_s, 0.0)
            recording.wish = replace(recording.wish, limit_s=rest_s)
        self.changed.emit()

    def _skip_pause(self, recording: _Recording, recorder: Recorder) -> None:
        recording.was_held = True
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
            draw=None if wish.clean else partial(draw_result, sides={}),
            frame_rate=(info.frame_rate if info else None) or DEFAULT_FRAME_RATE,
            limit_s=math.inf if wish.limit_s is None else wish.limit_s,
        )

    def _on_model(self, model: ModelFacts) -> None:
        recording, clip = self._recording, self._clip
        if clip is not None and model == clip.model:
            return  # only the search for faces has changed
        self._session.frames.tap = None  # the label thread may be offering the first frame
        if recording is not None and clip is not None and clip.recorder.has_frames:
            # The clip's label lines name the labels of the model before.
            if self._session.state.plays:
                self._interrupt(recording, clip, Ending.OTHER_LABELS)
            else:
                self.stop()  # its source has ended: nothing comes for another
            self._last_frames.complete()  # what the model before still labels counts as lost
        if self._own_label not in model.labels:
            self._own_label = None  # the picker drops it, too
        if self._recording is not None and self._session.state.plays:
            self._end_clip(self._recording)
            self._begin(self._recording, model)

    def _on_state(self, state: State) -> None:
        recording = self._recording
        if recording is None:
            return
        if state.plays:
            self._end_timer.stop()  # where the user has gone back from the end
        if state is State.PLAYING:
            self._begin_or_wait(recording)
        elif recording.clip is None:
            if state is State.OPENING and recording.was_away:
                self.stop()  # another source: it was not the one that the user recorded
        elif state is State.PAUSED:
            self._skip_pause(recording, recording.clip.recorder)
        elif state is State.ENDED:
            self._end_by_s = time.perf_counter() + LAST_FRAMES_LIMIT_S
            self._end_timer.start(FILE_END_LOOK_EVERY_MS)
        else:
            self._on_source_gone(state, recording, recording.clip)

    def _on_source_gone(self, state: State, recording: _Recording, clip: RunningClip) -> None:
        """The clip's source has failed, or another is opened, or the window closes."""
        if not clip.recorder.has_frames:
            self._end_clip(recording)  # the recording waits for the source that comes next
        elif self._session.is_retrying:
            recording.was_away = True
            self._interrupt(recording, clip, Ending.SOURCE_AWAY)
        elif self._end_timer.isActive():
            self.stop()  # it had been played to its end
        else:
            is_again = recording.recorded_spec is not None and self._session.spec == recording.recorded_spec
            opening = Ending.PLAYED_AGAIN if is_again else Ending.OTHER_SOURCE
            self.stop({State.FAILED: Ending.SOURCE_FAILED, State.OPENING: opening}.get(state))

    def _end_after_last_frames(self) -> None:
        if self._session.labelling.pending and time.perf_counter() < self._end_by_s:
            self._end_timer.start(FILE_END_LOOK_EVERY_MS)
        else:
            self.stop()
            self._last_frames.complete()  # they have come, or were waited for long enough

    def _on_labels_failed(self) -> None:
        recording = self._recording
        if recording is None or not self._session.labelling.has_failed:
            return
        if recording.clip is not None:
            self.stop(Ending.LABELS_FAILED)
        else:
            self._refuse(Refusal.NO_LABELS_ANY_MORE if recording.was_away else Refusal.NO_LABELS)

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
            self.left_behind.emit(recorder.folder)
