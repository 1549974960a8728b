"""Going to another position in a video or a folder: bar, keys, buttons and menu, and when they may."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QSlider

from happysad_live.core.types import Frame
from happysad_live.gui.actions import Actions
from happysad_live.gui.recording.clip_recording import ClipRecording
from happysad_live.gui.seek_bar import SeekBar
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.video_view import VideoView
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.sources import SourceInfo

RECORDING = "Stop recording to go to another position"

SEEK_KEYS = {
    Qt.Key.Key_Left: QSlider.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Right: QSlider.SliderAction.SliderSingleStepAdd,
    Qt.Key.Key_PageUp: QSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QSlider.SliderAction.SliderPageStepAdd,
    Qt.Key.Key_Home: QSlider.SliderAction.SliderToMinimum,
    Qt.Key.Key_End: QSlider.SliderAction.SliderToMaximum,
}


class SeekControl(QObject):
    """Lets bar, keys, buttons and menu seek in the session.

    view: gets the keyboard where what had it is locked.
    """

    def __init__(
        self, bar: SeekBar, actions: Actions, session: Session, clip_recording: ClipRecording, view: VideoView
    ) -> None:
        super().__init__()
        self._bar, self._actions, self._session = bar, actions, session
        self._clip_recording, self._view = clip_recording, view
        bar.sought.connect(session.seek)
        actions.step_back.triggered.connect(lambda: bar.go(QSlider.SliderAction.SliderSingleStepSub))
        actions.step_on.triggered.connect(lambda: bar.go(QSlider.SliderAction.SliderSingleStepAdd))
        session.source_opened.connect(self._on_opened)
        session.state_changed.connect(self._lock)
        clip_recording.changed.connect(self._lock)

    def show_position(self, frame: Frame) -> None:
        """Show where a frame is, unless it is from before the last seek."""
        if frame.seek_serial == self._session.frames.seek_serial:
            self._bar.show_position(frame)

    def take_key(self, event: QKeyEvent) -> bool:
        """Do what one of ``SEEK_KEYS`` does; False for other keys, and for these with Ctrl and the like."""
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        action = SEEK_KEYS.get(Qt.Key(event.key()))
        if action is None or held != Qt.KeyboardModifier.NoModifier:
            return False
        self._bar.go(action)
        return True

    def _on_opened(self, info: SourceInfo) -> None:
        self._bar.show_source(info)
        self._actions.show_steps(pictures=info.kind == "images")
        self._lock()

    def _lock(self) -> None:
        """Allow seeking where there is a picture, but not while recording: clips are to have no leaps."""
        state = self._session.state
        waits = state is State.ENDED and self._clip_recording.status() is None  # for something to play
        free = state.has_picture and (waits or not self._clip_recording.is_on)
        with focus_passed_on(self._bar, self._view):
            if state is State.FAILED:
                self._bar.hide()
            self._bar.lock(None if free else RECORDING if self._clip_recording.is_on else "")
            for action in (self._actions.step_back, self._actions.step_on):
                action.setEnabled(free and self._session.length_s is not None)
