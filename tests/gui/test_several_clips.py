"""Several clips at once, and what is chosen after one is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from clip_choices import choose_all, chosen_stems, stems
from clip_samples import write_clip
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS, button, press_answer

from happysad_live.gui.clips.texts import WAY_TO_CLEAN, describe_unclean
from happysad_live.gui.main_window import MainWindow
from happysad_live.overlay import draw_result
from happysad_live.recording.clip_info import ClipInfo, OwnLabel
from happysad_live.recording.library import label_stretch, load_clip


def test_several_clips_go_to_the_trash_after_one_question_and_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    clips = choose_all(qtbot, window, "a", "b", "c")
    window.clips.players.open(clips[1])  # also while one is being played
    for answer in ("Keep", "Move to the trash"):
        with qtbot.waitSignal(window.clips.folder.listed, timeout=LIMIT_MS):  # after whatever had been begun
            window.clips.folder.refresh()
        assert len(list(clips_dir.iterdir())) == 9
        assert chosen_stems(window) == ["a", "b", "c"]
        window.clips.panel.delete_wanted.emit(clips)
        (question,) = window.findChildren(QMessageBox)
        assert question.text() == "Move 3 clips to the trash?"
        assert all(f"“{name}”" in question.informativeText() for name in ("a", "b", "c"))
        press_answer(window, answer)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not list(clips_dir.iterdir()), timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: window.clips.panel.is_empty, timeout=LIMIT_MS)
    assert window.clips.players.by_video == {}


def test_after_a_clip_is_deleted_the_one_in_its_place_is_chosen(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    choose_all(qtbot, window, "a", "b", "c")
    first, second, third = (clip.stem for clip in window.clips.model.clips)
    for stem, expected in ((second, third), (third, first)):  # the next one; after the last the one before it
        window.clips.panel.list.choose(stem)
        window.clips.panel.delete_wanted.emit(window.clips.panel.list.all_chosen())
        press_answer(window, "Move to the trash")
        qtbot.waitUntil(lambda stem=stem: stem not in stems(window), timeout=LIMIT_MS)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
        assert chosen_stems(window) == [expected]


def test_clips_that_cannot_go_to_the_trash_do_not_keep_the_others(
    qtbot: QtBot, window: MainWindow, clips_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trash(path: Path) -> None:
        if path.stem == "b":
            raise OSError("refused")
        if path.stem == "c":
            raise ZeroDivisionError  # an error of this program
        path.unlink()

    monkeypatch.setattr("happysad_live.gui.clips.control.move_to_trash", trash)
    for name in ("a", "b", "c", "d"):
        write_clip(clips_dir, name)
    choose_all(qtbot, window, "a", "b", "c", "d")
    qtbot.keyClick(window.clips.panel.list, Qt.Key.Key_Delete)
    press_answer(window, "Move to the trash")
    qtbot.waitUntil(lambda: stems(window) == ["b", "c"], timeout=LIMIT_MS)
    (told,) = window.stage.notices.texts()
    assert told.startswith("This did not work for 2 of 4 clips (") and "“b”" in told and "“c”" in told


def test_several_clips_get_a_label_and_stay_selected(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "b", "c"):
        write_clip(clips_dir, name)
    clips = choose_all(qtbot, window, "a", "b", "c")
    (clips_dir / "b.json").write_text("{}")  # another program's, which stays as it is

    def labels() -> list[tuple[OwnLabel, ...]]:
        return [clip.info.own_labels for clip in sorted(window.clips.model.clips, key=lambda clip: clip.stem)]

    window.clips.panel.label_wanted.emit(clips, "sad")
    sad = (OwnLabel(0.0, None, "sad"),)
    qtbot.waitUntil(lambda: labels() == [sad, (), sad], timeout=LIMIT_MS)
    (told,) = window.stage.notices.texts()
    assert told.startswith("This did not work for 1 of 3 clips (“b”): b.json belongs to another program")
    assert chosen_stems(window) == ["a", "b", "c"]  # although b, without its date, now stands elsewhere
    assert (clips_dir / "b.json").read_text() == "{}"
    window.clips.panel.label_wanted.emit([clip for clip in clips if clip.stem != "b"], None)
    qtbot.waitUntil(lambda: labels() == [(), (), ()], timeout=LIMIT_MS)


def test_where_one_of_several_clips_fails_the_labels_of_the_others_can_be_undone(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "b"):
        write_clip(clips_dir, name)
    clips = choose_all(qtbot, window, "a", "b")
    (clips_dir / "b.json").write_text("{}")
    window.clips.panel.label_wanted.emit(clips, "sad")
    qtbot.waitUntil(lambda: bool(window.stage.notices.texts()), timeout=LIMIT_MS)
    assert load_clip(clips_dir, "a").info.own_labels == (OwnLabel(0.0, None, "sad"),)
    button(window.stage.notices, "Undo").click()
    qtbot.waitUntil(lambda: load_clip(clips_dir, "a").info.own_labels == (), timeout=LIMIT_MS)


def test_labels_of_parts_are_replaced_only_after_a_yes(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "b"):
        write_clip(clips_dir, name)
    part, whole = OwnLabel(0.5, 1.0, "happy", 2), OwnLabel(0.0, None, "sad")
    label_stretch(load_clip(clips_dir, "b"), part)
    # Up to the very end, as it is marked by hand, is the whole, too.
    label_stretch(clip := load_clip(clips_dir, "a"), OwnLabel(0.0, clip.info.length_s, "sad"))
    clips = choose_all(qtbot, window, "a", "b")

    def labels(name: str) -> tuple[OwnLabel, ...]:
        return load_clip(clips_dir, name).info.own_labels

    for answer, expected in (("Keep", (part,)), ("Replace", (whole,))):
        window.clips.panel.label_wanted.emit(clips, "sad")
        question = window.findChild(QMessageBox)
        assert question is not None and question.informativeText().startswith("“b” has labels of yours")
        press_answer(window, answer)
        qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None, timeout=LIMIT_MS)
        qtbot.waitUntil(lambda expected=expected: labels("b") == expected, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: "2 clips are labelled sad now." in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert labels("a") == (whole,)
    qtbot.waitUntil(lambda: all(clip.info.own_labels == (whole,) for clip in window.clips.model.clips))
    window.clips.panel.label_wanted.emit(window.clips.panel.list.all_chosen(), None)  # loses no work
    qtbot.waitUntil(lambda: labels("a") == labels("b") == (), timeout=LIMIT_MS)


def test_labels_given_from_the_list_are_taken_back_where_nothing_has_changed_since(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "b", "c", "d"):
        write_clip(clips_dir, name)
    part = OwnLabel(0.5, 1.0, "happy", 2)
    label_stretch(load_clip(clips_dir, "a"), part)
    clips = choose_all(qtbot, window, "a", "b", "c", "d")

    def labels(*names: str) -> list[tuple[OwnLabel, ...]]:
        return [load_clip(clips_dir, name).info.own_labels for name in names]

    window.clips.panel.label_wanted.emit(clips, "sad")
    press_answer(window, "Replace")
    told = "4 clips are labelled sad now."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    elsewhere = label_stretch(load_clip(clips_dir, "b"), OwnLabel(0.0, 1.0, "neutral")).info.own_labels
    window.clips.players.open(load_clip(clips_dir, "c"))  # where it can be made again
    (player,) = window.clips.players.by_video.values()
    button(window.stage.notices, "Undo").click()
    qtbot.waitUntil(lambda: labels("a", "c", "d") == [(part,), (), ()], timeout=LIMIT_MS)
    assert labels("b") == [elsewhere]
    qtbot.waitUntil(lambda: len(window.stage.notices.texts()) == 1, timeout=LIMIT_MS)
    (told,) = window.stage.notices.texts()
    assert "1 of 3 clips (“b”)" in told and "changed elsewhere" in told
    assert list(window.clips.players.by_video.values()) == [player]
    player.undo()
    qtbot.waitUntil(lambda: labels("c") == [(OwnLabel(0.0, None, "sad"),)], timeout=LIMIT_MS)


def test_labels_that_were_removed_from_the_list_come_back(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    sad = OwnLabel(0.0, None, "sad")
    label_stretch(write_clip(clips_dir, "a"), sad)
    window.clips.panel.label_wanted.emit(choose_all(qtbot, window, "a"), None)
    told = "“a” has no label of yours now."
    qtbot.waitUntil(lambda: told in window.stage.notices.texts(), timeout=LIMIT_MS)
    assert load_clip(clips_dir, "a").info.own_labels == ()
    button(window.stage.notices, "Undo").click()
    qtbot.waitUntil(lambda: load_clip(clips_dir, "a").info.own_labels == (sad,), timeout=LIMIT_MS)
    assert window.stage.notices.texts() == []


def test_a_label_from_which_no_model_can_learn_is_told_of(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name, draw in (("a", None), ("b", draw_result), ("c", draw_result)):
        write_clip(clips_dir, name, draw=draw)
    clips = choose_all(qtbot, window, "a", "b", "c")

    def told_of(*chosen: str) -> list[str]:
        window.clips.panel.label_wanted.emit([clip for clip in clips if clip.stem in chosen], "sad")
        qtbot.waitUntil(
            lambda: all(clip.info.own_labels for clip in window.clips.model.clips if clip.stem in chosen),
            timeout=LIMIT_MS,
        )
        return window.stage.notices.texts()

    assert told_of("a") == []
    assert told_of("b") == [
        "Labels are drawn into this clip's picture, so training leaves it out. "
        "A recording is clean from your label on: best give it before you record."
    ]
    (told,) = told_of("a", "b", "c")
    assert told.startswith(
        "3 clips are labelled sad now. Labels are drawn into 2 of these 3 clips, so nothing can be learnt"
    )


def test_of_clips_whose_description_was_lost_nobody_says_that_labels_are_drawn_in() -> None:
    unknown, clean = ClipInfo(labels=("sad",)), ClipInfo(labels=("sad",), clean_from_s=0.0)
    told = describe_unclean([unknown, clean])
    assert told.startswith("Labels may be drawn into 1 of these 2 clips, so nothing can be learnt from it.")


def test_of_a_clip_that_got_its_label_while_it_was_recorded_nobody_says_that_such_clips_are_clean() -> None:
    told = describe_unclean([ClipInfo("2026-11-22T16:05:00", labels=("sad",), clean_from_s=8.0)])
    assert told == (
        "Labels are drawn into this clip's picture up to 0:08: training uses what comes after. "
        "A recording is clean from your label on: best give it before you record."
    )


def test_what_cannot_be_learnt_from_several_clips_is_told_in_short() -> None:
    drawn = ClipInfo("2026-11-22T16:05:00", labels=("sad",))
    clean, partly_drawn = replace(drawn, clean_from_s=0.0), replace(drawn, clean_from_s=8.0)
    for infos, told in (
        ([clean, clean], ""),
        ([drawn, clean], "Labels are drawn into 1 of these 2 clips, so nothing can be learnt from it."),
        ([drawn] * 2, "Labels are drawn into both clips, so nothing can be learnt from them."),
        ([drawn] * 4, "Labels are drawn into all 4 clips, so nothing can be learnt from them."),
        (
            [drawn, drawn, clean],
            "Labels are drawn into 2 of these 3 clips, so nothing can be learnt from those.",
        ),
        (
            [drawn, partly_drawn, clean],
            "Labels are drawn into 2 of these 3 clips, so only the pictures without them can be learnt from.",
        ),
    ):
        assert describe_unclean(infos) == (f"{told} {WAY_TO_CLEAN}" if told else "")


def test_a_clip_that_comes_leaves_the_selection_as_it_is(
    qtbot: QtBot, window: MainWindow, clips_dir: Path
) -> None:
    for name in ("a", "c"):
        write_clip(clips_dir, name)
    choose_all(qtbot, window, "a", "c")
    write_clip(clips_dir, "b")
    window.clips.folder.refresh()
    qtbot.waitUntil(lambda: window.clips.model.row_of("b") is not None, timeout=LIMIT_MS)
    assert chosen_stems(window) == ["a", "c"]
