"""Qt's application object. As a program, it tells by its exit code whether a window can be opened."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from PyQt6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from happysad_live.bootstrap import release_qt_plugin_path
from happysad_live.config import PROGRAM
from happysad_live.display import no_window_text
from happysad_live.exit_codes import EXIT_FAILED
from happysad_live.terminal import print_message

NAME = "HappySad Live"

CONNECT_LIMIT_S = 3.0
"""How long another host's screen may take to answer."""

NO_SCREEN = "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"


def make_application(*, debug: bool = False) -> QApplication:
    """The one application of this process.

    Where no window can be opened Qt aborts the process, with a page about its plug-ins: here a sentence says
    why, and the process ends with 1. debug: print all that Qt says meanwhile.
    """
    release_qt_plugin_path()
    of_screens: list[str] = []
    others: list[str] = []  # such as that the locale is not one of UTF-8

    def reason(otherwise: str) -> str:
        return [*of_screens[:1], *others[-1:], otherwise][0]

    def note(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
        if debug:
            print_message(str(text))
        if kind == QtMsgType.QtWarningMsg:
            is_of_screens = (context.category or "").startswith("qt.qpa")
            (of_screens if is_of_screens else others).append(str(text))
        elif kind == QtMsgType.QtFatalMsg:
            _end(reason(str(text)))

    before = qInstallMessageHandler(note)
    try:
        with _connecting_limited():
            application = QApplication.instance() or QApplication(sys.argv[:1])
    finally:
        qInstallMessageHandler(before)
    assert isinstance(application, QApplication)
    if not application.screens():  # as on a framebuffer that is missing: Qt aborts at the first window
        _end(reason(NO_SCREEN))
    application.setApplicationName(NAME)
    application.setApplicationDisplayName(NAME)
    application.setDesktopFileName("happysad-live")
    return application


@contextmanager
def _connecting_limited() -> Iterator[None]:
    """Let connecting to another host's screen fail after a few seconds; the system would wait minutes."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: None)  # what breaks off ``connect``
    signal.setitimer(signal.ITIMER_REAL, CONNECT_LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _end(qt_says: str) -> NoReturn:
    reason = _reason(qt_says.splitlines()[0].strip().rstrip("."))
    print_message(f"{PROGRAM}: {no_window_text(reason)}")
    os._exit(EXIT_FAILED)


def _reason(qt_says: str) -> str:
    """What Qt says, in plain words where it is about the screen."""
    if "display" not in qt_says:
        return qt_says
    named = [name for name in map(os.environ.get, ("WAYLAND_DISPLAY", "DISPLAY")) if name]
    reason = f"the screen {' or '.join(named)} cannot be reached" if named else NO_SCREEN
    plugin = os.environ.get("QT_QPA_PLATFORM")
    return f"{reason}, and QT_QPA_PLATFORM asks for {plugin}" if plugin else reason


if __name__ == "__main__":
    make_application()
