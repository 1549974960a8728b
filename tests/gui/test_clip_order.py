"""The order of the list of clips."""

from __future__ import annotations

import json
from pathlib import Path

from clip_samples import write_clip
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot
from window_use import WindowMaker

from happysad_live.gui.clips.clip_list import ClipListModel
from happysad_live.gui.clips.clip_order import OrderButton
from happysad_live.gui.clips.panel import ClipsPanel
from happysad_live.gui.preferences.dialog import PreferencesDialog
from happysad_live.recording.library import Clip, list_clips

CLIPS = {  # a name, the hour when it was recorded, its seconds
    "take 10": (9, 2.0),
    "Take 9": (11, 2.0),
    "party": (10, 7.5),
}


def write_clips(folder: Path) -> list[Clip]:
    for stem, (hour, length_s) in CLIPS.items():
        write_clip(folder, stem)
        info = folder / f"{stem}.json"
        told = {"recorded_at": f"2026-03-01T{hour:02}:00:00+00:00", "length_s": length_s}
        info.write_text(json.dumps(json.loads(info.read_text()) | told))
    return list_clips(folder)


def stems(panel: ClipsPanel) -> list[str]:
    """The names in the list, from the top."""
    model = panel.list.model()
    assert model is not None
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def choose(panel: ClipsPanel, order: str) -> None:
    (button,) = panel.findChildren(OrderButton)
    entries = {action.text().replace("&", ""): action for action in button.findChildren(QAction)}
    entries[order].trigger()


def test_clips_are_listed_in_the_order_that_is_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    model = ClipListModel()
    panel = ClipsPanel(model)
    qtbot.addWidget(panel)
    model.show_clips(write_clips(tmp_path))
    assert stems(panel) == ["Take 9", "party", "take 10"]
    panel.list.choose("party")
    for order, expected in (
        ("Oldest first", ["take 10", "party", "Take 9"]),
        ("By name", ["party", "Take 9", "take 10"]),
        ("Longest first", ["party", "Take 9", "take 10"]),
        ("Newest first", ["Take 9", "party", "take 10"]),
        ("By name", ["party", "Take 9", "take 10"]),
    ):
        choose(panel, order)
        assert stems(panel) == expected
        assert [clip.stem for clip in panel.list.all_chosen()] == ["party"]
    model.find("take")
    assert stems(panel) == ["Take 9", "take 10"]
    model.show_clips(list_clips(tmp_path)[1:])  # the newest is gone
    assert stems(panel) == ["take 10"]
    model.find("")
    assert stems(panel) == ["party", "take 10"]


def test_the_next_clip_is_the_next_in_the_list(qtbot: QtBot, tmp_path: Path) -> None:
    model = ClipListModel()
    model.show_clips(write_clips(tmp_path))
    model.set_order("name")
    party, _, last = model.clips
    after = model.neighbour(party, after=True)
    assert after is not None and after.stem == "Take 9"
    assert model.neighbour(last, after=True) is None


def test_the_order_is_kept_for_the_next_start(
    qtbot: QtBot, make_window: WindowMaker, clips_dir: Path
) -> None:
    clips = write_clips(clips_dir)
    window = make_window(source="demo")
    window.clips.model.show_clips(clips)
    assert stems(window.clips.panel) == ["Take 9", "party", "take 10"]
    window.actions_.preferences.trigger()  # the dialog knows nothing of what is chosen beside it
    (dialog,) = window.findChildren(PreferencesDialog)
    choose(window.clips.panel, "By name")
    loop = dialog.findChild(QCheckBox, "loop_files")
    assert loop is not None
    loop.click()
    window.close()
    again = make_window(source="demo")
    again.clips.model.show_clips(clips)
    assert stems(again.clips.panel) == ["party", "Take 9", "take 10"]
    (button,) = again.clips.panel.findChildren(OrderButton)
    assert button.toolTip() == "Order of the clips: by name"
