"""A slim strip for each face: which label it had in the last seconds."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from PyQt6.QtCore import QRectF, QSize
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from happysad_live.core.label_text import face_name
from happysad_live.core.types import FrameResult
from happysad_live.gui.label_row import paint_bar, paint_number, paint_stretch
from happysad_live.gui.theme import label_qcolor, text_scaled

SPAN_S = 20.0
MAX_ROWS = 4
MAX_LABELS_TOLD = 4
"""How many of a face's labels a screen reader tells."""
HEIGHT_PX = 44
GAP_S = 0.6
"""A face that was away for longer leaves a gap in its strip."""


@dataclass(slots=True)
class LabelRun:
    """A time in which a face kept its label."""

    track: int
    label: str
    start_s: float
    end_s: float


class LabelHistory:
    """The runs of the last ``SPAN_S`` seconds of a source's own time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._seek_serial = 0
        self._runs: list[LabelRun] = []

    def add(self, result: FrameResult) -> None:
        """Take in one frame; a frame from before the last one, or after a seek, starts a new history."""
        time_s, serial = result.frame.time_s, result.frame.seek_serial
        if time_s < self.now_s or serial != self._seek_serial:
            self.clear()
        before_s, self.now_s, self._seek_serial = self.now_s, time_s, serial
        for face in result.faces:
            if face.track is not None:
                self._extend(face.track, face.label, time_s, before_s)
        self._runs = [run for run in self._runs if run.end_s >= time_s - SPAN_S]

    def rows(self) -> list[tuple[int, list[LabelRun]]]:
        """Face number and runs of the faces seen last, in the order of their numbers."""
        seen_s = {run.track: run.end_s for run in self._runs}  # of each its last run counts
        newest = sorted(seen_s, key=lambda track: (-seen_s[track], track))[:MAX_ROWS]
        return [(track, [part for part in self._runs if part.track == track]) for track in sorted(newest)]

    def clear(self) -> None:
        self.now_s = 0.0
        self._runs.clear()

    def _extend(self, track: int, label: str, time_s: float, before_s: float) -> None:
        """Take in a face's label at a time. before_s: when the frame before was taken."""
        last = next((run for run in reversed(self._runs) if run.track == track), None)
        # Who was in the frame before was not away, however long ago that is.
        if last is not None and (last.end_s == before_s or time_s - last.end_s <= GAP_S):
            last.end_s = time_s
            if last.label == label:
                return
        self._runs.append(LabelRun(track, label, time_s, time_s))


def _describe_rows(rows: Sequence[tuple[int, Sequence[LabelRun]]]) -> str:
    """The last labels of each face, newest last: ``Face 1: happy, sad; Face 2: neutral``."""
    faces = []
    for track, runs in rows:
        labels = [label for label, _ in groupby(run.label for run in runs)]
        faces.append(f"{face_name(track)}: {', '.join(labels[-MAX_LABELS_TOLD:])}")
    return "; ".join(faces)


class RecentLabels(QWidget):
    """Paints a LabelHistory; the newest moment is at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._history = LabelHistory()
        self._labels: Sequence[str] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(f"The label of each face in the last {SPAN_S:.0f} seconds, newest at the right")
        self.setAccessibleName("Recent labels of each face")

    def add(self, result: FrameResult) -> None:
        self._history.add(result)
        self._labels = result.labels
        self._show()

    def clear(self) -> None:
        self._history.clear()
        self._show()

    def _show(self) -> None:
        self.update()
        text = _describe_rows(self._history.rows())
        if text != self.accessibleDescription():  # which is told to screen readers each time
            self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        return QSize(200, text_scaled(HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, text_scaled(HEIGHT_PX))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPixelSize(text_scaled(10))
        painter.setFont(font)
        rows = self._history.rows()
        pitch = self.height() / MAX_ROWS
        top = (self.height() - pitch * max(len(rows), 1)) / 2
        widest_px = max((painter.fontMetrics().horizontalAdvance(str(track)) for track, _ in rows), default=0)
        number_px = max(13, widest_px + 1)
        left = number_px + 5
        if not rows:
            self._paint_runs(painter, QRectF(left, top, self.width() - left, pitch), [])
        for position, (track, runs) in enumerate(rows):
            row = QRectF(0, top + position * pitch, self.width(), pitch)
            paint_number(painter, QRectF(0, row.y(), number_px, pitch), track)
            self._paint_runs(painter, row.adjusted(left, 0, 0, 0), runs)
        painter.end()

    def _paint_runs(self, painter: QPainter, row: QRectF, runs: list[LabelRun]) -> None:
        bar = row.adjusted(0, row.height() * 0.2, 0, -row.height() * 0.2)
        paint_bar(painter, bar)
        start_s = self._history.now_s - SPAN_S
        for run in runs:
            x0 = bar.x() + max((run.start_s - start_s) / SPAN_S, 0.0) * bar.width()
            x1 = bar.x() + (run.end_s - start_s) / SPAN_S * bar.width()
            paint_stretch(painter, bar, x0, x1, label_qcolor(run.label, self._labels))
