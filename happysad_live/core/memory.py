"""How much memory this process takes, and giving back what it has freed."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path


def resident_mb() -> float | None:
    """Memory that the process holds now, in MB of 1e6 bytes; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def peak_mb() -> float | None:
    """The most memory that the process has held so far, in MB; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)


def give_memory_back() -> None:
    """Hand freed memory to the system; to be called where a thread that used much of it ends.

    The GNU C library keeps it for the thread's successors otherwise, of which there may be none
    (malloc_trim(3)); other systems give it back by themselves.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
