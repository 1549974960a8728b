"""Sharing work out to the cores."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from happysad_live.core.cores import MAX_PARTS, CoreTeam, usable_cores


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process is bound to no cores")
def test_cores_that_the_process_may_not_use_do_not_count() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize(("told", "count"), [(8, 8), (None, 1)])
def test_where_the_system_binds_no_process_all_its_cores_count(
    told: int | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: told)
    assert usable_cores() == count


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


@pytest.mark.parametrize(("cores", "size"), [(1, 1), (3, 3), (64, MAX_PARTS)])
def test_a_team_is_as_large_as_the_machine_but_not_too_large(
    cores: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    team = CoreTeam("team")
    assert team.size == size
    assert team.begin(lambda: "meanwhile").result(10) == "meanwhile"
    assert team.map(str, range(9)) == list("012345678")


def test_a_thread_that_outlives_the_main_one_goes_on_without_helpers() -> None:
    script = """
import threading
from happysad_live.core.cores import CoreTeam

def late():
    threading.main_thread().join()
    for _ in range(2000):  # somewhere among them Python stops taking work for other threads
        result = team.map(abs, [-1, -2, -3])
    print(result)

team = CoreTeam("team")
threading.Thread(target=late).start()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("[1, 2, 3]\n", "")
