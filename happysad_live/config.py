"""What the user asked for, as frozen values; ``cli`` has checked them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROGRAM = "happysad-live"
DEFAULT_MODEL = "happysad"
LABEL_FORMATS = ("jsonl", "csv", "vtt")

VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".avi", ".webm", ".gif", ".m4v", ".mpg", ".ts", ".wmv", ".flv")
"""The usual endings of video files; FFmpeg reads more."""

Device = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """How the window starts.

    source: what to open (see ``sources.open_source``); None: the first camera, else the demo.
    model: a model's name or folder; None: the one that was chosen last, else ``DEFAULT_MODEL``.
    device: where the model runs; "auto" takes a GPU that can be used.
    record: None: do not record; True: into the default folder; a path: that folder or .mp4 file.
    clean: record the picture without the labels drawn into it.
    seconds: close this many seconds after the first frame that has labels; None: stay open.
    report: the file for the run's figures (see ``gui.run_report``); None: none.
    debug: whether errors are told with their traceback.
    """

    source: str | None = None
    model: str | None = None
    device: Device = "auto"
    record: Path | Literal[True] | None = None
    clean: bool = False
    seconds: float | None = None
    report: Path | None = None
    debug: bool = False


@dataclass(frozen=True, slots=True)
class AnalyzeConfig:
    """One run of ``analyze``.

    sources: what to label, each as for ``sources.open_source``.
    out: the folder for the results.
    formats: which of ``LABEL_FORMATS`` to write.
    overlay: also write a copy of the video with the labels drawn.
    seconds: stop after this much of the source's time; None: to its end.
    every: label each frame whose number it divides; the others do not appear in the results.
    """

    sources: Sequence[str]
    out: Path = Path()
    formats: tuple[str, ...] = LABEL_FORMATS
    overlay: bool = False
    model: str = DEFAULT_MODEL
    device: Device = "auto"
    seconds: float | None = None
    every: int = 1
