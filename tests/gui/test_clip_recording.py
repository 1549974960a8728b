"""Recording from the window, with the real recorder: the clip is read back with another library."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from gui_fakes import FakeFactory, FakeSource, FakeSources
from PyQt6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot
from window_use import WindowMaker, button, frames_recorded, wait_for_labels

from happysad_live.core.types import Frame
from happysad_live.gui import main_window
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.preferences.dialog import PreferencesDialog
from happysad_live.gui.preferences.store import Preferences, PreferenceStore
from happysad_live.gui.recording import control, running_clip
from happysad_live.gui.recording.clip_recording import (
    FILE_END_LOOK_EVERY_MS,
    LAST_FRAMES_LIMIT_S,
    Ending,
    Refusal,
    join_limit_s,
)
from happysad_live.gui.session.backlog import BACKLOG_FRAMES
from happysad_live.gui.session.frame_flow import FrameFlow
from happysad_live.gui.session.session import State
from happysad_live.gui.session.watchdog import Watchdog
from happysad_live.gui.texts import describe_recording
from happysad_live.overlay import label_colour
from happysad_live.recording import recorder
from happysad_live.recording.recorder import RecorderStatus

LIMIT_MS = 20_000


def label_lines(folder: Path, clip: str = "*") -> tuple[dict, list[dict]]:
    """Header and frames of the only clip in a folder, or of the one with that stem."""
    (path,) = folder.glob(f"{clip}.labels.jsonl")
    header, *frames = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return header, frames


def video_times_s(folder: Path) -> list[float]:
    (path,) = folder.glob("*.mp4")
    with av.open(str(path)) as clip:
        return [float(frame.time) for frame in clip.decode(video=0)]


def test_r_records_what_is_shown_until_r_again(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add("demo", FakeSource("The demo", "demo", frame_rate=30.0))
    folder = tmp_path / "clips"
    window = make_window(source="demo", record=folder)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 10, timeout=LIMIT_MS)
    assert window.actions_.record.isChecked()
    qtbot.waitUntil(lambda: "MB" in window.stage.badge.text(), timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
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


@pytest.mark.parametrize(
    ("asked", "preferred", "clean_from_s"), [(False, False, None), (True, False, 0.0), (False, True, 0.0)]
)
def test_labels_are_drawn_into_the_clip_unless_it_is_to_be_clean(
    qtbot: QtBot,
    make_window: WindowMaker,
    settings_path: Path,
    tmp_path: Path,
    asked: bool,
    preferred: bool,
    clean_from_s: float | None,
) -> None:
    settings = QSettings(str(settings_path), QSettings.Format.IniFormat)
    PreferenceStore(settings).save(Preferences(), Preferences(record_clean=preferred))
    window = make_window(source="demo", record=tmp_path / "one.mp4", clean=asked)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
    assert json.loads((tmp_path / "one.json").read_text())["clean_from_s"] == clean_from_s
    with av.open(str(tmp_path / "one.mp4")) as clip:
        image = next(clip.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    # The fake source's picture is dark grey and green, and the label yellow.
    is_drawn = bool((np.abs(image - label_colour("happy")).max(axis=2) < 60).any())
    assert is_drawn is (clean_from_s is None)


def test_a_clip_begins_with_the_first_labelled_frame(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=40, frame_rate=30.0))
    factory.gate.clear()
    window = make_window(source="clip", record=tmp_path / "party.mp4")
    qtbot.waitUntil(lambda: window.view.result is not None, timeout=LIMIT_MS)
    assert frames_recorded(window) == 0
    assert window.actions_.record.isChecked()
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        factory.gate.set()
    # It has ended with its source.
    assert saved.args[0].video == tmp_path / "party.mp4"
    _, frames = label_lines(tmp_path)
    assert frames[0]["faces"]
    # The fake pipeline puts each box where the frame's index says: whatever was labelled is recorded.
    assert [line["faces"][0]["box"][0] for line in frames] == factory.built[0].labelled


def test_closing_the_window_completes_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    """Its seconds count from the first labels, which come when the picture has played for a while."""
    sources.add("demo", FakeSource("The demo", "demo", frame_rate=30.0))
    folder = tmp_path / "clips"
    factory.gate.clear()
    window = make_window(source="demo", record=folder, seconds=1.0)
    view = window.view
    qtbot.waitUntil(lambda: view.result is not None and view.result.frame.time_s > 0.5, timeout=LIMIT_MS)
    factory.gate.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 0
    times_s = video_times_s(folder)
    assert 0.8 < times_s[-1] - times_s[0] < 1.5
    assert len(label_lines(folder)[1]) == len(times_s)
    assert {path.suffix for path in folder.iterdir()} == {".mp4", ".jsonl", ".json"}


@pytest.mark.parametrize(("dropped", "told"), [(0, ""), (1, "1 picture lost"), (278, "278 pictures lost")])
def test_the_badge_says_what_a_recording_has_lost(dropped: int, told: str) -> None:
    status = RecorderStatus(frames=60, dropped=dropped, length_s=2.0, size_bytes=800_000)
    badge = describe_recording(True, status, None, playing=True)
    assert told in badge and ("lost" in badge) == bool(told)


def test_the_badge_says_that_a_recording_is_held() -> None:
    """In full screen nothing else does."""
    status = RecorderStatus(frames=60, dropped=0, length_s=2.0, size_bytes=800_000)
    assert "paused" in describe_recording(True, status, None, playing=False, paused=True)
    assert "paused" not in describe_recording(True, status, None, playing=False)  # the end of a file


def test_closing_the_window_gives_a_nights_clip_the_time_that_its_completion_takes() -> None:
    moment = RecorderStatus(frames=60, dropped=0, length_s=2.0, size_bytes=800_000)
    assert 30 <= join_limit_s(moment) < 31
    # Eight hours: a disk that copies 20 MB a second, and reads and moves it all once more for the index.
    night = RecorderStatus(frames=864_000, dropped=0, length_s=28_800.0, size_bytes=6_000_000_000)
    assert join_limit_s(night) > 2 * 6000 / 20


def test_another_source_ends_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add("two", FakeSource("Two", "file", frames=500))
    window = make_window(source="demo", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        window.session.play("two")
    assert saved.args[1] is Ending.OTHER_SOURCE
    assert not window.actions_.record.isChecked()
    assert label_lines(tmp_path)[0]["source"] == "The demo"


def test_a_film_that_is_played_again_ends_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add("film", FakeSource("Film", "file", frames=500), FakeSource("Film", "file", frames=500))
    window = make_window(source="film", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        window.session.restart()
    assert saved.args[1] is Ending.PLAYED_AGAIN


def test_a_film_that_is_played_again_after_its_end_has_nothing_to_tell(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    """Not even while its last frames wait to be labelled."""
    sources.add("film", FakeSource("Film", "file", frames=60), FakeSource("Film", "file", frames=500))
    window = make_window(source="film", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 2, timeout=LIMIT_MS)
    factory.hold = factory.built[-1].hold = threading.Event()
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        window.session.restart()
        factory.hold.set()
    assert saved.args[1] is None
    assert label_lines(tmp_path)[1][-1]["faces"][0]["box"][0] == 59  # where the fake pipeline puts it


def assert_clip_without_pause(qtbot: QtBot, window: MainWindow, folder: Path, frames: int) -> None:
    """After a pause in which a camera gave 60 frames. frames: how many to wait for before the clip ends."""
    qtbot.waitUntil(lambda: frames_recorded(window) >= frames, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        qtbot.keyClick(window, Qt.Key.Key_R)
    times_s = video_times_s(folder)
    assert max(late - early for early, late in pairwise(times_s)) < 0.5
    assert saved.args[0].info.dropped < 60  # what came meanwhile does not count as lost


def test_a_pause_is_no_part_of_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    camera = FakeSource("Front camera")
    sources.add_camera(0, "Front camera", camera)
    window = make_window(source="0", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    window.session.toggle_pause()
    paused_at = camera.frames_read
    qtbot.waitUntil(lambda: camera.frames_read >= paused_at + 60, timeout=LIMIT_MS)  # of 100 a second
    before = frames_recorded(window)
    window.session.toggle_pause()
    assert_clip_without_pause(qtbot, window, tmp_path, frames=before + 5)


def test_a_pause_before_the_labels_is_no_part_of_the_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    camera = FakeSource("Front camera")
    sources.add_camera(0, "Front camera", camera)
    factory.gate.clear()
    window = make_window(source="0", record=tmp_path)
    qtbot.waitUntil(lambda: window.view.result is not None, timeout=LIMIT_MS)
    window.session.toggle_pause()
    factory.gate.set()
    qtbot.waitUntil(lambda: frames_recorded(window) == 1, timeout=LIMIT_MS)  # the picture that is held
    paused_at = camera.frames_read
    qtbot.waitUntil(lambda: camera.frames_read >= paused_at + 60, timeout=LIMIT_MS)  # of 100 a second
    window.session.toggle_pause()
    assert_clip_without_pause(qtbot, window, tmp_path, frames=5)


def test_another_model_before_the_first_frame_does_not_end_the_wish_to_record(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera", frame_rate=30.0))
    window = make_window(source="0")
    wait_for_labels(qtbot, window)
    window.session.toggle_pause()
    qtbot.keyClick(window, Qt.Key.Key_R)
    with qtbot.waitSignal(window.session.labelling.starting, timeout=LIMIT_MS):
        window.model.choose("gloomy")
    assert window.actions_.record.isChecked()
    window.session.toggle_pause()
    qtbot.waitUntil(lambda: frames_recorded(window) >= 3, timeout=LIMIT_MS)


def test_a_film_that_fails_before_its_first_frame_leaves_the_wish_to_record_to_the_next_one(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("broken", FakeSource("Broken", "file", fails_at=0))
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    window.session.toggle_pause()
    window.clips.own_label.choose("sad")
    qtbot.keyClick(window, Qt.Key.Key_R)
    window.session.play("broken")
    qtbot.waitUntil(lambda: window.session.state is State.FAILED, timeout=LIMIT_MS)
    assert window.actions_.record.isChecked()
    badge = window.stage.badge.text()
    assert "begins when the picture plays" in badge and "my label: sad" in badge
    window.session.play("demo")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 3, timeout=LIMIT_MS)


def test_another_search_for_faces_does_not_end_the_clip_and_another_model_begins_the_next(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path
) -> None:
    window = make_window(source="demo", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    labelling = window.session.labelling
    assert labelling.settings is not None
    with qtbot.waitSignal(labelling.ready, timeout=LIMIT_MS):
        labelling.use(replace(labelling.settings, detector_range="short"))
    before = frames_recorded(window)
    qtbot.waitUntil(lambda: frames_recorded(window) >= before + 5, timeout=LIMIT_MS)
    window.session.toggle_pause()  # or a frame may be lost behind the clip's last one
    qtbot.waitUntil(lambda: labelling.pending == 0, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        window.model.choose("gloomy")
    window.session.toggle_pause()
    assert f"Saved as one.mp4. {Ending.OTHER_LABELS}" in window.stage.notices.texts()
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
    (header, first), (next_header, second) = (label_lines(tmp_path, clip) for clip in ("one", "one_2"))
    assert (header["model"], next_header["model"]) == ("happysad", "gloomy")
    # The fake pipeline names each face by its model, and puts its box where the frame's index says.
    for frames, label in ((first, "happy"), (second, "sad")):
        assert {line["faces"][0]["label"] for line in frames} == {label}
    # None is there twice, none lost untold.
    indices = [line["faces"][0]["box"][0] for line in first]
    assert indices == sorted(set(indices))
    lost = json.loads((tmp_path / "one.json").read_text())["dropped"]
    assert len(indices) + lost == indices[-1] - indices[0] + 1


def test_frames_that_the_model_before_labels_too_late_are_counted(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, factory: FakeFactory
) -> None:
    factory.hold = hold = threading.Event()
    window = make_window(source="demo", record=tmp_path / "one.mp4")
    labelling, shown = window.session.labelling, 0
    for _ in range(3):  # what is lost at first is counted but once
        hold.set()
        qtbot.waitUntil(lambda before=shown: frames_recorded(window) >= before + 5, timeout=LIMIT_MS)
        hold.clear()
        shown, lost = frames_recorded(window), labelling.dropped
        qtbot.waitUntil(
            lambda before=lost: labelling.pending > BACKLOG_FRAMES and labelling.dropped > before,
            timeout=LIMIT_MS,
        )
    window.session.toggle_pause()  # no more come while the models change
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        window.model.choose("gloomy")
    hold.set()
    slow = factory.built[0]
    qtbot.waitUntil(lambda: slow.closed, timeout=LIMIT_MS)
    _, frames = label_lines(tmp_path, "one")
    assert len(frames) >= shown
    recorded = [line["faces"][0]["box"][0] for line in frames]
    lost = json.loads((tmp_path / "one.json").read_text())["dropped"]
    assert len(recorded) + lost == slow.labelled[-1] - recorded[0] + 1


def test_what_a_camera_sent_too_fast_is_counted_in_its_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    camera = FakeSource("Front camera", frame_rate=30.0)
    sources.add_camera(0, "Front camera", camera)
    window = make_window(source="0")
    wait_for_labels(qtbot, window)
    camera.dropped = 100
    qtbot.waitUntil(lambda: window.session.frames.stats().dropped >= 100, timeout=LIMIT_MS)
    window.recording.start(tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 2, timeout=LIMIT_MS)
    camera.dropped += 7
    qtbot.waitUntil(lambda: window.session.frames.stats().dropped >= 107, timeout=LIMIT_MS)
    so_far = frames_recorded(window)
    qtbot.waitUntil(lambda: frames_recorded(window) > so_far + 1, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        qtbot.keyClick(window, Qt.Key.Key_R)
    assert saved.args[0].info.dropped == 7


def test_frames_of_a_video_that_has_ended_are_counted_where_another_model_comes_before_their_labels(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60))
    window = make_window(source="clip", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    slow = factory.built[0]
    slow.hold = threading.Event()
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        window.model.choose("gloomy")
    slow.hold.set()
    qtbot.waitUntil(lambda: slow.closed, timeout=LIMIT_MS)
    _, frames = label_lines(tmp_path, "one")
    lost = json.loads((tmp_path / "one.json").read_text())["dropped"]
    # The fake pipeline puts each box where the frame's index says.
    assert len(frames) + lost == 60 - frames[0]["faces"][0]["box"][0]


def test_a_camera_that_comes_back_is_recorded_on_in_another_clip(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    sources.add_camera(0, "Cam", FakeSource("Cam", fails_at=30), FakeSource("Cam"))
    window = make_window(source="0", record=tmp_path / "one.mp4")
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        pass
    assert saved.args[1] is Ending.SOURCE_AWAY
    assert window.actions_.record.isChecked()
    assert f"Saved as one.mp4. {Ending.SOURCE_AWAY}" in window.stage.notices.texts()
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    went_on = "Saved as one.mp4. The recording continued as another clip."
    qtbot.waitUntil(lambda: went_on in window.stage.notices.texts(), timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["one.mp4", "one_2.mp4"]
    assert len(label_lines(tmp_path, "one_2")[1]) >= 5


def test_what_a_camera_gave_before_it_went_away_is_recorded_though_its_labels_come_later(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    camera = FakeSource("Cam")
    sources.add_camera(0, "Cam", camera)
    window = make_window(source="0", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    factory.hold = slow = factory.built[0].hold = threading.Event()
    qtbot.waitUntil(lambda: window.session.labelling.pending >= 3, timeout=LIMIT_MS)
    del sources.known["0"]
    camera.fails_at = 0
    qtbot.waitUntil(lambda: window.session.is_retrying, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        slow.set()
    assert saved.args[1] is Ending.SOURCE_AWAY
    # The fake pipeline puts each box where the frame's index says.
    assert label_lines(tmp_path)[1][-1]["faces"][0]["box"][0] == camera.frames_read - 1
    assert window.actions_.record.isChecked()


def test_a_camera_that_comes_back_without_a_picture_is_waited_for_further(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    cameras = FakeSource("Cam", fails_at=50), FakeSource("Cam", fails_at=0), FakeSource("Cam")
    sources.add_camera(0, "Cam", *cameras)
    window = make_window(source="0", record=tmp_path / "one.mp4", seconds=60.0)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: len(sources.opened) == 3 and frames_recorded(window) >= 5, timeout=LIMIT_MS)
    window.close()
    assert window.exit_code == 1
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == ["one.mp4", "one_2.mp4"]


def test_what_comes_in_the_place_of_a_lost_camera_is_not_recorded(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    camera = FakeSource("Cam")
    sources.add_camera(0, "Cam", camera, FakeSource("Cam"))
    window = make_window(source="0", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        camera.fails_at = 0
    window.session.play("demo")
    assert not window.actions_.record.isChecked()
    (saved,) = [text for text in window.stage.notices.texts() if text.startswith("Saved as")]
    assert saved.endswith(".mp4. The picture did not come back.")
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    assert window.recording.clip_recording.status() is None


def test_a_recording_cut_short_by_a_lost_camera_is_told(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    capsys: pytest.CaptureFixture[str],
) -> None:
    camera = FakeSource("Cam", fails_at=50)
    sources.add_camera(0, "Cam", camera)
    window = make_window(source="0", record=tmp_path, seconds=60.0)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    del sources.known["0"]
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        pass
    window.close()
    assert window.exit_code == 1
    # The fake camera gave fifty frames, a hundred a second.
    short_s = float(re.search(r"([\d.]+) s shorter than asked for", capsys.readouterr().err)[1])
    assert 59.4 < short_s < 60.0


class LiveCamera(FakeSource):
    """Its pictures have the times at which they came. slept_s: how long it was asleep."""

    begun_s = slept_s = 0.0

    def read(self) -> Frame | None:
        frame = super().read()
        if frame is None:
            return None
        self.begun_s = self.begun_s or frame.captured_at_s
        return replace(frame, time_s=frame.captured_at_s - self.begun_s + self.slept_s, live=True)


def test_time_in_which_the_program_did_not_run_is_left_out_and_told(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stood_still_at_s = [-math.inf]
    monkeypatch.setattr(Watchdog, "stood_still_at_s", lambda _: stood_still_at_s[0])
    monkeypatch.setattr(running_clip, "STANDSTILL_S", 0.0)  # the clock of the camera alone goes on
    camera = LiveCamera("Cam")
    sources.add_camera(0, "Cam", camera)
    window = make_window(source="0", record=tmp_path, seconds=120.0)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    camera.silent.set()
    before = camera.frames_read
    camera.slept_s = 60.0
    stood_still_at_s[0] = time.perf_counter()
    camera.silent.clear()
    qtbot.waitUntil(lambda: camera.frames_read > before + 5, timeout=LIMIT_MS)
    window.close()
    times_s = video_times_s(tmp_path)
    assert len(times_s) > 5
    assert max(later - earlier for earlier, later in pairwise(times_s)) < 5.0
    assert "shorter than asked for: the picture was gone for a while." in capsys.readouterr().err
    assert window.exit_code == 1


def test_a_recording_that_the_user_has_held_is_not_called_too_short(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(control, "TIME_UP_GRACE_MS", 300)
    sources.add_camera(0, "Cam", LiveCamera("Cam"))
    window = make_window(source="0", record=tmp_path, seconds=1.0)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    window.session.toggle_pause()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 0


def test_a_recording_that_pictures_came_too_slowly_for_is_told(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(control, "TIME_UP_GRACE_MS", 300)

    class FivePictures(FakeSource):
        def read(self) -> Frame | None:
            if self.frames_read == 5:
                self.silent.set()
            return super().read()

    camera = FivePictures("Cam")
    camera.silent.set()
    sources.add_camera(0, "Cam", camera)
    window = make_window(source="0", record=tmp_path, seconds=0.5)
    qtbot.waitUntil(lambda: window.recording.clip_recording.status() is not None, timeout=LIMIT_MS)
    camera.silent.clear()  # now that nothing is shown before its labels
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert "0.5 s shorter than asked for: the pictures came too slowly." in capsys.readouterr().err
    assert window.exit_code == 1
    assert len(video_times_s(tmp_path)) == 5


def test_a_single_picture_is_refused(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sources.add("photo.jpg", FakeSource("photo.jpg", "images", frames=1))
    window = make_window(source="photo.jpg", record=tmp_path / "clips", seconds=5.0)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert window.exit_code == 1
    assert "A single picture cannot be recorded" in capsys.readouterr().err
    assert not (tmp_path / "clips").exists()


def record_until_failure(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, factory: FakeFactory, path: Path, fails: str
) -> MainWindow:
    """A window whose film or labels fail amid a recording with a limit."""
    film = FakeSource("film", "file", frames=3000, frame_rate=30.0)
    sources.add("film", film)
    window = make_window(source="film", record=path, seconds=60.0)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    if fails == "source":
        film.fails_at = 0
    else:
        factory.built[-1].fails = True
    return window


FAILURES = [
    ("source", "The clip ended when the picture did."),
    ("labels", "The clip ended because nothing is labelling the picture any more."),
]


@pytest.mark.parametrize(("fails", "why"), FAILURES)
def test_a_failure_amid_a_limited_recording_ends_the_run_with_a_sentence(
    qtbot: QtBot,
    make_window: WindowMaker,
    sources: FakeSources,
    factory: FakeFactory,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    fails: str,
    why: str,
) -> None:
    window = record_until_failure(qtbot, make_window, sources, factory, tmp_path / "one.mp4", fails)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    assert capsys.readouterr().err.splitlines()[-1] == f"happysad-live: Saved as one.mp4. {why}"
    assert window.exit_code == 1


@pytest.mark.parametrize(("fails", "why"), FAILURES)
def test_a_failure_is_told_of_also_where_the_time_is_up_before_the_clip_is_complete(
    qtbot: QtBot,
    make_window: WindowMaker,
    sources: FakeSources,
    factory: FakeFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fails: str,
    why: str,
) -> None:
    closed, finish = threading.Event(), recorder.ClipFiles.finish

    def finish_late(files: recorder.ClipFiles, **how: Any) -> Any:
        closed.wait(LIMIT_MS / 1000)
        return finish(files, **how)

    monkeypatch.setattr(recorder.ClipFiles, "finish", finish_late)
    window = record_until_failure(qtbot, make_window, sources, factory, tmp_path / "one.mp4", fails)
    recording = window.recording.clip_recording
    qtbot.waitUntil(lambda: not recording.is_on, timeout=LIMIT_MS)
    window.session.state_changed.connect(lambda state: state is State.CLOSED and closed.set())
    window.recording.close_wanted.emit()  # as when the time is up
    (told,) = capsys.readouterr().err.splitlines()[-1:]
    assert told == f"happysad-live: {why}"
    assert window.exit_code == 1


def test_a_clip_that_a_full_disk_ends_is_told_of_once(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_SYNC_EVERY_S", 0.0)
    recording = make_window(source="demo", record=tmp_path).recording.clip_recording
    completed: list[Path] = []
    recording.completed.connect(completed.append)
    qtbot.waitUntil(lambda: bool((status := recording.status()) and status.frames >= 5), timeout=LIMIT_MS)
    full = SimpleNamespace(total=10**12, used=10**12, free=0)
    with qtbot.waitSignal(recording.saved, timeout=LIMIT_MS) as saved:
        monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    assert "The disk is full" in str(saved.args[0].error)
    assert recording.close() == ""
    assert completed == [saved.args[0].video]


def test_why_a_picture_was_refused_is_not_told_of_the_next_source(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("photo.jpg", FakeSource("photo.jpg", "images", frames=1))
    window = make_window(source="photo.jpg")
    window.recording.start()  # while it is being opened
    qtbot.waitUntil(lambda: window.view.result is not None, timeout=LIMIT_MS)
    assert any("single picture" in told for told in window.stage.notices.texts())
    window.session.play("demo")
    qtbot.waitUntil(lambda: window.session.state is State.PLAYING, timeout=LIMIT_MS)
    assert not any("single picture" in told for told in window.stage.notices.texts())


def test_what_cannot_be_recorded_is_not_offered(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("photo.jpg", FakeSource("photo.jpg", "images", frames=1))
    window = make_window(source="photo.jpg")
    record, notices = window.actions_.record, window.stage.notices
    for spec, why in (
        ("photo.jpg", Refusal.SINGLE_PICTURE),
        ("missing", "There is no picture to record."),
    ):
        window.session.play(spec)
        qtbot.waitUntil(lambda why=why: not record.isEnabled() and record.toolTip() == why, timeout=LIMIT_MS)
        told = notices.texts()
        qtbot.keyClick(window, Qt.Key.Key_R)
        assert not window.recording.clip_recording.is_on and notices.texts() == told
        window.session.play("demo")
        qtbot.waitUntil(lambda: record.isEnabled() and record.toolTip() == "Record (R)", timeout=LIMIT_MS)


def test_who_waits_to_record_can_stop_waiting_where_the_source_could_not_be_opened(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path
) -> None:
    window = make_window(source="missing", record=tmp_path)
    qtbot.waitUntil(lambda: window.session.state is State.FAILED, timeout=LIMIT_MS)
    record = window.actions_.record
    assert record.isEnabled() and record.isChecked()
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert not record.isEnabled() and not record.isChecked()


def test_a_camera_that_is_away_can_be_recorded_once_it_is_back(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("0", FakeSource("Webcam", fails_at=5))
    window = make_window(source="0")
    qtbot.waitUntil(lambda: window.session.is_retrying, timeout=LIMIT_MS)
    assert window.actions_.record.isEnabled()


def test_the_last_frames_of_a_file_are_waited_for(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource("clip.mp4", "file", frames=8))
    factory.hold = threading.Event()
    window = make_window(source="demo")
    qtbot.waitUntil(lambda: window.session.labelling.model is not None, timeout=LIMIT_MS)
    window.session.play("clip")
    window.recording.start(tmp_path)
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    with qtbot.assertNotEmitted(window.recording.clip_recording.saved, wait=2 * FILE_END_LOOK_EVERY_MS):
        pass
    # Well before the limit at which a clip ends though frames of it never came.
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=round(500 * LAST_FRAMES_LIMIT_S)):
        factory.hold.set()
    # The fake pipeline puts the box where the frame's index says.
    last = label_lines(tmp_path)[1][-1]
    assert last["faces"][0]["box"][0] == 7


def test_a_clip_is_no_longer_than_its_limit_where_a_picture_is_shown_beyond_it(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    """A film that shows each picture for four seconds; the clip ends within the first."""
    sources.add("slides", FakeSource("slides.gif", "file", frame_rate=0.25))
    window = make_window(source="slides")
    window.recording.start(tmp_path, limit_s=1.0)
    qtbot.waitUntil(lambda: frames_recorded(window) == 1, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        qtbot.keyClick(window, Qt.Key.Key_R)
    assert saved.args[0].info.length_s == pytest.approx(1.0, abs=0.001)


def test_what_was_captured_before_stop_is_recorded_where_labels_take_their_time(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    camera = FakeSource("Front camera", frame_rate=30.0)
    sources.add_camera(0, "Front camera", camera)
    window = make_window(source="0", record=tmp_path / "one.mp4")
    labelling = window.session.labelling
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    factory.hold = slow = factory.built[0].hold = threading.Event()
    qtbot.waitUntil(lambda: labelling.pending >= 6, timeout=LIMIT_MS)
    captured = window.session.frames.captured_index
    qtbot.keyClick(window, Qt.Key.Key_R)
    captured_since = window.session.frames.captured_index
    assert not window.actions_.record.isChecked()
    before = camera.frames_read
    qtbot.waitUntil(lambda: camera.frames_read > before + 3, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        slow.set()
    # The fake pipeline puts each box where the frame's index says.
    indices = [line["faces"][0]["box"][0] for line in label_lines(tmp_path)[1]]
    assert captured <= indices[-1] <= captured_since
    assert len(indices) + saved.args[0].info.dropped == indices[-1] - indices[0] + 1
    qtbot.waitUntil(lambda: labelling.pending <= 2, timeout=LIMIT_MS)  # the newest picture counts again


def test_a_frame_that_is_labelled_at_the_moment_of_stop_goes_to_the_clip(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    factory: FakeFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera", frame_rate=30.0))
    window = make_window(source="0", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    factory.hold = slow = factory.built[0].hold = threading.Event()
    qtbot.waitUntil(lambda: window.session.labelling.pending >= 3, timeout=LIMIT_MS)
    frames = window.session.frames
    takers = {"tap": frames.tap, "late_tap": frames.late_tap}
    is_taken: list[bool] = []

    def watched(name: str) -> property:
        def change(_: FrameFlow, taker: Any) -> None:
            takers[name] = taker
            is_taken.append(any(takers.values()))

        return property(lambda _: takers[name], change)

    with monkeypatch.context() as watching:
        for name in takers:
            watching.setattr(FrameFlow, name, watched(name), raising=False)
        window.recording.clip_recording.stop()
        assert is_taken and all(is_taken)
        with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
            slow.set()
    frames.tap = frames.late_tap = None


@pytest.mark.parametrize("at_once", [0, 1])
def test_who_records_anew_right_after_stop_has_each_frame_in_one_of_the_clips(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    factory: FakeFactory,
    at_once: int,
) -> None:
    """Also who presses Record and Stop once more, before there are any labels."""
    sources.add_camera(0, "Front camera", FakeSource("Front camera", frame_rate=30.0))
    window = make_window(source="0", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    factory.hold = slow = factory.built[0].hold = threading.Event()
    qtbot.waitUntil(lambda: window.session.labelling.pending >= 3, timeout=LIMIT_MS)
    window.recording.clip_recording.stop()
    for _ in range(at_once):
        window.recording.start(tmp_path / "none.mp4")
        window.recording.clip_recording.stop()
    window.recording.start(tmp_path / "two.mp4")
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        slow.set()
    qtbot.waitUntil(lambda: frames_recorded(window) >= 3, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
    one, two = (
        [line["faces"][0]["box"][0] for line in label_lines(tmp_path, clip)[1]] for clip in ("one", "two")
    )
    assert len(one) >= 8 and one + two == list(range(int(one[0]), int(two[-1]) + 1))


def test_the_last_frames_are_recorded_though_the_window_closes(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("film", FakeSource("Film", "file", frames=60))
    window = make_window(source="film", record=tmp_path / "one.mp4")
    qtbot.waitUntil(lambda: frames_recorded(window) >= 2, timeout=LIMIT_MS)
    factory.hold = slow = factory.built[0].hold = threading.Event()
    qtbot.waitUntil(lambda: window.session.state is State.ENDED, timeout=LIMIT_MS)
    window.session.state_changed.connect(lambda _: slow.set())  # it is closing
    window.close()
    assert label_lines(tmp_path)[1][-1]["faces"][0]["box"][0] == 59


def test_who_goes_back_in_a_video_right_at_its_end_records_on(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    """A hundred frames a second, so for longer than the last frames of one that has ended are waited for."""
    sources.add("clip", FakeSource("clip.mp4", "file", frames=60))
    window = make_window(source="clip", record=tmp_path)
    ends = []

    def go_back(state: State) -> None:
        if state is State.ENDED:
            ends.append(frames_recorded(window))
            if len(ends) == 1:
                window.session.seek(0.0)

    window.session.state_changed.connect(go_back)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        pass
    assert len(ends) == 2
    assert ends[1] > ends[0] + FILE_END_LOOK_EVERY_MS / 10


def test_when_labelling_fails_the_clip_ends(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, factory: FakeFactory
) -> None:
    window = make_window(source="demo", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        factory.built[0].process = None  # type: ignore[assignment, method-assign]
    assert saved.args[1] is Ending.LABELS_FAILED
    assert not window.actions_.record.isChecked()


def test_when_a_video_fails_the_clip_ends_and_that_is_told(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path, sources: FakeSources
) -> None:
    clip = FakeSource("clip.mp4", "file", frames=6000)
    sources.add("clip", clip)
    window = make_window(source="clip", record=tmp_path)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS) as saved:
        clip.fails_at = 0
    assert saved.args[1] is Ending.SOURCE_FAILED
    assert not window.actions_.record.isChecked()


def test_a_model_that_cannot_be_loaded_ends_the_wish_to_record(
    qtbot: QtBot, make_window: WindowMaker, tmp_path: Path
) -> None:
    window = make_window(source="demo", record=tmp_path, model="broken")
    qtbot.waitUntil(lambda: not window.actions_.record.isChecked(), timeout=LIMIT_MS)
    assert not window.stage.badge.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_R)
    assert not window.actions_.record.isChecked()
    assert any("Nothing was recorded" in text for text in window.stage.notices.texts())
    window.model.choose("happysad")
    assert not any("Nothing was recorded" in text for text in window.stage.notices.texts())
    qtbot.waitUntil(lambda: window.session.labelling.model is not None, timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: frames_recorded(window) >= 2, timeout=LIMIT_MS)


def test_the_demo_in_place_of_a_dark_camera_is_recorded_as_the_demo(
    qtbot: QtBot,
    make_window: WindowMaker,
    tmp_path: Path,
    sources: FakeSources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The camera opens, but sends nothing until it fails; meanwhile the recording waits for it."""
    monkeypatch.setattr(main_window, "PICTURE_FIRST_LIMIT_MS", 300)
    camera = FakeSource("Dark camera", fails_at=0)
    camera.silent.set()
    sources.add_camera(0, "Dark camera", camera)
    window = make_window(source=None, record=tmp_path)
    qtbot.waitUntil(lambda: window.recording.clip_recording.status() is not None, timeout=LIMIT_MS)
    camera.silent.clear()
    qtbot.waitUntil(lambda: frames_recorded(window) >= 3, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        qtbot.keyClick(window, Qt.Key.Key_R)
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
    button(window.stage.notices, "Choose another folder").click()
    assert window.findChild(PreferencesDialog) is not None
