"""A progress bar on a terminal; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from happysad_live.core.printable import printable
from happysad_live.interruptions import interruptions_held
from happysad_live.terminal import LastingStream

_BAR_WIDTH = 40
"""The bar's width in characters; on a narrow terminal bar and title get a quarter of its width each."""


@contextmanager
def progress_bar(title: str, total: int | None, unit: str = "") -> Iterator[Callable[[], None]]:
    """Show a bar on stderr while the block runs; call what it yields once for each step done.

    total: how many steps there will be, None where that is unknown. unit: of the speed; empty to show none.
    """
    if not sys.stderr.isatty():  # whatever FORCE_COLOR says to the library, which then need not be loaded
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column
    from rich.text import Text

    class SpeedColumn(ProgressColumn):
        """The speed, told when the bar is drawn, ten times a second: at each step it would take longer."""

        def render(self, task: Task) -> Text:
            return Text(_speed_text(task.speed, unit))

    # Soft wrap: a result stays one line, however narrow the terminal is.
    console = Console(file=cast("TextIO", LastingStream(sys.stderr)), soft_wrap=True)
    quarter = max(console.width // 4, 1)
    shortened = Column(no_wrap=True, overflow="ellipsis", max_width=quarter)
    progress = Progress(
        TextColumn("{task.description}", markup=False, table_column=shortened),
        BarColumn(min(quarter, _BAR_WIDTH)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        SpeedColumn(Column(no_wrap=True)),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        # On a terminal the lines of results go above the bar; in a file or a pipe they belong there.
        redirect_stdout=sys.stdout.isatty(),
    )
    try:
        with interruptions_held():  # amid the start, Ctrl-C would leave the terminal without its cursor
            progress.start()
        task = progress.add_task(printable(title), total=total)
        yield lambda: progress.advance(task)
    finally:
        with interruptions_held():
            progress.stop()


def _speed_text(steps_per_s: float | None, unit: str) -> str:
    if not (unit and steps_per_s):
        return ""
    digits = ".0f" if steps_per_s >= 1 else ".1g"  # not 0, however slow
    return f"{steps_per_s:{digits}} {unit}"
