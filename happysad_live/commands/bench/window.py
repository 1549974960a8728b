"""The window itself, run as a process of its own: how it starts, and how it keeps up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from happysad_live.config import Device
from happysad_live.display import last_sentence, missing_display
from happysad_live.errors import HappySadError

START_LIMIT_S = 90.0


def run_window(
    source: str, folder: Path, *, seconds: float, model: str, device: Device, record: bool = False
) -> dict[str, Any]:
    """Open the window on a source until it has shown labels for some seconds, and take its figures.

    It opens on the screen where there is one, else it is painted into memory. folder: for its files.

    Returns what ``gui.run_report`` tells, the stamps as seconds since the process was started, and
    ``dropped`` and ``recorded`` frames of the clip where one was asked for. Raises HappySadError
    where the window failed.
    """
    report, clip = folder / "report.json", folder / "recorded.mp4"
    # -P, or Python would import what lies in the user's folder; PYTHONPATH says where this program lies.
    command = [sys.executable, "-P", "-m", "happysad_live", "--source", source, "--model", model]
    command += ["--device", device, "--seconds", str(seconds), "--report", str(report)]
    if record:
        command += ["--record", str(clip)]
    here = [str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(here)}
    if missing_display() is not None:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    started_s = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",  # PYTHONIOENCODING may ask for another encoding
            timeout=START_LIMIT_S + seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HappySadError(f"The window showed no labels within {START_LIMIT_S:.0f} s.") from error
    if done.returncode:
        raise HappySadError(_unmeasured(done.stderr))
    try:
        figures = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HappySadError(_unmeasured(done.stderr)) from error
    for name in ("window_s", "picture_s", "labels_s"):
        if figures[name] is not None:
            figures[name] = round(figures[name] + figures["started_s"] - started_s, 3)
    del figures["started_s"]
    figures["cpu_percent_of_a_core"] = round(100 * figures["cpu_s"] / (figures["seconds"] or 1), 1)
    if record:
        described = json.loads(clip.with_suffix(".json").read_text(encoding="utf-8"))
        figures["dropped"], figures["recorded"] = described["dropped"], described["frames"]
    return figures


def _unmeasured(stderr: str) -> str:
    return f"The window could not be measured: {last_sentence(stderr, 'it gave no figures.')}"
