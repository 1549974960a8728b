"""What is kept between two starts."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QCheckBox, QComboBox
from pytestqt.qtbot import QtBot

from happysad_live.gui.preferences import Preferences, PreferencesDialog, PreferenceStore


def store(path: Path) -> PreferenceStore:
    return PreferenceStore(QSettings(str(path), QSettings.Format.IniFormat))


def test_nothing_is_written_before_something_is_preferred(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    assert store(path).load() == Preferences(
        happy_sad_only=False, mirror_camera=True, loop_files=False, detector_range="full"
    )
    assert not path.exists()


def test_preferences_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    wish = Preferences(
        happy_sad_only=True,
        mirror_camera=False,
        loop_files=True,
        record_clean=True,
        detector_range="short",
        clips_folder="/c",
        model="emotions",
    )
    default = Preferences()
    assert all(getattr(wish, name) != getattr(default, name) for name in Preferences.__dataclass_fields__)
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    PreferenceStore(settings).save(Preferences(), wish)
    settings.sync()
    assert path.is_file()
    assert store(path).load() == wish


def test_one_window_leaves_what_another_prefers(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    windows = [QSettings(str(path), QSettings.Format.IniFormat) for _ in range(2)]
    first, second = (PreferenceStore(settings).load() for settings in windows)
    PreferenceStore(windows[1]).save(second, replace(second, record_clean=True))
    windows[1].sync()
    PreferenceStore(windows[0]).save(first, replace(first, model="emotions"))
    windows[0].sync()
    assert store(path).load() == Preferences(record_clean=True, model="emotions")


def test_a_garbled_file_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_text(
        "[General]\ndetector_range=sideways\nloop_files=maybe\nmirror_camera=\n", encoding="utf-8"
    )
    loaded = store(path).load()
    assert loaded.detector_range == "full"
    assert loaded.loop_files is False


def test_the_dialog_fits_a_low_screen(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    assert dialog.minimumSizeHint().height() < 0.9 * 400


@pytest.mark.parametrize(
    "preferences",
    [
        Preferences(),
        Preferences(happy_sad_only=True, mirror_camera=False, loop_files=True, detector_range="short"),
        Preferences(record_clean=True),
    ],
)
def test_the_dialog_shows_what_is_preferred(qtbot: QtBot, tmp_path: Path, preferences: Preferences) -> None:
    dialog = PreferencesDialog(preferences, tmp_path)
    qtbot.addWidget(dialog)
    shown: dict[str, object] = {box.objectName(): box.isChecked() for box in dialog.findChildren(QCheckBox)}
    (ranges,) = dialog.findChildren(QComboBox)
    shown[ranges.objectName()] = ranges.currentData()
    wanted = asdict(preferences)
    assert shown == {name: wanted[name] for name in wanted if name not in ("clips_folder", "model")}
