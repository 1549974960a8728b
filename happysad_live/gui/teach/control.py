"""The window's part of “Teach it my face”: opening the dialog, feeding it, using what was learnt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from happysad_live.core.types import FrameResult
from happysad_live.errors import HappySadError
from happysad_live.gui.notices import NEWS_MS, Choice, Notice, NoticeStack
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.teach.dialog import TeachDialog
from happysad_live.gui.teach.teaching import FaceTeacher, Teacher

KEEP_LIMIT_S = 30.0

KEY = "teach"
_NOT_NOW_KEY = "teach not now"
_NOT_THIS_MODEL_KEY = "teach not this model"

_NO_MODEL = "Faces are found once a model is ready and there is a picture: try again then."
_LOADING = "The chosen model is being loaded: try again once it is ready."
_PAUSED = "The picture is paused: resume it, so that your expressions can be seen."
_ENDED = "The source has ended: play it again, so that your expressions can be seen."
_PHOTOGRAPH = "This is a single picture: open a camera or a video that shows several expressions."
_NO_PICTURE = "There is no picture: try again once there is one."

_STOPPED = (State.PAUSED, State.ENDED, State.FAILED)


class TeachControl(QObject):
    """Opens the dialog over the window, and tells what came of it."""

    taught = pyqtSignal(str)
    """The name of a model that the user keeps."""
    wanted = pyqtSignal()
    """The dialog is to be opened, as what was in the way is gone."""
    labels_wanted = pyqtSignal()
    """An expression is to be seen now, but the model has failed: it is to be loaded again."""

    def __init__(
        self,
        session: Session,
        notices: NoticeStack,
        window: QWidget,
        make_teacher: Callable[[str], Teacher] = FaceTeacher,
    ) -> None:
        """make_teacher: the teacher for a model's name or folder; raises HappySadError."""
        super().__init__(window)
        self._session, self._notices, self._window = session, notices, window
        self._make_teacher = make_teacher
        self.dialog: TeachDialog | None = None
        """The open dialog."""
        self._failure = ""
        """Why there is no picture, in a sentence."""
        session.source_failed.connect(self._on_source_failed)
        session.state_changed.connect(self._on_state)
        session.labelling.ready.connect(self._on_ready)
        session.labelling.failed.connect(self._on_labels_failed)

    def open(self, *, mirrored: bool) -> None:
        """Open the dialog, or tell why the model cannot be taught. mirrored: how the picture is shown."""
        if self.dialog is not None:
            return
        for key in (KEY, _NOT_THIS_MODEL_KEY):
            self._notices.remove(key)
        settings = self._session.labelling.settings
        if settings is None:
            self._tell_obstacle(_NO_MODEL)
            return
        if self._session.labelling.is_loading:  # else the one before would be taught, under this one's name
            self._tell_obstacle(_LOADING)
            return
        if self._session.state is not State.PLAYING:
            self._tell_what_stands_still()
            return
        try:
            teacher = self._make_teacher(settings.model)
        except HappySadError as error:
            self._tell_obstacle(str(error), key=_NOT_THIS_MODEL_KEY)
            return
        dialog = TeachDialog(teacher, self._session.threads, mirrored=mirrored, parent=self._window)
        dialog.kept.connect(self._use)
        dialog.picture_wanted.connect(self._play)
        dialog.finished.connect(self._on_finished)
        self.dialog = dialog
        dialog.open()

    def feed(self, result: FrameResult) -> None:
        """Hand the dialog the newest frame of the source, if it is labelled."""
        if self.dialog is not None and result.labels:
            self.dialog.feed(result)

    def asks_to_stay(self) -> bool:
        """Where the dialog would lose something, ask whether to give that up; False where nothing is lost."""
        if self.dialog is None or not self.dialog.would_lose_something:
            return False
        self.dialog.reject()
        return True

    def close(self) -> None:
        """Close the dialog; what is being learnt is given up. Twice is harmless."""
        if self.dialog is not None:
            self.dialog.give_up()

    def wait_until_kept(self) -> bool:
        """After ``close``: wait until a model that is kept is written; False where it is not in time.

        ``problem`` tells why, if anything went wrong.
        """
        return self.dialog is None or self.dialog.wait_until_kept(KEEP_LIMIT_S)

    @property
    def problem(self) -> str:
        """Why the model could not be kept, if the user was not told; else nothing."""
        return self.dialog.work.problem if self.dialog is not None else ""

    def _on_state(self, state: State) -> None:
        if self.dialog is not None and state in _STOPPED:
            self.dialog.stop_take()
        self._take_back_obstacle()

    def _take_back_obstacle(self) -> None:
        """Remove the notice about what was in the way, if it no longer is."""
        session, labelling = self._session, self._session.labelling
        is_ready = labelling.settings is not None and not labelling.is_loading
        if is_ready and session.state is State.PLAYING:
            self._notices.remove(_NOT_NOW_KEY)

    def _play(self) -> None:
        """Let picture and labels go on: the dialog covers the buttons that would."""
        session = self._session
        if session.labelling.has_failed:
            self.labels_wanted.emit()
        if session.state is State.FAILED:
            session.retry()
            if self.dialog is not None:
                self.dialog.stop_take(f"{self._failure} Press Start once the picture is back.")
        elif session.state in _STOPPED:
            session.toggle_pause()

    def _on_labels_failed(self, error: HappySadError) -> None:
        if self.dialog is not None and self._session.labelling.has_failed:
            self.dialog.stop_take(f"{error} Press Start to load the model again.")
        self._take_back_obstacle()

    def _on_source_failed(self, message: str) -> None:
        self._failure = message

    def _on_finished(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _use(self, model: str) -> None:
        self.taught.emit(model)
        self._notices.show_notice(
            KEY,
            Notice(
                f"“{model}” is saved and in use. The Model menu switches between it and the others.",
                passes_ms=NEWS_MS,
            ),
        )

    def _tell_what_stands_still(self) -> None:
        state = self._session.state
        if self._session.is_photograph:
            self._tell_obstacle(_PHOTOGRAPH)
        elif state is State.PAUSED:
            self._tell_obstacle(_PAUSED, [("Resume it", self._resume_and_open)])
        else:
            self._tell_obstacle(_ENDED if state is State.ENDED else _NO_PICTURE)

    def _resume_and_open(self) -> None:
        if self._session.state is State.PAUSED:
            self._session.toggle_pause()
        self.wanted.emit()

    def _on_ready(self) -> None:
        self._notices.remove(_NOT_THIS_MODEL_KEY)
        self._take_back_obstacle()

    def _tell_obstacle(self, text: str, choices: Sequence[Choice] = (), *, key: str = _NOT_NOW_KEY) -> None:
        self._notices.show_notice(key, Notice(text, choices, problem=True))
