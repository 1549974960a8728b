"""“Teach it my face” from the window's menu on."""

from __future__ import annotations

import pytest
from gui_fakes import FakeFactory, FakeSource, FakeSources
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from teach_fakes import FakeTeacher
from window_use import LIMIT_MS, WindowMaker, button, press_answer, wait_for_labels

from happysad_live.errors import TrainingError
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.session.session import State
from happysad_live.gui.teach.control import TeachControl
from happysad_live.gui.teach.dialog import TeachDialog
from happysad_live.gui.teach.pages import ShowPage
from happysad_live.gui.teach.teaching import Teacher


def start(qtbot: QtBot, make_window: WindowMaker, teacher: FakeTeacher | str) -> MainWindow:
    """A window that shows labelled faces, with a teacher, or the sentence why there is none."""

    def make_teacher(model: str) -> Teacher:
        if isinstance(teacher, str):
            raise TrainingError(f"{model}: {teacher}")
        return teacher

    window = make_window(source="demo")
    window.teaching = TeachControl(window.session, window.stage.notices, window, make_teacher)
    window.actions_.teach.triggered.disconnect()
    window.actions_.teach.triggered.connect(lambda: window.teaching.open(mirrored=window.view.mirrored))
    window.teaching.taught.connect(window.model.choose)
    window.teaching.wanted.connect(window.actions_.teach.trigger)
    window.teaching.labels_wanted.connect(window.model.load)
    return window


def start_take(qtbot: QtBot, window: MainWindow) -> ShowPage:
    """Open the dialog and press Start; its page."""
    wait_for_labels(qtbot, window)
    window.actions_.teach.trigger()
    assert window.teaching.dialog is not None
    page = window.teaching.dialog.show_page
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    return page


def test_the_model_menu_offers_it_and_the_dialog_gets_the_live_picture(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = start(qtbot, make_window, FakeTeacher())
    wait_for_labels(qtbot, window)
    assert window.actions_.teach in window.model_menu.actions()
    window.actions_.teach.trigger()
    dialog = window.teaching.dialog
    assert dialog is not None and dialog.isVisible()
    qtbot.waitUntil(lambda: dialog.show_page.view.result is not None, timeout=LIMIT_MS)
    first = dialog.show_page.view.result
    assert first is not None and first.faces == ()  # its own labels would distract
    qtbot.waitUntil(lambda: dialog.show_page.view.result is not first, timeout=LIMIT_MS)
    dialog.reject()
    assert window.teaching.dialog is None


def test_a_kept_model_labels_the_picture(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    window = start(qtbot, make_window, FakeTeacher())
    wait_for_labels(qtbot, window)
    window.actions_.teach.trigger()
    assert window.teaching.dialog is not None
    window.teaching.dialog.kept.emit("gloomy")
    qtbot.waitUntil(lambda: factory.asked[-1].model == "gloomy", timeout=LIMIT_MS)
    assert any("“gloomy” is saved and in use" in text for text in window.stage.notices.texts())


def with_something_shown(qtbot: QtBot, make_window: WindowMaker) -> tuple[MainWindow, TeachDialog]:
    window = start(qtbot, make_window, FakeTeacher())
    start_take(qtbot, window)
    dialog = window.teaching.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: "2 of 3" in dialog.show_page.title.text(), timeout=LIMIT_MS)
    return window, dialog


def test_quitting_asks_before_what_was_shown_is_lost(qtbot: QtBot, make_window: WindowMaker) -> None:
    window, dialog = with_something_shown(qtbot, make_window)
    window.close()  # as Ctrl+Q in a clip's window does
    assert window.isVisible() and dialog.isVisible()
    press_answer(dialog, "Give up")
    window.close()
    assert not window.isVisible()


def test_a_signal_to_end_asks_nothing(qtbot: QtBot, make_window: WindowMaker) -> None:
    window, _ = with_something_shown(qtbot, make_window)
    window.leave()
    assert not window.isVisible()


def test_a_model_that_cannot_be_taught_is_told(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = start(qtbot, make_window, "it comes without the faces of other people.")
    wait_for_labels(qtbot, window)
    window.actions_.teach.trigger()
    assert window.teaching.dialog is None
    told = "happysad: it comes without the faces of other people."
    for _ in range(2):
        window.actions_.pause.trigger()
        assert told in window.stage.notices.texts()
    window.model.choose("gloomy")
    qtbot.waitUntil(lambda: told not in window.stage.notices.texts(), timeout=LIMIT_MS)


def test_a_paused_picture_teaches_nothing(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = start(qtbot, make_window, FakeTeacher())
    wait_for_labels(qtbot, window)
    window.actions_.pause.trigger()
    window.actions_.teach.trigger()
    assert window.teaching.dialog is None
    assert any("is paused" in text for text in window.stage.notices.texts())
    button(window.stage.notices, "Resume it").click()
    assert window.teaching.dialog is not None and window.session.state is State.PLAYING
    assert not any("is paused" in text for text in window.stage.notices.texts())


def test_without_a_moving_picture_it_is_told_what_is_missing(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    window = start(qtbot, make_window, FakeTeacher())
    wait_for_labels(qtbot, window)
    sources.add("film", FakeSource("film", "file", frames=5))
    sources.add("photograph", FakeSource("photograph", "images", frames=1))
    for spec, state, told in (
        ("gone", State.FAILED, "There is no picture"),
        ("film", State.ENDED, "The source has ended: play it again"),
        ("photograph", State.ENDED, "This is a single picture"),
    ):
        window.session.play(spec)
        qtbot.waitUntil(lambda state=state: window.session.state is state, timeout=LIMIT_MS)
        window.actions_.teach.trigger()
        assert window.teaching.dialog is None
        assert any(text.startswith(told) for text in window.stage.notices.texts())


def test_a_film_that_ends_is_played_again_for_the_expression_that_was_being_taken(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("demo", FakeSource("film", "file", frames=60))
    window = start(qtbot, make_window, FakeTeacher())
    page = start_take(qtbot, window)
    assert not page.start.isEnabled()
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    assert page.start.isEnabled() and "The picture has stopped" in page.hint.text()
    with qtbot.waitSignal(window.session.source_opened, timeout=LIMIT_MS):
        qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    assert not page.start.isEnabled()
    assert window.teaching.dialog is not None
    window.teaching.dialog.reject()


def test_while_the_camera_is_away_no_expression_is_waited_for(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    camera = FakeSource("Cam")
    sources.add("demo", camera)
    window = start(qtbot, make_window, FakeTeacher())
    page = start_take(qtbot, window)
    del sources.known["demo"]
    camera.fails_at = camera.frames_read + 5
    qtbot.waitUntil(lambda: window.session.is_retrying, timeout=LIMIT_MS)
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    assert page.start.isEnabled() and "“Cam” was unplugged. Press Start once" in page.hint.text()
    sources.add("demo", FakeSource("Cam"))
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    assert not page.start.isEnabled()
    assert window.teaching.dialog is not None
    window.teaching.dialog.give_up()


def test_a_model_that_fails_gives_the_expression_up_and_start_loads_it_again(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    window = start(qtbot, make_window, FakeTeacher())
    page = start_take(qtbot, window)
    factory.built[-1].fails = True
    qtbot.waitUntil(page.start.isEnabled, timeout=LIMIT_MS)
    assert "Labelling stopped" in page.hint.text() and "load the model again" in page.hint.text()
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    assert not page.start.isEnabled()
    qtbot.waitUntil(lambda: len(factory.built) == 2 and bool(factory.built[1].labelled), timeout=LIMIT_MS)
    assert [settings.model for settings in factory.asked] == ["happysad", "happysad"]
    assert window.teaching.dialog is not None
    window.teaching.dialog.give_up()


def test_without_labels_there_is_nothing_to_teach_yet(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    factory.gate.clear()
    window = start(qtbot, make_window, FakeTeacher())
    window.actions_.teach.trigger()
    assert window.teaching.dialog is None
    assert any("try again then" in text for text in window.stage.notices.texts())
    factory.gate.set()
    wait_for_labels(qtbot, window)
    assert not any("try again then" in text for text in window.stage.notices.texts())


@pytest.mark.parametrize("chosen", ["gloomy", "broken"])
def test_the_model_before_is_not_taught_while_another_one_is_loaded(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory, chosen: str
) -> None:
    window = start(qtbot, make_window, FakeTeacher())
    wait_for_labels(qtbot, window)
    factory.gate.clear()
    window.model.choose(chosen)
    window.actions_.teach.trigger()
    told = "The chosen model is being loaded"
    assert window.teaching.dialog is None
    for _ in range(2):
        window.actions_.pause.trigger()
        assert any(text.startswith(told) for text in window.stage.notices.texts())
    factory.gate.set()
    qtbot.waitUntil(lambda: not window.session.labelling.is_loading, timeout=LIMIT_MS)
    assert not any(text.startswith(told) for text in window.stage.notices.texts())
    window.actions_.teach.trigger()
    assert window.teaching.dialog is not None
    window.teaching.dialog.give_up()
