"""Times that count on over a jump: the first frame after it begins where the last one before it ends."""

from __future__ import annotations

import numpy as np
import pytest

from happysad_live.core.types import Frame
from happysad_live.gui.session.continued_times import ContinuedTimes
from happysad_live.sources import SourceInfo


@pytest.mark.parametrize(("frame_rate", "end_s"), [(10.0, 0.6), (None, 0.7)])
def test_without_a_rate_the_last_frame_lasts_as_long_as_the_one_before(
    frame_rate: float | None, end_s: float
) -> None:
    info = SourceInfo("film", "file", 4, 4, frame_rate, None, False)
    times = ContinuedTimes()

    def shown(time_s: float) -> Frame:
        frame = times.of(Frame(np.zeros((4, 4, 3), np.uint8), 0, time_s, 0.0))
        times.add(frame, info)
        return frame

    for time_s in (0.0, 0.1, 0.2, 0.3, 0.5):
        assert shown(time_s).time_s == pytest.approx(time_s)
    times.jump()
    after = shown(9.0)
    assert (after.index, after.time_s) == (5, pytest.approx(end_s))


def test_a_last_frame_that_says_how_long_it_is_shown_lasts_so_long() -> None:
    info = SourceInfo("film", "file", 4, 4, 10.0, None, False)
    times = ContinuedTimes()
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 0, 0.5, 0.0, duration_s=3.0)
    times.add(frame, info)
    times.jump()
    assert times.of(frame).time_s == pytest.approx(3.5)
