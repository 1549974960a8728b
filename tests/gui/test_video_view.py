"""What the view paints, pixel by pixel."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from gui_fakes import LABELS, picture
from PyQt6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot
from recording_samples import face

from happysad_live.core.types import Box, Frame, FrameResult, LabelledFace
from happysad_live.gui.video_view import VideoView, to_qimage

GREEN, GREY = QColor(0, 255, 0), QColor(100, 100, 100)


def result(faces: tuple[LabelledFace, ...] = ()) -> FrameResult:
    """64 x 48: grey (100) at the left, green at the right."""
    return FrameResult(Frame(picture(100), 0, 0.0, 0.0), faces, LABELS)


def painted(qtbot: QtBot, view: VideoView) -> QImage:
    with qtbot.waitExposed(view):
        view.show()
    return view.grab().toImage()


@pytest.fixture
def view(qtbot: QtBot) -> VideoView:
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 240)
    return view


def test_the_picture_is_letterboxed(qtbot: QtBot, view: VideoView) -> None:
    view.show_result(result())
    image = painted(qtbot, view)
    # 4:3 in 640 x 240: 320 wide, from 160 to 480.
    for x in (2, 150, 490, 637):
        assert image.pixelColor(x, 120).lightness() < 20
    assert image.pixelColor(170, 120) == GREY
    assert image.pixelColor(470, 120) == GREEN
    assert image.pixelColor(470, 2) == GREEN


def test_a_mirrored_picture_is_turned(qtbot: QtBot, view: VideoView) -> None:
    view.set_mirrored(True)
    view.show_result(result())
    image = painted(qtbot, view)
    assert image.pixelColor(170, 120) == GREEN
    assert image.pixelColor(470, 120) == GREY


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_box_stands_on_its_face(qtbot: QtBot, view: VideoView, mirrored: bool) -> None:
    # In the left half of the frame, at the window's scale of 5: x from 160 + 20 to 160 + 120.
    view.show_result(result((face("sad", box=Box(4, 20, 24, 40)),)))
    view.set_mirrored(mirrored)
    image = painted(qtbot, view)
    edges = (180, 280) if not mirrored else (640 - 280, 640 - 180)
    for edge in edges:
        columns = [image.pixelColor(x, 150) for x in range(edge - 3, edge + 4)]
        assert any(colour.blue() > colour.red() + 80 for colour in columns), f"no blue at {edge}"
    # The face's own surroundings are in the box, wherever it stands.
    assert image.pixelColor(sum(edges) // 2, 150) == GREY


def test_the_label_of_a_trembling_face_stays_on_its_side(qtbot: QtBot, view: VideoView) -> None:
    view.resize(640, 360)
    grey = Frame(np.full((360, 640, 3), 40, np.uint8), 0, 0.0, 0.0)
    sides = []
    for top in (-3, 7, None, 7):  # the limit lies between them; None: another source
        faces = () if top is None else (face("happy", box=Box(100, top, 260, top + 200)),)
        view.show_result(None if top is None else FrameResult(grey, faces, LABELS))
        below = painted(qtbot, view).copy(100, 216, 60, 20)
        sides.append({below.pixelColor(x, 10).getRgb()[:3] for x in range(60)} != {(40, 40, 40)})
    assert [sides[0], sides[1], sides[3]] == [True, True, False]


def test_each_frame_is_reported_once_when_it_is_on_the_screen(qtbot: QtBot, view: VideoView) -> None:
    shown: list[Frame] = []
    view.painted.connect(shown.append)
    first = result()
    view.show_result(first)
    painted(qtbot, view)
    view.repaint()
    assert shown == [first.frame]


def test_an_empty_stage_is_dark(qtbot: QtBot, view: VideoView) -> None:
    view.show_result(result())
    painted(qtbot, view)
    view.show_result(None)
    assert painted(qtbot, view).pixelColor(320, 120).lightness() < 20


def test_a_picture_of_one_pixels_height_is_painted_however_large_the_screen(
    qtbot: QtBot, view: VideoView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("happysad_live.gui.video_view.MAX_SIDE_PX", 300)
    view.show_result(FrameResult(Frame(np.full((1, 3000, 3), 200, np.uint8), 0, 0.0, 0.0), (), LABELS))
    image = painted(qtbot, view)
    assert max(image.pixelColor(320, y).lightness() for y in range(118, 122)) > 150


def test_the_image_owns_its_pixels() -> None:
    # Three wide: rows of nine bytes, which Qt would expect to be padded to twelve.
    pixels = np.full((2, 3, 3), (10, 20, 30), np.uint8)
    image = to_qimage(pixels)
    pixels[:] = 255
    del pixels
    gc.collect()
    assert image.pixelColor(2, 1) == QColor(10, 20, 30)


def test_a_sliced_picture_is_shown_as_it_is() -> None:
    wide = np.zeros((2, 6, 3), np.uint8)
    wide[:, ::2] = (200, 100, 50)
    image = to_qimage(wide[:, ::2])
    assert (image.width(), image.height()) == (3, 2)
    assert all(image.pixelColor(x, 1) == QColor(200, 100, 50) for x in range(3))
