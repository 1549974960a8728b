"""A system that lets the program start no more threads, as in a container that limits their number."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from clip_choices import choose
from clip_samples import write_clip
from gui_fakes import FakeSource, FakeSources
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker, frames_recorded, wait_for_labels

from happysad_live.errors import NO_MORE_THREADS
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.session.threads import ThreadGroup

Limit = Callable[[str | None], None]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Lets no thread start whose name begins as told; None lets all start again."""
    start = threading.Thread.start
    refused: list[str] = []

    def limited_start(thread: threading.Thread) -> None:
        if any(thread.name.startswith(name) for name in refused):
            raise RuntimeError("can't start new thread")
        start(thread)

    def tell(name: str | None) -> None:
        refused[:] = [] if name is None else [name]

    monkeypatch.setattr(threading.Thread, "start", limited_start)
    return tell


def test_a_camera_that_could_not_be_read_can_be_opened_later(
    qtbot: QtBot, session: Session, sources: FakeSources, limit: Limit
) -> None:
    sources.add("0", FakeSource())
    limit("capture")
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS) as failed:
        session.play("0")
    assert failed.args == [NO_MORE_THREADS] and session.state is State.FAILED
    limit(None)
    session.retry()
    qtbot.waitUntil(lambda: session.state is State.PLAYING, timeout=LIMIT_MS)


def test_a_camera_is_given_back_though_no_thread_can_do_it(
    qtbot: QtBot, session: Session, sources: FakeSources, limit: Limit
) -> None:
    camera = FakeSource()
    sources.add("0", camera)
    session.play("0")
    qtbot.waitUntil(lambda: session.state is State.PLAYING, timeout=LIMIT_MS)
    limit("release")
    assert session.close()
    assert camera.closed.is_set()


def test_a_model_that_no_thread_can_load_leaves_the_one_before_it(
    qtbot: QtBot, session: Session, limit: Limit
) -> None:
    with qtbot.waitSignal(session.labelling.ready, timeout=LIMIT_MS):
        session.labelling.use(LabelSettings("happysad"))
    limit("labels-")
    with qtbot.waitSignal(session.labelling.failed, timeout=LIMIT_MS) as failed:
        session.labelling.use(LabelSettings("gloomy"))
    assert str(failed.args[0]) == NO_MORE_THREADS
    assert session.labelling.settings == LabelSettings("happysad")
    assert not session.labelling.is_loading
    limit(None)
    with qtbot.waitSignal(session.labelling.ready, timeout=LIMIT_MS):
        session.labelling.use(LabelSettings("gloomy"))


@pytest.mark.parametrize("must", [False, True])
def test_work_that_no_thread_can_do_is_told_and_does_not_stop_what_comes_later(
    qtbot: QtBot, limit: Limit, must: bool
) -> None:
    work, told = Background("work", ThreadGroup()), []
    limit("work")
    work.run(lambda: "done", told.append, told.append, must=must)
    qtbot.waitUntil(lambda: told == [NO_MORE_THREADS], timeout=LIMIT_MS)
    limit(None)
    work.run(lambda: "done", told.append, told.append, must=must)
    qtbot.waitUntil(lambda: told == [NO_MORE_THREADS, "done"], timeout=LIMIT_MS)
    work.close()
    assert work.wait(LIMIT_MS / 1000)


def test_a_recording_that_no_thread_can_write_is_off_at_once(
    qtbot: QtBot, make_window: WindowMaker, limit: Limit
) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    limit("recorder")
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert f"No clip could be begun: {NO_MORE_THREADS}" in window.stage.notices.texts()
    assert not window.actions_.record.isChecked()
    limit(None)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
        qtbot.waitUntil(lambda: bool(window.recording.clip_recording.status().frames), timeout=LIMIT_MS)
        qtbot.keyClick(window, Qt.Key.Key_R)


def test_of_a_recording_that_has_a_clip_nobody_says_that_nothing_was_recorded(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, limit: Limit
) -> None:
    window = make_window(source="demo", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    limit("recorder")
    recording = window.recording.clip_recording
    with qtbot.waitSignals([recording.failed, recording.saved], timeout=LIMIT_MS) as told:
        window.model.choose("gloomy")
    [problem] = [event.args[0] for event in told.all_signals_and_args if len(event.args) == 1]
    assert problem == f"No clip could be begun: {NO_MORE_THREADS}"
    assert (tmp_path / "one.mp4").is_file() and not recording.is_on


def test_a_clip_that_no_thread_can_play_says_so(
    qtbot: QtBot, window: MainWindow, clips_dir: object, limit: Limit
) -> None:
    clip = write_clip(clips_dir, "clip")
    choose(qtbot, window, "clip")
    limit("clip-playback")
    window.clips.players.open(clip)
    player = window.clips.players.by_video[clip.video]
    with qtbot.waitSignal(player.shown.broken, timeout=LIMIT_MS) as broken:
        pass
    assert broken.args == [NO_MORE_THREADS]
