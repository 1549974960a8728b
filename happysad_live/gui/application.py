"""Qt's application object. As a program, it tells by its exit code whether a window can be opened."""

from __future__ import annotations

import logging
import os
import sys

from PyQt6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from happysad_live.bootstrap import release_qt_plugin_path
from happysad_live.config import PROGRAM
from happysad_live.terminal import EXIT_FAILED, print_message

NAME = "HappySad Live"

NO_SCREEN = "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"

logger = logging.getLogger(__name__)


def make_application() -> QApplication:
    """The one application of this process.

    Where no window can be opened Qt aborts the process, with a page about its plug-ins: here a sentence says
    why, and the process ends with 1.
    """
    release_qt_plugin_path()
    reasons: list[str] = []

    def note(kind: QtMsgType, _context: QMessageLogContext, text: str | None) -> None:
        if kind == QtMsgType.QtFatalMsg:
            reason = reasons[0] if reasons else str(text).splitlines()[0]
            print_message(
                f"{PROGRAM}: The window cannot open: {reason}. analyze and classify work without one."
            )
            os._exit(EXIT_FAILED)
        logger.debug("Qt says: %s", text)
        if kind == QtMsgType.QtWarningMsg:
            reasons.append(_reason(str(text)))

    before = qInstallMessageHandler(note)
    try:
        application = QApplication.instance() or QApplication(sys.argv[:1])
    finally:
        qInstallMessageHandler(before)
    assert isinstance(application, QApplication)
    application.setApplicationName(NAME)
    application.setApplicationDisplayName(NAME)
    application.setDesktopFileName("happysad-live")
    return application


def _reason(warning: str) -> str:
    """What Qt says, in plain words where it is about the screen."""
    if "display" not in warning:
        return warning.strip().rstrip(".")
    named = [name for name in map(os.environ.get, ("WAYLAND_DISPLAY", "DISPLAY")) if name]
    reason = f"the screen {' or '.join(named)} cannot be reached" if named else NO_SCREEN
    plugin = os.environ.get("QT_QPA_PLATFORM")
    return f"{reason}, and QT_QPA_PLATFORM asks for {plugin}" if plugin else reason


if __name__ == "__main__":
    make_application()
