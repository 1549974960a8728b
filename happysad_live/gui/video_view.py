"""The picture: the newest frame with the labels that were computed from it, letterboxed."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

import cv2
import numpy as np
from PyQt6.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from happysad_live.core.geometry import fit_of
from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.theme import FOCUS, STAGE, text_scale
from happysad_live.overlay import Sides, draw_result

MAX_SIDE_PX = 1920
"""Drawn no larger than this; a larger window scales it up. Keeps a 4K screen fluent."""

FOCUS_PX = 3
"""How wide the frame is that shows where the keyboard is."""


def to_qimage(image: np.ndarray) -> QImage:
    """An image that owns its pixels, from (H, W, 3) uint8 RGB."""
    pixels = np.ascontiguousarray(image)
    height, width = pixels.shape[:2]
    view = QImage(pixels.data, width, height, width * 3, QImage.Format.Format_RGB888)
    # The conversion copies, so nothing refers to the array any more; it is also what Qt paints fastest.
    return view.convertToFormat(QImage.Format.Format_RGB32)


def _resized(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """The picture, (H, W, 3) uint8, in that many pixels.

    Halved while that is not too small, and interpolated from there: that looks nearly like averaging, which
    takes OpenCV at least four times as long where the sizes are in no whole ratio.
    """
    while image.shape[1] >= 2 * width and image.shape[0] >= 2 * height:
        half = image.shape[1] // 2, image.shape[0] // 2
        image = cv2.resize(image, half, interpolation=cv2.INTER_LINEAR)
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)


class VideoView(QWidget):
    """Paints one FrameResult. The frame is brought to the screen's size before the labels are
    drawn, so that they are sharp at every size, with the same drawing as in a recording.
    """

    painted = pyqtSignal(object)
    """The Frame of a result that was painted for the first time; again where its labels come later."""
    double_clicked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._result: FrameResult | None = None
        self._mirrored = False
        self._sides: Sides = {}
        self._image: QImage | None = None
        self._is_new = False
        self._shows_focus = False
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 160)
        self.setAccessibleName("Picture")

    @property
    def result(self) -> FrameResult | None:
        """What is shown."""
        return self._result

    @property
    def mirrored(self) -> bool:
        return self._mirrored

    def show_result(self, result: FrameResult | None) -> None:
        """Show a frame with its labels; None: an empty stage."""
        self._result = result
        if result is None:
            self._sides.clear()
        self._is_new = result is not None
        self._redraw()

    def set_mirrored(self, mirrored: bool) -> None:
        """Turn the picture left to right; its labels stay readable."""
        if mirrored != self._mirrored:
            self._mirrored = mirrored
            self._redraw()

    def sizeHint(self) -> QSize:
        return QSize(960, 600)

    def _redraw(self) -> None:
        self._image = None
        self.update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._image = None

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.double_clicked.emit()

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Show where the keyboard is to those who got here by keys; those who click know it."""
        super().focusInEvent(event)
        by_keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._shows_focus = event is not None and event.reason() in by_keys
        self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self._shows_focus = False
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), STAGE)
        if self._result is not None:
            self._paint_picture(painter, self._result.frame)
        if self._shows_focus:
            painter.setPen(QPen(FOCUS, 2 * FOCUS_PX))  # half of it lies outside
            painter.drawRect(self.rect())
        painter.end()
        if self._result is not None and self._is_new:
            self._is_new = False
            self.painted.emit(self._result.frame)

    def _paint_picture(self, painter: QPainter, frame: Frame) -> None:
        ratio = self.devicePixelRatioF()
        fit = fit_of(frame.width, frame.height, round(self.width() * ratio), round(self.height() * ratio))
        place = QRect(fit.left, fit.top, fit.width, fit.height)
        if self._image is None or self._image.devicePixelRatio() != ratio:
            self._image = self._drawn(place.size(), ratio)
        target = QRectF(QPointF(place.topLeft()) / ratio, place.size().toSizeF() / ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._image, QRectF(self._image.rect()))

    def _drawn(self, size: QSize, ratio: float) -> QImage:
        assert self._result is not None
        whole_px = size.width()
        size = size.boundedTo(size.scaled(MAX_SIDE_PX, MAX_SIDE_PX, Qt.AspectRatioMode.KeepAspectRatio))
        size = size.expandedTo(QSize(1, 1))  # a picture of one pixel's height
        image = self._result.frame.image
        image = _resized(image, size.width(), size.height())
        shown = ratio * size.width() / whole_px * text_scale()  # less where the picture is scaled up
        drawn = draw_result(image, self._result, mirrored=self._mirrored, ratio=shown, sides=self._sides)
        painted = to_qimage(drawn)
        painted.setDevicePixelRatio(ratio)
        return painted
