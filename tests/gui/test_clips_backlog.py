"""A busy moment while recording: a short one loses nothing, a long one is counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from gui_fakes import FakeFactory, FakeSource, FakeSources
from pytestqt.qtbot import QtBot
from recording_samples import read_labels
from window_use import LIMIT_MS, WindowMaker, frames_recorded

from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.session.backlog import BACKLOG_FRAMES
from happysad_live.recording.library import Clip, list_clips

FRAME_RATE = 25.0


def begin_recording(
    source: FakeSource,
    qtbot: QtBot,
    make_window: WindowMaker,
    sources: FakeSources,
    factory: FakeFactory,
    folder: Path,
) -> MainWindow:
    """A window that has recorded some frames, with a model that a test can hold."""
    sources.add("0", source)
    factory.hold = threading.Event()
    factory.hold.set()
    window = make_window(source="0")
    window.recording.start(folder)
    qtbot.waitUntil(lambda: frames_recorded(window) > 5, timeout=LIMIT_MS)
    return window


def record_through(
    busy: int,
    qtbot: QtBot,
    make_window: WindowMaker,
    sources: FakeSources,
    factory: FakeFactory,
    folder: Path,
) -> Clip:
    """A clip in whose middle the model takes as long as the camera takes for ``busy`` frames."""
    source = FakeSource("Webcam", frame_rate=FRAME_RATE)
    window = begin_recording(source, qtbot, make_window, sources, factory, folder)
    factory.hold.clear()
    before = source.frames_read
    qtbot.waitUntil(lambda: source.frames_read >= before + busy, timeout=LIMIT_MS)
    factory.hold.set()
    seen = frames_recorded(window)
    qtbot.waitUntil(lambda: frames_recorded(window) > seen + BACKLOG_FRAMES + 5, timeout=LIMIT_MS)
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        window.recording.clip_recording.stop()
    return list_clips(folder)[0]


def gaps(clip: Clip) -> int:
    """Frames of the camera that the clip lacks, by its times."""
    times = [line.time_s for line in read_labels(clip.path(".labels.jsonl"))[1]]
    return round((times[-1] - times[0]) * FRAME_RATE) + 1 - len(times)


def test_a_short_one_loses_nothing(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, factory: FakeFactory, tmp_path: Path
) -> None:
    busy = BACKLOG_FRAMES // 2
    clip = record_through(busy, qtbot, make_window, sources, factory, tmp_path / "clips")
    assert gaps(clip) == 0
    assert clip.info.dropped == 0


def test_what_a_long_one_loses_stands_in_the_clips_description(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, factory: FakeFactory, tmp_path: Path
) -> None:
    busy = BACKLOG_FRAMES * 4
    clip = record_through(busy, qtbot, make_window, sources, factory, tmp_path / "clips")
    assert gaps(clip) >= BACKLOG_FRAMES * 2
    assert clip.info.dropped == gaps(clip)


def test_when_recording_has_ended_only_the_newest_picture_waits_again(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, factory: FakeFactory, tmp_path: Path
) -> None:
    source = FakeSource("Webcam")
    window = begin_recording(source, qtbot, make_window, sources, factory, tmp_path / "clips")
    with qtbot.waitSignal(window.recording.clip_recording.saved, timeout=LIMIT_MS):
        window.recording.clip_recording.stop()
    factory.hold.clear()
    before = source.frames_read
    qtbot.waitUntil(lambda: source.frames_read >= before + BACKLOG_FRAMES, timeout=LIMIT_MS)
    assert window.session.labelling.pending <= 2  # one in work, one that waits
    factory.hold.set()


def test_a_limited_clip_has_every_frame_up_to_its_limit(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, factory: FakeFactory, tmp_path: Path
) -> None:
    source = FakeSource("Webcam", frame_rate=FRAME_RATE)
    sources.add("0", source)
    factory.hold = threading.Event()
    factory.hold.set()
    window = make_window(source="0", record=tmp_path / "clips", seconds=1.0)
    qtbot.waitUntil(lambda: source.frames_read >= 20, timeout=LIMIT_MS)
    # The model is busy while the clip should come to its end: what waits is recorded all the same.
    factory.hold.clear()
    before = source.frames_read
    qtbot.waitUntil(lambda: source.frames_read >= before + BACKLOG_FRAMES - 2, timeout=LIMIT_MS)
    factory.hold.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LIMIT_MS)
    (clip,) = list_clips(tmp_path / "clips")
    assert clip.info.frames + clip.info.dropped == round(FRAME_RATE)
    assert gaps(clip) == clip.info.dropped


def test_of_large_pictures_fewer_wait(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, factory: FakeFactory, tmp_path: Path
) -> None:
    """Of 4K, at 25 megabytes a picture, three are 75."""
    source = FakeSource("Webcam")
    source.info = replace(source.info, width=3840, height=2160)
    window = begin_recording(source, qtbot, make_window, sources, factory, tmp_path / "clips")
    factory.hold.clear()
    before = source.frames_read
    qtbot.waitUntil(lambda: source.frames_read >= before + BACKLOG_FRAMES, timeout=LIMIT_MS)
    assert window.session.labelling.pending == 1 + 3  # one is in work
    factory.hold.set()
