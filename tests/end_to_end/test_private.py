"""Nothing leaves the machine: the whole process, watched by the kernel, addresses no other one."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def network_calls(log: Path, *command: str) -> list[str]:
    """The calls that connect or send to an internet address, by the command and all its children.

    A bare ``socket()`` is none: libraries make one to see whether the machine knows IPv6.
    """
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    traced = ["strace", "-f", "-qq", "-e", calls, "-o", str(log), *command]
    done = subprocess.run(traced, capture_output=True, text=True, timeout=200)
    if "ptrace" in done.stderr.lower():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    return [line for line in log.read_text().splitlines() if re.search(r"\bAF_INET6?\b", line)]


def test_strace_sees_a_connection_where_there_is_one(tmp_path: Path) -> None:
    """The tests below would be worthless if this one failed."""
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 9))"
    assert network_calls(tmp_path / "log", sys.executable, "-c", code)


def test_analyzing_opens_no_network_connection(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "happysad_live", "analyze", "demo", "--seconds", "0.5"]
    assert network_calls(tmp_path / "log", *command, "--out", str(tmp_path)) == []


def test_the_window_opens_no_network_connection_while_it_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("HOME", str(tmp_path))
    command = [sys.executable, "-m", "happysad_live", "--source", "demo", "--seconds", "0.5"]
    assert network_calls(tmp_path / "log", *command, "--record", str(tmp_path / "clips")) == []
    assert list((tmp_path / "clips").glob("*.mp4"))
