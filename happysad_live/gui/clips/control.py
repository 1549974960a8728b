"""The window's clips: what the panel's wishes do, and the windows that play them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QDockWidget, QWidget

from happysad_live.errors import RecordingError
from happysad_live.gui.background import Background
from happysad_live.gui.clips.clip_list import ClipListModel
from happysad_live.gui.clips.dialogs import ClipDialogs
from happysad_live.gui.clips.exports import ClipExports
from happysad_live.gui.clips.folder import ClipFolder
from happysad_live.gui.clips.leftovers import LeftoverOffer
from happysad_live.gui.clips.panel import ClipsPanel
from happysad_live.gui.clips.player import ClipPlayer
from happysad_live.gui.clips.several import Answers
from happysad_live.gui.folders import open_folder
from happysad_live.gui.notices import NEWS_MS, Notice
from happysad_live.gui.own_label import OwnLabelPicker
from happysad_live.paths import is_there
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import (
    Clip,
    label_stretch,
    load_clip,
    rename_clip,
    set_note,
    trash_clip,
    unlabel_stretch,
)

if TYPE_CHECKING:
    from happysad_live.gui.main_window import MainWindow
    from happysad_live.recording.recorder import ClipOutcome

KEY = "clips"
EXPORT_KEY = "export"
RELEASE_LIMIT_S = 3.0
"""How long renaming and deleting wait for the player to let go of the file."""

T = TypeVar("T")


class ClipsControl(QObject):
    """Puts the panel beside the window's picture. Nothing is read before it is first shown."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        super().__init__(window)
        self._window = window
        threads = window.session.threads
        self.work = Background("clips", threads)
        self.exports = ClipExports(threads)
        self.model = ClipListModel()
        self.folder = ClipFolder(folder, self.model, self.work, Background("thumbnails", threads))
        self.panel = ClipsPanel(self.model)
        self.dialogs = ClipDialogs(window)
        self.leftovers = LeftoverOffer(self.work, window.stage.notices, self.dialogs)
        self.players: dict[Path, ClipPlayer] = {}
        """The open players, by their clip's video."""
        self.own_label = OwnLabelPicker()
        self._dock = self._make_dock()
        self._choose_next: list[str] = []
        self._choose_newest = False
        self._place_picker()
        self._show_folder_name()
        self._connect()

    def look_for_leftovers(self) -> None:
        """Offer what a crash has left of recordings, once there is something."""
        self.leftovers.look(self.folder.folder)

    def show(self, on: bool = True) -> None:
        """Show or hide the panel."""
        self._window.actions_.clips.setChecked(on)

    def open(self, clip: Clip) -> None:
        """Play a clip in a window of its own, or bring that window to the front."""
        player = self.players.get(clip.video)
        if player is None:
            player = ClipPlayer(clip, self.work, self._window.session.threads)
            player.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            player.relabelled.connect(lambda _: self.folder.refresh())
            player.closed.connect(lambda: self.players.pop(clip.video, None))
            self.players[clip.video] = player
            player.toggle()
        player.show()
        player.raise_()
        player.activateWindow()

    def open_saved(self, video: Path) -> None:
        """Play a clip that was just recorded."""
        try:
            self.open(load_clip(video.parent, video.stem))
        except RecordingError as error:
            self._tell(str(error))

    def asks_to_stay(self, leave: Callable[[], object]) -> bool:
        """Where an export is still being written, ask whether to give it up; ``leave`` is called then.

        Returns False where nothing would be lost.
        """
        if self.exports.is_busy:
            self.dialogs.confirm_leaving(leave)
        return self.exports.is_busy

    def close(self) -> None:
        """Close the players, give up exports, forget what waits; twice is harmless."""
        for player in list(self.players.values()):
            player.close()
        self.exports.close()
        self.folder.close()
        self.work.close()

    # --- building ------------------------------------------------------------------------------

    def _make_dock(self) -> QDockWidget:
        dock = QDockWidget("Clips", self._window)
        dock.setObjectName("clips")
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget())  # the panel has a head of its own
        dock.setWidget(self.panel)
        dock.hide()
        self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        return dock

    def _place_picker(self) -> None:
        """Right after Record, in the row under the picture."""
        self._window.footer.add(self.own_label)

    def _connect(self) -> None:
        panel, actions = self.panel, self._window.actions_
        panel.open_wanted.connect(self.open)
        panel.rename_wanted.connect(self._rename)
        panel.note_wanted.connect(self._note)
        panel.label_wanted.connect(self._label)
        panel.export_wanted.connect(self._export)
        panel.show_wanted.connect(lambda clips: self._open_folder(clips[0].folder))
        panel.delete_wanted.connect(self._delete)
        panel.folder_wanted.connect(lambda: self.dialogs.ask_folder(self.folder.folder, self.open_folder))
        panel.cancel_wanted.connect(self.exports.cancel)
        panel.close_wanted.connect(lambda: self.show(False))
        self.exports.progressed.connect(self._on_export_progress)
        self.exports.idle.connect(self._on_exports_idle)
        self.exports.finished.connect(self._on_exported)
        self.exports.failed.connect(self._tell)
        self.folder.listed.connect(self._on_listed)
        self.leftovers.recovered.connect(self._on_recovered)
        actions.clips.toggled.connect(self._on_shown)
        actions.full_screen.toggled.connect(lambda _: self._on_shown(actions.clips.isChecked()))
        recording = self._window.recording.recorder
        recording.saved.connect(self._on_saved)
        self.own_label.changed.connect(recording.set_own_label)
        self._window.session.labelling.starting.connect(lambda model: self.own_label.offer(model.labels))

    # --- the panel's wishes --------------------------------------------------------------------

    def _rename(self, clip: Clip, name: str = "", problem: str = "") -> None:
        """name, problem: what was tried before, and why that did not work."""

        def rename(name: str) -> None:
            was_open = clip.video in self.players  # which must let go of the file first

            def succeed(renamed: Clip) -> None:
                self._show_again([renamed])
                if was_open:
                    self.open(renamed)

            def fail(problem: str) -> None:
                if was_open and is_there(clip.video):
                    self.open(clip)
                self._rename(clip, name, problem)

            change = partial(_change_released, self._release(clip), _renamed_to(name), clip)
            self.work.run(change, succeed, fail, must=True)

        self.dialogs.ask_name(clip, name or clip.stem, problem, rename)

    def _note(self, clip: Clip) -> None:
        def keep(note: str) -> None:
            # The clip's player has nothing to do with it, and stays open.
            self.work.run(
                lambda: set_note(clip.as_now(), note.strip()),
                lambda _: self.folder.refresh(),
                self._tell,
                must=True,
            )

        self.dialogs.ask_note(clip, keep)

    def _label(self, clips: Sequence[Clip], label: str | None) -> None:
        def change(clip: Clip) -> Clip:
            if label is None:
                return unlabel_stretch(clip.as_now(), 0.0, None)
            return label_stretch(clip.as_now(), OwnLabel(0.0, None, label))

        for clip in clips:
            if player := self.players.get(clip.video):  # where it can be taken back
                player.give_label_to_all(label)
        others = [clip for clip in clips if clip.video not in self.players]
        self._do(others, change, lambda _: self.folder.refresh())

    def _delete(self, clips: Sequence[Clip]) -> None:
        def tell(gone: Sequence[None]) -> None:
            self.folder.refresh()
            what = f"“{clips[0].stem}” is" if len(clips) == 1 else f"{len(gone)} clips are"
            self._show(Notice(f"{what} in the trash now.", passes_ms=NEWS_MS))

        self.dialogs.confirm_trash(clips, partial(self._do, clips, trash_clip, tell))

    def _export(self, clips: Sequence[Clip], form: str) -> None:
        if len(clips) == 1:
            self.dialogs.ask_export_path(clips[0], form, partial(self.exports.export, clips[0], form))
        else:
            self.dialogs.ask_export_folder(clips, form, partial(self.exports.export_all, form))

    def _do(
        self, clips: Sequence[Clip], change: Callable[[Clip], T], then: Callable[[list[T]], object]
    ) -> None:
        """Change each clip in the background, with its player closed; ``then`` gets what has worked."""
        self._window.stage.notices.remove(KEY)
        answers = Answers(len(clips), then, self._tell)
        for clip in clips:
            work = partial(_change_released, self._release(clip), change, clip)
            self.work.run(work, answers.succeed, partial(answers.fail, clip), must=True)

    def open_folder(self, folder: Path) -> None:
        """Show another folder's clips, and offer what a crash has left there."""
        is_other = folder != self.folder.folder
        self.folder.open(folder)
        self._show_folder_name()
        if is_other:
            self.look_for_leftovers()

    def _release(self, clip: Clip) -> threading.Thread | None:
        """Close the clip's player; returns the thread that may still hold its file."""
        player = self.players.get(clip.video)
        if player is None:
            return None
        player.close()
        return player.reader

    # --- what has happened ---------------------------------------------------------------------

    def _on_shown(self, on: bool) -> None:
        visible = on and not self._window.actions_.full_screen.isChecked()
        if visible:
            self._window.stage.notices.remove(EXPORT_KEY)  # the panel tells it
        if visible and self._dock.isHidden():
            self._choose_newest = True
            self.folder.refresh()
        self._window.leave_room_for(self.panel.minimumWidth() if visible else 0)
        self._dock.setVisible(visible)
        # Back on the picture, Space pauses again.
        (self.panel.list if visible else self._window.view).setFocus()

    def _on_listed(self) -> None:
        if self._choose_newest and self.model.clips:
            self._choose_newest = False
            if not self._choose_next and not self.panel.list.all_chosen():
                self._choose_next = [self.model.clips[0].stem]
        if self._choose_next:
            self.panel.list.choose(*self._choose_next)
            self._choose_next = []

    def _show_again(self, clips: Sequence[Clip]) -> None:
        """List the clips as they are now, and select them."""
        self._choose_next = [clip.stem for clip in clips]
        self.folder.refresh()

    def _on_saved(self, outcome: ClipOutcome) -> None:
        assert outcome.video is not None
        self._choose_next = [outcome.video.stem]
        self.open_folder(outcome.video.parent)

    def _on_recovered(self) -> None:
        self.folder.refresh()
        self.show()

    def _on_export_progress(self, name: str, percent: int) -> None:
        self.panel.show_progress(name, percent)
        if not self.panel.isVisible():
            text, choices = f"Writing {name}… {percent} %", [("Cancel", self.exports.cancel)]
            notice = Notice(text, choices, busy=True, closable=False)
            self._window.stage.notices.show_notice(EXPORT_KEY, notice)

    def _on_exports_idle(self) -> None:
        self.panel.hide_progress()
        self._window.stage.notices.remove(EXPORT_KEY)

    def _on_exported(self, paths: Sequence[Path]) -> None:
        choices = [("Show in folder", lambda: self._open_folder(paths[0].parent))]
        what = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        self._show(Notice(f"Saved {what}.", choices, passes_ms=NEWS_MS))

    def _open_folder(self, folder: Path) -> None:
        if problem := open_folder(folder):
            self._tell(problem)

    def _tell(self, message: str) -> None:
        self._show(Notice(message, problem=True))

    def _show(self, notice: Notice) -> None:
        self._window.stage.notices.show_notice(KEY, notice)

    def _show_folder_name(self) -> None:
        folder = self.folder.folder
        self.panel.show_folder(folder.name or str(folder), f"{folder}\nClick to show another folder's clips.")


def _change_released(reader: threading.Thread | None, change: Callable[[Clip], T], clip: Clip) -> T:
    """Change a clip once its player's thread has let go of the file."""
    if reader is not None:
        reader.join(RELEASE_LIMIT_S)
    return change(clip)


def _renamed_to(name: str) -> Callable[[Clip], Clip]:
    return lambda clip: rename_clip(clip.as_now(), name)
