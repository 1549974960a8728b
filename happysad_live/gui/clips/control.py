"""The window's clips: what the panel's wishes do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QWidget

from happysad_live.errors import RecordingError
from happysad_live.gui.actions import Actions
from happysad_live.gui.clips.clip_labels import LabelChange, apply_change, relabel
from happysad_live.gui.clips.clip_list import ClipListModel
from happysad_live.gui.clips.dialogs import ClipDialogs
from happysad_live.gui.clips.exports import ClipExports
from happysad_live.gui.clips.folder import ClipFolder
from happysad_live.gui.clips.leftovers import LeftoverOffer
from happysad_live.gui.clips.panel import ClipsPanel
from happysad_live.gui.clips.players import ClipPlayers
from happysad_live.gui.clips.several import Answers
from happysad_live.gui.clips.texts import describe_labelled, describe_unclean, has_partial_labels
from happysad_live.gui.folders import show_folder
from happysad_live.gui.notices import NEWS_MS, Choice, Notice, NoticeStack
from happysad_live.gui.recording.clip_recording import ClipRecording
from happysad_live.gui.recording.own_label import OwnLabelPicker
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.label_worker import ModelFacts
from happysad_live.gui.session.session import Session
from happysad_live.gui.trash import move_to_trash
from happysad_live.recording.library import (
    Clip,
    load_clip,
    rename_clip,
    set_note,
    trash_clip,
    without_video_suffix,
)
from happysad_live.recording.recorder import ClipOutcome

STORE_LIMIT_S = 30.0
"""How long closing waits for what the user did to clips: labels of hundreds, on a slow disk, take a while."""

KEY = "clips"
EXPORT_KEY = "export"
EXPORTED_KEY = "exported"

T = TypeVar("T")

Relabelled = tuple[Clip, LabelChange]
"""A clip whose own labels were changed from the list, and what undoes it."""


class ClipsControl(QObject):
    """Does what the panel asks for.

    panel: for the dock beside the window's picture. own_label: the picker for the row under the picture.
    """

    def __init__(
        self,
        folder: Path,
        session: Session,
        clip_recording: ClipRecording,
        actions: Actions,
        notices: NoticeStack,
        window: QWidget,
    ) -> None:
        """folder: whose clips are listed first. window: what dialogs lie over; the control ends with it."""
        super().__init__(window)
        self._actions, self._notices, self._window = actions, notices, window
        threads = session.threads
        self.work = Background("clips", threads)
        self.exports = ClipExports(threads)
        self.model = ClipListModel()
        self.folder = ClipFolder(folder, self.model, threads)
        self.panel = ClipsPanel(self.model)
        self.dialogs = ClipDialogs(window)
        self.leftovers = LeftoverOffer(self.work, notices, self.dialogs)
        self.players = ClipPlayers(self.work, threads, self.model.neighbour, self)
        self.own_label = OwnLabelPicker()
        self._choose_next = ""
        """The clip to select once it is listed; empty for none."""
        self._choose_first = False
        """Whether the panel was just shown: the first clip is then selected, unless another is."""
        self._renamed: dict[Path, Path] = {}
        """The videos of clips that the user has renamed, by what they were called."""
        self._show_folder_name()
        self._connect()
        clip_recording.saved.connect(self._on_saved)
        clip_recording.left_behind.connect(self.leftovers.look)
        self._clip_recording = clip_recording
        self.own_label.changed.connect(clip_recording.set_own_label)
        actions.record.enabledChanged.connect(self.own_label.follow_record)
        clip_recording.changed.connect(self._on_recording_changed)
        session.labelling.starting.connect(self._on_model)
        for loaded in (session.labelling.ready, session.labelling.failed):
            loaded.connect(self.folder.make_thumbnails)

    def look_for_leftovers(self) -> None:
        """Look for what a crash has left of recordings, and offer it."""
        self.leftovers.look(self.folder.folder)

    def show(self, on: bool = True) -> None:
        """Show or hide the panel."""
        self._actions.clips.setChecked(on)

    def refresh(self) -> None:
        """List the clips that there are now, because the panel is about to be shown."""
        self._notices.remove(EXPORT_KEY)  # the panel tells it
        self._choose_first = True
        self.folder.refresh()

    def open_saved(self, video: Path) -> None:
        """Play a clip that was just recorded, whatever the user calls it now."""
        while video in self._renamed:
            video = self._renamed[video]
        try:
            self.players.open(load_clip(video.parent, video.stem))
            self.folder.refresh()  # so that one can go on to the other clips
        except RecordingError as error:
            self._tell(str(error))

    def asks_to_stay(self, leave: Callable[[], object]) -> bool:
        """Where an export is still being written, ask whether to give it up; ``leave`` is called then.

        Returns False where nothing would be lost.
        """
        if self.exports.is_busy:
            self.dialogs.confirm_leaving(leave, self.exports.idle)
        return self.exports.is_busy

    def close(self) -> None:
        """Close the players, give up exports, forget what waits; twice is harmless."""
        self.players.close()
        self.exports.close()
        self.folder.close()
        self.work.close()

    def wait_until_stored(self) -> bool:
        """After ``close``: wait until all that the user did is stored; False where that fails or is late.

        ``work.problem`` tells why it failed; empty where it is only late.
        """
        return self.work.wait(STORE_LIMIT_S)

    # --- building ------------------------------------------------------------------------------

    def _connect(self) -> None:
        panel = self.panel
        panel.open_wanted.connect(self.players.open)
        panel.rename_wanted.connect(self._rename)
        panel.note_wanted.connect(self._note)
        panel.label_wanted.connect(self._label)
        panel.export_wanted.connect(self._export)
        panel.show_wanted.connect(lambda clips: show_folder(clips[0].folder, self._tell))
        panel.delete_wanted.connect(self._delete)
        panel.folder_wanted.connect(lambda: self.dialogs.ask_folder(self.folder.folder, self.choose_folder))
        panel.cancel_wanted.connect(self.exports.cancel)
        panel.close_wanted.connect(lambda: self.show(False))
        self.exports.progressed.connect(self._on_export_progress)
        self.exports.idle.connect(self._on_exports_idle)
        self.exports.finished.connect(self._on_exported)
        self.exports.failed.connect(self._tell)
        self.folder.listed.connect(self._on_listed)
        self.leftovers.recovered.connect(self._on_recovered)
        self.players.went_to.connect(lambda clip: panel.list.choose(clip.stem))
        self.players.relabelled.connect(self.folder.refresh)
        self.players.failed.connect(self._tell)
        self.players.quit_wanted.connect(self._window.close)

    # --- the panel's wishes --------------------------------------------------------------------

    def _rename(self, clip: Clip, name: str = "", problem: str = "") -> None:
        """name, problem: what was tried before, and why that did not work."""

        def rename(name: str) -> None:
            self._notices.remove(KEY)  # its “Undo” knows clips by their names of before

            def succeed(renamed: Clip) -> None:
                self._notices.remove(KEY)  # of a label that was stored while the rename waited
                self._renamed.pop(renamed.video, None)
                if renamed.video != clip.video:
                    self._renamed[clip.video] = renamed.video
                self.exports.follow(clip, renamed)
                self.players.follow(clip, renamed)
                self._choose_next = renamed.stem
                self.folder.refresh()
                if renamed.stem.split() != without_video_suffix(name).split():
                    text = f"It is called “{renamed.stem}”: not everything can be part of a file's name."
                    self._show_notice(Notice(text, passes_ms=NEWS_MS))

            def fail(problem: str) -> None:
                self.players.follow(clip, clip)
                self._rename(clip, name, problem)

            # A file that is open cannot be renamed on Windows.
            change = self.players.released_before(lambda clip: rename_clip(clip.as_now(), name), clip)
            self.work.run(change, succeed, fail, must=True)

        self.dialogs.ask_name(clip, name or clip.stem, problem, rename)

    def _note(self, clip: Clip, note: str | None = None, problem: str = "") -> None:
        """note, problem: what was written before, and why it could not be stored."""

        def keep(note: str) -> None:
            # The clip's player has nothing to do with it, and stays open.
            self.work.run(
                lambda: set_note(clip.as_now(), note.strip()),
                lambda _: self.folder.refresh(),
                partial(self._note, clip, note),
                must=True,
            )

        self.dialogs.ask_note(clip, clip.info.note if note is None else note, problem, keep)

    def _label(self, clips: Sequence[Clip], label: str | None) -> None:
        # In a player it can be taken back at any time.
        at_risk = [clip for clip in self._not_played(clips) if has_partial_labels(clip.info)]
        if at_risk:
            self.dialogs.confirm_labels(at_risk, label, partial(self._label_whole, clips, label))
        else:
            self._label_whole(clips, label)

    def _label_whole(self, clips: Sequence[Clip], label: str | None) -> None:
        choices: list[Choice] = []

        def tell(relabelled: Sequence[Relabelled]) -> None:
            self.folder.refresh()
            changed = [clip for clip, _ in relabelled]
            has_lost = any(undo.restores for _, undo in relabelled)
            done = describe_labelled(changed, label) if has_lost or len(changed) > 1 else ""
            unclean = describe_unclean([clip.info for clip in changed]) if label else ""
            if any(undo.changes_anything for _, undo in relabelled):
                choices.append(("Undo", partial(self._undo_labels, relabelled)))
            if done or unclean:  # else the list shows it, and the menu takes it back
                self._show_notice(Notice(f"{done} {unclean}".strip(), choices, passes_ms=NEWS_MS))

        def tell_problem(message: str) -> None:
            self._show_notice(Notice(message, choices, problem=True))  # for those that have worked

        for clip in clips:
            if player := self.players.by_video.get(clip.video):  # where it can be taken back, and tells it
                player.give_label_to_all(label)
        self._do(self._not_played(clips), partial(relabel, label=label), tell, tell_problem)

    def _undo_labels(self, relabelled: Sequence[Relabelled]) -> None:
        changes = {clip.video: undo for clip, undo in relabelled if undo.changes_anything}
        clips = [clip for clip, _ in relabelled if clip.video in changes]
        for clip in clips:
            if player := self.players.by_video.get(clip.video):  # opened since
                player.apply_change(changes[clip.video])
        self._do(
            self._not_played(clips),
            lambda clip: apply_change(clip, changes[clip.video]),
            lambda _: self.folder.refresh(),
        )

    def _not_played(self, clips: Sequence[Clip]) -> list[Clip]:
        return [clip for clip in clips if clip.video not in self.players.by_video]

    def _delete(self, clips: Sequence[Clip]) -> None:
        def trash(clip: Clip) -> Clip:
            trash_clip(clip, move_to_trash)
            return clip

        def tell(gone: Sequence[Clip]) -> None:
            for clip in gone:
                self.players.forget(clip)
            self.folder.refresh()
            what = f"“{clips[0].stem}” is" if len(clips) == 1 else f"{len(gone)} clips are"
            self._show_notice(Notice(f"{what} in the trash now.", passes_ms=NEWS_MS))

        self.dialogs.confirm_trash(clips, partial(self._do, clips, trash, tell))

    def _export(self, clips: Sequence[Clip], format: str) -> None:
        self.dialogs.ask_export(clips, format, partial(self.exports.export, format))

    def _do(
        self,
        clips: Sequence[Clip],
        change: Callable[[Clip], T],
        then: Callable[[list[T]], object],
        failed: Callable[[str], object] | None = None,
    ) -> None:
        """Change each clip in the background, with its player closed.

        then: gets what has worked. failed: gets a sentence about what has not; None just shows it.
        """
        self._notices.remove(KEY)
        answers = Answers(len(clips), then, failed or self._tell)
        for clip in clips:
            work = self.players.closed_before(change, clip)
            self.work.run(work, answers.succeed, partial(answers.fail, clip), must=True)

    def choose_folder(self, folder: Path) -> None:
        """Show the clips of the folder that the user chose, and offer what a crash has left there.

        Also where it is shown already: its drive may be back, or the user wants now what was to wait.
        """
        self._list_folder(folder)
        self.look_for_leftovers()

    def open_folder(self, folder: Path) -> None:
        """Show a folder's clips; if it is another one, offer what a crash has left there."""
        is_other = folder != self.folder.folder
        self._list_folder(folder)
        if is_other:
            self.look_for_leftovers()

    def _list_folder(self, folder: Path) -> None:
        """Show a folder's clips.

        A hidden panel need not list them before it is shown: the live labels would wait for hundreds of
        thumbnails.
        """
        self.folder.folder = folder
        if self.panel.isVisible():
            self.folder.refresh()
        self._show_folder_name()

    # --- what has happened ---------------------------------------------------------------------

    def _on_listed(self) -> None:
        listed, clips = self.model.clips, self.panel.list
        if self._choose_next:
            clips.choose(self._choose_next)
        elif self._choose_first and listed and not clips.all_chosen():
            clips.choose(listed[0].stem)
        self._choose_next = ""
        if listed:
            self._choose_first = False

    def _on_recording_changed(self) -> None:
        """After a recording, choose the label that was chosen before it: the next may show other things."""
        if not self._clip_recording.is_on:
            self.own_label.choose(self._clip_recording.label_before)

    def _on_model(self, model: ModelFacts) -> None:
        chosen = self.own_label.label
        self.own_label.offer(model.labels)
        if chosen is not None and self.own_label.label is None and self._clip_recording.is_on:
            text = f"“{chosen}” is no label of {model.name}: the recording goes on without a label of yours."
            self._show_notice(Notice(text))

    def _on_saved(self, outcome: ClipOutcome) -> None:
        assert outcome.video is not None
        self._renamed.pop(outcome.video, None)  # another clip is called so now
        self._choose_next = outcome.video.stem
        self.open_folder(outcome.video.parent)

    def _on_recovered(self, folder: Path) -> None:
        self._list_folder(folder)  # what is still left there has just been told
        self.show()

    def _on_export_progress(self, what: str, percent: int) -> None:
        self.panel.show_progress(what, percent)
        if not self.panel.isVisible():
            text, choices = f"{what} {percent} %", [("Cancel", self.exports.cancel)]
            if not self._notices.reword(EXPORT_KEY, text):
                notice = Notice(text, choices, busy=True, closable=False)
                self._notices.show_notice(EXPORT_KEY, notice)

    def _on_exports_idle(self) -> None:
        self.panel.hide_progress()
        self._notices.remove(EXPORT_KEY)

    def _on_exported(self, paths: Sequence[Path]) -> None:
        choices = [("Show in folder", partial(show_folder, paths[0].parent, self._tell))]
        what = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
        self._notices.show_notice(EXPORTED_KEY, Notice(f"Saved {what}.", choices, passes_ms=NEWS_MS))

    def _tell(self, message: str) -> None:
        self._show_notice(Notice(message, problem=True))

    def _show_notice(self, notice: Notice) -> None:
        self._notices.show_notice(KEY, notice)

    def _show_folder_name(self) -> None:
        folder = self.folder.folder
        self.panel.show_folder(folder.name or str(folder), f"{folder}\nClick to show another folder's clips.")
