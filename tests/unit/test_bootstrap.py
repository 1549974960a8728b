"""What libraries print is kept off the terminal; what this program says is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import os, sys
from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.terminal import say
for _ in range(2):
    with native_chatter_silenced():
        with native_chatter_silenced():
            os.write(2, b"chatter\\n")
            print("chatter", file=sys.stderr, flush=True)
            say("sentence")
        os.write(2, b"chatter\\n")
    os.write(2, b"after\\n")
say("end")
"""


def test_only_native_chatter_is_silenced() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == ["sentence", "after", "sentence", "after", "end"]
