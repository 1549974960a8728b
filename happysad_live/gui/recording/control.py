"""The record button: starting and stopping a clip, and telling the user how that went."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from happysad_live.config import PROGRAM
from happysad_live.gui.actions import Actions
from happysad_live.gui.folders import show_folder
from happysad_live.gui.notices import NEWS_MS, Choice, Notice
from happysad_live.gui.recording.clip_recording import FAILURES, ClipRecording, Ending, RecordingWish, Refusal
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.stage import Stage
from happysad_live.gui.texts import describe_recording
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.recording.recorder import ClipOutcome
from happysad_live.terminal import print_message

BADGE_MS = 500

NO_PICTURE = "There is no picture to record."

_NO_MODEL_KEY = "clip without a model"
_PICTURE_KEY = "clip of a single picture"
_AWAY_KEY = "clip that goes on"

_MAX_TIMER_MS = 2**31 - 1
"""Qt counts in 32 bits: 24 days."""

TIME_UP_GRACE_MS = 2000
"""How long after the time is up a clip with a limit may still come to its last frame: a camera may have
stopped sending any."""


class RecordingControl(QObject):
    """The window's part of ClipRecording. wants_clean: whether to leave the labels out of the picture."""

    failed = pyqtSignal(object)
    """Nothing, or not everything, could be recorded: a Refusal, or another sentence, shown already."""

    close_wanted = pyqtSignal()
    """The clip is as long as it was to be, or the time is up: the window is to close."""
    play_wanted = pyqtSignal(object)
    """The Path of a clip that the user wants to see."""

    def __init__(
        self,
        clip_recording: ClipRecording,
        session: Session,
        actions: Actions,
        stage: Stage,
        wants_clean: Callable[[], bool],
        folder: Path,
    ) -> None:
        super().__init__()
        self.clip_recording = clip_recording
        self._session, self._actions, self._stage = session, actions, stage
        self._wants_clean = wants_clean
        self.folder = folder
        """Where clips go from the next one on."""
        self._other_folder: Choice = ("Choose another folder", actions.preferences.trigger)
        self._promised = ""
        """The first sentence of the notice about a clip whose recording is to go on; empty where none is."""
        actions.record.triggered.connect(self._toggle)
        actions.recordings.triggered.connect(lambda: show_folder(self.folder, self._tell_problem))
        clip_recording.changed.connect(self._on_changed)
        clip_recording.saved.connect(self._on_saved)
        clip_recording.failed.connect(self._on_failed)
        clip_recording.limit_reached.connect(self.close_wanted)
        session.state_changed.connect(self._on_state)
        session.labelling.loading.connect(self._on_loading)
        self._badge_timer = QTimer(self)
        self._badge_timer.timeout.connect(self._update_badge)
        self._badge_timer.start(BADGE_MS)

    def start(self, target: Path | None = None, limit_s: float | None = None) -> None:
        """Record from the next labelled frame on, into a folder or an .mp4 file (None: this window's folder).

        limit_s: the window closes when the clip is that long.
        """
        self._stage.notices.remove("clip")
        self._stage.notices.remove(_AWAY_KEY)
        self.clip_recording.start(RecordingWish(target or self.folder, self._wants_clean(), limit_s))

    def close_after(self, seconds: float) -> None:
        """Close the window in so many seconds; a clip that has a limit comes to its last frame first."""
        QTimer.singleShot(min(round(seconds * 1000), _MAX_TIMER_MS), self._close_when_complete)

    def _update_badge(self) -> None:
        """Let the picture's corner tell time and size of the clip."""
        clip, state = self.clip_recording, self._session.state
        playing, paused = state is State.PLAYING, state is State.PAUSED
        text = describe_recording(clip.is_on, clip.status(), clip.own_label, playing=playing, paused=paused)
        self._stage.set_badge(text)
        self._keep_promise()

    def _keep_promise(self) -> None:
        """Say what became of a recording that was to go on, once that is known."""
        goes_on = self.clip_recording.status() is not None
        if self._promised and (goes_on or not self.clip_recording.is_on):
            rest = "The recording continued as another clip." if goes_on else "The picture did not come back."
            self._stage.notices.reword(_AWAY_KEY, f"{self._promised} {rest}")
            self._promised = ""

    def close(self) -> bool:
        """End the clip and wait until it is complete; False, with a sentence on stderr, when it is not."""
        self._badge_timer.stop()
        problem = self.clip_recording.close()
        if problem:
            print_message(f"{PROGRAM}: {problem}")
        return not problem

    def _close_when_complete(self) -> None:
        # The last frames may still be waiting for their labels.
        QTimer.singleShot(TIME_UP_GRACE_MS if self.clip_recording.is_limited else 0, self._ask_to_close)

    def _ask_to_close(self) -> None:
        """For a timer: a signal's own ``emit``, called when its object is gone, ends the process."""
        self.clip_recording.time_is_up = True
        self.close_wanted.emit()

    def _toggle(self, on: bool) -> None:
        if on:
            self.start()
        else:
            self.clip_recording.stop()

    def _on_changed(self) -> None:
        self._update_action()
        self._update_badge()

    def _update_action(self) -> None:
        """Offer what would not be refused; what waits for a picture can be stopped all the same."""
        session = self._session
        obstacle = ""
        if session.is_photograph:
            obstacle = Refusal.SINGLE_PICTURE
        elif session.state is State.FAILED and not session.is_retrying:
            obstacle = NO_PICTURE
        with focus_passed_on(self._stage, self._stage.view):
            self._actions.show_recording(on=self.clip_recording.is_on, obstacle=obstacle)

    def _on_saved(self, outcome: ClipOutcome, why: Ending | None) -> None:
        assert outcome.video is not None
        video, notices = outcome.video, self._stage.notices
        choices = [
            ("Play it", lambda: self.play_wanted.emit(video)),
            ("Show in folder", lambda: show_folder(video.parent, self._tell_problem)),
        ]
        if outcome.error:
            text = f"{outcome.error} What was recorded until then is kept."
            notices.show_notice("clip", Notice(text, [*choices, self._other_folder], problem=True))
            self.failed.emit(text)
            return
        saved = f"Saved as {video.name}."
        is_expected = why in (None, Ending.OTHER_SOURCE, Ending.PLAYED_AGAIN)
        news = Notice(f"{saved} {why or ''}".rstrip(), choices, passes_ms=NEWS_MS if is_expected else None)
        if why is Ending.SOURCE_AWAY:
            notices.show_notice(_AWAY_KEY, news)
            self._promised = saved
            self._keep_promise()
        else:
            notices.show_notice("clip", news)
        if why in FAILURES:
            self.failed.emit(f"{saved} {why}")

    def _on_failed(self, message: Refusal | str) -> None:
        key, choices = "clip", [self._other_folder]
        if isinstance(message, Refusal):
            key, choices = _PICTURE_KEY if message is Refusal.SINGLE_PICTURE else _NO_MODEL_KEY, []
        self._stage.notices.show_notice(key, Notice(message, choices, problem=True))
        self.failed.emit(message)

    def _on_state(self, state: State) -> None:
        if state is State.OPENING:  # of something else
            self._stage.notices.remove(_PICTURE_KEY)
        self._update_action()
        self._update_badge()

    def _on_loading(self) -> None:
        """A model was chosen: that none labels the picture is no longer true."""
        self._stage.notices.remove(_NO_MODEL_KEY)

    def _tell_problem(self, text: str) -> None:
        self._stage.notices.show_notice("clip", Notice(text, problem=True))
