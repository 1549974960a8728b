"""The bar under a video: its handle is 12 pixels wide, so of 412 pixels 400 stand for the length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from happysad_live.core.types import Frame
from happysad_live.gui.seek_bar import SeekBar
from happysad_live.sources import SourceInfo

FILM = SourceInfo("film", "file", 4, 4, None, None, live=False, length_s=10.0)
FOLDER = SourceInfo("folder", "images", 4, 4, 1.0, 5, live=False, length_s=5.0)


@pytest.fixture
def bar(qtbot: QtBot) -> SeekBar:
    bar = SeekBar()
    qtbot.addWidget(bar)
    bar.setFixedWidth(412)
    return bar


def at(position_s: float) -> Frame:
    return Frame(np.zeros((4, 4, 3), np.uint8), 0, 0.0, 0.0, position_s=position_s)


@pytest.mark.parametrize(("info", "x", "sought_s"), [(FILM, 106, 2.5), (FILM, 411, 10.0), (FOLDER, 411, 4.0)])
def test_a_click_goes_where_it_points_and_at_the_end_to_the_last_picture(
    qtbot: QtBot, bar: SeekBar, info: SourceInfo, x: int, sought_s: float
) -> None:
    """The fifth of five pictures, a second each, begins at four seconds."""
    bar.show_source(info)
    with qtbot.waitSignal(bar.sought) as sought:
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(x, 9))
    assert sought.args == [pytest.approx(sought_s, abs=0.03)]


@pytest.mark.parametrize(
    "let_go",
    [lambda bar, qtbot: qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton), lambda bar, _: bar.hide()],
    ids=["released", "hidden"],
)
def test_the_handle_follows_the_picture_unless_it_is_held(
    qtbot: QtBot, bar: SeekBar, let_go: Callable[[SeekBar, QtBot], None]
) -> None:
    """The release does not come to a bar that was hidden meanwhile."""
    bar.show_source(FILM)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(206, 9))
    bar.show_position(at(9.0))
    assert bar.value() == pytest.approx(5000, abs=30)
    let_go(bar, qtbot)
    bar.show()
    bar.show_position(at(9.0))
    assert bar.value() == 9000


def test_page_down_goes_forward_whether_the_bar_has_the_keyboard_or_not(qtbot: QtBot, bar: SeekBar) -> None:
    """Qt's own bars go back with it; the window takes it from here."""
    bar.show_source(FOLDER)
    bar.setValue(2000)
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        qtbot.keyClick(bar, key)
        assert bar.value() == 2000
    qtbot.keyClick(bar, Qt.Key.Key_End)
    assert bar.value() == 4000
