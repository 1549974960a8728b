"""The orders in which clips can be listed, and the button to choose one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QToolButton

from happysad_live.core.natural_order import natural_key
from happysad_live.gui.theme import icon
from happysad_live.gui.widgets.tool_button import describe_button
from happysad_live.recording.library import Clip


@dataclass(frozen=True, slots=True)
class _Order:
    menu_text: str
    key: Callable[[Clip], Any]
    descending: bool = False


_ORDERS = {
    # Of one second, the clip that was given a number for that is the newer.
    "newest": _Order(
        "&Newest first", lambda clip: (clip.recorded_at, natural_key(clip.stem)), descending=True
    ),
    "oldest": _Order("&Oldest first", lambda clip: clip.recorded_at),
    "name": _Order("By n&ame", lambda clip: natural_key(clip.stem)),
    "longest": _Order("&Longest first", lambda clip: clip.info.length_s, descending=True),
}
DEFAULT_ORDER = "newest"


def in_order(clips: Iterable[Clip], order: str) -> list[Clip]:
    """Clips in one of the orders; where that says nothing, by name.

    order: one that the button gave; anything else, as another version may have stored it, is the usual one.
    """
    chosen = _ORDERS.get(order, _ORDERS[DEFAULT_ORDER])
    by_name = sorted(clips, key=_ORDERS["name"].key)
    return sorted(by_name, key=chosen.key, reverse=chosen.descending)


class OrderButton(QToolButton):
    """Opens a menu of the orders, and says in its tip which one is chosen."""

    chosen = pyqtSignal(str)
    """The user has chosen another order."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("orderButton")
        self.setIcon(icon("order"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        group = QActionGroup(self)
        self._actions: dict[str, QAction] = {}
        for name, order in _ORDERS.items():
            action = self._menu.addAction(order.menu_text)
            assert action is not None
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, name=name: self._choose(name))
            group.addAction(action)
            self._actions[name] = action
        self.setMenu(self._menu)
        self.show_order(DEFAULT_ORDER)

    def show_order(self, order: str) -> None:
        """Mark the order that the list has."""
        order = order if order in self._actions else DEFAULT_ORDER
        self._actions[order].setChecked(True)
        describe_button(self, f"Order of the clips: {self._actions[order].text().replace('&', '').lower()}")

    def _choose(self, order: str) -> None:
        self.show_order(order)
        self.chosen.emit(order)
