"""The bar under a clip, to give a stretch of a face, or of every face, a label."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from happysad_live.core.clock_text import clock
from happysad_live.core.label_text import face_name
from happysad_live.gui.clips.texts import NOT_LABELLED, describe_clean
from happysad_live.gui.theme import colour_icon
from happysad_live.gui.widgets.choice_box import ChoiceBox
from happysad_live.gui.widgets.elided import shortened_label
from happysad_live.gui.widgets.qt_text import as_it_stands, keys_text, literal
from happysad_live.gui.widgets.text_label import text_label
from happysad_live.gui.widgets.wrapping_row import WrappingRow
from happysad_live.recording.clip_info import ClipInfo

REMOVE_LABEL = "Remove label"

MAX_LABEL_PX = 160
"""A longer label is shortened on its button."""

CLICKS_LEAVE_KEYS = Qt.FocusPolicy.TabFocus
"""After a click, Space and the arrow keys still play and step."""


_CHOICE_KEYS = (
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Space,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_F4,
)


class ClipLabelBar(QWidget):
    """Reads like a sentence: label every face, from here to there, as happy, sad...

    begin, end, whole: the player connects them: they mark a part from or up to what is shown, or the whole.
    undo: the player connects and enables it, too.
    """

    label_given = pyqtSignal(object)
    """The label for what is marked; None takes the user's own label back."""

    def __init__(self) -> None:
        super().__init__()
        self.face = _FaceChoice()
        self.face.setToolTip("Whose label it is")
        self.face.setAccessibleName("Face")
        self.begin = QPushButton()
        self.begin.setToolTip("Mark from here: begin at the picture that is shown (I)")
        self.end = QPushButton()
        self.end.setToolTip("Mark up to here: end with the picture that is shown (O)")
        self.whole = QPushButton("Whole clip")
        self.whole.setToolTip("Mark the whole clip (A)")
        self.remove_label = QPushButton(REMOVE_LABEL)
        self.remove_label.setToolTip("Remove your own labels from what is marked (Backspace)")
        self.remove_label.clicked.connect(lambda: self.label_given.emit(None))
        self.undo = QPushButton("Undo")
        self.undo.setToolTip(f"Take the last change of the labels back ({keys_text('Ctrl+Z')})")
        self.undo.setEnabled(False)
        self._hint = text_label("hint")
        self._labels: tuple[str, ...] = ()
        self._buttons: list[QPushButton] = []
        for widget in (self.face, self.begin, self.end, self.whole, self.remove_label, self.undo):
            widget.setFocusPolicy(CLICKS_LEAVE_KEYS)
        self._lay_out()
        self.show_faces([])
        self.show_range(None, 0.0)

    @property
    def track(self) -> int | None:
        """Number of the chosen face; None for every face."""
        return self.face.currentData()

    def choose_face(self, track: int | None) -> None:
        """Choose a face by its number."""
        self.face.setCurrentIndex(max(self.face.findData(track), 0))

    def show_faces(self, tracks: Sequence[int]) -> None:
        """Offer these faces beside "every face"; the chosen one stays where it is among them."""
        chosen = self.track
        self.face.clear()
        self.face.addItem("Every face", None)
        for track in sorted(tracks):
            self.face.addItem(face_name(track), track)
        self.choose_face(chosen)

    @property
    def hint(self) -> str:
        """Why no label can be given, or why training does not use all of the clip; else empty."""
        return self._hint.text()

    def show_clip(self, info: ClipInfo) -> None:
        """Offer the classes of the clip's model, and say since when training may use the clip."""
        labels = info.labels
        can_be_labelled = bool(labels or info.own_labels)
        self._hint.setText(describe_clean(info) if can_be_labelled else NOT_LABELLED)
        self._hint.setVisible(bool(self.hint))
        self._sentence.setVisible(can_be_labelled)
        if labels == self._labels:
            return
        self._labels = labels
        for button in (*self._buttons, self.remove_label, self.undo):
            self._choices.removeWidget(button)
        for button in self._buttons:
            button.deleteLater()
        self._buttons = []
        for number, label in enumerate(labels, start=1):
            shown = shortened_label(label, self, MAX_LABEL_PX)
            button = QPushButton(colour_icon(label, labels), f" {literal(shown)}")
            button.setToolTip(as_it_stands(f"Call it {label}" + (f" ({number})" if number <= 9 else "")))
            button.setAccessibleName(label)
            button.setFocusPolicy(CLICKS_LEAVE_KEYS)
            button.clicked.connect(lambda _=False, label=label: self.label_given.emit(label))
            self._choices.addWidget(button)
            self._buttons.append(button)
        for button in (self.remove_label, self.undo):
            self._choices.addWidget(button)
        for before, after in pairwise([self.whole, *self._buttons, self.remove_label, self.undo]):
            self.setTabOrder(before, after)

    def show_range(self, range_s: tuple[float, float] | None, length_s: float) -> None:
        """Say what is marked; None for the whole clip."""
        start_s, end_s = range_s or (0.0, length_s)
        start, end = clock(start_s, tenths=True), clock(end_s, tenths=True)
        self.begin.setText(f"From {start}")
        self.begin.setAccessibleName(f"Mark from here, now from {start}")
        self.end.setText(f"To {end}")
        self.end.setAccessibleName(f"Mark up to here, now to {end}")
        self.whole.setEnabled(range_s is not None)

    def label_for_key(self, number: int) -> str | None:
        """The label that a digit key stands for, 1 for the first; None where there is no such label."""
        return self._labels[number - 1] if 1 <= number <= min(9, len(self._labels)) else None

    def _lay_out(self) -> None:
        marks, self._choices = WrappingRow(), WrappingRow()
        for widget in (QLabel("Label"), self.face, self.begin, self.end, self.whole):
            marks.addWidget(widget)
        for widget in (QLabel("as"), self.remove_label, self.undo):
            self._choices.addWidget(widget)
        self._sentence = QWidget()
        rows, column = QVBoxLayout(self._sentence), QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        column.setContentsMargins(0, 0, 0, 0)
        for row in (marks, self._choices):
            row.setSpacing(8)
            rows.addLayout(row)
        column.addWidget(self._sentence)
        column.addWidget(self._hint)


class _FaceChoice(ChoiceBox):
    """Takes the keys that choose a face, and leaves all others to the player."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _CHOICE_KEYS or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        else:
            event.ignore()
