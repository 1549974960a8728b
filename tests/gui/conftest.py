"""The window offscreen, with fake sources and a fake pipeline; threads that stay behind fail the test."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gui_fakes import FakeFactory, FakeSources
from PyQt6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker

from happysad_live.bootstrap import release_qt_plugin_path
from happysad_live.config import WindowConfig
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.preferences.store import PreferenceStore
from happysad_live.gui.session import session as session_module
from happysad_live.gui.session import watchdog
from happysad_live.gui.session.session import Session
from happysad_live.gui.session.source_choice import Sources

os.environ["QT_QPA_PLATFORM"] = "offscreen"
release_qt_plugin_path()

LEAK_LIMIT_S = 5.0


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Whatever a test starts has to be gone after it."""
    before = set(threading.enumerate())
    yield
    deadline_s = time.perf_counter() + LEAK_LIMIT_S
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(max(deadline_s - time.perf_counter(), 0.0))
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture
def sources() -> FakeSources:
    return FakeSources()


@pytest.fixture
def factory() -> FakeFactory:
    return FakeFactory()


@pytest.fixture
def session(
    qtbot: QtBot, sources: FakeSources, factory: FakeFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Session]:
    """Watches a camera, and tries one that stopped again, sooner than the user's: no test waits long."""
    monkeypatch.setattr(session_module, "RETRY_MS", 300)
    monkeypatch.setattr(watchdog, "WATCH_MS", 100)
    session = Session(Sources(sources.open, sources.list_cameras), factory)
    yield session
    factory.gate.set()
    if factory.hold is not None:
        factory.hold.set()
    session.close()


@pytest.fixture
def settings_path(tmp_path: Path) -> Path:
    return tmp_path / "settings.ini"


@pytest.fixture
def make_window(
    qtbot: QtBot, session: Session, settings_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> WindowMaker:
    """Makes a started window; keywords are those of WindowConfig. Its clips go into a folder of the test."""
    monkeypatch.setattr(
        "happysad_live.gui.preferences.store.recordings_dir", lambda: tmp_path / "HappySad Live"
    )

    def make(**wishes: object) -> MainWindow:
        store = PreferenceStore(QSettings(str(settings_path), QSettings.Format.IniFormat))
        models = {"happysad": Path("happysad"), "gloomy": Path("gloomy")}
        config = WindowConfig(**wishes)  # type: ignore[arg-type]
        window = MainWindow(session, config, store, lambda: models)
        qtbot.addWidget(window)
        window.show()
        window.start()
        return window

    return make


@pytest.fixture
def clips_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder


@pytest.fixture
def window(qtbot: QtBot, make_window: WindowMaker, clips_dir: Path) -> MainWindow:
    """With an empty folder of clips beside the picture."""
    window = make_window(source="demo")
    window.clips.open_folder(clips_dir)
    window.clips.show()
    qtbot.waitUntil(window.clips.panel.isVisible, timeout=LIMIT_MS)
    return window
