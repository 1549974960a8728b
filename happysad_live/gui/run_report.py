"""What a run of the window came to, in figures, written into a file for ``bench``."""

from __future__ import annotations

import json
import time
from pathlib import Path

from PyQt6.QtCore import QTimer

from happysad_live.bootstrap import STARTED_S
from happysad_live.core.memory import peak_mb
from happysad_live.core.stats import percentile
from happysad_live.core.types import Frame
from happysad_live.errors import HappySadError
from happysad_live.gui.main_window import MainWindow


class RunReport:
    """Watches a window and writes a JSON object once it has closed.

    ``window_s``, ``picture_s``, ``labels_s``: how many seconds after ``started_s`` the window, the first
    picture and the first labels had come; null for what did not come. ``started_s``: when the program began,
    by this machine's ``time.perf_counter()``. The other figures count from the first labelled frame on:
    ``frames`` that were due (also those that the source has lost itself, or left out), ``shown`` with labels,
    ``lost``, ``seconds`` that it took, ``shown_per_s`` by the times of their capture (of the first ones some
    wait for the model, and then come in quick succession), ``delay_ms`` from capture to screen (median and
    95th percentile), and ``cpu_s``, the seconds of processor time that the whole process took meanwhile.
    ``peak_mb`` is the most memory that it held, in MB; null where the system does not tell.
    """

    def __init__(self, window: MainWindow, path: Path) -> None:
        self._window = window
        self._path = path
        self._stamps_s: dict[str, float | None] = {"window_s": None, "picture_s": None, "labels_s": None}
        self._frames = 0
        self._last_index, self._dropped_by_sources = -1, 0
        self._ended_s = self._began_cpu_s = self._ended_cpu_s = 0.0
        self._began_captured_s = self._ended_captured_s = 0.0
        self._delays_ms: list[float] = []
        window.view.painted.connect(self._on_painted)
        QTimer.singleShot(0, lambda: self._stamp("window_s"))

    def write(self) -> None:
        """Write the file. Raises HappySadError when the disk refuses."""
        shown = len(self._delays_ms)
        captured_s = self._ended_captured_s - self._began_captured_s
        figures = {
            "started_s": STARTED_S,
            **{name: at_s and round(at_s - STARTED_S, 3) for name, at_s in self._stamps_s.items()},
            "frames": self._frames,
            "shown": shown,
            "lost": self._frames - shown,
            "seconds": round(self._ended_s - (self._stamps_s["labels_s"] or self._ended_s), 3),
            "shown_per_s": round((shown - 1) / captured_s, 2) if captured_s > 0 else 0.0,
            "delay_ms": {
                "median": percentile(self._delays_ms, 50),
                "p95": percentile(self._delays_ms, 95),
            },
            "cpu_s": round(self._ended_cpu_s - self._began_cpu_s, 3),
            "peak_mb": peak_mb(),
        }
        try:
            self._path.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise HappySadError(
                f"The report {self._path} could not be written: {error.strerror or error}."
            ) from error

    def _on_painted(self, frame: Frame) -> None:
        self._stamp("picture_s")
        result = self._window.view.result
        if result is None or not result.labels:
            return
        now_s, now_cpu_s = time.perf_counter(), time.process_time()
        if not self._delays_ms:
            self._stamp("labels_s")
            self._last_index, self._began_cpu_s = frame.index - 1, now_cpu_s
            self._dropped_by_sources = self._window.session.frames.dropped_by_sources
            self._began_captured_s = frame.captured_at_s
        elif frame.index == self._last_index:  # a held picture that another model labels
            return
        elif frame.index < self._last_index:  # another source, or the video from its beginning
            self._last_index = -1
        dropped = self._window.session.frames.dropped_by_sources
        self._frames += frame.index - self._last_index + dropped - self._dropped_by_sources
        self._dropped_by_sources = dropped
        self._delays_ms.append((now_s - frame.captured_at_s) * 1000)
        self._last_index, self._ended_s, self._ended_cpu_s = frame.index, now_s, now_cpu_s
        self._ended_captured_s = frame.captured_at_s

    def _stamp(self, name: str) -> None:
        if self._stamps_s[name] is None:
            self._stamps_s[name] = time.perf_counter()
