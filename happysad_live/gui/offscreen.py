"""The window's picture painted into memory, to measure what showing a frame costs."""

from __future__ import annotations

import os
from collections.abc import Callable

from happysad_live.core.types import FrameResult
from happysad_live.gui.qt_application import make_application
from happysad_live.gui.video_view import VideoView


def offscreen_show(width: int, height: int) -> Callable[[FrameResult], None]:
    """A function that paints a result into a view of that many pixels, all of it before it returns.

    Needs no screen. To be made and used in the main thread.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = make_application()
    view = VideoView()
    view.resize(width, height)
    view.show()
    application.processEvents()

    def show(result: FrameResult) -> None:
        view.show_result(result)
        view.repaint()
        application.processEvents()

    return show
