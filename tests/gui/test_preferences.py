"""What is kept between two starts."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PyQt6.QtCore import QSettings, Qt
from PyQt6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from happysad_live.gui.preferences.dialog import PreferencesDialog
from happysad_live.gui.preferences.store import Preferences, PreferenceStore


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
        clips_order="name",
    )
    default = Preferences()
    assert all(getattr(wish, name) != getattr(default, name) for name in Preferences.__dataclass_fields__)
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    assert PreferenceStore(settings).save(Preferences(), wish)
    assert path.is_file()  # at once
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
        "[General]\ndetector_range=sideways\nloop_files=maybe\nmirror_camera=\nrecord_clean=1\n",
        encoding="utf-8",
    )
    loaded = store(path).load()
    assert loaded.detector_range == "full"
    assert loaded.loop_files is False
    assert loaded.record_clean is True  # as a hand may write it


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
    chosen_elsewhere = ("clips_folder", "model", "clips_order")
    assert shown == {name: wanted[name] for name in wanted if name not in chosen_elsewhere}


def test_a_folder_that_is_chosen_is_shown_and_told_and_none_changes_nothing(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path / "before")
    qtbot.addWidget(dialog)
    told: list[object] = []
    dialog.changed.connect(told.append)
    dialog.folder_chosen.connect(told.append)
    chosen = str(tmp_path / "mine")
    for answer in (chosen, ""):  # the second time the question is closed without an answer
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, answer=answer: answer)
        dialog.findChild(QPushButton, "clips_folder").click()
    assert told == [Preferences(clips_folder=chosen), chosen]
    assert chosen in [label.text() for label in dialog.findChildren(QLabel)]


def test_a_long_name_of_a_folder_makes_the_dialog_no_wider(qtbot: QtBot, tmp_path: Path) -> None:
    widths = []
    for folder in (tmp_path, tmp_path / "/".join(["recordings of a long summer"] * 8)):
        dialog = PreferencesDialog(Preferences(), folder)
        qtbot.addWidget(dialog)
        widths.append(dialog.minimumSizeHint().width())
    assert widths[1] == widths[0]


def test_the_keys_lead_to_the_folder_and_the_range_and_enter_asks_for_no_folder(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    asked: list[object] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: asked.append(_) or "")
    dialog.show()
    led_to = {
        label.text(): label.buddy().objectName() for label in dialog.findChildren(QLabel) if label.buddy()
    }
    assert led_to == {"Save &clips in": "clips_folder", "Look for &faces": "detector_range"}
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert asked == []


def test_the_dialog_can_be_closed(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Close).click()
    assert not dialog.isVisible()
