"""The list of keys: nothing that the window can do by a key is missing."""

from __future__ import annotations

import re
from pathlib import Path

from clip_samples import write_clip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QTextBrowser
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker

from happysad_live.gui.keys import action_keys, keys_page


def test_every_key_of_the_window_is_listed(make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    keys = dict(action_keys(window.actions()))
    assert (keys["Pause"], keys["Record"], keys["Full screen"]) == ("Space", "R", "F, F11")
    of_clips = [*window.clips.panel.actions(), *window.clips.panel.list.actions()]
    page = keys_page(window.actions(), of_clips)
    listed = {key for cell in re.findall("<td>([^<]*)</td></tr>", page) for key in cell.split(", ")}
    everywhere = [*window.actions(), *of_clips]
    assert {key.toString() for action in everywhere for key in action.shortcuts()} <= listed
    assert {"Return", "F2", "Del", "Ctrl+F"} <= listed


def test_help_shows_the_keys_of_the_window_and_of_clips(make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    window.actions_.keys.trigger()
    page = window.findChild(QTextBrowser)
    assert page is not None
    lines = page.toPlainText().splitlines()
    assert {
        "Pause",
        "Find clips",
        "Ctrl+F",
        "Rename",
        "F2",
        "List all clips again, or hide them",
        "Undo the last change of labels, make it again",
    } <= set(lines)


def test_f1_shows_the_keys_from_a_clip_too(qtbot: QtBot, make_window: WindowMaker, clips_dir: Path) -> None:
    window = make_window(source="demo")
    window.clips.players.open(write_clip(clips_dir))
    (player,) = window.clips.players.by_video.values()
    qtbot.waitUntil(player.isActiveWindow, timeout=LIMIT_MS)
    qtbot.keyClick(player, Qt.Key.Key_F1)
    page = player.findChild(QTextBrowser)
    assert page is not None
    lines = page.toPlainText().splitlines()
    assert {"The clip before or after this one in the list", "Ctrl+PgUp, Ctrl+PgDown"} <= set(lines)
    assert {"One picture back or forward", "←, →"} <= set(lines)
    assert {"Full screen", "F, F11", "Leave full screen, or close the clip"} <= set(lines)


def test_the_keys_that_go_to_another_position_stand_together(make_window: WindowMaker) -> None:
    page = keys_page(make_window(source="demo").actions(), [])
    rows = re.findall("<tr><td>([^<]*)</td>", page)
    first = rows.index("Play from the beginning")
    assert rows[first + 1 : first + 5] == [
        "5 seconds back",
        "5 seconds forward",
        "50 seconds, or ten pictures, back or forward",
        "To the beginning or the end",
    ]
