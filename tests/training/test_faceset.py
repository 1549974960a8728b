"""The face set: one file of labelled crops with context."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_sets import face_set
from full_disk import full_disk

from happysad_live.core.types import Box, Face
from happysad_live.detection.crop import crop_face
from happysad_live.errors import TrainingError
from training.faces.faceset import (
    CONTEXT_SCALE,
    CONTEXT_SIZE_PX,
    FaceSet,
    center_crop,
    concatenate,
)


def smooth_picture(seed: int, size: int = 400) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (size // 20, size // 20, 3), dtype=np.uint8)
    return cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)


def small_set(count: int = 4, first: int = 0) -> FaceSet:
    return face_set(
        [smooth_picture(first + n, CONTEXT_SIZE_PX) for n in range(count)],
        np.eye(7, dtype=np.float32)[np.arange(count) % 2],
        group=np.array([0, 0, -1, 1][:count]),
        split=np.array(["train", "train", "val", "test"][:count]),
        name=np.array([f"picture {first + n}" for n in range(count)]),
    )


def test_the_middle_of_a_context_crop_is_the_crop_of_the_app() -> None:
    picture = smooth_picture(3, 500)
    points = np.float32([[200, 220], [300, 240], [245, 270], [240, 330], [160, 240], [340, 260]])
    face = Face(Box(150, 150, 350, 350), points, 0.9)
    context = crop_face(picture, face, CONTEXT_SIZE_PX, CONTEXT_SCALE)
    difference = center_crop(context).astype(int) - crop_face(picture, face)
    assert np.abs(difference).max() <= 1  # OpenCV rounds coordinates to 1/32 of a pixel


def test_crops_come_back_in_rgb_and_almost_unchanged() -> None:
    picture = smooth_picture(5, CONTEXT_SIZE_PX)
    faces = small_set(1, first=5)
    difference = np.abs(faces.context_crop(0).astype(int) - picture)
    assert np.percentile(difference, 99) <= 8
    np.testing.assert_array_equal(faces.crop(0), faces.context_crop(0)[32:288, 32:288])


def test_what_was_saved_is_what_is_loaded(tmp_path: Path) -> None:
    faces = small_set()
    faces.save(tmp_path / "some.faces.npz")
    again = FaceSet.load(tmp_path / "some.faces.npz")
    assert again.sha256() == faces.sha256()
    assert again.classes == faces.classes
    np.testing.assert_array_equal(again.labels, faces.labels)
    np.testing.assert_array_equal(again.crops([3, 1])[0], faces.crop(3))
    assert [path.name for path in tmp_path.iterdir()] == ["some.faces.npz"]


def test_a_subset_keeps_the_right_crops_through_saving(tmp_path: Path) -> None:
    faces = small_set()
    faces.subset(np.array([3, 0])).save(tmp_path / "few.faces.npz")
    few = FaceSet.load(tmp_path / "few.faces.npz")
    assert few.name.tolist() == ["picture 3", "picture 0"]
    np.testing.assert_array_equal(few.crop(0), faces.crop(3))
    np.testing.assert_array_equal(few.crop(1), faces.crop(0))
    assert (tmp_path / "few.faces.npz").stat().st_size < 0.75 * sum(faces.sizes) + 10_000


def test_joining_sets_keeps_their_groups_apart() -> None:
    joined = concatenate([small_set(), small_set(4, first=10).subset(np.array([False, True, True, True]))])
    assert joined.group.tolist() == [0, 0, -1, 1, 2, -1, 3]
    np.testing.assert_array_equal(joined.crop(4), small_set(4, first=10).crop(1))


def test_the_fingerprint_sees_labels_and_splits() -> None:
    faces = small_set()
    assert replace(faces, split=np.array(["train"] * 4)).sha256() != faces.sha256()
    assert faces.subset(np.arange(4)).sha256() == faces.sha256()


@pytest.mark.parametrize("content", [b"", b"no archive at all", None])
def test_a_damaged_or_missing_file_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.faces.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match="ingest"):
        FaceSet.load(path)


@pytest.mark.parametrize(("part", "damaged"), [(b"'shape': (", b"'shape':(("), (b"'|u1'", b"'04u'")])
def test_an_array_with_a_damaged_beginning_is_one_sentence(
    tmp_path: Path, part: bytes, damaged: bytes
) -> None:
    path = tmp_path / "bad.faces.npz"
    small_set().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(part, damaged, 1))
    assert path.read_bytes() != whole
    with pytest.raises(TrainingError, match="is damaged"):
        FaceSet.load(path)


def test_another_npz_is_not_a_face_set(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", images=np.zeros(3), classes=np.array(["a"]))
    with pytest.raises(TrainingError, match="not a face set"):
        FaceSet.load(tmp_path / "other.npz")


@pytest.mark.parametrize(
    "changed",
    [
        {"starts": np.array(3)},
        {"classes": np.array("happy")},
        {"jpeg": np.array(3, np.uint8)},
        {"group": np.array(["a", "b", "c", "d"])},
        {"starts": np.array(["a", "b", "c", "d"])},
        {"split": np.array([1, 2, 3, 4])},
        {"sizes": np.zeros((4, 2), np.int64)},
        {"labels": np.full((4, 7), "happy")},
        {"name": np.array([["a"], ["b"], ["c"], ["d"]])},
        {"detector": np.array(["full"])},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_face_set_with_another_kind_of_array_is_one_sentence(
    tmp_path: Path, changed: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "edited.faces.npz"
    small_set().save(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(path, **(arrays | changed))
    with pytest.raises(TrainingError, match=r"edited\.faces\.npz is damaged or not a face set: make it"):
        FaceSet.load(path)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "some.faces.npz"
    small_set(1).save(path)
    before = path.read_bytes()
    with full_disk(10_000), pytest.raises(TrainingError, match="cannot be written"):
        small_set(4).save(path)
    assert path.read_bytes() == before
    assert [other.name for other in tmp_path.iterdir()] == ["some.faces.npz"]
