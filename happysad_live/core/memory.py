"""How much memory this process takes, and giving back what it has freed."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def resident_mb() -> float | None:
    """The memory that the process holds now, in MB of 1e6 bytes; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def peak_mb() -> float | None:
    """The most memory that the process has held so far, in MB; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    if sys.platform == "linux":
        # getrusage(2) counts from the memory of the process that started this one.
        with suppress(OSError):
            told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
            if found := re.search(r"^VmHWM:\s*(\d+) kB$", told, re.MULTILINE):
                return round(int(found[1]) * 1024 / 1e6, 1)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)


@contextmanager
def memory_given_back() -> Iterator[None]:
    """Hand freed memory back to the system when the block ends: for a thread whose work uses much of it.

    As a decorator it does so once the function's variables are gone. The GNU C library would keep what a
    thread has freed for later threads, of which there may be none (malloc_trim(3)); others give it back.
    """
    yield
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
