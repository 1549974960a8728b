"""How widgets lie in a window."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtWidgets import QWidget


def lie_apart(widgets: Iterable[QWidget], within: QWidget) -> bool:
    """Whether all lie inside a widget that holds them, and none over another."""
    places = [QRect(one.mapTo(within, QPoint(0, 0)), one.size()) for one in widgets]
    inside = all(within.rect().contains(place) for place in places)
    return inside and not any(one.intersects(other) for one, other in combinations(places, 2))
