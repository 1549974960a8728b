"""Whether a window can be opened at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from happysad_live.config import PROGRAM

LIMIT_S = 20.0


def missing_display() -> str | None:
    """Why no window can be opened here, or None where one can.

    Another process tries, in half a second: only Qt knows, and it ends its process where it fails.
    """
    command = [sys.executable, "-m", "happysad_live.gui.qt_application"]
    try:
        tried = subprocess.run(
            command,
            cwd=Path(__file__).parents[1],  # or Python would import what lies in the user's folder
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",  # PYTHONIOENCODING may ask for another encoding
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "The screen does not answer."
    if tried.returncode == 0:
        return None
    return last_sentence(tried.stderr, f"Qt ended with {tried.returncode}.")


def last_sentence(stderr: str, otherwise: str) -> str:
    """Why a process of the window failed: its last line on stderr; ``otherwise`` where it wrote none."""
    lines = stderr.strip().splitlines() or [otherwise]
    return lines[-1].removeprefix(f"{PROGRAM}: ")


def no_window_text(reason: str) -> str:
    """The sentence for a user who wanted a window. reason: why there is none, without a full stop."""
    return f"The window cannot open: {reason}. analyze and classify work without one."
