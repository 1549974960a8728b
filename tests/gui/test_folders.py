"""Showing a folder in the system's program for files."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices

from happysad_live.gui.folders import show_folder


def test_a_folder_is_shown_whose_name_is_short_for_one_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs for files are given an address, which says nothing about where this one was started."""
    asked: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url) is None)
    monkeypatch.chdir(tmp_path)
    show_folder(Path("clips"), pytest.fail)
    assert [url.toString() for url in asked] == [(tmp_path / "clips").as_uri()]


@pytest.mark.parametrize("shown", [True, False])
def test_a_folder_is_shown_or_it_is_told_that_nothing_could(
    shown: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[QUrl] = []

    def open_url(url: QUrl) -> bool:
        asked.append(url)
        return shown

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    folder = tmp_path / "clips"
    told: list[str] = []
    show_folder(folder, told.append)
    assert folder.is_dir() and asked == [QUrl.fromLocalFile(str(folder))]
    assert [str(folder) in text for text in told] == ([] if shown else [True])
