"""What a crash left of a recording, offered in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from clip_choices import stems
from clip_samples import FRAMES, leave_unfinished
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, frames_recorded, press_answer, wait_for_labels

from happysad_live.errors import RecordingError
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.recording.clip_recording import Refusal
from happysad_live.recording.clip_info import ClipInfo
from happysad_live.recording.library import load_clip
from happysad_live.recording.recovery import Leftover, recover


def leftover_buttons(window: MainWindow) -> dict[str, QPushButton]:
    return {
        button.text(): button
        for button in window.stage.notices.findChildren(QPushButton)
        if button.isVisibleTo(window.stage.notices)
    }


def recover_buttons(window: MainWindow) -> list[QPushButton]:
    """Those of all offers, seen or waiting for room."""
    buttons = window.stage.notices.findChildren(QPushButton)
    return [button for button in buttons if button.text() == "Recover"]


def offer_leftover(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> dict[str, QPushButton]:
    leave_unfinished(clips_dir, "cut off")
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)
    assert any("The recording cut off was cut off" in text for text in window.stage.notices.texts())
    return leftover_buttons(window)


def test_what_a_crash_left_is_recovered(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    offer_leftover(qtbot, window, clips_dir)["Recover"].click()
    qtbot.waitUntil(lambda: stems(window) == ["cut off"], timeout=LIMIT_MS)
    info = load_clip(clips_dir, "cut off").info
    # All but the last quarter of a second.
    assert FRAMES - 6 <= info.frames <= FRAMES
    told = f"cut off was recovered: {info.frames} pictures, "
    assert any(text.startswith(told) for text in window.stage.notices.texts())


def test_a_clip_that_is_recovered_is_shown_where_it_lies(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    offer = offer_leftover(qtbot, window, clips_dir)
    window.clips.open_folder(tmp_path)
    offer["Recover"].click()
    qtbot.waitUntil(lambda: stems(window) == ["cut off"], timeout=LIMIT_MS)
    assert window.clips.folder.folder == clips_dir


def test_a_recovery_that_fails_can_be_tried_again(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(leftover: Leftover) -> None:
        raise RecordingError("The disk is full: make room.")

    offer = offer_leftover(qtbot, window, clips_dir)
    with monkeypatch.context() as full, qtbot.assertNotEmitted(window.clips.leftovers.recovered):
        full.setattr("happysad_live.gui.clips.leftovers.recover", refuse)
        offer["Recover"].click()
        qtbot.waitUntil(lambda: "Try again" in leftover_buttons(window), timeout=LIMIT_MS)
    assert window.stage.notices.texts() == ["The disk is full: make room."]
    assert "Throw away…" in leftover_buttons(window)
    leftover_buttons(window)["Try again"].click()
    qtbot.waitUntil(lambda: stems(window) == ["cut off"], timeout=LIMIT_MS)


@pytest.mark.parametrize("shown", ["clips", "other"])
def test_one_of_several_recoveries_fails_and_the_others_come_back(
    qtbot: QtBot,
    window: MainWindow,
    clips_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shown: str,
) -> None:
    """Also where another folder's clips are shown when that is asked for."""

    def refuse_one(leftover: Leftover) -> ClipInfo | None:
        if leftover.stem == "first":
            raise RecordingError("The disk is full: make room.")
        return recover(leftover)

    monkeypatch.setattr("happysad_live.gui.clips.leftovers.recover", refuse_one)
    for stem in ("first", "second"):
        leave_unfinished(clips_dir, stem)
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)
    if shown == "other":
        window.clips.open_folder(tmp_path / "other")
    with qtbot.waitSignal(window.clips.leftovers.recovered, timeout=LIMIT_MS):
        leftover_buttons(window)["Recover"].click()
    qtbot.waitUntil(lambda: stems(window) == ["second"], timeout=LIMIT_MS)
    looked: list[None] = []
    window.clips.work.run(lambda: None, looked.append)  # after all that was begun
    qtbot.waitUntil(lambda: bool(looked), timeout=LIMIT_MS)
    assert "Try again" in leftover_buttons(window)


def test_what_a_crash_left_in_another_folder_is_offered_when_that_is_shown(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    leave_unfinished(tmp_path / "other", "elsewhere")
    window.clips.open_folder(tmp_path / "other")
    qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Recover"].click()
    qtbot.waitUntil(lambda: stems(window) == ["elsewhere"], timeout=LIMIT_MS)


def test_what_was_to_wait_is_offered_again_when_its_folder_is_chosen(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    offer_leftover(qtbot, window, clips_dir)["Later"].click()
    assert "Recover" not in leftover_buttons(window)
    window.clips.panel.folder_wanted.emit()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(clips_dir))
    dialog.reject()
    qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)


def test_what_a_crash_left_can_stay_or_go(qtbot: QtBot, window: MainWindow, clips_dir: Path) -> None:
    offer_leftover(qtbot, window, clips_dir)["Later"].click()
    # The parts alone: a lock beside them comes and goes whenever somebody looks.
    left = sorted(clips_dir.glob("*.part"))
    assert left
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Throw away…" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Throw away…"].click()
    press_answer(window, "Keep")
    assert sorted(clips_dir.glob("*.part")) == left
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    leftover_buttons(window)["Throw away…"].click()
    press_answer(window, "Throw away")
    qtbot.waitUntil(lambda: not list(clips_dir.iterdir()), timeout=LIMIT_MS)


def test_several_recordings_are_thrown_away_as_several(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    leave_unfinished(clips_dir, "another")
    leave_unfinished(clips_dir, "cut off")
    window.clips.look_for_leftovers()
    qtbot.waitUntil(lambda: "Throw away…" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Throw away…"].click()
    question = window.findChild(QMessageBox)
    assert question is not None and "Throw 2 recordings away?" in question.text()
    assert "They cannot be brought back." in question.informativeText()
    press_answer(window, "Keep")


def test_what_crashes_left_in_two_folders_is_offered_and_recovered_in_both(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    offer_leftover(qtbot, window, clips_dir)
    leave_unfinished(tmp_path / "other", "elsewhere")
    window.clips.open_folder(tmp_path / "other")
    for count in (2, 1):
        qtbot.waitUntil(lambda count=count: len(recover_buttons(window)) == count, timeout=LIMIT_MS)
        with qtbot.waitSignal(window.clips.leftovers.recovered, timeout=LIMIT_MS):
            recover_buttons(window)[0].click()
    assert load_clip(clips_dir, "cut off").info.frames > 0
    assert load_clip(tmp_path / "other", "elsewhere").info.frames > 0


def test_what_a_recording_that_failed_has_left_is_offered_at_once_wherever_it_lies(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RecordingError("The disk is gone.")

    wait_for_labels(qtbot, window)
    with qtbot.assertNotEmitted(window.clips.leftovers.recovered, wait=300):
        window.recording.clip_recording.failed.emit(Refusal.SINGLE_PICTURE)  # nothing was left by that
    assert "Recover" not in leftover_buttons(window)
    window.recording.start(tmp_path / "recorded")  # not the folder whose clips are shown
    qtbot.waitUntil(lambda: frames_recorded(window) > 0, timeout=LIMIT_MS)
    with monkeypatch.context() as gone:
        for name in ("make_plain", "rename_part"):
            gone.setattr(f"happysad_live.recording.clip_writer.{name}", refuse)
        window.recording.clip_recording.stop()
        qtbot.waitUntil(lambda: "Recover" in leftover_buttons(window), timeout=LIMIT_MS)
    leftover_buttons(window)["Recover"].click()
    qtbot.waitUntil(lambda: window.clips.folder.folder == tmp_path / "recorded", timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: len(stems(window)) == 1, timeout=LIMIT_MS)
