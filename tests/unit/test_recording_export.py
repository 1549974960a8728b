"""Exports open in what they are for."""

from __future__ import annotations

import csv
import errno
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from full_disk import full_disk
from pympi.Elan import Eaf
from recording_samples import LABELS, add_sound, face, pictures, plan, probe, record, result

from happysad_live.core.types import Box, FrameResult
from happysad_live.errors import RecordingError, UsageError
from happysad_live.overlay import draw_result
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.clip_reader import ClipReader
from happysad_live.recording.export import export_clip
from happysad_live.recording.label_lines import FaceLabel, FrameLabels
from happysad_live.recording.library import Clip, label_stretch, list_clips, load_clip
from happysad_live.recording.mp4 import read_times
from happysad_live.recording.recorder import Recorder
from happysad_live.recording.replay import replay_result
from happysad_live.recording.unfinished_clip import Draw
from happysad_live.video_frames import RgbConverter


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    """Two seconds: face 1 happy, then sad; the user says "neutral" for the last half second."""
    folder = tmp_path / "clips & more"
    faces = [face("happy", confidence=0.8)] * 10 + [face("sad", confidence=0.8)] * 10
    results = [result(index, index / 10, [one], size=(65, 49)) for index, one in enumerate(faces)]
    record(Recorder(plan(folder, stem="mé 1")), results)
    return label_stretch(load_clip(folder, "mé 1"), OwnLabel(1.5, None, "neutral"))


def export(
    clip: Clip,
    format: str,
    path: Path,
    *,
    draw: Draw = lambda image, _result: image,
    progress: Callable[[float], bool] = lambda part: True,
) -> bool:
    return export_clip(clip, format, path, draw=draw, progress=progress)


def labels_drawn_in_a_copy(clip: Clip, path: Path) -> list[list[str]]:
    """The labels that are drawn into each frame of an exported video."""
    drawn: list[list[str]] = []

    def draw(image: np.ndarray, seen: FrameResult) -> np.ndarray:
        drawn.append([one.own or one.label for one in seen.faces])
        return image

    export(clip, "video", path, draw=draw)
    return drawn


def test_tables_and_subtitles_carry_the_users_own_labels(clip: Clip, tmp_path: Path) -> None:
    for format in ("csv", "jsonl", "vtt"):
        export(clip, format, tmp_path / f"out.{format}")

    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["happy"] * 10 + ["sad"] * 10
    assert [row["own_label"] for row in rows] == [""] * 15 + ["neutral"] * 5
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["faces"][0].get("own") for line in lines[1:]] == [None] * 15 + ["neutral"] * 5
    assert (tmp_path / "out.vtt").read_text() == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.000\nFace 1: happy 80 %\n\n"
        "00:00:01.000 --> 00:00:01.500\nFace 1: sad 80 %\n\n"
        "00:00:01.500 --> 00:00:02.000\nFace 1: neutral (own label)\n\n"
    )


@pytest.mark.parametrize("format", ["csv", "jsonl", "vtt", "eaf", "video"])
@pytest.mark.parametrize("last", [0.5, 1.0])
def test_a_cancelled_export_leaves_what_was_there(
    clip: Clip, tmp_path: Path, format: str, last: float
) -> None:
    """Also one that is cancelled after its last frame, just before it is complete."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "labels").write_text("of last week")
    told: list[float] = []

    def progress(part: float) -> bool:
        told.append(part)
        return part < last

    assert not export(clip, format, out / "labels", progress=progress)
    assert told == pytest.approx([number / 20 for number in range(1, round(20 * last) + 1)])
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [("labels", "of last week")]


def test_two_windows_do_not_write_one_file(clip: Clip, tmp_path: Path) -> None:
    """The second one begins while the first is at its tenth frame."""
    path = tmp_path / "out.csv"
    refusals: list[str] = []

    def progress(part: float) -> bool:
        if part == 0.5:
            with pytest.raises(RecordingError) as refused:
                export(clip, "csv", path)
            refusals.append(str(refused.value))
        return True

    assert export(clip, "csv", path, progress=progress)
    assert refusals == ["Another window is writing out.csv: wait until it is done, or choose another name."]
    assert len(path.read_text().splitlines()) == 1 + 20
    assert export(clip, "csv", path)
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["out.csv"]


def test_a_clip_whose_description_says_next_to_nothing_is_exported_all_the_same(
    clip: Clip, tmp_path: Path
) -> None:
    clip.path(".json").write_text('{"schema": "happysad-clip/1", "note": "by hand"}')
    clip = load_clip(clip.folder, clip.stem)
    told: list[float] = []
    for format, suffix in (("csv", ".csv"), ("vtt", ".vtt"), ("video", ".mp4")):
        assert export(
            clip,
            format,
            tmp_path / f"out{suffix}",
            progress=lambda part: told.append(part) is None,
        )
    assert probe(tmp_path / "out.mp4").times_s == pytest.approx([n / 10 for n in range(20)], abs=0.001)
    assert max(told) == 1
    assert (tmp_path / "out.csv").read_text().count("happy") == 10 + 2
    assert "00:00:01.000 --> 00:00:02.000\nFace 1: sad 80 %\n" in (tmp_path / "out.vtt").read_text()


def test_subtitles_of_a_single_frame_last_as_long_as_its_clip(tmp_path: Path) -> None:
    shown = result(0, 0.0, [face("happy", confidence=0.8)], size=(65, 49))
    record(Recorder(plan(tmp_path, stem="one", frame_rate=2.0)), [shown])
    clip = load_clip(tmp_path, "one")
    assert (clip.info.frames, clip.info.length_s) == (1, pytest.approx(0.5, abs=1e-3))
    export(clip, "vtt", tmp_path / "out.vtt")
    told = "WEBVTT\n\n00:00:00.000 --> 00:00:00.500\nFace 1: happy 80 %\n\n"
    assert (tmp_path / "out.vtt").read_text() == told


def test_elan_reads_a_tier_for_each_face_and_one_for_the_own_labels(clip: Clip) -> None:
    path = clip.folder / "out.eaf"
    clip = label_stretch(clip, OwnLabel(0.0, 0.5, "sad"))
    export(clip, "eaf", path)
    export(clip, "eaf", path)  # replaces the first one, without a copy beside it

    document = Eaf(str(path))
    assert ("model", "happysad") in document.get_properties()
    assert sorted(document.get_tier_names()) == ["Face 1", "Own labels"]
    assert sorted(document.get_annotation_data_for_tier("Face 1")) == [
        (0, 1000, "happy"),
        (1000, 2000, "sad"),
    ]
    own = sorted(document.get_annotation_data_for_tier("Own labels"))
    assert own == [(0, 500, "sad"), (1500, 2000, "neutral")]
    (media,) = document.get_linked_files()
    assert media["MIME_TYPE"] == "video/mp4"
    # As ELAN writes them itself: it takes what stands there for the path.
    assert media["RELATIVE_MEDIA_URL"] == "./mé 1.mp4"
    assert media["MEDIA_URL"] == f"file:///{clip.video.as_posix().removeprefix('/')}"
    assert sorted(found.name for found in clip.folder.glob("out*")) == ["out.eaf"]


def test_own_labels_of_one_face_have_their_own_tier_in_elan_and_end_with_the_clip(
    clip: Clip, tmp_path: Path
) -> None:
    """The clip lasts two seconds; a hand, or a recording that was cut short, may leave earlier, later and too
    short ones.
    """
    path = clip.path(".json")
    described = json.loads(path.read_text())
    described["own_labels"] = [
        {"start_s": 0.5, "end_s": 1.0, "label": "sad", "track": 2},
        {"start_s": 1.5, "end_s": 9.0, "label": "happy", "track": None},
        {"start_s": 5.0, "end_s": 6.0, "label": "neutral", "track": None},
        {"start_s": 0.1, "end_s": 0.1003, "label": "neutral", "track": None},
        {"start_s": -0.5, "end_s": 0.25, "label": "sad", "track": 1},
    ]
    path.write_text(json.dumps(described))
    export(load_clip(clip.folder, clip.stem), "eaf", tmp_path / "out.eaf")
    document = Eaf(str(tmp_path / "out.eaf"))
    assert document.get_annotation_data_for_tier("Own labels, face 1") == [(0, 250, "sad")]
    assert document.get_annotation_data_for_tier("Own labels, face 2") == [(500, 1000, "sad")]
    assert document.get_annotation_data_for_tier("Own labels") == [(1500, 2000, "happy")]


def test_what_xml_cannot_hold_does_not_spoil_an_elan_file(clip: Clip, tmp_path: Path) -> None:
    odd = label_stretch(clip, OwnLabel(0.0, 0.5, "a\x0bb\0c\ufffed<😀>"))
    export(odd, "eaf", tmp_path / "out.eaf")
    texts = [found.text for found in ElementTree.parse(tmp_path / "out.eaf").iter("ANNOTATION_VALUE")]
    assert "a\ufffdb\ufffdc\ufffdd<😀>" in texts


def test_the_elan_file_follows_the_rules_of_format_3(clip: Clip, tmp_path: Path) -> None:
    """The rules are those of the EAF 3.0 schema for the elements that occur here."""
    path = tmp_path / "out.eaf"
    export(clip, "eaf", path)
    root = ElementTree.parse(path).getroot()

    assert (root.tag, root.get("FORMAT"), root.get("VERSION")) == ("ANNOTATION_DOCUMENT", "3.0", "3.0")
    assert datetime.fromisoformat(root.get("DATE", "")).tzinfo is not None
    order = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "LOCALE", "LANGUAGE", "CONSTRAINT"]
    places = [order.index(child.tag) for child in root]
    assert places == sorted(places) and places[:2] == [0, 1]
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE", "-1")) for slot in root.iter("TIME_SLOT")}
    types = {found.get("LINGUISTIC_TYPE_ID") for found in root.iter("LINGUISTIC_TYPE")}
    annotations = list(root.iter("ALIGNABLE_ANNOTATION"))
    identifiers = [*slots, *(found.get("ANNOTATION_ID") for found in annotations)]
    assert len(set(identifiers)) == len(identifiers)
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", str(identifier)) for identifier in identifiers)
    assert {tier.get("LINGUISTIC_TYPE_REF") for tier in root.iter("TIER")} <= types
    for found in annotations:
        assert slots[found.get("TIME_SLOT_REF1")] < slots[found.get("TIME_SLOT_REF2")]
    assert {found.get("STEREOTYPE") for found in root.iter("CONSTRAINT")} <= {
        "Time_Subdivision",
        "Symbolic_Subdivision",
        "Symbolic_Association",
        "Included_In",
    }


def test_a_box_that_a_hand_has_written_is_drawn_as_far_as_the_picture_reaches() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    far = FaceLabel(Box(-1e9, -1e9, 1e9, 1e9), 0.9, "happy", 0.9, {"happy": 0.9}, {"happy": 0.9})
    drawn = draw_result(image, replay_result(image, FrameLabels(0, 0.0, (far,)), LABELS))
    assert drawn.any()


def test_a_labelled_copy_has_the_drawing_the_times_and_the_subtitles(clip: Clip) -> None:
    drawn: list[tuple[str, str | None, int | None]] = []

    def draw(image: np.ndarray, seen: FrameResult) -> np.ndarray:
        (face,) = seen.faces
        drawn.append((face.label, face.own, face.track))
        painted = image.copy()
        painted[:16] = (255, 0, 0)
        return painted

    path = clip.folder / "mé 1.labelled.mp4"
    parts: list[float] = []
    export(clip, "video", path, draw=draw, progress=lambda part: parts.append(part) is None)

    as_modelled = [("happy", None, 1)] * 10 + [("sad", None, 1)] * 5
    assert drawn == as_modelled + [("sad", "neutral", 1)] * 5
    assert probe(path).times_s == pytest.approx([n / 10 for n in range(20)], abs=0.001)
    assert probe(path).length_s == pytest.approx(2.0, abs=0.001)
    assert [text for _, _, text in probe(path).subtitles][-1] == "Face 1: neutral (own label)"
    assert all(picture[4, 32, 0] > 200 and picture[4, 32, 1] < 60 for picture in pictures(path))
    assert parts[-1] == 1.0 and parts == sorted(parts)
    assert [found.stem for found in list_clips(clip.folder)] == ["mé 1"]


@pytest.mark.parametrize(("told", "shown"), [(20, 20), (12, 15)])
def test_labels_of_every_fifth_frame_hold_until_the_next_and_no_longer(
    clip: Clip, tmp_path: Path, told: int, shown: int
) -> None:
    """As ``analyze --every 5`` writes them; and cut off after the frame of 1 s, 10."""
    path = clip.path(".labels.jsonl")
    header, *lines = path.read_text().splitlines(keepends=True)
    path.write_text(header + "".join(lines[:told:5]))
    drawn = labels_drawn_in_a_copy(clip, tmp_path / "copy.mp4")
    labels = [["happy"]] * 10 + [["sad"]] * 5 + [["neutral"]] * 5
    assert drawn == labels[:shown] + [[]] * (20 - shown)


def test_a_labelled_copy_goes_on_behind_damage_with_its_labels_in_step(tmp_path: Path) -> None:
    """Half a second is lost of three; face 1 is happy, then sad from 2 s on."""
    noise = np.random.default_rng(1).integers(0, 256, (30, 48, 64, 3), np.uint8)
    faces = [face("happy")] * 20 + [face("sad")] * 10
    results = [result(number, number / 10, [one], size=(64, 48)) for number, one in enumerate(faces)]
    with_noise = [
        replace(one, frame=replace(one.frame, image=image)) for one, image in zip(results, noise, strict=True)
    ]
    record(Recorder(plan(tmp_path, stem="clip")), with_noise)
    clip = load_clip(tmp_path, "clip")
    data = clip.video.read_bytes()
    begin, end = len(data) * 4 // 10, len(data) * 5 // 10
    clip.video.write_bytes(data[:begin] + bytes(end - begin) + data[end:])
    drawn: list[tuple[float, str]] = []

    def draw(image: np.ndarray, seen: FrameResult) -> np.ndarray:
        drawn.append((seen.frame.time_s, seen.faces[0].label))
        return image

    path = tmp_path / "copy.mp4"
    with pytest.raises(RecordingError, match=r"clip\.mp4 is damaged.* copy\.mp4 holds all pictures that can"):
        export(clip, "video", path, draw=draw)
    assert 20 <= len(drawn) < 30
    assert drawn[-1][0] == pytest.approx(2.9, abs=0.001)
    assert all(label == ("happy" if time_s < 1.999 else "sad") for time_s, label in drawn)
    assert probe(path).times_s == pytest.approx([time_s for time_s, _ in drawn], abs=0.001)
    assert probe(path).length_s == pytest.approx(3.0, abs=0.001)


@pytest.mark.parametrize(("every", "end_s"), [(1, 1.2), (5, 1.5), (10, 2.0)])
def test_where_labels_end_early_the_last_one_does_not_go_on_to_the_end(
    clip: Clip, tmp_path: Path, every: int, end_s: float
) -> None:
    """As ``analyze --seconds 1.1`` leaves them beside a film of 2 s; its frame of 1.1 s is the last."""
    clip.path(".json").unlink()
    path = clip.path(".labels.jsonl")
    header, *lines = path.read_text().splitlines(keepends=True)
    path.write_text(header + "".join(lines[:12:every]))
    film = load_clip(clip.folder, clip.stem)
    sad = (end_s - 1.0) / end_s
    assert film.info.share == pytest.approx({"happy": 1 - sad, "sad": sad, "no face": 0.0}, abs=1e-4)
    export(film, "eaf", tmp_path / "out.eaf")
    tiers = Eaf(tmp_path / "out.eaf")
    found = {tier: tiers.get_annotation_data_for_tier(tier) for tier in tiers.get_tier_names()}
    assert found == {"Face 1": [(0, 1000, "happy"), (1000, round(1000 * end_s), "sad")]}
    export(film, "vtt", tmp_path / "out.vtt")
    assert f"00:00:01.000 --> 00:00:0{end_s:.3f}\nFace 1: sad" in (tmp_path / "out.vtt").read_text()


def test_where_the_sound_begins_first_labels_stand_where_a_player_shows_their_pictures(
    clip: Clip, tmp_path: Path
) -> None:
    """A film with 1.5 s of black before its pictures, and labels that ``analyze`` put beside it."""
    clip.path(".json").unlink()
    silent = clip.video.rename(tmp_path / "silent.mp4")
    add_sound(clip.video, silent, begins_s=1.5)
    late = label_stretch(load_clip(clip.folder, clip.stem), OwnLabel(1.5, None, "neutral"))
    assert late.info.length_s == pytest.approx(2.0, abs=0.01)
    with ClipReader(late.video) as reader:
        assert [picture.time_s for picture in iter(reader.read, None) if picture] == pytest.approx(
            [number / 10 for number in range(20)], abs=0.001
        )
        for time_s in (1.5, 0.3):
            sought = reader.seek(time_s)
            assert sought is not None and sought.time_s == pytest.approx(time_s, abs=0.001)
    export(late, "vtt", tmp_path / "out.vtt")
    assert (tmp_path / "out.vtt").read_text() == (
        "WEBVTT\n\n"
        "00:00:01.500 --> 00:00:02.500\nFace 1: happy 80 %\n\n"
        "00:00:02.500 --> 00:00:03.000\nFace 1: sad 80 %\n\n"
        "00:00:03.000 --> 00:00:03.500\nFace 1: neutral (own label)\n\n"
    )
    export(late, "eaf", tmp_path / "out.eaf")
    document = Eaf(str(tmp_path / "out.eaf"))
    assert sorted(document.get_annotation_data_for_tier("Face 1")) == [
        (1500, 2500, "happy"),
        (2500, 3500, "sad"),
    ]
    assert document.get_annotation_data_for_tier("Own labels") == [(3000, 3500, "neutral")]
    export(late, "video", tmp_path / "copy.mp4")
    assert probe(tmp_path / "copy.mp4").times_s == pytest.approx([n / 10 for n in range(20)], abs=0.001)


def test_labels_that_are_in_the_picture_already_are_not_drawn_again(tmp_path: Path) -> None:
    faces = [face("happy", track=1), face("sad", track=2)]
    recorder = Recorder(plan(tmp_path, stem="drawn", draw=lambda image, _: image))
    record(recorder, [result(index, index / 10, faces) for index in range(10)])
    clip = label_stretch(load_clip(tmp_path, "drawn"), OwnLabel(0.5, None, "neutral", 2))
    drawn = labels_drawn_in_a_copy(clip, tmp_path / "copy.mp4")
    assert drawn == [[]] * 5 + [["neutral"]] * 5
    assert "happy" in probe(tmp_path / "copy.mp4").subtitles[-1][2]


def test_a_copy_that_fails_leaves_nothing(clip: Clip, tmp_path: Path) -> None:
    def broken(_image: np.ndarray, _result: FrameResult) -> np.ndarray:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        export(clip, "video", tmp_path / "copy.mp4", draw=broken)
    assert [found.name for found in tmp_path.iterdir()] == [clip.folder.name]


def test_a_copy_whose_last_pictures_a_full_disk_refuses_is_told_and_leaves_what_was_there(
    tmp_path: Path,
) -> None:
    """The encoder holds them back until the copy is completed."""
    noise = np.random.default_rng(0).integers(0, 255, (2, 240, 320, 3), np.uint8)
    seen = [result(number, number / 10, [face()], size=(320, 240)) for number in range(2)]
    seen = [replace(one, frame=replace(one.frame, image=noise[number])) for number, one in enumerate(seen)]
    record(Recorder(plan(tmp_path / "clips", stem="noise")), seen)
    (copy := tmp_path / "copy.mp4").write_text("of last week")
    with full_disk(20_000), pytest.raises(RecordingError, match="The disk is full"):
        export(load_clip(tmp_path / "clips", "noise"), "video", copy)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clips", "copy.mp4"]
    assert copy.read_text() == "of last week"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize(("format", "suffix"), [("video", ".mp4"), ("jsonl", ".labels.jsonl")])
def test_an_export_does_not_replace_the_clip_through_a_link(
    format: str, suffix: str, clip: Clip, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.symlink_to(clip.folder)
    with pytest.raises(UsageError, match="clip itself"):
        export(clip, format, elsewhere / f"mé 1{suffix}")


def test_an_export_does_not_replace_the_film_of_a_camera(clip: Clip) -> None:
    """Which ``analyze`` has labelled, and which has no description."""
    film = clip.video.rename(clip.video.with_suffix(".MP4"))
    clip.path(".json").unlink()
    before = film.read_bytes()
    with pytest.raises(UsageError, match="clip itself"):
        export(load_clip(clip.folder, clip.stem), "video", film)
    assert film.read_bytes() == before


@pytest.mark.parametrize(
    ("format", "suffix"), [("video", ".mp4"), ("jsonl", ".labels.jsonl"), ("vtt", ".MP4")]
)
def test_an_export_does_not_replace_another_clips_files(
    clip: Clip, tmp_path: Path, format: str, suffix: str
) -> None:
    folder = tmp_path / "others"
    record(Recorder(plan(folder, stem="theirs")), [result(0, 0.0)])
    path = folder / f"theirs{suffix}"
    if suffix == ".MP4":
        (folder / "theirs.mp4").rename(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is part of the clip “theirs”: choose another name"):
        export_clip(clip, format, path, draw=draw_result, progress=lambda done: True)
    assert path.read_bytes() == before


def test_what_cannot_be_exported_is_told(clip: Clip, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="clip itself"):
        export(clip, "video", clip.video)
    with pytest.raises(UsageError, match="clip itself"):
        export(clip, "jsonl", clip.folder / "mé 1.json")
    (clip.folder / "mé 1.labels.jsonl").unlink()
    with pytest.raises(RecordingError, match="cannot be read"):
        export(clip, "csv", tmp_path / "out.csv")
    clip.path(".json").unlink()
    with pytest.raises(RecordingError, match="No face in mé 1.mp4 has been labelled yet: open it"):
        export(load_clip(clip.folder, clip.stem), "csv", tmp_path / "out.csv")
    assert [found.name for found in tmp_path.iterdir()] == [clip.folder.name]


def test_faces_without_numbers_share_no_time_in_elan(tmp_path: Path) -> None:
    left, right = Box(4, 6, 20, 24), Box(30, 6, 46, 24)
    results = [
        result(0, 0.0, [face("happy", track=None, box=left), face("sad", track=None, box=right)]),
        result(1, 1.0, [face("neutral", track=None, box=right)]),
        result(2, 2.0, [face("happy", track=None, box=left), face("sad", track=None, box=right)]),
    ]
    record(Recorder(plan(tmp_path, stem="photos", frame_rate=1.0)), results)
    export(load_clip(tmp_path, "photos"), "eaf", tmp_path / "photos.eaf")
    document = Eaf(str(tmp_path / "photos.eaf"))
    tiers = {name: sorted(document.get_annotation_data_for_tier(name)) for name in document.get_tier_names()}
    assert tiers == {
        "Face": [(0, 1000, "happy"), (1000, 2000, "neutral"), (2000, 3000, "happy")],
        "Face (2)": [(0, 1000, "sad"), (2000, 3000, "sad")],
    }


def test_what_a_crash_left_of_an_export_is_replaced(clip: Clip, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".clip~.eaf").write_text("half")
    export(clip, "eaf", out / "clip.eaf")
    assert [path.name for path in out.iterdir()] == ["clip.eaf"]


def test_an_elan_file_that_cannot_get_its_name_leaves_nothing(clip: Clip, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "clip.eaf").mkdir(parents=True)
    with pytest.raises(RecordingError, match=r"clip\.eaf"):
        export(clip, "eaf", out / "clip.eaf")
    assert [path.name for path in out.iterdir()] == ["clip.eaf"]


def test_a_copy_of_a_partly_drawn_clip_gets_labels_where_the_picture_is_clean(tmp_path: Path) -> None:
    """Until the user said something, labels were drawn while recording: not twice."""
    recorder = Recorder(plan(tmp_path, stem="partly", draw=lambda image, _: image))
    results = [result(index, index / 10, [face("happy")]) for index in range(10)]
    record(recorder, results, own_labels={4: "sad", 7: None})
    clip = load_clip(tmp_path, "partly")
    assert clip.info.clean_from_s == pytest.approx(0.4)
    drawn = labels_drawn_in_a_copy(clip, tmp_path / "copy.mp4")
    assert drawn == [[]] * 4 + [["sad"]] * 3 + [["happy"]] * 3


def test_the_copy_of_a_slow_clip_lasts_as_long_as_the_clip(tmp_path: Path) -> None:
    """Three pictures, a second apart: the last one is shown for a second, too."""
    recorder = Recorder(plan(tmp_path, stem="slow", frame_rate=1.0))
    record(recorder, [result(index, float(index), [face("happy")]) for index in range(3)])
    clip = load_clip(tmp_path, "slow")
    export(clip, "video", tmp_path / "copy.mp4")
    assert clip.info.length_s == pytest.approx(3.0, abs=0.01)
    assert read_times(tmp_path / "copy.mp4").length_s == pytest.approx(3.0, abs=0.05)


def test_a_lack_of_memory_is_no_damage_and_an_older_video_stays(
    clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    converted: list[object] = []
    convert = RgbConverter.__call__

    def converts_three(self: RgbConverter, *arguments: object) -> np.ndarray:
        converted.append(arguments)
        if len(converted) == 4:
            raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")
        return convert(self, *arguments)

    monkeypatch.setattr(RgbConverter, "__call__", converts_three)
    path = tmp_path / "copy.mp4"
    path.write_bytes(b"older")
    with pytest.raises(MemoryError):
        export(clip, "video", path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.glob("*.mp4*")) == [path]
