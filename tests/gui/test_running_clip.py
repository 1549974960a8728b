"""Which time a clip leaves out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from gui_fakes import LABELS, picture

from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.recording.running_clip import RunningClip


@pytest.mark.parametrize(
    ("live", "comes_s", "standstill_since_s", "skipped"),
    [
        (True, 60.0, 100.4, [100.4]),
        (True, 60.0, None, []),  # the camera's own silence
        (True, 0.1, 100.4, []),  # pictures came all the time: only the window was busy
        (False, 60.0, 100.4, []),  # a film's times hold still by themselves
    ],
)
def test_a_standstill_is_left_out_before_the_window_has_noticed_it(
    live: bool, comes_s: float, standstill_since_s: float | None, skipped: list[float]
) -> None:
    done: list[object] = []
    recorder = SimpleNamespace(
        offer=lambda result: done.append(result.frame.index), skip_pause=done.append, count_lost=None
    )
    labelling = SimpleNamespace(dropped=0, pending=0)
    model = SimpleNamespace()
    clip = RunningClip(recorder, model, labelling, None, lambda: None, lambda: standstill_since_s)  # type: ignore[arg-type]
    for index, time_s in enumerate((0.0, comes_s)):
        frame = Frame(picture(index), index, time_s, 100.0 + time_s, live=live)
        clip.take(FrameResult(frame, (), LABELS), model)  # type: ignore[arg-type]
    assert done == [0, *skipped, 1]
