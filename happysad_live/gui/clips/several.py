"""Work on several clips: one that fails does not stop the others, and the user hears of it once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from happysad_live.gui.clips.texts import describe_problems
from happysad_live.recording.library import Clip

T = TypeVar("T")


class Answers(Generic[T]):
    """Gathers what became of each clip; once the last answer is there, tells what worked and what did not.

    Used in the window's thread only. count: how many clips there are.
    """

    def __init__(
        self, count: int, then: Callable[[list[T]], object], failed: Callable[[str], object]
    ) -> None:
        """then: gets the results, where there are any. failed: gets one sentence, where something failed."""
        self.count = self._left = count
        self._then, self._failed = then, failed
        self._results: list[T] = []
        self._problems: dict[str, str] = {}

    @property
    def answered(self) -> int:
        """How many clips have worked, failed or been given up so far."""
        return self.count - self._left

    def succeed(self, result: T) -> None:
        self._results.append(result)
        self._count_answer()

    def fail(self, clip: Clip, problem: str) -> None:
        """problem: a sentence for the user."""
        self._problems[clip.stem] = problem
        self._count_answer()

    def give_up(self) -> None:
        """Count a clip for which the user did not want to wait: it has neither worked nor failed."""
        self._count_answer()

    def _count_answer(self) -> None:
        self._left -= 1
        if self._left:
            return
        if self._results:
            self._then(self._results)
        if self._problems:
            self._failed(describe_problems(self._problems, self.count))
