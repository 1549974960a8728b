"""What a user does in the list of clips."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

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


def chosen_stems(window: MainWindow) -> list[str]:
    return sorted(clip.stem for clip in window.clips.panel.list.all_chosen())
