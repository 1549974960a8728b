"""Exporting clips in the background: one after another, with progress, until the user cancels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.gui.clips.several import Answers
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.overlay import draw_result
from happysad_live.recording.export import export_clip
from happysad_live.recording.library import Clip

Target = tuple[Clip, Path]
"""A clip, and the file that it is to be written to."""


class ClipExports(QObject):
    """Writes one export after another in a thread of its own. Lives in the window's thread."""

    progressed = pyqtSignal(str, int)
    """What is being written, in words, and the percent that is done of all that was asked for at once."""
    finished = pyqtSignal(object)
    """Paths of the files that are complete, of those that were asked for at once."""
    failed = pyqtSignal(str)
    """A sentence for the user, on all that was asked for at once."""
    idle = pyqtSignal()
    """Nothing is being written any more."""

    _written = pyqtSignal(object, int)

    def __init__(self, threads: ThreadGroup) -> None:
        super().__init__()
        self._work = Background("clip-export", threads)
        self._jobs: list[_Job] = []
        # Emitted in the export's thread, so Qt queues it into the window's.
        self._written.connect(self._on_written)

    def export(self, format: str, targets: Sequence[Target]) -> None:
        """Write clips, after the exports that wait; one that fails does not stop the others.

        format: one of ``EXPORT_SUFFIXES``.
        """
        answers: Answers[Path] = Answers(len(targets), self.finished.emit, self.failed.emit)
        for clip, path in targets:
            self._add(_Job(clip, format, path, answers))

    def cancel(self) -> None:
        """Give up what is being written, and what was asked for together with it.

        No unfinished file is left. Other exports that wait have their turn.
        """
        for job in self._jobs:
            if job.answers is self._jobs[0].answers:
                job.cancelled.set()

    def follow(self, clip: Clip, renamed: Clip) -> None:
        """Let exports that wait find a clip that the user has renamed."""
        for job in self._jobs:
            if job.clip.video == clip.video:
                job.clip = renamed

    @property
    def is_busy(self) -> bool:
        """Whether something is being written, or waits for that, and was not given up."""
        return any(not job.cancelled.is_set() for job in self._jobs)

    def close(self) -> None:
        """Give up everything; twice is harmless."""
        for job in self._jobs:
            job.cancelled.set()
        self._work.close()

    def _add(self, job: _Job) -> None:
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._tell_progress(0)
        self._work.run(
            partial(job.run, lambda percent: self._written.emit(job, percent)),
            lambda complete: self._end(job, complete),
            lambda message: self._end(job, False, message),
        )

    def _on_written(self, job: _Job, percent: int) -> None:
        if self._jobs[:1] == [job]:
            self._tell_progress(percent)

    def _tell_progress(self, percent: int) -> None:
        """percent: of the file that is being written."""
        job = self._jobs[0]
        count, done = job.answers.count, job.answers.answered
        which = f"{done + 1} of {count}: " if count > 1 else ""
        self.progressed.emit(f"Writing {which}{job.path.name}…", (100 * done + percent) // count)

    def _end(self, job: _Job, complete: bool, problem: str = "") -> None:
        self._jobs.remove(job)
        if problem:
            job.answers.fail(job.clip, problem)
        elif complete:
            job.answers.succeed(job.path)
        else:
            job.answers.give_up()
        if self._jobs:
            self._tell_progress(0)
        else:
            self.idle.emit()


class _Job:
    """One export. From other threads than its own only ``cancelled`` is set, and ``clip``, which is read
    once, when the export begins.

    answers: shared by what was asked for at once.
    """

    def __init__(self, clip: Clip, format: str, path: Path, answers: Answers[Path]) -> None:
        self.clip, self.format, self.path, self.answers = clip, format, path, answers
        self.cancelled = threading.Event()

    def run(self, tell: Callable[[int], object]) -> bool:
        """Write the file; ``tell`` gets every new percent. False when it was cancelled."""
        if self.cancelled.is_set():
            return False
        told = 0

        def on_part(part: float) -> bool:
            nonlocal told
            percent = int(100 * part)
            if percent != told:
                told = percent
                tell(percent)
            return not self.cancelled.is_set()

        # As it is now: it may have been given a label since it was asked for.
        draw = partial(draw_result, sides={})
        return export_clip(self.clip.as_now(), self.format, self.path, draw=draw, progress=on_part)
