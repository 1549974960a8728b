"""Sharing work out to the cores."""

from __future__ import annotations

import threading

import pytest

from happysad_live.core.cores import MAX_PARTS, CoreTeam


@pytest.mark.parametrize("count", [0, 1, 2, 3, 11])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    assert CoreTeam("team").map(lambda item: item * item, range(count)) == [item**2 for item in range(count)]


def test_as_many_work_at_the_same_time_as_there_are_cores() -> None:
    team = CoreTeam("team")
    assert 1 <= team.size <= MAX_PARTS
    together = threading.Barrier(team.size, timeout=10)
    team.map(lambda item: together.wait(), range(team.size))  # breaks where they wait for each other


@pytest.mark.parametrize("bad", [0, 1, 4])
def test_what_goes_wrong_with_one_item_is_raised(bad: int) -> None:
    with pytest.raises(ZeroDivisionError):
        CoreTeam("team").map(lambda item: 1 / (item - bad), range(5))
