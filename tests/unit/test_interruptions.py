"""Ctrl-C: at once, but never in the middle of an import, where a C extension would seem to be broken."""

from __future__ import annotations

import importlib
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from happysad_live import interruptions
from happysad_live.interruptions import (
    RETRY_S,
    ignore_further_signals,
    interruptions_held,
    take_termination_as_ctrl_c,
    termination_signals,
)
from happysad_live.progress import progress_bar

LIMIT_S = 10.0
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
"""As every terminal since the VT220 is told."""


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    kinds = (signal.SIGINT, *termination_signals())
    before = {kind: signal.getsignal(kind) for kind in kinds}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_at_once(kind: signal.Signals) -> None:
    take_termination_as_ctrl_c()
    reached = []
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(kind)
        reached.append("the next line")
    assert not reached


def import_that_gets_signals(count: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module on whose import Ctrl-C is pressed so many times."""
    name = f"import_with_{count}_signals"
    (folder / f"{name}.py").write_text(
        f"import signal\nfor _ in range({count}):\n    signal.raise_signal(signal.SIGINT)\nis_whole = True\n"
    )
    monkeypatch.syspath_prepend(folder)
    return name


def test_a_signal_during_an_import_interrupts_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = import_that_gets_signals(1, tmp_path, monkeypatch)
    take_termination_as_ctrl_c()
    found = []
    with pytest.raises(KeyboardInterrupt):
        found.append(importlib.import_module(name).is_whole)
        threading.Event().wait(LIMIT_S)  # which the signal ends
        found.append("the limit")
    assert found == [True]


class Terminal(io.StringIO):
    """Where something is printed, and whoever waits for that learns of it."""

    def __init__(self) -> None:
        super().__init__()
        self.printed = threading.Event()

    def write(self, text: str) -> int:
        count = super().write(text)
        self.printed.set()
        return count


def test_the_user_is_told_that_a_signal_waits_for_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import lasts until then."""
    (tmp_path / "import_that_lasts.py").write_text(
        "import signal, sys\n"
        "signal.raise_signal(signal.SIGINT)\n"
        f"was_told = sys.stderr.printed.wait({LIMIT_S})\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setattr(interruptions, "PATIENCE_S", 0.0)
    take_termination_as_ctrl_c()
    found = []
    with pytest.raises(KeyboardInterrupt):
        found.append(importlib.import_module("import_that_lasts").was_told)
        threading.Event().wait(LIMIT_S)
    assert found == [True]


def test_impatience_during_an_import_does_not_interrupt_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or what the first Ctrl-C leaves to be tidied up would be cut short by the next."""
    name = import_that_gets_signals(3, tmp_path, monkeypatch)
    take_termination_as_ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        importlib.import_module(name)
        threading.Event().wait(LIMIT_S)
    assert not threading.Event().wait(3 * RETRY_S)  # the time in which another would come


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_signal_is_not_lost_where_pyav_fails_at_that_moment(tmp_path: Path) -> None:
    """An error of PyAV runs Python code that drops what is raised there."""
    pipe = tmp_path / "video.mp4"
    os.mkfifo(pipe)
    take_termination_as_ctrl_c()

    def press_ctrl_c_while_it_is_read() -> None:
        with pipe.open("wb"):  # which waits for the reader
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    presser = threading.Thread(target=press_ctrl_c_while_it_is_read)
    presser.start()
    failures = []
    with pytest.raises(KeyboardInterrupt):
        try:
            av.open(str(pipe))
        except av.FFmpegError as error:
            failures.append(error)
        threading.Event().wait(LIMIT_S)
        failures.append("the limit")
    presser.join()
    assert "the limit" not in failures


def interrupted_once() -> None:
    take_termination_as_ctrl_c()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_impatience_does_not_cut_short_how_a_program_ends(kind: signal.Signals) -> None:
    interrupted_once()
    signal.raise_signal(kind)


@pytest.mark.parametrize("takes_long", [False, True])
def test_impatience_while_files_are_completed_does_not_interrupt_what_follows(takes_long: bool) -> None:
    interrupted_once()
    with interruptions_held():
        if takes_long:
            ignore_further_signals(ending_s=0)
        signal.raise_signal(signal.SIGINT)


def test_a_program_that_does_not_end_can_be_interrupted_again() -> None:
    interrupted_once()
    ignore_further_signals(ending_s=0)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


class PressesCtrlC(io.StringIO):
    """A terminal on which Ctrl-C is pressed once its cursor is hidden."""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        count = super().write(text)
        if HIDE_CURSOR in text:
            signal.raise_signal(signal.SIGINT)
        return count


def test_ctrl_c_as_a_progress_bar_appears_leaves_the_terminal_its_cursor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = PressesCtrlC()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    take_termination_as_ctrl_c()
    with pytest.raises(KeyboardInterrupt), progress_bar("Labelling pictures", 1):
        pass
    assert terminal.getvalue().rfind(SHOW_CURSOR) > terminal.getvalue().rfind(HIDE_CURSOR)


IMPATIENT = """
import signal, sys
from happysad_live.exit_codes import run_command

class LateSignal:
    def __del__(self):  # when Python clears its modules away, and has no more handlers
        kill(getpid(), SIGINT)

from os import getpid, kill
from signal import SIGINT
late = LateSignal()

def command():
    try:
        signal.raise_signal(SIGINT)
    finally:
        signal.raise_signal(SIGINT)
        print("tidied up", flush=True)

sys.exit(run_command("test", command, debug=False))
"""


def test_an_interrupted_program_ends_in_order_however_often_ctrl_c_is_pressed() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPATIENT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("tidied up\n", "", 130)


PRESSED_LATE = """
import signal, sys, threading
from happysad_live.exit_codes import run_command

def press_ctrl_c_at_the_end():  # in a thread for whose end Python waits
    threading.main_thread().join()
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

def command():
    threading.Thread(target=press_ctrl_c_at_the_end).start()
    print("done")
    return {code}

sys.exit(run_command("test", command, debug=False))
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows sends no signal to a thread")
@pytest.mark.parametrize("code", [0, 1])
def test_ctrl_c_after_the_work_is_done_shows_no_traceback(code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PRESSED_LATE.format(code=code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("done\n", "", code)


LEAVES_A_CYCLE = """
import sys
from happysad_live.exit_codes import run_command

class Cycle:
    def __init__(self):
        self.itself = self

    def __del__(self):
        print("searched for")

sys.exit(run_command("test", lambda: Cycle() and 0, debug=False))
"""


def test_a_command_that_is_done_searches_for_nothing_to_free() -> None:
    """With TensorFlow loaded, that took 2 seconds of a processor."""
    ended = subprocess.run(
        [sys.executable, "-c", LEAVES_A_CYCLE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 0)


PRESSED_EARLY = """
import os, signal, sys

class PressesCtrlC:
    def find_spec(self, name, path, target=None):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, PressesCtrlC())
sys.argv = ["program", "--version"]
from {package}.__main__ import main
sys.exit(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there os.kill ends the process by itself")
@pytest.mark.parametrize("package", ["happysad_live", "training"])
@pytest.mark.parametrize("module", ["{package}.cli", "typing"])
def test_ctrl_c_in_the_first_moment_shows_no_traceback(package: str, module: str) -> None:
    """module: during whose import Ctrl-C is pressed; that of ``typing`` takes long, so others come first."""
    code = PRESSED_EARLY.format(package=package, module=module.format(package=package))
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", "", 130)
