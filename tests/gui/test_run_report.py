"""What a run of the window came to, in figures."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from gui_fakes import LABELS, picture
from pytestqt.qtbot import QtBot

from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.run_report import RunReport
from happysad_live.gui.video_view import VideoView


def window(view: VideoView) -> MainWindow:
    frames = SimpleNamespace(dropped_by_sources=3)
    return cast(MainWindow, SimpleNamespace(view=view, session=SimpleNamespace(frames=frames)))


def test_frames_that_waited_for_the_model_do_not_make_the_rate_higher(qtbot: QtBot, tmp_path: Path) -> None:
    """Ten a second were captured, of which the fourth was lost; they come to the screen at once."""
    view = VideoView()
    qtbot.addWidget(view)
    report = RunReport(window(view), tmp_path / "report.json")
    began_s = time.perf_counter() - 0.5
    for index in (0, 1, 2, 4):
        frame = Frame(picture(index), index, index / 10, began_s + index / 10)
        view.show_result(FrameResult(frame, (), LABELS))
        view.grab()
    report.write()
    figures = json.loads((tmp_path / "report.json").read_text())
    assert (figures["frames"], figures["shown"], figures["lost"]) == (5, 4, 1)
    assert figures["shown_per_s"] == pytest.approx(3 / 0.4, abs=0.01)


def test_the_frames_of_a_video_that_begins_anew_are_counted_on(qtbot: QtBot, tmp_path: Path) -> None:
    """Seven were due, of which the third one of the second time was lost."""
    view = VideoView()
    qtbot.addWidget(view)
    report = RunReport(window(view), tmp_path / "report.json")
    for index in (0, 1, 2, 0, 1, 3):
        view.show_result(FrameResult(Frame(picture(index), index, index / 10, 0.0), (), LABELS))
        view.grab()
    report.write()
    figures = json.loads((tmp_path / "report.json").read_text())
    assert (figures["frames"], figures["shown"], figures["lost"]) == (7, 6, 1)


def test_frames_that_the_source_has_lost_were_due_as_well(qtbot: QtBot, tmp_path: Path) -> None:
    """Three had been lost before the first label; then two were, between the second frame and the third."""
    view = VideoView()
    qtbot.addWidget(view)
    main_window = window(view)
    report = RunReport(main_window, tmp_path / "report.json")
    for index, lost in ((0, 3), (1, 3), (2, 5)):
        main_window.session.frames.dropped_by_sources = lost
        view.show_result(FrameResult(Frame(picture(index), index, index / 10, 0.0), (), LABELS))
        view.grab()
    report.write()
    figures = json.loads((tmp_path / "report.json").read_text())
    assert (figures["frames"], figures["shown"], figures["lost"]) == (5, 3, 2)
