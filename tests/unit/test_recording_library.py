"""The library: a folder of plain files, whatever hands have done to it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import av
import numpy as np
import pytest
from recording_samples import (
    face,
    pictures,
    plan,
    probe,
    record,
    refuse_to_read,
    refuse_to_rename,
    result,
    turn_phone,
)

from happysad_live.core.types import Box
from happysad_live.errors import RecordingError
from happysad_live.gui.trash import move_to_trash
from happysad_live.recording.clip_info import ClipInfo, OwnLabel, from_json, to_json
from happysad_live.recording.clip_reader import ClipReader
from happysad_live.recording.label_lines import FrameLabels
from happysad_live.recording.library import (
    Clip,
    clip_frames,
    is_described,
    label_stretch,
    list_clips,
    load_clip,
    rename_clip,
    set_note,
    set_own_labels,
    trash_clip,
    unlabel_stretch,
)
from happysad_live.recording.recorder import Recorder
from happysad_live.recording.stems import dated_stem, record_target, safe_stem
from happysad_live.recording.stretches import is_trainable, label_stretches, with_own_labels
from happysad_live.recording.thumbnails import thumbnail


def record_clip(folder: Path, stem: str = "clip", **options: object) -> Clip:
    """Two seconds at 10 frames a second: face 1 happy, then sad; face 2 happy in the second second."""
    seen = [[face("happy")]] * 10 + [[face("sad"), face("happy", track=2)]] * 10
    results = [result(index, index / 10, faces, colour=(200, 40, 30)) for index, faces in enumerate(seen)]
    record(Recorder(plan(folder, stem=stem, **options)), results)
    return load_clip(folder, stem)


def test_a_film_whose_title_is_not_in_utf_8_is_listed_and_played(tmp_path: Path) -> None:
    """As older cameras and taggers of Windows write it."""
    record_clip(tmp_path, "mine")
    with av.open(str(tmp_path / "film.mp4"), "w") as film:
        film.metadata["title"] = "Caf?"
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        film.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        film.mux(stream.encode(None))
    title = (tmp_path / "film.mp4").read_bytes()
    assert title.count(b"Caf?") == 1
    (tmp_path / "film.mp4").write_bytes(title.replace(b"Caf?", "Café".encode("latin-1")))
    assert {clip.stem for clip in list_clips(tmp_path)} == {"mine", "film"}
    with ClipReader(tmp_path / "film.mp4") as reader:
        assert reader.read() is not None


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows not everybody may make links")
def test_a_link_that_cannot_be_followed_does_not_hide_the_clips(tmp_path: Path) -> None:
    """To where one may not look, or longer than a name may be, which fails for everybody."""
    record_clip(tmp_path, "mine")
    (tmp_path / "link.mp4").symlink_to("a" * 300)
    assert [clip.stem for clip in list_clips(tmp_path)] == ["mine"]


def test_another_programs_description_of_a_film_is_left_alone(tmp_path: Path) -> None:
    clip = record_clip(tmp_path, "film")
    foreign = tmp_path / "film.json"
    foreign.write_text('{"title": "My film"}')
    clip = load_clip(tmp_path, "film")
    with pytest.raises(RecordingError, match="film.json belongs to another program"):
        set_note(clip, "mine")
    clip = set_note(rename_clip(clip, "mine"), "mine")
    assert foreign.read_text() == '{"title": "My film"}'
    assert load_clip(tmp_path, "mine").info.note == "mine"


def test_a_description_whose_entries_a_tool_has_sorted_is_still_the_clips(tmp_path: Path) -> None:
    """Its schema then comes after its own labels, however many these are."""
    own = tuple(OwnLabel(number / 100, (number + 0.5) / 100, "sad") for number in range(200))
    clip = set_own_labels(record_clip(tmp_path), own)
    described = json.loads(clip.path(".json").read_text())
    clip.path(".json").write_text(json.dumps(described, indent=2, sort_keys=True))
    assert load_clip(tmp_path, clip.stem).info.own_labels == own
    renamed = rename_clip(clip.as_now(), "renamed")
    assert renamed.as_now().info.own_labels == own


@pytest.mark.parametrize(
    "written",
    [
        '{"schema": "happysad-clip/1", "note": "mine",, "own_labels": []}',
        '{"schema": "happysad-clip/1", "width": null, "note": "mine"}',
        '{"schema": "happysad-clip/2", "note": "of a later version"}',
    ],
)
def test_a_description_that_cannot_be_understood_is_not_replaced(tmp_path: Path, written: str) -> None:
    record_clip(tmp_path)
    path = tmp_path / "clip.json"
    path.write_text(written)
    clip = load_clip(tmp_path, "clip")
    for change in (lambda: set_note(clip, "new"), lambda: label_stretch(clip, OwnLabel(0, 1, "sad"))):
        with pytest.raises(RecordingError, match="clip.json is damaged or was written by another version"):
            change()
    assert path.read_text() == written
    assert is_described(tmp_path, "clip")  # or analyze would replace its label lines


@pytest.mark.parametrize("written", [bytes(512), b"", b"  \n"])
def test_a_description_that_holds_nothing_is_replaced(tmp_path: Path, written: bytes) -> None:
    """As a power cut, or a disk that was full, leaves one: nothing could be lost."""
    record_clip(tmp_path)
    (tmp_path / "clip.json").write_bytes(written)
    assert not is_described(tmp_path, "clip")
    assert set_note(load_clip(tmp_path, "clip"), "new").as_now().info.note == "new"


def test_a_description_that_may_not_be_read_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another user's on a shared disk."""
    clip = set_note(record_clip(tmp_path), "first")
    with monkeypatch.context() as patch:
        refuse_to_read(patch, clip.path(".json"))
        with pytest.raises(RecordingError, match="clip.json cannot be read"):
            set_note(clip.as_now(), "second")
        assert is_described(tmp_path, "clip")  # or analyze would replace its label lines
    assert clip.as_now().info.note == "first"


def test_a_description_that_an_editor_of_windows_has_saved_is_understood(tmp_path: Path) -> None:
    """It may put a byte order mark before UTF-8."""
    set_note(record_clip(tmp_path), "Grüße")
    path = tmp_path / "clip.json"
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
    clip = load_clip(tmp_path, "clip")
    assert clip.info.note == "Grüße"
    assert set_note(clip, "new").as_now().info.note == "new"


def test_what_a_hand_has_added_to_a_description_is_kept(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    path = tmp_path / "clip.json"
    added = {"subject": "P07", "others": [1.5, None]}
    path.write_text(json.dumps(json.loads(path.read_text()) | added))
    label_stretch(set_note(clip.as_now(), "mine"), OwnLabel(0, 1, "sad"))
    written = json.loads(path.read_text())
    assert {name: written[name] for name in added} == added
    assert written["note"] == "mine" and len(written["own_labels"]) == 1


def test_one_odd_description_hides_no_other_clip(tmp_path: Path) -> None:
    record_clip(tmp_path, "mine")
    for stem in ("deep", "pipe", "folder"):
        (tmp_path / f"{stem}.mp4").write_bytes((tmp_path / "mine.mp4").read_bytes())
    (tmp_path / "deep.json").write_text('{"schema": "happysad-clip/1", "note": ' + "[" * 100_000)
    (tmp_path / "folder.json").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.json")
        os.mkfifo(tmp_path / "pipe.labels.jsonl")
    assert {clip.stem for clip in list_clips(tmp_path)} == {"mine", "deep", "pipe", "folder"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_in_the_folder_leads_nothing_elsewhere(tmp_path: Path) -> None:
    """As an archive of somebody else's clips may hold one."""
    folder, thesis, nowhere = tmp_path / "clips", tmp_path / "thesis.txt", tmp_path / "nowhere"
    clip = record_clip(folder, "old")
    thesis.write_text("years of work")
    (folder / ".old~.json").symlink_to(thesis)
    assert set_note(clip, "new").as_now().info.note == "new"
    assert thesis.read_text() == "years of work"
    for suffix in (".mp4.part", ".labels.jsonl.part", ".json.part"):
        (folder / f"clip{suffix}").symlink_to(nowhere)
    record(Recorder(plan(folder, stem="clip")), [result(0, 0.0, [face("happy")])])
    assert {found.stem for found in list_clips(folder)} == {"old", "clip_2"} and not nowhere.exists()


def test_a_list_of_other_films_is_played_by_none_of_their_pictures(tmp_path: Path) -> None:
    record_clip(tmp_path, "private")
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile private.mp4\n")
    with pytest.raises(RecordingError, match="list.mp4"):
        ClipReader(tmp_path / "list.mp4")


def test_clips_are_listed_with_what_was_seen_in_them(tmp_path: Path) -> None:
    for stem, when in (("old", "2024-01-02T10:00:00+00:00"), ("new", "2025-01-02T10:00:00+00:00")):
        record_clip(tmp_path, stem)
        path = tmp_path / f"{stem}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"recorded_at": when}))

    clips = list_clips(tmp_path)
    assert [clip.stem for clip in clips] == ["new", "old"]
    assert clips[0].info.share == pytest.approx({"happy": 2 / 3, "sad": 1 / 3, "no face": 0}, abs=1e-3)
    assert clips[0].info.length_s == pytest.approx(2.0, abs=0.001)
    assert clips[0].size_bytes == clips[0].video.stat().st_size
    assert list_clips(tmp_path / "missing") == []


def test_the_clip_recorded_last_is_the_first_whenever_its_files_were_copied(tmp_path: Path) -> None:
    video = record_clip(tmp_path / "elsewhere").video.read_bytes()
    hours = [7, 3, 9, 1, 8, 5]
    for hour in hours:
        (tmp_path / f"{hour}.mp4").write_bytes(video)
        os.utime(tmp_path / f"{hour}.mp4", (3600 - hour, 3600 - hour))
        described = {"schema": "happysad-clip/1", "recorded_at": f"2025-01-02T{hour:02}:00:00+00:00"}
        (tmp_path / f"{hour}.json").write_text(json.dumps(described))
    clips = list_clips(tmp_path)
    assert [clip.stem for clip in clips] == ["9", "8", "7", "5", "3", "1"]
    assert clips[0].recorded_at == datetime(2025, 1, 2, 9, tzinfo=UTC)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="most disks know no such years")
def test_a_film_of_an_impossible_year_does_not_hide_the_others(tmp_path: Path) -> None:
    video = record_clip(tmp_path).video.read_bytes()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        for name in ("odd.mp4", "usual.mp4"):
            Path(folder, name).write_bytes(video)
        os.utime(Path(folder, "odd.mp4"), (3e11, 3e11))
        assert [clip.stem for clip in list_clips(Path(folder))] == ["usual", "odd"]


def test_what_hands_do_to_the_folder_does_no_harm(tmp_path: Path) -> None:
    record_clip(tmp_path, "bare")
    (tmp_path / "bare.json").unlink()
    (tmp_path / "bare.labels.jsonl").unlink()
    record_clip(tmp_path, "broken")
    (tmp_path / "broken.json").write_text("{not json")
    record_clip(tmp_path, "sparse")
    (tmp_path / "sparse.json").write_text('{"schema": "happysad-clip/1", "note": "by hand"}')
    record_clip(tmp_path, "endless")
    (tmp_path / "endless.json").write_text('{"schema": "happysad-clip/1", "frames": 1e999, "length_s": NaN}')
    record_clip(tmp_path, "ancient")
    (tmp_path / "ancient.json").write_text(
        '{"schema": "happysad-clip/1", "recorded_at": "0001-01-01T00:00:00+14:00"}'
    )
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "lonely.json").write_text("{}")
    for name in ("bare.labelled.mp4", ".hidden.mp4"):
        (tmp_path / name).write_bytes((tmp_path / "bare.mp4").read_bytes())

    clips = {clip.stem: clip for clip in list_clips(tmp_path)}
    assert sorted(clips) == ["ancient", "bare", "broken", "endless", "sparse"]
    assert clips["bare"].info.length_s == pytest.approx(2.0, abs=0.001)
    assert not is_described(tmp_path, "bare")
    with pytest.raises(RecordingError, match=r"bare\.labels\.jsonl cannot be read"):
        clip_frames(clips["bare"])
    assert clips["broken"].info.model == clips["endless"].info.model == "happysad"
    assert clips["broken"].info.share["sad"] == pytest.approx(1 / 3, abs=1e-3)
    assert clips["sparse"].info.note == "by hand"


class DatetimeOfWindows(datetime):
    """As Python 3.11 has it there (python/cpython#80940 and #107078)."""

    def astimezone(self, tz: tzinfo | None = None) -> datetime:
        first = datetime(1970, 1, 2) if self.tzinfo is None else datetime(1970, 1, 1, tzinfo=UTC)
        if datetime.__lt__(self, first):
            raise OSError(errno.EINVAL, "Invalid argument")
        return super().astimezone(tz)


@pytest.mark.parametrize("recorded_at", ["", "1969-07-20T20:17:40+00:00", "1970-01-01T12:00:00"])
def test_a_time_that_windows_cannot_turn_into_local_time_hides_no_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded_at: str
) -> None:
    record_clip(tmp_path)
    (tmp_path / "clip.json").write_text(json.dumps({"schema": "happysad-clip/1", "recorded_at": recorded_at}))
    os.utime(tmp_path / "clip.mp4", (3600, 3600))
    monkeypatch.setattr("happysad_live.recording.library.datetime", DatetimeOfWindows)
    (clip,) = list_clips(tmp_path)
    assert clip.recorded_at == datetime(1970, 1, 1, 1, tzinfo=UTC)


def test_a_file_that_somebody_reads_for_a_moment_is_replaced_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = record_clip(tmp_path)
    refuse_to_rename(monkeypatch, 2)
    clip = set_note(clip, "at the party")
    refuse_to_rename(monkeypatch, 2)
    assert rename_clip(clip, "party").as_now().info.note == "at the party"


def test_a_file_that_somebody_keeps_open_is_said_to_be_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = record_clip(tmp_path)
    files = sorted(tmp_path.iterdir())
    refuse_to_rename(monkeypatch, 1000)
    with pytest.raises(RecordingError, match=r"^clip\.json in .* is in use, here or in another program"):
        set_note(clip, "at the party")
    with pytest.raises(RecordingError, match=r"^clip\.mp4 in .* is in use, here or in another program"):
        rename_clip(clip, "party")
    assert sorted(tmp_path.iterdir()) == files and clip.as_now() == clip


def test_own_labels_and_notes_are_kept(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    clip = label_stretch(clip, OwnLabel(0.5, None, "neutral"))
    clip = label_stretch(clip, OwnLabel(1.0, 1.5, "sad", 2))
    clip = set_note(clip, "me, ärgerlich")

    clip = load_clip(tmp_path, "clip")
    assert clip.info.note == "me, ärgerlich"
    frames = list(clip_frames(clip))
    assert [found.own for found in frames[4].faces] == [None]
    assert [found.own for found in frames[6].faces] == ["neutral"]
    assert [found.own for found in frames[12].faces] == ["neutral", "sad"]
    assert [found.own for found in frames[16].faces] == ["neutral", "neutral"]
    assert (frames[12].faces[0].label, frames[12].faces[1].label) == ("sad", "happy")


def test_a_later_own_label_cuts_the_earlier_one_and_can_be_taken_back(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(0.0, 2.0, "happy"))
    clip = label_stretch(clip, OwnLabel(0.5, 1.0, "sad"))
    own = sorted((label.start_s, label.end_s, label.label) for label in clip.info.own_labels)
    assert own == [(0.0, 0.5, "happy"), (0.5, 1.0, "sad"), (1.0, 2.0, "happy")]

    clip = unlabel_stretch(clip, 0.25, 1.5)
    own = sorted((label.start_s, label.end_s, label.label) for label in clip.info.own_labels)
    assert own == [(0.0, 0.25, "happy"), (1.5, 2.0, "happy")]
    with pytest.raises(RecordingError, match="end after it begins"):
        label_stretch(clip, OwnLabel(1.0, 1.0, "sad"))


def test_an_own_label_elsewhere_leaves_the_earlier_one_its_length(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(0.0, 0.5, "happy"))
    clip = label_stretch(clip, OwnLabel(1.0, 1.5, "sad"))
    assert clip.info.own_labels == (OwnLabel(0.0, 0.5, "happy"), OwnLabel(1.0, 1.5, "sad"))
    labels = [clip.info.own_label_at(time_s, 1) for time_s in (0.25, 0.5, 1.0, 1.5)]
    assert labels == ["happy", None, "sad", None]


def test_another_own_label_of_the_same_stretch_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(0.5, 1.0, "happy"))
    clip = label_stretch(clip, OwnLabel(0.5, 1.0, "sad"))
    assert clip.info.own_labels == (OwnLabel(0.5, 1.0, "sad"),)
    clip = label_stretch(clip, OwnLabel(0.75, None, "neutral"))
    assert clip.info.own_labels == (OwnLabel(0.5, 0.75, "sad"), OwnLabel(0.75, None, "neutral"))


def test_what_is_taken_back_of_one_face_leaves_the_other_its_label(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(0.0, 2.0, "happy", 1))
    clip = unlabel_stretch(label_stretch(clip, OwnLabel(0.0, 2.0, "sad", 2)), 0.5, 1.0, 1)
    assert [clip.info.own_label_at(time_s, 1) for time_s in (0.2, 0.7, 1.2)] == ["happy", None, "happy"]
    assert [clip.info.own_label_at(time_s, 2) for time_s in (0.2, 0.7, 1.2)] == ["sad"] * 3


def test_a_later_own_label_of_one_face_holds_against_an_earlier_one_of_all(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(1.0, 1.5, "sad"))
    clip = label_stretch(clip, OwnLabel(0.0, None, "happy", 1))
    assert clip.info.own_label_at(1.2, 1) == "happy"
    assert clip.info.own_label_at(1.2, 2) == "sad"


def test_training_gets_own_labels_of_the_clean_part_only(tmp_path: Path) -> None:
    info = record_clip(tmp_path).info
    own = (OwnLabel(0.0, None, "sad"),)
    described = {"own_labels": own, "clean_from_s": 0.5}
    partly = ClipInfo(**{name: getattr(info, name) for name in info.__slots__} | described)
    assert is_trainable(partly)
    described = {"own_labels": (OwnLabel(0.0, 0.5, "sad"),), "clean_from_s": 0.5}
    before = ClipInfo(**{name: getattr(info, name) for name in info.__slots__} | described)
    assert not is_trainable(before)
    described = {"own_labels": own, "clean_from_s": None}
    drawn = ClipInfo(**{name: getattr(info, name) for name in info.__slots__} | described)
    assert not is_trainable(drawn)
    assert from_json(to_json(partly)) == partly


def test_the_timeline_has_a_stretch_for_each_face_and_label(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(1.5, None, "neutral"))
    found = [
        (stretch.track, round(stretch.start_s, 3), round(stretch.end_s, 3), stretch.label, stretch.own)
        for stretch in label_stretches(list(clip_frames(clip)), clip.info.length_s)
    ]
    assert found == [
        (1, 0.0, 1.0, "happy", False),
        (1, 1.0, 1.5, "sad", False),
        (2, 1.0, 1.5, "happy", False),
        (1, 1.5, 2.0, "neutral", True),
        (2, 1.5, 2.0, "neutral", True),
    ]


def test_a_line_takes_no_longer_where_a_clip_has_hundreds_of_own_labels(tmp_path: Path) -> None:
    """Else a label that is given in an hour's clip would be seen seconds later."""
    seen = list(clip_frames(record_clip(tmp_path)))[-1]
    lines = [replace(seen, index=number, time_s=number / 10) for number in range(2000)]
    own = tuple(OwnLabel(float(begin_s), begin_s + 0.5, "neutral", 1) for begin_s in range(200))
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        labelled = list(with_own_labels(lines, ClipInfo(length_s=200.0, own_labels=own)))
    finally:
        sys.setprofile(None)
    assert [line.faces[0].own for line in labelled] == (["neutral"] * 5 + [None] * 5) * 200
    assert {line.faces[1].own for line in labelled} == {None}
    assert calls / len(lines) < 80  # not one for each own label


def test_faces_of_a_photograph_have_a_stretch_each(tmp_path: Path) -> None:
    """They have no number, and must not be taken for one another, nor for those of the next picture."""
    *_, numbered = clip_frames(record_clip(tmp_path))

    def photograph(time_s: float, left: float) -> FrameLabels:
        places = (Box(left + 30 * place, 5, left + 30 * place + 20, 25) for place in (0, 1))
        faces = zip(numbered.faces, places, strict=True)
        return replace(
            numbered, time_s=time_s, faces=tuple(replace(face, track=None, box=box) for face, box in faces)
        )

    lines = [photograph(0.0, 5), photograph(1.0, 5), photograph(2.0, 8)]
    found = [(stretch.start_s, stretch.end_s, stretch.label) for stretch in label_stretches(lines, 3.0)]
    labels = [face.label for face in numbered.faces]
    assert sorted(found) == sorted(
        [(0.0, 2.0, label) for label in labels] + [(2.0, 3.0, label) for label in labels]
    )


def test_a_film_with_a_name_too_long_for_a_description_beside_it_can_be_renamed(tmp_path: Path) -> None:
    """251 letters: a disk takes them with ``.mp4``, but not with ``.json``."""
    record_clip(tmp_path / "elsewhere").video.rename(tmp_path / f"{'x' * 251}.mp4")
    (film,) = list_clips(tmp_path)
    with pytest.raises(RecordingError):
        set_note(film, "too long")
    assert rename_clip(film, "short").video == tmp_path / "short.mp4"


def test_a_copy_with_labels_drawn_in_is_no_clip_however_it_is_spelt(tmp_path: Path) -> None:
    record_clip(tmp_path / "elsewhere").video.rename(tmp_path / "clip.labelled.MP4")
    assert list_clips(tmp_path) == []


def test_a_description_that_says_no_length_gets_that_of_the_video(tmp_path: Path) -> None:
    """As a script may write it that gives films own labels."""
    clip = record_clip(tmp_path)
    own = {"start_s": 1.0, "end_s": None, "label": "sad"}
    written = {"schema": "happysad-clip/1", "labels": ["happy", "sad"], "own_labels": [own]}
    written["clean_from_s"] = 0.0
    clip.path(".json").write_text(json.dumps(written))
    info = load_clip(tmp_path, clip.stem).info
    assert (info.frames, info.length_s) == (20, pytest.approx(2.0, abs=0.001))
    assert info.own_labels == (OwnLabel(1.0, None, "sad"),) and info.labels == ("happy", "sad")
    assert is_trainable(info)


def test_a_film_that_got_a_note_first_knows_the_classes_of_labels_that_come_later(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    labels = clip.path(".labels.jsonl").read_bytes()
    for path in (clip.path(".labels.jsonl"), clip.path(".json")):
        path.unlink()
    noted = set_note(load_clip(tmp_path, clip.stem), "at the sea")
    assert noted.info.labels == ()
    clip.path(".labels.jsonl").write_bytes(labels)
    assert load_clip(tmp_path, clip.stem).info.labels == clip.info.labels
    assert load_clip(tmp_path, clip.stem).info.note == "at the sea"
    assert load_clip(tmp_path, clip.stem).info.share == pytest.approx(clip.info.share, abs=0.001)


def test_what_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    clip.path(".json").unlink()
    unlabel_stretch(load_clip(tmp_path, clip.stem), 0.0, None)
    assert not clip.path(".json").exists()


def test_a_cameras_film_in_capitals_is_a_clip_like_any_other(tmp_path: Path) -> None:
    record_clip(tmp_path / "elsewhere").video.rename(tmp_path / "DSC1.MP4")
    (film,) = list_clips(tmp_path)
    assert (film.stem, film.video) == ("DSC1", tmp_path / "DSC1.MP4")
    renamed = rename_clip(set_note(film, "at the sea"), "sea")
    assert sorted(path.name for path in tmp_path.glob("sea*")) == ["sea.MP4", "sea.json"]
    record_clip(tmp_path, "other")
    with pytest.raises(RecordingError, match="already a clip named sea"):
        rename_clip(load_clip(tmp_path, "other"), "sea")
    assert load_clip(tmp_path, "sea").info.note == renamed.info.note == "at the sea"


@pytest.mark.parametrize("other", ["partial-clip", "clip~", "_clip~"])
def test_what_is_done_to_a_clip_leaves_others_alone_whatever_they_are_called(
    tmp_path: Path, other: str
) -> None:
    clip = record_clip(tmp_path)
    noted = set_note(record_clip(tmp_path, other), "theirs")
    trash_clip(rename_clip(set_note(clip, "mine"), "renamed"), Path.unlink)
    assert [found.stem for found in list_clips(tmp_path)] == [other]
    assert noted.as_now().info.note == "theirs"


def test_a_clip_that_is_called_as_its_video_was_keeps_its_name(tmp_path: Path) -> None:
    clip = record_clip(tmp_path, "x.mp4")
    assert rename_clip(clip, "x.mp4").stem == "x.mp4"
    assert rename_clip(clip, "y.MP4 ").stem == "y"


def test_rename_moves_all_files_or_none(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    record_clip(tmp_path, "taken")
    with pytest.raises(RecordingError, match="already a clip named taken"):
        rename_clip(clip, "taken")

    torn = (tmp_path / "clip.json").read_bytes()[:100]
    (tmp_path / ".clip~.json").write_bytes(torn)  # by a crash while a note was being stored
    renamed = rename_clip(clip, "Lena: sad?")
    assert renamed.stem == "Lena sad"
    assert not list(tmp_path.glob("*clip*"))
    assert sorted(path.name for path in tmp_path.glob("Lena*")) == [
        "Lena sad.json",
        "Lena sad.labels.jsonl",
        "Lena sad.mp4",
    ]
    assert load_clip(tmp_path, "Lena sad").info == clip.info
    with pytest.raises(RecordingError, match="no longer there"):
        load_clip(tmp_path, "clip")


def test_a_link_to_the_video_with_labels_of_its_own_is_not_replaced_by_a_rename(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    (tmp_path / "second.mp4").hardlink_to(clip.video)
    second = set_note(load_clip(tmp_path, "second"), "of the second")
    with pytest.raises(RecordingError, match="already a clip named second"):
        rename_clip(clip, "second")
    assert second.as_now().info.note == "of the second"


def test_a_name_that_differs_in_case_only_is_another_clips(tmp_path: Path) -> None:
    """On a disk that tells them apart; on others it is the same clip, and may be renamed."""
    clip = record_clip(tmp_path, "party")
    if (tmp_path / "PARTY.mp4").exists():
        assert rename_clip(clip, "Party").stem == "Party"
        return
    other = record_clip(tmp_path, "Party")
    before = other.video.read_bytes()
    with pytest.raises(RecordingError, match="already a clip named Party"):
        rename_clip(clip, "Party")
    assert other.video.read_bytes() == before


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_video_without_a_description_is_listed_by_its_index(tmp_path: Path, in_pieces: bool) -> None:
    clip = record_clip(tmp_path)
    clip.path(".json").unlink()
    clip.path(".labels.jsonl").unlink()
    if in_pieces:  # as screen recorders write them, without an index
        whole = clip.video.rename(tmp_path / "whole")
        options = ("-c", "copy", "-movflags", "frag_keyframe+empty_moov")
        subprocess.run(["ffmpeg", "-v", "error", "-i", whole, *options, clip.video], check=True)
        whole.unlink()
    (listed,) = list_clips(tmp_path)
    assert not is_described(tmp_path, listed.stem)
    assert listed.info.frames == clip.info.frames
    assert listed.info.length_s == pytest.approx(clip.info.length_s, abs=0.01)


@pytest.mark.parametrize("has_labels", [False, True])
def test_pictures_that_a_cut_leaves_in_the_file_but_not_in_the_film_do_not_count(
    tmp_path: Path, has_labels: bool
) -> None:
    whole = record_clip(tmp_path / "whole")
    cut = tmp_path / "cut.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "0.45", "-i", whole.video, "-c", "copy", cut], check=True)
    shown = probe(cut)
    assert 0 < len(shown.times_s) < whole.info.frames
    if has_labels:
        shutil.copy(whole.path(".labels.jsonl"), tmp_path / "cut.labels.jsonl")
    (listed,) = list_clips(tmp_path)
    assert listed.info.frames == len(shown.times_s)
    assert listed.info.length_s == pytest.approx(whole.info.length_s - 0.45, abs=0.1)  # a frame


def test_a_lost_description_follows_the_label_lines(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    clip.path(".json").unlink()
    (before,) = list_clips(tmp_path)
    assert "angry" not in before.info.share
    lines = clip.path(".labels.jsonl")
    lines.write_text(lines.read_text().replace('"sad"', '"angry"'))
    (after,) = list_clips(tmp_path)
    assert after.info.share["angry"] == before.info.share["sad"] > 0


def test_a_damaged_index_is_not_believed_a_billion_frames(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    clip.path(".json").unlink()
    clip.path(".labels.jsonl").unlink()
    content = bytearray(clip.video.read_bytes())
    count_at = content.index(b"stts") + 12  # behind version and number of entries (ISO/IEC 14496-12, 8.6.1.2)
    content[count_at : count_at + 4] = (10**9).to_bytes(4, "big")
    clip.video.write_bytes(content)
    (listed,) = list_clips(tmp_path)
    assert listed.info.frames == clip.info.frames


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("party.labelled", "party_labelled"),
        ("a/b\\c:d", "abcd"),
        ("  two   words. ", "two words"),
        ("con", "_con"),
        ("é ü", "é ü"),
        ("nul .x", "_nul .x"),
        ("x" * 300, "x" * 120),
        ("漢" * 90, "漢" * 66),  # three bytes each
        ("a\x07b\u202egpj", "abgpj"),  # what rings, and what turns the writing round
    ],
)
def test_names_become_safe_everywhere(text: str, stem: str) -> None:
    assert safe_stem(text) == stem


def test_clips_that_are_called_after_their_time_are_sorted_by_it() -> None:
    assert dated_stem(datetime(2025, 6, 30, 14, 5, 9)) == "2025-06-30_14-05-09"


@pytest.mark.parametrize("text", ["", " ... ", "???", "\n"])
def test_names_of_nothing_are_refused(text: str) -> None:
    with pytest.raises(RecordingError, match="at least one"):
        safe_stem(text)


def test_a_target_names_a_clip_or_a_folder(tmp_path: Path) -> None:
    assert record_target(tmp_path / "party.MP4") == (tmp_path, "party")
    assert record_target(tmp_path / "clips") == (tmp_path / "clips", None)
    (tmp_path / "odd.mp4").mkdir()
    assert record_target(tmp_path / "odd.mp4") == (tmp_path / "odd.mp4", None)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into the trash of the Linux desktops")
def test_delete_moves_all_files_to_the_trash(tmp_path: Path) -> None:
    clip = record_clip(tmp_path / "clips")
    size_bytes = clip.video.stat().st_size
    (tmp_path / "clips" / ".clip~.json").write_text("")  # by a crash while a note was being stored
    trash_clip(clip, move_to_trash)
    assert list((tmp_path / "clips").iterdir()) == []
    origins = [
        unquote(info.read_text().split("Path=")[1].splitlines()[0])
        for info in Path(os.environ["XDG_DATA_HOME"]).glob("Trash/info/*.trashinfo")
    ]
    for name in ("clip.json", "clip.labels.jsonl", "clip.mp4"):
        assert str(tmp_path / "clips" / name) in origins
    thrown_away = Path(os.environ["XDG_DATA_HOME"]).glob("Trash/files/*.mp4")
    assert size_bytes in [path.stat().st_size for path in thrown_away]


def test_a_phones_clip_is_shown_upright(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    height, width = pictures(clip.video)[0].shape[:2]
    turn_phone(clip.video, 1)
    with ClipReader(clip.video) as reader:
        shown = reader.read()
    assert shown is not None and shown.image.shape == (width, height, 3)


@pytest.mark.parametrize("reads_on", [False, True])
def test_at_every_time_the_picture_of_that_time_is_shown(tmp_path: Path, reads_on: bool) -> None:
    """Forwards, backwards, a little on, across key frames (one in 30), and beyond both ends."""
    greys = [20 + 8 * (number % 25) for number in range(100)]
    shown = [result(number, number / 30, colour=(grey, grey, grey)) for number, grey in enumerate(greys)]
    record(Recorder(plan(tmp_path, stem="clip")), shown)
    numbers = [0, 1, 1, 2, 8, 60, 33, 32, 32, 31, 99, 99, 50, 0, 0, 20]
    late_s = [0, 0, 0.032, 0, 0, 0, 0.01, 0.032, 0, 0, 0, 5.0, 0, -1.0, 0, 0]
    with ClipReader(tmp_path / "clip.mp4") as reader:
        for number, after_s in zip(numbers, late_s, strict=True):
            picture = reader.seek(round(number / 30, 6) + after_s)  # as a label line has it
            assert picture is not None
            assert picture.time_s == pytest.approx(number / 30, abs=0.001)
            assert np.abs(picture.image.astype(int) - greys[number]).max() <= 3
            following = reader.read() if reads_on and number < 99 else None
            assert following is None or following.time_s == pytest.approx((number + 1) / 30, abs=0.001)


@pytest.mark.parametrize("options", [{"use_editlist": "0"}, {"movflags": "frag_keyframe+empty_moov"}])
def test_a_film_is_gone_through_backwards_whatever_order_its_pictures_are_decoded_in(
    tmp_path: Path, options: dict[str, str]
) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w", options=options) as film:
        stream = film.add_stream("libx264", rate=30, options={"bf": "2", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(60):
            image = np.full((48, 64, 3), 20 + 3 * number, np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        film.mux(stream.encode(None))
    with ClipReader(path) as reader:
        forwards = [(one.time_s, one.image.mean()) for one in iter(reader.read, None)]
        assert len(forwards) == 60
        for time_s, grey in reversed(forwards):
            picture = reader.seek(time_s)
            assert picture is not None and (picture.time_s, picture.image.mean()) == (time_s, grey)


def test_a_thumbnail_shows_the_first_picture(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    small = thumbnail(clip.video, 80, 40)
    assert small.shape == (40, 80, 3)
    assert np.abs(small.astype(int) - (200, 40, 30)).max() <= 4
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(RecordingError, match=r"text\.mp4"):
        thumbnail(tmp_path / "text.mp4", 80, 40)


def test_a_rename_that_fails_half_way_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = record_clip(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    rename = Path.rename

    def refuse_the_last(old: Path, new: Path) -> Path:
        if old.name == "clip.json":
            raise PermissionError(errno.EACCES, "Permission denied", str(old))
        return rename(old, new)

    monkeypatch.setattr(Path, "rename", refuse_the_last)
    with pytest.raises(RecordingError):
        rename_clip(clip, "party")
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_what_is_taken_back_of_all_faces_is_taken_back_of_each(tmp_path: Path) -> None:
    clip = label_stretch(record_clip(tmp_path), OwnLabel(0.0, None, "happy", 1))
    clip = unlabel_stretch(clip, 0.5, 1.0)
    assert [clip.info.own_label_at(time_s, 1) for time_s in (0.2, 0.7, 1.2)] == ["happy", None, "happy"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into the trash of the Linux desktops")
def test_a_clip_goes_to_the_trash_with_all_its_files_or_not_at_all(tmp_path: Path) -> None:
    """Its last file does not go: somebody has it open, or the disk of the trash is full."""
    clip = set_note(record_clip(tmp_path), "mine")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("clip.*")}

    def move_all_but_the_note(path: Path) -> Callable[[], object] | None:
        if path.suffix == ".json":
            raise OSError("refused")
        return move_to_trash(path)

    known = set(Path(os.environ["XDG_DATA_HOME"]).glob("Trash/info/*"))
    with pytest.raises(RecordingError, match=r"clip\.json could not be moved .*, so the clip stays"):
        trash_clip(clip, move_all_but_the_note)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("clip.*")} == before
    assert set(Path(os.environ["XDG_DATA_HOME"]).glob("Trash/info/*")) == known
    assert clip.as_now().info.note == "mine"


@pytest.mark.parametrize("suffix", [".mp4", ".labels.jsonl", ".json"])
def test_a_clip_stays_whole_where_the_disk_does_not_tell_of_one_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """As a network drive that fails now and then: nothing is renamed or deleted without the rest."""
    clip, trash, stat = record_clip(tmp_path / "clips"), tmp_path / "trash", os.stat
    trash.mkdir()

    def failing(path: str | Path, **how: bool) -> os.stat_result:
        if path == clip.path(suffix):
            raise OSError(errno.EIO, "Input/output error", str(path))
        return stat(path, **how)

    before = {path.name: path.read_bytes() for path in clip.folder.iterdir()}
    with monkeypatch.context() as refused:
        refused.setattr(os, "stat", failing)
        with pytest.raises(RecordingError, match="cannot be read"):
            rename_clip(clip, "renamed")
        with pytest.raises(RecordingError, match="cannot be read"):
            trash_clip(clip, lambda path: partial(shutil.move, path.rename(trash / path.name), path))
    assert {path.name: path.read_bytes() for path in clip.folder.iterdir()} == before


def test_a_clip_that_is_gone_is_not_said_to_be_in_the_trash(tmp_path: Path) -> None:
    clip = record_clip(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(RecordingError, match=r"^The clip clip\.mp4 is no longer there\.$"):
        trash_clip(clip, Path.unlink)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM])
def test_a_clip_that_the_system_cannot_open_now_is_not_called_unplayable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    clip = record_clip(tmp_path, "mine")
    clip.path(".json").unlink()  # what it says is then asked of the video
    monkeypatch.setattr(av, "open", lambda *_, **__: av.error.err_check(-number))
    sentence = "mine.mp4 cannot be read: "
    with pytest.raises(RecordingError, match=sentence):
        ClipReader(clip.video)
    with pytest.raises(RecordingError, match=sentence):
        load_clip(tmp_path, clip.stem)
