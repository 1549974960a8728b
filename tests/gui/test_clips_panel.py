"""The list of clips: in step with its folder, empty state, menus, exports."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from clip_samples import FRAMES, write_clip
from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QAction, QPixmap, QTextDocument
from PyQt6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, button

from happysad_live.core.clock_text import clock
from happysad_live.gui.clips import folder as folder_module
from happysad_live.gui.clips.clip_list import (
    PAD_PX,
    THUMBNAIL_HEIGHT_PX,
    THUMBNAIL_ROLE,
    THUMBNAIL_WIDTH_PX,
    ClipList,
    ClipListModel,
)
from happysad_live.gui.clips.exports import ClipExports
from happysad_live.gui.clips.folder import ClipFolder
from happysad_live.gui.clips.panel import ClipsPanel
from happysad_live.gui.clips.texts import (
    describe_clip,
    describe_in_row,
    describe_share,
    quoted_names,
    share_bar,
)
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.gui.theme import FOCUS
from happysad_live.gui.widgets.dialogs import confirm
from happysad_live.overlay import label_colour
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import Clip, label_stretch, list_clips, load_clip, set_note
from happysad_live.recording.mp4 import read_times
from happysad_live.recording.thumbnails import thumbnail


class Shown:
    """A folder's panel."""

    def __init__(self, folder: Path) -> None:
        self.model = ClipListModel()
        self.folder = ClipFolder(folder, self.model, ThreadGroup())
        self.folder.make_thumbnails()
        self.panel = ClipsPanel(self.model)

    def stems(self) -> list[str]:
        return [clip.stem for clip in self.model.clips]


@pytest.fixture
def clips_dir(tmp_path: Path) -> Path:
    """Not there yet."""
    return tmp_path / "Videos" / "clips"


@pytest.fixture
def shown(qtbot: QtBot, clips_dir: Path) -> Iterator[Shown]:
    shown = Shown(clips_dir)
    qtbot.addWidget(shown.panel)
    shown.panel.show()
    yield shown
    shown.folder.close()


def fill(qtbot: QtBot, shown: Shown, *stems: str) -> None:
    for stem in stems:
        write_clip(shown.folder.folder, stem)
    shown.folder.refresh()
    qtbot.waitUntil(lambda: sorted(shown.stems()) == sorted(stems), timeout=LIMIT_MS)


def actions_of(menu: QMenu) -> dict[str, QAction]:
    """Every entry of a menu and its submenus, by its text without mnemonics."""
    found = {}
    for action in menu.actions():
        submenu = action.menu()
        found |= actions_of(submenu) if submenu else {action.text().replace("&", ""): action}
    return found


def test_an_empty_folder_says_how_to_record(qtbot: QtBot, shown: Shown) -> None:
    with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
        shown.folder.refresh()
    assert shown.panel.is_empty


def test_clips_appear_and_go_as_the_folder_changes(qtbot: QtBot, shown: Shown, clips_dir: Path) -> None:
    with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
        shown.folder.refresh()
    clips_dir.mkdir(parents=True)  # the folder itself comes later
    clip = write_clip(clips_dir, "new")
    qtbot.waitUntil(lambda: shown.stems() == ["new"], timeout=LIMIT_MS)
    assert not shown.panel.is_empty
    clip.video.rename(clips_dir / "by hand.mp4")
    qtbot.waitUntil(lambda: shown.stems() == ["by hand"], timeout=LIMIT_MS)
    clips_dir.rename(clips_dir.with_name("elsewhere"))
    qtbot.waitUntil(lambda: shown.panel.is_empty, timeout=LIMIT_MS)
    clips_dir.with_name("elsewhere").rename(clips_dir)
    qtbot.waitUntil(lambda: shown.stems() == ["by hand"], timeout=LIMIT_MS)
    (clips_dir / "by hand.mp4").unlink()
    qtbot.waitUntil(lambda: shown.panel.is_empty, timeout=LIMIT_MS)


def test_thumbnails_come_from_another_thread(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "clip")
    qtbot.waitUntil(lambda: not shown.model.next_without_thumbnail(), timeout=LIMIT_MS)
    picture = shown.model.index(0).data(THUMBNAIL_ROLE)
    assert isinstance(picture, QPixmap)
    # The clip's first picture is evenly grey 20.
    assert picture.toImage().pixelColor(10, 10).red() == pytest.approx(20, abs=4)


def test_clips_are_found_by_what_is_told_of_them(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "at the sea", "at home", "party")
    party = load_clip(shown.folder.folder, "party")
    set_note(label_stretch(party, OwnLabel(0.0, None, "sad")).as_now(), "Anna was there")
    with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
        shown.folder.refresh()
    shown.panel.show()
    shown.panel.list.choose("party")
    for text, expected in (
        ("AT", ["at home", "at the sea"]),
        ("at sea", ["at the sea"]),
        ("anna", ["party"]),
        ("neutral sad", ["at home", "at the sea", "party"]),
        ("my:sad", ["party"]),
        ("my:happy", []),
        ("my:none", ["at home", "at the sea"]),
        ("my:none sea", ["at the sea"]),
        ("my:", ["party"]),
        ("none", []),
        ("labelled by", []),
        ("nobody", []),
        ("", ["at home", "at the sea", "party"]),
    ):
        shown.panel.search.setText(text)
        assert sorted(shown.stems()) == expected
        assert shown.panel.is_empty == (not expected)
    shown.panel.search.setText("home")
    qtbot.keyClick(focus_list(qtbot, shown), Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert shown.panel.search.hasFocus()
    qtbot.keyClick(shown.panel.search, Qt.Key.Key_Return)
    assert [clip.stem for clip in shown.panel.list.all_chosen()] == ["at home"]
    shown.panel.search.setFocus()
    shown.panel.search.setText("the sea")
    qtbot.keyClick(shown.panel.search, Qt.Key.Key_Down)
    assert [clip.stem for clip in shown.panel.list.all_chosen()] == ["at the sea"]
    assert shown.panel.list.hasFocus()
    shown.panel.search.setFocus()
    qtbot.keyClick(shown.panel.search, Qt.Key.Key_Escape)
    assert len(shown.stems()) == 3


@pytest.mark.parametrize(("named", "typed"), [("Zoe\u0308", "zo\u00eb"), ("Zo\u00eb", "zoe\u0308")])
def test_a_letter_with_an_accent_is_found_however_it_is_spelt(
    qtbot: QtBot, shown: Shown, named: str, typed: str
) -> None:
    """Disks of a Mac spell it in two characters, most keyboards in one."""
    fill(qtbot, shown, named, "other")
    shown.panel.search.setText(typed)
    assert shown.stems() == [named]


def test_a_short_number_is_found_only_as_a_whole(qtbot: QtBot, shown: Shown) -> None:
    for stem, recorded_at, source in (
        ("2026-11-07_16-30-20", datetime(2026, 11, 7, 16, 30, 20), "Webcam"),
        ("2026-11-30_07-12-27", datetime(2026, 11, 30, 7, 12, 27), "Logitech C270"),
        ("take 17", datetime(2026, 12, 1, 9, 5), "Webcam"),
    ):
        clip = write_clip(shown.folder.folder, stem)
        described = json.loads(clip.path(".json").read_text())
        described |= {"recorded_at": recorded_at.isoformat(), "source": source}
        clip.path(".json").write_text(json.dumps(described))
    shown.folder.refresh()
    qtbot.waitUntil(lambda: len(shown.stems()) == 3, timeout=LIMIT_MS)
    first, last, named = sorted(shown.stems())
    for text, expected in (
        ("7 Nov", [first]),
        ("07 nov", [first, last]),  # the hour counts as well
        ("7", [first]),
        ("17", [named]),
        ("270", [last]),  # of longer ones, a part will do
        ("16:30", [first]),
        ("2026", [first, last, named]),
        ("2026-11", [first, last]),
        ("dec 1", [named]),
    ):
        shown.panel.search.setText(text)
        assert sorted(shown.stems()) == expected, text


def test_a_video_that_is_copied_into_the_folder_is_listed_as_it_is_in_the_end(
    qtbot: QtBot, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system tells that a file has come, but not that it has grown."""
    monkeypatch.setattr(folder_module, "GROWING_S", 0.5)
    content = write_clip(tmp_path, "film").video.read_bytes()
    clips_dir.mkdir(parents=True)
    shown = Shown(clips_dir)
    shown.folder.refresh()
    with (clips_dir / "film.mp4").open("wb") as growing:
        with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
            growing.write(content[:1000])
            growing.flush()
        growing.write(content[1000:])
    qtbot.waitUntil(lambda: [c.info.frames for c in shown.model.clips] == [FRAMES], timeout=LIMIT_MS)
    shown.folder.close()


def test_a_thumbnail_is_made_once_however_often_the_folder_is_read(
    qtbot: QtBot, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def counted(video: Path, width: int, height: int) -> object:
        made.append(video)
        return thumbnail(video, width, height)

    monkeypatch.setattr("happysad_live.gui.clips.folder.thumbnail", counted)
    for stem in ("a", "b", "c"):
        write_clip(shown.folder.folder, stem)
    for _ in range(4):
        shown.folder.refresh()
    qtbot.waitUntil(
        lambda: len(shown.stems()) == 3 and not shown.model.next_without_thumbnail(), timeout=LIMIT_MS
    )
    assert sorted(video.stem for video in made) == ["a", "b", "c"]


def test_the_thumbnails_in_view_come_first(clips_dir: Path) -> None:
    for number in range(5):
        write_clip(clips_dir, f"clip {number}")
    model = ClipListModel()
    model.show_clips(list_clips(clips_dir))
    first, *_, fourth, last = model.clips
    assert model.next_without_thumbnail() == first
    for row in (3, 4):
        model.index(row).data(THUMBNAIL_ROLE)  # as painting does, from above
    for clip in (fourth, last):
        assert model.next_without_thumbnail() == clip
        clip.video.unlink()  # and still it is known which one it was
        model.set_thumbnail(clip, None)
    assert model.next_without_thumbnail() == first
    for clip in model.clips:
        model.set_thumbnail(clip, None)
    assert model.next_without_thumbnail() is None
    other = replace(first, size_bytes=first.size_bytes + 1)  # a new clip of its name
    model.show_clips([other, *model.clips[1:]])
    assert model.next_without_thumbnail() == other


def test_a_clip_that_cannot_be_read_has_no_thumbnail_and_does_no_harm(qtbot: QtBot, shown: Shown) -> None:
    clip = write_clip(shown.folder.folder, "broken")
    clip.video.write_bytes(b"nothing")
    write_clip(shown.folder.folder, "whole")
    shown.folder.refresh()
    qtbot.waitUntil(lambda: sorted(shown.stems()) == ["broken", "whole"], timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not shown.model.next_without_thumbnail(), timeout=LIMIT_MS)
    pictures = {stem: shown.model.index(row).data(THUMBNAIL_ROLE) for row, stem in enumerate(shown.stems())}
    assert pictures["broken"].isNull() and not pictures["whole"].isNull()


def test_a_note_from_elsewhere_is_shown_and_the_choice_stays(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "one", "two")
    shown.panel.list.choose("one")
    set_note(next(clip for clip in shown.model.clips if clip.stem == "one"), "at the sea")
    qtbot.waitUntil(lambda: any(clip.info.note for clip in shown.model.clips), timeout=LIMIT_MS)
    assert [clip.info.note for clip in shown.panel.list.all_chosen()] == ["at the sea"]


def test_the_menu_offers_the_models_classes_and_every_export(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "clip")
    shown.panel.list.choose("clip")
    [clip] = shown.panel.list.all_chosen()
    offered = actions_of(shown.panel.menu_for([clip]))
    assert {"happy", "sad", "neutral", "Table (CSV)…", "Delete…", "Show in folder"} <= set(offered)
    assert not offered["No label of mine"].isEnabled()
    with qtbot.waitSignal(shown.panel.label_wanted) as wanted:
        offered["sad"].trigger()
    assert wanted.args == [[clip], "sad"]
    with qtbot.waitSignal(shown.panel.export_wanted) as wanted:
        offered["ELAN annotations (.eaf)…"].trigger()
    assert wanted.args == [[clip], "eaf"]


def test_enter_and_delete_work_on_the_chosen_clip(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "clip")
    shown.panel.list.choose("clip")
    shown.panel.list.setFocus()
    qtbot.waitUntil(shown.panel.list.hasFocus, timeout=LIMIT_MS)
    [clip] = shown.panel.list.all_chosen()
    for key, signal, brings in (
        (Qt.Key.Key_Return, shown.panel.open_wanted, clip),
        (Qt.Key.Key_Enter, shown.panel.open_wanted, clip),
        (Qt.Key.Key_Delete, shown.panel.delete_wanted, [clip]),
        (Qt.Key.Key_F2, shown.panel.rename_wanted, clip),
    ):
        with qtbot.waitSignal(signal, timeout=LIMIT_MS) as wanted:
            qtbot.keyClick(shown.panel.list, key)
        assert wanted.args == [brings]


def tab_through(qtbot: QtBot, panel: ClipsPanel) -> set[QWidget]:
    """What gets the keyboard on the way round, beginning at the panel."""
    panel.setFocus()
    found: list[QWidget] = []
    for _ in range(20):
        has_it = panel.window().focusWidget()
        assert has_it is not None
        found.append(has_it)
        qtbot.keyClick(has_it, Qt.Key.Key_Tab)
    return set(found)


def test_tab_reaches_everything_with_and_without_clips(qtbot: QtBot, shown: Shown) -> None:
    panel = shown.panel

    def enabled_buttons() -> set[QWidget]:
        visible = (button for button in panel.findChildren(QAbstractButton) if button.isVisible())
        return {button for button in visible if button.isEnabled() and button.parent() is not panel.search}

    enabled = enabled_buttons()
    assert enabled and tab_through(qtbot, panel) - {panel} == {panel.search, *enabled}
    fill(qtbot, shown, "clip")
    panel.list.choose("clip")
    enabled = enabled_buttons()
    assert len(enabled) == 6 and tab_through(qtbot, panel) == {panel.list, panel.search, *enabled}


def test_escape_lists_all_clips_again_before_it_closes_the_panel(qtbot: QtBot, shown: Shown) -> None:
    """The panel says so where nothing is found, whichever of its buttons has the keyboard by then."""
    panel, window = shown.panel, shown.panel.window()
    fill(qtbot, shown, "clip")
    panel.search.setFocus()
    panel.search.setText("nothing like it")
    qtbot.keyClick(panel.search, Qt.Key.Key_Tab)
    assert panel.is_empty and not panel.search.hasFocus()
    with qtbot.assertNotEmitted(panel.close_wanted):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)
    assert shown.stems() == ["clip"] and panel.list.hasFocus()
    with qtbot.waitSignal(panel.close_wanted, timeout=LIMIT_MS):
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Escape)


def test_escape_closes_the_empty_panel(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.setFocus()
    with qtbot.waitSignal(shown.panel.close_wanted, timeout=LIMIT_MS):
        qtbot.keyClick(shown.panel.window().focusWidget(), Qt.Key.Key_Escape)


def test_a_click_on_a_button_leaves_the_list_its_keys(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.show_folder("clips", "/where/clips")
    fill(qtbot, shown, "clip")
    shown.panel.list.choose("clip")
    focus_list(qtbot, shown)
    for text in ("Play", "clips"):
        qtbot.mouseClick(button(shown.panel, text), Qt.MouseButton.LeftButton)
        assert shown.panel.list.hasFocus(), text


def focus_list(qtbot: QtBot, shown: Shown) -> ClipList:
    shown.panel.list.setFocus()
    qtbot.waitUntil(shown.panel.list.hasFocus, timeout=LIMIT_MS)
    return shown.panel.list


def chosen_stems(shown: Shown) -> list[str]:
    return sorted(clip.stem for clip in shown.panel.list.all_chosen())


def test_what_is_found_in_a_long_list_is_seen_from_the_first_on(qtbot: QtBot, shown: Shown) -> None:
    clip = write_clip(shown.folder.folder, "sea 00")
    for number in range(1, 40):
        stem = f"home {number:02}" if number % 3 else f"sea {number:02}"
        for suffix in (".mp4", ".labels.jsonl", ".json"):
            shutil.copy(clip.path(suffix), clip.folder / f"{stem}{suffix}")
    shown.folder.refresh()
    qtbot.waitUntil(lambda: len(shown.stems()) == 40, timeout=LIMIT_MS)
    clips = focus_list(qtbot, shown)
    shown.panel.resize(400, 500)
    qtbot.keyClick(clips, Qt.Key.Key_End)
    shown.panel.search.setFocus()
    qtbot.keyClicks(shown.panel.search, "sea")
    assert len(shown.stems()) == 14

    def is_seen(row: int) -> bool:
        viewport = clips.viewport()
        assert viewport is not None
        return viewport.rect().contains(clips.visualRect(shown.model.index(row)).center())

    qtbot.waitUntil(lambda: is_seen(0) and not is_seen(13), timeout=LIMIT_MS)
    clips.scrollToBottom()
    qtbot.keyClick(shown.panel.search, Qt.Key.Key_Return)
    assert [clip.stem for clip in clips.all_chosen()] == shown.stems()[:1] and clips.hasFocus()
    qtbot.waitUntil(lambda: is_seen(0), timeout=LIMIT_MS)


def fill_with_many(qtbot: QtBot, shown: Shown) -> ClipList:
    """Forty clips by name, of which a few are in view; the list."""
    clip = write_clip(shown.folder.folder, "clip 00")
    for number in range(1, 40):
        for suffix in (".mp4", ".labels.jsonl", ".json"):
            shutil.copy(clip.path(suffix), clip.folder / f"clip {number:02}{suffix}")
    shown.panel.show_order("name")
    shown.folder.refresh()
    qtbot.waitUntil(lambda: len(shown.stems()) == 40, timeout=LIMIT_MS)
    shown.panel.resize(400, 500)
    return focus_list(qtbot, shown)


def test_a_clip_that_comes_does_not_move_what_is_in_view(qtbot: QtBot, shown: Shown) -> None:
    clips = fill_with_many(qtbot, shown)
    clips.choose("clip 00")
    clips.scrollToBottom()
    bar = clips.verticalScrollBar()
    assert bar is not None and bar.value() > 0
    before = bar.value()
    with qtbot.waitSignal(shown.folder.listed, timeout=LIMIT_MS):
        write_clip(shown.folder.folder, "zoo")
    assert bar.value() == before and chosen_stems(shown) == ["clip 00"]


def test_the_arrow_keys_go_on_from_where_a_clip_has_left_the_search(qtbot: QtBot, shown: Shown) -> None:
    clips = fill_with_many(qtbot, shown)
    shown.panel.search.setText("my:none")
    clips.choose("clip 20")
    label_stretch(clips.all_chosen()[0], OwnLabel(0.0, None, "sad"))
    shown.folder.refresh()
    qtbot.waitUntil(lambda: len(shown.stems()) == 39, timeout=LIMIT_MS)
    assert chosen_stems(shown) == []
    qtbot.keyClick(clips, Qt.Key.Key_Down)
    assert chosen_stems(shown) == ["clip 21"]


def test_what_a_search_hides_is_selected_again_after_it(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "beach", "forest", "party")
    shown.panel.list.choose("beach", "party")
    for text, left in (("party", ["party"]), ("forest", []), ("", ["beach", "party"])):
        shown.panel.search.setText(text)
        assert chosen_stems(shown) == left
    shown.panel.search.setText("forest")
    shown.panel.list.choose("forest")  # what is chosen meanwhile counts
    shown.panel.search.clear()
    assert chosen_stems(shown) == ["forest"]


def test_nothing_takes_the_place_of_what_a_search_hides(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "beach", "the sea", "at sea")
    shown.panel.list.choose("beach")
    shown.panel.search.setText("sea")
    assert chosen_stems(shown) == []


def test_of_several_deleted_clips_the_first_ones_place_counts(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "a", "b", "c", "d")
    first, second, third, fourth = shown.model.clips
    shown.panel.list.choose(first.stem, third.stem)
    shown.model.show_clips([second, fourth])
    assert shown.panel.list.all_chosen() == [second]


def test_several_clips_are_selected_with_the_mouse(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.resize(330, 600)  # every row is in view
    fill(qtbot, shown, "a", "b", "c", "d")

    def click(row: int, key: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = shown.panel.list.visualRect(shown.model.index(row)).center()
        qtbot.mouseClick(shown.panel.list.viewport(), Qt.MouseButton.LeftButton, key, place)

    names = shown.stems()
    click(2)
    click(0, Qt.KeyboardModifier.ControlModifier)
    assert [clip.stem for clip in shown.panel.list.all_chosen()] == [names[0], names[2]]
    click(1)
    assert chosen_stems(shown) == [names[1]]
    click(3, Qt.KeyboardModifier.ShiftModifier)
    assert chosen_stems(shown) == sorted(names[1:])


def test_several_clips_are_selected_with_the_keyboard(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "a", "b", "c", "d")
    names = shown.stems()
    shown.panel.list.choose(names[0])
    clips = focus_list(qtbot, shown)
    qtbot.keyClick(clips, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert chosen_stems(shown) == sorted(names[:2])
    for _ in range(2):
        qtbot.keyClick(clips, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert chosen_stems(shown) == sorted(names[:2])
    qtbot.keyClick(clips, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    assert chosen_stems(shown) == sorted([*names[:2], names[3]])
    qtbot.keyClick(clips, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert chosen_stems(shown) == sorted(names)


def test_a_frame_shows_where_the_keyboard_is(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.resize(330, 600)
    fill(qtbot, shown, "a", "b")
    shown.panel.list.choose(shown.stems()[0])
    clips = focus_list(qtbot, shown)

    def is_framed(row: int) -> bool:
        place = clips.visualRect(shown.model.index(row))
        picture = clips.viewport().grab().toImage()
        return bool(picture.pixelColor(place.left(), place.center().y()) == FOCUS)

    assert is_framed(0) and not is_framed(1)
    qtbot.keyClick(clips, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert not is_framed(0) and is_framed(1)
    shown.panel.search.setFocus()
    assert not is_framed(0) and not is_framed(1)


def test_what_makes_sense_for_one_clip_is_off_while_several_are_selected(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "a", "b")
    panel = shown.panel
    buttons = {button.text().strip(): button for button in panel.findChildren(QPushButton)}
    panel.list.choose("a", "b")
    offered = actions_of(panel.menu_for(panel.list.all_chosen()))
    off = {text for text, action in offered.items() if text and not action.isEnabled()}
    assert off == {"Play", "Rename…", "Note…", "No label of mine"}
    assert [buttons[text].isEnabled() for text in ("Play", "Export", "More")] == [False, True, True]
    with qtbot.assertNotEmitted(panel.open_wanted):
        qtbot.keyClick(focus_list(qtbot, shown), Qt.Key.Key_Return)
    panel.list.choose("b")
    assert all(offered[text].isEnabled() for text in ("Play", "Rename…", "Note…"))
    assert buttons["Play"].isEnabled()


def test_more_offers_each_time_what_goes_with_the_clips_that_are_selected_then(
    qtbot: QtBot, shown: Shown
) -> None:
    fill(qtbot, shown, "a", "b")
    panel = shown.panel
    more = button(panel, "More").menu()
    assert more is not None
    for stems, text in ((("a", "b"), "Label all of each clip"), (("b",), "Label the whole clip")):
        panel.list.choose(*stems)
        more.aboutToShow.emit()
        offered = {action.text().replace("&", ""): action for action in more.actions()}
        assert [title for title in offered if title.startswith("Label ")] == [text]
        with qtbot.waitSignal(panel.delete_wanted, timeout=LIMIT_MS) as wanted:
            offered["Delete…"].trigger()
        assert sorted(clip.stem for clip in wanted.args[0]) == sorted(stems)
        more.aboutToHide.emit()


def test_how_many_clips_are_selected_is_seen_and_read_out(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "a", "b", "c")
    title = shown.panel.findChild(QLabel, "panelTitle")
    assert title is not None
    shown.panel.list.choose("a", "c")
    assert title.text() == shown.panel.list.accessibleDescription() == "2 clips selected"
    shown.panel.list.choose("b")
    assert (title.text(), shown.panel.list.accessibleDescription()) == ("Clips", "")


def test_several_clips_are_offered_the_labels_that_all_can_have(qtbot: QtBot, shown: Shown) -> None:
    a, b = write_clip(shown.folder.folder, "a"), write_clip(shown.folder.folder, "b")
    description = json.loads(b.path(".json").read_text())
    b.path(".json").write_text(json.dumps(description | {"labels": ["sad", "bored", "happy"]}))
    label_stretch(a, OwnLabel(0.0, None, "sad"))
    shown.folder.refresh()
    qtbot.waitUntil(lambda: len(shown.stems()) == 2, timeout=LIMIT_MS)
    shown.panel.list.choose("a", "b")
    clips = shown.panel.list.all_chosen()
    offered = actions_of(shown.panel.menu_for(clips))
    assert {"happy", "sad", "neutral", "bored"} & set(offered) == {"happy", "sad"}
    assert offered["No label of mine"].isEnabled()  # one of them has one
    with qtbot.waitSignal(shown.panel.label_wanted) as wanted:
        offered["happy"].trigger()
    assert wanted.args == [clips, "happy"] and len(clips) == 2


def test_own_labels_are_removed_also_where_a_film_that_can_have_none_is_selected_as_well(
    qtbot: QtBot, shown: Shown
) -> None:
    label_stretch(write_clip(shown.folder.folder, "labelled"), OwnLabel(0.0, None, "sad"))
    film = write_clip(shown.folder.folder, "film")
    film.path(".json").unlink()
    film.path(".labels.jsonl").unlink()
    shown.folder.refresh()
    qtbot.waitUntil(lambda: len(shown.stems()) == 2, timeout=LIMIT_MS)
    shown.panel.list.choose("labelled", "film")
    clips = shown.panel.list.all_chosen()
    menu = shown.panel.menu_for(clips)
    labels = next(action for action in menu.actions() if action.text() == "&Label all of each clip")
    assert labels.isEnabled()
    with qtbot.waitSignal(shown.panel.label_wanted) as wanted:
        actions_of(menu)["No label of mine"].trigger()
    assert wanted.args == [clips, None]


def test_rows_are_painted_with_thumbnail_share_and_own_label(qtbot: QtBot, shown: Shown) -> None:
    clip = write_clip(shown.folder.folder, "clip")
    label_stretch(clip, OwnLabel(0.0, None, "angry"))
    shown.folder.refresh()
    qtbot.waitUntil(lambda: not shown.panel.is_empty, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not shown.model.next_without_thumbnail(), timeout=LIMIT_MS)
    row = shown.panel.list.visualRect(shown.model.index(0)).adjusted(PAD_PX, PAD_PX, -PAD_PX, -PAD_PX)
    picture = shown.panel.list.viewport().grab().toImage()

    def colours(place: QRect) -> set[tuple[int, ...]]:
        xs, ys = range(place.left(), place.right()), range(place.top(), place.bottom())
        return {picture.pixelColor(x, y).getRgb()[:3] for x in xs for y in ys}

    # The clip's first picture is evenly grey 20.
    thumbnail = QRect(row.topLeft(), QSize(THUMBNAIL_WIDTH_PX, THUMBNAIL_HEIGHT_PX)).adjusted(8, 8, -8, -8)
    assert all(abs(part - 20) <= 4 for colour in colours(thumbnail) for part in colour)
    facts = row.adjusted(THUMBNAIL_WIDTH_PX, 0, 0, 0)
    height = facts.height() // 4
    share, own = (QRect(facts.x(), facts.y() + line * height, facts.width(), height) for line in (2, 3))
    assert {label_colour(label) for label in ("happy", "sad", "neutral")} <= colours(share)
    assert label_colour("angry") in colours(own)


def test_a_row_does_not_tell_the_date_twice(tmp_path: Path) -> None:
    clip = replace(write_clip(tmp_path, "party"), recorded_at=datetime(2026, 11, 7, 16, 30))
    assert describe_in_row(clip) == "7 Nov 2026, 16:30 · 0:02"
    for stem in ("2026-11-07_16-30-20", "2026-11-07_16-30-20_2"):
        dated = replace(clip, stem=stem, info=replace(clip.info, source="Webcam"))
        assert describe_in_row(dated) == "Webcam · 0:02"
        for unknown in ("", stem):  # the latter where the description was lost
            lost = replace(dated, info=replace(clip.info, source=unknown))
            assert describe_in_row(lost) == "7 Nov 2026, 16:30 · 0:02"


def test_long_names_do_not_widen_the_panel(qtbot: QtBot, shown: Shown) -> None:
    panel = shown.panel
    narrowest_px = panel.minimumSizeHint().width()
    panel.show_progress("x" * 120, 40)
    assert panel.minimumSizeHint().width() == narrowest_px
    assert "40 %" in [label.text() for label in panel.findChildren(QLabel)]
    panel.show_folder("y" * 68, "/where/they/are")
    assert panel.minimumSizeHint().width() == narrowest_px
    (folder,) = (button for button in panel.findChildren(QPushButton) if "/where" in button.toolTip())
    qtbot.waitUntil(lambda: "y…y" in folder.text(), timeout=LIMIT_MS)
    panel.show_folder("clips", "/where/clips")
    qtbot.waitUntil(lambda: folder.text() == "clips", timeout=LIMIT_MS)


def test_a_labelled_copy_is_written_with_progress(qtbot: QtBot, tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    exports = ClipExports(ThreadGroup())
    percents: list[int] = []
    told: list[str] = []
    exports.progressed.connect(lambda what, percent: (told.append(what), percents.append(percent)))
    with qtbot.waitSignal(exports.idle, timeout=LIMIT_MS):
        exports.export("video", [(clip, tmp_path / f"{name}.labelled.mp4") for name in "ab"])
    assert all(read_times(tmp_path / f"{name}.labelled.mp4").frames == FRAMES for name in "ab")
    assert percents[0] == 0 and len(set(percents)) > 10
    assert percents == sorted(percents)  # of both
    assert (told[0], told[-1]) == ("Writing 1 of 2: a.labelled.mp4…", "Writing 2 of 2: b.labelled.mp4…")


def test_an_export_that_cannot_be_written_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    exports = ClipExports(ThreadGroup())
    with qtbot.waitSignal(exports.failed, timeout=LIMIT_MS) as told:
        exports.export("jsonl", [(clip, clip.path(".labels.jsonl"))])
    assert "is the clip itself" in told.args[0]


def test_one_of_several_exports_fails_and_the_others_are_written(qtbot: QtBot, tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / "clips", stem) for stem in ("a", "b", "c")]
    clips[1].path(".labels.jsonl").unlink()
    exports = ClipExports(ThreadGroup())
    finished: list[list[Path]] = []
    failed: list[str] = []
    exports.finished.connect(finished.append)
    exports.failed.connect(failed.append)
    with qtbot.waitSignal(exports.idle, timeout=LIMIT_MS):
        exports.export("csv", [(clip, tmp_path / f"{clip.stem}.csv") for clip in clips])
    assert finished == [[tmp_path / "a.csv", tmp_path / "c.csv"]]
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["a.csv", "c.csv"]
    (sentence,) = failed
    assert sentence.startswith("This did not work for 1 of 3 clips (“b”): ")


def test_cancelling_gives_up_what_was_exported_together(qtbot: QtBot, tmp_path: Path) -> None:
    clips = [write_clip(tmp_path / "clips", stem) for stem in ("a", "b")]
    out = tmp_path / "out"
    out.mkdir()
    exports = ClipExports(ThreadGroup())
    finished: list[list[Path]] = []
    exports.finished.connect(finished.append)
    with qtbot.waitSignal(exports.idle, timeout=LIMIT_MS):
        exports.export("video", [(clip, out / f"{clip.stem}.labelled.mp4") for clip in clips])
        exports.export("csv", [(clips[0], out / "later.csv")])
        exports.cancel()
    assert list(out.iterdir()) == [out / "later.csv"]
    assert finished == [[out / "later.csv"]]


def test_work_after_closing_is_forgotten_but_for_what_the_user_said(qtbot: QtBot) -> None:
    threads = ThreadGroup()
    work = Background("test", threads)
    gate, begun, done = threading.Event(), threading.Event(), []

    def wait() -> str:
        begun.set()
        gate.wait(10)
        return "first"

    kept: list[str] = []
    work.run(wait, done.append)
    work.run(lambda: "second", done.append)
    work.run(lambda: kept.append("a note"), done.append, must=True)
    assert begun.wait(10)
    work.close()
    gate.set()
    for thread in threads.alive():
        thread.join(10)
    qtbot.waitUntil(lambda: not threads.alive(), timeout=LIMIT_MS)
    assert done == []
    assert kept == ["a note"]


def test_times_and_shares_read_well(tmp_path: Path) -> None:
    assert [clock(7.04), clock(7.04, tenths=True), clock(3725), clock(59.999)] == [
        "0:07",
        "0:07.0",
        "1:02:05",
        "0:59",
    ]
    second = sum([0.1] * 10)  # which is a little less
    assert [clock(67.36, tenths=True), clock(second), clock(second, tenths=True)] == [
        "1:07.3",
        "0:01",
        "0:01.0",
    ]
    # A quarter of the time without a face, and of the rest happy two thirds.
    bar = share_bar({"happy": 2 / 3, "sad": 1 / 3, "no face": 0.25})
    assert bar == [("happy", pytest.approx(0.5)), ("sad", pytest.approx(0.25))]
    clip = write_clip(tmp_path)
    text = describe_clip(clip)
    # Face 1 is happy in the first half and sad in the second, face 2 neutral throughout.
    assert "neutral 50 %, happy 25 %, sad 25 %" in text and f"{FRAMES} pictures" in text
    lossy = replace(clip, info=replace(clip.info, dropped=1))
    assert "1 picture lost while recording" in describe_clip(lossy)


@pytest.mark.parametrize(
    ("own_labels", "text"),
    [
        ((OwnLabel(0.0, None, "sad"),), "sad"),
        ((OwnLabel(0.0, 0.2, "sad"), OwnLabel(0.2, None, "happy")), "sad (in part), happy (in part)"),
        ((OwnLabel(0.0, None, "sad", track=1), OwnLabel(0.0, None, "calm")), "sad (in part), calm"),
    ],
)
def test_what_holds_for_a_part_of_a_clip_only_is_not_told_of_the_whole(
    own_labels: tuple[OwnLabel, ...], text: str, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path)
    told = describe_clip(replace(clip, info=replace(clip.info, own_labels=own_labels)))
    assert f"Your labels: {text}" in told.splitlines()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        ({"happy": 0.667, "sad": 0.333, "no face": 0.25}, "happy 67 %, sad 33 %; no face 25 % of the time"),
        ({"happy": 1.0, "no face": 0.004}, "happy 100 %"),
        ({"no face": 1.0}, "no face 100 % of the time"),
        ({"happy": 1.0, "no face": 0.9996}, "happy 100 %; no face over 99 % of the time"),
        ({"happy": 0.995, "sad": 0.005}, "happy 100 %"),
        ({}, ""),
    ],
)
def test_the_time_without_a_face_is_no_part_of_the_labels_shares(share: dict[str, float], text: str) -> None:
    assert describe_share(share) == text


def test_a_sentence_names_few_clips_and_counts_the_others() -> None:
    assert quoted_names(["a"]) == "“a”"
    assert quoted_names(["a", "b", "c"]) == "“a”, “b” and “c”"
    assert quoted_names(list("abcdefg")) == "“a”, “b”, “c”, “d”, “e” and 2 more"
    assert quoted_names(["begin" + 110 * "x" + "end"]) == f"“begin{19 * 'x'}…{21 * 'x'}end”"


def test_an_open_menu_acts_on_the_clips_that_it_was_opened_for(qtbot: QtBot, shown: Shown) -> None:
    """Also where a recording ends meanwhile, whose clip is selected then."""
    fill(qtbot, shown, "a", "b")
    panel = shown.panel
    panel.list.choose("a")
    menu = panel.menu_for(panel.list.all_chosen())
    panel.list.choose("b")
    asked: list[list[str]] = []
    panel.delete_wanted.connect(lambda clips: asked.append([clip.stem for clip in clips]))
    (delete,) = (action for action in menu.actions() if action.text().startswith("&Delete"))
    delete.trigger()
    with qtbot.waitSignal(menu.aboutToHide):
        menu.popup(panel.mapToGlobal(panel.rect().center()))
        menu.close()
    QApplication.processEvents()
    delete.trigger()
    assert asked == [["a"], ["b"]]


def test_a_menu_that_goes_does_not_take_the_clips_from_the_next_one(qtbot: QtBot, shown: Shown) -> None:
    fill(qtbot, shown, "a", "b", "c")
    panel = shown.panel
    panel.list.choose("a")
    panel.menu_for(panel.list.all_chosen()).aboutToHide.emit()  # as where the next one is opened
    panel.list.choose("b")
    menu = panel.menu_for(panel.list.all_chosen())
    QApplication.processEvents()
    panel.list.choose("c")
    with qtbot.waitSignal(panel.delete_wanted) as asked:
        actions_of(menu)["Delete…"].trigger()
    assert [clip.stem for clip in asked.args[0]] == ["b"]


def test_the_keys_of_cancel_go_to_the_list_when_the_export_has_ended(qtbot: QtBot, shown: Shown) -> None:
    """And not to Play beside it, which Space would press."""
    fill(qtbot, shown, "a")
    shown.panel.show_progress("a.csv", 10)
    cancel = button(shown.panel, "Cancel")
    cancel.setFocus(Qt.FocusReason.TabFocusReason)
    shown.panel.hide_progress()
    assert shown.panel.focusWidget() is shown.panel.list


def test_a_folder_that_changes_while_it_is_read_is_read_once_more(
    qtbot: QtBot, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "GROWING_S", 0.0)  # nothing is looked at again for being new
    fill(qtbot, shown, "a")
    may_read, readings = threading.Event(), []

    def slowly(folder: Path) -> list[Clip]:
        clips = list_clips(folder)
        readings.append(len(clips))
        assert may_read.wait(LIMIT_MS / 1000)
        return clips

    monkeypatch.setattr("happysad_live.gui.clips.folder.list_clips", slowly)
    shown.folder.refresh()
    qtbot.waitUntil(lambda: readings == [1], timeout=LIMIT_MS)
    write_clip(shown.folder.folder, "b")
    for _ in range(5):
        shown.folder.refresh()
    may_read.set()
    qtbot.waitUntil(lambda: sorted(shown.stems()) == ["a", "b"], timeout=LIMIT_MS)
    assert readings[:2] == [1, 2] and len(readings) <= 3  # the third by the watcher of the folder


def test_names_that_others_gave_are_shown_as_they_stand(qtbot: QtBot, tmp_path: Path) -> None:
    """Qt would take them for HTML, and read the files that it names."""
    odd = '<img src="/etc/passwd"> <u>party</u>'
    write_clip(tmp_path, "clip")
    path = tmp_path / "clip.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"note": odd}))
    model = ClipListModel()
    model.show_clips(list_clips(tmp_path))
    shown = QTextDocument()
    shown.setHtml(model.index(0).data(Qt.ItemDataRole.ToolTipRole))
    assert odd in shown.toPlainText()
    window = QWidget()
    qtbot.addWidget(window)
    confirm(window, "Delete", f"Delete {odd}?", odd, yes="Delete", no="Keep", then=lambda: None)
    (question,) = window.findChildren(QMessageBox)
    for text in (question.text(), question.informativeText()):
        shown.setHtml(text)
        assert odd in shown.toPlainText()
    question.reject()
