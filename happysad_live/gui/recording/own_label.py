"""The small selector beside Record: what the user says that the picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QKeySequence, QShortcut
from PyQt6.QtWidgets import QMenu, QPushButton, QWidget

from happysad_live.gui.theme import colour_icon
from happysad_live.gui.widgets.elided import shortened_label
from happysad_live.gui.widgets.qt_text import as_it_stands, literal

NO_LABEL = "My label: none"
MAX_LABEL_PX = 90
"""The smallest window has room for so much; a longer label is shortened."""

TIP = (
    "Your own label for what is recorded from now on (1 to 9, in the menu's order; 0 for none).\n"
    "Clips with your label are recorded clean, without labels drawn into the picture, "
    "so that a model can learn from them."
)


class OwnLabelPicker(QPushButton):
    """Offers the model's classes, and none."""

    changed = pyqtSignal(object)
    """The chosen label; None for no label."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("ownLabel")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # or a click would take the window's keys away
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._label: str | None = None
        self._is_recordable = True
        self._choices: tuple[str | None, ...] = (None,)
        """In the menu's order."""
        self.setMenu(self._menu)
        self.offer(())

    @property
    def label(self) -> str | None:
        """The user's own label; None for none."""
        return self._label

    def offer(self, labels: Sequence[str]) -> None:
        """Offer a model's classes; a label that is not among them is given up."""
        self._menu.clear()
        self._group.deleteLater()  # with its actions
        self._group = QActionGroup(self)
        self._choices = (None, *labels)
        self._add(NO_LABEL, 0)
        for number, label in enumerate(labels, 1):
            self._add(label, number).setIcon(colour_icon(label, labels))
        self._menu.addSeparator()
        hint = QAction("Clips with your label are recorded clean", self._menu)
        hint.setEnabled(False)
        self._menu.addAction(hint)
        widest_px = max(self.fontMetrics().horizontalAdvance(self._shown(label)) for label in self._choices)
        self.setMinimumWidth(widest_px + 50)
        self.choose(self._label if self._label in labels else None)
        self._switch()

    def follow_record(self, enabled: bool) -> None:
        """Be switched on and off with Record: where nothing can be recorded, nothing can have a label."""
        self._is_recordable = enabled
        self._switch()

    def choose(self, label: str | None) -> None:
        """Choose a label; None, or one that the model does not know, chooses no label."""
        label = label if label in self._choices else None
        self._group.actions()[self._choices.index(label)].setChecked(True)
        self.setText(literal(self._shown(label)))
        self.setAccessibleName(f"Your own label: {label or 'none'}")
        self.setToolTip(TIP if label is None else as_it_stands(f"{label}\n{TIP}"))
        if label != self._label:
            self._label = label
            self.changed.emit(label)

    def take_digits_of(self, window: QWidget) -> None:
        """Let a window's digits choose, 0 for no label: who looks into the camera finds a key, but no menu.

        They are the window's, for they are to work in full screen as well, where the picker is hidden.
        """
        for number in range(10):
            key = QShortcut(QKeySequence(str(number)), window)
            key.setAutoRepeat(False)
            key.activated.connect(partial(self._press_digit, number))

    def _switch(self) -> None:
        self.setEnabled(self._is_recordable and len(self._choices) > 1)

    def _press_digit(self, number: int) -> None:
        if self.isEnabled():
            self._choose_by_number(number)

    def _choose_by_number(self, number: int) -> None:
        if number < len(self._choices):
            self.choose(self._choices[number])

    def _add(self, text: str, number: int) -> QAction:
        action = QAction(f"{literal(text)}\t{number}" if number < 10 else literal(text), self._group)
        action.setCheckable(True)
        action.triggered.connect(lambda _=False: self._choose_by_number(number))
        self._menu.addAction(action)
        return action

    def _shown(self, label: str | None) -> str:
        if label is None:
            return NO_LABEL
        return f"My label: {shortened_label(label, self, MAX_LABEL_PX)}"
