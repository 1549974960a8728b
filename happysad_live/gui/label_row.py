"""A face's labels over the time as a row: its number, and a bar with a stretch in each label's colour."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter

from happysad_live.gui.theme import FAINT, QUIET_TEXT


def paint_number(painter: QPainter, place: QRectF, track: int) -> None:
    """Paint a face's number before its bar."""
    painter.setPen(QUIET_TEXT)
    painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(track))


def paint_bar(painter: QPainter, bar: QRectF) -> None:
    """Paint the empty bar, which stays to be seen where the face has no label."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(FAINT)
    painter.drawRoundedRect(bar, 2, 2)


def paint_stretch(painter: QPainter, bar: QRectF, x0: float, x1: float, colour: QColor) -> QRectF:
    """Paint a label from x0 to x1 (pixels), wide enough to be seen. Returns where it was painted."""
    place = QRectF(x0, bar.y(), max(x1 - x0, 1.0), bar.height())
    painter.fillRect(place, colour)
    return place
