"""The line below a clip that is played: what is being done, where that takes a while, and what went wrong."""

from __future__ import annotations

from PyQt6.QtWidgets import QLabel

from happysad_live.gui.timers import single_shot_timer
from happysad_live.gui.widgets.text_label import show_plainly

WAIT_MS = 400
"""What takes longer than this is announced meanwhile."""


class PlayerMessage(QLabel):
    """Shows the last thing that there was to say, and is hidden where that is over."""

    def __init__(self) -> None:
        super().__init__()
        show_plainly(self)
        self.hide()
        self._announcement = ""
        self._announcing = single_shot_timer(self, self._announce, WAIT_MS)
        self._is_hint = False
        """Whether the text goes once what was begun is done; a problem stays."""

    def announce_if_slow(self, what: str) -> None:
        """Say what is being done, where it takes a while. Until then, what is shown stays."""
        self._announcement = what
        self._announcing.start()

    def clear_announcement(self) -> None:
        """Say no longer what is being done, for it is done, nor any hint. A problem that is shown stays."""
        self._announcing.stop()
        if self._is_hint:
            self.hide()

    def show_hint(self, hint: str) -> None:
        """Say something that is no problem, until something else is done."""
        self._announcing.stop()
        self._write(hint, is_hint=True)

    def show_problem(self, problem: str) -> None:
        """Say what went wrong, in place of what was being done."""
        self._announcing.stop()
        self._write(problem, is_hint=False)

    def _announce(self) -> None:
        self._write(self._announcement, is_hint=True)

    def _write(self, text: str, *, is_hint: bool) -> None:
        self._is_hint = is_hint
        self.setObjectName("hint" if is_hint else "problemText")
        if style := self.style():  # which asks for the name once only
            style.unpolish(self)
            style.polish(self)
        self.setText(text)
        self.show()
