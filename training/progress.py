"""The app's progress bar, for work that Ctrl-C can end between two steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from happysad_live import progress
from training.interrupt import check_interrupt

T = TypeVar("T")


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """The app's ``progress_bar``, whose step raises KeyboardInterrupt once Ctrl-C was pressed."""
    with progress.progress_bar(title, total) as advance:

        def step() -> None:
            check_interrupt()
            advance()

        yield step


def progressed(title: str, things: Collection[T]) -> Iterator[T]:
    """The things one after the other, with a bar that takes a step as each is done."""
    with progress_bar(title, len(things)) as advance:
        for thing in things:
            yield thing
            advance()
