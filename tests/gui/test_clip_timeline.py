"""A clip's label lines as the player needs them, also where some are missing."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from clip_samples import FRAMES, result, write_clip

from happysad_live.core.types import FrameResult
from happysad_live.gui.clips.timeline import load_timeline
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.clip_reader import ClipReader
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.recording.library import load_clip
from happysad_live.recording.stems import LABELS_SUFFIX


def test_where_the_label_lines_were_cut_off_nobody_is_shown(tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    path = clip.path(LABELS_SUFFIX)
    with path.open() as file:
        beginning = [next(file) for _ in range(1 + FRAMES // 4)]
    path.write_text("".join(beginning) + '{"frame": 10, "ti')
    timeline = load_timeline(clip, lambda: True)
    assert timeline.problem == "clip.labels.jsonl ends early: there are no labels after 0:00.5."
    assert [(one.start_s, round(one.end_s, 2)) for one in timeline.stretches] == [(0.0, 0.5)] * 2
    with ClipReader(clip.video) as reader:
        pictures = [reader.seek(time_s) for time_s in (0.46, 0.51, 1.9)]
    assert [len(timeline.result_to_draw(picture).faces) for picture in pictures if picture] == [2, 0, 0]
    assert [round(timeline.step(0.5, number), 2) for number in (0, 1, 29, 40)] == [0.5, 0.55, 1.95, 1.95]


def test_label_lines_of_every_third_frame_are_not_cut_off(tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    path = clip.path(LABELS_SUFFIX)
    header, *lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([header, *lines[::3]]))
    timeline = load_timeline(clip, lambda: True)
    assert timeline.problem == ""
    assert len(timeline.times_s) == len(lines[::3])
    assert {stretch.end_s for stretch in timeline.stretches if stretch.start_s > 0} == {2.0}
    path.write_text("".join([header, *lines[: FRAMES // 2 : 3]]))
    timeline = load_timeline(clip, lambda: True)
    assert "no labels after 0:01.0" in timeline.problem  # the last line is that of frame 18, at 20 a second
    assert {round(stretch.end_s, 2) for stretch in timeline.stretches} == {1.05}
    for enough in (lines[::20], lines[:-5]):  # one a second; a quarter of a second less than all
        path.write_text("".join([header, *enough]))
        assert load_timeline(clip, lambda: True).problem == ""


def test_a_film_without_label_lines_is_stepped_through_picture_by_picture(tmp_path: Path) -> None:
    """As one from a phone, whose pictures do not come evenly."""
    times_s = [number / 30 for number in range(10)] + [1 + number / 10 for number in range(10)]
    writer = ClipWriter(tmp_path / "phone.mp4", 96, 64)
    for number, time_s in enumerate(times_s):
        frame = replace(result(number).frame, time_s=time_s)
        writer.write(frame.image, FrameResult(frame, (), ()))
    writer.finish()
    timeline = load_timeline(load_clip(tmp_path, "phone"), lambda: True)
    assert timeline.times_s == pytest.approx(times_s, abs=1e-4)
    assert timeline.step(1.0, -1) == pytest.approx(0.3, abs=1e-4)


def test_a_description_of_more_frames_than_there_can_be_fills_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path)
    path = clip.path(LABELS_SUFFIX)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    monkeypatch.setattr("happysad_live.recording.line_end.MAX_FRAMES", 100)
    clip = replace(clip, info=replace(clip.info, frames=1_000_000_000))
    timeline = load_timeline(clip, lambda: True)
    assert 100 <= len(timeline.times_s) <= 102


def test_the_face_that_was_seen_longest_comes_first(tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    path = clip.path(LABELS_SUFFIX)
    header, *lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert load_timeline(clip, lambda: True).tracks == [1, 2]
    for line in lines[FRAMES // 2 :]:
        line["faces"] = [face for face in line["faces"] if face["track"] == 2]
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *lines)))
    assert load_timeline(clip, lambda: True).tracks == [2, 1]


def test_lines_that_nobody_waits_for_any_more_are_not_read_on(tmp_path: Path) -> None:
    wanted = iter([True] * 5 + [False] * FRAMES)
    assert len(load_timeline(write_clip(tmp_path), lambda: next(wanted)).lines) == 5


def test_a_night_of_label_lines_takes_little_memory(tmp_path: Path) -> None:
    """A million lines with a face take some 60 MB, instead of a gigabyte."""
    clip, count = write_clip(tmp_path), 3000
    path = clip.path(LABELS_SUFFIX)
    header, line, *_ = [json.loads(line) for line in path.read_text().splitlines()]
    line["faces"] = line["faces"][:1]
    lines = [line | {"frame": number, "time_s": number / 30} for number in range(count)]
    path.write_text("".join(json.dumps(one) + "\n" for one in (header, *lines)))
    clip = replace(clip, info=replace(clip.info, frames=count, length_s=count / 30))
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        timeline = load_timeline(clip, lambda: True)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(timeline.lines) == count
    assert after - before < 200 * count


def test_a_label_of_the_users_is_shown_in_its_part_and_in_no_other(tmp_path: Path) -> None:
    clip = write_clip(tmp_path)
    own = OwnLabel(0.5, 1.5, "sad", track=2)
    timeline = load_timeline(clip, lambda: True)
    labelled = timeline.relabelled(replace(clip, info=replace(clip.info, own_labels=(own,))))
    with ClipReader(clip.video) as reader:
        pictures = [reader.seek(time_s) for time_s in (0.46, 0.51, 1.46, 1.51)]
    shown = [labelled.result(picture).faces for picture in pictures if picture]
    assert [[face.own for face in faces] for faces in shown] == [
        [None, None],
        [None, "sad"],
        [None, "sad"],
        [None, None],
    ]
    first = result(0).faces[0]
    assert shown[0][0].face.box == first.face.box
    assert shown[0][0].probabilities == pytest.approx(first.probabilities, abs=1e-4)
    assert [(face.track, face.label) for face in shown[3]] == [(1, "sad"), (2, "neutral")]
