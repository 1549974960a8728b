"""What is kept between two starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from full_disk import full_disk
from PyQt6.QtCore import QPoint, QPointF, QSettings, Qt
from PyQt6.QtGui import QFont, QWheelEvent
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QWidget,
)
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

from happysad_live.gui.clips.label_bar import ClipLabelBar
from happysad_live.gui.preferences.dialog import PreferencesDialog
from happysad_live.gui.preferences.store import Preferences, PreferenceStore, clips_folder
from happysad_live.paths import recordings_dir


def store(path: Path) -> PreferenceStore:
    return PreferenceStore(QSettings(str(path), QSettings.Format.IniFormat))


def turn_wheel(widget: QWidget, *, down: bool) -> None:
    """One notch of the mouse's wheel over a widget."""
    place, notch = QPointF(widget.rect().center()), QPoint(0, -120 if down else 120)
    free, begun = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    plain = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(place, QPointF(widget.mapToGlobal(place)), QPoint(), notch, free, plain, begun, False)
    QApplication.sendEvent(widget, event)


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


def test_what_a_full_disk_has_no_room_for_is_not_said_to_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    kept = store(path)
    assert kept.save(Preferences(), Preferences(model="emotions"))
    with full_disk():
        assert not kept.save(Preferences(), Preferences(loop_files=True))
        assert "loop_files" not in path.read_text()
    assert kept.save(Preferences(), Preferences(record_clean=True))  # there is room again
    assert store(path).load() == Preferences(model="emotions", loop_files=True, record_clean=True)


def test_what_is_preferred_over_a_garbled_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_text("[Gen", encoding="utf-8")
    assert store(path).save(Preferences(), Preferences(loop_files=True))
    assert "loop_files=true" in path.read_text()


def test_a_garbled_file_means_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "settings.ini"
    path.write_text(
        "[General]\ndetector_range=sideways\nloop_files=maybe\nmirror_camera=\nrecord_clean=1\n",
        encoding="utf-8",
    )
    loaded = store(path).load()
    assert loaded.detector_range == "full"
    assert loaded.loop_files is False
    assert loaded.mirror_camera is True
    assert loaded.record_clean is True  # as a hand may write it


class OfALaterVersion:
    """What this version does not know when it reads it again."""


def test_what_only_a_later_version_can_read_means_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, path = tmp_path / "written.ini", tmp_path / "settings.ini"
    settings = QSettings(str(written), QSettings.Format.IniFormat)
    for name in ("model", "loop_files", "geometry", "clips_shown"):
        settings.setValue(name, OfALaterVersion())
    settings.setValue("record_clean", True)
    settings.sync()
    path.write_bytes(written.read_bytes())  # of the same file Qt would remember the values
    monkeypatch.delattr(f"{__name__}.OfALaterVersion")
    assert store(path).load() == Preferences(record_clean=True)
    assert store(path).geometry.isEmpty() and not store(path).clips_shown


def test_folders_that_a_hand_has_written_do_not_become_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # on Windows
    path = tmp_path / "settings.ini"
    path.write_text("[General]\nclips_folder=~/Clips\n", encoding="utf-8")
    assert clips_folder(None, store(path).load().clips_folder) == tmp_path / "Clips"
    path.write_text("[General]\nclips_folder=/my, clips\n", encoding="utf-8")  # a list, for Qt
    assert clips_folder(None, store(path).load().clips_folder) == recordings_dir()


def test_the_dialog_fits_a_low_screen(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    assert dialog.minimumSizeHint().height() < 0.9 * 400


def test_on_a_low_screen_tab_scrolls_it_up_and_down_only(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.resize(dialog.minimumSizeHint().width(), 200)
    scrolled = dialog.findChild(QScrollArea)
    dialog.findChild(QCheckBox).setFocus()
    qtbot.waitUntil(lambda: scrolled.viewport().width() < scrolled.width(), timeout=LIMIT_MS)  # by its bar
    for _ in range(8):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        assert scrolled.widget().x() == 0
    assert scrolled.widget().y() < 0


@pytest.fixture(params=[13, 16, 26])
def text_px(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[int]:
    """How high the letters of the system are, from the usual ones to large print."""
    before = qapp.font()
    font = QFont(before)
    font.setPixelSize(request.param)
    qapp.setFont(font)
    yield request.param
    qapp.setFont(before)


def test_its_hints_have_a_line_each_or_wrap_where_the_screen_is_too_narrow(
    qtbot: QtBot, tmp_path: Path, text_px: int
) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    hints = [label for label in dialog.findChildren(QLabel) if label.text().endswith(".")]
    assert len(hints) == 4
    longest_px = max(hint.fontMetrics().horizontalAdvance(hint.text()) for hint in hints)
    screen_px = dialog.screen().availableSize().width()
    assert dialog.width() == min(dialog.sizeHint().width(), int(0.9 * screen_px))
    assert (longest_px < dialog.width()) == (text_px < 26)
    scrolled = dialog.findChild(QScrollArea)
    assert scrolled.widget().width() <= scrolled.viewport().width()
    for hint in hints:
        assert hint.height() >= hint.heightForWidth(hint.width())


def test_a_screen_reader_hears_what_a_box_does(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    box = dialog.findChild(QCheckBox, "loop_files")
    assert box.accessibleDescription() == "A video or a folder of pictures starts over at its end."


def test_the_wheel_scrolls_and_chooses_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = PreferencesDialog(Preferences(), tmp_path)
    qtbot.addWidget(dialog)
    dialog.show()
    bar = ClipLabelBar()
    qtbot.addWidget(bar)
    bar.show_faces([1, 2])
    for choice in (dialog.findChild(QComboBox), bar.face):
        before = choice.currentIndex()
        turn_wheel(choice, down=before == 0)
        assert choice.count() > 1 and choice.currentIndex() == before


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
    dialog.changed.connect(lambda *change: told.append(change))
    dialog.folder_chosen.connect(told.append)
    chosen = str(tmp_path / "mine")
    begun_at = []
    for answer in (chosen, ""):  # the second time the question is closed without an answer

        def ask(*question: object, answer: str = answer) -> str:
            begun_at.append(question[-1])
            return answer

        monkeypatch.setattr(QFileDialog, "getExistingDirectory", ask)
        dialog.findChild(QPushButton, "clips_folder").click()
    assert told == [("clips_folder", chosen), chosen]
    assert begun_at == [str(tmp_path / "before"), chosen]
    shown = [label.text().replace("\N{ZERO WIDTH SPACE}", "") for label in dialog.findChildren(QLabel)]
    assert chosen in shown


def test_a_long_name_of_a_folder_makes_the_dialog_no_wider(qtbot: QtBot, tmp_path: Path) -> None:
    widths = []
    for name in (".", "/".join(["recordings of a long summer"] * 8), "x" * 200):
        dialog = PreferencesDialog(Preferences(), tmp_path / name)
        qtbot.addWidget(dialog)
        widths.append(dialog.minimumSizeHint().width())
    assert widths[2] == widths[1] == widths[0]


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
