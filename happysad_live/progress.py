"""A progress bar on a terminal; silence elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from happysad_live.core.printable import printable


@contextmanager
def progress_bar(title: str, total: int | None, unit: str = "") -> Iterator[Callable[[], None]]:
    """Show a bar on stderr while the block runs; call what it yields once for each step done.

    total: how many steps there will be, None where nobody knows. unit: tell the speed in that too.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    def speed_text() -> str:
        speed = progress.tasks[0].speed
        return f"{speed:.0f} {unit}" if unit and speed else ""

    console = Console(stderr=True, soft_wrap=True)  # a result stays one line, however narrow the terminal is
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed_text]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        # On a terminal the lines of results go above the bar; in a file or a pipe they belong there.
        redirect_stdout=sys.stdout.isatty(),
        disable=not console.is_terminal,
    )
    with progress:
        task = progress.add_task(printable(title), total=total, speed_text="")

        def advance() -> None:
            progress.update(task, advance=1, speed_text=speed_text())

        yield advance
