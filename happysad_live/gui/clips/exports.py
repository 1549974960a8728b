"""Exporting clips in the background: one after another, with progress, until the user cancels."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.gui.background import Background
from happysad_live.gui.threads import ThreadGroup
from happysad_live.overlay import draw_result
from happysad_live.recording.export import export_clip
from happysad_live.recording.library import Clip


class ClipExports(QObject):
    """Lives in the window's thread."""

    progressed = pyqtSignal(str, int)
    """Name of the file that is being written, and the percent of it that is done."""
    finished = pyqtSignal(object)
    """Path of a file that is complete."""
    failed = pyqtSignal(str)
    """A sentence for the user."""
    idle = pyqtSignal()
    """Nothing is being written any more."""

    _written = pyqtSignal(object, int)

    def __init__(self, threads: ThreadGroup) -> None:
        super().__init__()
        self._work = Background("clip-export", threads)
        self._jobs: list[_Job] = []
        # Emitted in the export's thread, so Qt queues it into the window's.
        self._written.connect(self._on_written)

    def export(self, clip: Clip, form: str, path: Path) -> None:
        """Write a clip as one of ``EXPORT_SUFFIXES``, after the exports that wait."""
        job = _Job(clip, form, path)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self.progressed.emit(path.name, 0)
        self._work.run(
            partial(job.run, lambda percent: self._written.emit(job, percent)),
            lambda complete: self._end(job, complete),
            lambda message: self._end(job, False, message),
        )

    def cancel(self) -> None:
        """Give up what is being written; nothing of it is left. Those that wait have their turn."""
        if self._jobs:
            self._jobs[0].cancelled.set()

    def close(self) -> None:
        """Give up everything; twice is harmless."""
        for job in self._jobs:
            job.cancelled.set()
        self._work.close()

    def _on_written(self, job: _Job, percent: int) -> None:
        if job in self._jobs:
            self.progressed.emit(job.path.name, percent)

    def _end(self, job: _Job, complete: bool, problem: str = "") -> None:
        self._jobs.remove(job)
        if problem:
            self.failed.emit(problem)
        elif complete:
            self.finished.emit(job.path)
        if self._jobs:
            self.progressed.emit(self._jobs[0].path.name, 0)
        else:
            self.idle.emit()


class _Job:
    """One export. Only ``cancelled`` is touched from another thread than its own."""

    def __init__(self, clip: Clip, form: str, path: Path) -> None:
        self.clip, self.form, self.path = clip, form, path
        self.cancelled = threading.Event()

    def run(self, tell: Callable[[int], object]) -> bool:
        """Write the file; ``tell`` gets every new percent. False when it was cancelled."""
        if self.cancelled.is_set():
            return False
        told, given_up = 0, False

        def on_part(part: float) -> bool:
            nonlocal told, given_up
            percent = int(100 * part)
            if percent != told:
                told = percent
                tell(percent)
            given_up = self.cancelled.is_set()
            return not given_up

        draw = draw_result if self.form == "video" else None
        export_clip(self.clip, self.form, self.path, draw=draw, progress=on_part)
        return not given_up
