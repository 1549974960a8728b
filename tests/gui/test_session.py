"""The threads behind the window: what is shown, in which order, and how it ends."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from gui_fakes import LABELS, FakeFactory, FakePipeline, FakeSource, FakeSources, picture
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.session import capture, frame_flow, watchdog
from happysad_live.gui.session.label_worker import LabelEvent, LabellerFailed, LabelSettings, LabelWorker
from happysad_live.gui.session.session import Session, State
from happysad_live.sources import CameraInfo
from happysad_live.sources.base import SourceKind

HAPPYSAD = LabelSettings("happysad")


class Screen:
    """Takes every frame the session offers, as the window would."""

    def __init__(self, session: Session) -> None:
        self.results: list[FrameResult] = []
        self._session = session
        session.frames.waiting.connect(self._take)

    def _take(self) -> None:
        result = self._session.frames.take()
        if result is not None:
            self.results.append(result)
            self._session.frames.painted(result.frame, plays=self._session.state is State.PLAYING)

    @property
    def labelled(self) -> list[FrameResult]:
        return [result for result in self.results if result.labels]


def wait_for_state(qtbot: QtBot, session: Session, state: State) -> None:
    qtbot.waitUntil(lambda: session.state is state, timeout=LIMIT_MS)


def test_the_picture_comes_first_and_its_labels_later(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    factory.gate.clear()
    screen = Screen(session)
    session.play("0")
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: len(screen.results) >= 3, timeout=LIMIT_MS)
    assert not screen.labelled
    assert session.labelling.is_loading
    factory.gate.set()
    qtbot.waitUntil(lambda: len(screen.labelled) >= 3, timeout=LIMIT_MS)
    assert screen.labelled[-1].labels == LABELS
    assert session.labelling.settings == HAPPYSAD


def screen_with_model(qtbot: QtBot, session: Session, sources: FakeSources) -> Screen:
    """For a camera “0”, once a model waits for its pictures."""
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: session.labelling.settings is not None, timeout=LIMIT_MS)
    return Screen(session)


def test_while_nobody_can_see_the_picture_only_a_recording_costs_labels(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_flow, "UNSEEN_INTERVAL_S", 3600.0)
    screen = screen_with_model(qtbot, session, sources)
    session.play("0")
    qtbot.waitUntil(lambda: bool(screen.labelled), timeout=LIMIT_MS)
    session.frames.set_seen(False)
    # Of the frames that were in work when it went out of sight, labels may still come.
    qtbot.waitUntil(lambda: all(not result.labels for result in screen.results[-5:]), timeout=LIMIT_MS)
    unseen = len(screen.results)
    qtbot.waitUntil(lambda: len(screen.results) >= unseen + 5, timeout=LIMIT_MS)
    assert not any(result.labels for result in screen.results[unseen:])
    recorded: list[FrameResult] = []
    session.frames.tap = lambda result, _model: recorded.append(result)
    qtbot.waitUntil(lambda: len(recorded) >= 3, timeout=LIMIT_MS)
    session.frames.tap = None


def test_faces_are_followed_while_nobody_can_see_them(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_flow, "UNSEEN_INTERVAL_S", 0.2)
    screen = screen_with_model(qtbot, session, sources)
    session.frames.set_seen(False)
    session.play("0")
    qtbot.waitUntil(lambda: len(screen.labelled) >= 3, timeout=LIMIT_MS)
    times_s = [result.frame.captured_at_s for result in screen.labelled]
    assert min(after - before for before, after in pairwise(times_s)) >= 0.2


def test_a_picture_that_was_held_out_of_sight_has_its_labels_when_it_is_seen_again(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_flow, "UNSEEN_INTERVAL_S", 3600.0)
    screen = screen_with_model(qtbot, session, sources)
    session.frames.set_seen(False)
    session.play("0")
    qtbot.waitUntil(lambda: bool(screen.results and not screen.results[-1].labels), timeout=LIMIT_MS)
    session.toggle_pause()
    held = screen.results[-1].frame.index
    session.frames.set_seen(True)
    qtbot.waitUntil(lambda: screen.results[-1].labels == LABELS, timeout=LIMIT_MS)
    assert screen.results[-1].frame.index >= held


def test_labels_come_with_the_very_frame_they_were_computed_from(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=40))
    screen = Screen(session)
    session.play("clip")
    session.labelling.use(HAPPYSAD)
    wait_for_state(qtbot, session, State.ENDED)
    qtbot.waitUntil(lambda: len(screen.labelled) >= 5, timeout=LIMIT_MS)
    for result in screen.labelled:
        # The fake pipeline puts the box where the frame's index says, the fake source its grey.
        assert result.faces[0].face.box.x0 == result.frame.index == result.frame.image[0, 0, 0]
    indices = [result.frame.index for result in screen.results]
    assert indices == sorted(indices)


def test_a_slow_model_sees_the_newest_frame_and_the_others_are_counted(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=30))
    factory.hold = threading.Event()
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: session.labelling.settings is not None, timeout=LIMIT_MS)
    session.play("clip")
    wait_for_state(qtbot, session, State.ENDED)
    factory.hold.set()
    qtbot.waitUntil(lambda: bool(screen.results) and screen.results[-1].frame.index == 29, timeout=LIMIT_MS)
    # One was in work, as a rule the first, and the last was waiting: all others were passed over.
    in_work, last = factory.built[0].labelled
    assert last == 29
    assert {result.frame.index for result in screen.results} <= {in_work, last}
    assert len(screen.results) + session.frames.stats().dropped == 30
    passed_over = session.frames.stats().dropped
    with qtbot.waitSignal(session.labelling.ready, timeout=LIMIT_MS):
        session.labelling.use(LabelSettings("gloomy"))
    assert session.frames.stats().dropped == passed_over  # another model forgets none of them


def test_a_picture_on_which_labelling_fails_is_shown_without_labels(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    """There is no next one, which would come without."""
    sources.add("photograph", FakeSource(kind="images", frames=1))
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: session.labelling.settings is not None, timeout=LIMIT_MS)
    factory.built[0].process = None  # type: ignore[assignment, method-assign]
    with qtbot.waitSignal(session.labelling.failed, timeout=LIMIT_MS):
        session.play("photograph")
    qtbot.waitUntil(lambda: len(screen.results) == 1, timeout=LIMIT_MS)
    assert not screen.labelled


def test_the_delay_is_from_capture_to_screen_in_milliseconds(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    session.play("0")
    qtbot.waitUntil(lambda: session.state is State.PLAYING, timeout=LIMIT_MS)
    session.frames.painted(Frame(picture(0), 0, 0.0, time.perf_counter() - 0.25), plays=True)
    delay_ms = session.frames.stats().delay_ms
    assert delay_ms is not None and 250 <= delay_ms < 2000


def test_a_file_plays_at_its_own_pace(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add("clip", FakeSource(kind="file", frames=25, frame_rate=50.0))
    screen = Screen(session)
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
        session.play("clip")
    started_s = time.perf_counter()
    wait_for_state(qtbot, session, State.ENDED)
    # 25 frames of 20 ms; the opening itself may have taken a little of it.
    assert time.perf_counter() - started_s > 0.4
    assert screen.results[-1].frame.index == 24


def test_where_no_camera_opens_the_demo_says_what_to_do_about_the_first(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add_camera(0, "Camera that is not allowed")
    sources.add_camera(1, "Another")
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS) as opened:
        session.play(None)
    info, reason = opened.args
    assert info.kind == "demo"
    assert reason == "This is the drawn demo: “0” cannot be opened: it is not there."


def test_the_first_camera_that_answers_is_taken(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add_camera(0, "Busy camera")
    sources.add_camera(2, "Free camera", FakeSource("Free camera"))
    signals = [session.source_opened, session.cameras_found]
    with qtbot.waitSignals(signals, timeout=LIMIT_MS) as seen:
        session.play(None)
    arguments = {signal.signal_name: signal.args for signal in seen.all_signals_and_args}
    info, reason = arguments["source_opened(PyQt_PyObject,QString)"]
    assert (info.name, reason) == ("Free camera", "")
    assert session.spec == "2"
    (cameras,) = arguments["cameras_found(PyQt_PyObject)"]
    assert [camera.index for camera in cameras] == [0, 2]


def test_a_camera_that_opens_but_sends_nothing_gives_way_to_the_demo(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add_camera(0, "Dark camera", FakeSource("Dark camera", fails_at=0))
    names: list[str] = []
    session.source_opened.connect(lambda info, reason: names.append(info.name))
    session.play(None)
    qtbot.waitUntil(lambda: names == ["Dark camera", "The demo"], timeout=LIMIT_MS)


def test_the_demo_never_ends(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add("demo", FakeSource("The demo", "demo", frames=5))
    screen = Screen(session)
    session.play("demo")
    qtbot.waitUntil(lambda: bool(screen.results) and screen.results[-1].frame.index >= 12, timeout=LIMIT_MS)
    times_s = [result.frame.time_s for result in screen.results]
    # 100 frames a second without a seam: the time goes on like the index.
    assert all(abs(result.frame.time_s - result.frame.index / 100) < 1e-6 for result in screen.results)
    assert times_s == sorted(times_s)


def test_a_camera_that_comes_later_does_not_switch_itself_on_when_the_demo_loops(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("demo", FakeSource("The demo", "demo", frames=5))
    screen = Screen(session)
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
        session.play(None)
    sources.add_camera(0, "Late camera", FakeSource("Late camera"))
    qtbot.waitUntil(lambda: bool(screen.results) and screen.results[-1].frame.index >= 12, timeout=LIMIT_MS)
    assert set(sources.opened) == {"demo"}


@pytest.mark.parametrize("kind", ["file", "images"])
def test_files_loop_only_when_that_is_preferred(
    qtbot: QtBot, session: Session, sources: FakeSources, kind: SourceKind
) -> None:
    sources.add("clip", FakeSource(kind=kind, frames=5))
    screen = Screen(session)
    session.loop_files = True
    session.play("clip")
    qtbot.waitUntil(lambda: bool(screen.results) and screen.results[-1].frame.index >= 7, timeout=LIMIT_MS)
    session.loop_files = False
    wait_for_state(qtbot, session, State.ENDED)
    assert (screen.results[-1].frame.index + 1) % 5 == 0


def test_a_photograph_is_looked_at_once_also_where_files_are_repeated(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("photo.jpg", FakeSource(kind="images", frames=1))
    session.loop_files = True
    session.play("photo.jpg")
    wait_for_state(qtbot, session, State.ENDED)


def test_the_picture_of_a_folder_that_is_sought_is_held(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("pictures", FakeSource(kind="images", frames=50, frame_rate=20.0))
    screen = Screen(session)
    session.play("pictures")
    qtbot.waitUntil(lambda: bool(screen.results), timeout=LIMIT_MS)
    session.seek(2.0)
    assert session.state is State.PAUSED
    qtbot.waitUntil(lambda: screen.results[-1].frame.position_s == 2.0, timeout=LIMIT_MS)
    with qtbot.assertNotEmitted(session.frames.waiting, wait=200):
        pass  # four pictures long


def test_nothing_of_a_source_is_known_any_more_while_another_is_opened(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """Or a camera could not be recorded that comes after a photograph, as a photograph cannot."""
    sources.add("photo.jpg", FakeSource(kind="images", frames=1))
    sources.add("camera", FakeSource())
    answers = sources.held["camera"] = threading.Event()
    session.play("photo.jpg")
    wait_for_state(qtbot, session, State.ENDED)
    assert session.is_photograph and session.length_s is not None
    session.play("camera")
    assert not session.is_photograph and session.length_s is None
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
        answers.set()


def test_pausing_holds_the_picture_and_playing_goes_on(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=400, frame_rate=20.0))
    screen = Screen(session)
    session.play("clip")
    qtbot.waitUntil(lambda: len(screen.results) >= 3, timeout=LIMIT_MS)
    session.toggle_pause()
    assert session.state is State.PAUSED
    with qtbot.assertNotEmitted(session.source_failed, wait=50):
        pass  # what was on its way arrives
    held = screen.results[-1].frame.index
    with qtbot.assertNotEmitted(session.frames.waiting, wait=200):
        pass  # four frames long
    assert screen.results[-1].frame.index == held
    session.toggle_pause()
    qtbot.waitUntil(lambda: screen.results[-1].frame.index > held, timeout=LIMIT_MS)
    # A file goes on where it was held: nothing was passed over.
    assert min(result.frame.index for result in screen.results if result.frame.index > held) == held + 1


def test_pausing_holds_a_picture_that_stands_for_a_while(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """As in a folder of pictures: the next one is read already and only waits for its time."""
    sources.add("pictures", FakeSource(kind="images", frames=2, frame_rate=4.0))
    screen = Screen(session)
    session.play("pictures")
    qtbot.waitUntil(lambda: len(screen.results) == 1, timeout=LIMIT_MS)
    session.toggle_pause()
    with qtbot.assertNotEmitted(session.frames.waiting, wait=600):
        pass  # longer than a picture stands
    session.toggle_pause()
    qtbot.waitUntil(lambda: len(screen.results) == 2, timeout=LIMIT_MS)
    # The delay that the user is told does not count that while.
    assert screen.results[1].frame.captured_at_s - screen.results[0].frame.captured_at_s > 0.5
    session.toggle_pause()
    with qtbot.assertNotEmitted(session.state_changed, wait=600):
        pass
    assert session.state is State.PAUSED
    session.toggle_pause()
    wait_for_state(qtbot, session, State.ENDED)


def test_going_elsewhere_in_a_file_counts_on_and_starts_faces_anew(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=200))
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: session.labelling.settings == HAPPYSAD, timeout=LIMIT_MS)
    session.play("clip")
    qtbot.waitUntil(lambda: len(screen.labelled) >= 3, timeout=LIMIT_MS)
    session.seek(1.5)
    qtbot.waitUntil(lambda: screen.results[-1].frame.seek_serial == 1, timeout=LIMIT_MS)
    there = next(result.frame for result in screen.results if result.frame.seek_serial)
    assert there.position_s == 1.5
    assert there.image[0, 0, 0] == 150  # the fake's picture number 150
    assert there.time_s < 1  # nothing was recorded of what was passed over
    wait_for_state(qtbot, session, State.ENDED)
    qtbot.waitUntil(lambda: screen.results[-1].frame.position_s == 1.99, timeout=LIMIT_MS)
    frames = [result.frame for result in screen.results]
    assert all(a.index < b.index and a.time_s < b.time_s for a, b in pairwise(frames))
    # Other faces with other numbers, for it is the same source.
    assert (factory.built[0].forgotten, factory.built[0].resets) == (1, 0)


def test_a_held_file_shows_the_picture_that_is_sought_and_holds_it(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    clip = FakeSource(kind="file", frames=400)
    sources.add("clip", clip)
    screen = Screen(session)
    session.play("clip")
    qtbot.waitUntil(lambda: len(screen.results) >= 3, timeout=LIMIT_MS)
    session.toggle_pause()
    for place_s in (3.0, 0.5):  # on, and back
        session.seek(place_s)
        qtbot.waitUntil(lambda s=place_s: screen.results[-1].frame.position_s == s, timeout=LIMIT_MS)
        with qtbot.assertNotEmitted(session.frames.waiting, wait=100):
            pass  # ten pictures long
        assert clip.went_back == (place_s == 0.5)
    # The next picture is read already, which is not where the user is: 0.5 and 0.51.
    session.seek(0.51)
    qtbot.waitUntil(lambda: screen.results[-1].frame.position_s == 0.51, timeout=LIMIT_MS)
    assert not clip.went_back
    assert session.state is State.PAUSED
    session.toggle_pause()
    qtbot.waitUntil(lambda: screen.results[-1].frame.position_s > 0.51, timeout=LIMIT_MS)
    assert screen.results[-1].frame.position_s < 3.0


def test_how_long_a_seek_takes_is_not_made_up_for(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    clip = FakeSource(kind="file", frames=400, frame_rate=10.0)
    clip.seek_s = 0.5
    sources.add("clip", clip)
    screen = Screen(session)
    session.play("clip")
    qtbot.waitUntil(lambda: bool(screen.results), timeout=LIMIT_MS)
    sought_at_s = time.perf_counter()
    session.seek(5.0)
    qtbot.waitUntil(lambda: screen.results[-1].frame.position_s >= 5.4, timeout=LIMIT_MS)
    # The seek itself, and four pictures of a tenth of a second.
    assert time.perf_counter() - sought_at_s > 0.89


def test_what_has_ended_plays_again_from_where_it_is_sought(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=20))
    screen = Screen(session)
    session.play("clip")
    for ended in range(2):
        wait_for_state(qtbot, session, State.ENDED)
        session.seek(0.15)
        assert session.state is State.PLAYING
        qtbot.waitUntil(lambda n=ended: screen.results[-1].frame.seek_serial == n + 1, timeout=LIMIT_MS)
    wait_for_state(qtbot, session, State.ENDED)
    assert min(result.frame.position_s for result in screen.results if result.frame.seek_serial) == 0.15


def test_what_is_recorded_has_no_leap_in_it(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=6000))
    factory.hold = threading.Event()
    factory.hold.set()
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    session.play("clip")
    qtbot.waitUntil(lambda: bool(screen.labelled), timeout=LIMIT_MS)
    factory.hold.clear()  # a frame is in work when the user goes elsewhere, and then asks for a clip
    passed_over = session.labelling.dropped
    qtbot.waitUntil(lambda: session.labelling.dropped > passed_over + 1, timeout=LIMIT_MS)
    session.seek(30.0)
    recorded: list[FrameResult] = []
    session.frames.tap = lambda result, _model: recorded.append(result)
    factory.hold.set()
    qtbot.waitUntil(lambda: len(recorded) >= 3, timeout=LIMIT_MS)
    assert min(result.frame.position_s for result in recorded) >= 30.0
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
        session.play("demo")  # in which nobody has gone anywhere
    recorded.clear()
    qtbot.waitUntil(lambda: len(recorded) >= 3, timeout=LIMIT_MS)


def test_a_camera_cannot_be_sought_in(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    screen = Screen(session)
    session.play("0")
    qtbot.waitUntil(lambda: len(screen.results) >= 3, timeout=LIMIT_MS)
    session.seek(0.0)
    shown = len(screen.results)
    qtbot.waitUntil(lambda: len(screen.results) >= shown + 3, timeout=LIMIT_MS)
    assert {result.frame.seek_serial for result in screen.results} == {0}


def test_a_film_from_a_stream_ends(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add("http://film", FakeSource("film", "stream", frames=5))
    with qtbot.assertNotEmitted(session.source_failed):
        session.play("http://film")
        wait_for_state(qtbot, session, State.ENDED)
    assert sources.opened == ["http://film"]


def test_a_camera_goes_on_with_a_fresh_picture_after_a_pause(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    camera = FakeSource("Front camera")
    sources.add_camera(0, "Front camera", camera)
    screen = Screen(session)
    session.play("0")
    qtbot.waitUntil(lambda: len(screen.results) >= 2, timeout=LIMIT_MS)
    session.toggle_pause()
    paused_at, seen = camera.frames_read, len(screen.results)
    qtbot.waitUntil(lambda: camera.frames_read >= paused_at + 10, timeout=LIMIT_MS)
    resumed_s = time.perf_counter()
    count = len(screen.results)
    assert count <= seen + 2  # one may be on its way, and another being read
    session.toggle_pause()
    qtbot.waitUntil(lambda: len(screen.results) > count, timeout=LIMIT_MS)
    assert screen.results[count].frame.captured_at_s > resumed_s


def test_a_paused_picture_is_labelled_once_the_model_is_ready(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=400))
    factory.gate.clear()
    screen = Screen(session)
    session.play("clip")
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: len(screen.results) >= 2, timeout=LIMIT_MS)
    session.toggle_pause()
    factory.gate.set()
    qtbot.waitUntil(lambda: bool(screen.labelled), timeout=LIMIT_MS)
    assert session.state is State.PAUSED


def test_a_file_that_was_over_before_the_model_was_ready_plays_again_with_labels(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=8))
    factory.gate.clear()
    screen = Screen(session)
    session.play("clip")
    session.labelling.use(HAPPYSAD)
    wait_for_state(qtbot, session, State.ENDED)
    assert not screen.labelled
    factory.gate.set()
    wait_for_state(qtbot, session, State.PLAYING)
    wait_for_state(qtbot, session, State.ENDED)
    qtbot.waitUntil(lambda: screen.labelled[-1].frame.index == 7, timeout=LIMIT_MS)
    assert sources.opened == ["clip", "clip"]
    # Another model labels the picture that stands there, and plays nothing again.
    session.labelling.use(LabelSettings("gloomy"))
    qtbot.waitUntil(lambda: screen.labelled[-1].faces[0].label == "sad", timeout=LIMIT_MS)
    assert session.state is State.ENDED


def test_faces_keep_their_numbers_when_the_model_changes(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    screen = Screen(session)
    session.play("0")
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: len(screen.labelled) > 3, timeout=LIMIT_MS)
    session.labelling.use(LabelSettings("gloomy"))
    qtbot.waitUntil(lambda: screen.labelled[-1].faces[0].label == "sad", timeout=LIMIT_MS)
    first, second = factory.built
    assert second.went_on_from is not None
    assert second.went_on_from.known == first.found


@pytest.mark.parametrize(("number", "seek_serial", "goes_on"), [(1, 0, True), (2, 0, False), (1, 1, False)])
def test_another_model_knows_the_faces_of_the_same_source_alone_and_of_the_same_place_in_it(
    factory: FakeFactory, number: int, seek_serial: int, goes_on: bool
) -> None:
    def finish(event: LabelEvent) -> None:
        event.worker.finish()

    workers = [LabelWorker(factory, HAPPYSAD, lambda *_: None, finish) for _ in range(2)]
    workers[1].take_over(workers[0])
    frame = Frame(picture(0), 0, 0.0, 0.0)
    workers[0].inbox.put((1, frame))
    workers[1].inbox.put((number, replace(frame, seek_serial=seek_serial)))
    for worker in workers:
        worker.start()
        worker.join(LIMIT_MS / 1000)
    assert (factory.built[1].went_on_from is not None) is goes_on


def test_whatever_goes_wrong_where_a_model_is_loaded_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: LabelSettings) -> FakePipeline:
        raise RuntimeError("a library that is another one")

    told: list[object] = []
    worker = LabelWorker(broken, HAPPYSAD, lambda *_: None, told.append)
    worker.run()
    (failed,) = told
    assert isinstance(failed, LabellerFailed)
    assert str(failed.error) == "The face finder or the model could not be loaded."
    assert "a library that is another one" in caplog.text  # for who looks after it


def test_frames_wait_for_a_busy_model_but_not_for_one_that_is_always_too_slow(
    qtbot: QtBot, session: Session, factory: FakeFactory
) -> None:
    session.labelling.use(HAPPYSAD)
    session.labelling.allow_backlog(10)
    qtbot.waitUntil(
        lambda: len(factory.built) == 1 and session.labelling.settings is not None, timeout=LIMIT_MS
    )
    (held,) = factory.built
    held.hold = threading.Event()
    waiting = []
    for index in range(8 * 30):  # eight seconds of a camera, at once
        frame = Frame(np.zeros((9, 16, 3), np.uint8), index, index / 30, captured_at_s=index / 30)
        session.labelling.put(session.frames.source_serial, frame)
        waiting.append(session.labelling.pending)
    held.hold.set()
    assert max(waiting) >= 10
    assert waiting[-1] <= 2  # one, and what the model has in work


def test_who_stops_does_not_wait_for_the_frames_of_the_model_before(
    qtbot: QtBot, session: Session, factory: FakeFactory
) -> None:
    screen = Screen(session)
    session.play("demo")
    session.labelling.use(HAPPYSAD)
    session.labelling.allow_backlog(10)
    qtbot.waitUntil(lambda: len(screen.labelled) > 3, timeout=LIMIT_MS)
    (slow,) = factory.built
    slow.hold = threading.Event()
    qtbot.waitUntil(lambda: session.labelling.pending > 10, timeout=LIMIT_MS)
    labelled = len(slow.labelled)
    with qtbot.waitSignal(session.labelling.ready, timeout=LIMIT_MS):
        session.labelling.use(LabelSettings("gloomy"))
    session.labelling.stop()
    slow.hold.set()
    qtbot.waitUntil(lambda: slow.closed, timeout=LIMIT_MS)
    assert len(slow.labelled) == labelled + 1  # the one that it had in work


def test_at_the_end_playing_starts_from_the_beginning(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=5))
    screen = Screen(session)
    session.play("clip")
    wait_for_state(qtbot, session, State.ENDED)
    session.toggle_pause()

    def began_anew() -> bool:  # on a busy machine the last results of the first time come late
        indexes = [result.frame.index for result in screen.results]
        return any(later < earlier for earlier, later in pairwise(indexes))

    qtbot.waitUntil(began_anew, timeout=LIMIT_MS)
    assert sources.opened == ["clip", "clip"]


@pytest.mark.parametrize(
    ("silent", "wanted"),
    [("rtsp://nobody/there", "0"), ("0", "demo:1"), ("0", "rtsp://desk/"), ("0", __file__)],
)
def test_nobody_waits_for_what_does_not_answer_unless_both_are_cameras(
    qtbot: QtBot,
    session: Session,
    sources: FakeSources,
    monkeypatch: pytest.MonkeyPatch,
    silent: str,
    wanted: str,
) -> None:
    monkeypatch.setattr(capture, "PREDECESSOR_LIMIT_S", 10 * LIMIT_MS)
    answers = sources.held[silent] = threading.Event()
    sources.add(wanted, FakeSource("Wanted"))
    session.play(silent)
    qtbot.waitUntil(lambda: silent in sources.opened, timeout=LIMIT_MS)
    try:
        with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
            session.play(wanted)
    finally:
        answers.set()


def test_a_camera_is_opened_when_the_one_before_it_is_free(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where an address was chosen in between."""
    monkeypatch.setattr(capture, "PREDECESSOR_LIMIT_S", 10 * LIMIT_MS)
    sources.add_camera(0, "Desk camera", FakeSource("Desk camera"))
    for spec in ("0", "rtsp://nobody/there"):
        sources.held[spec] = threading.Event()
    session.play("0")
    qtbot.waitUntil(lambda: sources.opened == ["0"], timeout=LIMIT_MS)
    session.play("rtsp://nobody/there")
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
        session.play("0")
        assert sources.opened.count("0") == 1
        for answers in sources.held.values():
            answers.set()
    assert sources.opened[-1] == "0"


def test_a_held_picture_stays_held_when_its_camera_is_back(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """Who has paused does not want to be seen, or recorded, again without a word."""
    camera, *later = (FakeSource("Front camera") for _ in range(3))
    sources.add_camera(0, "Front camera", camera, *later)
    screen = Screen(session)
    states: list[State] = []
    session.state_changed.connect(states.append)
    session.play("0")
    qtbot.waitUntil(lambda: bool(screen.results), timeout=LIMIT_MS)
    session.toggle_pause()
    with qtbot.waitSignal(session.source_opened, timeout=LIMIT_MS):
        camera.fails_at = camera.frames_read + 10
    wait_for_state(qtbot, session, State.PAUSED)
    assert states == [State.OPENING, State.PLAYING, State.PAUSED, State.FAILED, State.PAUSED]
    session.toggle_pause()
    assert session.state is State.PLAYING
    session.play("0")
    wait_for_state(qtbot, session, State.PLAYING)


def test_a_camera_that_is_plugged_in_elsewhere_is_known_by_its_name(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera", fails_at=3))
    session.play("0")
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        pass
    del sources.known["0"]
    sources.cameras.clear()
    sources.add_camera(1, "Another camera", FakeSource("Another camera"))
    sources.add_camera(2, "Front camera", FakeSource("Front camera"))
    wait_for_state(qtbot, session, State.PLAYING)
    assert (session.spec, sources.opened[-2:]) == ("2", ["0", "2"])


def test_a_camera_that_tells_its_name_to_nobody_else_while_it_plays_is_known_when_it_is_back(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    camera = FakeSource("Front camera")
    sources.add("0", camera)
    sources.cameras = [CameraInfo(0, "Camera 0", "/dev/video0", None, None, None, "Camera 0 is in use.")]
    with qtbot.waitSignal(session.cameras_found, timeout=LIMIT_MS):
        session.play("0")
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        camera.fails_at = camera.frames_read + 10
    sources.cameras.clear()
    sources.add_camera(0, "Front camera", FakeSource("Front camera"))
    wait_for_state(qtbot, session, State.PLAYING)


def test_no_other_camera_takes_the_place_of_one_that_is_lost(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """Neither one of the same name that was there all the time, nor one that gets the lost one's number."""
    lost, twin = FakeSource("Twin"), FakeSource("Twin")
    sources.add_camera(0, "Twin", lost)
    sources.add_camera(1, "Twin", twin)
    with qtbot.waitSignal(session.cameras_found, timeout=LIMIT_MS):
        session.play("0")
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        lost.fails_at = lost.frames_read + 10
    for index, name in ((1, "Twin"), (0, "Twin"), (0, "Built in")):
        sources.cameras = [CameraInfo(index, name, "/dev/video1", 640, 480, 30.0)]
        sources.known = {str(index): [twin]}
        listed = sources.listed
        qtbot.waitUntil(lambda listed=listed: sources.listed == listed + 2, timeout=LIMIT_MS)
        assert session.is_retrying
    assert twin.frames_read == 0
    sources.add_camera(3, "Twin", FakeSource("Twin"))
    wait_for_state(qtbot, session, State.PLAYING)
    assert session.spec == "3"


def test_a_camera_that_was_named_is_not_replaced_by_another_of_its_name(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """A name opens the first camera that is called so, which is another one once the first is unplugged."""
    lost, twin = FakeSource("Twin"), FakeSource("Twin")
    sources.add_camera(0, "Twin", lost)
    sources.add_camera(1, "Twin", twin)
    sources.add("twin", lost, twin)
    with qtbot.waitSignal(session.cameras_found, timeout=LIMIT_MS):
        session.play("twin")
    first, second = sources.cameras
    sources.cameras = [second]
    listed = sources.listed
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        lost.fails_at = lost.frames_read + 10
    qtbot.waitUntil(lambda: sources.listed == listed + 2, timeout=LIMIT_MS)
    assert session.is_retrying and twin.frames_read == 0
    sources.cameras = [first, second]
    sources.known["twin"] = [FakeSource("Twin")]
    wait_for_state(qtbot, session, State.PLAYING)
    assert twin.frames_read == 0


def test_a_camera_that_a_link_of_its_own_opened_is_waited_for_at_that_link(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """udev makes such links for those who have several cameras of one name."""
    link = "/dev/v4l/by-id/usb-Twin_7-video-index0"
    lost, twin = FakeSource("Twin"), FakeSource("Twin")
    sources.add_camera(0, "Twin", lost)
    sources.add(link, lost)
    with qtbot.waitSignal(session.cameras_found, timeout=LIMIT_MS):
        session.play(link)
    sources.cameras, sources.known = [], {}
    sources.add_camera(2, "Twin", twin)  # another one, which was not there before
    opened = len(sources.opened)
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        lost.fails_at = lost.frames_read + 10
    qtbot.waitUntil(lambda: len(sources.opened) >= opened + 2, timeout=LIMIT_MS)
    assert session.is_retrying and twin.frames_read == 0
    sources.add(link, FakeSource("Twin"))
    wait_for_state(qtbot, session, State.PLAYING)
    assert (session.spec, twin.frames_read) == (link, 0)


def test_a_silent_camera_is_noticed_and_so_is_its_return(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "SILENCE_LIMIT_S", 1.0)
    camera = FakeSource("Front camera")
    sources.add_camera(0, "Front camera", camera)
    session.play("0")
    wait_for_state(qtbot, session, State.PLAYING)
    with qtbot.waitSignal(session.watchdog.silence_changed, timeout=LIMIT_MS) as silence:
        camera.silent.set()
    assert silence.args == [True]
    with qtbot.waitSignal(session.watchdog.silence_changed, timeout=LIMIT_MS) as silence:
        camera.silent.clear()
    assert silence.args == [False]


def test_a_slow_camera_is_not_called_silent_between_its_pictures(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "SILENCE_LIMIT_S", 0.2)
    camera = FakeSource("Slow camera", frame_rate=2.5)
    sources.add_camera(0, "Slow camera", camera)
    session.play("0")
    qtbot.waitUntil(lambda: camera.frames_read == 3, timeout=LIMIT_MS)  # its pace is known then
    with qtbot.assertNotEmitted(session.watchdog.silence_changed):
        qtbot.waitUntil(lambda: camera.frames_read == 6, timeout=LIMIT_MS)
    camera.silent.set()
    with qtbot.waitSignal(session.watchdog.silence_changed, timeout=LIMIT_MS) as silence:
        pass
    assert silence.args == [True]


def test_any_thread_can_tell_when_the_program_did_not_run(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept_s = [0.0]
    clock = SimpleNamespace(perf_counter=lambda: time.perf_counter() + slept_s[0])
    monkeypatch.setattr(watchdog, "time", clock)
    with qtbot.assertNotEmitted(session.watchdog.silence_changed, wait=3 * watchdog.WATCH_MS):
        pass
    assert session.watchdog.stood_still_at_s() == -math.inf
    asleep_at_s = time.perf_counter()
    slept_s[0] = 3600.0
    for _ in range(2):  # before the window's thread has noticed it, and afterwards
        assert asleep_at_s < session.watchdog.stood_still_at_s() < asleep_at_s + 3600
        with qtbot.assertNotEmitted(session.watchdog.silence_changed, wait=2 * watchdog.WATCH_MS):
            pass


def test_after_switching_no_frame_of_the_old_source_appears(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    first, second = FakeSource("One"), FakeSource("Two", "file", frames=300)
    sources.add("one", first)
    sources.add("two", second)
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    session.play("one")
    qtbot.waitUntil(lambda: len(screen.labelled) >= 5, timeout=LIMIT_MS)
    seen = len(screen.results)
    session.play("two")
    qtbot.waitUntil(lambda: len(screen.results) >= seen + 5, timeout=LIMIT_MS)
    indices = [result.frame.index for result in screen.results[seen:]]
    assert indices[0] == 0
    assert indices == sorted(indices)
    assert first.closed.is_set()
    # The faces of another source are other faces.
    assert factory.built[0].resets == 1


def test_a_model_is_replaced_without_a_gap_in_the_labels(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    sources.add("cam", FakeSource())
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    session.play("cam")
    qtbot.waitUntil(lambda: len(screen.labelled) >= 3, timeout=LIMIT_MS)
    first_labelled = screen.results.index(screen.labelled[0])
    factory.gate.clear()
    session.labelling.use(LabelSettings("gloomy"))
    seen = len(screen.labelled)
    qtbot.waitUntil(lambda: len(screen.labelled) >= seen + 5, timeout=LIMIT_MS)
    assert screen.labelled[-1].faces[0].label == "happy"
    factory.gate.set()
    qtbot.waitUntil(lambda: screen.labelled[-1].faces[0].label == "sad", timeout=LIMIT_MS)
    assert all(result.labels for result in screen.results[first_labelled:])
    qtbot.waitUntil(lambda: factory.built[0].closed, timeout=LIMIT_MS)


def test_a_model_that_is_not_wanted_any_more_once_it_is_loaded_is_let_go_of(
    qtbot: QtBot, session: Session, factory: FakeFactory
) -> None:
    factory.gate.clear()
    session.labelling.use(HAPPYSAD)
    session.labelling.use(LabelSettings("gloomy"))
    factory.gate.set()
    qtbot.waitUntil(lambda: session.labelling.settings == LabelSettings("gloomy"), timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: len(factory.built) == 2, timeout=LIMIT_MS)
    happy, gloomy = sorted(factory.built, key=lambda pipeline: pipeline.label)
    qtbot.waitUntil(lambda: happy.closed, timeout=LIMIT_MS)
    assert (happy.label, gloomy.closed) == ("happy", False)


def test_a_model_that_cannot_be_loaded_leaves_the_one_before_it(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("cam", FakeSource())
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    session.play("cam")
    qtbot.waitUntil(lambda: bool(screen.labelled), timeout=LIMIT_MS)
    with qtbot.waitSignal(session.labelling.failed, timeout=LIMIT_MS) as failed:
        session.labelling.use(LabelSettings("broken"))
    assert str(failed.args[0]) == "The model “broken” is damaged: copy it again."
    assert session.labelling.settings == HAPPYSAD
    seen = len(screen.labelled)
    qtbot.waitUntil(lambda: len(screen.labelled) > seen, timeout=LIMIT_MS)


def test_without_any_model_the_picture_goes_on(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add("cam", FakeSource())
    screen = Screen(session)
    session.play("cam")
    with qtbot.waitSignal(session.labelling.failed, timeout=LIMIT_MS):
        session.labelling.use(LabelSettings("broken"))
    assert session.labelling.settings is None
    seen = len(screen.results)
    qtbot.waitUntil(lambda: len(screen.results) > seen, timeout=LIMIT_MS)


def test_the_figures_tell_rate_and_delay(qtbot: QtBot, session: Session, sources: FakeSources) -> None:
    sources.add("clip", FakeSource(kind="file", frames=600, frame_rate=50.0))
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: session.labelling.settings is not None, timeout=LIMIT_MS)
    session.play("clip")
    qtbot.waitUntil(lambda: len(screen.labelled) > 60, timeout=LIMIT_MS)
    stats = session.frames.stats()
    assert 30 < stats.labelled_per_s < 60
    assert stats.delay_ms is not None
    assert 0 < stats.delay_ms < 1000
    assert 10 < stats.shown_per_s < 60


def test_closing_releases_everything_and_twice_is_harmless(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    camera = FakeSource()
    sources.add("cam", camera)
    screen = Screen(session)
    session.labelling.use(HAPPYSAD)
    session.play("cam")
    qtbot.waitUntil(lambda: bool(screen.labelled), timeout=LIMIT_MS)
    before = set(threading.enumerate())
    assert session.close() is True
    assert session.close() is True
    assert camera.closed.is_set()
    assert factory.built[0].closed
    assert not [
        thread for thread in before if thread.name.startswith(("capture", "labels")) and thread.is_alive()
    ]
    session.play("cam")
    session.labelling.use(HAPPYSAD)
    assert session.state is State.CLOSED
    assert len(factory.asked) == 1


def test_a_held_picture_that_was_sought_is_looked_at_as_a_photograph(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add("clip", FakeSource(kind="file", frames=400, frame_rate=20.0))
    screen = Screen(session)
    session.play("clip")
    session.labelling.use(HAPPYSAD)
    qtbot.waitUntil(lambda: len(screen.labelled) >= 1, timeout=LIMIT_MS)
    session.seek(5.0)
    qtbot.waitUntil(lambda: screen.results[-1].frame.seek_serial == 1, timeout=LIMIT_MS)
    session.toggle_pause()
    session.seek(10.0)
    qtbot.waitUntil(lambda: screen.results[-1].frame.seek_serial == 2, timeout=LIMIT_MS)
    session.toggle_pause()
    held = screen.results[-1].frame.index
    qtbot.waitUntil(lambda: screen.results[-1].frame.index > held, timeout=LIMIT_MS)
    still = {result.frame.index for result in screen.results if result.frame.still}
    assert still == {held}


def test_what_is_opened_after_a_lost_camera_is_not_opened_once_more(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    """When it would have been the camera's turn to be tried again."""
    sources.add_camera(0, "Front camera", FakeSource("Front camera", fails_at=3), FakeSource("Front camera"))
    sources.add("film", FakeSource("film", "stream"))
    screen = Screen(session)
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        session.play("0")
    session.play("film")
    wait_for_state(qtbot, session, State.PLAYING)
    seen = len(screen.results)
    qtbot.waitUntil(lambda: len(screen.results) > seen + 60, timeout=LIMIT_MS)  # of 100 a second
    assert sources.opened.count("film") == 1


def test_what_a_source_reports_after_the_user_has_left_it_changes_nothing(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera", fails_at=0))
    sources.add("clip", FakeSource(kind="file", frames=400))
    screen, failures = Screen(session), []
    session.source_failed.connect(failures.append)
    session.play("0")
    for thread in session.threads.alive():
        thread.join(LIMIT_MS / 1000)  # its news wait for the window
    session.play("clip")
    qtbot.waitUntil(lambda: len(screen.results) >= 3, timeout=LIMIT_MS)
    assert (session.state, failures) == (State.PLAYING, [])


@pytest.mark.parametrize(
    ("asked", "kind", "fails_at", "lost"),
    [("0", "camera", 5, True), (None, "camera", 5, True), ("0", "camera", 0, False), ("0", "file", 5, False)],
)
def test_only_what_is_live_and_had_played_is_tried_again(
    qtbot: QtBot,
    session: Session,
    sources: FakeSources,
    asked: str | None,
    kind: SourceKind,
    fails_at: int,
    lost: bool,
) -> None:
    """A camera that nobody named, too: then the demo is not to take its place any more."""
    sources.add_camera(0, "Front camera", FakeSource("Front camera", kind, frames=50, fails_at=fails_at))
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        session.play(asked)
    assert session.state is State.FAILED and session.is_retrying is lost
    assert session.info is not None and session.info.name == "Front camera"


def test_a_camera_that_is_held_is_not_called_silent_nor_for_a_while_afterwards(
    qtbot: QtBot, session: Session, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "SILENCE_LIMIT_S", 0.4)
    camera = FakeSource("Front camera")
    sources.add_camera(0, "Front camera", camera)
    screen = Screen(session)
    session.play("0")
    qtbot.waitUntil(lambda: bool(screen.results), timeout=LIMIT_MS)
    session.toggle_pause()
    camera.silent.set()
    with qtbot.assertNotEmitted(session.watchdog.silence_changed, wait=800):
        pass
    resumed_at_s = time.perf_counter()
    with qtbot.waitSignal(session.watchdog.silence_changed, timeout=LIMIT_MS):
        session.toggle_pause()
    assert time.perf_counter() - resumed_at_s > 0.4


def test_what_never_played_is_not_tried_again_though_a_camera_before_it_was(
    qtbot: QtBot, session: Session, sources: FakeSources
) -> None:
    sources.add_camera(0, "Front camera", FakeSource("Front camera", fails_at=3))
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        session.play("0")
    assert session.is_retrying
    with qtbot.waitSignal(session.source_failed, timeout=LIMIT_MS):
        session.play("missing")
    assert not session.is_retrying


def test_frames_that_the_source_before_it_lost_are_not_its_own(
    qtbot: QtBot, session: Session, sources: FakeSources, factory: FakeFactory
) -> None:
    factory.hold = threading.Event()
    session.labelling.use(HAPPYSAD)
    session.play("demo")
    qtbot.waitUntil(lambda: session.frames.stats().dropped > 3, timeout=LIMIT_MS)
    sources.add("film", FakeSource("film", "stream"))
    session.play("film")
    assert session.frames.stats().dropped == 0
