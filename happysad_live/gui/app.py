"""Puts the window together and runs it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn

from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from happysad_live.bootstrap import user_stderr
from happysad_live.classification.bundle import available_models
from happysad_live.config import PROGRAM, WindowConfig
from happysad_live.errors import unexpected_text
from happysad_live.exit_codes import EXIT_INTERRUPTED
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.preferences.store import open_preferences
from happysad_live.gui.qt_application import make_application
from happysad_live.gui.run_report import RunReport
from happysad_live.gui.session.label_worker import Labeller, LabelSettings, PipelineFactory
from happysad_live.gui.session.session import Session
from happysad_live.gui.session.source_choice import Sources
from happysad_live.gui.theme import apply_theme
from happysad_live.interruptions import (
    ignore_further_signals,
    interruptions_handled,
    interruptions_held,
    is_ending,
)
from happysad_live.sources import list_cameras, open_source
from happysad_live.terminal import print_message, print_result, reader_has_gone

WAKE_MS = 100
"""How long a signal may wait until Python hears of it."""


def run(config: WindowConfig, pipeline_factory: PipelineFactory | None = None) -> NoReturn:
    """Show the window until it is closed, and end the process.

    pipeline_factory: what labels the frames, instead of MediaPipe and a model bundle.

    Its exit code is 0: closed by the user or by ``config.seconds``. 1: a run with a time limit could not show
    labels, or record all that it was to; or something could not be saved before the window closed. 130:
    interrupted by a signal. Raises HappySadError when the report cannot be written, or nobody has said where
    clips go and the user has no home.
    """
    # While the networks load and label, the picture gets its turn every millisecond instead of every five.
    sys.setswitchinterval(0.001)
    with interruptions_held():  # Qt aborts the process where an exception comes amid what it does
        application = make_application(debug=config.debug)
        apply_theme(application)
    signals = SignalWatch()
    with interruptions_handled(signals.on_signal):
        session = Session(Sources(open_source, list_cameras), pipeline_factory or _build_pipeline)
        store = open_preferences()
        window = MainWindow(session, config, store, available_models)
        hooks = ExceptionHooks(debug=config.debug)
        hooks.caught.connect(window.report_problem)
        signals.interrupted.connect(window.leave)
        if config.record:
            window.recording.clip_recording.completed.connect(_print_clip)
        report = RunReport(window, config.report) if config.report else None
        try:
            window.show()
            window.start()
            window.clips.look_for_leftovers()
            application.exec()
        finally:
            session.close()
            store.write()
            hooks.restore()
    if report:
        report.write()
    _leave_now(EXIT_INTERRUPTED if signals.received else window.exit_code)


def _leave_now(code: int) -> NoReturn:
    """End the process as it stands: everything that has to be kept is on the disk.

    Tearing the interpreter down would crash it now and then: under a thread that still runs, in TensorFlow's
    import or in a camera's driver, and where Qt's objects go after the Python ones that wrap them.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError):  # a program without a terminal may have none
            stream.flush()
    os._exit(code)


class ExceptionHooks(QObject):
    """Errors that nobody caught: the user gets a sentence, and the window lives on.

    Without a hook, an exception in a slot would end the process.
    """

    caught = pyqtSignal(str)

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_exception(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def restore(self) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if self._debug:
            traceback.print_exception(kind, error, trace, file=user_stderr())
        else:
            print_message(f"{PROGRAM}: {kind.__name__}: {error}")
        otherwise = f"Something in this program went wrong ({kind.__name__}). The window keeps running."
        self.caught.emit(unexpected_text(error, otherwise))


class SignalWatch(QObject):
    """Turns Ctrl-C and a termination signal into closing the window.

    A clip is completed meanwhile, however often Ctrl-C is pressed at first. One that comes ``ENDING_S`` later
    ends the process at once: whoever presses it then does not want to wait.

    Qt's event loop runs no Python by itself, so Python's signal handlers would wait for the next
    event: a timer brings one.
    """

    interrupted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.received = False
        wakes = QTimer(self)
        wakes.timeout.connect(lambda: None)
        wakes.start(WAKE_MS)

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        if is_ending():
            return
        # Who closes the terminal does not mean to be impatient.
        if self.received and number != getattr(signal, "SIGHUP", None):
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.received = True
        ignore_further_signals()
        QTimer.singleShot(0, self._leave)  # not amid whatever the window is doing

    def _leave(self) -> None:
        self.interrupted.emit()
        QCoreApplication.quit()


def _print_clip(video: Path) -> None:
    try:
        print_result(str(video))
    except OSError as error:
        if not reader_has_gone(error):
            print_message(f"{PROGRAM}: The path of {video.name} could not be printed: {error.strerror}.")


def _build_pipeline(settings: LabelSettings) -> Labeller:
    from happysad_live.pipeline import build_pipeline

    return build_pipeline(
        settings.model,
        settings.device,
        happy_sad_only=settings.happy_sad_only,
        detector_range=settings.detector_range,
    )
