"""Working ahead in threads: the order, the limits, the errors and the end."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import closing

import pytest

from happysad_live.core.prefetch import closing_map, parallel_map, prefetch


def from_(items: Iterable[int]) -> Generator[int, None, None]:
    yield from items


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("step")}


def test_a_chain_gives_every_item_in_order() -> None:
    doubled = prefetch(closing_map(lambda item: 2 * item, prefetch(from_(range(500)), "step 1")), "step 2")
    assert list(doubled) == list(range(0, 1000, 2))
    assert threads() == set()


def test_it_works_ahead_and_stands_still_when_nobody_takes() -> None:
    made: list[int] = []
    tenth_asked_for = threading.Event()

    def items() -> Generator[int, None, None]:
        for number in range(1000):
            made.append(number)
            if number == 9:
                tenth_asked_for.set()
            yield number

    with closing(prefetch(items(), "step 1", depth=8)) as numbers:
        assert next(numbers) == 0
        # Eight wait in the queue, and a ninth waits to be put there.
        assert tenth_asked_for.wait(10)
        assert len(made) == 10
    assert len(made) <= 11


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    got = []
    with pytest.raises(OSError, match="the disk is gone"):
        for item in prefetch(prefetch(items(), "step 1"), "step 2"):
            got.append(item)
    assert got == [1, 2]
    assert threads() == set()


def test_closing_ends_the_whole_chain() -> None:
    closed = []

    def items() -> Generator[int, None, None]:
        try:
            while True:
                yield len(closed)
        finally:
            closed.append(threading.current_thread().name)

    chain = prefetch(closing_map(lambda item: item, prefetch(items(), "step 1")), "step 2")
    assert next(chain) == 0
    chain.close()
    assert closed == ["step 1"]
    assert threads() == set()


def test_an_item_that_takes_for_ever_is_released_when_the_taker_is_interrupted() -> None:
    picture_comes = threading.Event()

    def camera() -> Generator[int, None, None]:
        yield 0
        picture_comes.wait(20)

    with pytest.raises(KeyboardInterrupt):
        for _ in parallel_map(lambda item: item, camera(), 2, "step", release=picture_comes.set):
            raise KeyboardInterrupt
    assert picture_comes.is_set()
    assert threads() == set()


def test_in_parallel_several_items_are_in_work_at_once_and_come_in_order() -> None:
    """Each of three steps waits for the others: one after the other, they would never end."""
    together = threading.Barrier(3, timeout=20)

    def step(item: int) -> int:
        together.wait()
        return item

    assert list(parallel_map(step, from_(range(12)), 3, "step")) == list(range(12))
    assert threads() == set()


def test_in_parallel_an_error_comes_after_the_items_before_it() -> None:
    def step(item: int) -> int:
        if item == 5:
            raise OSError("the disk is gone")
        return item

    got = []
    with pytest.raises(OSError, match="the disk is gone"):
        for item in parallel_map(step, from_(range(100)), 2, "step"):
            got.append(item)
    assert got == [0, 1, 2, 3, 4]
    assert threads() == set()


def test_in_parallel_a_result_does_not_wait_for_a_slow_source() -> None:
    """A camera's next picture may be long in coming."""
    first_taken = threading.Event()

    def items() -> Generator[int, None, None]:
        yield 1
        assert first_taken.wait(20), "the first result waits for the second item"
        yield 2

    with closing(parallel_map(lambda item: -item, items(), 4, "step")) as results:
        assert next(results) == -1
        first_taken.set()
        assert list(results) == [-2]


def test_in_parallel_an_error_of_the_source_comes_after_the_results_before_it() -> None:
    def items() -> Generator[int, None, None]:
        yield from range(3)
        raise OSError("the camera is gone")

    got = []
    with pytest.raises(OSError, match="the camera is gone"):
        for item in parallel_map(lambda item: item, items(), 2, "step"):
            got.append(item)
    assert got == [0, 1, 2]
    assert threads() == set()


def test_in_parallel_closing_early_ends_the_chain() -> None:
    source_closed = threading.Event()

    def items() -> Generator[int, None, None]:
        try:
            yield from range(1000)
        finally:
            source_closed.set()

    with closing(parallel_map(lambda item: item, prefetch(items(), "step 1"), 2, "step 2")) as results:
        assert next(results) == 0
    assert source_closed.is_set()
    assert threads() == set()
