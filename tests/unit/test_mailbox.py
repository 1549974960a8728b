"""The newest-wins hand-over between threads."""

from __future__ import annotations

import threading

from happysad_live.core.mailbox import Mailbox

LIMIT_S = 5.0


def test_only_the_newest_item_is_handed_over_and_the_others_are_counted() -> None:
    box: Mailbox[int] = Mailbox()
    for item in (1, 2, 3):
        box.put(item)
    assert box.take(0) == 3
    assert box.take(0) is None
    assert box.dropped == 2


def test_put_says_when_the_receiver_has_to_be_told() -> None:
    box: Mailbox[int] = Mailbox()
    assert box.put(1) is True
    assert box.put(2) is False
    box.take(0)
    assert box.put(3) is True


def test_false_and_empty_items_are_items() -> None:
    box: Mailbox[object] = Mailbox()
    box.put(0)
    assert box.put("") is False
    assert box.take(0) == ""


def test_take_waits_for_another_thread() -> None:
    box: Mailbox[str] = Mailbox()
    taken: list[str | None] = []
    receiver = threading.Thread(target=lambda: taken.append(box.take(LIMIT_S)))
    receiver.start()
    box.put("late")
    receiver.join(LIMIT_S)
    assert taken == ["late"]


def test_closing_wakes_everybody_and_refuses_what_comes_later() -> None:
    box: Mailbox[str] = Mailbox()
    taken: list[str | None] = []
    receivers = [threading.Thread(target=lambda: taken.append(box.take()), daemon=True) for _ in range(2)]
    for receiver in receivers:
        receiver.start()
    box.close()
    for receiver in receivers:
        receiver.join(LIMIT_S)
    assert not any(receiver.is_alive() for receiver in receivers)
    assert taken == [None, None]
    assert box.put("too late") is False
    assert box.take(0) is None
    box.close()
    assert box.closed


def test_closing_throws_away_what_nobody_took() -> None:
    box: Mailbox[str] = Mailbox()
    box.put("stale")
    box.close()
    assert box.take() is None


def test_closing_can_leave_what_is_inside() -> None:
    box: Mailbox[str] = Mailbox()
    box.put("the last one")
    box.close(discard=False)
    assert box.put("too late") is False
    assert (box.take(), box.take()) == ("the last one", None)


def test_clearing_does_not_count_as_dropping() -> None:
    box: Mailbox[str] = Mailbox()
    box.put("of the old source")
    box.clear()
    assert box.put("of the new source") is True
    assert (box.take(0), box.dropped) == ("of the new source", 0)


def test_what_was_taken_is_pending_until_it_is_done() -> None:
    """A clip waits for the frame that the model has in work."""
    box: Mailbox[int] = Mailbox()
    box.set_depth(2)
    box.put(1)
    box.put(2)
    box.take(0)
    assert box.pending == 2
    box.done()
    assert box.pending == 1


def test_nothing_is_lost_or_doubled_between_threads() -> None:
    box: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def receive() -> None:
        while (item := box.take()) is not None:
            taken.append(item)
            if item == 2000:
                return

    receiver = threading.Thread(target=receive)
    receiver.start()
    for item in range(1, 2001):
        box.put(item)
    receiver.join(LIMIT_S)
    assert taken == sorted(set(taken))
    assert taken[-1] == 2000
    assert len(taken) + box.dropped == 2000


def test_a_deeper_box_keeps_the_newest_few_in_their_order() -> None:
    box: Mailbox[int] = Mailbox()
    box.set_depth(3)
    told = [box.put(item) for item in range(5)]
    assert told == [True, False, False, False, False]
    assert [box.take(0) for _ in range(4)] == [2, 3, 4, None]
    assert box.dropped == 2


def test_making_a_box_shallower_drops_and_counts_the_oldest() -> None:
    box: Mailbox[int] = Mailbox()
    box.set_depth(4)
    for item in range(4):
        box.put(item)
    box.set_depth(1)
    assert box.take(0) == 3
    assert box.dropped == 3
