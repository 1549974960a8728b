"""“Teach it my face”: asks for a few seconds of each expression, and lets the user keep what was learnt."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtWidgets import QDialog, QStackedLayout, QVBoxLayout, QWidget

from happysad_live.core.types import FrameResult
from happysad_live.errors import HappySadError
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.gui.teach.pages import ResultPage, ShowPage, WorkPage
from happysad_live.gui.teach.take import Take
from happysad_live.gui.teach.teaching import Teacher
from happysad_live.gui.widgets.dialogs import confirm
from happysad_live.gui.widgets.screen import within_screen

if TYPE_CHECKING:
    from happysad_live.gui.teach.teaching import TeachOutcome

SIZE = QSize(620, 560)

MIN_TAKES = 2
"""How many expressions are needed: with a single one there is nothing to tell apart."""

_STOPPED = "The picture has stopped: press Start to resume it, and show this expression again."
_ASKED = "Press Start to show this expression."
_TOO_FEW = f"At least {MIN_TAKES} expressions are needed."
_SEEN_TOO_RARELY = "Your face was seen too rarely: look into the camera, in good light."


class _StoppedError(HappySadError):
    """The user has closed the dialog."""


class TeachDialog(QDialog):
    """Fed with labelled frames by ``feed``; takes one expression after the other, then teaches.

    Lives in the window's thread; the teacher's work is done in another one.
    """

    kept = pyqtSignal(str)
    """The name of the model that the user keeps."""
    picture_wanted = pyqtSignal()
    """An expression is to be seen now: the picture must go on."""

    _progressed = pyqtSignal(str, float)

    def __init__(
        self, teacher: Teacher, threads: ThreadGroup, *, mirrored: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Teach it my face")
        self.resize(within_screen(SIZE, self))
        self._teacher = teacher
        self.work = Background("teach", threads)
        self._stopped = threading.Event()
        self._take: Take | None = None
        self._takes: dict[str, Take] = {}
        """What was shown of each label; an expression that is shown again replaces it."""
        self._number = 0
        self._outcome: TeachOutcome | None = None
        self._keeping = False
        self.show_page = ShowPage(mirrored=mirrored)
        self.work_page, self.result_page = WorkPage(), ResultPage()
        self._pages = QStackedLayout()
        for page in (self.show_page, self.work_page, self.result_page):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.addLayout(self._pages)
        self._connect()
        self._begin()

    @property
    def page(self) -> QWidget | None:
        """The page that is shown."""
        return self._pages.currentWidget()

    def feed(self, result: FrameResult) -> None:
        """Take the newest labelled frame of the source."""
        if self.page is not self.show_page:
            return
        self.show_page.show_frame(result)
        if self._take is not None:
            self._take.add(result)
            self.show_page.show_take(self._take)
            if self._take.done:
                self._finish_take(self._take)

    def stop_take(self, problem: str = _STOPPED) -> None:
        """Give up the expression that is being taken, if any: there is no picture. problem: why."""
        if self._take is not None:
            self._take = None
            self._ask(problem)

    def reject(self) -> None:
        """Close, but ask first where what was shown, or learnt and not yet kept, would be lost."""
        if self._keeping:
            return
        self.stop_take(_ASKED)
        if self._has_learnt:
            text, more = "Throw away what it has learnt?", "It has not been saved under a name yet."
            self._confirm_leaving(text, more, yes="Throw away")
        elif self.would_lose_something:
            text, more = "Give up what you have shown?", "The expressions shown so far are not kept."
            self._confirm_leaving(text, more, yes="Give up")
        else:
            self.give_up()

    @property
    def would_lose_something(self) -> bool:
        """Whether closing loses what was shown, or learnt and not yet kept."""
        if self._keeping:  # which is waited for
            return False
        return self._has_learnt or (bool(self._takes) and self.page is not self.result_page)

    @property
    def _has_learnt(self) -> bool:
        return self._outcome is not None and self._outcome.accepted

    def give_up(self) -> None:
        """Close without keeping anything; not while the model is being written."""
        if not self._keeping:
            super().reject()

    def wait_until_kept(self, limit_s: float) -> bool:
        """Wait until a model that is being written is; False where that fails or takes longer."""
        return not self._keeping or self.work.wait(limit_s)

    def _confirm_leaving(self, text: str, more: str, *, yes: str) -> None:
        confirm(self, self.windowTitle(), text, more, yes=yes, no="Go back", then=self.give_up)

    def done(self, code: int) -> None:
        """Close: what is being learnt is given up. Twice is harmless."""
        self._stopped.set()
        self.work.close()
        super().done(code)

    def _connect(self) -> None:
        self.show_page.start.clicked.connect(self._start_take)
        self.show_page.skip.clicked.connect(self._skip)
        self.show_page.keep.clicked.connect(self._next)
        self.show_page.back.clicked.connect(self._go_back)
        for page in (self.show_page, self.work_page):
            page.cancel.clicked.connect(self.reject)
        self.result_page.keep.clicked.connect(self._keep)
        self.result_page.drop.clicked.connect(self.give_up)
        self.result_page.again.clicked.connect(self._begin)
        # Emitted in the teaching thread, so Qt queues it into this one.
        self._progressed.connect(self.work_page.show_progress)

    # --- the expressions -----------------------------------------------------------------------

    def _begin(self) -> None:
        self._take, self._number, self._outcome = None, 0, None
        self._pages.setCurrentWidget(self.show_page)
        self._ask()

    def _ask(self, problem: str = "") -> None:
        labels, number = self._teacher.labels, self._number
        still_possible = sum(label in self._takes for label in labels[:number]) + len(labels) - number - 1
        self.show_page.ask(labels[number], number + 1, len(labels), problem)
        objection = "" if still_possible >= MIN_TAKES else _TOO_FEW
        self.show_page.offer_ways_on(shown=labels[number] in self._takes, objection=objection)

    def _start_take(self) -> None:
        self._take = Take(self._teacher.labels[self._number])
        self.show_page.set_waiting(False)
        self.show_page.show_take(self._take)
        self.picture_wanted.emit()  # which may stop the take at once

    def _finish_take(self, take: Take) -> None:
        self._take = None
        if not self._teacher.usable(take):
            self._ask(_SEEN_TOO_RARELY)
            return
        self._takes[take.label] = take
        self._next()

    def _next(self) -> None:
        self._number += 1
        if self._number < len(self._teacher.labels):
            self._ask()
        else:
            self._teach()

    def _skip(self) -> None:
        self._takes.pop(self._teacher.labels[self._number], None)
        self._next()

    def _go_back(self) -> None:
        """Go to the expression before, which may be shown again."""
        self._number -= 1
        self._ask()

    # --- learning ------------------------------------------------------------------------------

    def _teach(self) -> None:
        takes = tuple(self._takes[label] for label in self._teacher.labels if label in self._takes)
        self.work_page.show_progress("Looking at your pictures", 0.0)
        self.work_page.cancel.setEnabled(True)
        self._pages.setCurrentWidget(self.work_page)
        self.work.run(lambda: self._teacher.teach(takes, self._on_progress), self._on_taught, self._on_failed)

    def _on_progress(self, text: str, share: float) -> None:
        """In the teaching thread."""
        if self._stopped.is_set():
            raise _StoppedError
        self._progressed.emit(text, share)

    def _on_taught(self, outcome: TeachOutcome) -> None:
        self._outcome = outcome
        self.result_page.show_outcome(outcome)
        self._pages.setCurrentWidget(self.result_page)

    def _on_failed(self, message: str) -> None:
        self.result_page.show_failure(message)
        self._pages.setCurrentWidget(self.result_page)

    def _keep(self) -> None:
        outcome, name = self._outcome, self.result_page.name.text()
        if outcome is None or self._keeping:
            return
        self._keeping = True
        self.work_page.show_progress("Writing the model", 0.0)
        self.work_page.cancel.setEnabled(False)
        self._pages.setCurrentWidget(self.work_page)
        keep = partial(self._teacher.keep, outcome, name)
        self.work.run(keep, self._on_kept, self._on_not_kept, must=True)

    def _on_not_kept(self, message: str) -> None:
        self._keeping = False
        self.result_page.show_problem(message)
        self._pages.setCurrentWidget(self.result_page)

    def _on_kept(self, model: str) -> None:
        self._keeping = False
        self.kept.emit(model)
        self.accept()
