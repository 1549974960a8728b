"""The recent labels of each face."""

from __future__ import annotations

from dataclasses import replace

import recording_samples
from pytestqt.qtbot import QtBot
from recording_samples import face

from happysad_live.core.types import FrameResult
from happysad_live.gui.recent_labels import LabelHistory, RecentLabels
from happysad_live.overlay import label_colour


def result(time_s: float, **labels: str) -> FrameResult:
    """A frame with faces: ``t1="happy"`` is face number 1."""
    faces = (face(label, track=int(name[1:])) for name, label in labels.items())
    return recording_samples.result(round(time_s * 10), time_s, faces)


def parts(history: LabelHistory) -> dict[int, list[tuple[str, float, float]]]:
    return {
        track: [(part.label, round(part.start_s, 3), round(part.end_s, 3)) for part in row]
        for track, row in history.rows()
    }


def test_a_change_of_label_starts_a_new_stretch_without_a_gap() -> None:
    history = LabelHistory()
    for step in range(6):
        history.add(result(step * 0.1, t1="happy" if step < 3 else "sad"))
    assert parts(history) == {1: [("happy", 0.0, 0.3), ("sad", 0.3, 0.5)]}


def test_after_a_jump_the_strip_begins_anew() -> None:
    history = LabelHistory()
    history.add(result(0.0, t1="happy"))
    there = result(0.1, t1="happy")
    history.add(replace(there, frame=replace(there.frame, seek_serial=1)))
    assert parts(history) == {1: [("happy", 0.1, 0.1)]}


def test_a_face_that_was_away_leaves_a_gap() -> None:
    history = LabelHistory()
    history.add(result(0.0, t1="happy"))
    history.add(result(0.5, t1="happy"))
    history.add(result(1.5))
    history.add(result(2.0, t1="happy"))
    assert parts(history) == {1: [("happy", 0.0, 0.5), ("happy", 2.0, 2.0)]}


def test_a_face_that_is_in_every_frame_leaves_no_gap_however_seldom_frames_come() -> None:
    history = LabelHistory()
    for second in range(8):
        history.add(result(float(second), t1="happy" if second < 5 else "sad"))
    assert parts(history) == {1: [("happy", 0.0, 5.0), ("sad", 5.0, 7.0)]}
    history.add(result(8.0))
    history.add(result(9.0, t1="sad"))
    assert parts(history)[1][2:] == [("sad", 9.0, 9.0)]  # away for a frame, and for long enough


def test_each_face_has_its_row_and_the_oldest_give_way() -> None:
    history = LabelHistory()
    history.add(result(0.0, t1="happy"))
    history.add(result(1.0, t2="sad", t3="sad", t4="sad", t5="happy"))
    assert list(parts(history)) == [2, 3, 4, 5]
    history.add(result(40.0, t6="happy"))
    assert parts(history) == {6: [("happy", 40.0, 40.0)]}


def test_time_going_back_starts_anew() -> None:
    history = LabelHistory()
    history.add(result(8.0, t1="happy"))
    history.add(result(0.0, t1="sad"))
    assert parts(history) == {1: [("sad", 0.0, 0.0)]}


def test_the_newest_label_is_painted_at_the_right(qtbot: QtBot) -> None:
    labels = RecentLabels()
    qtbot.addWidget(labels)
    labels.resize(418, 44)
    for step in range(101):
        labels.add(result(step * 0.1, t1="happy" if step <= 50 else "sad"))
    image = labels.grab().toImage()
    # 20 s in 400 px from x = 18 on: empty to 218, happy to 318, sad to the end.
    for x, label in ((230, "happy"), (300, "happy"), (330, "sad"), (415, "sad")):
        assert image.pixelColor(x, 22).getRgb()[:3] == label_colour(label)
    assert image.pixelColor(100, 22).getRgb()[:3] not in (label_colour("happy"), label_colour("sad"))
    for step in range(101, 301):
        labels.add(result(step * 0.1, t1="sad"))
    image = labels.grab().toImage()  # sad for longer than the strip goes back, and never over the number
    colours = [image.pixelColor(x, 22).getRgb()[:3] == label_colour("sad") for x in (3, 20, 415)]
    assert colours == [False, True, True]


def test_large_numbers_of_faces_can_be_told_apart(qtbot: QtBot) -> None:
    """Their last two digits are the same, for which alone there was room."""
    pictures = []
    for number in (34, 134, 1134):
        strip = RecentLabels()
        qtbot.addWidget(strip)
        strip.resize(400, strip.sizeHint().height())
        for step in range(3):
            strip.add(result(step * 0.1, **{f"t{number}": "happy"}))
        pictures.append(strip.grab().toImage())
    first, second, third = pictures
    assert first != second and second != third


def test_a_screen_reader_hears_the_recent_labels(qtbot: QtBot) -> None:
    strip = RecentLabels()
    qtbot.addWidget(strip)
    assert strip.accessibleDescription() == ""
    for step in range(30):
        strip.add(result(step * 0.1, t1="happy" if step < 10 else "sad", t2="neutral"))
    assert strip.accessibleDescription() == "Face 1: happy, sad; Face 2: neutral"
    for step in range(30, 60):
        strip.add(result(step * 0.1, t1=("happy", "sad")[step // 3 % 2]))
    assert strip.accessibleDescription() == "Face 1: happy, sad, happy, sad; Face 2: neutral"  # the newest
    strip.clear()
    assert strip.accessibleDescription() == ""
