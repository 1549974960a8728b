"""The strip under a clip: each face's labels over the clip's length, to scrub and to mark on."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from happysad_live.core.clock_text import clock
from happysad_live.core.label_text import face_name
from happysad_live.gui.clips.timeline import ClipTimeline
from happysad_live.gui.label_row import paint_bar, paint_number, paint_stretch
from happysad_live.gui.theme import FOCUS, label_qcolor, text_scaled
from happysad_live.recording.stretches import Stretch

MIN_LENGTH_S = 1e-3
"""Also of an empty clip, so that every time has its place."""

MAX_ROWS = 6
ROW_PX = 18
MARGIN_PX = 6
NUMBER_PX = 22
"""Room at the left for the face's number."""

YOURS = " (yours)"
"""After a label that the user gave."""
OWN_MARK = QColor(255, 255, 255)
UNMARKED = QColor(0, 0, 0, 120)
"""Painted over what is not marked, so that what is marked keeps the colours of its labels."""

PLAYHEAD = QColor(255, 255, 255)


class ClipStrip(QWidget):
    """Paints a ClipTimeline. Dragging scrubs, dragging with Shift marks, a double click marks a stretch."""

    sought = pyqtSignal(float)
    """A time that the user points at."""
    marked = pyqtSignal(float, float, object)
    """Begin and end of what the user marks, and the face's number; None for no particular one."""

    def __init__(self) -> None:
        super().__init__()
        self._length_s = MIN_LENGTH_S
        self._row_px = text_scaled(ROW_PX)
        self._timeline: ClipTimeline | None = None
        self._tracks: list[int | None] = [None]
        self._position_s = 0.0
        self._range_s: tuple[float, float] | None = None
        self._mark_from_s: float | None = None
        self._rows: QPixmap | None = None
        """The rows as painted last: a long clip has thousands of stretches, and the playhead moves often."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Labels of each face over the clip's length")

    def show_length(self, length_s: float) -> None:
        """Show a clip of which only the length is known yet."""
        self._length_s = max(length_s, MIN_LENGTH_S)
        self._timeline = self._rows = self._mark_from_s = None
        self._tracks = [None]
        self.setAccessibleDescription("")
        self.updateGeometry()
        self.update()

    def show_timeline(self, timeline: ClipTimeline) -> None:
        self._timeline, self._rows = timeline, None
        self._tracks = [*sorted(timeline.tracks[:MAX_ROWS])] or [None]
        self.setAccessibleDescription(_describe(timeline.stretches, self._tracks))
        self.updateGeometry()
        self.update()

    def set_position(self, time_s: float) -> None:
        """Move the line that shows where the clip is."""
        self._position_s = time_s
        self.update()

    def set_range(self, range_s: tuple[float, float] | None) -> None:
        """Mark a part of the clip; None marks nothing."""
        self._range_s = range_s
        self.update()

    def x_of(self, time_s: float) -> float:
        """Where a time lies, in pixels from the left."""
        room = self._room()
        return room.x() + min(max(time_s / self._length_s, 0.0), 1.0) * room.width()

    def time_at(self, x: float) -> float:
        """The clip's time at a place, in pixels from the left."""
        room = self._room()
        return min(max((x - room.x()) / max(room.width(), 1.0), 0.0), 1.0) * self._length_s

    def stretch_at(self, place: QPointF) -> Stretch | None:
        """The stretch at a place, by time and face."""
        row = int((place.y() - MARGIN_PX) // self._row_px)
        if self._timeline is None or not 0 <= row < len(self._tracks):
            return None
        time_s = self.time_at(place.x())
        for stretch in self._timeline.stretches:
            if stretch.track == self._tracks[row] and stretch.start_s <= time_s < stretch.end_s:
                return stretch
        return None

    def sizeHint(self) -> QSize:
        return QSize(400, len(self._tracks) * self._row_px + 2 * MARGIN_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    # --- the mouse -----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        time_s = self.time_at(event.position().x())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._mark_from_s = time_s
        else:
            self._mark_from_s = None
            self.sought.emit(time_s)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        time_s = self.time_at(event.position().x())
        if self._mark_from_s is None:
            self.sought.emit(time_s)
        elif time_s != self._mark_from_s:
            self.marked.emit(min(self._mark_from_s, time_s), max(self._mark_from_s, time_s), None)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        stretch = self.stretch_at(event.position()) if event else None
        if stretch is not None:
            self.marked.emit(stretch.start_s, stretch.end_s, stretch.track)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def _tip(self, place: QPointF) -> str:
        hint = "Drag to look at another time. Shift and drag marks a part, a double click marks a stretch."
        stretch = self.stretch_at(place)
        if stretch is None:
            return hint
        who = "" if stretch.track is None else f"{face_name(stretch.track)}: "
        whose = YOURS if stretch.own else ""
        times = f"{clock(stretch.start_s, tenths=True)} to {clock(stretch.end_s, tenths=True)}"
        return f"{who}{stretch.label}{whose}, {times}\n{hint}"

    # --- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._painted_rows())
        if self._range_s is not None:
            self._paint_range(painter, *self._range_s)
        x = self.x_of(self._position_s)
        painter.setPen(QPen(PLAYHEAD, 2))
        painter.drawLine(QPointF(x, 1), QPointF(x, self.height() - 1))
        painter.end()

    def _painted_rows(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = (QSizeF(self.size()) * ratio).toSize()
        rows = self._rows
        if rows is None or rows.size() != size or rows.devicePixelRatioF() != ratio:
            rows = QPixmap(size)
            rows.setDevicePixelRatio(ratio)
            rows.fill(Qt.GlobalColor.transparent)
            painter = QPainter(rows)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.font())
            stretches = self._timeline.stretches if self._timeline else ()
            for row, track in enumerate(self._tracks):
                of_face = [stretch for stretch in stretches if stretch.track == track]
                self._paint_row(painter, MARGIN_PX + row * self._row_px, track, of_face)
            painter.end()
            self._rows = rows
        return rows

    def _paint_row(self, painter: QPainter, top: float, track: int | None, parts: Sequence[Stretch]) -> None:
        room = self._room()
        bar = QRectF(room.x(), top + 3, room.width(), self._row_px - 6)
        if track is not None:
            paint_number(painter, QRectF(0, top, self._number_px() - 8, self._row_px), track)
        paint_bar(painter, bar)
        labels = self._timeline.clip.info.labels if self._timeline else ()
        for part in parts:
            x0, x1 = self.x_of(part.start_s), self.x_of(part.end_s)
            place = paint_stretch(painter, bar, x0, x1, label_qcolor(part.label, labels))
            if part.own:
                painter.fillRect(QRectF(place.x(), place.bottom() + 1, place.width(), 2), OWN_MARK)

    def _paint_range(self, painter: QPainter, start_s: float, end_s: float) -> None:
        x0, x1, room = self.x_of(start_s), self.x_of(end_s), self._room()
        for left, right in ((room.left(), x0), (x1, room.right())):
            painter.fillRect(QRectF(left, 0, right - left, self.height()), UNMARKED)
        painter.setPen(QPen(FOCUS, 1.5))
        for x in (x0, x1):
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(self._number_px(), 0, -MARGIN_PX, 0)

    def _number_px(self) -> int:
        widths = (self.fontMetrics().horizontalAdvance(str(track)) for track in self._tracks if track)
        return max(NUMBER_PX, max(widths, default=0) + 9)


def _describe(stretches: Sequence[Stretch], tracks: Sequence[int | None]) -> str:
    """For how long each face had each label, the longest first: ``Face 1: happy 0:07.4, sad 0:02.0``."""
    lengths_s: dict[int | None, dict[str, float]] = {track: {} for track in tracks}
    for stretch in stretches:
        if stretch.track in lengths_s:
            of_face, label = lengths_s[stretch.track], stretch.label + (YOURS if stretch.own else "")
            of_face[label] = of_face.get(label, 0.0) + stretch.end_s - stretch.start_s
    told = []
    for track, of_face in lengths_s.items():
        longest_first = sorted(of_face.items(), key=lambda item: -item[1])
        labels = ", ".join(f"{label} {clock(length_s, tenths=True)}" for label, length_s in longest_first)
        told += [f"{face_name(track)}: {labels}"] if labels else []
    return "; ".join(told)
