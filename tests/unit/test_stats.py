"""Rates, latencies and percentiles; expected values are worked out by hand."""

from __future__ import annotations

import pytest

from happysad_live.core.stats import RollingRate, RollingValues, percentile


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_rate_is_right_from_the_second_event_on(clock: Clock) -> None:
    rate = RollingRate(clock)
    assert rate.per_second() == 0.0
    rate.tick()
    assert rate.per_second() == 0.0
    clock.now_s += 0.1
    rate.tick()
    assert rate.per_second() == pytest.approx(10.0)


def test_between_two_events_the_rate_stays_what_it_is(clock: Clock) -> None:
    rate = RollingRate(clock)
    for pause_s in (0.0, 0.2, 0.1):
        clock.now_s += pause_s
        rate.tick()
    clock.now_s += 0.05
    assert rate.per_second() == pytest.approx(2 / 0.3)


def test_the_rate_follows_the_last_seconds_only(clock: Clock) -> None:
    rate = RollingRate(clock)
    for _ in range(50):
        rate.tick()
        clock.now_s += 0.02
    for _ in range(11):
        clock.now_s += 0.25
        rate.tick()
    assert rate.per_second() == pytest.approx(4.0)


def test_a_stalled_source_is_seen_to_slow_down_and_stop(clock: Clock) -> None:
    rate = RollingRate(clock)
    for _ in range(11):
        rate.tick()
        clock.now_s += 0.1
    # Ten intervals of 0.1 s, then 1.0 s of silence.
    clock.now_s += 0.9
    assert rate.per_second() == pytest.approx(10 / 2.0)
    clock.now_s += 5
    assert rate.per_second() == 0.0


def test_a_reset_rate_starts_again(clock: Clock) -> None:
    rate = RollingRate(clock)
    for _ in range(3):
        rate.tick()
        clock.now_s += 0.1
    rate.reset()
    assert rate.per_second() == 0.0


def test_values_are_forgotten_with_time(clock: Clock) -> None:
    delays = RollingValues(clock)
    delays.add(90.0)
    clock.now_s += 1.5
    for value in (10.0, 20.0, 40.0):
        delays.add(value)
    assert delays.median() == pytest.approx(30.0)
    clock.now_s += 1.0
    assert delays.median() == pytest.approx(20.0)
    clock.now_s += 3.0
    assert delays.median() is None


def test_reset_values_are_gone(clock: Clock) -> None:
    delays = RollingValues(clock)
    delays.add(1.0)
    delays.reset()
    assert delays.median() is None


@pytest.mark.parametrize(("percent", "expected"), [(0, 1.0), (25, 2.0), (50, 3.0), (90, 4.6), (100, 5.0)])
def test_percentiles_interpolate_between_ranks(percent: float, expected: float) -> None:
    assert percentile([5, 1, 4, 2, 3], percent) == pytest.approx(expected)


def test_no_values_have_no_percentile() -> None:
    assert percentile([], 50) is None
