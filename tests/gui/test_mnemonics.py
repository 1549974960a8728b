"""The underlined letters of the menus: each leads to one entry, whatever the window is doing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from clip_choices import choose
from clip_samples import write_clip
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.session.session import State


def mnemonics(actions: list[QAction]) -> list[str]:
    """The underlined letters of the entries, in lower case."""
    texts = (action.text().replace("&&", "") for action in actions)
    return [text[text.index("&") + 1].lower() for text in texts if "&" in text]


def menus(actions: list[QAction]) -> Iterator[list[QAction]]:
    """The entries of a menu, and those of every menu that it leads to."""
    yield actions
    for action in actions:
        if isinstance(menu := action.menu(), QMenu):
            yield from menus(menu.actions())


def test_no_two_entries_of_a_menu_have_the_same_letter(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    actions, panel = window.actions_, window.clips.panel
    write_clip(clips_dir, "clip")
    choose(qtbot, window, "clip")
    buttons = [*window.findChildren(QPushButton), *window.findChildren(QToolButton)]
    of_buttons = [one.menu().actions() for one in buttons if one.menu()]
    for state, pictures, on in product(State, (False, True), (False, True)):
        actions.show_state(state, window.session.info)
        actions.show_steps(pictures=pictures)
        actions.show_recording(on=on, obstacle="")
        of_clips = panel.menu_for(panel.list.all_chosen()).actions()
        for top in (window.menuBar().actions(), of_clips, *of_buttons):
            for entries in menus(top):
                letters = mnemonics(entries)
                assert len(letters) == len(set(letters)), [entry.text() for entry in entries]
