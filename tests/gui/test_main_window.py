"""The window as its user meets it: what it says, and what its keys and buttons do."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from gui_fakes import FakeFactory, FakeSource, FakeSources, picture
from layouts import lie_apart
from PyQt6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QSettings, Qt, QTimer, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QInputDialog,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from recording_samples import face
from window_use import LIMIT_MS, WindowMaker, button, labelled, press_answer, wait_for_labels

from happysad_live.classification.bundle import available_models
from happysad_live.core.types import Box, Frame
from happysad_live.errors import RecordingError
from happysad_live.gui import full_screen, menus
from happysad_live.gui.clips import control as clips_control
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.menus import ModelMenu, SourceMenu
from happysad_live.gui.notices import Notice, NoticeStack
from happysad_live.gui.preferences.dialog import PreferencesDialog
from happysad_live.gui.session import session as session_module
from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.gui.session.session import State
from happysad_live.gui.stage import Stage
from happysad_live.gui.texts import describe_position, describe_recording
from happysad_live.gui.theme import style_sheet
from happysad_live.gui.video_view import VideoView
from happysad_live.sources import CameraInfo, pictures_spec

NO_CAMERA = "No camera was found, so this is the drawn demo."
LOADING = "Loading the face finder and the model… the picture is live already."


def open_preferences(window: MainWindow) -> PreferencesDialog:
    window.actions_.preferences.trigger()
    (dialog,) = window.findChildren(PreferencesDialog)
    return dialog


def test_without_a_camera_the_demo_runs_at_once_under_a_notice(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window()
    wait_for_labels(qtbot, window)
    assert NO_CAMERA in window.stage.notices.texts()
    assert window.header.source.name == "The demo"
    assert not window.stage.page.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))  # cancelled
    button(window.stage.notices, "Open a file").click()
    assert NO_CAMERA in window.stage.notices.texts()  # until something else is shown
    sources.add_camera(0, "New camera", FakeSource("New camera"))
    button(window.stage.notices, "Try again").click()
    qtbot.waitUntil(lambda: window.header.source.name == "New camera", timeout=LIMIT_MS)
    assert NO_CAMERA not in window.stage.notices.texts()


def test_a_camera_that_is_plugged_in_while_the_demo_stands_in_is_told(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.gui.controls.source_control.CAMERA_WATCH_MS", 20)
    window = make_window()
    wait_for_labels(qtbot, window)
    assert NO_CAMERA in window.stage.notices.texts()
    sources.add_camera(0, "New camera", FakeSource("New camera"))
    told = "The camera “New camera” is there now: try again."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    button(window.stage.notices, "Try again").click()
    qtbot.waitUntil(lambda: window.header.source.name == "New camera", timeout=LIMIT_MS)
    assert told not in window.stage.notices.texts()


def test_cameras_are_not_looked_for_after_the_notice_about_them_was_dismissed(
    qtbot: QtBot, make_window: WindowMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.gui.controls.source_control.CAMERA_WATCH_MS", 20)
    window = make_window()
    wait_for_labels(qtbot, window)
    (cross,) = (one for one in window.stage.notices.findChildren(QToolButton) if one.toolTip() == "Dismiss")
    with qtbot.waitSignal(window.session.cameras_found, timeout=LIMIT_MS):
        pass
    cross.click()
    qtbot.waitUntil(lambda: not any(thread.name == "cameras" for thread in window.session.threads.alive()))
    with qtbot.assertNotEmitted(window.session.cameras_found, wait=200):
        pass


def test_the_notice_is_there_while_the_model_loads_behind_the_picture(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    factory.gate.clear()
    window = make_window(source="demo")
    qtbot.waitUntil(lambda: LOADING in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert window.view.result is not None
    assert not window.view.result.labels
    factory.gate.set()
    wait_for_labels(qtbot, window)
    assert window.stage.notices.texts() == []
    assert window.status.figure("device") == "CPU"


def test_a_source_that_cannot_be_opened_brings_a_page_with_ways_out(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="7")
    qtbot.waitUntil(lambda: window.stage.page.title == "This could not be opened", timeout=LIMIT_MS)
    assert window.stage.page.isVisible()
    assert window.stage.page.text == "“7” cannot be opened: it is not there."
    offered = [choice.text() for choice in window.stage.page.buttons()]
    assert offered == ["Try again", "Choose a camera", "Open a file", "Play the demo"]
    button(window.stage.page, "Play the demo").click()
    wait_for_labels(qtbot, window)
    assert not window.stage.page.isVisible()


def test_a_camera_that_comes_back_takes_the_page_away(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add_camera(0, "Cam", FakeSource("Cam", fails_at=3), FakeSource("Cam"))
    window = make_window()
    qtbot.waitUntil(lambda: window.stage.page.title == "The picture has stopped", timeout=LIMIT_MS)
    assert "“Cam” was unplugged." in window.stage.page.text
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    assert not window.stage.page.isVisible()


def test_space_pauses_and_plays(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    qtbot.keyClick(window.view, Qt.Key.Key_Space)
    assert window.session.state is State.PAUSED
    assert window.actions_.pause.iconText() == "Play"
    assert "Play (Space)" in {one.accessibleName() for one in window.findChildren(QToolButton)}
    qtbot.waitUntil(lambda: window.status.message.startswith("Paused"), timeout=LIMIT_MS)
    qtbot.keyClick(window.view, Qt.Key.Key_Space)
    assert window.session.state is State.PLAYING
    assert window.actions_.pause.iconText() == "Pause"


def test_a_camera_is_mirrored_a_file_is_not_and_m_turns_it(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add_camera(0, "Cam", FakeSource("Cam"))
    sources.add("clip", FakeSource(kind="file", frames=5))
    window = make_window()
    wait_for_labels(qtbot, window)
    assert window.view.mirrored
    window.session.play("clip")
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    assert not window.view.mirrored
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert window.view.mirrored
    assert window.actions_.mirror.isChecked()


def test_a_film_that_is_played_again_stays_mirrored(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    film = [FakeSource("film", kind="file", frames=5) for _ in range(2)]
    sources.add("film", *film)
    window = make_window(source="film")
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_M)
    with qtbot.waitSignal(window.session.source_opened, timeout=LIMIT_MS):
        window.session.restart()
    assert window.view.mirrored


def test_turning_the_camera_picture_is_remembered(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add_camera(0, "Cam", FakeSource("Cam"))
    window = make_window()
    wait_for_labels(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_M)
    assert not window.view.mirrored
    window.session.play("demo")
    qtbot.waitUntil(lambda: window.header.source.name == "The demo", timeout=LIMIT_MS)
    window.session.play("0")
    qtbot.waitUntil(lambda: window.header.source.name == "Cam", timeout=LIMIT_MS)
    assert not window.view.mirrored


def test_full_screen_hides_everything_but_the_picture_and_escape_leaves(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    around = (window.header, window.footer, window.status, window.menuBar())
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert window.isFullScreen()
    assert not any(widget.isVisible() for widget in around if widget)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert all(widget.isVisible() for widget in around if widget)
    qtbot.mouseDClick(window.view, Qt.MouseButton.LeftButton)
    assert window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert not window.isFullScreen()
    qtbot.keyClick(window, Qt.Key.Key_F)
    window.showNormal()  # as the window manager may do
    qtbot.waitUntil(lambda: all(widget.isVisible() for widget in around if widget), timeout=LIMIT_MS)
    assert not window.actions_.full_screen.isChecked()


def test_a_full_screen_that_the_window_manager_began_is_one(qtbot: QtBot, make_window: WindowMaker) -> None:
    """Escape leaves it, and the next start does not come back to it."""
    window = make_window(source="demo")
    window.showFullScreen()
    qtbot.waitUntil(lambda: not window.header.isVisible(), timeout=LIMIT_MS)
    assert window.actions_.full_screen.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen() and window.header.isVisible()
    window.showFullScreen()
    window.close()
    assert not make_window(source="demo").isFullScreen()


@pytest.mark.parametrize("key", [Qt.Key.Key_R, Qt.Key.Key_F, Qt.Key.Key_C, Qt.Key.Key_M])
def test_a_key_that_is_held_counts_once(qtbot: QtBot, make_window: WindowMaker, key: Qt.Key) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    (action,) = (one for one in window.actions() if key in one.shortcuts())
    with qtbot.waitSignal(action.triggered, timeout=LIMIT_MS):
        qtbot.keyPress(window, key)
    is_on = action.isChecked()
    for _ in range(3):
        held = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, "", True)
        QApplication.sendEvent(window, held)
        assert action.isChecked() == is_on


def test_in_full_screen_the_mouse_brings_the_buttons_and_the_bar(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_screen, "IDLE_MS", 1000)
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="clip")
    wait_for_labels(qtbot, window)
    screen = window.screen()
    assert screen is not None
    height_px = screen.size().height()
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert not window.footer.isVisible()
    qtbot.waitUntil(lambda: window.view.height() == height_px, timeout=LIMIT_MS)
    qtbot.mouseMove(window.view, QPoint(40, 40))
    qtbot.mouseMove(window.view, QPoint(60, 60))
    qtbot.waitUntil(lambda: window.seek_bar.isVisible() and window.footer.isVisible(), timeout=LIMIT_MS)
    assert window.view.height() == height_px  # the picture does not move
    assert window.view.cursor().shape() is not Qt.CursorShape.BlankCursor
    qtbot.waitUntil(lambda: not window.footer.isVisible(), timeout=LIMIT_MS)
    assert window.view.cursor().shape() is Qt.CursorShape.BlankCursor
    with_bar = window.footer.height()
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    window.session.play("0")
    qtbot.mouseMove(window.view, QPoint(40, 40))
    qtbot.waitUntil(lambda: 0 < window.footer.height() < with_bar, timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.view.height() < height_px, timeout=LIMIT_MS)
    assert window.footer.isVisible() and window.footer.parentWidget() is not window.stage


def test_in_full_screen_the_mouse_brings_the_buttons_also_where_there_is_no_picture(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="/not there.mp4")
    qtbot.waitUntil(window.stage.page.isVisible, timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert not window.footer.isVisible()
    qtbot.mouseMove(window.stage.page, QPoint(40, 40))
    qtbot.mouseMove(window.stage.page, QPoint(60, 60))
    qtbot.waitUntil(window.footer.isVisible, timeout=LIMIT_MS)


def test_in_full_screen_a_dialog_brings_the_cursor_back_until_it_is_closed(
    qtbot: QtBot, make_window: WindowMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a window that a dialog blocks, the mouse's moves are told to nobody."""
    monkeypatch.setattr(full_screen, "IDLE_MS", 20)
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert window.view.cursor().shape() is Qt.CursorShape.BlankCursor
    dialog = open_preferences(window)
    assert window.view.cursor().shape() is not Qt.CursorShape.BlankCursor
    assert window.view.result is not None
    now = window.view.result.frame.index  # 20 frames take longer than the mouse has to lie still
    qtbot.waitUntil(lambda: window.view.result.frame.index > now + 20, timeout=LIMIT_MS)  # type: ignore[union-attr]
    assert window.view.cursor().shape() is not Qt.CursorShape.BlankCursor
    dialog.close()
    qtbot.waitUntil(lambda: not window.footer.isVisible(), timeout=LIMIT_MS)
    assert window.view.cursor().shape() is Qt.CursorShape.BlankCursor


def test_at_the_end_of_a_file_it_can_be_played_again(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=5))
    window = make_window(source="clip")
    wait_for_labels(qtbot, window)  # if they come after its end, it is played again for them
    qtbot.waitUntil(lambda: "The end." in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert not window.stage.page.isVisible()  # which would lie over the last picture
    before = sources.opened.copy()
    button(window.stage.notices, "Play again").click()
    qtbot.waitUntil(lambda: sources.opened == [*before, "clip"], timeout=LIMIT_MS)


def test_a_source_that_opens_quickly_shows_no_page_though_another_was_opened_just_before(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    before = FakeSource("Front camera")
    sources.add_camera(0, "Front camera", before)
    sources.held["slow"] = threading.Event()
    window = make_window(source="0")
    qtbot.waitUntil(lambda: before.frames_read >= 15, timeout=LIMIT_MS)  # of 100 a second
    began_s = time.perf_counter()
    window.session.play("slow")
    qtbot.waitUntil(window.stage.page.isVisible, timeout=LIMIT_MS)
    waited_s = time.perf_counter() - began_s
    sources.held["slow"].set()
    assert waited_s > 0.25


def test_cameras_are_offered_by_name(qtbot: QtBot, make_window: WindowMaker, sources: FakeSources) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    sources.add_camera(1, "Desk camera", FakeSource("Desk camera"))
    window = make_window()
    qtbot.waitUntil(lambda: window.header.source.name == "Front camera", timeout=LIMIT_MS)
    qtbot.waitUntil(
        lambda: any(action.text().startswith("Desk camera") for action in window.source_menu.actions()),
        timeout=LIMIT_MS,
    )
    checked = [action.text() for action in window.source_menu.actions() if action.isChecked()]
    assert checked == ["Front camera   640 × 480"]
    next(
        action for action in window.source_menu.actions() if action.text().startswith("Desk camera")
    ).trigger()
    qtbot.waitUntil(lambda: window.header.source.name == "Desk camera", timeout=LIMIT_MS)


def test_what_failed_is_marked_also_where_another_source_was_being_opened_before(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    sources.held["0"] = threading.Event()
    window = make_window(source="0")
    window.session.look_for_cameras()
    qtbot.waitUntil(lambda: "0" in sources.opened and sources.listed > 0, timeout=LIMIT_MS)
    window.session.play("/not there.mp4")
    qtbot.waitUntil(lambda: window.session.state is State.FAILED, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: window.source_menu.actions()[0].text().startswith("Front"), timeout=LIMIT_MS)
    front_camera = window.source_menu.actions()[0]
    sources.held["0"].set()
    assert not front_camera.isChecked()


def test_another_model_can_be_chosen(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    next(action for action in window.model_menu.actions() if action.text() == "gloomy").trigger()
    assert "Loading “gloomy”… until then the labels stay as they are." in window.stage.notices.texts()
    qtbot.waitUntil(
        lambda: window.view.result is not None and window.view.result.faces[0].label == "sad",
        timeout=LIMIT_MS,
    )
    assert window.header.model.name == "gloomy"


def test_a_model_of_ones_own_goes_to_the_trash_and_the_usual_one_labels_on(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gloomy").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("happysad_live.gui.menus.user_models_dir", lambda: Path("gloomy").parent)
    window = make_window(source="demo", model="gloomy")
    wait_for_labels(qtbot, window)
    for answer, stays in (("Keep", True), ("Move to the trash", False)):
        (delete,) = [one for one in window.model_menu.actions() if one.text() == "&Delete “gloomy”…"]
        delete.trigger()
        press_answer(window, answer)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
        assert (tmp_path / "gloomy").exists() == stays
    assert "“gloomy” is in the trash now." in window.stage.notices.texts()
    qtbot.waitUntil(lambda: window.header.model.name == "happysad", timeout=LIMIT_MS)


def test_a_model_that_cannot_be_thrown_away_stays_in_use_and_the_others_are_not_the_users(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path
) -> None:
    window = make_window(source="demo", model="gloomy")
    wait_for_labels(qtbot, window)
    assert not [one for one in window.model_menu.actions() if "Delete" in one.text()]
    window.model_menu.trash_wanted.emit(tmp_path / "gone")  # what is not there cannot be moved
    press_answer(window, "Move to the trash")
    told = f"The model could not be moved to the trash; delete its folder {tmp_path / 'gone'} yourself."
    assert told in window.stage.notices.texts()
    assert window.header.model.name == "gloomy"


def test_a_damaged_model_is_told_and_the_old_one_stays(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    window.model.choose("broken")
    told = "The model “broken” is damaged: copy it again. “happysad” keeps labelling."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert window.header.model.name == "happysad"


def test_whoever_chooses_no_other_model_is_still_told_why_there_are_no_labels(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo", model="broken")
    qtbot.waitUntil(lambda: any("is damaged" in text for text in window.stage.notices.texts()))
    button(window.stage.notices, "Choose a model").click()
    qtbot.waitUntil(window.model_menu.isVisible, timeout=LIMIT_MS)
    qtbot.keyClick(window.model_menu, Qt.Key.Key_Escape)
    assert any("is damaged" in text for text in window.stage.notices.texts())
    button(window.stage.notices, "Try again").click()
    assert not any("is damaged" in text for text in window.stage.notices.texts())


def test_a_model_that_fails_while_another_is_loaded_is_forgotten_when_that_one_labels(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    factory.gate.clear()
    window.model.choose("gloomy")
    with qtbot.waitSignal(window.session.labelling.failed, timeout=LIMIT_MS):
        factory.built[0].fails = True
    failed = "Labelling stopped because of an error in this program. The picture goes on without labels."
    loading = "Loading the face finder and the model… the picture is live already."
    assert {failed, loading} <= set(window.stage.notices.texts())
    factory.gate.set()
    qtbot.waitUntil(lambda: window.session.labelling.settings is not None, timeout=LIMIT_MS)
    assert not {failed, loading} & set(window.stage.notices.texts())


def test_a_model_without_happy_can_be_shown_with_all_its_labels(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory, settings_path: Path
) -> None:
    settings_path.write_text("[General]\nhappy_sad_only=true\n", encoding="utf-8")
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    window.model.choose("stern")
    told = "The model “stern” has no label “happy”: show all its labels. “happysad” keeps labelling."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    button(window.stage.notices, "Show all labels").click()
    qtbot.waitUntil(lambda: not window.session.labelling.is_loading, timeout=LIMIT_MS)
    assert (factory.asked[-1].model, factory.asked[-1].happy_sad_only) == ("stern", False)
    assert window.header.model.name == "stern"


def test_where_nothing_is_seen_no_picture_is_said_to_go_on(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="missing", model="broken")
    told = "The model “broken” is damaged: copy it again."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)


def test_a_device_that_fell_back_says_why(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    factory.note = "TensorFlow finds no GPU on this machine, so the CPU is used"
    window = make_window(source="demo", device="gpu")
    told = "TensorFlow finds no GPU on this machine, so the CPU is used."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert factory.asked[0].device == "gpu"
    window.stage.notices.remove("device")
    for note, model in ((factory.note, "gloomy"), ("the GPU failed", "happysad"), ("", "gloomy")):
        factory.note = note
        with qtbot.waitSignal(window.session.labelling.ready, timeout=LIMIT_MS):
            window.model.choose(model)
        # Told once, and not that of a model before.
        assert window.stage.notices.texts() == (["The GPU failed."] if "GPU failed" in note else [])


def test_a_dropped_file_is_played(qtbot: QtBot, make_window: WindowMaker, sources: FakeSources) -> None:
    window = make_window(source="demo")
    path = QUrl.fromLocalFile("/somewhere/clip.mp4")
    sources.add(path.toLocalFile(), FakeSource("clip.mp4", "file", frames=300))
    data = QMimeData()
    data.setUrls([path, QUrl.fromLocalFile("/somewhere/other.mp4")])
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    text = QMimeData()
    text.setText("no file")
    enter = QDragEnterEvent(QPoint(5, 5), copy, text, left, none)
    enter.ignore()
    QApplication.sendEvent(window, enter)
    assert "Drop to open" not in window.stage.notices.texts()
    for leave in (QDragLeaveEvent(), QDropEvent(QPointF(5, 5), copy, data, left, none)):
        QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), copy, data, left, none))
        assert "Drop to open" in window.stage.notices.texts()
        QApplication.sendEvent(window, leave)
        assert "Drop to open" not in window.stage.notices.texts()
    qtbot.waitUntil(lambda: window.header.source.name == "clip.mp4", timeout=LIMIT_MS)
    assert "Only clip.mp4 is shown: open the others one by one." in window.stage.notices.texts()


def test_a_file_that_is_dropped_with_shift_is_not_said_to_have_been_moved(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    """Qt proposes a move then, after which a file manager may delete the file."""
    window = make_window(source="demo")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/clip.mp4")])
    either = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    for event in (
        QDragEnterEvent(QPoint(5, 5), either, data, left, shift),
        QDropEvent(QPointF(5, 5), either, data, left, shift),
    ):
        assert event.proposedAction() == Qt.DropAction.MoveAction
        QApplication.sendEvent(window, event)
        assert event.isAccepted() and event.dropAction() == Qt.DropAction.CopyAction


def test_several_pictures_that_are_dropped_are_all_shown(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, tmp_path: Path
) -> None:
    paths = [str(tmp_path / name) for name in ("b.jpg", "a.png", "more")]
    (tmp_path / "more").mkdir()
    sources.add(pictures_spec(paths), FakeSource("3 pictures", "images", frames=3))
    window = make_window(source="demo")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(5, 5), copy, data, left, none))
    QApplication.sendEvent(window, QDropEvent(QPointF(5, 5), copy, data, left, none))
    qtbot.waitUntil(lambda: window.header.source.name == "3 pictures", timeout=LIMIT_MS)
    assert not any("Only" in text for text in window.stage.notices.texts())


def test_preferences_take_effect_at_once_and_are_kept(
    qtbot: QtBot,
    make_window: WindowMaker,
    factory: FakeFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    dialog = open_preferences(window)
    for name in ("happy_sad_only", "loop_files"):
        dialog.findChild(QCheckBox, name).click()
    ranges = dialog.findChild(QComboBox, "detector_range")
    ranges.setCurrentIndex(ranges.findData("short"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dialog.findChild(QPushButton, "clips_folder").click()
    dialog.reject()
    assert window.clips.folder.folder == window.recording.folder == tmp_path
    assert window.session.loop_files
    wished = LabelSettings("happysad", happy_sad_only=True, detector_range="short")
    qtbot.waitUntil(lambda: factory.asked[-1] == wished, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not window.session.labelling.is_loading, timeout=LIMIT_MS)


def test_what_cannot_be_remembered_is_told(make_window: WindowMaker, settings_path: Path) -> None:
    window = make_window(source="demo")
    settings_path.mkdir()  # where the file should be
    dialog = open_preferences(window)
    dialog.findChild(QCheckBox, "loop_files").click()
    dialog.reject()
    assert window.session.loop_files
    assert (
        f"This applies until the window closes: {settings_path} cannot be written."
        in window.stage.notices.texts()
    )


def test_without_a_model_a_run_that_records_tells_what_is_wrong_with_it(
    qtbot: QtBot, make_window: WindowMaker, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    window = make_window(source="demo", model="broken", record=tmp_path / "clips", seconds=1.0)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 1
    assert capsys.readouterr().err == "happysad-live: The model “broken” is damaged: copy it again.\n"


@pytest.mark.parametrize("wish", [{"source": "missing"}, {"source": "demo", "model": "broken"}])
def test_with_a_time_limit_a_failure_ends_the_run(
    qtbot: QtBot, make_window: WindowMaker, capsys: pytest.CaptureFixture[str], wish: dict[str, str]
) -> None:
    window = make_window(seconds=1.0, **wish)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 1
    error = capsys.readouterr().err
    assert error.startswith("happysad-live: ")
    assert error.count("\n") == 1


def test_the_window_closes_so_many_seconds_after_the_first_labels(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    factory.gate.clear()
    window = make_window(source="demo", seconds=0.3)
    qtbot.waitUntil(lambda: window.view.result is not None, timeout=LIMIT_MS)
    with qtbot.assertNotEmitted(window.session.labelling.ready, wait=500):
        pass
    assert window.isVisible()
    factory.gate.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 0
    assert window.session.state is State.CLOSED


def test_the_status_line_never_tells_other_labels_or_figures_than_the_picture(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.gui.controls.status_control.INTERVAL_MS", 3_600_000)
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    assert window.status.message == "1 face: happy 98 %"
    factory.built[0].label = "sad"
    qtbot.waitUntil(lambda: window.view.result.faces[0].label == "sad", timeout=LIMIT_MS)
    assert window.status.message == "1 face: sad 98 %"
    factory.built[0].confidence = 0.3  # while the others have .35
    qtbot.waitUntil(lambda: window.view.result.faces[0].confidence == 0.3, timeout=LIMIT_MS)
    assert window.status.message == "1 face: sad"


def test_the_menu_tells_what_each_model_knows(qtbot: QtBot) -> None:
    menu = ModelMenu(available_models)
    qtbot.addWidget(menu)
    tips = {action.text(): action.toolTip() for action in menu.actions()}
    assert tips["emotions"].startswith("Seven expressions")
    assert "Kept for comparison" in tips["seed-cnn"]


def test_who_chooses_by_keyboard_stays_where_a_menu_is_filled_anew(qtbot: QtBot) -> None:
    """As when the model is loaded, the source opened, or a camera found, soon after the start."""
    models = ModelMenu(lambda: {"happysad": Path("/models/happysad"), "emotions": Path("/models/emotions")})
    sources = SourceMenu([])
    camera = CameraInfo(0, "Cam", "/dev/video0", 640, 480, 30.0)
    for menu, keys, fill_anew in (
        (models, [Qt.Key.Key_Down] * 2, lambda: models.set_current("happysad")),
        (sources, [Qt.Key.Key_Up], lambda: sources.set_current("demo:2")),
        (sources, [Qt.Key.Key_Up], lambda: sources.set_cameras([camera])),
    ):
        qtbot.addWidget(menu)
        menu.popup(QPoint(0, 0))
        for key in keys:
            qtbot.keyClick(menu, key)
        before = menu.activeAction().text()
        fill_anew()
        assert menu.activeAction() is not None and menu.activeAction().text() == before
        menu.close()
    assert before == "&Demo, drawn by this program"


def test_who_chooses_among_the_demos_goes_on_where_the_menu_is_filled_anew(qtbot: QtBot) -> None:
    menu = SourceMenu([])
    qtbot.addWidget(menu)
    menu.popup(QPoint(0, 0))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right):
        qtbot.keyClick(menu, key)
    demos = menu.actions()[-1].menu()
    qtbot.keyClick(demos, Qt.Key.Key_Down)
    menu.set_cameras([CameraInfo(0, "Cam", "/dev/video0", 640, 480, 30.0)])
    qtbot.keyClick(demos, Qt.Key.Key_Down)
    with qtbot.waitSignal(menu.chosen, timeout=LIMIT_MS) as chosen:
        qtbot.keyClick(demos, Qt.Key.Key_Return)
    assert chosen.args == ["demo:3"]


@pytest.mark.parametrize(
    ("spec", "opened", "marked"),
    [
        ("brio", "Logitech BRIO", "Logitech BRIO"),
        ("logitech brio", "Logitech BRIO", "Logitech BRIO"),
        (" 0", "Webcam C270", "Webcam C270"),
        ("3", "Webcam C270", None),  # unplugged meanwhile: another of that name is there
        ("Demo:2", "", "Two faces"),
        (None, "", None),
    ],
)
def test_what_plays_is_marked_however_it_was_named(
    qtbot: QtBot, spec: str | None, opened: str, marked: str | None
) -> None:
    menu = SourceMenu([])
    qtbot.addWidget(menu)
    names = enumerate(("Webcam C270", "Logitech BRIO", ""))  # one tells no name
    menu.set_cameras([CameraInfo(number, name, "", None, None, None) for number, name in names])
    menu.set_current(spec, opened)
    demos = menu.actions()[-1].menu()
    assert demos is not None
    checked = [action.text() for action in (*menu.actions(), *demos.actions()) if action.isChecked()]
    assert checked == ([marked] if marked else [])


def test_the_camera_is_marked_to_which_a_link_leads(qtbot: QtBot) -> None:
    menu = SourceMenu([])
    qtbot.addWidget(menu)
    link = "/dev/fd"  # for a link such as udev makes
    paths = enumerate(("/dev/video0", os.path.realpath(link)))
    menu.set_cameras([CameraInfo(number, "Twin", path, None, None, None) for number, path in paths])
    menu.set_current(link, "Twin")
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["Twin (1)"]


def test_the_menu_tells_a_folder_that_is_called_as_another_model_apart(qtbot: QtBot) -> None:
    menu = ModelMenu(lambda: {"happysad": Path("/models/happysad"), "emotions": Path("/models/emotions")})
    qtbot.addWidget(menu)
    for model, listed in {
        "/my/happysad": ["happysad", "emotions", "happysad (/my)"],
        "/my/own": ["happysad", "emotions", "own"],
        "emotions": ["happysad", "emotions"],
    }.items():
        menu.set_current(model)
        assert [action.text() for action in menu.actions() if action.isCheckable()] == listed


def test_a_model_with_a_long_name_does_not_widen_its_menu(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(menus, "user_models_dir", lambda: tmp_path)
    name = "a long name of my face " * 9
    menu = ModelMenu(lambda: {"emotions": tmp_path / "emotions", name: tmp_path / name})
    qtbot.addWidget(menu)
    menu.set_current(name)
    assert any(action.text().startswith("&Delete") for action in menu.actions())
    assert menu.sizeHint().width() < 600
    (checked,) = (action for action in menu.actions() if action.isChecked())
    assert "…" in checked.text() and checked.toolTip().startswith(name)


def test_a_camera_s_files_in_capital_letters_are_offered_too(
    make_window: WindowMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file dialog of GTK lists only names with the letters that it is told."""
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *told: asked.append(told[3]) or ([], ""))
    make_window(source="demo").actions_.open_file.trigger()
    playable = re.split(r"[ ()]+", asked[0].partition(";;")[0])
    for name in ("IMG_0001.JPG", "photo.jpg", "FILM.MOV", "film.mp4"):
        assert any(fnmatchcase(name, pattern) for pattern in playable)
    assert not any(fnmatchcase("note.txt", pattern) for pattern in playable)


def test_what_is_no_address_is_asked_for_again(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("rtsp://camera/1", FakeSource("camera", "stream"))
    window = make_window(source="demo")
    window.actions_.open_stream.trigger()
    for typed in ("camera/1", "rtsp://camera/1"):
        (dialog,) = window.findChildren(QInputDialog)
        dialog.setTextValue(typed)
        dialog.accept()
        qtbot.waitUntil(lambda dialog=dialog: dialog not in window.findChildren(QInputDialog))
    qtbot.waitUntil(lambda: window.header.source.name == "camera", timeout=LIMIT_MS)
    assert sources.opened == ["demo", "rtsp://camera/1"]


def test_a_window_that_the_clips_panel_has_widened_comes_back_as_it_was(
    qtbot: QtBot, make_window: WindowMaker, settings_path: Path
) -> None:
    window = make_window(source="demo")
    window.resize(640, 500)
    window.clips.show()
    qtbot.waitUntil(lambda: window.width() > 640, timeout=LIMIT_MS)
    window.close()
    kept = QSettings(str(settings_path), QSettings.Format.IniFormat).value("geometry")
    again = QWidget()
    qtbot.addWidget(again)
    assert again.restoreGeometry(kept) and again.width() == 640


def test_the_status_line_tells_the_figures(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    qtbot.waitUntil(lambda: window.status.message == "1 face: happy 98 %", timeout=LIMIT_MS)
    assert window.status.figure("size") == "64 × 48"
    assert window.status.figure("delay").startswith("delay ")
    assert window.view.accessibleDescription() == "1 face: happy 98 %"


def test_the_status_line_names_the_faces_of_a_mirrored_photograph_as_they_are_seen(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("photo", FakeSource("face.jpg", "images", frames=1))
    window = make_window(source="photo")
    wait_for_labels(qtbot, window)
    faces = (face("happy", track=None, box=Box(0, 4, 9, 9)), face("sad", track=None, box=Box(40, 4, 49, 9)))
    result = window.view.result
    window.view.show_result(replace(result, frame=replace(result.frame, still=True), faces=faces))
    for ends in ("happy 90 %, sad 90 %", "sad 90 %, happy 90 %"):
        qtbot.waitUntil(lambda ends=ends: window.status.message.endswith(ends), timeout=LIMIT_MS)
        window.actions_.mirror.trigger()


def test_what_stands_in_a_row_is_equally_high(make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    window.clips.show()
    window.setStyleSheet(style_sheet())
    panel = window.clips.panel
    for row in (window.header, window.footer, panel.search.parentWidget()):
        assert row is not None
        beside = [*row.findChildren(QAbstractButton), *row.findChildren(QLineEdit)]
        shown = [one for one in beside if one.isVisible() and one.parent() is not panel.search]
        assert len(shown) > 1 and len({one.sizeHint().height() for one in shown}) == 1, shown


def test_the_title_names_the_program_as_qt_does_in_those_of_dialogs(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo")
    qtbot.waitUntil(lambda: window.windowTitle().endswith("demo — HappySad Live"), timeout=LIMIT_MS)


def test_a_small_window_keeps_its_buttons_inside(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="missing")
    qtbot.waitUntil(lambda: window.stage.page.isVisible(), timeout=LIMIT_MS)
    window.resize(window.minimumSize())
    stage = window.stage
    qtbot.waitUntil(lambda: stage.page.width() == stage.width() < 540, timeout=LIMIT_MS)
    stage.set_badge("begins when the picture plays")
    qtbot.waitUntil(lambda: lie_apart([stage.badge, *stage.page.buttons()], stage), timeout=LIMIT_MS)


def test_beside_the_clips_a_notice_leaves_room_for_all_ways_on(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="missing")
    window.setStyleSheet(style_sheet())
    stage = window.stage
    qtbot.waitUntil(stage.page.isVisible, timeout=LIMIT_MS)
    window.clips.show()
    window.resize(window.minimumSize())
    told = "Saved as 2026-12-01_00-34-16.mp4. The source ended, and with it the recording."
    choices = [("Play it", window.raise_), ("Show in folder", window.raise_)]
    stage.notices.show_notice("clip", Notice(told, choices))
    assert len(stage.page.buttons()) == 4
    qtbot.waitUntil(lambda: lie_apart([stage.notices, *stage.page.buttons()], stage), timeout=LIMIT_MS)


@pytest.mark.parametrize("label", ["in two minds " * 20, "undecided" * 20], ids=["words", "word"])
def test_the_badge_of_a_long_label_stays_inside_and_wraps(qtbot: QtBot, label: str) -> None:
    stage = Stage(VideoView())
    qtbot.addWidget(stage)
    stage.show()
    stage.set_badge(describe_recording(True, None, label, playing=True))
    badge = stage.badge
    for width_px in (700, 300):
        stage.resize(width_px, 400)
        assert lie_apart([badge], stage)
        assert badge.height() >= badge.heightForWidth(badge.width()) > 0
        assert badge.minimumSizeHint().width() <= badge.width()


def test_the_badge_and_the_page_keep_off_a_bar_that_is_laid_over_them(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    stage = make_window(source="missing").stage
    qtbot.waitUntil(stage.page.isVisible, timeout=LIMIT_MS)
    bar = QWidget()
    QVBoxLayout(bar).addSpacing(stage.height() // 2)
    stage.lay_over(bar)
    bar.show()
    stage.set_badge("0:05")
    qtbot.waitUntil(lambda: lie_apart([bar, stage.badge, *stage.page.buttons()], stage), timeout=LIMIT_MS)


def test_the_status_line_says_where_in_a_video_or_in_a_folder_the_picture_is(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=5))
    window = make_window(source="clip")
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: " / 0:0" in window.status.figure("position"), timeout=LIMIT_MS)
    sources.add("pictures", FakeSource("pictures", "images", frames=3))
    window.session.play("pictures")
    qtbot.waitUntil(lambda: window.status.figure("position") == "3 of 3", timeout=LIMIT_MS)


def test_the_keys_go_through_pictures_and_the_bar_shows_where(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("pictures", FakeSource("pictures", "images", frames=5, frame_rate=1.0))
    window = make_window(source="pictures")
    wait_for_labels(qtbot, window)
    keys = (Qt.Key.Key_Right, 2), (Qt.Key.Key_Right, 3), (Qt.Key.Key_Left, 2), (Qt.Key.Key_End, 5)
    for key, number in (*keys, (Qt.Key.Key_PageUp, 1), (Qt.Key.Key_PageDown, 5), (Qt.Key.Key_Home, 1)):
        qtbot.keyClick(window.view, key)
        text = f"{number} of 5"
        qtbot.waitUntil(lambda text=text: window.status.figure("position") == text, timeout=LIMIT_MS)
        assert window.seek_bar.value() == 1000 * (number - 1)
        assert window.session.state is State.PAUSED  # who goes through pictures wants to look at them
    assert not window.recent_labels.isVisible()  # a photograph's faces have none
    window.session.play("demo")
    qtbot.waitUntil(window.recent_labels.isVisible, timeout=LIMIT_MS)


def test_buttons_under_a_folder_of_pictures_go_to_the_next_one_and_back(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("pictures", FakeSource("pictures", "images", frames=5, frame_rate=1.0))
    sources.add("photo.jpg", FakeSource("photo.jpg", "images", frames=1))

    def shown() -> dict[str, QToolButton]:
        buttons = window.footer.findChildren(QToolButton)
        return {one.accessibleName(): one for one in buttons if one.isVisible()}

    names = ("Next picture (→)", "Previous picture (←)")
    window = make_window(source="pictures")
    qtbot.waitUntil(lambda: labelled(window) and set(names) <= set(shown()), timeout=LIMIT_MS)
    assert not any(shown()[name].icon().isNull() for name in names)
    for name, position in zip(names, ("2 of 5", "1 of 5"), strict=True):
        shown()[name].click()
        qtbot.waitUntil(lambda text=position: window.status.figure("position") == text, timeout=LIMIT_MS)
    shown()[names[0]].setFocus()
    for spec in ("photo.jpg", "demo", "missing"):
        window.session.play(spec)
        qtbot.waitUntil(lambda: not set(names) & set(shown()), timeout=LIMIT_MS)
        assert window.focusWidget() is window.view
        window.session.play("pictures")
        qtbot.waitUntil(lambda: set(names) <= set(shown()), timeout=LIMIT_MS)


def test_a_click_on_the_bar_goes_there_in_a_video(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="clip")
    wait_for_labels(qtbot, window)
    assert window.seek_bar.isVisible()
    middle = window.seek_bar.rect().center()
    qtbot.mouseClick(window.seek_bar, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.waitUntil(lambda: window.view.result.frame.position_s > 290, timeout=LIMIT_MS)  # of ten minutes
    assert window.view.result.frame.position_s < 315
    assert window.seek_bar.value() / 1000 == pytest.approx(300, abs=15)


def test_the_arrow_keys_go_elsewhere_with_the_list_of_clips_open_but_not_with_ctrl(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="clip")
    wait_for_labels(qtbot, window)
    qtbot.keyClick(window.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert window.session.frames.seek_serial == 0
    window.clips.show()
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Right)
    assert window.session.frames.seek_serial == 1


def test_the_arrow_keys_go_elsewhere_also_from_a_button(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="clip")
    wait_for_labels(qtbot, window)
    window.clips.show()
    window.stage.notices.show_notice("news", Notice("News", [("Read", lambda: None)]))
    qtbot.waitUntil(window.isActiveWindow, timeout=LIMIT_MS)
    places = (window.footer, window.header, window.stage.notices, window.clips.panel)
    buttons = [one for place in places for one in place.findChildren(QAbstractButton)]
    buttons = [one for one in buttons if one.isVisible() and one.isEnabled()]
    assert window.header.source in buttons and len(buttons) > 10
    for number, one in enumerate(buttons):
        one.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(one, (Qt.Key.Key_Right, Qt.Key.Key_Left)[number % 2])
        assert window.session.frames.seek_serial == number + 1
        assert window.focusWidget() is one


def test_what_cannot_be_read_is_told(qtbot: QtBot, make_window: WindowMaker, sources: FakeSources) -> None:
    damaged = FakeSource("clip.mp4", "file", frames=60_000)
    damaged.incomplete = True
    sources.add("clip", damaged)
    window = make_window(source="clip")
    text = "Not all of “clip.mp4” can be read: it is damaged or cut off."
    qtbot.waitUntil(lambda: window.stage.notices.texts().count(text) == 1, timeout=LIMIT_MS)
    sources.add("whole", FakeSource("whole.mp4", "file", frames=60_000))
    window.session.play("whole")
    qtbot.waitUntil(lambda: text not in window.stage.notices.texts(), timeout=LIMIT_MS)


def test_what_is_skipped_in_a_folder_is_named(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    folder = FakeSource("pictures", "images", frames=60_000)
    folder.incomplete, folder.skipped = True, ("broken.jpg",)
    sources.add("pictures", folder)
    window = make_window(source="pictures")
    one = "broken.jpg cannot be read and is skipped."
    qtbot.waitUntil(lambda: one in window.stage.notices.texts(), timeout=LIMIT_MS)
    folder.skipped = ("broken.jpg", "more/broken.png")
    two = "2 files cannot be read and are skipped; the first is broken.jpg."
    qtbot.waitUntil(lambda: two in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert one not in window.stage.notices.texts()


def test_where_the_bar_cannot_be_used_the_picture_gets_its_keys(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    """Qt would hand them to the next button, and Space would record."""
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="clip")
    wait_for_labels(qtbot, window)
    window.seek_bar.setFocus()
    window.actions_.again.trigger()
    assert window.focusWidget() is window.view
    assert not window.seek_bar.isEnabled()
    qtbot.waitUntil(lambda: window.seek_bar.isEnabled(), timeout=LIMIT_MS)


def test_where_a_notice_goes_the_picture_gets_its_keys(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    window.stage.notices.show_notice("news", Notice("Saved.", [("Play it", lambda: None)]))
    play = button(window.stage.notices, "Play it")
    play.setFocus()
    qtbot.keyClick(play, Qt.Key.Key_Space)
    assert window.focusWidget() is window.view


def test_the_picture_gets_the_keys_also_while_another_window_is_in_front(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window, other = make_window(source="demo"), QWidget()
    wait_for_labels(qtbot, window)
    window.stage.notices.show_notice("news", Notice("Saved.", [("Play it", lambda: None)]))
    button(window.stage.notices, "Play it").setFocus()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow, timeout=LIMIT_MS)
    window.stage.notices.remove("news")
    assert window.focusWidget() is window.view


def test_where_the_page_goes_the_picture_gets_its_keys(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    """Qt would hand them to the next button, and Space would open a menu."""
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="missing")
    qtbot.waitUntil(lambda: bool(window.stage.page.buttons()), timeout=LIMIT_MS)
    button(window.stage.page, "Try again").setFocus()
    window.session.play("clip")
    wait_for_labels(qtbot, window)
    assert window.focusWidget() is window.view


def test_the_bar_follows_a_video_that_is_longer_than_it_says(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    source = FakeSource("clip.mp4", "file", frames=60_000)
    source.info = replace(source.info, length_s=0.1)
    sources.add("clip", source)
    window = make_window(source="clip")
    qtbot.waitUntil(lambda: window.seek_bar.value() > 300, timeout=LIMIT_MS)
    assert window.view.result.frame.position_s == pytest.approx(window.seek_bar.value() / 1000, abs=0.1)


def test_only_what_has_a_length_shows_the_bar_and_a_recording_locks_it(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, tmp_path: Path
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60_000))
    window = make_window(source="0")
    wait_for_labels(qtbot, window)
    assert not window.seek_bar.isVisible()
    assert not window.actions_.step_on.isEnabled()
    window.session.play("clip")
    qtbot.waitUntil(lambda: window.seek_bar.isVisible() and labelled(window), timeout=LIMIT_MS)
    window.recording.start(tmp_path)
    assert not window.seek_bar.isEnabled()
    qtbot.keyClick(window.view, Qt.Key.Key_Right)
    window.recording.clip_recording.stop()
    qtbot.waitUntil(lambda: window.seek_bar.isEnabled(), timeout=LIMIT_MS)
    assert window.session.frames.seek_serial == 0
    qtbot.keyClick(window.view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.view.result.frame.position_s > 5, timeout=LIMIT_MS)


def test_enter_takes_the_first_way_out(qtbot: QtBot, make_window: WindowMaker, sources: FakeSources) -> None:
    window = make_window(source="7")
    qtbot.waitUntil(lambda: window.stage.page.isVisible(), timeout=LIMIT_MS)
    sources.add("7", FakeSource("late camera"))
    qtbot.keyClick(window.view, Qt.Key.Key_Return)
    wait_for_labels(qtbot, window)
    assert not window.stage.page.isVisible()


def test_enter_presses_the_button_that_has_the_focus(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    window = make_window(source="7")
    qtbot.waitUntil(lambda: window.stage.page.isVisible(), timeout=LIMIT_MS)
    demo = button(window.stage.page, "Play the demo")
    demo.setFocus()
    qtbot.keyClick(demo, Qt.Key.Key_Return)
    wait_for_labels(qtbot, window)
    assert sources.opened == ["7", "demo"]


@pytest.mark.parametrize("full_screen", [False, True])
def test_the_window_comes_back_where_it_was(
    qtbot: QtBot, make_window: WindowMaker, full_screen: bool
) -> None:
    window = make_window(source="demo")
    window.resize(700, 555)
    if full_screen:
        window.actions_.full_screen.trigger()
    window.close()
    again = make_window(source="demo")
    assert (again.width(), again.height(), again.isFullScreen()) == (700, 555, False)


@pytest.mark.parametrize("shown", [False, True])
def test_the_clips_are_beside_the_picture_again_where_they_were_when_the_window_was_closed(
    qtbot: QtBot, make_window: WindowMaker, shown: bool
) -> None:
    window = make_window(source="demo")
    window.clips.show(shown)
    window.close()
    again = make_window(source="demo")
    assert again.clips.panel.isVisible() == shown
    assert again.focusWidget() is again.view  # whose keys are those of the picture
    assert not make_window(source="demo", seconds=60.0).clips.panel.isVisible()


def test_a_run_with_an_end_leaves_no_trace_of_its_window(qtbot: QtBot, make_window: WindowMaker) -> None:
    usual = make_window(source="demo").size()
    window = make_window(source="demo", seconds=60.0)
    window.resize(700, 555)
    window.close()
    assert make_window(source="demo", seconds=60.0).size() == usual


def test_a_camera_that_stopped_shows_no_face_and_keeps_its_name(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add_camera(0, "Desk camera", FakeSource("Desk camera", fails_at=20))
    window = make_window(source="0")
    qtbot.waitUntil(lambda: window.status.message == "No picture", timeout=LIMIT_MS)
    assert window.header.source.name == "Desk camera"


def test_news_go_by_themselves_and_questions_stay(qtbot: QtBot, make_window: WindowMaker) -> None:
    notices = make_window(source="demo").stage.notices
    notices.show_notice("news", Notice("Saved as clip.mp4.", passes_ms=1))
    notices.show_notice("question", Notice("Recover it?"))
    qtbot.waitUntil(lambda: "Saved as clip.mp4." not in notices.texts(), timeout=LIMIT_MS)
    assert "Recover it?" in notices.texts()


def test_a_button_that_is_about_to_be_pressed_does_not_go(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    notices, undo = window.stage.notices, [("Undo", lambda: None)]
    used = Notice("used", undo, passes_ms=50)
    notices.show_notice("used", used)
    button(used, "Undo").setFocus()
    for key, choices in (("read", ()), ("unused", undo)):
        notices.show_notice(key, Notice(key, choices, passes_ms=50))
    qtbot.waitUntil(lambda: notices.texts() == ["used"], timeout=LIMIT_MS)
    with qtbot.assertNotEmitted(notices.changed, wait=150):
        pass
    window.view.setFocus()
    qtbot.waitUntil(lambda: notices.texts() == [], timeout=LIMIT_MS)
    for key, choices in (("used", undo), ("read", ())):  # the mouse holds no notice without a button
        notice = Notice(key, choices, passes_ms=50)
        notices.show_notice(key, notice)
        notice.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    qtbot.waitUntil(lambda: notices.texts() == ["used"], timeout=LIMIT_MS)


def test_notices_have_room_for_themselves_and_the_gaps_between_them(qtbot: QtBot) -> None:
    stage = QWidget()
    qtbot.addWidget(stage)
    notices = NoticeStack(stage)
    shown = [Notice(text) for text in ("Saved.", "Recover it?", "No camera.")]
    for notice in shown:
        notices.show_notice(notice.text, notice)
    notices.resize(400, notices.fit(400, 1000))
    stage.show()
    assert notices.rect().contains(notices.childrenRect())
    assert all(notice.height() >= notice.heightForWidth(notice.width()) > 0 for notice in shown)


def test_in_a_low_window_older_notices_wait_until_newer_ones_have_gone(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo")
    stage = window.stage
    texts = [f"Notice {number}." for number in range(40)]
    for text in texts:
        stage.notices.show_notice(text, Notice(text))

    def shown() -> list[str]:
        return [notice.text for notice in stage.notices.findChildren(Notice) if notice.isVisible()]

    qtbot.waitUntil(lambda: stage.rect().contains(stage.notices.geometry()), timeout=LIMIT_MS)
    few = len(shown())
    assert shown() == texts[-few:] and 0 < few < 40
    for text in texts[6:]:
        stage.notices.remove(text)
    qtbot.waitUntil(lambda: shown()[-1:] == ["Notice 5."], timeout=LIMIT_MS)


def test_news_that_have_no_room_do_not_pass_unseen(qtbot: QtBot, make_window: WindowMaker) -> None:
    stage = make_window(source="demo").stage
    news = Notice("Saved as clip.mp4.", passes_ms=1)
    questions = [Notice(f"Question {number}?") for number in range(40)]
    for number, notice in enumerate([news, *questions]):
        stage.notices.show_notice(str(number), notice)
    passed: list[bool] = []
    news.dismissed.connect(lambda: passed.append(True))
    qtbot.waitUntil(lambda: questions[-1].isVisible() and not news.isVisible(), timeout=LIMIT_MS)
    later = QTimer()
    with qtbot.waitSignal(later.timeout, timeout=LIMIT_MS):
        later.start(20)
    assert "Saved as clip.mp4." in stage.notices.texts() and not passed
    for number in range(1, 41):
        stage.notices.remove(str(number))
    qtbot.waitUntil(lambda: passed == [True], timeout=LIMIT_MS)


def test_the_buttons_of_a_notice_stay_inside_it(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    window.resize(window.minimumSize())
    choices = [(f"A much longer choice, {number}", bool) for number in range(8)]
    window.stage.notices.show_notice("many", Notice("Which one?", choices))
    (notice,) = (n for n in window.stage.notices.findChildren(Notice) if n.text == "Which one?")
    qtbot.waitUntil(lambda: notice.width() < 540 and notice.height() > 100, timeout=LIMIT_MS)
    for one in notice.findChildren(QPushButton):
        assert notice.rect().contains(QRect(one.mapTo(notice, QPoint()), one.size()))
        assert one.width() >= one.sizeHint().width()


@pytest.mark.parametrize(
    ("source", "model", "source_is_whole", "model_is_whole"),
    [
        ("Demo", "happysad-with-a-long-name", True, False),
        ("a name that is as long as those that phones give their films " * 3, "happysad", False, True),
        ("a name that is rather long for this window", "happysad-with-a-long-name", False, False),
    ],
)
def test_a_narrow_header_shortens_the_longer_name(
    source: str,
    model: str,
    source_is_whole: bool,
    model_is_whole: bool,
    qtbot: QtBot,
    make_window: WindowMaker,
) -> None:
    window = make_window(source="demo")
    header = window.header
    qtbot.waitUntil(lambda: window.session.frames.source_has_labels, timeout=LIMIT_MS)
    header.setFixedWidth(500)
    header.source.set_name(source)
    header.model.set_name(model)
    pickers = header.source, header.model

    def are_whole() -> tuple[bool, ...]:
        return tuple(picker.width() >= picker.sizeHint().width() for picker in pickers)

    qtbot.waitUntil(lambda: are_whole() == (source_is_whole, model_is_whole), timeout=LIMIT_MS)
    if not any(are_whole()):
        qtbot.waitUntil(lambda: abs(header.source.width() - header.model.width()) <= 2, timeout=LIMIT_MS)


def test_the_chosen_model_is_used_at_the_next_start_unless_another_is_asked_for(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    window = make_window(source="demo")
    assert window.header.model.name == "happysad"
    window.model.choose("broken")  # which cannot be used, and is not remembered
    qtbot.waitUntil(lambda: "broken" in [asked.model for asked in factory.asked], timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not window.session.labelling.is_loading, timeout=LIMIT_MS)
    assert make_window(source="demo").header.model.name == "happysad"
    window.model.choose("gloomy")
    qtbot.waitUntil(lambda: window.session.labelling.model is not None, timeout=LIMIT_MS)
    assert make_window(source="demo").header.model.name == "gloomy"
    assert make_window(source="demo", model="happysad").header.model.name == "happysad"
    assert make_window(source="demo", seconds=60.0).header.model.name == "gloomy"


def test_a_model_that_was_named_from_its_folder_is_found_again_from_another(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "models")
    window = make_window(source="demo", model="mine")
    wait_for_labels(qtbot, window)
    with qtbot.waitSignal(window.model.taken, timeout=LIMIT_MS):
        next(action for action in window.model_menu.actions() if action.text() == "mine").trigger()
    monkeypatch.chdir(tmp_path)
    assert make_window(source="demo").header.model.name == "mine"


def test_a_run_that_measures_does_not_depend_on_what_somebody_prefers(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory, settings_path: Path, tmp_path: Path
) -> None:
    settings_path.write_text(
        "[General]\nmodel=gloomy\nhappy_sad_only=true\ndetector_range=short\nrecord_clean=true\n",
        encoding="utf-8",
    )
    window = make_window(source="demo", report=tmp_path / "report.json", record=tmp_path / "clip.mp4")
    wait_for_labels(qtbot, window)
    assert factory.asked == [LabelSettings("happysad")]
    window.recording.clip_recording.stop()
    qtbot.waitUntil((tmp_path / "clip.json").exists, timeout=LIMIT_MS)
    assert json.loads((tmp_path / "clip.json").read_text())["clean_from_s"] is None


def test_a_chosen_model_that_is_not_there_any_more_is_told(
    make_window: WindowMaker, settings_path: Path, tmp_path: Path
) -> None:
    settings_path.write_text(f"[General]\nmodel={tmp_path / 'mine'}\n")
    gone = "The model “mine”, chosen last, is no longer there: this is “happysad”."
    window = make_window(source="demo")
    assert window.header.model.name == "happysad" and gone in window.stage.notices.texts()
    window = make_window(source="demo", model="gloomy")
    assert window.header.model.name == "gloomy" and gone not in window.stage.notices.texts()
    (tmp_path / "mine").mkdir()
    assert gone not in make_window(source="demo").stage.notices.texts()


def test_a_photograph_stays_in_view_and_can_neither_be_paused_nor_played_again(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("photo.jpg", FakeSource("photo.jpg", "images", frames=1))
    window = make_window(source="photo.jpg")
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    wait_for_labels(qtbot, window)
    assert not window.stage.page.isVisible()
    assert not window.actions_.pause.isEnabled() and not window.actions_.again.isEnabled()
    assert "again" not in window.actions_.pause.text()


def test_at_the_end_of_a_video_its_whole_length_has_passed() -> None:
    info = FakeSource("clip.mp4", "file", frames=180, frame_rate=30.0).info
    last, before = (Frame(picture(0), n, n / 30, 0.0) for n in (179, 178))
    assert describe_position(info, last) == "0:06 / 0:06"
    assert describe_position(info, before) == "0:05 / 0:06"


def test_preferences_that_were_open_meanwhile_do_not_forget_the_model(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    dialog = open_preferences(window)
    window.model.choose("gloomy")
    qtbot.waitUntil(lambda: window.session.labelling.settings.model == "gloomy", timeout=LIMIT_MS)
    dialog.findChild(QCheckBox, "loop_files").click()
    assert make_window(source="demo").header.model.name == "gloomy"


def test_the_keys_of_a_button_that_is_switched_off_go_to_the_picture(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    """And not to the next one: Space, which was to pause, would record."""
    sources.add("0", FakeSource("Webcam", fails_at=30))
    window = make_window(source="0")
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    (pause,) = (button for button in window.footer.findChildren(QToolButton) if button.text() == "Pause")
    pause.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: window.session.state is State.FAILED, timeout=LIMIT_MS)
    assert window.focusWidget() is window.view


def test_closing_waits_for_what_was_done_to_clips(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the threads of the picture are not waited for any longer."""
    monkeypatch.setattr(session_module, "CLOSE_LIMIT_S", 0.0)
    stored: list[str] = []
    may_go_on = threading.Event()
    window.clips.work.run(may_go_on.wait)
    window.clips.work.run(lambda: stored.append("label"), must=True)
    window.clips.work.run(lambda: stored.append("list"))
    threading.Timer(0.2, may_go_on.set).start()
    window.close()
    assert (stored, window.exit_code) == (["label"], 0)


def test_what_could_not_be_stored_before_the_end_is_told(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clips_control, "STORE_LIMIT_S", 0.0)
    monkeypatch.setattr(session_module, "CLOSE_LIMIT_S", 0.0)
    may_go_on = threading.Event()
    window.clips.work.run(may_go_on.wait, must=True)
    window.close()
    may_go_on.set()
    assert "Some of your changes to clips could not be saved" in capsys.readouterr().err
    assert window.exit_code == 1


def test_what_fails_while_the_window_closes_is_told_with_its_reason(
    window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    """The window, where it would be told otherwise, is no longer there."""

    def fail() -> None:
        raise RecordingError("The disk is full.")

    may_go_on = threading.Event()
    for work in (window.clips.work, window.picture.work):
        work.run(may_go_on.wait)
        work.run(fail, must=True)
        work.run(fail)  # which nobody has asked for
    threading.Timer(0.1, may_go_on.set).start()
    window.close()
    assert capsys.readouterr().err.splitlines() == [
        f"happysad-live: {what} could not be saved before the window closed. The disk is full."
        for what in ("Some of your changes to clips", "The picture")
    ]
    assert window.exit_code == 1


def test_what_has_failed_before_the_window_closes_was_told_there(
    qtbot: QtBot, window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []

    def fail() -> None:
        raise RecordingError("The disk is full.")

    window.clips.work.run(fail, failed=told.append, must=True)
    qtbot.waitUntil(lambda: told == ["The disk is full."], timeout=LIMIT_MS)
    window.close()
    assert (capsys.readouterr().err, window.exit_code) == ("", 0)


def test_the_button_of_a_notice_can_be_pressed_while_its_words_change(
    qtbot: QtBot, window: MainWindow
) -> None:
    pressed: list[str] = []
    notices = window.stage.notices
    notices.show_notice("job", Notice("1 %", [("Cancel", lambda: pressed.append("Cancel"))]))
    cancel = button(notices, "Cancel")
    qtbot.mousePress(cancel, Qt.MouseButton.LeftButton)
    assert notices.reword("job", "2 %")
    assert "2 %" in notices.texts() and "1 %" not in notices.texts()
    qtbot.mouseRelease(cancel, Qt.MouseButton.LeftButton)
    assert pressed == ["Cancel"]
    assert not notices.reword("job", "3 %")
