"""What must happen before OpenCV, Qt or TensorFlow is imported.

Standard library only: every entry point calls ``prepare_environment`` first, and this must stay instant.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

STARTED_S = time.perf_counter()
"""``time.perf_counter()`` when the program began."""

_SETTINGS = {
    # The libraries' own start-up chatter on stderr would bury our one sentence.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "GLOG_minloglevel": "2",
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "8",
    # Keras can run on three backends; on a GPU the app's classifier is a TensorFlow function.
    "KERAS_BACKEND": "tensorflow",
    # With hardware transforms, opening a webcam on Windows can take half a minute (opencv#17687).
    "OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS": "0",
}

_OWN_SETTINGS = {
    # Or Keras makes a folder for its settings in the user's home.
    "KERAS_HOME": os.devnull,
    # By itself, TensorFlow uses oneDNN on processors with VNNI only. Without it, a step of `fit` takes 1.4
    # and one of `seed` 2.5 times as long on others, too (Zen 3).
    "TF_ENABLE_ONEDNN_OPTS": "1",
}
"""Further ones, which are not for somebody else's program."""


def prepare_environment(*, for_script: bool = False) -> None:
    """Set the libraries' environment variables; what the user has set stays as it is.

    for_script: whether somebody else's program uses this package. It may use Keras for itself, whole and with
    a home for downloads; and its standard error is its own, so ``native_chatter_silenced`` leaves that alone.

    Also opens those standard streams that are missing, as after ``2>&-`` or under ``pythonw``.
    """
    for name, value in (_SETTINGS if for_script else _SETTINGS | _OWN_SETTINGS).items():
        os.environ.setdefault(name, value)
    _silence.is_wanted = not for_script
    if sys.platform == "win32":
        # Microsoft's C++ runtime, which LiteRT needs and many machines lack, comes with Qt.
        for folder in package_folders("PyQt6"):
            if (libraries := folder / "Qt6" / "bin").is_dir():
                os.add_dll_directory(str(libraries))
    # In the order of their descriptors: opening a file takes the lowest free one, then the stream's own.
    for descriptor, (stream, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, stream) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115
            setattr(sys, stream, nowhere)
            try:
                os.fstat(descriptor)
            except OSError:  # under ``pythonw`` the stream's own is no file, and could not be silenced
                os.dup2(nowhere.fileno(), descriptor)


def package_folders(package: str) -> list[Path]:
    """The folders of a package, found without importing it; none where it is not installed."""
    spec = find_spec(package)
    return [Path(folder) for folder in (spec.submodule_search_locations if spec else None) or ()]


@contextmanager
def matplotlib_left_out() -> Iterator[None]:
    """Let the block import Keras without matplotlib, which Keras needs for its galleries alone.

    Matplotlib is slow to import, and leaves folders and a list of fonts in the user's home. Where Keras may
    have a home (see ``prepare_environment``), it may have its galleries as well.
    """
    name = "matplotlib"
    if name in sys.modules or os.environ.get("KERAS_HOME") != os.devnull:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # documented: None makes its import fail
    try:
        yield
    finally:
        del sys.modules[name]


def release_qt_plugin_path() -> None:
    """Take back the Qt 5 plug-in paths that importing cv2 sets (opencv-python#736).

    To be called after ``import cv2`` and before a QApplication exists; PyQt6 would load cv2's Qt 5
    plug-ins otherwise, and fail to start.
    """
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]


class _Silence:
    """Leads file descriptor 2 nowhere while at least one ``native_chatter_silenced`` block is open."""

    def __init__(self) -> None:
        self.is_wanted = True
        self._lock = threading.Lock()
        self._open = 0
        # These are never closed: a thread may still be writing when the silence ends.
        self._terminal = -1
        self._meanwhile: TextIO | None = None

    @contextmanager
    def native_chatter_silenced(self) -> Iterator[None]:
        """Keep off the user's terminal what TensorFlow and LiteRT print while they start.

        They log to file descriptor 2 before any setting of theirs takes effect. Meanwhile, this program's
        sentences go to ``user_stderr()``. Blocks may overlap, in several threads too: the last one to end
        gives the terminal back.
        """
        if not self.is_wanted:
            yield
            return
        with self._lock:
            if self._open == 0:
                self._begin()
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                if self._open == 0:
                    os.dup2(self._terminal, 2)

    def user_stderr(self) -> TextIO:
        """``sys.stderr``, or where it led before ``native_chatter_silenced``: for sentences to the user."""
        with self._lock:
            silenced = self._open > 0 and _descriptor(sys.stderr) == 2
            return self._meanwhile if silenced and self._meanwhile is not None else sys.stderr

    def _begin(self) -> None:
        with suppress(*_NOT_A_FILE):
            sys.stderr.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            if self._terminal < 0:
                self._terminal = os.dup(2)
            else:
                os.dup2(2, self._terminal, inheritable=False)
            os.dup2(nowhere, 2)
        finally:
            os.close(nowhere)
        if self._meanwhile is None:
            like_stderr = {name: getattr(sys.stderr, name, None) for name in ("encoding", "errors")}
            self._meanwhile = open(  # noqa: SIM115
                self._terminal, "w", buffering=1, closefd=False, **like_stderr
            )


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except _NOT_A_FILE:
        return None


_NOT_A_FILE = (AttributeError, OSError, ValueError)
"""What using a stream's file raises where it has none: it is in memory, closed, a replacement or None."""

_silence = _Silence()
native_chatter_silenced = _silence.native_chatter_silenced
user_stderr = _silence.user_stderr
