"""How many frames may wait: through a busy moment some, on a machine that is too slow only the newest."""

from __future__ import annotations

from itertools import pairwise

from happysad_live.core.mailbox import Mailbox
from happysad_live.gui.session.backlog import Backlog

FRAME_RATE = 30


class Recording:
    """A camera of 30 frames a second, and a model that takes frames out of the box as it can."""

    def __init__(self) -> None:
        self.backlog = Backlog(10)
        self.box: Mailbox[float] = Mailbox()
        self.box.set_depth(self.backlog.depth)
        self.now_s = self._free_s = 0.0

    def run(self, *, seconds: float, labelled_per_s: float) -> list[int]:
        """How many frames lie in the box as each frame comes."""
        depths = []
        for _ in range(round(seconds * FRAME_RATE)):
            self.now_s += 1 / FRAME_RATE
            while self._free_s <= self.now_s and self.box.take(0) is not None:
                self.box.done()
                self._free_s += 1 / labelled_per_s
            self._free_s = max(self._free_s, self.now_s)
            waits = not self.box.put(self.now_s)
            self.box.set_depth(self.backlog.follow(waits=waits, lost=self.box.dropped, time_s=self.now_s))
            depths.append(self.box.pending)
        return depths

    def pause(self, seconds: float) -> None:
        self.now_s += seconds


def test_a_machine_that_is_too_slow_soon_works_on_the_newest_frame() -> None:
    depths = Recording().run(seconds=20, labelled_per_s=22)
    assert max(depths) == 10
    assert set(depths[7 * FRAME_RATE :]) == {1}
    # On the way there is never a whole gap at once.
    assert all(after >= before - 2 for before, after in pairwise(depths))


def test_a_busy_moment_is_waited_through_again_and_again() -> None:
    recording = Recording()
    for _ in range(10):
        recording.run(seconds=0.2, labelled_per_s=8)
        recording.run(seconds=1.6, labelled_per_s=60)
        assert recording.backlog.depth == 10
    assert recording.box.dropped == 0


def test_a_machine_that_just_keeps_up_loses_nothing_though_frames_always_wait() -> None:
    recording = Recording()
    recording.run(seconds=0.2, labelled_per_s=5)
    depths = recording.run(seconds=30, labelled_per_s=FRAME_RATE + 0.05)
    assert min(depths) > 1
    assert recording.box.dropped == 0


def test_one_frame_in_thirty_that_is_lost_makes_no_machine_too_slow() -> None:
    recording = Recording()
    recording.run(seconds=0.2, labelled_per_s=5)
    depths = recording.run(seconds=30, labelled_per_s=FRAME_RATE - 1)
    assert recording.box.dropped > 20
    assert min(depths) > 1 and recording.backlog.depth == 10


def test_a_machine_that_is_fast_enough_again_may_wait_again() -> None:
    recording = Recording()
    recording.run(seconds=8, labelled_per_s=22)
    assert recording.backlog.depth == 1
    recording.run(seconds=2, labelled_per_s=60)
    assert recording.backlog.depth == 1
    recording.run(seconds=2, labelled_per_s=60)
    assert recording.backlog.depth == 10


def test_a_pause_does_not_make_a_machine_fast() -> None:
    recording = Recording()
    recording.run(seconds=8, labelled_per_s=22)
    recording.pause(10)
    assert set(recording.run(seconds=5, labelled_per_s=22)) == {1}
