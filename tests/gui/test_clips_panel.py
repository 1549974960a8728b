"""The list of clips: in step with its folder, empty state, menus, exports."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from clip_samples import FRAMES, write_clip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QPixmap
from PyQt6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from happysad_live.gui.background import Background
from happysad_live.gui.clips.clip_list import THUMBNAIL_ROLE, ClipListModel
from happysad_live.gui.clips.exports import ClipExports
from happysad_live.gui.clips.folder import ClipFolder
from happysad_live.gui.clips.panel import ClipsPanel
from happysad_live.gui.clips.texts import clock, describe_clip, share_bar
from happysad_live.gui.threads import ThreadGroup
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import label_stretch, set_note
from happysad_live.recording.mp4 import read_times

LIMIT_MS = 10_000


class Shown:
    """A folder's panel."""

    def __init__(self, folder: Path) -> None:
        self.work = Background("clips", ThreadGroup())
        self.model = ClipListModel()
        self.folder = ClipFolder(folder, self.model, self.work, Background("thumbnails", ThreadGroup()))
        self.panel = ClipsPanel(self.model)

    def stems(self) -> list[str]:
        return [clip.stem for clip in self.model.clips]


@pytest.fixture
def clips_dir(tmp_path: Path) -> Path:
    """Not there yet."""
    return tmp_path / "Videos" / "clips"


@pytest.fixture
def shown(qtbot: QtBot, clips_dir: Path) -> Iterator[Shown]:
    shown = Shown(clips_dir)
    qtbot.addWidget(shown.panel)
    shown.panel.show()
    yield shown
    shown.folder.close()
    shown.work.close()


def fill(qtbot: QtBot, shown: Shown, *stems: str) -> None:
    for stem in stems:
        write_clip(shown.folder.folder, stem)
    shown.folder.refresh()
    qtbot.waitUntil(lambda: sorted(shown.stems()) == sorted(stems), timeout=LIMIT_MS)


def actions_of(menu: QMenu) -> dict[str, QAction]:
    """Every entry of a menu and its submenus, by its text without mnemonics."""
    found = {}
    for action in menu.actions():
        submenu = action.menu()
        found |= actions_of(submenu) if submenu else {action.text().replace("&", ""): action}
    return found


def test_an_empty_folder_says_how_to_record(qtbot: QtBot, shown: Shown) -> None:
    with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
        shown.folder.refresh()
    assert shown.panel.is_empty


def test_clips_appear_and_go_as_the_folder_changes(qtbot: QtBot, shown: Shown, clips_dir: Path) -> None:
    with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
        shown.folder.refresh()
    clips_dir.mkdir(parents=True)  # the folder itself comes later
    clip = write_clip(clips_dir, "new")
    qtbot.waitUntil(lambda: shown.stems() == ["new"], timeout=LIMIT_MS)
    assert not shown.panel.is_empty
    clip.video.rename(clips_dir / "by hand.mp4")
    qtbot.waitUntil(lambda: shown.stems() == ["by hand"], timeout=LIMIT_MS)
    (clips_dir / "by hand.mp4").unlink()
    qtbot.waitUntil(lambda: shown.panel.is_empty, timeout=LIMIT_MS)


def test_thumbnails_come_from_another_thread(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "clip")
    qtbot.waitUntil(lambda: not shown.model.without_thumbnail(), timeout=LIMIT_MS)
    picture = shown.model.index(0).data(THUMBNAIL_ROLE)
    assert isinstance(picture, QPixmap)
    # The clip's first picture is evenly grey 20.
    assert picture.toImage().pixelColor(10, 10).red() == pytest.approx(20, abs=4)


def test_a_clip_that_cannot_be_read_has_no_thumbnail_and_does_no_harm(qtbot: QtBot, shown: Shown) -> None:
    clip = write_clip(shown.folder.folder, "broken")
    clip.video.write_bytes(b"nothing")
    write_clip(shown.folder.folder, "whole")
    shown.folder.refresh()
    qtbot.waitUntil(lambda: sorted(shown.stems()) == ["broken", "whole"], timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not shown.model.without_thumbnail(), timeout=LIMIT_MS)


def test_a_note_from_elsewhere_is_shown_and_the_choice_stays(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "one", "two")
    shown.panel.list.choose("one")
    set_note(next(clip for clip in shown.model.clips if clip.stem == "one"), "at the sea")
    qtbot.waitUntil(lambda: any(clip.info.note for clip in shown.model.clips), timeout=LIMIT_MS)
    chosen = shown.panel.list.chosen()
    assert chosen is not None and chosen.info.note == "at the sea"


def test_the_menu_offers_the_models_classes_and_every_export(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "clip")
    shown.panel.list.choose("clip")
    clip = shown.panel.list.chosen()
    assert clip is not None
    offered = actions_of(shown.panel.menu_for(clip))
    assert {"happy", "sad", "neutral", "Table (CSV)…", "Delete…", "Show in folder"} <= set(offered)
    assert not offered["No label of mine"].isEnabled()
    with qtbot.waitSignal(shown.panel.label_wanted) as wanted:
        offered["sad"].trigger()
    assert wanted.args == [clip, "sad"]
    with qtbot.waitSignal(shown.panel.export_wanted) as wanted:
        offered["ELAN annotations (.eaf)…"].trigger()
    assert wanted.args == [clip, "eaf"]


def test_enter_and_delete_work_on_the_chosen_clip(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "clip")
    shown.panel.list.choose("clip")
    shown.panel.list.setFocus()
    qtbot.waitUntil(shown.panel.list.hasFocus, timeout=LIMIT_MS)
    for key, signal in (
        (Qt.Key.Key_Return, shown.panel.open_wanted),
        (Qt.Key.Key_Delete, shown.panel.delete_wanted),
        (Qt.Key.Key_F2, shown.panel.rename_wanted),
    ):
        with qtbot.waitSignal(signal, timeout=LIMIT_MS) as wanted:
            qtbot.keyClick(shown.panel.list, key)
        assert wanted.args[0].stem == "clip"


def test_rows_are_painted_with_thumbnail_share_and_own_label(qtbot: QtBot, shown: Shown) -> None:
    clip = write_clip(shown.folder.folder, "clip")
    label_stretch(clip, OwnLabel(0.0, None, "sad"))
    shown.folder.refresh()
    qtbot.waitUntil(lambda: not shown.panel.is_empty, timeout=LIMIT_MS)
    picture = shown.panel.list.grab().toImage()
    colours = {
        picture.pixelColor(x, y).getRgb()[:3] for x in range(0, picture.width(), 3) for y in range(0, 80, 2)
    }
    assert {(255, 205, 64), (104, 164, 255), (206, 212, 218)} <= colours  # happy, sad, neutral


def test_a_labelled_copy_is_written_with_progress(qtbot: QtBot, tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    exports = ClipExports(ThreadGroup())
    percents: list[int] = []
    exports.progressed.connect(lambda name, percent: percents.append(percent))
    with qtbot.waitSignal(exports.idle, timeout=LIMIT_MS):
        exports.export(clip, "video", tmp_path / "out.labelled.mp4")
        exports.export(clip, "csv", tmp_path / "out.csv")
    assert read_times(tmp_path / "out.labelled.mp4").frames == FRAMES
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + 2 * FRAMES
    assert percents[0] == 0 and 100 in percents and len(set(percents)) > 10


def test_a_cancelled_export_leaves_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clips")
    out = tmp_path / "out"
    out.mkdir()
    exports = ClipExports(ThreadGroup())
    finished: list[Path] = []
    exports.finished.connect(finished.append)
    with qtbot.waitSignal(exports.idle, timeout=LIMIT_MS):
        exports.export(clip, "video", out / "clip.labelled.mp4")
        exports.cancel()
    assert finished == []
    assert list(out.iterdir()) == []


def test_an_export_that_cannot_be_written_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    exports = ClipExports(ThreadGroup())
    with qtbot.waitSignal(exports.failed, timeout=LIMIT_MS) as told:
        exports.export(clip, "jsonl", clip.path(".labels.jsonl"))
    assert "is the clip itself" in told.args[0]


def test_work_after_closing_is_forgotten_but_for_what_the_user_said(qtbot: QtBot) -> None:
    threads = ThreadGroup()
    work = Background("test", threads)
    gate, begun, done = threading.Event(), threading.Event(), []

    def wait() -> str:
        begun.set()
        gate.wait(10)
        return "first"

    kept: list[str] = []
    work.run(wait, done.append)
    work.run(lambda: "second", done.append)
    work.run(lambda: kept.append("a note"), done.append, must=True)
    assert begun.wait(10)
    work.close()
    gate.set()
    for thread in threads.alive():
        thread.join(10)
    qtbot.waitUntil(lambda: not threads.alive(), timeout=LIMIT_MS)
    assert done == []
    assert kept == ["a note"]


def test_times_and_shares_read_well(tmp_path: Path) -> None:
    assert [clock(7.04), clock(7.04, tenths=True), clock(3725), clock(59.999)] == [
        "0:07",
        "0:07.0",
        "1:02:05",
        "0:59",
    ]
    # A quarter of the time without a face, and of the rest happy two thirds.
    bar = share_bar({"happy": 2 / 3, "sad": 1 / 3, "no face": 0.25})
    assert bar == [("happy", pytest.approx(0.5)), ("sad", pytest.approx(0.25))]
    text = describe_clip(write_clip(tmp_path))
    # Face 1 is happy in the first half and sad in the second, face 2 neutral throughout.
    assert "neutral 50 %, happy 25 %, sad 25 %" in text and f"{FRAMES} frames" in text
