"""Playing a clip, scrubbing in it, and correcting its labels."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import numpy as np
import pytest
from clip_samples import FRAME_RATE, FRAMES, frame_number, result, write_clip
from gui_fakes import LIMIT_S
from layouts import lie_apart
from PyQt6.QtCore import QEvent, QPoint, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from recording_samples import plan
from window_use import LIMIT_MS, button

from happysad_live.core.types import Frame, FrameResult
from happysad_live.errors import RecordingError
from happysad_live.gui.clips import clip_labels
from happysad_live.gui.clips.label_bar import ClipLabelBar
from happysad_live.gui.clips.playback import ClipPlayback
from happysad_live.gui.clips.player import ClipPlayer
from happysad_live.gui.clips.strip import MARGIN_PX, ROW_PX
from happysad_live.gui.clips.timeline import ClipTimeline, load_timeline
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.overlay import draw_result, label_colour
from happysad_live.recording.clip_info import ClipInfo, OwnLabel
from happysad_live.recording.clip_reader import ClipPicture, ClipReader
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.library import Clip, clip_frames, label_stretch, load_clip
from happysad_live.recording.recorder import Recorder

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def work() -> Iterator[Background]:
    work = Background("clips", ThreadGroup())
    yield work
    work.close()


def open_player(qtbot: QtBot, clip: Clip, work: Background) -> ClipPlayer:
    player = ClipPlayer(clip, work, ThreadGroup(), pytest.fail)
    qtbot.addWidget(player)
    player.show()
    qtbot.waitUntil(lambda: player.timeline is not None and player.view.result is not None, timeout=LIMIT_MS)
    return player


@pytest.fixture
def player(qtbot: QtBot, tmp_path: Path, work: Background) -> ClipPlayer:
    return open_player(qtbot, write_clip(tmp_path), work)


def write_noise(path: Path, frames: int, frame_rate: int) -> None:
    """A video so large that half a picture cannot be taken for the end."""
    noise = np.random.default_rng(0)
    writer = ClipWriter(path, 320, 240)
    for index in range(frames):
        image = noise.integers(0, 256, (240, 320, 3), np.uint8)
        writer.write(image, FrameResult(Frame(image, index, index / frame_rate, 0.0), (), ()))
    writer.finish()


def shown(player: ClipPlayer) -> int:
    """Number of the picture on the screen."""
    assert player.view.result is not None
    return frame_number(player.view.result.frame.image)


def shown_labels(player: ClipPlayer) -> dict[int | None, str]:
    assert player.view.result is not None
    return {face.track: face.own or face.label for face in player.view.result.faces}


def test_a_clip_of_more_pixels_than_the_memory_holds_is_not_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path)
    monkeypatch.setattr("happysad_live.video_frames.MAX_FRAME_PIXELS", 100)
    with pytest.raises(RecordingError, match="not a video that can be played"):
        ClipReader(clip.video)


def test_the_time_of_a_label_line_finds_its_picture(tmp_path: Path) -> None:
    """Label lines round to microseconds, the video to 90,000ths of a second."""
    recorder = Recorder(plan(tmp_path, stem="thirds"))
    recorder.start()
    for index in range(30):
        recorder.offer(replace(result(index), frame=replace(result(index).frame, time_s=index / 30)))
    recorder.stop()
    recorder.join(60)
    clip = load_clip(tmp_path, "thirds")
    times_s = [frame.time_s for frame in clip_frames(clip)]
    with ClipReader(tmp_path / "thirds.mp4") as reader:
        shown = [reader.seek(time_s) for time_s in times_s]
    assert [frame_number(picture.image) for picture in shown if picture] == list(range(30))
    timeline = load_timeline(clip, lambda: True)
    assert [timeline.number_at(picture.time_s) for picture in shown if picture] == list(range(30))


def test_pictures_that_were_on_their_way_are_told_from_those_that_were_asked_for_since(
    tmp_path: Path,
) -> None:
    """Or a jump from where one has just jumped to would start from where the clip was playing."""
    shown: Queue[tuple[float, int]] = Queue()
    failed: list[str] = []
    playback = ClipPlayback(
        write_clip(tmp_path).video,
        lambda picture, wish: shown.put((round(picture.time_s, 3), wish)),
        ended=lambda: None,
        damaged=failed.append,
        failed=failed.append,
    )
    first = playback.show(0.5)
    playback.start()
    assert shown.get(timeout=LIMIT_S) == (0.5, first)
    playback.set_playing(True)
    assert shown.get(timeout=LIMIT_S) == (0.55, first)
    second = playback.show(0.1)
    later = [shown.get(timeout=LIMIT_S) for _ in range(5)]
    playback.stop()
    playback.join(LIMIT_S)
    since = [time_s for time_s, wish in later if wish == second]
    assert second > first and since[:2] == [0.1, 0.15]
    assert all(time_s > 0.5 for time_s, wish in later if wish == first)
    assert not failed and not playback.is_alive()


class Played:
    """What a clip's playback gave, and when: positions in seconds, -1 for its end, -2 for damage."""

    END, DAMAGE = -1.0, -2.0

    def __init__(self, video: Path) -> None:
        self._came: Queue[tuple[float, float]] = Queue()
        self.playback = ClipPlayback(
            video,
            lambda picture, _: self._came.put((round(picture.time_s, 3), time.perf_counter())),
            ended=lambda: self._came.put((self.END, time.perf_counter())),
            damaged=lambda _: self._came.put((self.DAMAGE, time.perf_counter())),
            failed=print,
        )
        self.playback.start()

    def next(self) -> tuple[float, float]:
        return self._came.get(timeout=LIMIT_S)

    def close(self) -> None:
        self.playback.stop()
        self.playback.join(LIMIT_S)


def test_the_first_and_the_last_picture_have_their_time_as_all_others_do(tmp_path: Path) -> None:
    """Of a folder of pictures that was recorded, say: four a second."""
    write_noise(tmp_path / "clip.mp4", frames=3, frame_rate=4)
    played = Played(tmp_path / "clip.mp4")
    played.playback.show(0.0)
    _, first_s = played.next()
    played.playback.set_playing(True)
    for number, position_s in enumerate((0.25, 0.5, Played.END), start=1):
        shown_s, at_s = played.next()
        assert shown_s == position_s
        assert at_s - first_s >= number / 4 - 0.001
    played.close()


def test_after_a_jump_into_a_picture_what_is_left_of_its_time_is_waited_for(tmp_path: Path) -> None:
    write_noise(tmp_path / "clip.mp4", frames=2, frame_rate=1)
    played = Played(tmp_path / "clip.mp4")
    played.playback.show(0.8)
    assert played.next()[0] == 0.0
    began_s = time.perf_counter()
    played.playback.set_playing(True)
    shown_s, at_s = played.next()
    assert shown_s == 1.0 and 0.199 <= at_s - began_s < 0.9
    played.close()


def test_behind_damage_playing_ends_at_once(tmp_path: Path) -> None:
    """A minute is said to follow, of which nothing can be read."""
    path = tmp_path / "clip.mp4"
    write_noise(path, frames=60, frame_rate=1)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 4] + bytes(len(data) - len(data) // 4))
    played = Played(path)
    played.playback.show(0.0)
    played.next()
    played.playback.show(50.0)
    assert played.next()[0] == Played.DAMAGE
    began_s = time.perf_counter()
    played.playback.set_playing(True)
    assert played.next()[0] in (Played.DAMAGE, Played.END)
    assert time.perf_counter() - began_s < 5
    played.close()


def test_scrubbing_shows_the_picture_and_its_labels(qtbot: QtBot, player: ClipPlayer) -> None:
    assert shown(player) == 0
    assert shown_labels(player) == {1: "happy", 2: "neutral"}
    x = round(player.strip.x_of(1.52))
    qtbot.mouseClick(player.strip, Qt.MouseButton.LeftButton, pos=QPoint(x, 10))
    qtbot.waitUntil(lambda: shown(player) == 30, timeout=LIMIT_MS)
    assert shown_labels(player) == {1: "sad", 2: "neutral"}


def test_it_plays_to_the_end_at_the_clips_own_pace(qtbot: QtBot, player: ClipPlayer) -> None:
    player.seek(1.5)
    qtbot.waitUntil(lambda: shown(player) == 30, timeout=LIMIT_MS)
    began_s = time.perf_counter()
    qtbot.keyClick(player, Qt.Key.Key_Space)
    assert player.playing
    qtbot.waitUntil(lambda: not player.playing, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: shown(player) == FRAMES - 1, timeout=LIMIT_MS)
    assert time.perf_counter() - began_s >= 0.5  # ten frames of a twentieth of a second
    assert player.position_s == pytest.approx(2.0, abs=0.01)
    qtbot.keyClick(player, Qt.Key.Key_Space)  # from the beginning again
    qtbot.waitUntil(lambda: player.playing and 0 < player.position_s < 1.0, timeout=LIMIT_MS)


def test_a_pause_stands_at_the_picture_that_is_shown(
    qtbot: QtBot, player: ClipPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the window was busy, and has not yet shown what was read when the key was pressed."""
    read: Queue[ClipPicture | None] = Queue()
    read_next = ClipReader.read

    def read_and_tell(reader: ClipReader) -> ClipPicture | None:
        picture = read_next(reader)
        read.put(picture)
        return picture

    monkeypatch.setattr(ClipReader, "read", read_and_tell)
    player.toggle()
    qtbot.waitUntil(lambda: player.position_s > 0.2, timeout=LIMIT_MS)
    at_s = player.position_s
    while (picture := read.get(timeout=LIMIT_S)) and picture.time_s <= at_s:
        pass
    read.get(timeout=LIMIT_S)  # read only once the one before it was handed over
    assert player.position_s == at_s
    player.toggle()
    qtbot.waitUntil(lambda: shown(player) > round(at_s * FRAME_RATE), timeout=LIMIT_MS)
    assert round(player.position_s * FRAME_RATE) == shown(player)


def test_pictures_that_were_on_their_way_do_not_move_the_place_that_was_sought(
    qtbot: QtBot, player: ClipPlayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    player.toggle()
    monkeypatch.setattr(player.shown.playback, "show", lambda _: 99)  # a wish whose turn has not come
    player.seek(1.5)
    qtbot.waitUntil(lambda: shown(player) > 1, timeout=LIMIT_MS)
    assert player.position_s == 1.5


def test_the_arrow_keys_go_from_frame_to_frame(qtbot: QtBot, player: ClipPlayer) -> None:
    qtbot.keyClick(player, Qt.Key.Key_Right)
    qtbot.keyClick(player, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown(player) == 2, timeout=LIMIT_MS)
    qtbot.keyClick(player, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown(player) == 1, timeout=LIMIT_MS)
    qtbot.keyClick(player, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown(player) == FRAMES - 1, timeout=LIMIT_MS)


def test_a_key_that_is_held_or_belongs_to_a_command_does_nothing(player: ClipPlayer) -> None:
    """But ← and →, which go on while they are held."""
    held, plain, control = True, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
    for key, modifiers, repeats in (
        (Qt.Key.Key_Space, plain, held),
        (Qt.Key.Key_I, plain, held),
        (Qt.Key.Key_I, control, False),
        (Qt.Key.Key_Right, plain, held),
    ):
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, "", repeats)
        QApplication.sendEvent(player, event)
    assert not player.playing and player.range_s is None
    assert player.position_s == pytest.approx(0.05, abs=0.01)


def test_a_video_without_label_lines_is_stepped_through_and_goes_on(
    qtbot: QtBot, tmp_path: Path, work: Background
) -> None:
    clip = write_clip(tmp_path)
    for path in tmp_path.iterdir():
        if path != clip.video:
            path.unlink()
    player = open_player(qtbot, load_clip(tmp_path, clip.stem), work)
    qtbot.keyClick(player, Qt.Key.Key_Right)
    qtbot.keyClick(player, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown(player) == 2, timeout=LIMIT_MS)
    player.seek(1.0)
    qtbot.keyClick(player, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: shown(player) > 20, timeout=LIMIT_MS)
    assert player.position_s > 1.0


def test_a_stretch_of_one_face_gets_the_users_label(qtbot: QtBot, player: ClipPlayer) -> None:
    player.seek(0.5)
    qtbot.keyClick(player, Qt.Key.Key_I)
    player.seek(1.0)
    qtbot.keyClick(player, Qt.Key.Key_O)
    player.label_bar.choose_face(2)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(player, Qt.Key.Key_2)  # the model's second class

    clip = player.clip
    stored = load_clip(clip.folder, clip.stem).info.own_labels
    # Up to the end of the frame that was shown when the end was marked.
    assert stored == (OwnLabel(pytest.approx(0.5), pytest.approx(1.05), "sad", 2),)
    qtbot.waitUntil(lambda: shown_labels(player) == {1: "sad", 2: "sad"}, timeout=LIMIT_MS)
    player.seek(1.1)
    qtbot.waitUntil(lambda: shown_labels(player) == {1: "sad", 2: "neutral"}, timeout=LIMIT_MS)


def test_the_buttons_that_mark_say_what_they_do_and_what_is_marked(player: ClipPlayer) -> None:
    player.mark(0.5, 1.0)
    begin, end = player.label_bar.begin, player.label_bar.end
    assert begin.toolTip().startswith("Mark from here") and end.toolTip().startswith("Mark up to here")
    assert begin.accessibleName() == "Mark from here, now from 0:00.5"
    assert end.accessibleName() == "Mark up to here, now to 0:01.0"


def test_a_mark_that_would_end_before_it_begins_goes_up_to_the_clips_end_or_from_its_beginning(
    qtbot: QtBot, player: ClipPlayer
) -> None:
    player.mark(0.2, 0.5)
    player.seek(1.0)
    qtbot.keyClick(player, Qt.Key.Key_I)
    assert player.range_s == (pytest.approx(1.0), pytest.approx(2.0))
    player.seek(0.5)
    qtbot.keyClick(player, Qt.Key.Key_O)
    assert player.range_s == (0.0, pytest.approx(0.55))


def test_a_mark_of_one_picture_holds_no_other(qtbot: QtBot, tmp_path: Path, work: Background) -> None:
    recorder = Recorder(plan(tmp_path, stem="thirty"))
    recorder.start()
    for index in range(30):
        frame = replace(result(index).frame, time_s=index / 30)
        recorder.offer(replace(result(index), frame=frame))
    recorder.stop()
    recorder.join()
    player = open_player(qtbot, load_clip(tmp_path, "thirty"), work)
    player.seek(10 / 30)
    qtbot.keyClick(player, Qt.Key.Key_I)
    qtbot.keyClick(player, Qt.Key.Key_O)
    assert player.range_s == (pytest.approx(10 / 30, abs=1e-5), pytest.approx(11 / 30, abs=1e-5))
    player.mark(0.5, 0.501)  # as a tiny drag does
    assert player.range_s == (0.5, pytest.approx(16 / 30, abs=1e-5))


def test_a_mark_ends_with_a_picture_so_that_no_label_stays_which_no_picture_has(
    qtbot: QtBot, player: ClipPlayer
) -> None:
    """Of twenty pictures a second: both drags end within the one from 1 s to 1.05 s."""
    for end_s, give in ((1.02, lambda: player.give_label("happy")), (1.01, lambda: player.give_label(None))):
        player.mark(0.2, end_s)
        assert player.range_s == (pytest.approx(0.2), pytest.approx(1.05))
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            give()
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == ()
    player.mark(0.2, 1.99)
    assert player.range_s == (pytest.approx(0.2), pytest.approx(2.0))


@pytest.mark.parametrize(
    ("from_s", "to_s", "frames"),
    [(0.51, 0.54, [10]), (0.51, 0.59, [10, 11]), (2.0, 2.0, [39])],
    ids=["within one picture", "over two", "at the very end"],
)
def test_a_drag_marks_also_the_picture_in_which_it_begins(
    qtbot: QtBot, player: ClipPlayer, from_s: float, to_s: float, frames: list[int]
) -> None:
    """Where pictures are wide on the strip, it begins somewhere between their beginnings."""
    player.strip.marked.emit(from_s, to_s, None)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(player, Qt.Key.Key_3)  # the model's third class
    lines = clip_frames(load_clip(player.clip.folder, player.clip.stem))
    assert [line.index for line in lines if line.faces[0].own == "neutral"] == frames


def test_a_label_that_is_there_already_costs_no_undo(qtbot: QtBot, player: ClipPlayer) -> None:
    for _ in range(2):
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            qtbot.keyClick(player, Qt.Key.Key_1)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(player, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == ()


def test_a_stretch_of_the_model_is_corrected_with_a_double_click_and_taken_back(
    qtbot: QtBot, player: ClipPlayer
) -> None:
    place = QPoint(round(player.strip.x_of(1.4)), 10)
    qtbot.mouseDClick(player.strip, Qt.MouseButton.LeftButton, pos=place)
    assert player.range_s == (pytest.approx(1.0), pytest.approx(2.0))
    assert player.label_bar.track == 1
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.mouseClick(button(player.label_bar, "neutral"), Qt.MouseButton.LeftButton)
    assert player.timeline is not None
    own = [stretch for stretch in player.timeline.stretches if stretch.own]
    assert [(stretch.track, stretch.label) for stretch in own] == [(1, "neutral")]

    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.mouseClick(button(player.label_bar, "Remove label"), Qt.MouseButton.LeftButton)
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == ()


def test_at_its_least_size_nothing_lies_over_another(qtbot: QtBot, player: ClipPlayer) -> None:
    player.resize(1, 1)
    seen = [player.view, *(one for one in player.findChildren(QPushButton) if one.isVisible())]
    qtbot.waitUntil(lambda: lie_apart(seen, player), timeout=LIMIT_MS)
    assert player.width() < 500


def test_the_time_takes_no_more_room_than_its_text_needs(qtbot: QtBot, player: ClipPlayer) -> None:
    (time,) = (label for label in player.findChildren(QLabel) if " / " in label.text())
    beginning, width_px = time.text(), time.width()
    assert 0 <= width_px - time.fontMetrics().horizontalAdvance(beginning) <= 4

    player.seek(1.1)
    assert time.text() != beginning and time.width() == width_px


def test_many_labels_do_not_widen_the_player(qtbot: QtBot, player: ClipPlayer) -> None:
    labels = tuple(f"a longer label {number}" for number in range(9))
    bar = player.label_bar
    bar.show_clip(replace(player.clip.info, labels=labels))
    player.resize(520, 420)
    buttons = {one.accessibleName(): one for one in bar.findChildren(QPushButton)}
    qtbot.waitUntil(lambda: player.width() == 520 and bar.height() > 120, timeout=LIMIT_MS)
    assert len({buttons[label].y() for label in labels}) > 1
    for one in (*(buttons[label] for label in labels), bar.remove_label):
        assert bar.rect().contains(one.geometry())
        assert one.width() >= one.sizeHint().width()


@pytest.fixture
def may_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set, label lines are still being read, as those of a long clip."""
    may, read = threading.Event(), clip_labels.load_timeline

    def slowly(clip: Clip, still_wanted: Callable[[], bool]) -> ClipTimeline:
        assert may.wait(LIMIT_MS / 1000)
        return read(clip, still_wanted)

    monkeypatch.setattr(clip_labels, "load_timeline", slowly)
    yield may
    may.set()


def test_a_label_does_not_wait_for_the_reading_of_a_long_clip(
    qtbot: QtBot, tmp_path: Path, work: Background, may_read: threading.Event
) -> None:
    """Closing the window would not wait so long, and lose it."""
    player = ClipPlayer(write_clip(tmp_path), work, ThreadGroup(), pytest.fail)
    qtbot.addWidget(player)
    player.give_label_to_all("sad")
    qtbot.waitUntil(lambda: player.clip.as_now().info.own_labels != (), timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: player.message.text() == "Reading the labels…", timeout=LIMIT_MS)
    assert player.timeline is None
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        may_read.set()
    assert player.timeline is not None
    assert {stretch.label for stretch in player.timeline.stretches if stretch.own} == {"sad"}


def test_the_strip_has_the_labels_colours_also_after_a_change(qtbot: QtBot, player: ClipPlayer) -> None:
    player.seek(0.2)
    place = QPoint(round(player.strip.x_of(0.6)), MARGIN_PX + ROW_PX // 2)

    def colour() -> tuple[int, int, int]:
        image = player.strip.grab().toImage()
        seen = image.pixelColor(place * image.devicePixelRatio())
        return seen.red(), seen.green(), seen.blue()

    assert colour() == label_colour(player.timeline.stretches[0].label)
    for label in ("neutral", "sad"):
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            player.give_label_to_all(label)
        assert colour() == label_colour(label)


def test_a_screen_reader_hears_what_the_strip_shows(qtbot: QtBot, player: ClipPlayer) -> None:
    assert player.strip.accessibleDescription() == "Face 1: happy 0:01.0, sad 0:01.0; Face 2: neutral 0:02.0"
    player.mark(0.0, 1.5, 2)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label("sad")
    faces = ("Face 1: happy 0:01.0, sad 0:01.0", "Face 2: sad (yours) 0:01.5, neutral 0:00.5")
    assert player.strip.accessibleDescription() == "; ".join(faces)
    player.strip.show_length(1.0)  # of the next clip, whose labels are being read
    assert player.strip.accessibleDescription() == ""


def test_changes_of_labels_are_taken_back_one_by_one(qtbot: QtBot, player: ClipPlayer) -> None:
    undo = player.label_bar.undo
    assert not undo.isEnabled()
    player.mark(0.5, 1.0)
    kept = []
    for key in (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Backspace):
        kept.append(player.clip.info.own_labels)
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            qtbot.keyClick(player, key)
    assert [len(own) for own in kept] == [0, 1, 1] and player.clip.info.own_labels == ()
    for before, press in zip(reversed(kept), (undo.click, undo.click, player.undo), strict=True):
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            press()
        assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == before
    assert not undo.isEnabled()
    qtbot.keyClick(player, Qt.Key.Key_Z, CONTROL)  # nothing is left
    for after in (*kept[1:], ()):
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            qtbot.keyClick(player, Qt.Key.Key_Y, CONTROL)
        assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == after
    for key in (Qt.Key.Key_Z, Qt.Key.Key_1):  # what is changed now is not to be lost by what was taken back
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            qtbot.keyClick(player, key, CONTROL if key == Qt.Key.Key_Z else Qt.KeyboardModifier.NoModifier)
    changed = player.clip.as_now().info.own_labels
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.redo()
        player.undo()
    assert changed not in ((), player.clip.as_now().info.own_labels)
    assert "changed elsewhere" not in player.message.text()


def test_undo_does_not_take_back_what_something_else_has_changed(qtbot: QtBot, player: ClipPlayer) -> None:
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label("sad")
    elsewhere = label_stretch(player.clip.as_now(), OwnLabel(0.5, 1.0, "happy")).info.own_labels
    player.undo()
    qtbot.waitUntil(lambda: "changed elsewhere" in player.message.text(), timeout=LIMIT_MS)
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == elsewhere


def test_changes_of_labels_are_taken_back_in_order_however_fast_the_keys(
    qtbot: QtBot, player: ClipPlayer
) -> None:
    changes: list[tuple[OwnLabel, ...]] = []
    player.relabelled.connect(lambda clip: changes.append(clip.info.own_labels))
    qtbot.keyClick(player, Qt.Key.Key_1)
    qtbot.keyClick(player, Qt.Key.Key_2)
    for _ in range(3):
        qtbot.keyClick(player, Qt.Key.Key_Z, CONTROL)
    qtbot.waitUntil(lambda: len(changes) == 4, timeout=LIMIT_MS)
    assert [[own.label for own in labels] for labels in changes] == [["happy"], ["sad"], ["happy"], []]


def test_enter_presses_the_button_that_has_the_focus(qtbot: QtBot, player: ClipPlayer) -> None:
    happy = button(player.label_bar, "happy")
    happy.setFocus()
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(happy, Qt.Key.Key_Return)
    assert player.clip.info.own_labels == (OwnLabel(0.0, None, "happy"),)


def test_tab_goes_through_the_labels_as_they_stand(player: ClipPlayer) -> None:
    player.label_bar.end.setFocus()
    found = []
    for _ in range(4):
        player.focusNextPrevChild(True)
        found.append(player.focusWidget().text().strip())
    assert found == ["happy", "sad", "neutral", "Remove label"]


def test_after_a_click_on_a_label_the_keys_still_play_and_step(qtbot: QtBot, player: ClipPlayer) -> None:
    for text in ("sad", "Whole clip", "From 0:00.0"):
        qtbot.mouseClick(button(player.label_bar, text), Qt.MouseButton.LeftButton)
        assert player.focusWidget() not in player.label_bar.findChildren(QWidget), text


def test_without_a_mark_the_whole_clip_is_meant(qtbot: QtBot, player: ClipPlayer) -> None:
    player.mark(0.5, 1.0)
    qtbot.keyClick(player, Qt.Key.Key_A)
    player.seek(0.4)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(player, Qt.Key.Key_1)
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == (OwnLabel(0.0, None, "happy"),)
    player.mark(0.5, 1.0, track=2)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label_to_all("sad")  # as from the list of clips, which knows nothing of marks and faces
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == (OwnLabel(0.0, None, "sad"),)


def test_taking_back_what_was_never_given_is_told(qtbot: QtBot, player: ClipPlayer) -> None:
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label("sad")  # every face
    player.label_bar.choose_face(2)
    player.give_label(None)
    qtbot.waitUntil(lambda: "given to all" in player.message.text(), timeout=LIMIT_MS)
    assert load_clip(player.clip.folder, player.clip.stem).info.own_labels == (OwnLabel(0.0, None, "sad"),)
    player.label_bar.choose_face(None)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label(None)
    assert player.message.isHidden()


def test_labelling_keeps_what_was_changed_elsewhere(qtbot: QtBot, player: ClipPlayer) -> None:
    label_stretch(load_clip(player.clip.folder, player.clip.stem), OwnLabel(0.0, 0.5, "sad", 1))
    player.mark(1.0, 1.5)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label("happy")
    labels = [own.label for own in load_clip(player.clip.folder, player.clip.stem).info.own_labels]
    assert labels == ["sad", "happy"]


def test_labels_that_are_in_the_picture_are_not_drawn_twice(
    qtbot: QtBot, tmp_path: Path, work: Background
) -> None:
    player = open_player(qtbot, write_clip(tmp_path, draw=draw_result), work)
    assert shown_labels(player) == {}
    told = player.view.accessibleDescription()  # who cannot see the picture is told all the same
    assert told.startswith("2 faces: happy ") and ", neutral " in told
    player.label_bar.choose_face(1)
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        player.give_label("sad")
    assert shown_labels(player) == {1: "sad"}


@pytest.mark.parametrize(
    ("draws", "lost", "hint"),
    [
        (False, [], ""),
        (True, [], "Labels are drawn into this clip's picture, so training leaves it out."),
        (False, [".json"], "It is not known whether labels are drawn into this clip's picture, "
         "so training leaves it out."),
        (False, [".json", ".labels.jsonl"], "No face in this video has been labelled yet: open it in the "
         "main window and record what you see."),
    ],
)  # fmt: skip
def test_it_says_why_training_leaves_a_clip_out(
    qtbot: QtBot, tmp_path: Path, work: Background, draws: bool, lost: list[str], hint: str
) -> None:
    clip = write_clip(tmp_path, draw=draw_result if draws else None)
    for suffix in lost:
        clip.path(suffix).unlink()
    player = open_player(qtbot, load_clip(tmp_path, clip.stem), work)
    assert player.label_bar.hint == hint
    assert [label.text() for label in player.label_bar.findChildren(QLabel, "hint") if label.isVisible()] == (
        [hint] if hint else []
    )
    assert player.label_bar.remove_label.isVisible() == ("labelled yet" not in hint)


def test_a_label_after_which_a_clip_is_clean_is_told(qtbot: QtBot) -> None:
    bar = ClipLabelBar()
    qtbot.addWidget(bar)
    bar.show_clip(ClipInfo("2026-11-22T16:05:00", labels=("happy", "sad"), clean_from_s=12.0))
    assert "up to 0:12: training uses what comes after" in bar.hint


@pytest.mark.parametrize(
    ("is_video", "told"),
    [(False, "clip.mp4 is not a video that can be played."), (True, "clip.mp4 holds no picture.")],
)
def test_a_video_that_cannot_be_played_is_told(
    qtbot: QtBot, tmp_path: Path, work: Background, is_video: bool, told: str
) -> None:
    """It was overwritten, or copying it broke off behind its index."""
    clip = write_clip(tmp_path)
    index, _, _ = clip.video.read_bytes().partition(b"mdat")
    clip.video.write_bytes(index if is_video else b"no video at all")
    player = ClipPlayer(clip, work, ThreadGroup(), pytest.fail)
    qtbot.addWidget(player)
    player.show()
    qtbot.waitUntil(lambda: player.message.text() == told, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: player.timeline is not None, timeout=LIMIT_MS)
    assert player.message.isVisible() and not player.play_button.isEnabled()
    qtbot.keyClick(player, Qt.Key.Key_Space)
    assert not player.playing


def test_a_cut_off_video_is_played_as_far_as_it_goes(qtbot: QtBot, tmp_path: Path, work: Background) -> None:
    path = tmp_path / "clip.mp4"
    write_noise(path, frames=60, frame_rate=30)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    player = open_player(qtbot, load_clip(tmp_path, "clip"), work)
    player.seek(1.0)
    player.toggle()
    qtbot.waitUntil(lambda: player.message.text() == "clip.mp4 is damaged from 0:01 on.", timeout=LIMIT_MS)
    assert not player.playing
    player.seek(0.0)
    qtbot.waitUntil(lambda: player.view.result.frame.time_s == 0.0, timeout=LIMIT_MS)
    player.toggle()
    qtbot.waitUntil(lambda: player.view.result.frame.time_s > 0.5, timeout=LIMIT_MS)


def test_a_damaged_place_is_told_by_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_noise(path, frames=120, frame_rate=10)
    data = path.read_bytes()
    start, end = len(data) * 5 // 10, len(data) * 8 // 10
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    with ClipReader(path) as reader:
        assert reader.seek(1.0) is not None
        for _ in range(2):  # the second time nothing was shown just before
            with pytest.raises(RecordingError, match=r"clip\.mp4 is damaged from 0:0[678] on"):
                reader.seek(8.0)
        assert reader.seek(11.5) is not None


def test_a_clip_that_is_opened_anew_at_a_damaged_place_can_still_be_played(tmp_path: Path) -> None:
    """As after a rename, while the player stands there."""
    path = tmp_path / "clip.mp4"
    write_noise(path, frames=120, frame_rate=10)
    data = path.read_bytes()
    start, end = len(data) * 5 // 10, len(data) * 8 // 10
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    played = Played(path)
    played.playback.show(8.0)
    assert played.next()[0] == Played.DAMAGE
    played.playback.show(2.0)
    assert played.next()[0] == pytest.approx(2.0)
    played.close()


def test_read_again_after_damage_a_clip_goes_on_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_noise(path, frames=120, frame_rate=10)
    data = path.read_bytes()
    start, end = len(data) * 5 // 10, len(data) * 6 // 10
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    played = Played(path)
    played.playback.show(5.5)
    played.next()
    played.playback.set_playing(True)
    while (position_s := played.next()[0]) >= 0:
        assert position_s < 7
    assert position_s == Played.DAMAGE
    played.playback.set_playing(True)
    assert played.next()[0] > 6
    played.close()


def test_the_picture_of_a_long_clip_comes_before_its_labels(
    qtbot: QtBot, tmp_path: Path, work: Background, may_read: threading.Event
) -> None:
    player = ClipPlayer(write_clip(tmp_path), work, ThreadGroup(), pytest.fail)
    qtbot.addWidget(player)
    player.show()
    qtbot.waitUntil(lambda: player.view.result is not None, timeout=LIMIT_MS)
    assert player.timeline is None and shown(player) == 0
    assert player.strip.time_at(player.strip.x_of(1.0)) == pytest.approx(1.0, abs=0.01)
    qtbot.waitUntil(lambda: player.message.text() == "Reading the labels…", timeout=LIMIT_MS)
    qtbot.keyClick(player, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: shown(player) == FRAMES - 1, timeout=LIMIT_MS)
    qtbot.keyClick(player, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: 0 < player.position_s < 1, timeout=LIMIT_MS)
    may_read.set()
    qtbot.waitUntil(lambda: bool(player.view.result.faces), timeout=LIMIT_MS)
    assert player.message.isHidden()


@pytest.mark.parametrize(("given_s", "seen_s"), [(1.0, 1.0), (None, 2.0)])
def test_label_lines_that_cannot_be_read_are_told_and_own_labels_are_seen(
    qtbot: QtBot, tmp_path: Path, work: Background, given_s: float | None, seen_s: float
) -> None:
    clip = label_stretch(write_clip(tmp_path), OwnLabel(0.5, given_s, "sad"))
    path = clip.path(".labels.jsonl")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], "no line", *lines[5:], ""]))
    player = open_player(qtbot, clip, work)
    assert player.message.text().startswith("Line 6 of the labels")
    assert player.timeline is not None
    (stretch,) = player.timeline.stretches
    assert (stretch.start_s, stretch.end_s, stretch.label, stretch.own) == (0.5, seen_s, "sad", True)


def test_the_choice_of_a_face_leaves_the_players_keys_to_the_player(qtbot: QtBot, player: ClipPlayer) -> None:
    player.label_bar.face.setFocus()
    qtbot.keyClick(player.label_bar.face, Qt.Key.Key_Down)
    assert player.label_bar.track == 1
    with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
        qtbot.keyClick(player.label_bar.face, Qt.Key.Key_2)
    assert player.clip.info.own_labels == (OwnLabel(0.0, None, "sad", 1),)


@pytest.mark.parametrize("maximised", [False, True])
def test_f_fills_the_screen_and_escape_leaves_that_before_it_closes_the_clip(
    qtbot: QtBot, player: ClipPlayer, maximised: bool
) -> None:
    if maximised:
        player.showMaximized()
    before = player.geometry()
    for key in (Qt.Key.Key_F, Qt.Key.Key_F11, Qt.Key.Key_Escape):
        qtbot.keyClick(player, Qt.Key.Key_F)
        qtbot.waitUntil(player.isFullScreen, timeout=LIMIT_MS)
        qtbot.keyClick(player, key)
        qtbot.waitUntil(lambda: not player.isFullScreen() and player.geometry() == before, timeout=LIMIT_MS)
        assert player.isVisible() and player.isMaximized() == maximised
    qtbot.keyClick(player, Qt.Key.Key_Escape)
    assert not player.isVisible()


def test_the_arrow_keys_step_also_from_a_button(qtbot: QtBot, player: ClipPlayer) -> None:
    qtbot.waitUntil(player.isActiveWindow, timeout=LIMIT_MS)
    for one in (player.play_button, player.label_bar.begin, button(player.label_bar, "sad")):
        one.setFocus(Qt.FocusReason.TabFocusReason)
        for key, number in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 0)):
            qtbot.keyClick(one, key)
            assert player.timeline.number_at(player.position_s) == number
            assert player.focusWidget() is one


def test_the_page_keys_leap(qtbot: QtBot, player: ClipPlayer) -> None:
    player.seek(1.0)
    qtbot.keyClick(player, Qt.Key.Key_PageDown)
    assert player.position_s == pytest.approx(2.0, abs=0.01)  # five seconds on is beyond the end
    qtbot.keyClick(player, Qt.Key.Key_PageUp)
    assert player.position_s == 0.0


def test_answers_that_come_after_it_was_closed_are_let_go(
    qtbot: QtBot, tmp_path: Path, work: Background
) -> None:
    told_later: list[str] = []
    for key in (Qt.Key.Key_Backspace, Qt.Key.Key_1):
        player = ClipPlayer(write_clip(tmp_path, key.name), work, ThreadGroup(), told_later.append)
        player.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        player.show()
        qtbot.waitUntil(lambda player=player: player.timeline is not None, timeout=LIMIT_MS)
        go_on, answered = threading.Event(), threading.Event()
        work.run(lambda go_on=go_on: go_on.wait(LIMIT_MS / 1000))
        qtbot.keyClick(player, key)  # nothing to take back: told in a sentence
        player.undo()
        with qtbot.waitSignal(player.destroyed, timeout=LIMIT_MS):
            player.close()
        work.run(lambda: None, lambda _, answered=answered: answered.set())
        go_on.set()
        qtbot.waitUntil(answered.is_set, timeout=LIMIT_MS)
    assert told_later == ["There is no label of yours here."]


@pytest.mark.parametrize("undone", [False, True])
def test_what_the_user_said_right_before_the_window_closes_is_stored(
    qtbot: QtBot, player: ClipPlayer, work: Background, undone: bool
) -> None:
    if undone:
        with qtbot.waitSignal(player.relabelled, timeout=LIMIT_MS):
            player.give_label_to_all("sad")
    go_on = threading.Event()
    work.run(lambda: go_on.wait(LIMIT_S))  # something else is being done just then
    if undone:
        player.undo()
    else:
        player.give_label_to_all("sad")
    work.close()
    go_on.set()
    assert work.wait(LIMIT_S)
    assert [own.label for own in player.clip.as_now().info.own_labels] == ([] if undone else ["sad"])


def test_the_keys_of_whole_clip_go_to_the_picture_and_not_to_a_label(
    qtbot: QtBot, player: ClipPlayer
) -> None:
    player.mark(0.5, 1.0)
    player.label_bar.whole.setFocus(Qt.FocusReason.TabFocusReason)
    assert player.focusWidget() is player.label_bar.whole
    qtbot.keyClick(player.label_bar.whole, Qt.Key.Key_Space)
    assert player.range_s is None
    assert player.focusWidget() is player.view
