"""The set-up of a fresh machine, with stand-ins for Python and the system that only note their calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the script is for Linux and macOS")

_PROJECT = Path(__file__).resolve().parents[2]

_PYTHON = """#!/bin/sh
case "$*" in
  "-m venv"*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip"*) echo "$*" >>pip-calls; {pip} ;;
esac
"""
"""A Python that makes environments of itself, and whose pip is given."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout that has the script and the packages' list, and a system that lacks no library."""
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/setup.sh", "pyproject.toml"):
        shutil.copy(_PROJECT / name, tmp_path / name)
    _write_program(tmp_path / "bin" / "dpkg-query", "#!/bin/sh\necho install ok installed\n")
    return tmp_path


def _write_program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def _set_up(project: Path, pip: str) -> subprocess.CompletedProcess[str]:
    """Run the set-up in bash, as systems do whose sh it is. pip: what pip does, in the shell's language."""
    python = project / "bin" / "fake-python"
    _write_program(python, _PYTHON.format(pip=pip))
    environment = {"PATH": f"{project / 'bin'}:{os.environ['PATH']}", "PYTHON": str(python)}
    command = ["bash", "--posix", "scripts/setup.sh"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def test_packages_that_cannot_be_installed_are_told_in_a_sentence(project: Path) -> None:
    ended = _set_up(project, pip="echo no network >&2; exit 1")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("The Python packages could not be installed")
    assert not list(project.glob(".venv/.ready-*"))  # the next call tries again


def test_ctrl_c_ends_the_set_up_and_not_only_the_installer_at_work(project: Path) -> None:
    ended = _set_up(project, pip="kill -INT $PPID; exit 1")  # pip ends by itself when Ctrl-C is pressed
    assert ended.returncode == 130
    assert len((project / "pip-calls").read_text().splitlines()) == 1
