"""Saving the picture that is shown: what is in the file, what it is called, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from full_disk import full_disk
from gui_fakes import HEIGHT, WIDTH, FakeFactory, FakeSource, FakeSources
from PIL import Image
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QFileDialog, QLineEdit, QMessageBox
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker, labelled, wait_for_labels

from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import RecordingError
from happysad_live.gui.controls.picture_saving import suggested_stem, write_picture
from happysad_live.gui.main_window import MainWindow
from happysad_live.overlay import draw_result


def ask(window: MainWindow) -> QFileDialog:
    window.actions_.save_picture.trigger()
    return asking(window)


def asking(window: MainWindow) -> QFileDialog:
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    return dialog


def accept(dialog: QFileDialog, path: Path) -> None:
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(path))
    dialog.accept()


def save_as(window: MainWindow, path: Path) -> None:
    accept(ask(window), path)


def wait_for_notice(qtbot: QtBot, window: MainWindow, text: str) -> None:
    qtbot.waitUntil(lambda: text in window.stage.notices.texts(), timeout=LIMIT_MS)


@pytest.fixture
def photograph(qtbot: QtBot, make_window: WindowMaker, sources: FakeSources) -> MainWindow:
    sources.add("photo", FakeSource("face.jpg", "images", frames=1))
    window = make_window(source="photo")
    wait_for_labels(qtbot, window)
    return window


@pytest.mark.parametrize(
    ("name", "saved", "kind"),
    [("a.png", "a.png", "PNG"), ("a.JPG", "a.JPG", "JPEG"), ("a", "a.png", "PNG")],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_picture_is_saved_in_full_size_as_it_is_shown(
    name: str, saved: str, kind: str, mirrored: bool, qtbot: QtBot, photograph: MainWindow, tmp_path: Path
) -> None:
    photograph.view.set_mirrored(mirrored)
    save_as(photograph, tmp_path / name)
    wait_for_notice(qtbot, photograph, f"Saved as {saved}.")
    result = photograph.view.result
    shown = draw_result(result.frame.image, result, mirrored=mirrored)
    with Image.open(tmp_path / saved) as file:
        assert (file.format, file.size) == (kind, (WIDTH, HEIGHT))
        difference = np.abs(np.asarray(file, np.int16) - shown)
    assert difference.max() == 0 if kind == "PNG" else difference.mean() < 10
    assert [path.name for path in tmp_path.iterdir() if path.suffix.lower() in (".png", ".jpg")] == [saved]


def test_the_picture_of_the_moment_in_which_it_was_asked_for_is_saved(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path
) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    then = window.view.result
    qtbot.waitUntil(lambda: window.view.result is not then, timeout=LIMIT_MS)
    accept(asking(window), tmp_path / "then.png")
    wait_for_notice(qtbot, window, "Saved as then.png.")
    with Image.open(tmp_path / "then.png") as file:
        assert np.array_equal(np.asarray(file), draw_result(then.frame.image, then))


def test_what_is_there_is_replaced_only_by_who_says_so(photograph: MainWindow, tmp_path: Path) -> None:
    old = tmp_path / "face.jpg"
    old.write_bytes(b"the photograph itself")
    asked: list[str] = []

    def keep() -> None:
        (question,) = photograph.findChildren(QMessageBox)
        asked.append(question.text())
        question.button(QMessageBox.StandardButton.No).click()

    QTimer.singleShot(0, keep)  # the dialog waits for the answer
    save_as(photograph, old)
    assert len(asked) == 1 and "face.jpg already exists" in asked[0]
    assert old.read_bytes() == b"the photograph itself"


def test_a_name_of_which_the_dialog_knew_nothing_replaces_nothing(
    qtbot: QtBot, photograph: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "a.b.png").write_bytes(b"old")
    save_as(photograph, tmp_path / "a.b")
    wait_for_notice(qtbot, photograph, "a.b.png is there already: choose another name.")
    assert (tmp_path / "a.b.png").read_bytes() == b"old"


def test_a_name_without_an_ending_replaces_nothing(
    qtbot: QtBot, photograph: MainWindow, tmp_path: Path
) -> None:
    """Qt adds a default suffix only after the file dialog of GTK has asked what may be replaced."""
    (tmp_path / "a.png").write_bytes(b"old")
    dialog = ask(photograph)
    assert not dialog.defaultSuffix()
    accept(dialog, tmp_path / "a")
    wait_for_notice(qtbot, photograph, "a.png is there already: choose another name.")
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_what_cannot_be_written_is_told(
    qtbot: QtBot, photograph: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    save_as(photograph, tmp_path / "a.png")
    told = f"The disk is full: a.png could not be written. Free some space in {tmp_path}."
    wait_for_notice(qtbot, photograph, told)
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_picture_of_which_a_full_disk_takes_a_part_replaces_nothing(tmp_path: Path, ending: str) -> None:
    """However much of it that is: Pillow misses it in the last piece that it writes of a JPEG."""
    noise = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    seen, path = FrameResult(Frame(noise, 0, 0.0, 0.0), (), ()), tmp_path / f"a{ending}"
    write_picture(seen, path, mirrored=False)
    size_bytes = path.stat().st_size
    path.write_text("older")
    for taken_bytes in (1, size_bytes // 2, size_bytes - 1):
        with full_disk(taken_bytes), pytest.raises(RecordingError, match="The disk is full: a"):
            write_picture(seen, path, mirrored=False)
    assert path.read_text() == "older" and list(tmp_path.iterdir()) == [path]


def test_a_picture_is_suggested_a_free_name_after_its_own_or_its_sources(
    qtbot: QtBot, photograph: MainWindow, tmp_path: Path
) -> None:
    save_as(photograph, tmp_path / "face.png")
    wait_for_notice(qtbot, photograph, "Saved as face.png.")
    qtbot.waitUntil(lambda: photograph.findChild(QFileDialog) is None, timeout=LIMIT_MS)
    assert ask(photograph).selectedFiles() == [str(tmp_path / "face 2.png")]
    clip = FakeSource("trip.v2.mp4", "file").info
    folder = FakeSource("album", "images", frames=3).info
    stream = FakeSource("rtsp://door:554/", "stream").info
    assert suggested_stem(clip, "") == "trip.v2"
    assert suggested_stem(folder, "more/1.jpeg") == "1"
    assert suggested_stem(stream, "") == "rtsp door 554"
    assert suggested_stem(FakeSource("?").info, "") == "Picture"


def test_it_is_offered_while_there_is_a_picture(
    qtbot: QtBot, make_window: WindowMaker, factory: FakeFactory
) -> None:
    factory.gate.clear()
    window = make_window(source="missing")
    save = window.actions_.save_picture
    qtbot.waitUntil(window.stage.page.isVisible, timeout=LIMIT_MS)
    assert not save.isEnabled()
    window.session.play("demo")
    qtbot.waitUntil(save.isEnabled, timeout=LIMIT_MS)
    assert window.view.result is not None and not labelled(window)  # without labels as well
    window.session.play("missing")
    assert not save.isEnabled()
    factory.gate.set()


def test_closing_waits_for_the_picture(photograph: MainWindow, tmp_path: Path) -> None:
    save_as(photograph, tmp_path / "a.png")
    photograph.close()
    assert photograph.exit_code == 0
    with Image.open(tmp_path / "a.png") as file:
        assert file.size == (WIDTH, HEIGHT)


def test_a_picture_too_large_for_jpeg_is_refused_with_the_way_out(tmp_path: Path) -> None:
    frame = Frame(np.zeros((1, 65_501, 3), np.uint8), 0, 0.0, 0.0)
    with pytest.raises(RecordingError, match=r"save it as panorama\.png"):
        write_picture(FrameResult(frame, (), ()), tmp_path / "panorama.jpg", mirrored=False)
    assert list(tmp_path.iterdir()) == []
