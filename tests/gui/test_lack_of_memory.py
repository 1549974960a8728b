"""A computer that has not enough memory for something large: the window says so, and goes on."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup

SMALL = np.zeros((4, 4, 3), np.uint8)


@pytest.mark.parametrize(
    "take", [lambda: np.empty(2**60, np.uint8), lambda: cv2.resize(SMALL, (2**20, 2**20))]
)
def test_work_for_which_there_is_no_memory_is_told(qtbot: QtBot, take: Callable[[], object]) -> None:
    work, told = Background("work", ThreadGroup()), []
    work.run(take, told.append, told.append)
    work.run(lambda: "done", told.append, told.append)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=LIMIT_MS)
    assert told == ["There is not enough memory: close other programs, then try again.", "done"]
    work.close()
