"""Recording a clip: files in step, own labels, drops counted, ends that nobody asked for."""

from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from full_disk import full_disk
from recording_samples import (
    LABELS,
    HeldDrawing,
    face,
    pictures,
    plan,
    probe,
    read_labels,
    record,
    refuse_to_replace,
    result,
)

from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError
from happysad_live.recording import recorder as recorder_module
from happysad_live.recording import unfinished_clip
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import load_clip
from happysad_live.recording.recorder import ClipOutcome, Recorder
from happysad_live.recording.recovery import find_leftovers, recover


def paint_red(image: np.ndarray, _result: FrameResult) -> np.ndarray:
    """Stands for the drawing of labels."""
    drawn = image.copy()
    drawn[:16] = (255, 0, 0)
    return drawn


def test_video_labels_and_description_stay_in_step(tmp_path: Path) -> None:
    ended: list[ClipOutcome] = []
    begun = datetime.now(UTC).replace(microsecond=0)
    named = replace(plan(tmp_path / "clips", stem="mine"), source="Kamera für Büros")
    recorder = Recorder(named, on_end=ended.append)
    # The source has been running for 7 s; a happy face for 1 s, nobody for 1 s, two sad ones for 2 s.
    seen = [*[[face("happy")]] * 10, *[[]] * 10, *[[face("sad"), face("sad", track=2)]] * 20]
    outcome = record(recorder, [result(100 + n, 7 + n / 10, faces) for n, faces in enumerate(seen)])

    assert ended == [outcome] and outcome.error is None
    assert outcome.video == tmp_path / "clips" / "mine.mp4"
    names = sorted(path.name for path in outcome.video.parent.iterdir())
    assert names == ["mine.json", "mine.labels.jsonl", "mine.mp4"]
    found = probe(outcome.video)
    header, lines = read_labels(outcome.video.parent / "mine.labels.jsonl")
    assert found.times_s == pytest.approx([n / 10 for n in range(40)], abs=0.001)
    assert [line.time_s for line in lines] == pytest.approx(found.times_s, abs=0.001)
    assert [line.index for line in lines] == list(range(40))
    assert (header.source, header.width, header.height) == ("Kamera für Büros", 64, 48)
    described = json.loads((outcome.video.parent / "mine.json").read_text(encoding="utf-8"))
    assert described["length_s"] == pytest.approx(4.0, abs=0.001)
    assert described["share"] == pytest.approx({"sad": 0.8, "happy": 0.2, "no face": 0.25}, abs=0.001)
    assert (described["frames"], described["dropped"], described["note"]) == (40, 0, "")
    assert (described["ended"], described["clean_from_s"]) == ("complete", 0.0)
    assert begun <= datetime.fromisoformat(described["recorded_at"]) <= datetime.now(UTC)


def test_the_shares_of_the_labels_sum_to_one(tmp_path: Path) -> None:
    thirds = [result(index, index / 10, [face(label)]) for index, label in enumerate(LABELS)]
    info = record(Recorder(plan(tmp_path)), thirds).info
    assert info is not None
    assert set(info.share) == {*LABELS, "no face"}
    assert sum(info.share[label] for label in LABELS) == pytest.approx(1, abs=1e-9)
    assert [info.share[label] for label in LABELS] == pytest.approx([1 / 3] * 3, abs=1e-4)


def test_an_own_label_holds_from_the_next_frame_on_however_long_the_last_was_shown(tmp_path: Path) -> None:
    times_s = [0.0, 0.033, 0.4, 0.433, 0.466, 6.0, 6.033]
    results = [result(index, time_s) for index, time_s in enumerate(times_s)]
    outcome = record(Recorder(plan(tmp_path)), results, own_labels={3: "sad", 6: None})
    assert outcome.info is not None
    assert outcome.info.own_labels == (OwnLabel(0.433, 6.033, "sad"),)


@pytest.mark.parametrize(
    ("captured_s", "clip_s"),
    [
        # Held at 5.15 s: what was captured before comes late, and is still from before the pause.
        ([5.0, 5.1, 65.2, 65.3, 65.5], [0, 0.1, 0.2, 0.3, 0.5]),
        # Nothing was recorded before the pause: the clip begins after it.
        ([65.2, 65.3, 65.5], [0, 0.1, 0.3]),
    ],
)
def test_a_pause_is_no_part_of_the_clip(tmp_path: Path, captured_s: list[float], clip_s: list[float]) -> None:
    recorder = Recorder(plan(tmp_path))
    recorder.skip_pause(5.15)
    outcome = record(
        recorder, [result(number, at_s, captured_at_s=at_s) for number, at_s in enumerate(captured_s)]
    )
    assert outcome.video is not None
    assert probe(outcome.video).times_s == pytest.approx(clip_s, abs=0.001)


def test_an_own_label_that_is_changed_before_the_next_frame_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(plan(tmp_path))
    recorder.start()
    recorder.offer(result(0, 0.0))
    recorder.set_own_label("sad")
    recorder.set_own_label("happy")
    recorder.offer(result(1, 0.1))
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.info is not None
    assert [own.label for own in outcome.info.own_labels] == ["happy"]


def test_an_own_label_does_not_reach_frames_that_were_captured_before_it_was_said(tmp_path: Path) -> None:
    """As on a machine where frames wait to be labelled."""
    recorder = Recorder(plan(tmp_path))
    said = [("happy", 20.25), ("sad", 20.55), (None, 20.65), ("happy", 20.66), ("sad", 20.95)]
    for label, said_at_s in said:
        recorder.set_own_label(label, said_at_s)
    outcome = record(recorder, [result(n, n / 10, captured_at_s=20 + n / 10) for n in range(10)])
    assert outcome.info is not None
    own = [(label.start_s, label.end_s, label.label) for label in outcome.info.own_labels]
    assert own == [(pytest.approx(0.3), pytest.approx(0.6), "happy"), (0.6, 0.7, "sad"), (0.7, None, "happy")]


def test_a_folder_that_begins_with_a_small_picture_is_recorded_large_and_drawn_on_at_that_size(
    tmp_path: Path,
) -> None:
    drawn: list[tuple[int, ...]] = []

    def draw(image: np.ndarray, result: FrameResult) -> np.ndarray:
        drawn.append(image.shape)
        return image

    results = [result(n, float(n), [face()], size=size) for n, size in enumerate([(64, 48), (128, 96)])]
    named = [replace(one, frame=replace(one.frame, name=f"{n}.jpg")) for n, one in enumerate(results)]
    outcome = record(Recorder(plan(tmp_path, draw=draw)), named)
    assert outcome.video is not None and probe(outcome.video).size == (640, 480)
    assert drawn == [(480, 640, 3)] * 2


def test_boxes_follow_a_source_that_changes_size(tmp_path: Path) -> None:
    sizes = [(64, 48), (128, 96), (48, 96)]
    results = [result(n, n / 10, [face()], size=size) for n, size in enumerate(sizes)]
    record(Recorder(plan(tmp_path, stem="sizes")), results)

    _, lines = read_labels(tmp_path / "sizes.labels.jsonl")
    boxes = [tuple(line.faces[0].box) for line in lines]
    # 128x96 is halved; 48x96 is halved to 24x48 and moved 20 pixels to the right.
    assert boxes == [(4, 6, 20, 24), (2, 3, 10, 12), (22, 3, 30, 12)]


def test_labels_are_drawn_until_the_user_labels_and_clean_from_then_on(tmp_path: Path) -> None:
    results = [result(index, index / 10, [face()]) for index in range(21)]
    outcome = record(Recorder(plan(tmp_path, draw=paint_red)), results, own_labels={10: "sad", 20: None})

    assert outcome.video is not None and outcome.info is not None
    red = [picture[4, 32, 0] > 200 for picture in pictures(outcome.video)]
    assert red == [True] * 10 + [False] * 11
    own = [(label.start_s, label.end_s, label.label) for label in outcome.info.own_labels]
    assert own == [(pytest.approx(1.0), pytest.approx(2.0), "sad")]
    assert outcome.info.clean_from_s == pytest.approx(1.0)
    assert not outcome.info.clean


def test_an_own_label_after_the_last_frame_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(plan(tmp_path, draw=paint_red))
    recorder.start()
    for index in range(5):
        recorder.offer(result(index, index / 10, [face()]))
    recorder.set_own_label("sad")
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.info is not None
    assert (outcome.info.own_labels, outcome.info.clean_from_s) == ((), None)


def test_a_clip_with_an_own_label_from_the_start_is_clean(tmp_path: Path) -> None:
    recorder = Recorder(plan(tmp_path, draw=paint_red))
    recorder.set_own_label("sad")
    outcome = record(recorder, [result(n, n / 10, [face()]) for n in range(5)])
    assert outcome.video is not None and outcome.info is not None
    assert pictures(outcome.video)[0][4, 32, 0] < 200
    assert outcome.info.clean
    assert outcome.info.own_label_at(0.3, 2) == "sad"


def test_clips_of_the_same_second_do_not_collide(tmp_path: Path) -> None:
    outcomes = [record(Recorder(plan(tmp_path, stem="same")), [result(0, 0.0)]) for _ in range(3)]
    assert [outcome.video.name for outcome in outcomes if outcome.video] == [
        "same.mp4",
        "same_2.mp4",
        "same_3.mp4",
    ]


def test_without_a_frame_there_is_no_file(tmp_path: Path) -> None:
    outcome = record(Recorder(plan(tmp_path / "clips")), [])
    assert outcome == ClipOutcome(None, None, None)
    assert not (tmp_path / "clips").exists()


def test_what_comes_too_fast_is_dropped_counted_and_told(tmp_path: Path) -> None:
    drawing = HeldDrawing()
    recorder = Recorder(plan(tmp_path, draw=drawing))
    recorder.start()
    recorder.offer(result(0, 0.0, size=(1920, 1080)))
    drawing.wait_until_held()
    one = result(1, 0.0, size=(1920, 1080))
    taken = [recorder.offer(one) for _ in range(100)]  # 6 MB each: no machine should queue them all
    dropped = taken.count(False)
    assert recorder.status().dropped == dropped > 0
    recorder.stop()
    assert not recorder.offer(result(101, 0.2))
    drawing.let_go()
    outcome = recorder.join(120)

    assert outcome is not None and outcome.video is not None and outcome.info is not None
    assert outcome.info.dropped == dropped
    assert outcome.info.frames == 101 - dropped == len(probe(outcome.video).times_s)


def test_what_is_written_makes_room_for_as_much_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = [result(index, index / 30) for index in range(40)]
    monkeypatch.setattr(recorder_module, "_MAX_QUEUED_BYTES", 20 * results[0].frame.image.nbytes)
    drawing = HeldDrawing()
    held = plan(tmp_path, draw=lambda image, one: drawing(image, one) if one.frame.index == 19 else image)
    recorder = Recorder(held)
    recorder.start()
    taken = [recorder.offer(one) for one in results[:20]]
    drawing.wait_until_held()
    taken += [recorder.offer(one) for one in results[20:]]
    drawing.let_go()
    recorder.stop()
    recorder.join(60)
    assert taken == [True] * 40


def test_a_folder_that_cannot_be_written_ends_the_recording_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "clips").write_text("a file, not a folder")
    ended: list[ClipOutcome] = []
    recorder = Recorder(plan(tmp_path / "clips"), on_end=ended.append)
    recorder.start()
    recorder.offer(result(0, 0.0))
    outcome = recorder.join(60)
    assert outcome is not None and outcome.video is None and outcome.error is not None
    assert "clips" in str(outcome.error) and ended == [outcome]
    assert not recorder.offer(result(1, 0.1))


def test_a_clip_that_cannot_be_begun_leaves_nothing(tmp_path: Path) -> None:
    outcome = record(Recorder(plan(tmp_path)), [result(0, 0.0, size=(16386, 16))])
    assert "too large for a video" in str(outcome.error)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_ends_the_clip_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_SYNC_EVERY_S", 0.0)
    free = iter([*[10**12] * 4, *[10**6] * 100])
    monkeypatch.setattr(
        unfinished_clip.shutil, "disk_usage", lambda _: SimpleNamespace(total=10**12, free=next(free))
    )
    outcome = record(Recorder(plan(tmp_path)), [result(index, index / 10) for index in range(10)])
    assert "The disk is full" in str(outcome.error)
    assert outcome.info is not None and outcome.info.frames == 4
    assert outcome.video is not None and len(probe(outcome.video).times_s) == 4
    assert load_clip(tmp_path, outcome.video.stem).info == outcome.info


def before_a_full_disk(pictures_before: int) -> list[FrameResult]:
    """Black pictures, and one of noise that does not fit into 20 kB; it is written at the very end."""
    times_s = [0.3 * number for number in range(pictures_before + 1)]
    results = [result(number, time_s, size=(320, 240)) for number, time_s in enumerate(times_s)]
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    last = results[-1]
    return [*results[:-1], replace(last, frame=replace(last.frame, image=noise))]


def test_a_clip_whose_very_last_picture_a_full_disk_refuses_says_so(tmp_path: Path) -> None:
    with full_disk(20_000):
        outcome = record(Recorder(plan(tmp_path, stem="clip")), before_a_full_disk(4))
    assert str(outcome.error).startswith("The disk is full: clip.mp4 could not be written.")
    assert outcome.info is not None and (outcome.info.frames, outcome.info.dropped) == (4, 1)
    assert outcome.info.ended == str(outcome.error)
    assert len(probe(tmp_path / "clip.mp4").times_s) == 4


def test_a_clip_of_which_a_full_disk_takes_nothing_at_its_end_says_so(tmp_path: Path) -> None:
    with full_disk(20_000):
        outcome = record(Recorder(plan(tmp_path, stem="clip")), before_a_full_disk(0))
    assert str(outcome.error).startswith("The disk is full: clip.mp4 could not be written.")
    assert outcome.video is None and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder in which a program stands")
def test_where_the_programs_own_folder_is_gone_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    outcome = record(Recorder(plan(Path(), stem="clip")), [result(0, 0.0)])
    assert str(outcome.error).startswith("clip.mp4 could not be written in .:")


def start_and_remove(folder: Path, name: str) -> Recorder:
    """Of a clip whose first frame is being drawn one of the files is removed."""
    drawing = HeldDrawing()
    recorder = Recorder(plan(folder, stem="clip", draw=drawing))
    recorder.start()
    recorder.offer(result(0, 0.0))
    drawing.wait_until_held()
    (folder / name).unlink()
    drawing.let_go()
    return recorder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes and renames no open file")
@pytest.mark.parametrize("sync_every_s", [0.0, 1000.0])
def test_labels_that_somebody_removes_meanwhile_are_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sync_every_s: float
) -> None:
    """While recording, or, of a short clip, at its end; the video is kept."""
    monkeypatch.setattr(recorder_module, "_SYNC_EVERY_S", sync_every_s)
    recorder = start_and_remove(tmp_path, "clip.labels.jsonl.part")
    recorder.offer(result(1, 0.1))
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.video is not None
    assert "clip.labels.jsonl" in str(outcome.error)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes and renames no open file")
def test_a_video_that_somebody_removes_meanwhile_ends_the_clip_before_anybody_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_SYNC_EVERY_S", 0.0)
    outcome = start_and_remove(tmp_path, "clip.mp4.part").join(20)
    assert outcome is not None and outcome.video is None
    assert str(outcome.error).startswith("clip.mp4 could not be written")
    assert "can be recovered" not in str(outcome.error)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a descriptor's file")
def test_everything_is_carried_to_the_disk_while_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut leaves is what was carried there: of the video, and of the label lines."""
    monkeypatch.setattr(recorder_module, "_SYNC_EVERY_S", 0.0)
    carried: list[str] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        carried.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    record(Recorder(plan(tmp_path, stem="clip")), [result(index, index / 10) for index in range(5)])
    for name in ("clip.mp4.part", "clip.labels.jsonl.part"):
        assert carried.count(name) >= 5
    assert "clip.mp4.remux" in carried  # before it takes the place of the other


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes and renames no open file")
def test_a_folder_that_goes_away_ends_the_clip_without_a_crash(tmp_path: Path) -> None:
    folder, drawing = tmp_path / "clips", HeldDrawing()
    recorder = Recorder(plan(folder, draw=drawing))
    recorder.start()
    recorder.offer(result(0, 0.0))
    drawing.wait_until_held()
    folder.rename(tmp_path / "elsewhere")
    drawing.let_go()
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.video is None and outcome.error is not None
    assert "There is no folder" in str(outcome.error)
    assert "can be recovered when its folder is shown" in str(outcome.error)
    (leftover,) = find_leftovers(tmp_path / "elsewhere")
    info = recover(leftover)
    assert info is not None and info.frames == 1


def test_a_drive_that_goes_away_ends_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Network and USB drives that are gone answer every question with an error."""
    drawing, stat = HeldDrawing(), os.stat

    def gone(path: str | Path, **how: bool) -> os.stat_result:
        if str(path).startswith(str(tmp_path)):
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return stat(path, **how)

    recorder = Recorder(plan(tmp_path, draw=drawing))
    recorder.start()
    recorder.offer(result(0, 0.0))
    drawing.wait_until_held()
    monkeypatch.setattr(os, "stat", gone)
    drawing.let_go()
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.error is not None


@pytest.mark.parametrize("suffix", [".labels.jsonl", ".json"])
def test_what_the_disk_refuses_at_the_very_end_can_be_recovered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Also where the first attempt to recover it is refused."""
    results = [result(index, index / 10, [face()]) for index in range(5)]
    with monkeypatch.context() as refused:
        refuse_to_replace(refused, tmp_path / f"clip{suffix}")
        outcome = record(Recorder(plan(tmp_path, stem="clip")), results, {2: "sad"})
        assert str(outcome.error).startswith(f"clip{suffix} could not be written")
        assert "can be recovered when its folder is shown" in str(outcome.error)
        assert outcome.video is None and outcome.info is None
        with pytest.raises(RecordingError, match="could not be written"):
            recover(*find_leftovers(tmp_path))
    info = recover(*find_leftovers(tmp_path))
    assert info is not None and info.own_labels == (OwnLabel(0.2, None, "sad"),)
    assert len(read_labels(tmp_path / "clip.labels.jsonl")[1]) == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.json", "clip.labels.jsonl", "clip.mp4"]


@pytest.mark.parametrize(
    ("total_mb", "free_mb", "is_full"),
    [(1_000_000, 1000, False), (1_000_000, 60, True), (1000, 55, False), (1000, 45, True)],
    ids=["a thousandth of a large disk", "little", "a twentieth of a small disk", "less"],
)
def test_what_a_disk_keeps_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total_mb: int, free_mb: int, is_full: bool
) -> None:
    disk = SimpleNamespace(total=total_mb * 10**6, free=free_mb * 10**6)
    monkeypatch.setattr(unfinished_clip.shutil, "disk_usage", lambda _: disk)
    outcome = record(Recorder(plan(tmp_path)), [result(0, 0.0)])
    assert (outcome.error is not None) == (outcome.video is None) == is_full


def test_the_frame_that_fails_and_those_that_wait_behind_it_are_counted_as_lost(tmp_path: Path) -> None:
    class Fails(HeldDrawing):
        def __call__(self, *_: object) -> None:  # type: ignore[override]
            super().__call__(*_)  # type: ignore[arg-type]
            raise RecordingError("The disk is gone.")

    drawing = Fails()
    recorder = Recorder(plan(tmp_path, draw=drawing))
    recorder.start()
    recorder.offer(result(0, 0.0))
    drawing.wait_until_held()
    for index in range(1, 6):
        assert recorder.offer(result(index, index / 10))
    drawing.let_go()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.error is not None
    assert recorder.status().dropped == 6


def test_a_second_own_label_ends_the_first_and_leaves_those_that_had_ended(tmp_path: Path) -> None:
    results = [result(index, index / 10) for index in range(9)]
    said = {0: "sad", 2: None, 4: "happy", 6: "sad", 8: None}
    outcome = record(Recorder(plan(tmp_path)), results, own_labels=said)
    assert outcome.info is not None
    assert outcome.info.own_labels == (
        OwnLabel(0.0, 0.2, "sad"), OwnLabel(0.4, 0.6, "happy"), OwnLabel(0.6, 0.8, "sad"),
    )  # fmt: skip


@pytest.mark.parametrize("drawn", [False, True])
def test_a_clip_is_clean_from_its_first_own_label_on_or_from_its_begin(tmp_path: Path, drawn: bool) -> None:
    """A second own label makes nothing of what lies between them unclean."""
    recorder = Recorder(plan(tmp_path, draw=(lambda image, _: image) if drawn else None))
    results = [result(index, index / 10) for index in range(9)]
    outcome = record(recorder, results, own_labels={2: "sad", 4: None, 6: "happy"})
    assert outcome.info is not None
    assert outcome.info.clean_from_s == pytest.approx(0.2 if drawn else 0.0)


def test_a_clip_that_memory_runs_out_for_is_kept_up_to_then(tmp_path: Path) -> None:
    def draw(image: np.ndarray, one: FrameResult) -> np.ndarray:
        return np.empty(2**60, np.uint8) if one.frame.index == 5 else image

    results = [result(n, n / 10, [face()]) for n in range(8)]
    recorder = Recorder(plan(tmp_path, stem="mine", draw=draw))
    recorder.start()
    for one in results:
        recorder.offer(one)
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.video == tmp_path / "mine.mp4"
    assert str(outcome.error) == "There is not enough memory: close other programs, then try again."
    assert len(pictures(outcome.video)) == len(read_labels(tmp_path / "mine.labels.jsonl")[1]) == 5


def test_a_clip_that_memory_runs_out_for_at_its_end_is_told_to_be_recoverable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patches:
        patches.setattr(unfinished_clip, "fit_labels", lambda *_: np.empty(2**60, np.uint8))
        outcome = record(Recorder(plan(tmp_path)), [result(n, n / 10, [face()]) for n in range(5)])
    assert outcome.video is None
    assert str(outcome.error).startswith("There is not enough memory")
    assert "can be recovered when its folder is shown" in str(outcome.error)
    (left,) = find_leftovers(tmp_path)
    recovered = recover(left)
    assert recovered is not None and recovered.frames == 5
