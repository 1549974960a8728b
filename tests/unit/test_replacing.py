"""Replacing a file, where the system lets nobody do it at once."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from recording_samples import refuse_to_rename

from happysad_live.core.replacing import once_released, remove_quietly, replacing


def test_a_file_comes_into_a_new_folder_as_soon_as_windows_lets_go_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_to_rename(monkeypatch, 3)
    path = tmp_path / "exports" / "today" / "clip.csv"
    with replacing(path) as partial:
        partial.write_text("new")
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_windows_is_waited_for_where_python_does_not_tell_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """``open`` raises the C library's error there, without the system's number."""
    calls = []

    def change() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise PermissionError(errno.EACCES, "Permission denied")

    with pytest.raises(PermissionError):
        once_released(change)
    assert len(calls) == 1
    with monkeypatch.context() as on_windows:
        on_windows.setattr(os, "name", "nt")
        once_released(change)
    assert len(calls) == 3


def test_what_nobody_needs_goes_as_soon_as_windows_lets_go_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a virus scanner leaves the recorder's temporary film, as large as the clip, for ever."""
    (path := tmp_path / "clip.mp4.part").touch()
    refuse_to_rename(monkeypatch, 3, "unlink")
    remove_quietly(path)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_on_the_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "clip.csv"
    path.write_text("old")
    with pytest.raises(OSError, match="full"), replacing(path) as partial:
        partial.write_text("ne")
        raise OSError("the disk is full")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
