"""Memory is measured by the system, here too."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from happysad_live.core.memory import memory_given_back, peak_mb, resident_mb


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells in /proc what a process holds")
def test_the_memory_now_is_what_the_system_says() -> None:
    told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    (kib,) = re.findall(r"^VmRSS:\s*(\d+) kB$", told, re.MULTILINE)
    assert resident_mb() == pytest.approx(int(kib) * 1024 / 1e6, abs=4)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a program begins with none")
def test_the_most_memory_is_this_process_s_own() -> None:
    """Not what the program held that started it."""
    ours = b"x" * 300_000_000
    own = peak_mb()
    tell = "from happysad_live.core.memory import peak_mb; theirs = b'x' * 80_000_000; print(peak_mb())"
    told = subprocess.run([sys.executable, "-c", tell], capture_output=True, text=True, check=True)
    assert own is not None and own > len(ours) / 1e6
    assert 80 < float(told.stdout) < 200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems give freed memory back by themselves")
def test_what_was_freed_goes_back_to_the_system() -> None:
    blocks = [bytes([number % 256]) * 30_000 for number in range(4000)]  # 120 MB in the library's own heap
    last = blocks[-1]  # below which the library gives nothing back by itself
    del blocks
    with memory_given_back():
        before = resident_mb()
    after = resident_mb()
    assert before is not None and after is not None
    assert before - after > 80
    assert last
