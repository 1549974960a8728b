"""Buttons that go on below where a row is full."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import QRect
from PyQt6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from happysad_live.gui.widgets.wrapping_row import WrappingRow


@pytest.mark.parametrize(
    ("width", "places"),
    [
        (330, [(0, 0), (108, 0), (216, 0)]),
        (316, [(0, 0), (108, 0), (216, 0)]),
        (315, [(0, 0), (108, 0), (0, 28)]),
        (100, [(0, 0), (0, 28), (0, 56)]),
    ],
)
def test_what_has_no_room_goes_below(qtbot: QtBot, width: int, places: list[tuple[int, int]]) -> None:
    """Three of 100 by 20 pixels, 8 between them."""
    holder = QWidget()
    qtbot.addWidget(holder)
    row = WrappingRow(holder)
    row.setSpacing(8)
    parts = [QLabel() for _ in range(3)]
    for part in parts:
        part.setFixedSize(100, 20)
        row.addWidget(part)
    row.setGeometry(QRect(0, 0, width, 200))
    assert [(part.x(), part.y()) for part in parts] == places
    assert row.heightForWidth(width) == places[-1][1] + 20
    assert (row.sizeHint().width(), row.minimumSize().width()) == (316, 100)
