"""A progress bar on a terminal; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from happysad_live.core.printable import printable
from happysad_live.terminal import LastingStream

_BAR_WIDTH = 40
"""The bar's width in characters; on a narrow terminal bar and title get a quarter of its width each."""


@contextmanager
def progress_bar(title: str, total: int | None, unit: str = "") -> Iterator[Callable[[], None]]:
    """Show a bar on stderr while the block runs; call what it yields once for each step done.

    total: how many steps there will be, None where that is unknown. unit: of the speed; empty to show none.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    def speed_text() -> str:
        speed = progress.tasks[0].speed
        if not (unit and speed):
            return ""
        return f"{speed:.0f} {unit}" if speed >= 1 else f"{speed:.1g} {unit}"  # not 0, however slow

    # Soft wrap: a result stays one line, however narrow the terminal is.
    console = Console(file=cast("TextIO", LastingStream(sys.stderr)), soft_wrap=True)
    quarter = max(console.width // 4, 1)
    shortened = Column(no_wrap=True, overflow="ellipsis", max_width=quarter)
    progress = Progress(
        TextColumn("{task.description}", markup=False, table_column=shortened),
        BarColumn(min(quarter, _BAR_WIDTH)),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[speed_text]}"),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        # On a terminal the lines of results go above the bar; in a file or a pipe they belong there.
        redirect_stdout=sys.stdout.isatty(),
        disable=not sys.stderr.isatty(),  # whatever FORCE_COLOR says to the library
    )
    with progress:
        task = progress.add_task(printable(title), total=total, speed_text="")

        def advance() -> None:
            progress.update(task, advance=1, speed_text=speed_text())

        yield advance
