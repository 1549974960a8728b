"""What all tests share: the environment before heavy imports, and the shared real data."""

from __future__ import annotations

import atexit
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from happysad_live.bootstrap import prepare_environment
from happysad_live.interruptions import ignore_further_signals

if TYPE_CHECKING:
    from happysad_live.detection.finder import FaceFinder

prepare_environment()

# No test may touch the user's own models, settings or trash.
TEST_HOME = tempfile.TemporaryDirectory(prefix="happysad-test-home-")
atexit.register(TEST_HOME.cleanup)
for _name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
    os.environ[_name] = TEST_HOME.name

_TIMED = ("gui", *(f"end_to_end/test_{name}.py" for name in ("bench", "camera", "camera_recording")))
"""Folders and files of tests that go by real time: threads, timers, a camera whose pictures do not wait."""

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    timed = [Path(__file__).parent / place for place in _TIMED]
    for item in items:
        if any(item.path.is_relative_to(place) for place in timed):
            item.add_marker(pytest.mark.timed)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real faces and clips that lies beside some checkouts."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared faces and clips are not on this machine")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def without_graphics_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded must not hang on the machine; those encoders have a test of their own."""
    monkeypatch.setattr("happysad_live.recording.encoder.offered_encoders", lambda: ())


@pytest.fixture(autouse=True)
def ends_no_program() -> None:
    """A command that a test ran before has ended: for what comes next, Ctrl-C counts at once."""
    ignore_further_signals(0.0)


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    from happysad_live.detection.finder import FaceFinder

    with closing(FaceFinder()) as finder:
        yield finder


@pytest.fixture
def close_folder(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Refuse to let anybody look into a folder: root, who may run the tests, is let into every one."""

    def close(folder: Path) -> None:
        scandir = os.scandir

        def guarded(path: str) -> object:
            if Path(path) == folder:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", guarded)

    return close
