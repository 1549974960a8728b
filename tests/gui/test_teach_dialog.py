"""“Teach it my face”: the dialog with a teacher that does what a test tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from face_samples import face_at
from gui_fakes import LABELS, LIMIT_S
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot
from teach_fakes import FakeTeacher, figures, outcome
from window_use import LIMIT_MS, press_answer

from happysad_live.core.types import Frame, FrameResult, LabelledFace
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.gui.teach.dialog import TeachDialog
from happysad_live.gui.teach.take import LEAD_S, MAX_PER_S, TAKE_S, Take

FRAME_S = 0.1


class Feeder:
    """Feeds a dialog with frames of a clock that the test turns. One face unless told otherwise."""

    def __init__(self, dialog: TeachDialog) -> None:
        self.dialog = dialog
        self.now_s = 1000.0
        self.index = 0

    def frame(self, faces: int = 1) -> FrameResult:
        # The second face, if any, is the larger one; each face's surroundings have its own grey.
        image = np.zeros((240, 320, 3), np.uint8)
        found = []
        for number in range(faces):
            x, size = 80 + 160 * number, 30 + 10 * number
            image[:, 160 * number : 160 * (number + 1)] = 100 + 100 * number
            row = np.array([0.1, 0.1, 0.8], np.float32)
            found.append(LabelledFace(face_at(x, 110, size), "neutral", 0.8, row, row, number + 1))
        self.index += 1
        return FrameResult(Frame(image, self.index, self.now_s, self.now_s), tuple(found), LABELS)

    def play(self, seconds: float, faces: int = 1) -> None:
        for _ in range(round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            self.dialog.feed(self.frame(faces))

    def show(self, qtbot: QtBot, faces: int = 1) -> None:
        """Press Start and show an expression to the end."""
        qtbot.mouseClick(self.dialog.show_page.start, Qt.MouseButton.LeftButton)
        self.play(LEAD_S + TAKE_S + 3 * FRAME_S, faces)


@pytest.fixture
def teacher() -> FakeTeacher:
    teacher = FakeTeacher()
    teacher.gate.set()
    return teacher


@pytest.fixture
def dialog(qtbot: QtBot, teacher: FakeTeacher) -> Iterator[TeachDialog]:
    dialog = TeachDialog(teacher, ThreadGroup())
    qtbot.addWidget(dialog)
    dialog.show()
    yield dialog
    teacher.gate.set()
    dialog.done(0)


def texts(widget: TeachDialog) -> str:
    """Everything that can be read on the page that is shown."""
    assert widget.page is not None
    return "\n".join(label.text() for label in widget.page.findChildren(QLabel) if not label.isHidden())


def teach_all(qtbot: QtBot, dialog: TeachDialog) -> Feeder:
    feeder = Feeder(dialog)
    for _ in LABELS:
        feeder.show(qtbot)
    return feeder


def test_it_asks_for_each_expression_counts_down_and_collects(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    feeder = Feeder(dialog)
    assert "1 of 3: happy" in texts(dialog)
    feeder.play(1.0)  # nothing is taken before Start
    qtbot.mouseClick(dialog.show_page.start, Qt.MouseButton.LeftButton)
    feeder.play(FRAME_S)
    assert "In 3…" in texts(dialog)
    feeder.play(2.0)
    assert "In 1…" in texts(dialog)
    feeder.play(LEAD_S - 2.0 + TAKE_S / 2)
    assert "Hold it…" in texts(dialog)
    assert dialog.show_page.bar.value() == pytest.approx(500, abs=25)
    assert not dialog.show_page.start.isEnabled()
    feeder.play(TAKE_S / 2 + FRAME_S)
    assert "2 of 3: sad" in texts(dialog)
    feeder.show(qtbot)
    assert "3 of 3: neutral" in texts(dialog)
    feeder.show(qtbot)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert [take.label for take in teacher.taken] == list(LABELS)
    for take in teacher.taken:
        assert take.crops.shape == (len(take.times_s), 256, 256, 3) and take.crops.dtype == np.uint8
        assert take.times_s[-1] - take.times_s[0] == pytest.approx(TAKE_S, abs=0.3)
        assert len(take.times_s) == pytest.approx(TAKE_S * min(MAX_PER_S, 1 / FRAME_S), abs=3)


def test_before_and_after_are_told_in_words_and_kept_under_the_given_name(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    told = texts(dialog)
    for text in (
        "It was right in 67\N{NO-BREAK SPACE}%.",
        "your neutral face",
        "never (0 %)",
        "always (100 %)",
        "mostly (90 %)",
    ):
        assert text in told
    assert "other people's faces" in told and "91 %" in told
    dialog.result_page.name.setText("ada")
    with qtbot.waitSignal(dialog.kept) as signal:
        qtbot.mouseClick(dialog.result_page.keep, Qt.MouseButton.LeftButton)
    assert signal.args == ["happysad-ada"] and teacher.kept == ["ada"]
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_what_is_being_written_is_waited_for(qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher) -> None:
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert dialog.wait_until_kept(0)  # nothing is wanted yet
    teacher.gate.clear()
    qtbot.mouseClick(dialog.result_page.keep, Qt.MouseButton.LeftButton)
    dialog.result_page.keep.click()  # once more, somehow
    dialog.give_up()
    assert dialog.isVisible() and not dialog.wait_until_kept(0)
    teacher.gate.set()
    assert dialog.wait_until_kept(LIMIT_MS / 1000) and len(teacher.kept) == 1


def test_what_could_not_be_written_after_the_window_closed_is_a_problem(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    teacher.keeps = False
    dialog.result_page.keep.click()
    assert not dialog.wait_until_kept(LIMIT_MS / 1000)  # no event loop runs any more, which would tell it
    assert dialog.work.problem == "The disk is full."


def test_dropping_keeps_nothing(qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher) -> None:
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    with qtbot.assertNotEmitted(dialog.kept):
        qtbot.mouseClick(dialog.result_page.drop, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible() and teacher.kept == []


@pytest.mark.parametrize(
    ("happy", "title"),
    [(0.4, "It has learnt some of your expressions"), (0.6, "It does not read your face surely yet")],
)
def test_what_misses_an_expression_is_rather_taught_again(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher, happy: float, title: str
) -> None:
    teacher.answer = replace(outcome(), after=figures(0.7, happy=happy, sad=0.9, neutral=0.8))
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert title in texts(dialog)
    page = dialog.result_page
    assert page.keep.isVisible() and page.again.isVisible() and page.again.isDefault()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert dialog.page is dialog.show_page and teacher.kept == []


def test_enter_in_the_name_keeps_what_is_rather_taught_again(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teacher.answer = replace(outcome(), after=figures(0.7, happy=0.6, sad=0.9, neutral=0.8))
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    name = dialog.result_page.name
    name.selectAll()
    qtbot.keyClicks(name, "tom")
    with qtbot.waitSignal(dialog.kept, timeout=LIMIT_MS):
        qtbot.keyClick(name, Qt.Key.Key_Return)
    assert len(teacher.kept) == 1


def test_a_refused_model_cannot_be_kept_and_says_why(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teacher.answer = outcome(accepted=False, reason="It got worse: 91 % before, 80 % after.")
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert "91\N{NO-BREAK SPACE}% before, 80\N{NO-BREAK SPACE}% after" in texts(dialog)
    assert not dialog.result_page.keep.isVisible()
    qtbot.mouseClick(dialog.result_page.again, Qt.MouseButton.LeftButton)
    assert "1 of 3: happy" in texts(dialog)
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert [take.label for take in teacher.taken] == list(LABELS)  # only what was shown now


def test_what_fails_is_told(qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher) -> None:
    teacher.answer = "There is not enough to learn from."
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert "There is not enough to learn from." in texts(dialog)
    assert not dialog.result_page.keep.isVisible()


def test_a_model_that_cannot_be_written_can_still_be_kept_later(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    teacher.keeps = False
    qtbot.mouseClick(dialog.result_page.keep, Qt.MouseButton.LeftButton)
    assert "Writing the model" in texts(dialog)
    assert not dialog.work_page.cancel.isEnabled()
    qtbot.waitUntil(lambda: "The disk is full." in texts(dialog))
    teacher.keeps = True
    with qtbot.waitSignal(dialog.kept):
        qtbot.mouseClick(dialog.result_page.keep, Qt.MouseButton.LeftButton)


def test_one_expression_may_be_skipped_but_two_are_needed(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    feeder = Feeder(dialog)
    feeder.show(qtbot)
    qtbot.mouseClick(dialog.show_page.skip, Qt.MouseButton.LeftButton)
    assert "3 of 3: neutral" in texts(dialog)
    assert not dialog.show_page.skip.isEnabled()
    feeder.show(qtbot)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert [take.label for take in teacher.taken] == ["happy", "neutral"]


def test_one_that_was_skipped_or_went_wrong_can_be_gone_back_to(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    feeder, page = Feeder(dialog), dialog.show_page
    assert not page.back.isEnabled()
    feeder.show(qtbot)
    qtbot.mouseClick(page.skip, Qt.MouseButton.LeftButton)
    assert "3 of 3: neutral" in texts(dialog) and not page.skip.isEnabled()
    qtbot.mouseClick(page.back, Qt.MouseButton.LeftButton)
    assert "2 of 3: sad" in texts(dialog) and not page.keep.isVisible()
    qtbot.mouseClick(page.back, Qt.MouseButton.LeftButton)
    assert "1 of 3: happy" in texts(dialog) and not page.back.isEnabled()
    qtbot.mouseClick(page.keep, Qt.MouseButton.LeftButton)
    for _ in LABELS[1:]:
        feeder.show(qtbot)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert [take.label for take in teacher.taken] == list(LABELS)


def test_trying_again_shows_only_what_went_wrong(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teacher.answer = outcome(accepted=False, reason="It would be worse.")
    feeder = teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    before = teacher.taken
    qtbot.mouseClick(dialog.result_page.again, Qt.MouseButton.LeftButton)
    assert "1 of 3: happy" in texts(dialog)
    qtbot.mouseClick(dialog.show_page.keep, Qt.MouseButton.LeftButton)
    feeder.show(qtbot)
    qtbot.mouseClick(dialog.show_page.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert [take.label for take in teacher.taken] == list(LABELS)
    assert [take is old for take, old in zip(teacher.taken, before, strict=True)] == [True, False, True]
    qtbot.mouseClick(dialog.result_page.again, Qt.MouseButton.LeftButton)
    for way in (dialog.show_page.keep, dialog.show_page.skip, dialog.show_page.keep):
        qtbot.mouseClick(way, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(teacher.taken) == 2)
    assert [take.label for take in teacher.taken] == ["happy", "neutral"]


def test_an_expression_without_a_face_is_asked_for_again(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    feeder = Feeder(dialog)
    qtbot.mouseClick(dialog.show_page.start, Qt.MouseButton.LeftButton)
    feeder.play(LEAD_S, faces=0)
    assert "cannot be seen" in texts(dialog)
    feeder.play(TAKE_S + 3 * FRAME_S, faces=0)
    assert "1 of 3: happy" in texts(dialog) and "seen too rarely" in texts(dialog)
    for _ in LABELS:
        feeder.show(qtbot)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert [take.label for take in teacher.taken] == list(LABELS)


def test_a_silent_camera_takes_no_time_off_an_expression(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    feeder = Feeder(dialog)
    qtbot.mouseClick(dialog.show_page.start, Qt.MouseButton.LeftButton)
    feeder.play(LEAD_S + TAKE_S / 2)
    feeder.now_s += 60
    feeder.play(TAKE_S / 2 + 3 * FRAME_S)
    for _ in LABELS[1:]:
        feeder.show(qtbot)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    counts = [len(take.times_s) for take in teacher.taken]
    assert counts == pytest.approx([TAKE_S * min(MAX_PER_S, 1 / FRAME_S)] * len(LABELS), abs=3)


def test_of_several_faces_the_largest_one_counts(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    feeder = Feeder(dialog)
    qtbot.mouseClick(dialog.show_page.start, Qt.MouseButton.LeftButton)
    feeder.play(LEAD_S, faces=2)
    assert "largest counts" in texts(dialog)
    feeder.play(TAKE_S + 3 * FRAME_S, faces=2)
    for _ in LABELS[1:]:
        feeder.show(qtbot)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    assert teacher.taken[0].crops[:, 128, 128].min() == 200  # the surroundings of the larger face
    assert teacher.taken[1].crops[:, 128, 128].max() == 100


def test_of_a_fast_camera_not_every_picture_is_taken(dialog: TeachDialog) -> None:
    """Of 50 a second every fourth, as 15 a second are enough."""
    feeder, take = Feeder(dialog), Take("happy")
    while not take.done:
        feeder.now_s += 1 / 50
        take.add(feeder.frame())
    assert len(take.times_s) == pytest.approx(6 * 50 / 4, abs=2)


def test_closing_while_it_learns_gives_up(qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher) -> None:
    teacher.gate.clear()
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.work_page.bar.value() == 500)
    assert "Learning" in texts(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)  # as one that was meant for Start
    assert dialog.isVisible() and dialog.page is dialog.work_page
    qtbot.mouseClick(dialog.work_page.cancel, Qt.MouseButton.LeftButton)
    press_answer(dialog, "Give up")
    teacher.gate.set()
    assert teacher.ended.wait(LIMIT_S) and not teacher.has_learnt
    assert not dialog.isVisible() and dialog.page is dialog.work_page


def test_what_was_shown_is_given_up_only_after_a_yes(qtbot: QtBot, dialog: TeachDialog) -> None:
    Feeder(dialog).show(qtbot)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    press_answer(dialog, "Go back")
    qtbot.waitUntil(lambda: dialog.findChild(QMessageBox) is None)
    assert dialog.isVisible() and "2 of 3" in texts(dialog)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    press_answer(dialog, "Give up")
    assert not dialog.isVisible()


def test_while_it_asks_no_expression_is_taken(qtbot: QtBot, dialog: TeachDialog) -> None:
    feeder = Feeder(dialog)
    feeder.show(qtbot)
    qtbot.mouseClick(dialog.show_page.start, Qt.MouseButton.LeftButton)
    feeder.play(LEAD_S + TAKE_S / 2)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    feeder.play(TAKE_S)
    press_answer(dialog, "Go back")
    assert "2 of 3" in texts(dialog) and dialog.show_page.start.isEnabled()


def test_what_was_learnt_is_thrown_away_only_after_a_yes(
    qtbot: QtBot, dialog: TeachDialog, teacher: FakeTeacher
) -> None:
    teach_all(qtbot, dialog)
    qtbot.waitUntil(lambda: dialog.page is dialog.result_page)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    press_answer(dialog, "Go back")
    qtbot.waitUntil(lambda: dialog.findChild(QMessageBox) is None)
    assert dialog.isVisible() and dialog.page is dialog.result_page
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    press_answer(dialog, "Throw away")
    assert not dialog.isVisible() and teacher.kept == []


def test_start_pressed_twice_does_not_cancel(qtbot: QtBot, dialog: TeachDialog) -> None:
    for _ in range(2):
        qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    assert dialog.isVisible() and not dialog.show_page.start.isEnabled()


def test_before_anything_was_shown_it_closes_at_once(qtbot: QtBot, dialog: TeachDialog) -> None:
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_it_fits_a_low_screen(dialog: TeachDialog) -> None:
    assert dialog.minimumSizeHint().height() < 0.9 * 400
