"""The window: lays everything out, and translates between the session and the user."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QEvent, QSize, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PyQt6.QtWidgets import QAbstractButton, QMainWindow, QMessageBox, QVBoxLayout, QWidget

from happysad_live.config import DEFAULT_MODEL, PROGRAM, WindowConfig
from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.actions import Actions
from happysad_live.gui.bars import Footer, Header
from happysad_live.gui.choosers import Choosers
from happysad_live.gui.clips.control import ClipsControl
from happysad_live.gui.clips.dock import ClipsDock
from happysad_live.gui.controls.model_control import ModelControl
from happysad_live.gui.controls.own_models import ask_to_trash
from happysad_live.gui.controls.picture_saving import PictureSaving
from happysad_live.gui.controls.seek_control import SeekControl
from happysad_live.gui.controls.source_control import SourceControl
from happysad_live.gui.controls.status_control import StatusControl
from happysad_live.gui.full_screen import FullScreen
from happysad_live.gui.keys import KeysDialog
from happysad_live.gui.menus import ModelMenu, SourceMenu
from happysad_live.gui.notices import Notice
from happysad_live.gui.preferences.control import PreferencesControl
from happysad_live.gui.preferences.store import Preferences, PreferenceStore, clips_folder
from happysad_live.gui.recent_labels import RecentLabels
from happysad_live.gui.recording.clip_recording import ClipRecording, Refusal
from happysad_live.gui.recording.control import RecordingControl
from happysad_live.gui.seek_bar import SeekBar
from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.stage import Stage
from happysad_live.gui.status_line import StatusLine
from happysad_live.gui.teach.control import TeachControl
from happysad_live.gui.texts import ABOUT
from happysad_live.gui.video_view import VideoView
from happysad_live.gui.widgets.arrow_keys import leave_arrow_keys_to
from happysad_live.gui.widgets.dialogs import open_dialog
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.gui.widgets.screen import within_screen
from happysad_live.sources import SourceInfo
from happysad_live.terminal import print_message

PICTURE_FIRST_LIMIT_MS = 3000
"""Loading the networks slows everything else down, so it waits for the first picture, but only so long."""

WINDOW_SIZE = QSize(1080, 760)
MIN_SIZE_PX = QSize(530, 360)


class MainWindow(QMainWindow):
    """The window of the program. exit_code: what the process is to return once it has closed."""

    def __init__(
        self,
        session: Session,
        config: WindowConfig,
        store: PreferenceStore,
        available_models: Callable[[], Mapping[str, Path]],
    ) -> None:
        super().__init__()
        self.exit_code = 0
        self.session = session
        self._config = config
        self._store = store
        self._available_models = available_models
        self._model_wanted = self._had_labels = False
        self._opened_spec: str | None = None
        self._build()
        # What is measured must not depend on whose machine it is.
        preferences = store.load() if config.report is None else Preferences()
        self.preferences = PreferencesControl(preferences, store, self.stage.notices, self)
        session.loop_files = preferences.loop_files
        self._add_controls()
        self._connect_actions()
        self._connect_session()
        self.setAcceptDrops(True)
        leave_arrow_keys_to(self)
        if not (self._is_for_a_user and self.restoreGeometry(store.geometry)):
            self.resize(within_screen(WINDOW_SIZE, self))
        self.clips.show(self._is_for_a_user and store.clips_shown)
        self._show_title("")
        self.view.setFocus()

    def start(self) -> None:
        """Open the source that was asked for; load the model once there is a picture, or none to come."""
        self.model.announce(self.preferences.first_model(self._config.model, self._available_models))
        record = self._config.record
        if record is not None:
            self.recording.start(None if record is True else record, self._config.seconds)
        self.session.play(self._config.source)
        QTimer.singleShot(PICTURE_FIRST_LIMIT_MS, self._load_first_model)

    def _load_first_model(self) -> None:
        if not self._model_wanted:
            self._model_wanted = True
            self.model.load()

    def leave(self) -> None:
        """Close without asking: what is being exported, shown or learnt is given up."""
        self.clips.exports.close()
        self.teaching.close()
        self.close()

    def report_problem(self, text: str) -> None:
        """Tell of something that went wrong and that the window survives."""
        self.stage.notices.show_notice("problem", Notice(text, problem=True))

    # --- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.view = VideoView()
        self.stage = Stage(self.view)
        self.seek_bar = SeekBar()
        self.recent_labels = RecentLabels()
        self.status = StatusLine()
        self.actions_ = Actions(self)
        openers = (self.actions_.open_file, self.actions_.open_folder, self.actions_.open_stream)
        self.source_menu = SourceMenu(openers, self)
        self.model_menu = ModelMenu(self._available_models, [self.actions_.teach], self)
        self.actions_.fill_menu_bar(self.source_menu, self.model_menu)
        self.header = Header(self.actions_, self.source_menu, self.model_menu)
        self.footer = Footer(self.actions_, self.seek_bar, self.recent_labels)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.stage, self.footer, self.status):
            column.addWidget(widget, 1 if widget is self.stage else 0)
        self.setCentralWidget(body)
        around = [bar for bar in (self.menuBar(), self.header, self.status) if bar is not None]
        full_screen = self.actions_.full_screen
        self._full_screen = FullScreen(self, full_screen, self.stage, around, self.footer, column)
        self._choosers = Choosers(self)

    def _add_controls(self) -> None:
        session, actions, stage, preferences = self.session, self.actions_, self.stage, self.preferences
        folder = clips_folder(self._config.record, preferences.current.clips_folder)
        clip_recording = ClipRecording(session)
        self.recording = RecordingControl(clip_recording, session, actions, stage, self._wants_clean, folder)
        self.seek = SeekControl(self.seek_bar, actions, session, clip_recording, self.view)
        self.source = SourceControl(session, stage, self.header.source, self.source_menu, self._choosers)
        self.clips = ClipsControl(folder, session, clip_recording, actions, stage.notices, self)
        self.footer.add(self.clips.own_label)  # right after Record
        self.clips.own_label.take_digits_of(self)
        self.clips.panel.show_order(preferences.current.clips_order)
        dock = ClipsDock(self, MIN_SIZE_PX, actions, self.view)
        dock.setWidget(self.clips.panel)
        dock.appears.connect(self.clips.refresh)
        self.model = ModelControl(
            session.labelling,
            self._label_settings,
            lambda: preferences.change(happy_sad_only=False),
            lambda: self.view.result is not None,
            stage.notices,
            self.header.model,
            self.model_menu,
        )
        self.picture = PictureSaving(self.view, session, actions.save_picture, stage.notices)
        self.teaching = TeachControl(session, stage.notices, self)
        self._status_control = StatusControl(self.status, session, self.view)
        # They end with the window and in its thread, not whenever and wherever Python collects them.
        controls = (self.recording, self.seek, self.source, self.model, self.picture, self._status_control)
        for control in controls:
            control.setParent(self)

    def _connect_actions(self) -> None:
        does = self.actions_
        does.open_file.triggered.connect(self._choosers.choose_file)
        does.open_folder.triggered.connect(self._choosers.choose_folder)
        does.open_stream.triggered.connect(self._choosers.choose_stream)
        self._choosers.model_chosen.connect(self.model.choose)
        does.pause.triggered.connect(self.session.toggle_pause)
        does.again.triggered.connect(self.session.restart)
        does.mirror.triggered.connect(self._set_mirror)
        does.teach.triggered.connect(lambda: self.teaching.open(mirrored=self.view.mirrored))
        does.preferences.triggered.connect(lambda: self.preferences.open_dialog(self.recording.folder))
        does.quit.triggered.connect(self.close)
        does.keys.triggered.connect(lambda: self._show_keys(self))
        self.clips.players.keys_wanted.connect(self._show_keys)
        does.about.triggered.connect(lambda: QMessageBox.about(self, "About HappySad Live", ABOUT))
        self.preferences.changed.connect(self._on_preferences_changed)
        self.preferences.folder_chosen.connect(self._use_clips_folder)
        self.clips.panel.order_chosen.connect(lambda order: self.preferences.change(clips_order=order))
        self.model_menu.chosen.connect(self.model.choose)
        self.model_menu.folder_wanted.connect(self._choosers.choose_model)
        self.model_menu.trash_wanted.connect(self._ask_to_trash)
        self.view.painted.connect(self._on_painted)

    def _connect_session(self) -> None:
        session = self.session
        session.state_changed.connect(self._on_state)
        session.source_opened.connect(self._on_opened)
        session.source_failed.connect(self._on_source_failed)
        session.frames.waiting.connect(self._on_frame)
        self.model.failed.connect(self._on_labels_failed)
        if self._is_for_a_user:
            remember = self.preferences.remember_model
            self.model.taken.connect(lambda model: remember(model, self._available_models))
        self.model.unlabelled.connect(self.recent_labels.clear)
        self.model.device_changed.connect(partial(self.status.set_figure, "device"))
        self.teaching.taught.connect(self.model.choose)
        self.teaching.wanted.connect(self.actions_.teach.trigger)
        self.teaching.labels_wanted.connect(self.model.load)
        self.recording.failed.connect(self._on_recording_failed)
        self.recording.close_wanted.connect(self.close)
        self.recording.play_wanted.connect(self.clips.open_saved)

    # --- the picture ---------------------------------------------------------------------------

    def _on_frame(self) -> None:
        result = self.session.frames.take()
        if result is not None:
            is_first = self.view.result is None
            self.view.show_result(result)
            self.teaching.feed(result)
            if is_first:
                self.model.show_loading()
                self.picture.follow()
            self.seek.show_position(result.frame)
            if result.labels:
                self._on_labels(result)
            self._status_control.follow(result)

    def _on_painted(self, frame: Frame) -> None:
        self.session.frames.painted(frame, plays=self.session.state is State.PLAYING)
        self._load_first_model()

    def _on_state(self, state: State) -> None:
        with focus_passed_on(self, self.view):
            self.actions_.show_state(state, self.session.info)
            if state is State.FAILED:
                self.footer.show_source(None)
        if state in (State.OPENING, State.FAILED):
            self._show_title("")
        if state is State.OPENING:
            self.view.show_result(None)
            self.model.show_loading()
            self.recent_labels.clear()

    def _on_opened(self, info: SourceInfo) -> None:
        self._show_title(info.name)
        with focus_passed_on(self, self.view):
            self.footer.show_source(info)
        if info.kind == "camera" or self.session.spec != self._opened_spec:  # else as the user has it
            self._apply_mirror(info.kind == "camera" and self.preferences.current.mirror_camera)
        self._opened_spec = self.session.spec

    def _on_source_failed(self, message: str) -> None:
        self._load_first_model()
        if self._gives_up_where_it_fails and not self.session.is_retrying:
            self._give_up(message)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        data = event.mimeData() if event else None
        if event is not None and data is not None and any(url.isLocalFile() for url in data.urls()):
            _accept_as_copy(event)
            self.stage.notices.show_notice("drop", Notice("Drop to open", closable=False))

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        self.stage.notices.remove("drop")

    def dropEvent(self, event: QDropEvent | None) -> None:
        self.stage.notices.remove("drop")
        data = event.mimeData() if event else None
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()] if data else []
        if event is not None and paths:
            _accept_as_copy(event)
            self.source.open_files(paths)

    # --- the labels ----------------------------------------------------------------------------

    def _label_settings(self, model: str) -> LabelSettings:
        wish = self.preferences.current
        return LabelSettings(model, self._config.device, wish.happy_sad_only, wish.detector_range)

    def _on_labels_failed(self, message: str) -> None:
        if self._gives_up_where_it_fails:
            self._give_up(message)

    def _on_labels(self, result: FrameResult) -> None:
        self.recent_labels.add(result)
        if not self._had_labels and self._config.seconds is not None:
            self.recording.close_after(self._config.seconds)
        self._had_labels = True

    def _ask_to_trash(self, folder: Path) -> None:
        ask_to_trash(folder, self, self.stage.notices, lambda: self.model.choose(DEFAULT_MODEL))

    def _wants_clean(self) -> bool:
        return self._config.clean or self.preferences.current.record_clean

    def _on_recording_failed(self, message: str) -> None:
        if message is Refusal.NO_LABELS and self._gives_up_where_it_fails:
            return  # why there are none is told by the model
        if self._config.seconds is not None:
            self._give_up(message)

    # --- preferences and looks -----------------------------------------------------------------

    def _show_keys(self, over: QWidget) -> None:
        panel = self.clips.panel
        open_dialog(KeysDialog(self.actions(), [*panel.actions(), *panel.list.actions()], over))

    def _on_preferences_changed(self, old: Preferences, new: Preferences) -> None:
        self.session.loop_files = new.loop_files
        if self._shows_camera:
            self._apply_mirror(new.mirror_camera)
        if (old.happy_sad_only, old.detector_range) != (new.happy_sad_only, new.detector_range):
            self.model.load()

    def _use_clips_folder(self, folder: str) -> None:
        self.recording.folder = Path(folder)
        self.clips.choose_folder(self.recording.folder)

    def _set_mirror(self, on: bool) -> None:
        self._apply_mirror(on)
        if self._shows_camera:
            self.preferences.change(mirror_camera=on)

    @property
    def _shows_camera(self) -> bool:
        return self.session.info is not None and self.session.info.kind == "camera"

    def _apply_mirror(self, on: bool) -> None:
        self.actions_.mirror.setChecked(on)
        self.view.set_mirrored(on)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.WindowStateChange:
            self._full_screen.follow()
            self.session.frames.set_seen(not (self.isMinimized() and self._is_for_a_user))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.actions_.pause.trigger()
        elif self.seek.take_key(event):
            return
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self._press_enter()
        elif event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self._full_screen.leave()
        else:
            super().keyPressEvent(event)

    def _press_enter(self) -> None:
        """As in a dialog: the button that has the focus, else the page's first choice.

        Nothing among the clips, where Enter means one of them.
        """
        focused = self.focusWidget()
        if isinstance(focused, QAbstractButton):
            focused.click()
        elif self.stage.page.isVisible() and not self.clips.panel.isAncestorOf(focused):
            self.stage.page.take_first()

    def _show_title(self, source: str) -> None:
        self.setWindowTitle(f"{source} — HappySad Live" if source else "HappySad Live")

    # --- the end -------------------------------------------------------------------------------

    @property
    def _is_for_a_user(self) -> bool:
        """Whether a person uses the window; else it measures or closes by itself, and remembers nothing."""
        return self._config.seconds is None and self._config.report is None

    @property
    def _gives_up_where_it_fails(self) -> bool:
        """A run with a time limit that never had labels must not wait for somebody to click."""
        return self._config.seconds is not None and not self._had_labels

    def _give_up(self, message: str) -> None:
        if self.exit_code:
            return  # told, and closing
        print_message(f"{PROGRAM}: {message}")
        self.exit_code = 1
        self.close()

    def _asks_to_stay(self) -> bool:
        return self.teaching.asks_to_stay() or self.clips.asks_to_stay(self.leave)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        if event is not None and self._is_for_a_user and self._asks_to_stay():
            event.ignore()
            return
        if self._is_for_a_user:
            self._store.clips_shown = self.actions_.clips.isChecked()
        self.clips.show(False)  # the panel may have widened the window
        if self._is_for_a_user and not (place := self._full_screen.geometry).isEmpty():
            self._store.geometry = place
        # Out of sight first: waiting for a camera's driver or TensorFlow's import may take a few seconds.
        self.hide()
        self._status_control.stop()
        if (shortfall := self.recording.clip_recording.shortfall) and self.exit_code == 0:
            print_message(f"{PROGRAM}: {shortfall}")
            self.exit_code = 1
        self.recording.clip_recording.stop()
        self.clips.close()
        self.picture.close()
        self.teaching.close()
        self.session.close()
        if not self.recording.close():
            self.exit_code = 1
        if not self.clips.wait_until_stored():
            self._tell_loss("Some of your changes to clips", self.clips.work.problem)
        if not self.teaching.wait_until_kept():
            self._tell_loss("The taught model", self.teaching.problem)
        if not self.picture.wait_until_saved():
            self._tell_loss("The picture", self.picture.work.problem)
        super().closeEvent(event)

    def _tell_loss(self, what: str, why: str) -> None:
        """Tell, where there is no window any more, what is not on the disk. why: a sentence, or nothing."""
        print_message(f"{PROGRAM}: {what} could not be saved before the window closed. {why}".rstrip())
        self.exit_code = 1


def _accept_as_copy(event: QDropEvent) -> None:
    """Take what hovers or is dropped, and never say that it was moved: who gave it might delete the files."""
    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
