"""Labels and films of clips saved from the window."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from clip_choices import choose_all
from clip_samples import write_clip
from PyQt6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, press_answer

from happysad_live.gui.main_window import MainWindow
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import Clip, label_stretch, rename_clip


def export_into(window: MainWindow, clips: list[Clip], folder: Path) -> None:
    window.clips.panel.export_wanted.emit(clips, "csv")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.setDirectory(str(folder))
    dialog.selectFile(str(folder))
    dialog.accept()


def test_several_clips_are_exported_into_one_folder(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_clip(clips_dir, "a")
    write_clip(clips_dir, "b")
    export_into(window, choose_all(qtbot, window, "a", "b"), out)
    qtbot.waitUntil(lambda: "Saved 2 files." in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert sorted(path.name for path in out.iterdir()) == ["a.labels.csv", "b.labels.csv"]


def test_the_window_asks_before_it_gives_an_export_up_and_tells_of_it_without_the_panel(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slow_export(_clip: Clip, _form: str, path: Path, **_: object) -> bool:
        assert go_on.wait(LIMIT_MS / 1000)
        path.write_text("whole")
        return True

    monkeypatch.setattr("happysad_live.gui.clips.exports.export_clip", slow_export)
    window.clips.show(False)
    window.clips.exports.export("csv", [(write_clip(clips_dir, "a"), tmp_path / "a.csv")])
    assert "Writing a.csv… 0 %" in window.stage.notices.texts()
    for _ in range(2):
        window.clips.players.quit_wanted.emit()  # as by a key of a player, which no question stops
        assert window.isVisible()
    assert len(window.findChildren(QMessageBox)) == 1
    press_answer(window, "Wait for it")
    go_on.set()
    qtbot.waitUntil(lambda: "Saved a.csv." in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert not any(text.startswith("Writing") for text in window.stage.notices.texts())
    window.close()
    assert not window.isVisible()


def test_the_question_goes_when_the_export_is_done(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(
        "happysad_live.gui.clips.exports.export_clip", lambda *_, **__: go_on.wait(LIMIT_MS / 1000)
    )
    window.clips.exports.export("csv", [(write_clip(clips_dir, "a"), tmp_path / "a.csv")])
    window.close()
    assert QApplication.activeModalWidget() is not None
    go_on.set()
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is None, timeout=LIMIT_MS)
    assert window.isVisible()


def test_an_export_is_given_up_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    window.clips.exports.export("video", [(write_clip(clips_dir, "a"), tmp_path / "a.mp4")])
    window.close()
    press_answer(window, "Quit")
    assert not window.isVisible()


def test_ctrl_c_does_not_wait_for_an_answer(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    window.clips.exports.export("video", [(write_clip(clips_dir, "a"), tmp_path / "a.mp4")])
    window.leave()  # what a signal does
    assert not window.isVisible()
    assert window.findChild(QMessageBox) is None


def test_an_export_has_the_label_that_was_given_after_it_was_asked_for(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path
) -> None:
    asked_for = write_clip(clips_dir, "a")
    label_stretch(asked_for, OwnLabel(0.0, None, "sad"))
    window.clips.exports.export("csv", [(asked_for, tmp_path / "a.csv")])
    qtbot.waitUntil(lambda: "Saved a.csv." in window.stage.notices.texts(), timeout=LIMIT_MS)
    rows = list(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert {row["own_label"] for row in rows} == {"sad"}


@pytest.mark.parametrize(("answer", "stays"), [("Keep", True), ("Replace", False)])
def test_an_export_of_several_replaces_files_only_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, answer: str, stays: bool
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.labels.csv").write_text("mine")
    write_clip(clips_dir, "a")
    write_clip(clips_dir, "b")
    export_into(window, choose_all(qtbot, window, "a", "b"), out)
    begun: list[str] = []
    window.clips.exports.progressed.connect(lambda name, _: begun.append(name))
    question = window.findChild(QMessageBox)
    assert question is not None and "The folder out already has “a.labels.csv”." in question.informativeText()
    press_answer(window, answer)
    assert bool(begun) is not stays
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    if stays:
        assert [path.read_text() for path in out.iterdir()] == ["mine"]
    else:
        qtbot.waitUntil(lambda: "Saved 2 files." in window.stage.notices.texts(), timeout=LIMIT_MS)
        assert (out / "a.labels.csv").read_text() != "mine"


@pytest.mark.parametrize(("answer", "stays"), [("Keep", True), ("Replace", False)])
def test_a_name_without_its_ending_replaces_a_file_only_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, answer: str, stays: bool
) -> None:
    (tmp_path / "mine.labels.csv").write_text("mine")
    window.clips.panel.export_wanted.emit([write_clip(clips_dir, "a")], "csv")
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "mine"))  # as GTK's dialog tells it, which has asked about “mine”
    press_answer(window, answer)
    saved = "Saved mine.labels.csv."
    if stays:
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
        assert saved not in window.stage.notices.texts()
        assert (tmp_path / "mine.labels.csv").read_text() == "mine"
    else:
        qtbot.waitUntil(lambda: saved in window.stage.notices.texts(), timeout=LIMIT_MS)
        assert (tmp_path / "mine.labels.csv").read_text() != "mine"


def test_what_was_complete_when_the_others_were_given_up_is_told(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def export(
        clip: Clip, _form: str, _path: Path, *, progress: Callable[[float], bool], **_: object
    ) -> bool:
        if clip.stem == "a":
            return True
        begun.set()
        assert go_on.wait(LIMIT_MS / 1000)
        return progress(0.5)

    monkeypatch.setattr("happysad_live.gui.clips.exports.export_clip", export)
    exports = window.clips.exports
    exports.export(
        "csv", [(write_clip(clips_dir, stem), tmp_path / f"{stem}.csv") for stem in ("a", "b", "c")]
    )
    qtbot.waitUntil(lambda: begun.is_set(), timeout=LIMIT_MS)
    with qtbot.waitSignal(exports.idle, timeout=LIMIT_MS):
        exports.cancel()
        go_on.set()
    assert "Saved a.csv." in window.stage.notices.texts()


def test_an_export_that_waits_follows_a_clip_that_is_renamed(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, exported = threading.Event(), []

    def slow_export(clip: Clip, _form: str, path: Path, **_: object) -> bool:
        assert go_on.wait(LIMIT_MS / 1000)
        exported.append(clip.stem)
        path.write_text("whole")
        return True

    monkeypatch.setattr("happysad_live.gui.clips.exports.export_clip", slow_export)
    first, second = write_clip(clips_dir, "a"), write_clip(clips_dir, "b")
    exports = window.clips.exports
    exports.export("csv", [(first, tmp_path / "a.csv"), (second, tmp_path / "b.csv")])
    exports.follow(second, rename_clip(second, "party"))
    with qtbot.waitSignal(exports.finished, timeout=LIMIT_MS):
        go_on.set()
    assert exported == ["a", "party"]
