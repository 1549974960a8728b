"""Working ahead: one step of a chain in a thread of its own, a few items before the next step."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

_INTERRUPTIBLE_S = 0.2
_END = object()


def closing_map(step: Callable[[S], T], items: Generator[S, None, None]) -> Generator[T, None, None]:
    """``map`` for generators: closing it closes ``items`` too."""
    with closing(items):
        for item in items:
            yield step(item)


def parallel_map(
    step: Callable[[S], T],
    items: Generator[S, None, None],
    workers: int,
    name: str,
    release: Callable[[], None] = lambda: None,
) -> Generator[T, None, None]:
    """``closing_map`` for a step that several threads may do at the same time; the order stays.

    items: runs wholly in one more thread; what it raises comes out here, after the results before it.
    release: see ``prefetch``.

    About twice as many items are in work as there are workers, so that none stands still while the
    results are in use; yet a result that is ready never waits for a later item. Closing the generator
    waits for the items that are being worked on, drops the others, and closes ``items``.
    """
    threads = ThreadPoolExecutor(workers, thread_name_prefix=name)

    def begin(item: S) -> Future[T]:
        return threads.submit(step, item)

    try:
        with closing(prefetch(closing_map(begin, items), f"{name} feed", 2 * workers, release)) as begun:
            for result in begun:
                yield result.result()
    finally:
        threads.shutdown(cancel_futures=True)


def prefetch(
    items: Generator[T, None, None], name: str, depth: int = 4, release: Callable[[], None] = lambda: None
) -> Generator[T, None, None]:
    """The same items in the same order, made in a thread while those before them are in use.

    items: runs wholly in the thread; what it raises comes out here, after the items before it.
    depth: how many items may wait, at least 2; the thread stands still beyond that.
    release: ends the making of an item that may take long, such as waiting for a camera.

    Closing the generator (to be done when not all items are taken, see ``contextlib.closing``), or an
    exception that comes while it waits (Ctrl-C), calls ``release``, waits for the item that is being
    made, and closes ``items``, so that chains end as a whole. After the last item, ``release`` is called too.
    """
    waiting: queue.Queue[object] = queue.Queue(max(depth, 2))
    stopping = threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            for item in items:
                waiting.put(item)
                if stopping.is_set():
                    break
        except BaseException as error:
            failure.append(error)
        finally:
            items.close()
            waiting.put(_END)

    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
        while (item := _next_of(waiting)) is not _END:
            yield item  # type: ignore[misc]
        if failure:
            raise failure[0]
    finally:
        stopping.set()
        release()
        # Room for the item that waits to be put, and for the end.
        with suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        if thread.is_alive():  # else Ctrl-C came before it was
            thread.join()


def _next_of(waiting: queue.Queue[object]) -> object:
    """The next item. On Windows not even Ctrl-C interrupts a wait without a limit (see ``Queue.get``)."""
    while True:
        with suppress(queue.Empty):
            return waiting.get(timeout=_INTERRUPTIBLE_S)
