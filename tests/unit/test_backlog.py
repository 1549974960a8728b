"""How many frames may wait: through a busy moment some, on a machine that is too slow only the newest."""

from __future__ import annotations

from itertools import pairwise

from happysad_live.core.mailbox import Mailbox
from happysad_live.gui.backlog import Backlog

FRAME_RATE = 30


def waiting(*, seconds: float, labelled_per_s: float, backlog: Backlog, begin_s: float = 0.0) -> list[int]:
    """How many frames lie in the box as each frame of a camera comes, while a model takes them out."""
    box: Mailbox[float] = Mailbox(backlog.depth)
    free_s = begin_s
    depths = []
    for number in range(round(seconds * FRAME_RATE)):
        now_s = begin_s + number / FRAME_RATE
        while free_s <= now_s and box.take(0) is not None:
            box.done()
            free_s += 1 / labelled_per_s
        free_s = max(free_s, now_s)
        waits = not box.put(now_s)
        box.set_depth(backlog.follow(waits=waits, lost=box.dropped, time_s=now_s))
        depths.append(box.pending)
    return depths


def test_a_machine_that_is_too_slow_soon_works_on_the_newest_frame() -> None:
    depths = waiting(seconds=20, labelled_per_s=22, backlog=Backlog(10))
    assert max(depths) == 10
    assert set(depths[5 * FRAME_RATE :]) == {1}
    # On the way there is never a whole gap at once.
    assert all(after >= before - 2 for before, after in pairwise(depths))


def test_a_busy_moment_is_waited_through_again_and_again() -> None:
    backlog = Backlog(10)
    for moment in range(10):
        begin_s = moment * 2.0
        waiting(seconds=0.4, labelled_per_s=5, backlog=backlog, begin_s=begin_s)
        waiting(seconds=1.6, labelled_per_s=60, backlog=backlog, begin_s=begin_s + 0.4)
        assert backlog.depth == 10


def test_a_machine_that_is_fast_enough_again_may_wait_again() -> None:
    backlog = Backlog(10)
    waiting(seconds=6, labelled_per_s=22, backlog=backlog)
    assert backlog.depth == 1
    waiting(seconds=2, labelled_per_s=60, backlog=backlog, begin_s=6)
    assert backlog.depth == 1
    waiting(seconds=2, labelled_per_s=60, backlog=backlog, begin_s=8)
    assert backlog.depth == 10
