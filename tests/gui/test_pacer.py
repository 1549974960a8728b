"""When the frames of a file are due."""

from __future__ import annotations

import pytest

from happysad_live.gui.session.pacer import Pacer


def test_frames_are_due_at_their_own_times() -> None:
    pacer = Pacer()
    assert pacer.due_in_s(7.0, 50.0) == 0.0
    assert pacer.due_in_s(7.04, 50.01) == pytest.approx(0.03)
    # Later than due by less than the limit: at once, and the next one is not shifted.
    assert pacer.due_in_s(7.08, 50.2) == 0.0
    pacer.shown(7.08, 50.2)
    assert pacer.due_in_s(7.3, 50.2) == pytest.approx(0.11)
    assert pacer.due_in_s(7.6, 50.2) == pytest.approx(0.4)


def test_behind_it_catches_up_at_double_speed_and_far_behind_it_does_not() -> None:
    for late_s, wait_s in ((2.0, 0.5), (4.0, 1.0)):
        pacer = Pacer()
        pacer.due_in_s(0.0, 50.0)
        assert pacer.due_in_s(1.0, 51.0 + late_s) == 0.0
        pacer.shown(1.0, 51.0 + late_s)
        assert pacer.due_in_s(2.0, 51.0 + late_s) == pytest.approx(wait_s)


def test_it_tells_how_late_a_frame_is_that_is_to_catch_up() -> None:
    pacer = Pacer()
    assert pacer.late_s(5.0, 50.0) == 0.0  # nothing is due before the first one
    pacer.due_in_s(0.0, 50.0)
    assert pacer.late_s(1.0, 50.5) == 0.0
    assert pacer.late_s(1.0, 51.7) == pytest.approx(0.7)
    assert pacer.late_s(1.0, 55.0) == 0.0  # the machine slept: it goes on from there
    pacer.hold(2.0)
    assert pacer.late_s(1.0, 53.7) == pytest.approx(0.7)


def test_two_seconds_behind_the_frames_of_a_second_come_in_half_a_second_until_it_is_on_time() -> None:
    pacer = Pacer()
    pacer.due_in_s(0.0, 50.0)
    now_s = 52.0  # the frame of 0.04 s is due at 50.04
    for index in range(1, 101):
        now_s += pacer.due_in_s(index * 0.04, now_s)
        pacer.shown(index * 0.04, now_s)
        late_s = now_s - (50.0 + index * 0.04)
        assert late_s == pytest.approx(max(1.96 - (index - 1) * 0.02, 0.0), abs=1e-6)


def test_far_behind_it_goes_on_without_a_rush() -> None:
    pacer = Pacer()
    pacer.due_in_s(0.0, 50.0)
    assert pacer.due_in_s(1.0, 60.0) == 0.0
    assert pacer.due_in_s(1.5, 60.0) == pytest.approx(0.5)


def test_after_a_pause_everything_is_due_as_much_later() -> None:
    pacer = Pacer()
    pacer.hold(3.0)  # before the first frame there is nothing to delay
    pacer.due_in_s(0.0, 50.0)
    pacer.hold(10.0)
    assert pacer.due_in_s(1.0, 60.4) == pytest.approx(0.6)
    pacer.shown(1.0, 61.2)  # late
    pacer.hold(5.0)
    assert pacer.due_in_s(1.5, 66.2) == pytest.approx(0.3)
    assert pacer.due_in_s(1.3, 66.2) == pytest.approx(0.15)
