"""Memory is measured by the system, here too."""

from __future__ import annotations

import sys

import pytest

from happysad_live.core.memory import memory_given_back, resident_mb


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
