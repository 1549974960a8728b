"""The clips in the window: panel, dialogs, players, own labels while recording, what a crash left."""

from __future__ import annotations

import csv
import json
import threading
from pathlib import Path

import pytest
from clip_samples import FRAMES, leave_unfinished, write_clip
from conftest import WindowMaker, press_answer
from gui_fakes import FakeSource, FakeSources
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from happysad_live.gui.clips.label_bar import ClipLabelBar
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.own_label import OwnLabelPicker
from happysad_live.gui.recording_control import clips_folder
from happysad_live.gui.session import State
from happysad_live.paths import recordings_dir
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import Clip, label_stretch, list_clips, load_clip

LIMIT_MS = 10_000


@pytest.fixture
def clips_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder


@pytest.fixture
def window(qtbot: QtBot, make_window: WindowMaker, clips_dir: Path) -> MainWindow:
    window = make_window(source="demo")
    window.clips.open_folder(clips_dir)
    window.clips.show()
    qtbot.waitUntil(window.clips.panel.isVisible, timeout=LIMIT_MS)
    return window


def choose(qtbot: QtBot, window: MainWindow, stem: str) -> None:
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: window.clips.model.row_of(stem) is not None, timeout=LIMIT_MS)
    window.clips.panel.list.choose(stem)


def stems(window: MainWindow) -> list[str]:
    return sorted(clip.stem for clip in window.clips.model.clips)


def test_c_shows_and_hides_the_panel_and_full_screen_hides_it(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert not window.clips.panel.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.clips.panel.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: not window.clips.panel.isVisible(), timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_F)
    qtbot.waitUntil(window.clips.panel.isVisible, timeout=LIMIT_MS)


def test_space_pauses_the_picture_while_the_list_has_the_focus(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Space)
    assert window.session.state is State.PAUSED
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.focusWidget() is window.view
    qtbot.keyClick(window.view, Qt.Key.Key_Space)
    assert window.session.state is State.PLAYING


def test_a_clip_goes_to_the_trash_only_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    write_clip(clips_dir, "clip")
    choose(qtbot, window, "clip")
    clip = window.clips.panel.list.chosen()
    window.clips.panel.delete_wanted.emit([clip])
    press_answer(window, "Keep")
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    assert len(list(clips_dir.iterdir())) == 3

    window.clips.players.open(clip)  # also while it is being played
    window.clips.panel.delete_wanted.emit([clip])
    press_answer(window, "Move to the trash")
    qtbot.waitUntil(lambda: not list(clips_dir.iterdir()), timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: window.clips.panel.is_empty, timeout=LIMIT_MS)
    assert window.clips.players.by_video == {}


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
    window.clips.panel.rename_wanted.emit(window.clips.panel.list.chosen())
    dialog = window.findChild(QInputDialog)
    assert dialog is not None and dialog.textValue() == "clip"
    dialog.setTextValue("at the sea")
    dialog.accept()
    qtbot.waitUntil(lambda: stems(window) == ["at the sea", "other"], timeout=LIMIT_MS)
    chosen = window.clips.panel.list.chosen()
    assert chosen is not None and chosen.stem == "at the sea"


def test_a_long_name_does_not_widen_the_dialog_and_no_longer_one_can_be_typed(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    write_clip(clips_dir, "x" * 120)
    choose(qtbot, window, "x" * 120)
    window.clips.panel.rename_wanted.emit(window.clips.panel.list.chosen())
    dialog = window.findChild(QInputDialog)
    assert dialog is not None and dialog.width() < 500
    line = dialog.findChild(QLineEdit)
    assert line is not None and line.text() == "x" * 120
    line.selectAll()
    qtbot.keyClicks(line, "y" * 130)
    dialog.accept()
    qtbot.waitUntil(lambda: stems(window) == ["y" * 120], timeout=LIMIT_MS)


def test_a_name_that_is_taken_is_refused_with_a_sentence(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    write_clip(clips_dir, "clip")
    write_clip(clips_dir, "other")
    choose(qtbot, window, "clip")
    window.clips.panel.rename_wanted.emit(window.clips.panel.list.chosen())
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("other")
    dialog.accept()
    refused = "There is already a clip named other: choose another name."

    def asked_again() -> QInputDialog | None:
        dialogs = window.findChildren(QInputDialog)
        return next((dialog for dialog in dialogs if refused in dialog.labelText()), None)

    qtbot.waitUntil(lambda: asked_again() is not None, timeout=LIMIT_MS)
    assert stems(window) == ["clip", "other"]
    assert asked_again().textValue() == "other"
    asked_again().setTextValue("another")
    asked_again().accept()
    qtbot.waitUntil(lambda: stems(window) == ["another", "other"], timeout=LIMIT_MS)


def test_a_clip_that_is_being_played_is_renamed_and_played_again(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    window.clips.players.open(clip)
    window.clips.panel.rename_wanted.emit(clip)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue("at the sea")
    dialog.accept()
    qtbot.waitUntil(
        lambda: [video.name for video in window.clips.players.by_video] == ["at the sea.mp4"],
        timeout=LIMIT_MS,
    )


def test_a_name_that_is_taken_leaves_the_player_open(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    clip = write_clip(clips_dir, "clip")
    write_clip(clips_dir, "other")
    window.clips.players.open(clip)
    for name, playing in (("other", "clip.mp4"), ("at the sea", "at the sea.mp4")):
        dialog = next((one for one in window.findChildren(QInputDialog) if one.isVisible()), None)
        if dialog is None:
            window.clips.panel.rename_wanted.emit(clip)
            (dialog,) = window.findChildren(QInputDialog)
        dialog.setTextValue(name)
        dialog.accept()
        qtbot.waitUntil(
            lambda playing=playing: [video.name for video in window.clips.players.by_video] == [playing],
            timeout=LIMIT_MS,
        )


def test_enter_in_the_search_is_not_the_windows(qtbot: QtBot, window: MainWindow) -> None:
    window.play("nowhere")
    page = window.stage.page
    qtbot.waitUntil(lambda: page.isVisible() and bool(page.buttons()), timeout=LIMIT_MS)
    pressed: list[bool] = []
    page.buttons()[0].clicked.connect(pressed.append)
    window.clips.panel.search.setFocus()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        qtbot.keyClick(window.clips.panel.search, key)
        window.clips.panel.search.setFocus()
    assert not pressed


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


def test_the_whole_clip_gets_a_label_from_the_panel(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    write_clip(clips_dir, "clip")
    choose(qtbot, window, "clip")
    window.clips.panel.label_wanted.emit(window.clips.panel.list.all_chosen(), "sad")
    qtbot.waitUntil(
        lambda: load_clip(clips_dir, "clip").info.own_labels == (OwnLabel(0.0, None, "sad"),),
        timeout=LIMIT_MS,
    )
    window.clips.panel.label_wanted.emit(window.clips.panel.list.all_chosen(), None)
    qtbot.waitUntil(lambda: load_clip(clips_dir, "clip").info.own_labels == (), timeout=LIMIT_MS)


def choose_all(qtbot: QtBot, window: MainWindow, *names: str) -> list[Clip]:
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: stems(window) == sorted(names), timeout=LIMIT_MS)
    window.clips.panel.list.setFocus()
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    return window.clips.panel.list.all_chosen()


def chosen_stems(window: MainWindow) -> list[str]:
    return sorted(clip.stem for clip in window.clips.panel.list.all_chosen())


def test_several_clips_go_to_the_trash_after_one_question(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    clips = choose_all(qtbot, window, "a", "b", "c")
    window.clips.players.open(clips[1])  # also while one is being played
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Delete)
    (question,) = window.findChildren(QMessageBox)
    assert question.text() == "Move 3 clips to the trash?"
    assert all(f"“{name}”" in question.informativeText() for name in ("a", "b", "c"))
    press_answer(window, "Move to the trash")
    qtbot.waitUntil(lambda: not list(clips_dir.iterdir()), timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: window.clips.panel.is_empty, timeout=LIMIT_MS)
    assert window.clips.players.by_video == {}


def test_after_a_clip_is_deleted_the_one_in_its_place_is_chosen(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    choose_all(qtbot, window, "a", "b", "c")
    first, second, third = (clip.stem for clip in window.clips.model.clips)
    for stem, expected in ((second, third), (third, first)):  # the next one; after the last the one before it
        window.clips.panel.list.choose(stem)
        window.clips.panel.delete_wanted.emit(window.clips.panel.list.all_chosen())
        press_answer(window, "Move to the trash")
        qtbot.waitUntil(lambda stem=stem: stem not in stems(window), timeout=LIMIT_MS)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
        assert chosen_stems(window) == [expected]


def test_keeping_several_clips_deletes_none(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    write_clip(clips_dir, "a")
    write_clip(clips_dir, "b")
    choose_all(qtbot, window, "a", "b")
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Delete)
    press_answer(window, "Keep")
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.clips.folder.listed, timeout=LIMIT_MS):  # after whatever had been begun
        window.clips.folder.refresh()
    assert len(list(clips_dir.iterdir())) == 6
    assert chosen_stems(window) == ["a", "b"]


def test_clips_that_cannot_go_to_the_trash_do_not_keep_the_others(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trash(path: Path) -> None:
        if path.stem == "b":
            raise OSError("refused")
        if path.stem == "c":
            raise ZeroDivisionError  # an error of this program
        path.unlink()

    monkeypatch.setattr("send2trash.send2trash", trash)
    for name in ("a", "b", "c", "d"):
        write_clip(clips_dir, name)
    choose_all(qtbot, window, "a", "b", "c", "d")
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Delete)
    press_answer(window, "Move to the trash")
    qtbot.waitUntil(lambda: stems(window) == ["b", "c"], timeout=LIMIT_MS)
    (told,) = window.stage.notices.texts()
    assert told.startswith("This did not work for 2 of 4 clips (") and "“b”" in told and "“c”" in told


def test_several_clips_get_a_label_and_stay_selected(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    clips = choose_all(qtbot, window, "a", "b", "c")
    (clips_dir / "b.json").write_text("{}")  # another program's, which stays as it is

    def labels() -> list[tuple[OwnLabel, ...]]:
        return [clip.info.own_labels for clip in sorted(window.clips.model.clips, key=lambda clip: clip.stem)]

    window.clips.panel.label_wanted.emit(clips, "sad")
    sad = (OwnLabel(0.0, None, "sad"),)
    qtbot.waitUntil(lambda: labels() == [sad, (), sad], timeout=LIMIT_MS)
    (told,) = window.stage.notices.texts()
    assert told.startswith("This did not work for 1 of 3 clips (“b”): b.json is another program's file")
    assert chosen_stems(window) == ["a", "b", "c"]  # although b, without its date, now stands elsewhere
    assert (clips_dir / "b.json").read_text() == "{}"
    window.clips.panel.label_wanted.emit([clip for clip in clips if clip.stem != "b"], None)
    qtbot.waitUntil(lambda: labels() == [(), (), ()], timeout=LIMIT_MS)


def test_a_clip_that_comes_leaves_the_selection_as_it_is(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "c"):
        write_clip(clips_dir, name)
    choose_all(qtbot, window, "a", "c")
    write_clip(clips_dir, "b")
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: window.clips.model.row_of("b") is not None, timeout=LIMIT_MS)
    assert chosen_stems(window) == ["a", "c"]


def export_into(window: MainWindow, clips: list[Clip], folder: Path) -> None:
    window.clips.panel.export_wanted.emit(clips, "csv")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.setDirectory(str(folder))
    dialog.selectFile(str(folder))
    dialog.accept()


def test_several_clips_are_exported_into_one_folder(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_clip(clips_dir, "a")
    write_clip(clips_dir, "b")
    export_into(window, choose_all(qtbot, window, "a", "b"), out)
    qtbot.waitUntil(lambda: "Saved 2 files." in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert sorted(path.name for path in out.iterdir()) == ["a.labels.csv", "b.labels.csv"]


def test_the_window_asks_before_it_gives_an_export_up_and_tells_of_it_without_the_panel(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow_export(_clip: Clip, _form: str, path: Path, **_: object) -> None:
        assert go_on.wait(LIMIT_MS / 1000)
        path.write_text("whole")

    monkeypatch.setattr("happysad_live.gui.clips.exports.export_clip", slow_export)
    window.clips.show(False)
    window.clips.exports.export(write_clip(clips_dir, "a"), "csv", tmp_path / "a.csv")
    assert "Writing a.csv… 0 %" in window.stage.notices.texts()
    window.close()
    assert window.isVisible()
    press_answer(window, "Wait for it")
    go_on.set()
    qtbot.waitUntil(lambda: "Saved a.csv." in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert not any(text.startswith("Writing") for text in window.stage.notices.texts())
    window.close()
    assert not window.isVisible()


def test_an_export_is_given_up_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    window.clips.exports.export(write_clip(clips_dir, "a"), "video", tmp_path / "a.mp4")
    window.close()
    press_answer(window, "Quit")
    assert not window.isVisible()


def test_ctrl_c_does_not_wait_for_an_answer(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    window.clips.exports.export(write_clip(clips_dir, "a"), "video", tmp_path / "a.mp4")
    window.leave()  # what a signal does
    assert not window.isVisible()
    assert window.findChild(QMessageBox) is None


def test_an_export_has_the_label_that_was_given_after_it_was_asked_for(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    asked_for = write_clip(clips_dir, "a")
    label_stretch(asked_for, OwnLabel(0.0, None, "sad"))
    window.clips.exports.export(asked_for, "csv", tmp_path / "a.csv")
    qtbot.waitUntil(lambda: "Saved a.csv." in window.stage.notices.texts(), timeout=LIMIT_MS)
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert {row["own_label"] for row in rows} == {"sad"}


@pytest.mark.parametrize(("answer", "stays"), [("Keep", True), ("Replace", False)])
def test_an_export_of_several_replaces_files_only_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, answer: str, stays: bool
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.labels.csv").write_text("mine")
    write_clip(clips_dir, "a")
    write_clip(clips_dir, "b")
    export_into(window, choose_all(qtbot, window, "a", "b"), out)
    begun: list[str] = []
    window.clips.exports.progressed.connect(lambda name, _: begun.append(name))
    press_answer(window, answer)
    assert bool(begun) is not stays
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    if stays:
        assert [path.read_text() for path in out.iterdir()] == ["mine"]
    else:
        qtbot.waitUntil(lambda: "Saved 2 files." in window.stage.notices.texts(), timeout=LIMIT_MS)
        assert (out / "a.labels.csv").read_text() != "mine"


def test_a_clip_has_one_player(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    clip = write_clip(clips_dir, "clip")
    window.clips.players.open(clip)
    (player,) = window.clips.players.by_video.values()
    window.clips.players.open(clip)
    assert list(window.clips.players.by_video.values()) == [player]
    qtbot.waitUntil(lambda: player.view.result is not None, timeout=LIMIT_MS)
    player.close()
    assert window.clips.players.by_video == {}


def test_the_newest_clip_is_chosen_when_the_panel_opens_and_opening_it_plays(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    window.clips.show(False)
    for name in ("a", "b"):
        write_clip(clips_dir, name)
    window.clips.show()
    qtbot.waitUntil(lambda: window.clips.panel.list.chosen() is not None, timeout=LIMIT_MS)
    newest = window.clips.model.clips[0]
    assert window.clips.panel.list.chosen() == newest
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Return)
    player = window.clips.players.by_video[newest.video]
    qtbot.waitUntil(lambda: player.position_s > 0, timeout=LIMIT_MS)


def test_what_was_just_recorded_can_be_played_from_the_news(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, clips_dir: Path
) -> None:
    sources.add("0", FakeSource("Webcam"))
    window = make_window(source="0")
    window.recording.start(clips_dir)
    qtbot.waitUntil(
        lambda: (status := window.recording.recorder.status()) is not None and status.length_s > 0.2,
        timeout=LIMIT_MS,
    )
    window.recording.recorder.stop()

    def play() -> QPushButton | None:
        buttons = window.stage.notices.findChildren(QPushButton)
        return next((button for button in buttons if button.text() == "Play it"), None)

    qtbot.waitUntil(lambda: play() is not None, timeout=LIMIT_MS)
    play().click()
    (player,) = window.clips.players.by_video.values()
    qtbot.waitUntil(lambda: player.position_s > 0, timeout=LIMIT_MS)


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
        parts = [child for child in bar.children() if isinstance(child, QWidget) and child.isVisible()]
        for part in parts:
            assert bar.rect().contains(part.geometry())
            assert not any(
                part.geometry().intersects(other.geometry()) for other in parts if other is not part
            )


def test_a_recording_with_an_own_label_is_clean_and_appears(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, clips_dir: Path
) -> None:
    sources.add("0", FakeSource("Webcam"))
    window = make_window(source="0")
    picker = window.clips.own_label
    assert not picker.isEnabled()  # which classes there are is not known before the model is ready
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    window.clips.show()
    picker.choose("sad")
    window.recording.start(clips_dir)
    qtbot.waitUntil(
        lambda: (status := window.recording.recorder.status()) and status.frames > 5, timeout=LIMIT_MS
    )
    picker.choose("happy")
    before = window.recording.recorder.status()
    assert before is not None
    qtbot.waitUntil(
        lambda: (status := window.recording.recorder.status()) and status.frames > before.frames + 5,
        timeout=LIMIT_MS,
    )
    window.recording.recorder.stop()
    qtbot.waitUntil(lambda: len(window.clips.model.clips) == 1, timeout=LIMIT_MS)

    (clip,) = list_clips(clips_dir)
    assert clip.info.clean
    first, second = clip.info.own_labels
    assert (first.label, second.label) == ("sad", "happy")
    assert first.start_s == 0.0 and first.end_s == second.start_s and second.end_s is None
    chosen = window.clips.panel.list.chosen()
    assert chosen is not None and chosen.stem == clip.stem


def test_an_own_label_that_the_next_model_does_not_know_is_given_up(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(window.clips.own_label.isEnabled, timeout=LIMIT_MS)
    picker = window.clips.own_label
    picker.choose("sad")
    picker.offer(("happy", "sad", "surprise"))
    assert picker.label == "sad"
    with qtbot.waitSignal(picker.changed):
        picker.offer(("bored", "excited"))
    assert picker.label is None


def leftover_buttons(window: MainWindow) -> dict[str, QPushButton]:
    return {
        button.text(): button
        for button in window.stage.notices.findChildren(QPushButton)
        if not button.isHidden()
    }


def offer_leftover(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> dict[str, QPushButton]:
    leave_unfinished(clips_dir, "cut off")
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)
    assert any("The recording cut off was cut off" in text for text in window.stage.notices.texts())
    return leftover_buttons(window)


def test_long_labels_are_shortened_on_their_buttons_and_told_in_full(qtbot: QtBot) -> None:
    long = [40 * letter for letter in "WXY"]
    picker, bar = OwnLabelPicker(), ClipLabelBar()
    for widget in (picker, bar):
        qtbot.addWidget(widget)
    picker.offer(long)
    picker.choose(long[0])
    bar.show_labels(long, 0.0)
    assert picker.minimumSizeHint().width() < 220 and long[0] in picker.toolTip()
    assert bar.minimumSizeHint().width() < 860
    tips = [button.toolTip() for button in bar.findChildren(QPushButton)]
    assert all(any(label in tip for tip in tips) for label in long)


def test_what_a_crash_left_is_recovered(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    offer_leftover(qtbot, window, clips_dir)["Recover"].click()
    qtbot.waitUntil(lambda: stems(window) == ["cut off"], timeout=LIMIT_MS)
    info = load_clip(clips_dir, "cut off").info
    # All but the last quarter of a second.
    assert FRAMES - 6 <= info.frames <= FRAMES
    assert any(text.startswith("cut off is back") for text in window.stage.notices.texts())


def test_what_a_crash_left_in_another_folder_is_offered_when_that_is_shown(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    leave_unfinished(tmp_path / "other", "elsewhere")
    window.clips.open_folder(tmp_path / "other")
    qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Recover"].click()
    qtbot.waitUntil(lambda: stems(window) == ["elsewhere"], timeout=LIMIT_MS)


def test_what_a_crash_left_can_stay_or_go(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    offer_leftover(qtbot, window, clips_dir)["Later"].click()
    # The parts alone: a lock beside them comes and goes whenever somebody looks.
    left = sorted(clips_dir.glob("*.part"))
    assert left
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Discard…" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Discard…"].click()
    press_answer(window, "Keep")
    assert sorted(clips_dir.glob("*.part")) == left
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Discard…" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Discard…"].click()
    press_answer(window, "Throw away")
    qtbot.waitUntil(lambda: not list(clips_dir.iterdir()), timeout=LIMIT_MS)


def test_a_damaged_description_does_no_harm(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    clip = write_clip(clips_dir, "clip")
    clip.path(".json").write_text(json.dumps({"schema": "something else"}))
    choose(qtbot, window, "clip")
    window.clips.players.open(window.clips.model.clips[0])
    (player,) = window.clips.players.by_video.values()
    qtbot.waitUntil(lambda: player.timeline is not None and player.view.result is not None, timeout=LIMIT_MS)
    assert player.timeline is not None and player.timeline.length_s == pytest.approx(2.0, abs=0.01)


def test_closing_the_window_closes_the_players(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    clip = write_clip(clips_dir, "clip")
    window.clips.players.open(clip)
    (player,) = window.clips.players.by_video.values()
    window.close()
    assert not player.reader.is_alive()


def test_clips_of_a_named_folder_are_listed_from_there(tmp_path: Path) -> None:
    assert clips_folder(tmp_path, "/elsewhere") == tmp_path
    assert clips_folder(tmp_path / "party.mp4", "") == tmp_path
    assert clips_folder(True, "") == clips_folder(None, "") == recordings_dir()
    assert clips_folder(True, str(tmp_path)) == clips_folder(None, str(tmp_path)) == tmp_path
