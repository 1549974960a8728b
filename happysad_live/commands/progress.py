"""A progress bar on a terminal; silence elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class FrameProgress:
    """Shows how many frames are done, how many there are where that is known, and how fast it goes.

    Drawn on stderr, and only where that is a terminal.
    """

    def __init__(self, name: str, total: int | None, unit: str = "frames/s") -> None:
        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{{task.fields[rate]}} {unit}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            # On a terminal the lines of results go above the bar; in a file or a pipe they belong there.
            redirect_stdout=sys.stdout.isatty(),
            disable=not console.is_terminal,
        )
        self._name = name
        self._total = total
        self._task: TaskID | None = None

    def __enter__(self) -> FrameProgress:
        self._progress.start()
        self._task = self._progress.add_task(self._name, total=self._total, rate="–")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def advance(self) -> None:
        """One more is done."""
        assert self._task is not None
        speed = self._progress.tasks[0].speed
        self._progress.update(self._task, advance=1, rate=f"{speed:.0f}" if speed else "–")
