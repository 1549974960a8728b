"""The pages of “Teach it my face”: showing, waiting, and what came of it. The dialog connects the buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from happysad_live.core.counts import percent
from happysad_live.core.types import FrameResult
from happysad_live.gui.teach.take import TAKE_S, Take
from happysad_live.gui.video_view import VideoView
from happysad_live.gui.widgets.least_height import keep_least_height
from happysad_live.gui.widgets.text_label import text_label

if TYPE_CHECKING:
    from happysad_live.gui.teach.teaching import TeachOutcome

_HINTS = {
    "happy": "Smile as you do when something delights you.",
    "sad": "Think of something that went wrong, and let it show.",
    "neutral": "Let your face rest, as when you read.",
    "angry": "Scowl as if somebody had taken your seat.",
    "surprise": "Look as if a friend had jumped out of the wardrobe.",
    "fear": "Look as if something moved in the dark.",
    "disgust": "Look as if the milk had gone sour.",
}
_PRIVATE = "Your pictures stay on this machine and are not kept."
_SCALE = 1000
_MOSTLY = 0.8


class ShowPage(QWidget):
    """Asks for one expression and shows the live picture meanwhile."""

    def __init__(self, *, mirrored: bool) -> None:
        super().__init__()
        self.view = VideoView()
        self.view.setMinimumSize(200, 110)  # beside the texts and buttons, on the lowest screen
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # there is nothing to do with it
        self.view.set_mirrored(mirrored)
        self.title, self.hint = text_label("pageTitle"), text_label("pageText")
        self.state = text_label("pageTitle")
        self.bar = _bar("Progress of this expression")
        self.start, self.skip = QPushButton("&Start"), QPushButton("S&kip this one")
        self.keep = QPushButton("Keep &what you showed")
        self.start.setDefault(True)
        self.back, self.cancel = QPushButton("&Back"), QPushButton("&Cancel")
        for button in (self.back, self.skip, self.keep, self.cancel):
            button.setAutoDefault(False)
        column = _column(self)
        for widget in (self.title, self.hint):
            column.addWidget(widget)
        column.addWidget(self.view, 1)
        column.addWidget(self.state)
        column.addWidget(self.bar)
        column.addLayout(_row(self.cancel, self.back, self.skip, self.keep, self.start))

    def ask(self, label: str, number: int, count: int, problem: str) -> None:
        """Ask for an expression. problem: why it is asked for again; empty at first."""
        self.title.setText(f"{number} of {count}: {label}")
        hint = _HINTS.get(label, f"Look {label}.")
        how = f"Hold it for {TAKE_S:.0f} seconds and move your head a little."
        self.hint.setText(" ".join(filter(None, (problem, hint, how, "" if problem else _PRIVATE))))
        self.state.setText("Press Start when you are ready.")
        self.bar.setValue(0)
        self.set_waiting(True)
        self.back.setEnabled(number > 1)
        self.start.setFocus()

    def offer_ways_on(self, *, shown: bool, objection: str) -> None:
        """Offer to keep what was shown of this expression, and to do without it unless something objects."""
        self.keep.setVisible(shown)
        self.skip.setEnabled(not objection)
        self.skip.setToolTip(objection)

    def set_waiting(self, waiting: bool) -> None:
        """Whether the user is to press a button; else an expression is being taken."""
        if not waiting:
            self.setFocus()  # from a button that is switched off it would go on to Cancel
        for button in (self.back, self.skip, self.keep, self.start):
            button.setEnabled(waiting)

    def show_frame(self, result: FrameResult) -> None:
        """Show the picture without its labels, which would distract."""
        self.view.show_result(FrameResult(result.frame, (), ()))

    def show_take(self, take: Take) -> None:
        """Show how far a take is, and what is wrong with the picture."""
        if not take.face_seen:
            self.state.setText("Your face cannot be seen.")
        else:
            now = "Hold it…" if take.collecting else f"In {take.countdown}…"
            self.state.setText(now if take.alone else f"{now} Of several faces the largest counts.")
        self.bar.setValue(round(_SCALE * take.share))


class WorkPage(QWidget):
    """Shown while the model learns or is written."""

    def __init__(self) -> None:
        super().__init__()
        self.text = text_label("pageTitle")
        self.bar = _bar("Progress of the model")
        self.cancel = QPushButton("&Cancel")
        self.cancel.setAutoDefault(False)  # one more Enter must not throw away what was shown
        more = text_label("pageText", f"This takes well under a minute. {_PRIVATE}")
        column = _column(self)
        column.addStretch(1)
        for widget in (self.text, self.bar, more):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(_row(self.cancel))

    def show_progress(self, text: str, share: float) -> None:
        self.text.setText(f"{text}…")
        self.bar.setRange(0, _SCALE if share else 0)  # moving by itself until there is something to tell
        self.bar.setValue(round(_SCALE * share))


class ResultPage(QWidget):
    """Shows how well the model did before and after, and offers to keep it, drop it or try again.

    name: the field for what the user calls it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title, self.reason = text_label("pageTitle"), text_label("pageText")
        self.problem = text_label("problemText")
        self.name = QLineEdit("me")
        self.name.setMaxLength(40)
        self.name.setAccessibleName("Name of the taught model")
        self.name.textEdited.connect(self._on_name)
        self._name_label = QLabel("&Name")
        self._name_label.setBuddy(self.name)
        self.keep, self.drop = QPushButton("&Keep"), QPushButton("&Drop")
        self.again = QPushButton("Try &again")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(28)
        self._table.setVerticalSpacing(7)
        column = _column(self)
        for widget in (self.title, self.reason):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addLayout(self._table)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addLayout(_row(self._name_label, self.name, self.again, self.drop, self.keep))

    def show_outcome(self, outcome: TeachOutcome) -> None:
        """Show what came of it; a refused model cannot be kept."""
        self.title.setText(_learnt(outcome) if outcome.accepted else "Not kept")
        self.reason.setText(outcome.reason.replace(" %", "\N{NO-BREAK SPACE}%"))
        self.problem.clear()
        self._fill(_outcome_rows(outcome))
        self._offer(accepted=outcome.accepted, good=outcome.accepted and _is_mostly_right(outcome))

    def show_failure(self, message: str) -> None:
        """Say that teaching failed. message: why, a sentence for the user."""
        self.title.setText("That did not work")
        self.reason.setText(message)
        self.problem.clear()
        self._fill([])
        self._offer(accepted=False, good=False)

    def show_problem(self, message: str) -> None:
        """Say why the model could not be kept; the user may try again."""
        self.problem.setText(message)

    def _offer(self, *, accepted: bool, good: bool) -> None:
        for widget in (self._name_label, self.name, self.keep):
            widget.setVisible(accepted)
        self.again.setVisible(not good)
        self.drop.setText("&Drop" if accepted else "&Close")
        default = self.keep if good else self.again
        default.setDefault(True)
        default.setFocus()

    def _on_name(self, _: str) -> None:
        self.keep.setDefault(True)  # who has begun to name it does not want to try again by Enter

    def _fill(self, rows: Sequence[tuple[str, str, str]]) -> None:
        while (item := self._table.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for line, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self._table.addWidget(text_label("hint" if line == 0 else "pageText", text), line, column)


def _learnt(outcome: TeachOutcome) -> str:
    if outcome.still_missed:
        return "It has learnt some of your expressions"
    return "It has learnt your face" if _is_mostly_right(outcome) else "It does not read your face surely yet"


def _is_mostly_right(outcome: TeachOutcome) -> bool:
    """Whether each of the person's own expressions is called mostly right in the table."""
    return min(outcome.after.recall.values()) >= _MOSTLY


def _outcome_rows(outcome: TeachOutcome) -> list[tuple[str, str, str]]:
    """The table before and after, its heading first."""
    rows = [("Recognised", "before", "after")]
    for label, before in outcome.before.recall.items():
        rows.append((f"your {label} face", _in_words(before), _in_words(outcome.after.recall[label])))
    both = outcome.general_before.balanced_accuracy, outcome.general_after.balanced_accuracy
    rows.append(("other people's faces", *(percent(share) for share in both)))  # type: ignore[arg-type]
    return rows


def _in_words(share: float) -> str:
    for least, word in ((0.995, "always"), (_MOSTLY, "mostly"), (0.5, "often"), (0.005, "rarely")):
        if share >= least:
            return f"{word} ({percent(share)})"
    return f"never ({percent(share)})"


def _bar(name: str) -> QProgressBar:
    """name: for screen readers."""
    bar = QProgressBar()
    bar.setAccessibleName(name)
    bar.setRange(0, _SCALE)
    bar.setTextVisible(False)
    return bar


def _column(page: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    keep_least_height(page)
    return column


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    return row
