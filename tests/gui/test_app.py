"""The whole window as a process: how it starts, what it survives, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QTimer
from pytestqt.qtbot import QtBot
from vcam.virtual_camera import VirtualCamera, numbered_picture

from happysad_live.gui.app import ExceptionHooks

LIMIT_S = 60
SCRIPT = Path(__file__).with_name("window_process.py")
NUMBERS = (3, 77, 200)


def start(home: Path, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    surroundings = {**(environment or os.environ), "HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    try:
        return process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()


def interrupted(tmp_path: Path, signals: str, before: str = "") -> tuple[int, str]:
    """Exit code and messages of a window that gets signals. before: code."""
    code = f"""
import os, runpy, signal, sys
from happysad_live.gui import app

class Interrupted(app.MainWindow):
    def {signals}

app.MainWindow = Interrupted
{before}
sys.argv[:1] = []
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    surroundings = {**os.environ, "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", code, str(SCRIPT), "0", "demo:1"]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=LIMIT_S)
    return done.returncode, done.stderr


def test_the_demo_runs_and_the_window_closes_in_time_and_stores_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "0.5", "demo:1")
    out, err = finish(process)
    assert (process.returncode, err) == (0, "")
    assert len(out.splitlines()) >= 5
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_cannot_be_opened_ends_a_timed_run_with_a_sentence(tmp_path: Path) -> None:
    process = start(tmp_path, "0.5", str(tmp_path / "missing.mp4"))
    out, err = finish(process)
    assert (process.returncode, out) == (1, "")
    assert err == f"happysad-live: There is no file {tmp_path / 'missing.mp4'}.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_a_signal_closes_the_window_cleanly(tmp_path: Path) -> None:
    process = start(tmp_path, "0", "demo:1")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, err = finish(process)
    assert (process.returncode, err) == (130, "")


def test_the_first_camera_is_shown_without_being_named(tmp_path: Path) -> None:
    camera = VirtualCamera(tmp_path / "vcam")
    camera.write_frames(numbered_picture(number) for number in NUMBERS)
    process = start(tmp_path, "0.7", environment=camera.environment())
    out, err = finish(process)
    assert process.returncode == 0, err
    assert {line.split()[0] for line in out.splitlines()} == {"1280x720"}
    # Not mirrored on the way to the model: the stripes would read as other numbers.
    assert {int(line.split()[1]) for line in out.splitlines()} == set(NUMBERS)


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
@pytest.mark.parametrize(
    "signals",
    [
        "__init__(self, *arguments): os.kill(os.getpid(), signal.SIGINT); super().__init__(*arguments)",
        # The shell and the system, when a terminal is closed.
        "show(self): super().show(); [os.kill(os.getpid(), signal.SIGHUP) for _ in range(2)]",
        "show(self): super().show(); [os.kill(os.getpid(), signal.SIGINT) for _ in range(3)]",
    ],
    ids=["before there is a window", "a closed terminal, which says so twice", "impatience"],
)
def test_a_signal_ends_the_program_in_order_whenever_it_comes(tmp_path: Path, signals: str) -> None:
    assert interrupted(tmp_path, signals) == (130, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
def test_a_window_that_takes_long_to_close_can_be_ended_at_once(tmp_path: Path) -> None:
    twice = "show(self): super().show(); [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)]"
    assert interrupted(tmp_path, twice, "app.is_ending = lambda: False") == (-signal.SIGINT, "")


@pytest.mark.qt_no_exception_capture
def test_an_exception_in_a_slot_or_a_thread_becomes_a_sentence(
    qtbot: QtBot, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = ExceptionHooks(debug=False)
    told: list[str] = []
    hooks.caught.connect(told.append)
    try:
        QTimer.singleShot(0, lambda: [][1])
        qtbot.waitUntil(lambda: len(told) == 1)
        thread = threading.Thread(target=lambda: {}["missing"])
        thread.start()
        qtbot.waitUntil(lambda: len(told) == 2)
        thread.join()
        QTimer.singleShot(0, lambda: np.empty(2**60, np.uint8))
        qtbot.waitUntil(lambda: len(told) == 3)
    finally:
        hooks.restore()
    assert told == [
        "Something in this program went wrong (IndexError). The window keeps running.",
        "Something in this program went wrong (KeyError). The window keeps running.",
        "There is not enough memory: close other programs, then try again.",
    ]
    assert "Traceback" not in capsys.readouterr().err
