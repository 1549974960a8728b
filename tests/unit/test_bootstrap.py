"""What libraries print is kept off the terminal; what this program says is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from happysad_live.bootstrap import native_chatter_silenced, user_stderr

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import os, sys
from happysad_live.bootstrap import native_chatter_silenced
from happysad_live.terminal import print_message
for _ in range(2):
    with native_chatter_silenced():
        with native_chatter_silenced():
            os.write(2, b"chatter\\n")
            print("chatter", file=sys.stderr, flush=True)
            print_message("sentence")
        os.write(2, b"chatter\\n")
    os.write(2, b"after\\n")
print_message("end")
"""


def test_only_native_chatter_is_silenced() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == ["sentence", "after", "sentence", "after", "end"]


IN_SOMEBODYS_SCRIPT = """
import os
from happysad_live import EmotionModel
from happysad_live.bootstrap import native_chatter_silenced
with native_chatter_silenced():
    os.write(2, b"theirs\\n")  # from a thread of the script, while a model is loaded
"""


def test_what_a_script_says_itself_while_a_model_is_loaded_is_not_lost() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IN_SOMEBODYS_SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "theirs\n"


WITHOUT_CONSOLE = """
import errno, os, sys
duplicate, state, lead = os.dup, os.fstat, os.dup2
no_files = {0, 1, 2}

def guarded(call):
    def attempt(descriptor):
        if descriptor in no_files:
            raise OSError(errno.EBADF, "The handle is invalid")
        return call(descriptor)
    return attempt

def lead_elsewhere(source, target, inheritable=True):
    no_files.discard(target)
    return lead(source, target, inheritable)

os.dup, os.fstat, os.dup2 = guarded(duplicate), guarded(state), lead_elsewhere
sys.stdin = sys.stdout = sys.stderr = None
from happysad_live.bootstrap import native_chatter_silenced, prepare_environment
prepare_environment()
with native_chatter_silenced():
    os.write(2, b"chatter\\n")
os.write(2, b"after\\n")
"""


def test_without_a_console_of_windows_the_chatter_is_no_obstacle() -> None:
    """There the descriptors of ``pythonw`` are taken, by what is no file and cannot be duplicated."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_CONSOLE], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


class OnlyWrites:
    """As simple as what some programs put in the place of ``sys.stderr``."""

    def write(self, text: str) -> int:
        return len(text)


@pytest.mark.parametrize("stderr", [OnlyWrites(), None])
def test_a_replaced_stderr_is_no_obstacle(stderr: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    with native_chatter_silenced():
        assert user_stderr() is stderr
