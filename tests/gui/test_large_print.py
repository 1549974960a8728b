"""The window for people who have set their system to large letters, and for those who use no mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from gui_fakes import FakeSource, FakeSources
from layouts import lie_apart
from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics
from PyQt6.QtWidgets import (
    QApplication,
    QProgressBar,
    QStyleOptionViewItem,
    QTextBrowser,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, WindowMaker, wait_for_labels

from happysad_live.gui.bars import Footer
from happysad_live.gui.clips.clip_list import PAD_PX, ClipDelegate, ClipList, ClipListModel
from happysad_live.gui.main_window import MIN_SIZE_PX
from happysad_live.gui.recent_labels import RecentLabels
from happysad_live.gui.recording.own_label import OwnLabelPicker
from happysad_live.gui.status_line import StatusLine
from happysad_live.gui.teach.dialog import TeachDialog
from happysad_live.gui.theme import FOCUS, apply_theme
from happysad_live.gui.widgets.elided import ElidedLabel
from happysad_live.gui.widgets.screen import within_screen


@pytest.fixture
def large_print(qapp: QApplication) -> Iterator[None]:
    before = qapp.font()
    font = QFont(before)
    font.setPixelSize(26)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


@pytest.mark.usefixtures("large_print")
@pytest.mark.parametrize("source", ["demo", "pictures"])
def test_the_buttons_of_the_smallest_window_have_room(
    source: str, qtbot: QtBot, make_window: WindowMaker, sources: FakeSources
) -> None:
    sources.add("pictures", FakeSource("pictures", "images", frames=5, frame_rate=1.0))
    window = make_window(source=source)
    wait_for_labels(qtbot, window)
    (footer,) = window.findChildren(Footer)
    (own,) = footer.findChildren(OwnLabelPicker)
    screen = window.screen()
    assert screen is not None
    assert window.minimumWidth() == min(2 * MIN_SIZE_PX.width(), screen.availableSize().width())
    window.resize(window.minimumSize())
    qtbot.waitUntil(lambda: window.width() == window.minimumWidth(), timeout=LIMIT_MS)
    parts = [*footer.findChildren(QToolButton), own, *footer.findChildren(RecentLabels)]
    parts = [part for part in parts if part.isVisible()]
    assert len(parts) == (4 if source == "demo" else 5)
    qtbot.waitUntil(lambda: lie_apart(parts, footer), timeout=LIMIT_MS)
    needed_px = own.fontMetrics().horizontalAdvance(own.text())
    assert own.width() > needed_px


@pytest.mark.usefixtures("large_print")
def test_the_clips_stay_inside_a_window_that_fills_a_small_screen(
    qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo")
    window.clips.show()
    panel, screen = window.clips.panel, window.screen()
    qtbot.waitUntil(panel.isVisible, timeout=LIMIT_MS)
    assert screen is not None and window.width() <= screen.availableSize().width()
    qtbot.waitUntil(lambda: lie_apart([panel, window.stage], window), timeout=LIMIT_MS)


@pytest.mark.usefixtures("large_print")
def test_a_clips_four_lines_have_room(qtbot: QtBot) -> None:
    clips = ClipList(ClipListModel())
    qtbot.addWidget(clips)
    height_px = ClipDelegate().sizeHint(QStyleOptionViewItem(), clips.rootIndex()).height()
    assert height_px - 2 * PAD_PX >= 4 * QFontMetrics(clips.font()).height()


@pytest.mark.usefixtures("large_print")
def test_the_style_sheet_grows_and_a_dialog_is_as_large_each_time(qapp: QApplication, qtbot: QtBot) -> None:
    sheet, palette = qapp.styleSheet(), qapp.palette()
    apply_theme(qapp)
    try:
        sizes_px = set(re.findall(r"font-size: (\d+)px", qapp.styleSheet()))
    finally:
        qapp.setStyleSheet(sheet)
        qapp.setPalette(palette)
    assert sizes_px == {"24", "30", "38"}  # 12, 15 and 19 of the usual
    widget = QWidget()
    qtbot.addWidget(widget)
    usual = QSize(100, 80)
    assert [within_screen(usual, widget) for _ in range(2)] == [QSize(200, 160)] * 2


def test_a_long_name_goes_on_in_the_next_line(qtbot: QtBot, make_window: WindowMaker) -> None:
    page = make_window(source="demo").stage.page
    page.say("Cannot be opened", f"{'a_long_name_' * 20}.mp4 is no video.")
    assert page.minimumSizeHint().width() < 500
    assert page.text == f"{'a_long_name_' * 20}.mp4 is no video."


def test_the_faces_come_before_the_figures(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    line.show()
    line.resize(900, 30)
    line.set_figure("rate", "30 shown · 30 labelled/s")
    faces = "4 faces: " + ", ".join(["neutral 100 %"] * 4)
    line.say(faces)
    message = line.findChildren(ElidedLabel)[0]
    qtbot.waitUntil(lambda: message.text() == faces, timeout=LIMIT_MS)
    assert message.accessibleName() == faces


def test_a_screen_reader_hears_which_label_is_chosen(qtbot: QtBot) -> None:
    picker = OwnLabelPicker()
    qtbot.addWidget(picker)
    picker.offer(["happy", "sad"])
    assert picker.accessibleName() == "Your own label: none"
    picker.choose("sad")
    assert picker.accessibleName() == "Your own label: sad"


@pytest.mark.parametrize(
    ("reason", "is_marked"), [(Qt.FocusReason.TabFocusReason, True), (Qt.FocusReason.MouseFocusReason, False)]
)
def test_who_came_to_the_picture_by_keys_sees_it(
    reason: Qt.FocusReason, is_marked: bool, qtbot: QtBot, make_window: WindowMaker
) -> None:
    window = make_window(source="demo")
    view = window.view
    qtbot.waitUntil(lambda: view.result is not None, timeout=LIMIT_MS)
    window.header.source.setFocus()
    view.setFocus(reason)

    def colour_at_the_rim() -> QColor:
        return view.grab().toImage().pixelColor(1, view.height() - 2)

    qtbot.waitUntil(lambda: (colour_at_the_rim() == FOCUS) == is_marked, timeout=LIMIT_MS)


def test_a_screen_reader_hears_what_a_bar_or_a_page_is(qtbot: QtBot, make_window: WindowMaker) -> None:
    window = make_window(source="demo")
    wait_for_labels(qtbot, window)
    window.clips.show()
    window.clips.panel.show_progress("clip.csv", 40)
    window.actions_.keys.trigger()
    window.actions_.teach.trigger()
    qtbot.waitUntil(lambda: window.findChild(TeachDialog) is not None, timeout=LIMIT_MS)
    kinds = (QProgressBar, QTextBrowser)
    nameless = [one for kind in kinds for one in window.findChildren(kind) if not one.accessibleName()]
    assert len(window.findChildren(QProgressBar)) >= 3 and window.findChildren(QTextBrowser)
    assert nameless == []
