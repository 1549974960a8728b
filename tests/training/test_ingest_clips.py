"""Recorded clips with the user's own labels, on their way back into training: the demo's people."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recording_samples import LABELS, face, plan, result

from happysad_live.core.types import Box, Frame, FrameResult, LabelledFace
from happysad_live.detection.mediapipe_detector import MediaPipeDetector
from happysad_live.errors import TrainingError
from happysad_live.recording.clip_info import OwnLabel, write_info
from happysad_live.recording.library import label_stretch, load_clip
from happysad_live.recording.unfinished_clip import ClipFiles
from happysad_live.sources.demo.source import DemoSource
from training.faces.clips import list_clips_folder
from training.faces.faceset import CLASSES, FaceSet
from training.faces.ingest import ingest

FRAME_S = 0.1


def record(folder: Path, stem: str, start_s: float, seconds: float, own: str | None) -> None:
    """A clip of one drawn person, ten frames a second, from a time of the demo on."""
    demo, detector = DemoSource(1), MediaPipeDetector("full")
    files = ClipFiles(plan(folder, stem=stem), 1280, 720)
    for index in range(round(seconds / FRAME_S)):
        image = demo.picture_at(start_s + index * FRAME_S)
        third = np.full(3, 1 / 3, np.float32)
        faces = tuple(
            LabelledFace(face, "happy", 1 / 3, third, third, 1) for face in detector.find(image)[:1]
        )
        files.write(FrameResult(Frame(image, index, index * FRAME_S, 0.0), faces, LABELS), None)
    files.finish(dropped=0)
    if own is not None:
        label_stretch(load_clip(folder, stem), OwnLabel(0.0, None, own))
    detector.close()
    demo.close()


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip labelled happy as a whole, one with a stretch of sad and one of bored, and one of nothing."""
    folder = tmp_path_factory.mktemp("clips")
    record(folder, "smile", 3.0, 2.0, "happy")
    record(folder, "later", 13.0, 2.0, None)
    record(folder, "plain", 3.0, 0.5, None)
    clip = load_clip(folder, "later")
    clip = label_stretch(clip, OwnLabel(0.5, 1.5, "sad"))
    label_stretch(clip, OwnLabel(1.5, 2.0, "bored"))
    return folder


def test_labelled_stretches_are_taken_spread_in_time(clips: Path) -> None:
    listing = list_clips_folder(clips)
    names = sorted(picture.name for picture in listing.pictures)
    assert [name.split(",")[0] for name in names] == [
        "later at 0.50 s",
        "later at 0.90 s",
        "later at 1.30 s",
        "smile at 0.00 s",
        "smile at 0.40 s",
        "smile at 0.80 s",
        "smile at 1.20 s",
        "smile at 1.60 s",
    ]
    assert [(reject.name, "“bored”" in reject.reason) for reject in listing.rejects] == [
        ("later at 1.50 s, face 1", True),
        ("later at 1.90 s, face 1", True),
    ]


def test_labels_are_named_as_in_folders_and_tables(clips: Path, tmp_path: Path) -> None:
    for path in clips.glob("plain.*"):
        shutil.copy(path, tmp_path)
    label_stretch(load_clip(tmp_path, "plain"), OwnLabel(0.0, None, "Happiness"))
    listing = list_clips_folder(tmp_path)
    assert listing.rejects == ()
    assert {CLASSES[int(picture.label.argmax())] for picture in listing.pictures} == {"happy"}


def test_labels_of_every_second_frame_go_with_their_own_frames(clips: Path, tmp_path: Path) -> None:
    for path in clips.glob("smile.*"):
        shutil.copy(path, tmp_path)
    whole = {picture.name: picture.content for picture in list_clips_folder(tmp_path).pictures}
    labels = tmp_path / "smile.labels.jsonl"
    header, *lines = labels.read_text().splitlines(keepends=True)
    labels.write_text(header + "".join(lines[::2]))
    halved = {picture.name: picture.content for picture in list_clips_folder(tmp_path).pictures}
    assert halved.keys() == whole.keys()
    assert all(np.array_equal(halved[name], whole[name]) for name in whole)


def test_clips_become_a_face_set_split_by_clip(clips: Path, tmp_path: Path) -> None:
    ingest([], tmp_path / "mine.faces.npz", clips=[clips], processes=1)
    faces = FaceSet.load(tmp_path / "mine.faces.npz")
    label = np.array(faces.classes)[faces.hard_labels]
    assert len(faces) == 8
    for stem, expected in (("smile", "happy"), ("later", "sad")):
        mine = np.char.startswith(faces.name, stem)
        assert set(label[mine]) == {expected}
        assert len(set(faces.split[mine])) == 1 and len(set(faces.group[mine])) == 1
    # The drawn face fills the middle of its crop: skin, not the room behind.
    middles = faces.crops(np.arange(8))[:, 96:160, 96:160].reshape(8, -1, 3).mean(axis=1)
    assert np.abs(middles - middles.mean(axis=0)).max() < 25
    assert (middles[:, 0] > middles[:, 2] + 20).all()  # red before blue


def test_frames_of_a_face_that_changes_little_do_not_contradict_each_other(
    clips: Path, tmp_path: Path
) -> None:
    """As the photographs of a folder would: what the user said of a clip's parts is learnt."""
    for path in clips.glob("smile.*"):
        shutil.copy(path, tmp_path)
    label_stretch(load_clip(tmp_path, "smile"), OwnLabel(1.0, None, "neutral"))
    faces = ingest([], tmp_path / "mine.faces.npz", clips=[tmp_path], processes=1).faces
    assert sorted(CLASSES[label] for label in faces.hard_labels) == ["happy"] * 3 + ["neutral"] * 3


def test_a_photograph_out_of_a_clip_contradicts_it_where_it_is_labelled_differently(
    clips: Path, tmp_path: Path
) -> None:
    for path in clips.glob("smile.*"):
        shutil.copy(path, tmp_path)
    folder = tmp_path / "photographs" / "sad"
    folder.mkdir(parents=True)
    (folder / "frame.jpg").write_bytes(bytes(list_clips_folder(tmp_path).pictures[0].content))
    with pytest.raises(TrainingError, match=r"“labelled differently from a near-duplicate” .*frame\.jpg"):
        ingest([str(folder.parent)], tmp_path / "mine.faces.npz", clips=[tmp_path], processes=1)


def test_a_folder_without_own_labels_is_one_sentence(clips: Path, tmp_path: Path) -> None:
    for suffix in (".mp4", ".json", ".labels.jsonl"):
        (tmp_path / f"plain{suffix}").write_bytes((clips / f"plain{suffix}").read_bytes())
    with pytest.raises(TrainingError, match="no clips that you labelled"):
        list_clips_folder(tmp_path)


def test_labels_drawn_into_the_picture_are_not_learnt(clips: Path, tmp_path: Path) -> None:
    for suffix in (".mp4", ".json", ".labels.jsonl"):
        (tmp_path / f"smile{suffix}").write_bytes((clips / f"smile{suffix}").read_bytes())
    clip = load_clip(tmp_path, "smile")
    write_info(clip.path(".json"), replace(clip.info, clean_from_s=1.0))
    times = [picture.name for picture in list_clips_folder(tmp_path).pictures]
    assert len(times) == 3 and all(float(name.split()[2]) >= 1.0 for name in times)

    write_info(clip.path(".json"), replace(clip.info, clean_from_s=None))
    listing = list_clips_folder(tmp_path)
    assert listing.pictures == ()
    assert [(reject.name, "drawn into its picture" in reject.reason) for reject in listing.rejects] == [
        ("smile", True)
    ]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "smile.mp4").unlink(), "its video is not there"),
        (lambda folder: (folder / "smile.labels.jsonl").unlink(), "smile.labels.jsonl cannot be read"),
        (lambda folder: (folder / "smile.labels.jsonl").write_text(""), "is not a label file"),
        (lambda folder: (folder / "smile.json").write_text('{"schema": "happysad-clip/1"'), "is damaged"),
    ],
    ids=["video gone", "lines gone", "lines empty", "description torn"],
)
def test_a_labelled_clip_that_cannot_be_used_is_listed_with_the_reason(
    clips: Path, tmp_path: Path, damage: Callable[[Path], object], reason: str
) -> None:
    for path in (*clips.glob("smile.*"), *clips.glob("later.*")):
        shutil.copy(path, tmp_path)
    damage(tmp_path)
    listing = list_clips_folder(tmp_path)
    assert {picture.subject for picture in listing.pictures} == {"later"}
    (reject,) = (reject for reject in listing.rejects if not reject.name.startswith("later at"))
    assert reject.name == "smile" and reason in reject.reason


def test_labels_after_the_end_of_a_cut_off_video_are_told(clips: Path, tmp_path: Path) -> None:
    for path in clips.glob("smile.*"):
        shutil.copy(path, tmp_path)
    labels = tmp_path / "smile.labels.jsonl"
    header, *lines = labels.read_text().splitlines(keepends=True)
    later = [json.dumps(json.loads(lines[-1]) | {"frame": 50, "time_s": 5.0}) + "\n"]
    labels.write_text("".join([header, *lines, *later]))
    listing = list_clips_folder(tmp_path)
    assert len(listing.pictures) == 5
    assert [reject.reason for reject in listing.rejects] == [
        "Its video ends before 5.00 s, where you labelled more."
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is text")
def test_a_clip_whose_name_is_no_text_is_learnt_from(clips: Path, tmp_path: Path) -> None:
    """Such names come from an old disk; the broken clip's name must fit into the list of rejects, too."""
    for suffix in (".mp4", ".json", ".labels.jsonl"):
        shutil.copy(clips / f"later{suffix}", tmp_path)
        shutil.copy(clips / f"smile{suffix}", os.fsdecode(os.fsencode(tmp_path / "caf") + b"\xe9") + suffix)
        shutil.copy(clips / f"smile{suffix}", os.fsdecode(os.fsencode(tmp_path / "cut") + b"\xe9") + suffix)
    Path(os.fsdecode(os.fsencode(tmp_path / "cut") + b"\xe9.mp4")).write_bytes(b"cut")
    report = ingest([], tmp_path / "mine", clips=[tmp_path], processes=1)
    assert (np.char.startswith(report.faces.name, "caf\\udce9 at")).sum() == 5
    assert "cut\\udce9" in (tmp_path / "mine.rejects.csv").read_text(encoding="utf-8")


def test_a_labelled_clip_without_a_face_is_told(clips: Path, tmp_path: Path) -> None:
    for path in clips.glob("smile.*"):
        shutil.copy(path, tmp_path)
    labels = tmp_path / "smile.labels.jsonl"
    header, *lines = labels.read_text().splitlines()
    nobody = [json.dumps(json.loads(line) | {"faces": []}) for line in lines]
    labels.write_text("\n".join([header, *nobody]) + "\n")
    listing = list_clips_folder(tmp_path)
    assert listing.pictures == ()
    assert [reject.reason for reject in listing.rejects] == ["where you labelled it, it has no face"]


def test_every_face_of_photographs_is_taken(tmp_path: Path) -> None:
    """They have no numbers by which one could be taken for the other."""
    files = ClipFiles(plan(tmp_path, stem="photos"), 64, 48)
    for index in range(3):
        faces = [face(track=None, box=Box(x, 6, x + 16, 24)) for x in (4, 30)]
        files.write(result(index, float(index), faces, colour=(60 * index,) * 3), None)
    files.finish(dropped=0)
    label_stretch(load_clip(tmp_path, "photos"), OwnLabel(0.0, None, "sad"))
    names = [picture.name for picture in list_clips_folder(tmp_path).pictures]
    assert len(names) == len(set(names)) == 6
