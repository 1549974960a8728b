"""Recordings that a crash or a full disk ended: what is kept, what comes back, what is left alone."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recording_samples import LABELS, HeldDrawing, face, plan, probe, read_labels, record, result

from happysad_live.errors import RecordingError
from happysad_live.recording.clip_info import ClipInfo, OwnLabel, from_json, to_json, write_draft
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.library import list_clips, rename_clip, set_note
from happysad_live.recording.recorder import Recorder
from happysad_live.recording.recovery import discard, find_leftovers, recover
from happysad_live.recording.stems import take_abandoned_stem, take_new_stem

CAMERA = """
import sys, threading
from pathlib import Path
sys.path[:0] = [{tests!r}, {project!r}]
import numpy as np
from dataclasses import replace
from recording_samples import face, plan, result
from happysad_live.recording.recorder import Recorder
{limit}
pause = threading.Event()  # or whoever waits for the recorder would take its time
recorder = Recorder(plan(Path({folder!r}), stem="clip"))
recorder.start()
noise = np.random.default_rng(0).integers(0, 255, (8, 48, 64, 3), np.uint8)
taken = 0
for index in range({frames}):
    one = result(index, index / 30, [face()])
    taken += recorder.offer(replace(one, frame=replace(one.frame, image=noise[index % 8])))
{then}
"""


def tear(path: Path) -> None:
    """As a power cut may leave a file: as long as it was, but of zeros behind its beginning."""
    path.write_bytes(path.read_bytes()[:40].ljust(path.stat().st_size, b"\0"))


def run_camera(folder: Path, *, frames: int, then: str, limit: str = "") -> subprocess.CompletedProcess[str]:
    here = Path(__file__).resolve()
    script = CAMERA.format(
        tests=str(here.parents[1]),
        project=str(here.parents[2]),
        folder=str(folder),
        frames=frames,
        limit=limit,
        then=then,
    )
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


KILLED = """
import os, signal
import time
by_s = time.monotonic() + 60
while recorder.status().frames < 300 and time.monotonic() < by_s:
    pause.wait(0.01)
os.kill(os.getpid(), signal.SIGKILL)
"""


SPOKEN = f"""
while recorder.status().frames < 100:
    pause.wait(0.01)
recorder.set_own_label("sad")
for index in range(400, 800):
    recorder.offer(result(index, index / 30, [face()]))
{KILLED.replace("< 300", "< 700")}
"""


def record_to_where_only_the_video_is_complete(folder: Path) -> None:
    """As a crash leaves a clip of two frames, which the user has called sad, near its very end.

    The next frame, which the user has called happy, is lost.
    """
    record(Recorder(plan(folder, stem="clip")), [result(0, 0.0, [face()]), result(1, 0.1, [face()])])
    own_labels = (OwnLabel(0.0, 0.2, "sad"), OwnLabel(0.2, None, "happy"))
    info = from_json((folder / "clip.json").read_text())
    info = replace(info, own_labels=own_labels, ended="The program stopped.")
    (folder / "clip.json.part").write_text(to_json(info))
    (folder / "clip.json").unlink()
    (folder / "clip.labels.jsonl").rename(folder / "clip.labels.jsonl.part")


@pytest.fixture(scope="module")
def killed_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 300 frames."""
    if sys.platform == "win32":
        pytest.skip("no SIGKILL on Windows")
    folder = tmp_path_factory.mktemp("killed")
    assert run_camera(folder, frames=300, then=KILLED).returncode == -9
    return folder


@pytest.fixture
def killed(killed_recording: Path, tmp_path: Path) -> Path:
    """A folder of its own for each test, with what the kill has left."""
    return shutil.copytree(killed_recording, tmp_path, dirs_exist_ok=True)


def test_a_killed_recording_comes_back_but_for_the_last_second(killed: Path) -> None:
    assert not (killed / "clip.mp4").exists()

    (leftover,) = find_leftovers(killed)
    info = recover(leftover)

    assert info is not None and 270 <= info.frames <= 300
    found = probe(killed / "clip.mp4")
    assert found.index_first and found.subtitles
    assert found.times_s == pytest.approx([index / 30 for index in range(info.frames)], abs=0.001)
    assert found.length_s == pytest.approx(info.frames / 30, abs=0.001)
    _, lines = read_labels(killed / "clip.labels.jsonl")
    assert [len(line.faces) for line in lines] == [1] * info.frames
    assert sorted(path.name for path in killed.iterdir()) == ["clip.json", "clip.labels.jsonl", "clip.mp4"]
    assert "recovered" in json.loads((killed / "clip.json").read_text())["ended"]
    assert find_leftovers(killed) == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_what_the_user_said_while_recording_survives_a_crash(tmp_path: Path) -> None:
    assert run_camera(tmp_path, frames=400, then=SPOKEN).returncode < 0
    (leftover,) = find_leftovers(tmp_path)
    info = recover(leftover)
    assert info is not None
    assert [(own.label, own.end_s) for own in info.own_labels] == [("sad", None)]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_a_recovered_clip_knows_how_many_frames_it_lacks(tmp_path: Path) -> None:
    at_once = "from happysad_live.recording import recorder as module; module._SYNC_EVERY_S = 0.0"
    lossy = f"""
recorder.count_lost(7)
for index in range(30, 60):
    recorder.offer(result(index, index / 30, [face()]))
{KILLED.replace("< 300", "< 60")}
"""
    assert run_camera(tmp_path, frames=30, then=lossy, limit=at_once).returncode == -9
    (leftover,) = find_leftovers(tmp_path)
    info = recover(leftover)
    assert info is not None and info.dropped == 7


def test_files_of_other_programs_are_not_taken_for_leftovers(tmp_path: Path) -> None:
    (tmp_path / "meeting.recording").write_text("minutes")
    (tmp_path / "download.json.part").write_text("{}")
    (tmp_path / "dead.recording").touch()
    assert find_leftovers(tmp_path) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["download.json.part", "meeting.recording"]


def test_a_torn_last_fragment_and_lost_descriptions_do_not_keep_a_clip_from_coming_back(
    killed: Path,
) -> None:
    part = killed / "clip.mp4.part"
    part.write_bytes(part.read_bytes()[:-1000] + b"\0" * 300)
    (killed / "clip.json.part").write_text("{torn")

    (leftover,) = find_leftovers(killed)
    info = recover(leftover)
    assert info is not None and info.frames >= 250
    assert len(probe(killed / "clip.mp4").times_s) == info.frames
    assert (info.source, info.labels) == ("camera 0", LABELS)


def test_a_damaged_recording_that_cannot_be_played_stays(killed: Path) -> None:
    part = killed / "clip.mp4.part"
    whole = part.read_bytes()
    (leftover,) = find_leftovers(killed)
    for damaged in (
        bytes(4096) + whole[4096:],
        whole.replace(b"trex", b"trez"),  # without it no fragment has frames
        whole.replace(b"avc1", b"zzzz"),
    ):
        part.write_bytes(damaged)
        with pytest.raises(RecordingError, match="is not a video that can be played"):
            recover(leftover)
        assert damaged.startswith(part.read_bytes()) and part.stat().st_size > 0.9 * len(whole)

    part.write_bytes(whole.replace(b"VideoHandler", b"V\xefdeoHandler"))  # no UTF-8
    info = recover(leftover)
    assert info is not None and info.frames >= 250


def test_what_lies_behind_the_damage_of_a_recording_is_not_cut_off(killed: Path) -> None:
    part = killed / "clip.mp4.part"
    damaged = bytearray(part.read_bytes())
    middle = damaged.index(b"moof", len(damaged) // 2) - 4
    damaged[middle : middle + 512] = bytes(512)
    part.write_bytes(damaged)
    (leftover,) = find_leftovers(killed)
    with pytest.raises(RecordingError, match="is damaged in the middle"):
        recover(leftover)
    assert part.read_bytes() == damaged
    assert find_leftovers(killed) == [leftover]


def test_holes_that_a_power_cut_left_in_the_last_second_cost_no_more_than_that(killed: Path) -> None:
    part = killed / "clip.mp4.part"
    torn = bytearray(part.read_bytes())
    hole = len(torn)
    for _ in range(4):  # fragments of a quarter of a second
        hole = torn.rindex(b"moof", 0, hole)
    torn[hole - 4 : hole + 512] = bytes(516)
    part.write_bytes(torn)
    (leftover,) = find_leftovers(killed)
    info = recover(leftover)
    assert info is not None and 240 <= info.frames <= 290
    found = probe(killed / "clip.mp4")
    assert len(found.times_s) == info.frames
    assert found.subtitles[-1][1] == pytest.approx(info.frames / 30, abs=0.002)
    assert len(read_labels(killed / "clip.labels.jsonl")[1]) == info.frames


@pytest.mark.parametrize("has_header", [False, True])
def test_a_recording_that_died_before_its_first_fragment_leaves_nothing(
    tmp_path: Path, has_header: bool
) -> None:
    writer = ClipWriter(tmp_path / "clip.mp4", 64, 48)
    header = (tmp_path / "clip.mp4.part").read_bytes() if has_header else b""
    writer.abort()
    assert (b"moov" in header) == has_header
    for name, left in (("json", b""), ("mp4", header), ("labels.jsonl", b"")):
        (tmp_path / f"clip.{name}.part").write_bytes(left)
    (leftover,) = find_leftovers(tmp_path)
    assert recover(leftover) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("removed", [1, 2])
def test_a_crash_while_an_empty_recording_is_removed_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: int
) -> None:
    class Crash(BaseException):
        pass

    folder = tmp_path / "clips"
    record(Recorder(plan(folder, stem="clip")), [result(0, 0.0, [face()])])
    (folder / "clip.mp4").unlink()
    (folder / "clip.mp4.part").write_bytes(b"")  # no fragment had reached the disk, but a label line
    for name in ("clip.labels.jsonl", "clip.json"):
        (folder / name).rename(folder / f"{name}.part")
    unlink, gone = Path.unlink, []

    def crashing(self: Path, missing_ok: bool = False) -> None:
        if self.suffix == ".part":
            if len(gone) == removed:
                raise Crash
            gone.append(self.name)
        unlink(self, missing_ok)

    (leftover,) = find_leftovers(folder)
    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(Path, "unlink", crashing)
        recover(leftover)
    (leftover,) = find_leftovers(folder)
    assert recover(leftover) is None
    assert list(folder.iterdir()) == []


def test_label_lines_outlast_a_video_that_was_taken_away(tmp_path: Path) -> None:
    record_to_where_only_the_video_is_complete(tmp_path)
    (tmp_path / "clip.mp4").rename(tmp_path / "mine.mp4")
    (leftover,) = find_leftovers(tmp_path)
    with pytest.raises(RecordingError, match="clip.mp4.part is gone"):
        recover(leftover)
    (tmp_path / "mine.mp4").rename(tmp_path / "clip.mp4")
    info = recover(leftover)
    assert info is not None and info.frames == 2
    assert len(read_labels(tmp_path / "clip.labels.jsonl")[1]) == 2


def test_a_clip_is_neither_labelled_nor_renamed_before_the_rest_of_it_is_recovered(tmp_path: Path) -> None:
    record_to_where_only_the_video_is_complete(tmp_path)
    (clip,) = list_clips(tmp_path)
    with pytest.raises(RecordingError, match="recover it first"):
        set_note(clip, "mine")
    with pytest.raises(RecordingError, match="recover it first"):
        rename_clip(clip, "party")
    (leftover,) = find_leftovers(tmp_path)
    info = recover(leftover)
    assert info is not None and [own.label for own in info.own_labels] == ["sad"]
    assert set_note(clip.as_now(), "mine").info.own_labels == info.own_labels
    assert len(read_labels(tmp_path / "clip.labels.jsonl")[1]) == 2


def test_what_the_user_said_is_not_forgotten_where_it_cannot_be_read_just_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_to_where_only_the_video_is_complete(tmp_path)
    (leftover,) = find_leftovers(tmp_path)
    read = Path.open

    def failing(self: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if self.name == "clip.json.part" and mode == "rb":
            raise OSError(errno.EIO, "Input/output error", str(self))
        return read(self, mode, *arguments, **options)

    with monkeypatch.context() as refused:
        refused.setattr(Path, "open", failing)
        with pytest.raises(RecordingError, match="clip.json.part in .* cannot be read"):
            recover(leftover)
    info = recover(leftover)
    assert info is not None and info.own_labels == (OwnLabel(0.0, 0.2, "sad"),)


def test_unwanted_leftovers_are_removed_and_other_files_left_alone(tmp_path: Path) -> None:
    (tmp_path / "clip.json.part").write_bytes(bytes(100))
    others = ["holiday.mp4", "other.labels.jsonl.part"]
    if not (tmp_path / "CLIP.JSON.PART").exists():  # else the disk knows no upper and lower case
        others.insert(0, "clip.MP4")  # copied there from a camera
    for name in ("clip.mp4.part", *others):
        (tmp_path / name).write_bytes(b"1234")
    (leftover,) = find_leftovers(tmp_path)
    assert (leftover.stem, leftover.size_bytes) == ("clip", 4)
    discard(leftover)
    assert sorted(path.name for path in tmp_path.iterdir()) == others


def test_an_unwanted_clip_goes_whole_though_its_video_was_complete(tmp_path: Path) -> None:
    for name in ("clip.mp4", "clip.labels.jsonl"):
        (tmp_path / name).write_bytes(b"1234")
    write_draft(tmp_path / "clip.json", ClipInfo())
    tear(tmp_path / "clip.json.part")
    (leftover,) = find_leftovers(tmp_path)
    discard(leftover)
    assert list(tmp_path.iterdir()) == []


def test_what_another_window_has_recovered_meanwhile_is_not_discarded(tmp_path: Path) -> None:
    record_to_where_only_the_video_is_complete(tmp_path)
    (leftover,) = find_leftovers(tmp_path)
    assert recover(leftover) is not None
    discard(leftover)
    assert [clip.info.frames for clip in list_clips(tmp_path)] == [2]
    assert len(read_labels(tmp_path / "clip.labels.jsonl")[1]) == 2


@pytest.mark.parametrize("has_labels", [True, False])
@pytest.mark.parametrize("draft_bytes", [0, 20, None])
def test_a_film_whose_note_was_being_stored_is_no_leftover(
    tmp_path: Path, has_labels: bool, draft_bytes: int | None
) -> None:
    """Another program's film, with the lines of ``analyze``, or a clip that had lost its description."""
    outcome = record(Recorder(plan(tmp_path, stem="clip")), [result(0, 0.0), result(1, 0.1)])
    assert outcome.video is not None
    if not has_labels:
        (tmp_path / "clip.labels.jsonl").unlink()
    (tmp_path / "clip.json").rename(tmp_path / ".clip~.json")
    (tmp_path / ".clip~.json").write_bytes((tmp_path / ".clip~.json").read_bytes()[:draft_bytes])
    assert find_leftovers(tmp_path) == []
    (clip,) = list_clips(tmp_path)
    assert set_note(clip, "mine").as_now().info.note == "mine"


def test_a_recording_whose_description_lacks_its_name_alone_is_recovered(tmp_path: Path) -> None:
    """As a power cut may leave it, right at the end."""
    record(Recorder(plan(tmp_path, stem="clip")), [result(0, 0.0), result(1, 0.1)], {0: "sad"})
    info = from_json((tmp_path / "clip.json").read_text())
    (tmp_path / "clip.json").unlink()
    write_draft(tmp_path / "clip.json", info)
    (leftover,) = find_leftovers(tmp_path)
    recovered = recover(leftover)
    assert recovered is not None and recovered.own_labels == info.own_labels != ()
    assert find_leftovers(tmp_path) == []


def test_a_label_that_was_being_stored_does_not_make_a_whole_clip_a_leftover(tmp_path: Path) -> None:
    outcome = record(Recorder(plan(tmp_path, stem="clip")), [result(0, 0.0), result(1, 0.1)])
    assert outcome.video is not None
    (tmp_path / "clip.json.part").write_bytes((tmp_path / "clip.json").read_bytes())
    assert find_leftovers(tmp_path) == []


def test_a_clip_being_recorded_is_no_leftover(tmp_path: Path) -> None:
    drawing = HeldDrawing()
    recorder = Recorder(plan(tmp_path, draw=drawing))
    recorder.start()
    recorder.offer(result(0, 0.0))
    drawing.wait_until_held()
    assert find_leftovers(tmp_path) == []
    drawing.let_go()
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None and outcome.error is None


def test_a_name_is_held_however_often_another_window_looks_for_leftovers(tmp_path: Path) -> None:
    """Another window may open the lock between its making and its locking, or as it is removed."""
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            find_leftovers(tmp_path)

    other = threading.Thread(target=look)
    other.start()
    try:
        for _ in range(1000):
            stem, lock = take_new_stem(tmp_path, "clip")
            with lock:
                assert take_abandoned_stem(tmp_path, stem) is None
    finally:
        ended.set()
        other.join()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows locks by other means")
def test_where_no_file_can_be_locked_a_clip_gets_its_name_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on some network drives; what was tried before is cleared away."""
    import fcntl

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(fcntl, "flock", refuse)
    stem, lock = take_new_stem(tmp_path, "clip")
    with lock:
        assert [path.name for path in tmp_path.iterdir()] == [f"{stem}.recording"]
    assert not list(tmp_path.iterdir())


FULL = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))"
TELL = """
outcome = recorder.join()
print(outcome.error)
print(outcome.info.frames)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
def test_a_full_disk_ends_the_clip_and_keeps_what_is_written(tmp_path: Path) -> None:
    then = f"recorder.stop()\n{TELL}print(taken - outcome.info.dropped)"
    run = run_camera(tmp_path, frames=400, limit=FULL, then=then)
    assert run.returncode == 0, run.stderr
    told, frames, not_dropped = run.stdout.splitlines()

    assert "disk is full" in told
    assert 0 < int(frames) < 400
    assert frames == not_dropped
    assert len(probe(tmp_path / "clip.mp4").times_s) == int(frames)
    assert len(read_labels(tmp_path / "clip.labels.jsonl")[1]) == int(frames)
    assert json.loads((tmp_path / "clip.json").read_text())["ended"] == told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.json", "clip.labels.jsonl", "clip.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes and renames no open file")
def test_who_looks_for_leftovers_does_not_let_go_of_a_name_that_is_taken_meanwhile(tmp_path: Path) -> None:
    """The lock file that it has locked was given up by a recording, which has made itself a new one."""
    path = tmp_path / "clip.recording"
    path.touch()
    looking = take_abandoned_stem(tmp_path, "clip")
    assert looking is not None
    path.unlink()
    stem, recording = take_new_stem(tmp_path, "clip")
    with recording:
        looking.release()
        assert stem == "clip" and path.exists()
        assert take_abandoned_stem(tmp_path, "clip") is None
    assert not path.exists()
