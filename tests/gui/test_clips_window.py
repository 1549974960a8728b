"""The clips in the window: panel, dialogs and players."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from clip_choices import changes_held, choose, choose_all, chosen_stems, open_player, rename, stems
from clip_samples import FRAMES, frame_number, write_clip
from gui_fakes import FakeFactory, FakeSource, FakeSources
from layouts import lie_apart
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QTextDocumentFragment
from PyQt6.QtWidgets import QInputDialog, QLabel, QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker, button, frames_recorded, press_answer

from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.preferences.store import clips_folder
from happysad_live.gui.session.session import State
from happysad_live.paths import recordings_dir
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import Clip, label_stretch, load_clip, rename_clip
from happysad_live.recording.recorder import ClipOutcome


def test_c_shows_and_hides_the_panel_and_full_screen_hides_it(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert not window.clips.panel.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.clips.panel.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: not window.clips.panel.isVisible(), timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(window.clips.panel.isVisible, timeout=LIMIT_MS)


def test_the_model_is_loaded_before_thumbnails_are_made(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory, clips_dir: Path
) -> None:
    write_clip(clips_dir, "clip")
    factory.gate.clear()
    window = make_window(source="demo")
    window.clips.open_folder(clips_dir)
    window.clips.show()
    qtbot.waitUntil(lambda: stems(window) == ["clip"], timeout=LIMIT_MS)
    assert not any(thread.name == "thumbnails" for thread in window.session.threads.alive())
    assert window.clips.model.next_without_thumbnail() is not None
    factory.gate.set()
    qtbot.waitUntil(lambda: window.clips.model.next_without_thumbnail() is None, timeout=LIMIT_MS)


def test_space_pauses_the_picture_while_the_list_has_the_focus(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Space)
    assert window.session.state is State.PAUSED
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.focusWidget() is window.view
    qtbot.keyClick(window.view, Qt.Key.Key_Space)
    assert window.session.state is State.PLAYING


def test_two_quick_keys_open_one_question(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    write_clip(clips_dir, "clip")
    choose(qtbot, window, "clip")
    by_text = {action.text(): action for action in window.clips.panel.list.actions()}
    for text in ("&Delete…", "&Delete…", "&Rename…"):
        by_text[text].trigger()
    assert len(window.findChildren(QMessageBox)) == 1 and window.findChild(QInputDialog) is None
    press_answer(window, "Keep")


def test_a_clip_is_renamed_and_stays_chosen(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    write_clip(clips_dir, "clip")
    write_clip(clips_dir, "other")
    choose(qtbot, window, "clip")
    window.clips.panel.rename_wanted.emit(*window.clips.panel.list.all_chosen())
    dialog = window.findChild(QInputDialog)
    assert dialog is not None and (dialog.textValue(), dialog.okButtonText()) == ("clip", "Rename")
    dialog.setTextValue("at the sea.MP4 ")
    dialog.accept()
    qtbot.waitUntil(lambda: stems(window) == ["at the sea", "other"], timeout=LIMIT_MS)
    assert chosen_stems(window) == ["at the sea"]
    assert window.stage.notices.texts() == []


def test_a_name_that_no_file_can_have_is_changed_aloud(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    window.clips.panel.rename_wanted.emit(clip)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("me: glad?.mp4")
    dialog.accept()
    told = "It is called “me glad”: not everything can be part of a file's name."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert (clips_dir / "me glad.mp4").exists()


def test_a_player_goes_on_where_it_was_when_its_clip_is_renamed(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    """And what was done in it can still be taken back."""
    clip = write_clip(clips_dir, "Grüße & so")
    players = window.clips.players
    player = open_player(qtbot, window, clip)
    player.toggle()
    player.mark(0.5, 1.0, 1)
    player.seek(0.75)
    player.resize(700, 650)
    with qtbot.waitSignal(players.relabelled, timeout=LIMIT_MS):
        player.give_label("sad")
    window.clips.panel.rename_wanted.emit(clip)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None and dialog.labelText() == "The new name for Grüße && so"
    dialog.setTextValue("later.mp4")
    dialog.accept()
    qtbot.waitUntil(lambda: (clips_dir / "later.mp4") in players.by_video, timeout=LIMIT_MS)
    assert players.by_video == {clips_dir / "later.mp4": player} and player.isVisible()
    assert player.windowTitle().startswith("later")
    qtbot.waitUntil(lambda: player.clip.stem == player.timeline.clip.stem == "later", timeout=LIMIT_MS)
    assert player.label_bar.track == 1
    assert (player.position_s, player.range_s, player.playing) == (0.75, (0.5, 1.0), False)
    assert (player.width(), player.height()) == (700, 650)
    with qtbot.waitSignal(players.relabelled, timeout=LIMIT_MS):
        player.undo()
    assert player.clip.as_now().info.own_labels == ()


@pytest.mark.parametrize(("name", "left"), [("taken", "clip"), ("free", "free")])
def test_a_clip_that_is_opened_while_its_rename_waits_has_one_player(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, name: str, left: str
) -> None:
    clip = write_clip(clips_dir, "clip")
    write_clip(clips_dir, "taken")
    players = window.clips.players
    players.open(clip)
    player = players.by_video[clip.video]
    with changes_held(qtbot, window):
        rename(window, clip, name)
        player.showMinimized()
        players.open(clip)
        assert not player.isMinimized()
    assert players.by_video == {clips_dir / f"{left}.mp4": player}


def test_the_video_is_closed_before_its_file_is_renamed(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows renames no file that is open."""
    clip = write_clip(clips_dir, "clip")
    window.clips.players.open(clip)
    player = window.clips.players.by_video[clip.video]
    reader, was_open = player.shown.playback, []

    def rename_watched(clip: Clip, name: str) -> Clip:
        was_open.append(reader.is_alive())
        return rename_clip(clip, name)

    monkeypatch.setattr("happysad_live.gui.clips.control.rename_clip", rename_watched)
    rename(window, clip, "later")
    qtbot.waitUntil(lambda: player.clip.stem == "later", timeout=LIMIT_MS)
    assert was_open == [False]
    qtbot.waitUntil(lambda: player.playing and player.position_s > 0, timeout=LIMIT_MS)


def test_what_is_wanted_while_a_rename_waits_is_done_afterwards(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    player = open_player(qtbot, window, clip)
    with changes_held(qtbot, window):
        rename(window, clip, "later")
        qtbot.keyClick(player, Qt.Key.Key_Space)
        qtbot.keyClick(player, Qt.Key.Key_End)
        qtbot.keyClick(player, Qt.Key.Key_2)
        qtbot.waitUntil(lambda: player.message.isVisible(), timeout=LIMIT_MS)
    sad = (OwnLabel(0.0, None, "sad"),)
    qtbot.waitUntil(lambda: player.clip.info.own_labels == sad, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: frame_number(player.view.result.frame.image) == FRAMES - 1, timeout=LIMIT_MS)
    assert load_clip(clips_dir, "later").info.own_labels == sad
    assert player.position_s == player.clip.info.length_s and not player.playing
    assert player.message.isHidden() and player.label_bar.undo.isEnabled()


def test_a_player_that_is_closed_while_its_clips_rename_waits_stays_closed(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    """And what was said in it meanwhile is stored under the new name."""
    clip = write_clip(clips_dir, "clip")
    players = window.clips.players
    player = open_player(qtbot, window, clip)
    with changes_held(qtbot, window):
        rename(window, clip, "later")
        qtbot.keyClick(player, Qt.Key.Key_2)
        with qtbot.waitSignal(player.destroyed, timeout=LIMIT_MS):
            player.close()
    assert players.by_video == {} and not clip.video.exists()
    assert load_clip(clips_dir, "later").info.own_labels == (OwnLabel(0.0, None, "sad"),)
    assert window.stage.notices.texts() == []


def test_a_player_whose_video_was_taken_away_before_the_rename_says_so(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    players = window.clips.players
    players.open(clip)
    player = players.by_video[clip.video]
    with changes_held(qtbot, window):
        rename(window, clip, "later")
        clip.video.unlink()
    assert players.by_video == {clip.video: player}
    qtbot.waitUntil(lambda: "clip.mp4 is no longer there" in player.message.text(), timeout=LIMIT_MS)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None and "no longer there" in dialog.labelText()
    dialog.reject()


def test_a_player_has_the_programs_keys_for_closing_and_quitting(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    for key, quits in ((Qt.Key.Key_W, False), (Qt.Key.Key_Q, True)):
        window.clips.players.open(clip)
        player = window.clips.players.by_video[clip.video]
        qtbot.waitUntil(player.isActiveWindow, timeout=LIMIT_MS)
        qtbot.keyClick(player, key, Qt.KeyboardModifier.ControlModifier)
        assert not window.clips.players.by_video and window.isVisible() is not quits


def test_a_long_name_does_not_widen_the_dialog_and_no_longer_one_can_be_typed(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    write_clip(clips_dir, "x" * 120)
    choose(qtbot, window, "x" * 120)
    window.clips.panel.rename_wanted.emit(*window.clips.panel.list.all_chosen())
    dialog = window.findChild(QInputDialog)
    assert dialog is not None and dialog.width() < 500
    line = dialog.findChild(QLineEdit)
    assert line is not None and line.text() == "x" * 120
    line.selectAll()
    qtbot.keyClicks(line, "y" * 130)
    dialog.accept()
    qtbot.waitUntil(lambda: stems(window) == ["y" * 120], timeout=LIMIT_MS)


@pytest.mark.parametrize(
    "name", ["A very long name of a party in 2026 (the second take)", "a <b>bold</b> name " * 3]
)
def test_the_question_about_a_clip_with_a_long_name_is_seen_whole(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Compared with the screen of the tests, boxes are as narrow as on a wide one, where Qt wraps nothing.
    monkeypatch.setattr("happysad_live.gui.widgets.dialogs.WIDTH_PX", 100)
    window.clips.dialogs.confirm_trash([replace(write_clip(clips_dir), stem=name)], lambda: None)
    question = window.findChild(QMessageBox)
    assert question is not None and "to the trash?" in question.text()
    label = question.findChild(QLabel, "qt_msgbox_label")
    assert label is not None
    qtbot.waitUntil(label.isVisible, timeout=LIMIT_MS)
    plain = QTextDocumentFragment.fromHtml(question.text()).toPlainText()
    assert label.wordWrap() or label.width() >= label.fontMetrics().horizontalAdvance(plain)
    assert label.height() >= label.heightForWidth(label.width())
    press_answer(window, "Keep")


def test_a_name_that_is_taken_is_refused_with_a_sentence_and_the_player_stays_open(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    write_clip(clips_dir, "other")
    window.clips.players.open(clip)
    window.clips.panel.rename_wanted.emit(clip)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("other")
    dialog.accept()
    refused = "There is already a clip named other: choose another name."

    def asked_again() -> QInputDialog | None:
        dialogs = window.findChildren(QInputDialog)
        return next((dialog for dialog in dialogs if refused in dialog.labelText()), None)

    def playing() -> list[str]:
        return [video.stem for video in window.clips.players.by_video]

    qtbot.waitUntil(lambda: asked_again() is not None, timeout=LIMIT_MS)
    assert playing() == ["clip"] and clip.video.is_file()
    assert asked_again().textValue() == "other"
    asked_again().setTextValue("another")
    asked_again().accept()
    qtbot.waitUntil(lambda: playing() == ["another"], timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: stems(window) == ["another", "other"], timeout=LIMIT_MS)


def test_a_note_that_cannot_be_stored_is_not_lost(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    clip = write_clip(clips_dir, "clip")
    description = clips_dir / "clip.json"
    kept = description.read_text()
    description.write_text(kept[:-20])
    window.clips.panel.note_wanted.emit(clip)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("a long thought")
    dialog.accept()

    def asked_again() -> QInputDialog | None:
        dialogs = window.findChildren(QInputDialog)
        return next((dialog for dialog in dialogs if "clip.json is damaged" in dialog.labelText()), None)

    qtbot.waitUntil(lambda: asked_again() is not None, timeout=LIMIT_MS)
    assert asked_again().textValue() == "a long thought"
    description.write_text(kept)
    asked_again().accept()
    qtbot.waitUntil(lambda: clip.as_now().info.note == "a long thought", timeout=LIMIT_MS)


def test_enter_in_the_search_is_not_the_windows(qtbot: QtBot, window: MainWindow) -> None:
    window.session.play("nowhere")
    page = window.stage.page
    qtbot.waitUntil(lambda: page.isVisible() and bool(page.buttons()), timeout=LIMIT_MS)
    pressed: list[bool] = []
    page.buttons()[0].clicked.connect(pressed.append)
    window.clips.panel.search.setFocus()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        qtbot.keyClick(window.clips.panel.search, key)
        window.clips.panel.search.setFocus()
    assert not pressed


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_among_the_clips_is_not_the_windows(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, key: Qt.Key
) -> None:
    for name in ("a", "b"):
        write_clip(clips_dir, name)
    window.session.play("nowhere")
    page, panel = window.stage.page, window.clips.panel
    qtbot.waitUntil(lambda: page.isVisible() and bool(page.buttons()), timeout=LIMIT_MS)
    pressed: list[bool] = []
    page.buttons()[0].clicked.connect(pressed.append)
    choose_all(qtbot, window, "a", "b")
    qtbot.keyClick(panel.list, key)  # which of them to play is not clear
    panel.search.setFocus()
    qtbot.keyClick(panel.search, key)
    assert window.focusWidget() is panel.list
    assert not pressed
    window.view.setFocus()
    qtbot.keyClick(window.view, key)
    assert len(pressed) == 1


@pytest.mark.parametrize("key", [Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown])
def test_a_key_that_goes_through_the_clips_does_not_go_through_the_video(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, sources: FakeSources, key: Qt.Key
) -> None:
    sources.add("video", FakeSource("video.mp4", "file", frames=60_000))
    window.session.play("video")
    qtbot.waitUntil(window.seek_bar.isVisible, timeout=LIMIT_MS)
    write_clip(clips_dir, "only one")
    choose(qtbot, window, "only one")
    for _ in range(2):  # at the latest at the second time there is nowhere to go
        qtbot.keyClick(window.clips.panel.list, key)
    assert window.session.frames.seek_serial == 0
    qtbot.keyClick(window.view, key)
    assert window.session.frames.seek_serial == 1


def test_a_label_from_the_panel_is_taken_back_in_the_open_player(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    other = write_clip(clips_dir, "other")
    window.clips.players.open(clip)
    (player,) = window.clips.players.by_video.values()
    qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
    player.mark(0.5, 1.0)
    player.give_label("sad")
    sad = OwnLabel(0.5, 1.0, "sad")
    qtbot.waitUntil(lambda: load_clip(clips_dir, "clip").info.own_labels == (sad,), timeout=LIMIT_MS)
    window.clips.panel.label_wanted.emit([clip, other], "happy")
    happy = (OwnLabel(0.0, None, "happy"),)
    qtbot.waitUntil(
        lambda: all(load_clip(clips_dir, stem).info.own_labels == happy for stem in ("clip", "other")),
        timeout=LIMIT_MS,
    )
    assert list(window.clips.players.by_video.values()) == [player]
    player.undo()
    qtbot.waitUntil(lambda: load_clip(clips_dir, "clip").info.own_labels == (sad,), timeout=LIMIT_MS)


def test_the_newest_clip_is_chosen_when_the_panel_opens_and_opening_it_plays(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    window.clips.show(False)
    for name in ("a", "b"):
        write_clip(clips_dir, name)
    window.clips.show()
    qtbot.waitUntil(lambda: len(chosen_stems(window)) == 1, timeout=LIMIT_MS)
    newest = window.clips.model.clips[0]
    assert window.clips.panel.list.all_chosen() == [newest]
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Return)
    player = window.clips.players.by_video[newest.video]
    qtbot.waitUntil(lambda: player.position_s > 0, timeout=LIMIT_MS)


def test_only_a_panel_that_has_just_come_selects_a_clip_by_itself(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clips = window.clips

    def list_again() -> None:
        with qtbot.waitSignal(clips.folder.listed, timeout=LIMIT_MS):
            clips.folder.refresh()

    list_again()  # it is empty
    first = write_clip(clips_dir, "a")
    qtbot.waitUntil(lambda: chosen_stems(window) == ["a"], timeout=LIMIT_MS)
    clips.panel.list.clearSelection()
    second = write_clip(clips_dir, "b")
    list_again()
    assert (stems(window), chosen_stems(window)) == (["a", "b"], [])
    for clip in (first, second):  # one of them is not the newest
        clips.panel.list.choose(clip.stem)
        clips.show(False)
        with qtbot.waitSignal(clips.folder.listed, timeout=LIMIT_MS):
            clips.show()
        assert clips.panel.list.all_chosen() == [clip]


def test_a_new_clip_is_selected_once(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    new = write_clip(clips_dir, "new")
    window.recording.clip_recording.saved.emit(ClipOutcome(new.video, new.info, None), None)
    qtbot.waitUntil(lambda: chosen_stems(window) == ["new"], timeout=LIMIT_MS)
    write_clip(clips_dir, "other")
    choose(qtbot, window, "other")
    with qtbot.waitSignal(window.clips.folder.listed, timeout=LIMIT_MS):
        window.clips.folder.refresh()
    assert chosen_stems(window) == ["other"]


def test_what_was_just_recorded_can_be_played_from_the_news(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, clips_dir: Path
) -> None:
    sources.add("0", FakeSource("Webcam"))
    window = make_window(source="0")
    window.recording.start(clips_dir)
    qtbot.waitUntil(lambda: frames_recorded(window) > 20, timeout=LIMIT_MS)
    window.recording.clip_recording.stop()
    told = window.stage.notices.texts
    qtbot.waitUntil(lambda: any(text.startswith("Saved as") for text in told()), timeout=LIMIT_MS)
    button(window.stage.notices, "Play it").click()
    (player,) = window.clips.players.by_video.values()
    qtbot.waitUntil(lambda: player.position_s > 0, timeout=LIMIT_MS)


def test_what_was_just_recorded_can_be_played_from_the_news_also_under_a_new_name(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    def record() -> None:
        window.recording.start(clips_dir / "take.mp4")
        qtbot.waitUntil(lambda: frames_recorded(window) > 2, timeout=LIMIT_MS)
        with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
            window.recording.clip_recording.stop()
        qtbot.waitUntil(lambda: "take" in stems(window), timeout=LIMIT_MS)

    def played_from_the_news() -> str:
        window.recording.play_wanted.emit(clips_dir / "take.mp4")  # as the news do, which pass some time
        (player,) = window.clips.players.by_video.values()
        return player.clip.stem

    qtbot.waitUntil(lambda: window.session.labelling.model is not None, timeout=LIMIT_MS)
    record()
    for name in ("party", "feast"):
        (clip,) = window.clips.model.clips
        rename(window, clip, name)
        qtbot.waitUntil(lambda name=name: stems(window) == [name], timeout=LIMIT_MS)
    assert played_from_the_news() == "feast"
    window.clips.players.close()
    record()  # another clip of the first one's name
    assert played_from_the_news() == "take"


def test_beside_the_clips_the_window_stays_on_the_screen_and_is_as_narrow_again_afterwards(
    window: MainWindow,
) -> None:
    window.clips.show(False)
    screen = window.screen().availableGeometry()
    window.resize(540, 400)
    window.move(screen.right() - 540, 0)
    window.clips.show()
    assert window.width() > 540
    assert window.frameGeometry().x() == screen.x()  # the offscreen screen is no wider than that
    window.clips.show(False)
    assert window.width() == 540


def test_in_full_screen_the_key_of_the_clips_leaves_the_window_as_it_is(
    qtbot: QtBot, window: MainWindow
) -> None:
    """On a screen no wider than the window beside the clips."""
    window.clips.show(False)
    window.resize(540, 400)
    window.clips.show()
    beside_the_clips_px = window.width()
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: window.width() == beside_the_clips_px, timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.isFullScreen() and window.actions_.full_screen.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert not window.isFullScreen() and window.header.isVisible()


def test_a_maximized_window_stays_so_without_the_clips(qtbot: QtBot, window: MainWindow) -> None:
    """On a screen no wider than the window beside the clips."""
    window.clips.show(False)
    window.resize(540, 400)
    window.clips.show()
    window.showMaximized()
    window.clips.show(False)
    assert window.isMaximized()


def test_beside_the_clips_the_window_keeps_room_for_its_buttons(window: MainWindow) -> None:
    narrow = window.minimumWidth()
    window.clips.show(False)
    assert narrow - window.minimumWidth() >= 250


def test_beside_the_clips_on_a_small_screen_no_button_covers_another(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.setMinimumSize(1, 1)
    window.resize(640, 400)
    qtbot.waitUntil(lambda: window.footer.width() < 400, timeout=LIMIT_MS)
    for bar in (window.header, window.footer):
        assert lie_apart(
            [child for child in bar.children() if isinstance(child, QWidget) and child.isVisible()], bar
        )


def test_a_damaged_description_does_no_harm(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    clip = write_clip(clips_dir, "clip")
    clip.path(".json").write_text(json.dumps({"schema": "something else"}))
    choose(qtbot, window, "clip")
    window.clips.players.open(window.clips.model.clips[0])
    (player,) = window.clips.players.by_video.values()
    qtbot.waitUntil(lambda: player.timeline is not None and player.view.result is not None, timeout=LIMIT_MS)
    assert player.timeline is not None and player.timeline.length_s == pytest.approx(2.0, abs=0.01)


def test_clips_of_a_named_folder_are_listed_from_there(tmp_path: Path) -> None:
    assert clips_folder(tmp_path, "/elsewhere") == tmp_path
    assert clips_folder(tmp_path / "party.mp4", "") == tmp_path
    assert clips_folder(True, "") == clips_folder(None, "") == recordings_dir()
    assert clips_folder(True, str(tmp_path)) == clips_folder(None, str(tmp_path)) == tmp_path


def own_labels(folder: Path, stem: str) -> list[tuple[str, float, float | None]]:
    return [(own.label, own.start_s, own.end_s) for own in load_clip(folder, stem).info.own_labels]


def test_undo_is_not_offered_any_more_once_a_clip_may_have_another_ones_name(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for stem in ("a", "c"):
        write_clip(clips_dir, stem)
    clips = choose_all(qtbot, window, "a", "c")
    with changes_held(qtbot, window):
        window.clips.panel.label_wanted.emit(clips, "sad")
    assert any("2 clips are labelled sad" in text for text in window.stage.notices.texts())
    rename(window, load_clip(clips_dir, "a"), "b")
    assert not any("labelled sad" in text for text in window.stage.notices.texts())


def test_what_could_be_undone_in_a_deleted_clip_is_not_undone_in_another_of_its_name(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.gui.clips.control.move_to_trash", lambda path: path.unlink())
    first, other = write_clip(clips_dir, "a"), write_clip(clips_dir, "c")
    choose_all(qtbot, window, "a", "c")
    player = open_player(qtbot, window, first)
    for start_s, end_s, label in ((0.0, 1.0, "happy"), (0.0, 2.0, "sad")):
        player.mark(start_s, end_s)
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            player.give_label(label)
    assert player.label_bar.undo.isEnabled()
    player.neighbour_wanted.emit(window.clips.model.neighbour(player.clip, after=True) is not None)
    assert player.clip.video == other.video
    with changes_held(qtbot, window):
        window.clips.panel.delete_wanted.emit([load_clip(clips_dir, "a")])
        press_answer(window, "Move to the trash")
    label_stretch(write_clip(clips_dir, "a"), OwnLabel(0.0, 2.0, "sad"))
    before = own_labels(clips_dir, "a")
    player.go_to(load_clip(clips_dir, "a"))
    qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
    assert not player.label_bar.undo.isEnabled()
    with changes_held(qtbot, window):
        player.undo()
    assert own_labels(clips_dir, "a") == before
