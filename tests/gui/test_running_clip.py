"""Which time a clip leaves out, and which frames it lacks."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from gui_fakes import LABELS, picture
from recording_samples import face, plan, probe, result

from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.recording.running_clip import RunningClip
from happysad_live.recording.recorder import Recorder


@pytest.mark.parametrize(
    ("live", "comes_s", "stood_still_at_s", "skipped"),
    [
        (True, 60.0, 102.4, [102.4]),
        (True, 60.0, -math.inf, []),  # the camera's own silence
        (True, 60.0, 90.0, []),  # before the clip began
        (True, 0.1, 100.05, []),  # pictures came all the time: only the window was held up
        (False, 60.0, 102.4, []),  # a film's times hold still by themselves
    ],
)
def test_a_standstill_is_left_out(
    live: bool, comes_s: float, stood_still_at_s: float, skipped: list[float]
) -> None:
    done: list[object] = []
    recorder = SimpleNamespace(
        offer=lambda result: done.append(result.frame.index), skip_pause=done.append, count_lost=None
    )
    frames = SimpleNamespace(dropped_by_sources=0)
    model = SimpleNamespace()
    clip = RunningClip(recorder, model, frames, None, lambda: None, lambda: stood_still_at_s)  # type: ignore[arg-type]
    for index, time_s in enumerate((0.0, comes_s)):
        frame = Frame(picture(index), index, time_s, 100.0 + time_s, live=live)
        clip.take(FrameResult(frame, (), LABELS), model)  # type: ignore[arg-type]
    assert done == [0, *skipped, 1]
    assert clip.has_gap == bool(skipped)


def test_what_the_camera_loses_after_the_end_is_not_missing() -> None:
    lost: list[int] = []
    recorder = SimpleNamespace(offer=lambda _: True, count_lost=lost.append)
    frames = SimpleNamespace(dropped_by_sources=0, captured_index=2)
    model = SimpleNamespace()
    clip = RunningClip(recorder, model, frames, None, lambda: None, lambda: -math.inf)  # type: ignore[arg-type]
    first, second, third = (
        FrameResult(Frame(picture(index), index, index / 30, index / 30, live=True), (), LABELS)
        for index in range(3)
    )
    clip.take(first, model)  # type: ignore[arg-type]
    frames.dropped_by_sources = 3
    clip.take(second, model)  # type: ignore[arg-type]
    clip.end()
    frames.dropped_by_sources = 8
    assert clip.take_late(third, model)  # type: ignore[arg-type]
    clip.count_rest()
    assert sum(lost) == 3


def test_a_clip_with_a_limit_is_as_long_as_that_however_rarely_pictures_come(tmp_path: Path) -> None:
    """Of pictures at 0, 0.1, 1 and 2 s, the last is beyond 1.5 s: the one before is seen until then."""
    recorder = Recorder(plan(tmp_path))
    recorder.start()
    frames, model = SimpleNamespace(dropped_by_sources=0), SimpleNamespace()
    clip = RunningClip(recorder, model, frames, 1.5, recorder.stop, lambda: -math.inf)  # type: ignore[arg-type]
    for index, time_s in enumerate((7.0, 7.1, 8.0, 9.0)):
        clip.take(result(index, time_s, [face("happy")]), model)  # type: ignore[arg-type]
    outcome = recorder.join(60)
    assert outcome is not None and outcome.video is not None and outcome.info is not None
    found = probe(outcome.video)
    assert found.times_s == pytest.approx([0.0, 0.1, 1.0], abs=0.001)
    assert [found.length_s, outcome.info.length_s] == pytest.approx([1.5, 1.5], abs=0.001)
    assert found.subtitles[-1][1] == pytest.approx(1.5, abs=0.001)


def test_a_frame_at_the_limit_is_beyond_it_whatever_the_difference_of_its_times_is_rounded_to(
    tmp_path: Path,
) -> None:
    """From 12/30 to 42/30 s; their difference as floating-point numbers is less than 1."""
    recorder = Recorder(plan(tmp_path))
    recorder.start()
    frames, model = SimpleNamespace(dropped_by_sources=0), SimpleNamespace()
    clip = RunningClip(recorder, model, frames, 1.0, lambda: None, lambda: -math.inf)  # type: ignore[arg-type]
    for number in range(12, 43):
        clip.take(result(number, number / 30), model)  # type: ignore[arg-type]
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.info is not None
    assert (outcome.info.frames, outcome.info.length_s) == (30, pytest.approx(1.0, abs=1e-4))
