"""The dialog to change what the user prefers."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from happysad_live.gui.preferences.store import RANGES, Preferences
from happysad_live.gui.widgets.choice_box import ChoiceBox
from happysad_live.gui.widgets.qt_text import breakable
from happysad_live.gui.widgets.screen import bounded_by_screen
from happysad_live.gui.widgets.text_label import show_plainly, text_label

SCROLL_BAR_PX = 12
"""Left free at the right for it."""
SIDE_PX = 22
"""Left free at the left and, with the scroll bar, at the right."""
BOX_PX = 26
"""From the left edge of a check box to its text."""


class PreferencesDialog(QDialog):
    """Every change counts at once."""

    changed = pyqtSignal(str, object)
    """A field of Preferences, and its new value."""
    folder_chosen = pyqtSignal(str)
    """Where clips are to go from now on, whatever the window was told when it began."""

    def __init__(self, preferences: Preferences, folder: Path, parent: QWidget | None = None) -> None:
        """folder: where clips go now."""
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self._preferences = preferences
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, SCROLL_BAR_PX, 0)
        column.setSpacing(6)
        self._add_flag(
            column, "happy_sad_only", "Show only &happy and sad",
            "No other expression is shown: each face is called one of the two, or unsure.",
        )  # fmt: skip
        self._add_flag(
            column, "mirror_camera", "&Mirror the picture of a camera",
            "As you see yourself in a mirror. Recordings are never mirrored.",
        )  # fmt: skip
        self._add_flag(
            column, "loop_files", "&Repeat files",
            "A video or a folder of pictures starts over at its end.",
        )  # fmt: skip
        self._add_flag(
            column, "record_clean", "Record &without the labels in the picture",
            "Only such clean clips can teach a model later. Applies from the next clip on.",
        )  # fmt: skip
        self._add_folder(column, folder)
        self._add_range(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(0, 0, SCROLL_BAR_PX, 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(SIDE_PX, 20, SIDE_PX - SCROLL_BAR_PX, 18)
        outer.setSpacing(16)
        outer.addWidget(_Scrolled(page), 1)
        outer.addWidget(buttons)
        self.resize(bounded_by_screen(self.sizeHint(), self))

    def _add_flag(self, column: QVBoxLayout, name: str, text: str, hint: str) -> None:
        box = QCheckBox(text)
        box.setObjectName(name)
        box.setChecked(getattr(self._preferences, name))
        box.toggled.connect(lambda on: self.changed.emit(name, on))
        box.setAccessibleDescription(hint)
        column.addWidget(box)
        column.addWidget(_Hint(hint))
        column.addSpacing(6)

    def _add_folder(self, column: QVBoxLayout, folder: Path) -> None:
        button = QPushButton("Choose…")
        button.setObjectName("clips_folder")
        button.setAutoDefault(False)
        button.clicked.connect(self._choose_folder)
        self._place = text_label("hint")
        self._show_folder(str(folder))
        label = QLabel("Save &clips in")
        label.setBuddy(button)
        row = QHBoxLayout()
        row.addWidget(self._place, 1)
        row.addWidget(button)
        column.addWidget(label)
        column.addLayout(row)
        column.addSpacing(6)

    def _add_range(self, column: QVBoxLayout) -> None:
        choice = ChoiceBox()
        choice.setObjectName("detector_range")
        for key, text in RANGES.items():
            choice.addItem(text, key)
        choice.setCurrentIndex(choice.findData(self._preferences.detector_range))
        choice.currentIndexChanged.connect(
            lambda _: self.changed.emit("detector_range", choice.currentData())
        )
        label = QLabel("Look for &faces")
        label.setBuddy(choice)
        column.addWidget(label)
        column.addWidget(choice)

    def _show_folder(self, folder: str) -> None:
        self._folder = folder
        self._place.setText(breakable(folder))

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Save clips in", self._folder)
        if chosen:
            self._show_folder(chosen)
            self.changed.emit("clips_folder", chosen)
            self.folder_chosen.emit(chosen)


class _Scrolled(QScrollArea):
    """A page that is scrolled where the screen is too low for it, and wraps where that is too narrow."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the first box has it: there it can be seen
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = self.verticalScrollBar()
        assert bar is not None
        self.setMinimumWidth(page.minimumSizeHint().width() + bar.sizeHint().width())
        self._page = page

    def sizeHint(self) -> QSize:
        sides = QSize(2 * SIDE_PX - SCROLL_BAR_PX, 0)
        width_px = bounded_by_screen(self._page.sizeHint() + sides, self).width() - sides.width()
        # Where the screen enlarges windows by a fraction, one may come out a pixel too low.
        return QSize(width_px, self._page.heightForWidth(width_px) + 2)


class _Hint(QLabel):
    """What a box does, under its text: in one line where there is room."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setObjectName("hint")
        show_plainly(self)
        self.setContentsMargins(BOX_PX, 0, 0, 0)

    def sizeHint(self) -> QSize:
        self.ensurePolished()
        width_px = self.fontMetrics().horizontalAdvance(self.text()) + BOX_PX + 1  # which may be rounded down
        return QSize(width_px, self.heightForWidth(width_px))
