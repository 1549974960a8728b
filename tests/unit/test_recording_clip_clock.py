"""A clip's time: what a source that starts over, pauses or stalls does to it, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from happysad_live.core.types import Frame
from happysad_live.recording.clip_clock import ClipClock

PICTURE = np.zeros((2, 2, 3), np.uint8)


def frame(time_s: float, captured_at_s: float = 0.0) -> Frame:
    return Frame(PICTURE, 0, time_s, captured_at_s)


def times(clock: ClipClock, *source_s: float) -> list[float]:
    return [clock.time_of(frame(time_s)) for time_s in source_s]


def test_a_clip_begins_at_zero_and_ends_when_its_last_frame_does() -> None:
    clock = ClipClock(10)
    assert clock.end_s == 0
    assert times(clock, 7.0, 7.25, 7.5) == pytest.approx([0.0, 0.25, 0.5])
    assert clock.end_s == pytest.approx(0.75)


def test_a_source_that_starts_over_goes_on_where_it_ended() -> None:
    assert times(ClipClock(10), 5.0, 5.1, 0.0, 0.1) == pytest.approx([0.0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize("source_s", [(5.0, 0.0, 0.1, 0.2), (0.0, 0.1, 0.0, 0.1), (5.0, 0.0, 0.1, 0.0)])
def test_it_may_start_over_at_once_from_its_very_beginning_and_again(source_s: tuple[float, ...]) -> None:
    assert times(ClipClock(10), *source_s) == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_two_pictures_of_one_moment_are_a_millisecond_apart() -> None:
    """Clocks that go in steps give neighbours the same time."""
    assert times(ClipClock(10), 1.0, 1.0, 1.1) == pytest.approx([0.0, 0.001, 0.1])


def test_a_pause_is_left_out_but_not_the_frames_taken_before_it() -> None:
    clock = ClipClock(10)
    assert clock.time_of(frame(0.0, captured_at_s=100.0)) == 0
    clock.skip_pause(100.15)
    assert clock.time_of(frame(0.1, captured_at_s=100.1)) == pytest.approx(0.1)  # its labels took long
    assert clock.time_of(frame(60.0, captured_at_s=160.0)) == pytest.approx(0.2)
    assert clock.time_of(frame(60.1, captured_at_s=160.1)) == pytest.approx(0.3)


def test_a_pause_after_two_pictures_of_one_moment_is_a_usual_gap_long() -> None:
    clock = ClipClock(10)
    clock.skip_pause(5.25)
    clip_s = [clock.time_of(frame(at_s, captured_at_s=at_s)) for at_s in (5.0, 5.1, 5.1, 65.2, 65.3)]
    assert clip_s == pytest.approx([0, 0.1, 0.101, 0.201, 0.301])


def test_a_stall_stays_but_does_not_say_how_long_a_picture_is_shown() -> None:
    clock = ClipClock(10)
    assert times(clock, 0.0, 0.1, 3.1) == pytest.approx([0.0, 0.1, 3.1])
    assert clock.end_s == pytest.approx(3.1 + 0.3)  # three times the gap before


@pytest.mark.parametrize(
    ("next_s", "rest_s", "end_s"),
    [(8.5, 2.0, 1.5), (8.5, 0.75, 1.25), (7.75, 0.5, 0.75), (0.0, 2.0, 0.75)],  # at 0 s it starts over
)
def test_the_last_frame_stays_until_the_next_one_or_the_limit(
    next_s: float, rest_s: float, end_s: float
) -> None:
    clock = ClipClock(10)
    assert times(clock, 7.0, 7.25, 7.5)[-1] == 0.5
    clock.end_before(frame(next_s), rest_s)
    assert clock.end_s == pytest.approx(end_s)


@pytest.mark.parametrize(("limit_s", "end_s"), [(9.0, 8.0), (5.0, 5.0)])
def test_a_clip_ends_at_its_limit_though_its_last_picture_is_usually_shown_longer(
    limit_s: float, end_s: float
) -> None:
    clock = ClipClock(0.25, limit_s)
    assert times(clock, 0.0, 4.0)[-1] == 4.0
    assert clock.end_s == pytest.approx(end_s)
