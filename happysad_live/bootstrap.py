"""What must happen before OpenCV, Qt or TensorFlow is imported.

Standard library only: every entry point calls this first, and it must stay instant.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SETTINGS = {
    # The libraries' own start-up chatter on stderr would bury our one sentence.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "GLOG_minloglevel": "2",
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "8",
    # Keras can run on three backends; on a GPU the app's classifier is a TensorFlow function.
    "KERAS_BACKEND": "tensorflow",
    # Without it, opening a webcam on Windows can take half a minute (opencv#17687).
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",
}


def prepare_environment() -> None:
    """Set the libraries' environment variables; what the user has set stays as it is."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


def release_qt_plugin_path() -> None:
    """Take back the Qt 5 plug-in paths that importing cv2 sets (opencv-python#736).

    To be called after ``import cv2`` and before a QApplication exists; PyQt6 would load cv2's Qt 5
    plug-ins otherwise, and fail to start.
    """
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]


@contextmanager
def native_chatter_silenced() -> Iterator[None]:
    """Keep what TensorFlow's and LiteRT's C++ print while they start off the user's terminal.

    They log to file descriptor 2 before any setting of their own takes effect. What Python itself
    reports meanwhile goes on through exceptions, which this lets pass. Blocks may overlap, in
    several threads too: the last one to end gives the terminal back.
    """
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()


class _Silence:
    """File descriptor 2 led nowhere while at least one block is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0
        self._terminal = -1

    def enter(self) -> None:
        with self._lock:
            self._open += 1
            if self._open == 1:
                sys.stderr.flush()
                self._terminal = os.dup(2)
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 2)
                os.close(nowhere)

    def leave(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0:
                os.dup2(self._terminal, 2)
                os.close(self._terminal)


_silence = _Silence()
