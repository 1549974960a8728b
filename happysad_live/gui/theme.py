"""The window's looks: style sheet, icons, and the colours that are painted by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QColor, QFontInfo, QIcon, QPainter, QPalette, QPen, QPixmap
from PyQt6.QtWidgets import QApplication

from happysad_live.overlay import INK, label_colour
from happysad_live.paths import assets_dir

STAGE = QColor(10, 11, 14)
"""Around the picture."""
FAINT = QColor(255, 255, 255, 22)
LABEL_INK = QColor(*INK)
"""On a label's colour, as in the picture."""
ICON_PX = 12
TICK = ((0.2, 0.52), (0.42, 0.74), (0.82, 0.28))
"""Its corners, as shares of the icon's side."""
FOCUS = QColor(127, 176, 255)
"""Around what has the keyboard, as in the style sheet."""
TEXT, QUIET_TEXT = QColor("#e4e8ef"), QColor(152, 161, 176)
FONT_PX = 13
"""The height of the system's font for which the sizes in the style sheet, and those of what holds text, are
meant."""


def text_scale() -> float:
    """How many times as large as usual the user wants text; 1 also for smaller text."""
    return max(QFontInfo(QApplication.font()).pixelSize() / FONT_PX, 1.0)


def text_scaled(usual_px: float) -> int:
    """Pixels for something that holds text: more for users of large print."""
    return round(usual_px * text_scale())


@cache
def icon(name: str) -> QIcon:
    """An icon of ``assets/icons`` by its file's stem."""
    return QIcon(str(assets_dir() / "icons" / f"{name}.svg"))


def label_qcolor(label: str, labels: Sequence[str]) -> QColor:
    """A label's colour. labels: those of its model."""
    return QColor(*label_colour(label, labels))


def colour_icon(label: str, labels: Sequence[str]) -> QIcon:
    """A spot in a label's colour, ticked where it is chosen. labels: those of its model.

    In a menu it takes the place of the tick that the style would show.
    """
    spot = QPixmap(ICON_PX, ICON_PX)
    spot.fill(label_qcolor(label, labels))
    ticked = QPixmap(spot)
    painter = QPainter(ticked)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(LABEL_INK, 2))
    painter.drawPolyline(*(QPointF(x, y) * ICON_PX for x, y in TICK))
    painter.end()
    colour = QIcon(spot)
    colour.addPixmap(ticked, state=QIcon.State.On)
    return colour


def apply_theme(application: QApplication) -> None:
    """Give the application its icon, palette and style sheet."""
    application.setStyle("Fusion")
    application.setWindowIcon(QIcon(str(assets_dir() / "icon.svg")))
    application.setPalette(_palette())
    application.setStyleSheet(style_sheet())


def style_sheet() -> str:
    """``style.qss`` with its icons, and with letters as large as the user wants text."""
    sheet = (assets_dir() / "style.qss").read_text(encoding="utf-8")
    sheet = re.sub(r"(?<=font-size: )\d+", lambda size: str(text_scaled(int(size[0]))), sheet)
    return sheet.replace("@ICONS@", (assets_dir() / "icons").as_posix())


def _palette() -> QPalette:
    """For what a style sheet does not reach, such as the system's own dialogs."""
    palette = QPalette()
    role = QPalette.ColorRole
    for name, colour in {
        role.Window: "#16181d",
        role.WindowText: TEXT,
        role.Base: "#1c1f26",
        role.AlternateBase: "#22252d",
        role.Text: TEXT,
        role.Button: "#262a33",
        role.ButtonText: TEXT,
        role.Highlight: "#3f6fb5",
        role.HighlightedText: "#ffffff",
        role.PlaceholderText: "#858d9b",
        role.Link: FOCUS,
        role.ToolTipBase: "#2a2e37",
        role.ToolTipText: TEXT,
    }.items():
        palette.setColor(name, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for name in (role.Text, role.ButtonText, role.WindowText):
        palette.setColor(disabled, name, QColor("#6f7785"))
    return palette
