"""Recording from the window, with the real recorder: the clip is read back with another library."""

from __future__ import annotations

import json
from pathlib import Path

import av
from conftest import WindowMaker
from gui_fakes import FakeFactory, FakeSource, FakeSources
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from happysad_live.gui.main_window import MainWindow

LIMIT_MS = 20_000


def label_lines(folder: Path) -> tuple[dict, list[dict]]:
    """Header and frames of the only clip in a folder."""
    (path,) = folder.glob("*.labels.jsonl")
    header, *frames = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return header, frames


def video_times_s(folder: Path) -> list[float]:
    (path,) = folder.glob("*.mp4")
    with av.open(str(path)) as clip:
        return [float(frame.time) for frame in clip.decode(video=0)]


def frames_recorded(window: MainWindow) -> int:
    status = window.recording.clips.status()
    return status.frames if status else 0


def test_r_records_what_is_shown_until_r_again(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add("demo", FakeSource("The demo", "demo", frame_rate=30.0))
    folder = tmp_path / "clips"
    window = make_window(source="demo", record=folder)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 10, timeout=LIMIT_MS)
    assert window.actions_.record.isChecked()
    qtbot.waitUntil(lambda: "MB" in window.stage.badge.text(), timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clips.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
    assert not window.actions_.record.isChecked()
    assert not window.stage.badge.isVisible()
    header, frames = label_lines(folder)
    times_s = video_times_s(folder)
    assert (header["source"], header["model"]) == ("The demo", "happysad")
    assert len(times_s) == len(frames) >= 10
    assert all(abs(line["time_s"] - time_s) < 0.001 for line, time_s in zip(frames, times_s, strict=True))
    assert {face["label"] for line in frames for face in line["faces"]} == {"happy"}
    (clip,) = folder.glob("*.mp4")
    assert f"Saved as {clip.name}." in window.stage.notices.texts()


def test_a_clip_begins_with_the_first_labelled_frame(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60, frame_rate=30.0))
    factory.gate.clear()
    window = make_window(source="clip", record=tmp_path / "party.mp4")
    qtbot.waitUntil(lambda: window.view.result is not None, timeout=LIMIT_MS)
    assert frames_recorded(window) == 0
    assert window.actions_.record.isChecked()
    with qtbot.waitSignal(window.recording.clips.saved, timeout=LIMIT_MS) as saved:
        factory.gate.set()
    # It has ended with its source.
    assert saved.args[0].video == tmp_path / "party.mp4"
    _, frames = label_lines(tmp_path)
    assert frames[0]["faces"]
    # The fake pipeline puts each box where the frame's index says: whatever was labelled is recorded.
    assert [line["faces"][0]["box"][0] for line in frames] == factory.built[0].labelled


def test_closing_the_window_completes_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add("demo", FakeSource("The demo", "demo", frame_rate=30.0))
    folder = tmp_path / "clips"
    window = make_window(source="demo", record=folder, seconds=1.0)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 0
    times_s = video_times_s(folder)
    assert 0.8 < times_s[-1] - times_s[0] < 1.5
    assert len(label_lines(folder)[1]) == len(times_s)
    assert {path.suffix for path in folder.iterdir()} == {".mp4", ".jsonl", ".json"}


def test_another_source_ends_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add("two", FakeSource("Two", "file", frames=500))
    window = make_window(source="demo", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clips.saved, timeout=LIMIT_MS):
        window.play("two")
    assert not window.actions_.record.isChecked()
    assert label_lines(tmp_path)[0]["source"] == "The demo"


def test_a_folder_that_cannot_be_written_is_told(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path
) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.write_text("in the way", encoding="utf-8")
    window = make_window(source="demo", record=not_a_folder / "clips")
    with qtbot.waitSignal(window.recording.failed, timeout=LIMIT_MS) as failed:
        pass
    assert failed.args[0] in window.stage.notices.texts()
    assert not window.actions_.record.isChecked()
    assert window.isVisible()
