"""Going from clip to clip in one player, in the order of the list."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from clip_choices import changes_held, choose, chosen_stems, open_player, rename, stems
from clip_samples import write_clip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, press_answer

from happysad_live.gui.clips.player import ClipPlayer
from happysad_live.gui.main_window import MainWindow
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import load_clip

BEFORE, AFTER = Qt.Key.Key_PageUp, Qt.Key.Key_PageDown


@pytest.fixture
def names(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> list[str]:
    """Three clips as they stand in the list; the first is chosen."""
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: len(stems(window)) == 3, timeout=LIMIT_MS)
    names = [clip.stem for clip in window.clips.model.clips]
    choose(qtbot, window, names[0])
    return names


def open_clip(qtbot: QtBot, window: MainWindow, name: str) -> ClipPlayer:
    clip = next(clip for clip in window.clips.model.clips if clip.stem == name)
    player = open_player(qtbot, window, clip)
    qtbot.waitUntil(player.isActiveWindow, timeout=LIMIT_MS)
    return player


def press(qtbot: QtBot, player: ClipPlayer, key: Qt.Key) -> None:
    qtbot.keyClick(player, key, Qt.KeyboardModifier.ControlModifier)


def take_keys(qtbot: QtBot, player: ClipPlayer) -> None:
    """After a dialog of the main window, which gives them back to that one."""
    player.activateWindow()
    qtbot.waitUntil(player.isActiveWindow, timeout=LIMIT_MS)


def playing(window: MainWindow) -> list[str]:
    return [video.stem for video in window.clips.players.by_video]


def test_a_player_goes_through_the_list_without_moving(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    player = open_clip(qtbot, window, names[0])
    player.resize(700, 650)
    player.move(30, 20)
    place = player.geometry()
    for key, name in ((AFTER, names[1]), (AFTER, names[2]), (BEFORE, names[1])):
        player.mark(0.5, 1.0, 2)
        press(qtbot, player, key)
        assert playing(window) == chosen_stems(window) == [name]
        assert (player.clip.stem, player.range_s, player.label_bar.track) == (name, None, None)
        assert player.windowTitle() == f"{name} — HappySad Live" and player.geometry() == place
        qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
        qtbot.waitUntil(lambda: player.playing and player.position_s > 0, timeout=LIMIT_MS)
    player.close()
    assert playing(window) == []


def test_a_label_can_be_taken_back_in_a_clip_that_could_not_be_deleted(
    qtbot: QtBot, window: MainWindow, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though another one, deleted together with it, is gone."""

    def trash(path: Path) -> None:
        if path.name.startswith(names[0]):
            raise OSError("the disk of the trash is full")
        path.unlink()

    monkeypatch.setattr("happysad_live.gui.clips.control.move_to_trash", trash)
    player = open_clip(qtbot, window, names[0])
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(player, Qt.Key.Key_1)
    press(qtbot, player, AFTER)
    kept, _, gone = window.clips.model.clips
    window.clips.panel.delete_wanted.emit([kept, gone])
    press_answer(window, "Move to the trash")
    qtbot.waitUntil(lambda: gone.stem not in stems(window), timeout=LIMIT_MS)
    take_keys(qtbot, player)
    press(qtbot, player, BEFORE)
    qtbot.waitUntil(lambda: player.timeline is not None and player.clip.stem == names[0], timeout=LIMIT_MS)
    assert player.label_bar.undo.isEnabled()


def test_at_the_end_of_the_list_it_says_so(qtbot: QtBot, window: MainWindow, names: list[str]) -> None:
    player = open_clip(qtbot, window, names[0])
    for which, there in (("before", False), ("after", True), ("after", True), ("after", False)):
        (button,) = (
            button
            for button in player.findChildren(QToolButton)
            if button.toolTip().startswith(f"The clip {which}")
        )
        button.click()
        assert player.message.isVisible() != there
    assert player.message.text() == "There is no clip after this one in the list."
    assert playing(window) == [names[2]]


def test_what_is_labelled_right_before_is_stored_and_can_be_taken_back_later(
    qtbot: QtBot, window: MainWindow, names: list[str], clips_dir: Path
) -> None:
    player = open_clip(qtbot, window, names[0])
    qtbot.keyClick(player, Qt.Key.Key_2)
    press(qtbot, player, AFTER)

    def labels() -> list[tuple[OwnLabel, ...]]:
        return [load_clip(clips_dir, name).info.own_labels for name in names]

    sad = (OwnLabel(0.0, None, "sad"),)
    qtbot.waitUntil(lambda: labels() == [sad, (), ()], timeout=LIMIT_MS)
    player.undo()  # nothing was done in this one
    press(qtbot, player, BEFORE)
    qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
    assert player.label_bar.undo.isEnabled() and labels()[0] == sad
    player.undo()
    qtbot.waitUntil(lambda: labels() == [(), (), ()], timeout=LIMIT_MS)


@pytest.mark.parametrize("renamed", [0, 1])
def test_after_a_rename_what_was_done_in_the_other_clips_can_still_be_taken_back(
    qtbot: QtBot, window: MainWindow, names: list[str], clips_dir: Path, renamed: int
) -> None:
    """Also in the renamed one, where that is no longer played."""
    player = open_clip(qtbot, window, names[0])
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label("sad")
    press(qtbot, player, AFTER)
    rename(window, load_clip(clips_dir, names[renamed]), f"{names[renamed]}2")
    names[renamed] += "2"
    qtbot.waitUntil(lambda: stems(window) == sorted(names), timeout=LIMIT_MS)
    assert playing(window) == [names[1]]
    take_keys(qtbot, player)
    press(qtbot, player, BEFORE)
    assert playing(window) == [names[0]]
    qtbot.waitUntil(player.label_bar.undo.isEnabled, timeout=LIMIT_MS)
    player.undo()
    qtbot.waitUntil(lambda: load_clip(clips_dir, names[0]).info.own_labels == (), timeout=LIMIT_MS)


def test_a_player_that_goes_on_while_its_clips_rename_waits_stays_with_the_other_clip(
    qtbot: QtBot, window: MainWindow, names: list[str], clips_dir: Path
) -> None:
    player = open_clip(qtbot, window, names[0])
    with changes_held(qtbot, window):
        rename(window, player.clip, f"{names[0]}2")
        take_keys(qtbot, player)
        press(qtbot, player, AFTER)
        qtbot.waitUntil(lambda: player.playing and player.position_s > 0, timeout=LIMIT_MS)
    assert (clips_dir / f"{names[0]}2.mp4").exists()
    assert playing(window) == [names[1]] == [player.clip.stem]
    assert player.position_s > 0 and player.windowTitle().startswith(names[1])


def test_from_a_clip_that_its_label_has_hidden_it_goes_to_the_one_after_it(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    window.clips.panel.search.setText("my:none")
    player = open_clip(qtbot, window, names[0])
    for left in (names[1:], names[2:]):
        qtbot.keyClick(player, Qt.Key.Key_1)
        qtbot.waitUntil(lambda left=left: stems(window) == sorted(left), timeout=LIMIT_MS)
        press(qtbot, player, AFTER)
        assert playing(window) == [left[0]]
    press(qtbot, player, BEFORE)
    assert playing(window) == [names[2]]  # those before it are hidden


def test_a_clip_that_has_a_player_already_comes_to_the_front(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    second = open_clip(qtbot, window, names[1])
    first = open_clip(qtbot, window, names[0])
    press(qtbot, first, AFTER)
    qtbot.waitUntil(second.isActiveWindow, timeout=LIMIT_MS)
    assert sorted(playing(window)) == sorted(names[:2])
    assert [first.clip.stem, second.clip.stem] == names[:2]


def test_the_end_of_the_clip_before_is_not_taken_for_that_of_this_one(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    player = open_clip(qtbot, window, names[0])
    player.seek(1.95)
    told_by_s = time.perf_counter() + 0.3
    while time.perf_counter() < told_by_s:  # the window is busy, and has not yet heard of the end
        pass
    press(qtbot, player, AFTER)
    qtbot.waitUntil(lambda: player.position_s > 0, timeout=LIMIT_MS)
    assert player.playing and player.position_s < 1.9


def test_after_a_clip_that_cannot_be_played_the_next_one_is(
    qtbot: QtBot, window: MainWindow, names: list[str], clips_dir: Path
) -> None:
    (clips_dir / f"{names[0]}.mp4").write_bytes(b"no video at all")
    player = open_clip(qtbot, window, names[0])
    qtbot.waitUntil(lambda: not player.play_button.isEnabled(), timeout=LIMIT_MS)
    press(qtbot, player, AFTER)
    assert player.play_button.isEnabled() and player.message.isHidden()
    qtbot.waitUntil(lambda: player.playing and player.position_s > 0, timeout=LIMIT_MS)


def test_space_plays_the_next_clip_whatever_had_the_keyboard(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    """A button that is switched off with the new clip must not pass the keyboard on to a label."""
    player = open_clip(qtbot, window, names[0])
    player.mark(0.5, 1.0, None)
    player.label_bar.whole.setFocus()
    press(qtbot, player, AFTER)
    assert not player.label_bar.whole.isEnabled() and player.view.hasFocus()


def test_who_comes_back_at_once_sees_the_label_that_was_given_before(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    player = open_clip(qtbot, window, names[0])
    player.give_label("sad")
    for key in (AFTER, BEFORE):
        press(qtbot, player, key)
    qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
    assert player.timeline is not None
    assert {(part.label, part.own) for part in player.timeline.stretches} == {("sad", True)}


def test_a_label_that_cannot_be_stored_is_told_in_the_window_when_its_clip_was_left(
    qtbot: QtBot, window: MainWindow, names: list[str]
) -> None:
    player = open_clip(qtbot, window, names[0])
    player.clip.video.unlink()
    player.give_label("sad")
    press(qtbot, player, AFTER)
    qtbot.waitUntil(
        lambda: any("no longer there" in text for text in window.stage.notices.texts()), timeout=LIMIT_MS
    )
