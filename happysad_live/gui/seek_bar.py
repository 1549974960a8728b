"""The bar under a video or a folder of pictures: where it is, and going elsewhere in it."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from PyQt6.QtCore import QEvent, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QSlider, QStyle, QToolTip

from happysad_live.core.types import Frame
from happysad_live.gui.texts import position_text
from happysad_live.sources import SourceInfo

VIDEO_STEP_S = 5.0
MAX_POSITION_MS = 2**31 - 1
"""The largest value that a slider can have."""
HEIGHT_PX, HANDLE_PX = 18, 12
"""The handle is as wide as style.qss draws it."""


class SeekBar(QSlider):
    """A slider over a source's length in milliseconds; hidden where the source cannot be sought in."""

    sought = pyqtSignal(float)
    """A time that the user goes to, in seconds from the source's beginning."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._info: SourceInfo | None = None
        self._locked_because = ""
        self.setFixedHeight(HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.valueChanged.connect(lambda value_ms: self.sought.emit(value_ms / 1000))
        self.hide()

    def show_source(self, info: SourceInfo) -> None:
        """Take over a source's length and how far a step goes in it."""
        self._info = info
        if info.length_s is None:
            self.hide()
            return
        picture_s = 1 / info.frame_rate if info.frame_rate else 0.0
        with QSignalBlocker(self):
            self.setRange(0, max(round((info.length_s - picture_s) * 1000), 0))
            self.setValue(0)
        step_s = picture_s if info.kind == "images" else VIDEO_STEP_S
        self.setSingleStep(round(step_s * 1000))
        self.setPageStep(10 * self.singleStep())
        self.setAccessibleName("Picture number" if info.kind == "images" else "Position in the video")
        self.show()

    def show_position(self, frame: Frame) -> None:
        """Show where a frame is, unless the user holds the handle."""
        if self._info is None or self.isSliderDown() or self.isHidden():
            return
        position_ms = min(round(frame.position_s * 1000), MAX_POSITION_MS)
        with QSignalBlocker(self):
            self.setMaximum(max(self.maximum(), position_ms))  # some hold more than they declare
            self.setValue(position_ms)
        text = position_text(self._info, frame.position_s)
        if text != self.accessibleDescription():  # which is told to screen readers each time
            self.setAccessibleDescription(text)

    def go(self, action: QSlider.SliderAction) -> None:
        """Go a step or ten back or on, or to either end.

        A step: a picture of a folder, or ``VIDEO_STEP_S`` of a video.
        """
        if not self.isHidden() and self.isEnabled():
            self.triggerAction(action)

    def lock(self, reason: str | None) -> None:
        """Allow no seeking, and say why in the tool tip; None allows it again."""
        self._locked_because = reason or ""
        self.setEnabled(reason is None)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Leave Page up and Page down to the window: Qt takes them the other way round, up for forward."""
        if event is not None and event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        else:
            super().keyPressEvent(event)

    # --- the mouse: a click goes where it points, not a page further -------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self.setSliderDown(False)

    def hideEvent(self, event: QHideEvent | None) -> None:
        self.setSliderDown(False)  # the release will not come here
        super().hideEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Ignore the wheel: a turn that was meant for something else must not change the position."""
        if event is not None:
            event.ignore()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self._text_at(event.x()) if self.isEnabled() else self._locked_because
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def _drag(self, event: QMouseEvent) -> None:
        x = event.position().x()
        self.setValue(self._value_at(x))
        QToolTip.showText(event.globalPosition().toPoint(), self._text_at(x), self)

    def _text_at(self, x: float) -> str:
        return position_text(self._info, self._value_at(x) / 1000) if self._info else ""

    def _value_at(self, x: float) -> int:
        room_px = self.width() - HANDLE_PX
        return QStyle.sliderValueFromPosition(
            self.minimum(), self.maximum(), round(x - HANDLE_PX / 2), room_px
        )
