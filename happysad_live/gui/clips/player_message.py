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
        self._awaited = ""
        self._takes_long = single_shot_timer(self, lambda: self._write(self._awaited, waits=True), WAIT_MS)
        self._waits = False
        """Whether the text goes with the next answer; else it says a problem."""

    def wait(self, what: str) -> None:
        """Say what is being done, where it takes a while. Until then, what is shown stays."""
        self._awaited = what
        self._takes_long.start()

    def tell(self, what: str) -> None:
        """Say something that is no problem, until something else is done."""
        self._takes_long.stop()
        self._write(what, waits=True)

    def answered(self) -> None:
        """Stop saying what is being done, or do not begin to: it is done. A problem that is shown stays."""
        self._takes_long.stop()
        if self._waits:
            self.hide()

    def say(self, problem: str) -> None:
        """Say what went wrong, which is an answer, too."""
        self._takes_long.stop()
        self._write(problem, waits=False)

    def _write(self, text: str, *, waits: bool) -> None:
        self._waits = waits
        self.setObjectName("hint" if waits else "problemText")
        if style := self.style():  # which asks for the name once only
            style.unpolish(self)
            style.polish(self)
        self.setText(text)
        self.show()
