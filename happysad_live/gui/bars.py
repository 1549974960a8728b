"""The bars of buttons above and under the picture: the header and the footer."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from happysad_live.gui.actions import Actions
from happysad_live.gui.menus import ModelMenu, SourceMenu
from happysad_live.gui.recent_labels import RecentLabels
from happysad_live.gui.seek_bar import SeekBar
from happysad_live.gui.theme import icon, text_scaled
from happysad_live.gui.widgets.elided import ElidedButton
from happysad_live.sources import SourceInfo


class Header(QWidget):
    """Above the picture: what plays, what labels it, and how the window looks."""

    def __init__(self, actions: Actions, sources: SourceMenu, models: ModelMenu) -> None:
        super().__init__()
        self.source = Picker("camera", "Source", "Choose what to look at", sources, 560)
        self.model = Picker("model", "Model", "Choose what labels the faces", models, 230)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(10, 8, 10, 8)
        row.setSpacing(8)
        # The pickers take all the room up to their widest, the gap only what is left.
        for picker in (self.source, self.model):
            row.addWidget(picker)
            picker.named.connect(self._share_room)
        row.addStretch(1)
        self._share_room()
        for action in (actions.clips, actions.mirror, actions.full_screen, actions.preferences):
            row.addWidget(_Button(action))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """Where both names do not fit, give each half of the room, or what a shorter one leaves."""
        pickers = (self.source, self.model)
        others_px = self._row.minimumSize().width() - sum(picker.minimumWidth() for picker in pickers)
        room_px = self.width() - others_px
        wishes_px = [min(picker.sizeHint().width(), picker.maximumWidth()) for picker in pickers]
        half_px, rest_px = room_px // 2, room_px - min(wishes_px)  # the rest beside the shorter name
        most_px = max(half_px, rest_px, 1)
        for picker, wish_px in zip(pickers, wishes_px, strict=True):
            self._row.setStretchFactor(picker, min(wish_px, most_px))


class Picker(ElidedButton):
    """A button that tells what is chosen and opens the menu to choose another; long names are shortened."""

    ICON_PX, ARROW_PX = 24, 48

    named = pyqtSignal()
    """Something else was chosen."""

    def __init__(self, glyph: str, title: str, tip: str, menu: QMenu, widest_px: int) -> None:
        super().__init__(self.ICON_PX + self.ARROW_PX)
        self._title, self._tip = title, tip
        self.setObjectName("picker")
        self.setIcon(icon(glyph))
        self.setIconSize(QSize(self.ICON_PX, 18))  # these icons have a margin at their left
        self.setMenu(menu)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # For the smallest window with the clips in it; in others the names fit as a rule.
        self.setMinimumWidth(text_scaled(60))
        self.setMaximumWidth(text_scaled(widest_px))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_name(self, name: str, glyph: str | None = None) -> None:
        """Tell what is chosen. glyph: its icon, where that changes."""
        if glyph:
            self.setIcon(icon(glyph))
        self.show_name(name, f"{name}\n{self._tip}")
        self.setAccessibleName(f"{self._title}: {name}")
        self.named.emit()


class Footer(QWidget):
    """Under the picture: playing, and what the faces looked like in the last seconds.

    Photographs' faces have no seconds before: in a folder of pictures, the steps to the previous and the next
    one stand there instead.
    """

    ROOM_FOR_TEXTS_PX = 480
    """A narrower footer, as beside the clips on a small screen, shows only icons on its buttons."""

    def __init__(self, actions: Actions, seek_bar: SeekBar, recent_labels: RecentLabels) -> None:
        super().__init__()
        self.setObjectName("footer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 10, 8)
        column.setSpacing(4)
        column.addWidget(seek_bar)
        self._row = row = QHBoxLayout()
        row.setSpacing(8)
        column.addLayout(row)
        self._pause = _Button(actions.pause)
        self._record = _Button(actions.record)
        self._record.setObjectName("recordButton")
        row.addWidget(self._pause)
        row.addWidget(self._record)
        self._steps = [_Button(actions.step_back), _Button(actions.step_on)]
        for button in self._steps:
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self._rest = QStackedWidget()
        self._rest.addWidget(recent_labels)
        self._rest.addWidget(_left_in_row(self._steps))
        row.addWidget(self._rest, 1)
        self._show_texts(True)

    def show_source(self, info: SourceInfo | None) -> None:
        """Offer what goes with a source; None where nothing is open."""
        pictures = info is not None and info.kind == "images"
        for button in self._steps:
            button.setVisible(pictures and info is not None and not info.is_photograph)
        self._rest.setCurrentIndex(1 if pictures else 0)

    def add(self, widget: QWidget) -> None:
        """Put something more after the buttons."""
        self._row.insertWidget(self._row.count() - 1, widget)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._show_texts(self.width() >= text_scaled(self.ROOM_FOR_TEXTS_PX))

    def _show_texts(self, on: bool) -> None:
        """Say on the buttons what they do, or leave that to their icons."""
        # As wide as its widest text, so that nothing moves when it changes.
        for button, widest, beside_px in ((self._pause, "Play again", 56), (self._record, "Record", 52)):
            width_px = button.fontMetrics().horizontalAdvance(widest) + beside_px
            button.setMinimumWidth(width_px if on else 0)
            style = Qt.ToolButtonStyle
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if on else style.ToolButtonIconOnly)


def _left_in_row(buttons: Sequence[QWidget]) -> QWidget:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    return widget


class _Button(QToolButton):
    """An action's button; a screen reader hears what the action would do now."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self._action = action
        self.setDefaultAction(action)
        self.setIconSize(QSize(18, 18))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        action.changed.connect(self._name)
        self._name()

    def _name(self) -> None:
        self.setAccessibleName(self._action.toolTip())
