"""Label files: the formats that scripts, spreadsheets and players read."""

from __future__ import annotations

import csv
import json
import os
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from full_disk import full_disk
from recording_samples import HEADER, LABELS, face, pictures, probe, read_labels, refuse_to_rename, result

from happysad_live.commands.result_files import ResultFiles
from happysad_live.commands.result_names import take_results
from happysad_live.config import LABEL_FORMATS
from happysad_live.core.json_text import name_in
from happysad_live.core.label_text import face_text
from happysad_live.core.replacing import replacing
from happysad_live.core.types import UNSURE, Box, Face, Frame, FrameResult, LabelledFace
from happysad_live.errors import RecordingError
from happysad_live.recording.fitting import fit_result
from happysad_live.recording.label_lines import frame_labels, label_to_dict
from happysad_live.recording.label_reader import fit_labels
from happysad_live.recording.label_writers import (
    CsvWriter,
    JsonlWriter,
    LabelWriter,
    is_foreign_vtt,
    label_path,
    open_label_writer,
)
from happysad_live.recording.part_file import PartFile
from happysad_live.sources import SourceInfo
from happysad_live.sources.base import SourceKind


def open_writer(folder: Path, format: str, **options: Any) -> LabelWriter:
    return open_label_writer(format, label_path(folder, "clip", format), HEADER, **options)


def write_all(folder: Path, formats: list[str], results: list) -> None:
    writers = [open_writer(folder, format) for format in formats]
    for one in results:
        for writer in writers:
            writer.write_labels(frame_labels(one))
    for writer in writers:
        writer.finish()


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"frame": 0', '"frame": Infinity'),
        ('"time_s": 0.0', '"time_s": NaN'),
        ('"time_s": 0.0', '"time_s": 1e300'),
        ("happysad-labels/1", "happysad-labels/2"),
        ('"time_s": 0.0', f'"time_s": 1{"0" * 400}'),
        ('"track": 1', '"track": [1]'),
        ('"track": 1', '"track": 1.5'),
        ('"track": 1', '"track": true'),
        ('"confidence": 0.98', '"confidence": "0.98"'),
        ('"confidence": 0.98', '"confidence": NaN'),
        ('"box": [4.0', '"box": [-Infinity'),
        ('"width": 64', '"width": Infinity'),
        pytest.param('"faces": [', '"faces": ' + "[" * 100_000, id="deep"),
        pytest.param('"track": 1', f'"note": "{"x" * 2_000_000}", "track": 1', id="long"),
    ],
)
def test_what_another_program_made_of_a_label_file_is_told(
    tmp_path: Path, written: str, instead: str
) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0, [face("sad", confidence=0.98)])])
    path = tmp_path / "clip.labels.jsonl"
    text = path.read_text()
    assert len(read_labels(path)[1]) == 1 and text.count(written) == 1
    path.write_text(text.replace(written, instead))
    with pytest.raises(RecordingError, match=r"clip\.labels\.jsonl"):
        read_labels(path)


def test_jsonl_holds_a_header_and_one_object_a_frame(tmp_path: Path) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0), result(12, 0.4004, [face("sad", confidence=0.98)])])

    lines = [json.loads(line) for line in (tmp_path / "clip.labels.jsonl").read_text().splitlines()]

    assert lines[0] == {
        "schema": "happysad-labels/1",
        "source": "camera.mp4",
        "model": "happysad",
        "model_sha256": "ab" * 32,
        "width": 64,
        "height": 48,
        "labels": ["happy", "sad", "neutral"],
    }
    assert lines[1] == {"frame": 0, "time_s": 0.0, "faces": []}
    expected = {"happy": 0.01, "sad": 0.98, "neutral": 0.01}
    assert lines[2] == {
        "frame": 12,
        "time_s": 0.4004,
        "faces": [
            {
                "track": 1,
                "box": [4.0, 6.0, 20.0, 24.0],
                "detection": 0.93,
                "label": "sad",
                "confidence": 0.98,
                "probabilities": expected,
                "raw": expected,
            }
        ],
    }


def test_a_still_face_has_no_track() -> None:
    (found,) = frame_labels(result(0, 0.0, [face(track=None)])).faces
    described = label_to_dict(found, with_track=False)
    assert list(described) == ["box", "detection", "label", "confidence", "probabilities", "raw"]


@pytest.mark.parametrize("seed", range(20))
def test_rounded_probabilities_still_sum_to_one(seed: int) -> None:
    values = np.random.default_rng(seed).dirichlet(np.full(7, 0.3)).astype(np.float32)
    labels = [f"class {number}" for number in range(7)]
    found = Face(Box(0, 0, 1, 1), np.zeros((6, 2), np.float32), 0.5)
    held = int(np.argsort(values)[-2])  # a label that is held need not be the likeliest
    labelled = LabelledFace(found, labels[held], float(values[held]), values, values, 1)
    frame = Frame(np.zeros((1, 1, 3), np.uint8), 0, 0.0, 0.0)
    (written,) = frame_labels(FrameResult(frame, (labelled,), tuple(labels))).faces

    rounded = list(written.probabilities.values())
    assert sum(rounded) == pytest.approx(1, abs=1e-9)
    assert rounded == pytest.approx(values, abs=1.01e-4)
    assert all(value == round(value, 4) and value >= 0 for value in rounded)
    assert written.confidence == rounded[held]


def test_csv_is_tidy(tmp_path: Path) -> None:
    two = [face("happy"), face("sad", track=2, confidence=0.8)]
    write_all(tmp_path, ["csv"], [result(0, 0.0, two), result(1, 0.04), result(2, 0.08, two[:1])])

    with (tmp_path / "clip.labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert [(row["frame"], row["track"], row["label"]) for row in rows] == [
        ("0", "1", "happy"),
        ("0", "2", "sad"),
        ("2", "1", "happy"),
    ]
    assert float(rows[1]["p_sad"]) == 0.8 and float(rows[1]["raw_happy"]) == 0.1
    assert [float(rows[0][side]) for side in ("x0", "y0", "x1", "y1")] == [4, 6, 20, 24]


def test_a_table_has_a_column_for_each_thing_and_of_a_folder_each_pictures_name_and_size(
    tmp_path: Path,
) -> None:
    of_all = "frame,time_s,track,x0,y0,x1,y1,detection,label,confidence,p_happy,p_sad,p_neutral,"
    of_all += "raw_happy,raw_sad,raw_neutral"
    seen = result(0, 0.0, [face(track=None)])
    for kind, name, added, told in (
        ("file", "", "", ""),
        ("images", "more/a, b.jpg", ",image,width,height", ',"more/a, b.jpg",64,48'),
    ):
        source = SourceInfo("it", kind, 640, 480, 1.0, None, live=False)
        files = ResultFiles(tmp_path, kind, ("csv",), HEADER, source)
        files.write(replace(seen, frame=replace(seen.frame, name=name)))
        files.finish()
        columns, row = (tmp_path / f"{kind}.labels.csv").read_text().splitlines()
        assert columns == of_all + added
        assert row == "0,0.0,,4.0,6.0,20.0,24.0,0.93,happy,0.9,0.9,0.05,0.05,0.9,0.05,0.05" + told


def test_a_labelled_video_whose_last_pictures_a_full_disk_refuses_is_told(tmp_path: Path) -> None:
    """The encoder holds them back until the video is completed; the labels are kept."""
    noise = np.random.default_rng(0).integers(0, 255, (2, 240, 320, 3), np.uint8)
    source = SourceInfo("it", "file", 320, 240, 10.0, None, live=False)
    header = replace(HEADER, width=320, height=240)
    files = ResultFiles(tmp_path, "it", ("jsonl",), header, source, overlay=True)
    for number, image in enumerate(noise):
        one = result(number, number / 10, [face()])
        files.write(replace(one, frame=replace(one.frame, image=image)))
    with full_disk(20_000), pytest.raises(RecordingError, match="The disk is full: it.labelled.mp4"):
        files.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["it.labels.jsonl"]
    assert len(read_labels(tmp_path / "it.labels.jsonl")[1]) == 2


def test_a_label_that_many_lines_name_is_held_once(tmp_path: Path) -> None:
    """The player holds all lines of a clip, which may be a million."""
    name = "h" * 10_000
    path, lines = tmp_path / "clip.labels.jsonl", 100
    one = label_to_dict(frame_labels(result(0, 0.0, [face()])).faces[0])
    one |= {"label": name, "probabilities": {name: 1.0}, "raw": {name: 1.0}}
    header = HEADER.to_dict() | {"labels": [name]}
    described = [{"frame": number, "time_s": number / 10, "faces": [one]} for number in range(lines)]
    path.write_text("".join(json.dumps(line) + "\n" for line in [header, *described]))
    tracemalloc.start()
    try:
        held = read_labels(path)
        held_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(held[1]) == lines and held[1][-1].faces[0].label == name
    assert held_bytes < lines * len(name) / 2


def test_subtitles_merge_frames_with_the_same_labels(tmp_path: Path) -> None:
    seen = [[face(confidence=0.9)], [face(confidence=0.8)], [], [face("sad"), face(UNSURE, track=2)]]
    write_all(tmp_path, ["vtt"], [result(n, n * 0.5, faces) for n, faces in enumerate(seen)])

    assert (tmp_path / "clip.vtt").read_text() == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.000\nFace 1: happy 85 %\n\n"
        "00:00:01.500 --> 00:00:02.000\nFace 1: sad 90 %\nFace 2: unsure\n\n"
    )


def test_subtitles_tell_of_faces_by_their_numbers_whichever_was_found_first(tmp_path: Path) -> None:
    """The surest comes first, and that changes; a cue that ended with it would flicker."""
    first, second = face("happy"), face("sad", track=2, box=Box(30, 6, 50, 24))
    seen = [[second, first], [first, second], [second, first]]
    write_all(tmp_path, ["vtt"], [result(n, n * 0.5, faces) for n, faces in enumerate(seen)])
    cue = "00:00:00.000 --> 00:00:01.500\nFace 1: happy 90 %\nFace 2: sad 90 %\n\n"
    assert (tmp_path / "clip.vtt").read_text() == "WEBVTT\n\n" + cue


def test_subtitles_are_read_by_ffmpeg_also_after_an_hour_and_with_odd_labels(tmp_path: Path) -> None:
    odd = face("<sad> & --> low")
    write_all(tmp_path, ["vtt"], [result(0, 3723.4, [odd]), result(1, 3724.0)])

    with av.open(str(tmp_path / "clip.vtt")) as container:
        packets = [packet for packet in container.demux() if packet.size]

    assert [float(packet.pts * packet.time_base) for packet in packets] == [3723.4]
    assert b"-->" not in bytes(packets[0])
    assert "01:02:03.400 --> 01:02:04.000" in (tmp_path / "clip.vtt").read_text()


def test_subtitles_keep_the_pictures_of_a_folder_apart(tmp_path: Path) -> None:
    """Their faces have no number: two happy people are not one whose confidence is the mean."""
    first, second = face(track=None, confidence=0.9), face(track=None, confidence=0.7, box=Box(30, 6, 50, 24))
    both = result(3, 3.0, [first, second])
    write_all(tmp_path, ["vtt"], [result(0, 0.0, [first]), result(1, 1.0, [second]), result(2, 2.0), both])
    told = (tmp_path / "clip.vtt").read_text()
    assert "00:00:03.000 --> 00:00:04.000\nFace: happy 90 %\nFace: happy 70 %\n" in told
    assert "00:00:00.000 --> 00:00:01.000\nFace: happy 90 %" in told
    assert "00:00:01.000 --> 00:00:02.000\nFace: happy 70 %" in told


def test_subtitles_begin_when_a_player_shows_the_first_picture(tmp_path: Path) -> None:
    source = SourceInfo("clip.mp4", "file", 64, 48, 2.0, None, live=False, begins_s=0.8)
    files = ResultFiles(tmp_path, "clip", ("vtt",), HEADER, source)
    for number in range(2):
        files.write(result(number, number / 2, [face()]))
    files.finish()
    assert "00:00:00.800 --> 00:00:01.800\n" in (tmp_path / "clip.vtt").read_text()


def test_subtitles_of_less_than_a_millisecond_end_after_they_begin(tmp_path: Path) -> None:
    """As WebVTT wants it."""
    seen = [(0.0, "happy"), (0.0002, "sad"), (1.0, "sad")]
    write_all(tmp_path, ["vtt"], [result(n, time_s, [face(label)]) for n, (time_s, label) in enumerate(seen)])
    first, second = (tmp_path / "clip.vtt").read_text().split("\n\n")[1:3]
    assert first == "00:00:00.000 --> 00:00:00.001\nFace 1: happy 90 %"
    assert second.startswith("00:00:00.000 --> ")


def test_subtitles_begin_one_after_the_other_though_times_run_backwards(tmp_path: Path) -> None:
    """As WebVTT wants it; a hand may have changed the times."""
    seen = [(0.0, "happy"), (2.0, "sad"), (1.0, "happy"), (3.0, "happy")]
    write_all(tmp_path, ["vtt"], [result(n, time_s, [face(label)]) for n, (time_s, label) in enumerate(seen)])
    cues = (tmp_path / "clip.vtt").read_text().split("\n\n")[1:4]
    assert [cue.split()[0] for cue in cues] == ["00:00:00.000", "00:00:02.000", "00:00:02.000"]


def test_subtitles_of_others_are_told_from_labels_whatever_their_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: str) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    path = tmp_path / "clip.vtt"
    assert not is_foreign_vtt(path)
    write_all(tmp_path, ["vtt"], [result(0, 0.0, [face("happy"), face("sad", track=None)])])
    assert not is_foreign_vtt(path)
    with monkeypatch.context() as unreadable:
        unreadable.setattr(Path, "read_text", refuse)
        assert is_foreign_vtt(path) and not is_foreign_vtt(tmp_path / "other.vtt")
    path.write_bytes("WEBVTT\n\n00:00.000 --> 00:01.000\nCafé\n".encode("latin-1"))
    assert is_foreign_vtt(path)


def test_a_single_picture_is_told_as_long_as_it_is_shown(tmp_path: Path) -> None:
    source = SourceInfo("me.png", "images", 64, 48, 0.5, 1, live=False)
    files = ResultFiles(tmp_path, "clip", ("vtt",), HEADER, source)
    files.write(result(0, 0.0, [face()]))
    files.finish()
    assert "00:00:00.000 --> 00:00:02.000\n" in (tmp_path / "clip.vtt").read_text()


def test_nothing_has_its_name_before_it_is_finished(tmp_path: Path) -> None:
    writers = [open_writer(tmp_path, format) for format in LABEL_FORMATS]
    for writer in writers:
        writer.write_labels(frame_labels(result(0, 0.0, [face()])))
    assert not any(writer.path.exists() for writer in writers)

    for writer in writers:
        writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_finish_replaces_an_older_file_and_may_come_twice(tmp_path: Path) -> None:
    (tmp_path / "clip.vtt").write_text("old")
    writer = open_writer(tmp_path, "vtt")
    writer.finish()
    writer.finish()
    writer.abort()
    assert (tmp_path / "clip.vtt").read_text() == "WEBVTT\n\n"


@pytest.mark.parametrize(("kind", "box"), [("camera", Box(4, 4, 24, 20)), ("images", Box(8, 8, 48, 40))])
def test_boxes_lie_in_the_first_picture_s_pixels_but_for_a_folder_s_in_each_one_s_own(
    tmp_path: Path, kind: SourceKind, box: Box
) -> None:
    files = ResultFiles(
        tmp_path, "clip", ("jsonl",), HEADER, SourceInfo("it", kind, 64, 48, 1.0, None, False)
    )
    larger = result(0, 0.0, [face(box=Box(8, 8, 48, 40))])
    files.write(replace(larger, frame=replace(larger.frame, image=np.zeros((96, 128, 3), np.uint8))))
    files.finish()
    _, (frame,) = read_labels(tmp_path / "clip.labels.jsonl")
    assert frame.faces[0].box == pytest.approx(box)


def test_a_small_picture_at_the_beginning_makes_no_small_video_of_a_folder(tmp_path: Path) -> None:
    source = SourceInfo("it", "images", 64, 48, 1.0, None, False)
    files = ResultFiles(tmp_path, "clip", (), HEADER, source, overlay=True)
    for number, size in enumerate([(64, 48), (1280, 960)]):
        files.write(result(number, float(number), [], size=size))
    files.finish()
    assert [picture.shape for picture in pictures(files.paths[0])] == [(480, 640, 3)] * 2


@pytest.mark.parametrize(
    ("size", "box", "keypoint", "shown"),
    [
        # Half as large, 64 by 24, with 12 black rows above and under it.
        ((128, 48), Box(60, 4, 100, 36), (80, 20), (slice(12, 36), slice(0, 64))),
        # Twice as large, 24 by 48, with 20 black columns on either side.
        ((12, 24), Box(5, 7, 15, 15), (10, 11), (slice(0, 48), slice(20, 44))),
    ],
)
def test_faces_move_with_a_picture_that_is_brought_to_another_shape(
    size: tuple[int, int], box: Box, keypoint: tuple[int, int], shown: tuple[slice, slice]
) -> None:
    """Into a clip of 64 by 48; there the face has the same place each time."""
    one = face(box=box)
    one = replace(one, face=replace(one.face, keypoints=np.tile(np.float32(keypoint), (6, 1))))
    fitted = fit_result(result(0, 0.5, [one], size=size, colour=(200, 200, 200)), 64, 48)
    (moved,) = fitted.faces
    assert moved.box == pytest.approx((30, 14, 50, 30))
    np.testing.assert_allclose(moved.face.keypoints, np.tile((40, 22), (6, 1)))
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[shown] = 200
    np.testing.assert_array_equal(fitted.frame.image, picture)
    assert (fitted.frame.time_s, moved.label, moved.track) == (0.5, "happy", 1)


@pytest.mark.parametrize(("frame_rate", "length_s"), [(2.0, 1 / 2), (None, 1 / 30)])
def test_the_labelled_video_has_the_box_drawn_in(
    tmp_path: Path, frame_rate: float | None, length_s: float
) -> None:
    source = SourceInfo("clip.mp4", "file", 64, 48, frame_rate, None, live=False)
    files = ResultFiles(tmp_path, "clip", (), HEADER, source, overlay=True)
    files.write(result(0, 0.0, [face(box=Box(8, 8, 56, 40))], colour=(0, 0, 0)))
    files.finish()
    (video,) = files.paths
    assert video == tmp_path / "clip.labelled.mp4"
    (picture,) = pictures(video)
    assert picture[30, 4:12].max() > 100 and picture[30, 20:44].max() < 20  # its left edge; its middle
    assert probe(video).length_s == pytest.approx(length_s, abs=0.001)


def test_results_are_taken_also_where_a_crash_left_them_taken(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    take_results(folder, "clip").release()
    assert list(folder.iterdir()) == []
    (folder / "clip.analyzing").touch()
    take_results(folder, "clip").release()
    assert list(folder.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match=r"clip\.labels\.jsonl"):
        take_results(tmp_path / "file", "clip")


def test_all_label_files_or_none(tmp_path: Path) -> None:
    source = SourceInfo("clip.mp4", "file", 64, 48, 25.0, None, live=False)
    (tmp_path / "clip.vtt.part").mkdir()  # stands where the third file would be written
    with pytest.raises(RecordingError, match=r"clip\.vtt"):
        ResultFiles(tmp_path, "clip", LABEL_FORMATS, HEADER, source)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.vtt.part"]


@pytest.mark.parametrize(("formats", "overlay"), [(LABEL_FORMATS, False), ((), True)])
def test_results_that_another_program_has_open_are_told_of_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formats: tuple[str, ...], overlay: bool
) -> None:
    """As a spreadsheet has them on Windows."""
    source = SourceInfo("clip.mp4", "file", 64, 48, 25.0, None, live=False)
    before = ResultFiles(tmp_path, "clip", formats, HEADER, source, overlay=overlay)
    before.write(result(0, 0.0, [face()]))
    before.finish()
    names = sorted(tmp_path.iterdir())
    refuse_to_rename(monkeypatch, 1000)
    with pytest.raises(RecordingError, match="is in use, here or in another program: close it"):
        ResultFiles(tmp_path, "clip", formats, HEADER, source, overlay=overlay)
    assert sorted(tmp_path.iterdir()) == names


def test_results_that_another_program_has_opened_meanwhile_are_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SourceInfo("clip.mp4", "file", 64, 48, 25.0, None, live=False)
    (tmp_path / "clip.labels.csv").write_text("of before")
    files = ResultFiles(tmp_path, "clip", ("csv",), HEADER, source)
    files.write(result(0, 0.0, [face()]))
    refuse_to_rename(monkeypatch, 1000)
    with pytest.raises(RecordingError, match=r"is in use.* What was written is in clip\.labels\.csv\.part\."):
        files.finish()
    files.abort()
    assert (tmp_path / "clip.labels.csv").read_text() == "of before"
    assert len((tmp_path / "clip.labels.csv.part").read_text().splitlines()) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a descriptor's file")
def test_a_file_gets_its_name_once_a_power_cut_cannot_empty_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[tuple[str, int]] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        carried.append((path.name, path.stat().st_size))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    with replacing(tmp_path / "model.json") as partial:
        partial.write_text("{}")
    table = CsvWriter(tmp_path / "clip.labels.csv", HEADER)
    table.finish()
    assert carried == [(".model~.json", 2), ("clip.labels.csv.part", table.path.stat().st_size)]


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(RecordingError):
        open_writer(tmp_path / "out", "csv")


def test_labels_own_ones_and_the_names_of_pictures_read_back_as_written(tmp_path: Path) -> None:
    seen = result(0, 0.0, [face("sad", track=None)])
    labels = frame_labels(replace(seen, frame=replace(seen.frame, name="more/a.jpg")))
    labels = replace(labels, faces=(replace(labels.faces[0], own="neutral"),))
    written = [labels, frame_labels(result(1, 0.04)), frame_labels(result(2, 0.08, [face("sad", track=3)]))]
    writer = open_writer(tmp_path, "jsonl")
    for line in written:
        writer.write_labels(line)
    writer.finish()
    header, read = read_labels(tmp_path / "clip.labels.jsonl")
    assert (header, read) == (HEADER, written)
    first = read[0]
    assert (first.image, first.width, first.height, first.faces[0].own) == ("more/a.jpg", 64, 48, "neutral")
    assert (read[2].faces[0].track, read[2].faces[0].box) == (3, Box(4, 6, 20, 24))


@pytest.mark.parametrize("rest", [b'{"frame": 2, "ti', b"\0" * 50])
def test_a_last_line_cut_short_is_left_out(tmp_path: Path, rest: bytes) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0), result(1, 0.04)])
    path = tmp_path / "clip.labels.jsonl"
    path.write_bytes(path.read_bytes() + rest)

    assert [frame.index for frame in read_labels(path)[1]] == [0, 1]
    fit_labels(path, [0.0, 0.04])
    assert path.read_bytes().endswith(b'"faces": []}\n')
    fit_labels(path, [0.0])
    assert [frame.index for frame in read_labels(path)[1]] == [0]


def test_frames_whose_lines_are_lost_get_lines_without_a_face(tmp_path: Path) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0, [face()]), result(1, 0.04, [face()])])
    path = tmp_path / "clip.labels.jsonl"
    fit_labels(path, [0.0, 0.04, 0.1, 0.15])
    frames = read_labels(path)[1]
    assert [(frame.index, frame.time_s) for frame in frames] == [(0, 0.0), (1, 0.04), (2, 0.1), (3, 0.15)]
    assert [len(frame.faces) for frame in frames] == [1, 1, 0, 0]


def test_a_frame_whose_line_was_cut_short_gets_one_without_a_face(tmp_path: Path) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0, [face()]), result(1, 0.04, [face()])])
    path = tmp_path / "clip.labels.jsonl"
    path.write_bytes(path.read_bytes()[:-50])
    fit_labels(path, [0.0, 0.04])
    frames = read_labels(path)[1]
    assert [(frame.index, len(frame.faces)) for frame in frames] == [(0, 1), (1, 0)]


def test_lines_that_a_full_disk_does_not_take_are_told(tmp_path: Path) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0)])
    with full_disk(), pytest.raises(RecordingError, match="The disk is full"):
        fit_labels(tmp_path / "clip.labels.jsonl", [0.0, 0.04])


def test_a_broken_line_in_the_middle_and_foreign_files_are_told(tmp_path: Path) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0), result(1, 0.04)])
    path = tmp_path / "clip.labels.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + "{broken\n" + lines[2])
    with pytest.raises(RecordingError, match="Line 2"):
        read_labels(path)

    path.write_text('{"schema": "something/2"}\n')
    with pytest.raises(RecordingError, match="is not a label file"):
        read_labels(path)
    with pytest.raises(RecordingError, match="cannot be read: No such file"):
        read_labels(tmp_path / "missing.jsonl")


def test_empty_lines_that_an_editor_left_are_passed_over(tmp_path: Path) -> None:
    write_all(tmp_path, ["jsonl"], [result(0, 0.0), result(1, 0.04)])
    path = tmp_path / "clip.labels.jsonl"
    first, *others = path.read_text().splitlines()
    path.write_text("\n\n".join([first, *others]) + "\n\n")
    assert [frame.index for frame in read_labels(path)[1]] == [0, 1]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_place_of_labels_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "clip.labels.jsonl")
    with pytest.raises(RecordingError, match="cannot be read: it is not a file"):
        read_labels(tmp_path / "clip.labels.jsonl")


def test_a_source_name_that_is_no_utf8_is_spelled_out(tmp_path: Path) -> None:
    """Python's stand-in for its byte is no character, and many programs refuse a whole file for one."""
    name = b"caf\xe9 \\ m\xc3\xbc.mp4".decode("utf-8", "surrogateescape")
    writer = JsonlWriter(tmp_path / "x.jsonl", HEADER.__class__(name, "m", "", 1, 1, LABELS))
    writer.finish()
    header = json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert header["source"] == "caf\\udce9 \\ mü.mp4"
    assert name_in(header["source"]) == name


def test_subtitles_are_no_surer_than_the_picture(tmp_path: Path) -> None:
    """Above a face nothing ever says 100 %, as no network is certain."""
    write_all(tmp_path, ["vtt"], [result(0, 0.0, [face(confidence=0.998)])])
    assert "Face 1: happy 99 %" in (tmp_path / "clip.vtt").read_text()


@pytest.mark.parametrize("confidence", [0.985004, 0.985, 0.984996])
def test_subtitles_say_the_same_percentage_as_the_picture(confidence: float, tmp_path: Path) -> None:
    """Rounding to four decimals first must not lead to another whole number than rounding at once."""
    shown = face(confidence=confidence)
    write_all(tmp_path, ["vtt"], [result(0, 0.0, [shown])])
    assert f"Face 1: {face_text(shown)}\n" in (tmp_path / "clip.vtt").read_text()


@pytest.mark.parametrize("format", LABEL_FORMATS)
def test_an_older_file_stays_where_a_full_disk_takes_nothing(format: str, tmp_path: Path) -> None:
    write_all(tmp_path, [format], [result(0, 0.0, [face()]), result(1, 0.1, [face()])])
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()
    writer = open_writer(tmp_path, format)
    for index in range(3):
        writer.write_labels(frame_labels(result(index, index / 10, [face()])))
    with full_disk():
        with pytest.raises(RecordingError, match="The disk is full"):
            writer.finish()
        writer.keep()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_of_a_long_file_that_ends_within_a_line_every_whole_line_is_kept(tmp_path: Path) -> None:
    line = "x" * 99 + "\n"
    file = PartFile(tmp_path / "long.labels.jsonl", beginning=line)
    file.write(29_999 * line + "half a l")
    file.keep()
    assert file.path.read_text() == 30_000 * line


def test_smoothed_probabilities_are_not_taken_for_those_of_the_frame(tmp_path: Path) -> None:
    smoothed, raw = np.float32([0.7, 0.2, 0.1]), np.float32([0.1, 0.3, 0.6])
    one = replace(face("happy", confidence=0.7), probabilities=smoothed, raw=raw)
    write_all(tmp_path, ["jsonl", "csv"], [result(0, 0.0, [one])])
    expected = [dict(zip(LABELS, values, strict=True)) for values in ([0.7, 0.2, 0.1], [0.1, 0.3, 0.6])]
    line = json.loads((tmp_path / "clip.labels.jsonl").read_text().splitlines()[1])["faces"][0]
    assert [line["probabilities"], line["raw"]] == expected
    (read,) = read_labels(tmp_path / "clip.labels.jsonl")[1][0].faces
    assert [read.probabilities, read.raw] == expected
    with (tmp_path / "clip.labels.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert [{name: float(row[f"{kind}_{name}"]) for name in LABELS} for kind in ("p", "raw")] == expected


def test_a_box_that_reaches_over_the_edge_is_cut_to_the_picture() -> None:
    (found,) = frame_labels(result(0, 0.0, [face(box=Box(-5, 30, 12, 60))], size=(64, 48))).faces
    assert found.box == Box(0, 30, 12, 48)
