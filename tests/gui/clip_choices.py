"""What a user does in the list of clips."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

from happysad_live.gui.clips.player import ClipPlayer
from happysad_live.gui.main_window import MainWindow
from happysad_live.recording.library import Clip


def choose(qtbot: QtBot, window: MainWindow, stem: str) -> None:
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: window.clips.model.row_of(stem) is not None, timeout=LIMIT_MS)
    window.clips.panel.list.choose(stem)


def stems(window: MainWindow) -> list[str]:
    return sorted(clip.stem for clip in window.clips.model.clips)


def choose_all(qtbot: QtBot, window: MainWindow, *names: str) -> list[Clip]:
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: stems(window) == sorted(names), timeout=LIMIT_MS)
    window.clips.panel.list.setFocus()
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    return window.clips.panel.list.all_chosen()


def open_player(qtbot: QtBot, window: MainWindow, clip: Clip) -> ClipPlayer:
    """The window that plays a clip, once its labels are read."""
    window.clips.players.open(clip)
    player = window.clips.players.by_video[clip.video]
    qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
    return player


def rename(window: MainWindow, clip: Clip, name: str) -> None:
    """Name it in the dialog; the files are renamed later."""
    window.clips.panel.rename_wanted.emit(clip)
    dialog = window.findChild(QInputDialog)
    assert dialog is not None
    dialog.setTextValue(name)
    dialog.accept()


@contextmanager
def changes_held(qtbot: QtBot, window: MainWindow) -> Iterator[None]:
    """What the block wants of clips waits until its end, and is done then."""
    go_on, done = threading.Event(), threading.Event()
    window.clips.work.run(lambda: go_on.wait(LIMIT_MS / 1000))
    yield
    window.clips.work.run(lambda: None, lambda _: done.set())
    go_on.set()
    qtbot.waitUntil(done.is_set, timeout=LIMIT_MS)


def chosen_stems(window: MainWindow) -> list[str]:
    return sorted(clip.stem for clip in window.clips.panel.list.all_chosen())
