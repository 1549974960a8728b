"""The own label that a recording is to have, chosen in the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from clip_choices import chosen_stems
from gui_fakes import LABELS, FakePipeline, FakeSource, FakeSources
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker, frames_recorded

from happysad_live.gui.clips.label_bar import ClipLabelBar
from happysad_live.gui.main_window import MainWindow
from happysad_live.gui.recording.own_label import OwnLabelPicker
from happysad_live.gui.theme import style_sheet
from happysad_live.recording.clip_info import ClipInfo
from happysad_live.recording.library import list_clips


def test_a_recording_with_an_own_label_is_clean_and_appears(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, clips_dir: Path
) -> None:
    sources.add("0", FakeSource("Webcam"))
    window = make_window(source="0")
    picker = window.clips.own_label
    assert not picker.isEnabled()  # which classes there are is not known before the model is ready
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    window.clips.show()
    picker.choose("sad")
    window.recording.start(clips_dir)
    qtbot.waitUntil(lambda: frames_recorded(window) > 5, timeout=LIMIT_MS)
    picker.choose("happy")
    before = frames_recorded(window)
    qtbot.waitUntil(lambda: frames_recorded(window) > before + 5, timeout=LIMIT_MS)
    window.recording.clip_recording.stop()
    qtbot.waitUntil(lambda: len(window.clips.model.clips) == 1, timeout=LIMIT_MS)

    (clip,) = list_clips(clips_dir)
    assert clip.info.clean
    first, second = clip.info.own_labels
    assert (first.label, second.label) == ("sad", "happy")
    assert first.start_s == 0.0 and first.end_s == second.start_s and second.end_s is None
    assert chosen_stems(window) == [clip.stem]


def test_a_label_that_was_given_to_a_recording_ends_with_it(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources, clips_dir: Path
) -> None:
    """One that was chosen before it holds for the next one, too. The badge tells it, as in full screen."""
    sources.add("0", FakeSource("Webcam"))
    window = make_window(source="0")
    picker, recorder = window.clips.own_label, window.recording.clip_recording
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    picker.choose("sad")
    for given in (None, "happy", None):
        window.recording.start(clips_dir)
        qtbot.waitUntil(lambda: frames_recorded(window) > 3, timeout=LIMIT_MS)
        if given:
            picker.choose(given)
        shown = f"my label: {given or 'sad'}"
        qtbot.waitUntil(lambda shown=shown: shown in window.stage.badge.text(), timeout=LIMIT_MS)
        with qtbot.waitSignal(recorder.saved, timeout=LIMIT_MS):
            recorder.stop()
        assert picker.label == "sad"
    picker.choose(None)
    window.recording.start(clips_dir)
    qtbot.waitUntil(lambda: frames_recorded(window) > 3, timeout=LIMIT_MS)
    picker.choose("happy")
    with qtbot.waitSignal(recorder.saved, timeout=LIMIT_MS):
        recorder.stop()
    assert picker.label is None


def test_an_own_label_that_the_next_model_does_not_know_is_given_up(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(window.clips.own_label.isEnabled, timeout=LIMIT_MS)
    picker = window.clips.own_label
    picker.choose("sad")
    picker.offer(("happy", "sad", "surprise"))
    assert picker.label == "sad"
    with qtbot.waitSignal(picker.changed):
        picker.offer(("bored", "excited"))
    assert picker.label is None


def test_digits_choose_a_label_without_a_look_at_the_menu(qtbot: QtBot, window: MainWindow) -> None:
    picker = window.clips.own_label
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    assert LABELS[1] == "sad"
    for key, label in ((Qt.Key.Key_2, "sad"), (Qt.Key.Key_9, "sad"), (Qt.Key.Key_0, None)):
        qtbot.keyClick(window, key)
        assert picker.label == label
    picker.offer([f"class {number}" for number in range(1, 11)])
    for key, label in ((Qt.Key.Key_9, "class 9"), (Qt.Key.Key_Colon, "class 9"), (Qt.Key.Key_1, "class 1")):
        qtbot.keyClick(window, key)
        assert picker.label == label
    window.actions_.full_screen.trigger()
    assert not picker.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_2)
    assert picker.label == "class 2"


def test_what_cannot_be_recorded_can_have_no_label(
    qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("photo.jpg", FakeSource("photo.jpg", "images", frames=1))
    window = make_window(source="demo")
    picker = window.clips.own_label
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    picker.setFocus()
    window.session.play("photo.jpg")
    qtbot.waitUntil(lambda: not picker.isEnabled(), timeout=LIMIT_MS)
    assert window.focusWidget() is window.view  # and not a button, which Space would press
    qtbot.keyClick(window, Qt.Key.Key_1)
    assert picker.label is None

    window.session.play("demo")
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_1)
    assert picker.label == LABELS[0]


def test_a_picker_that_is_switched_off_looks_so_up_to_its_arrow(qtbot: QtBot) -> None:
    picker = OwnLabelPicker()
    qtbot.addWidget(picker)
    picker.setStyleSheet(style_sheet())
    picker.show()

    def brightest() -> int:
        image = picker.grab().toImage()
        return max(
            image.pixelColor(x, y).green() for x in range(image.width()) for y in range(image.height())
        )

    picker.offer(LABELS)
    assert brightest() > 200
    picker.follow_record(False)
    assert brightest() <= 0x77  # that of #6f7785, the colour of a text that is switched off


def test_the_menu_ticks_the_chosen_label_on_its_colour(qtbot: QtBot) -> None:
    picker = OwnLabelPicker()
    qtbot.addWidget(picker)
    picker.setStyleSheet(style_sheet())
    picker.offer(LABELS)
    menu = picker.menu()
    assert menu is not None
    menu.show()
    rows = menu.actions()[1 : 1 + len(LABELS)]
    before = [menu.grab(menu.actionGeometry(row)).toImage() for row in rows]
    for number in range(len(LABELS)):
        picker.choose(LABELS[number])
        now = [menu.grab(menu.actionGeometry(row)).toImage() for row in rows]
        assert [place for place, row in enumerate(now) if row != before[place]] == [number]


def test_a_digit_that_is_typed_is_no_label(qtbot: QtBot, window: MainWindow) -> None:
    picker = window.clips.own_label
    qtbot.waitUntil(picker.isEnabled, timeout=LIMIT_MS)
    window.clips.show()
    window.clips.panel.search.setFocus()
    qtbot.keyClick(window.clips.panel.search, Qt.Key.Key_2)
    assert (window.clips.panel.search.text(), picker.label) == ("2", None)


def test_a_clips_labels_have_the_keys_1_to_9(qtbot: QtBot) -> None:
    bar = ClipLabelBar()
    qtbot.addWidget(bar)
    bar.show_clip(ClipInfo(labels=tuple("abcdefghij")))
    assert [bar.label_for_key(number) for number in (0, 1, 9, 10)] == [None, "a", "i", None]


def test_long_labels_are_shortened_on_their_buttons_and_told_in_full(qtbot: QtBot) -> None:
    long = tuple(40 * letter for letter in "WXY")
    picker, bar = OwnLabelPicker(), ClipLabelBar()
    for widget in (picker, bar):
        qtbot.addWidget(widget)
    picker.offer(long)
    picker.choose(long[0])
    bar.show_clip(ClipInfo(labels=long))
    assert picker.minimumSizeHint().width() < 220 and long[0] in picker.toolTip()
    assert bar.minimumSizeHint().width() < 860
    tips = [button.toolTip() for button in bar.findChildren(QPushButton)]
    assert all(any(label in tip for tip in tips) for label in long)


def test_another_models_clip_does_not_begin_with_a_label_that_it_does_not_know(
    qtbot: QtBot, make_window: WindowMaker, clips_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both clips are clean: labels that are drawn into a picture cannot be taken out again."""
    labels = property(lambda pipeline: ("bored", "keen") if pipeline.label == "sad" else LABELS)
    monkeypatch.setattr(FakePipeline, "labels", labels)
    window = make_window(source="demo")
    recorder = window.recording.clip_recording
    qtbot.waitUntil(window.clips.own_label.isEnabled, timeout=LIMIT_MS)
    window.clips.own_label.choose("happy")
    window.recording.start(clips_dir)
    qtbot.waitUntil(lambda: frames_recorded(window) > 3, timeout=LIMIT_MS)
    with qtbot.waitSignal(recorder.saved, timeout=LIMIT_MS):
        window.model.choose("gloomy")
    qtbot.waitUntil(lambda: frames_recorded(window) > 3, timeout=LIMIT_MS)
    with qtbot.waitSignal(recorder.saved, timeout=LIMIT_MS):
        recorder.stop()
    told = "“happy” is no label of gloomy: the recording goes on without a label of yours."
    assert told in window.stage.notices.texts()
    second, first = sorted(list_clips(clips_dir), key=lambda clip: clip.info.model)
    assert (second.info.model, second.info.clean_from_s) == ("gloomy", 0.0)
    assert second.info.own_labels == ()
    assert (first.info.model, first.info.clean_from_s) == ("happysad", 0.0)
