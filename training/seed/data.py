"""The data of the seed's experiment: 256 whole pictures, happy or sad, and their division into parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from happysad_live.core.counts import counted
from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.errors import TrainingError
from training.faces.class_folders import class_folders, split_folders
from training.faces.cutting import read_picture, resized
from training.faces.duplicates import near_duplicates
from training.faces.faceset import FaceSet, encode_jpeg
from training.faces.fingerprints import fingerprint_of
from training.faces.groups import clusters, group_numbers

LABELS = ("happy", "sad")
PICTURES = 256
MIN_PER_CLASS = 16
BATCHES = 8
"""The batches of the student's pictures, 32 in each: six to train on, one to validate, one to test."""

COPIES = 4
MAX_ELSEWHERE = 600


@dataclass(frozen=True, slots=True)
class Pictures:
    """Labelled pictures. images: (N, 256, 256, 3) uint8 RGB. truth: (N,) int64, 0 happy, 1 sad. names: N."""

    images: np.ndarray
    truth: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.truth)

    def of(self, rows: np.ndarray) -> Pictures:
        """The pictures of these row numbers."""
        return Pictures(self.images[rows], self.truth[rows], tuple(self.names[row] for row in rows))

    def first_of_each(self, count: int) -> np.ndarray:
        """The row numbers of the first ``count`` happy pictures, then of the first ``count`` sad ones."""
        return np.concatenate([np.flatnonzero(self.truth == label)[:count] for label in (0, 1)])


@dataclass(frozen=True, slots=True)
class Division:
    """The row numbers of the three parts: six, one and one eighths of the pictures, or nearly so."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, slots=True)
class SeedSample:
    """The pictures to experiment with, and others that duplicate none of them.

    unreadable: names of files that could not be read. left_over: pictures of the same source that were
        not drawn and are no near-duplicates of drawn ones.
    """

    drawn: Pictures
    left_over: Pictures
    unreadable: tuple[str, ...]


def draw_sample(data: Path, seed: int) -> SeedSample:
    """Draw 256 pictures, as many happy as sad, from a folder of classes or a face set.

    From a smaller set, the most that divide into eighths with as many happy as sad. Raises TrainingError
    when fewer than 16 of a class can be read.
    """
    source = _source_of(data)
    rng = np.random.default_rng(seed)
    wanted = [rng.permutation(source.rows(label))[: (PICTURES + MAX_ELSEWHERE) // 2] for label in (0, 1)]
    images, unreadable = source.read(np.concatenate(wanted))
    for label, name in enumerate(LABELS):
        if (count := int((images.truth == label).sum())) < MIN_PER_CLASS:
            found = counted(count, "picture")
            sentence = f"{data} has only {found} of {name}: at least {MIN_PER_CLASS} are needed"
            if unreadable:
                sentence += f"; {counted(len(unreadable), 'file')} cannot be read, such as {unreadable[0]}"
            raise TrainingError(f"{sentence}.")
    each = min(PICTURES // 2, *np.bincount(images.truth) // 4 * 4)
    drawn_rows = rng.permutation(images.first_of_each(each))
    others = np.setdiff1d(np.arange(len(images)), drawn_rows)
    drawn = images.of(drawn_rows)
    left_over = _without_copies_of(drawn, images.of(others))
    return SeedSample(drawn, left_over, unreadable)


def read_elsewhere(data: Path, drawn: Pictures, seed: int) -> tuple[Pictures, tuple[str, ...]]:
    """At most 600 pictures from another source, none a near-duplicate of a drawn one.

    data: a folder of classes or a face set. Returns the pictures, and the names of those that could not be
    read. Raises TrainingError when ``data`` cannot be used.
    """
    source = _source_of(data)
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(source.rows(label))[: MAX_ELSEWHERE // 2] for label in (0, 1)]
    images, unreadable = source.read(np.concatenate(rows))
    return _without_copies_of(drawn, images), unreadable


def evened(pictures: Pictures) -> Pictures:
    """The first pictures of each class, as many happy as sad: guessing is right in half of them."""
    each = min(int((pictures.truth == label).sum()) for label in (0, 1))
    return pictures.of(pictures.first_of_each(each))


def random_division(count: int, seed: int) -> Division:
    """A random division of so many pictures, 6 : 1 : 1. Near-duplicates may be in different parts."""
    rows = np.random.default_rng(seed).permutation(count)
    part = count // BATCHES
    return Division(rows[: 6 * part], rows[6 * part : 7 * part], rows[7 * part : 8 * part])


def grouped_division(group: np.ndarray, seed: int) -> Division:
    """A random division, 6 : 1 : 1 as nearly as groups allow, which stay whole. group: (N,) int, -1 alone.

    Raises TrainingError when nothing is left to validate or test on.
    """
    cluster, count = clusters(group)
    part = len(group) // BATCHES
    parts: list[list[int]] = [[], [], []]
    for one in np.random.default_rng(seed).permutation(count):
        rows = np.flatnonzero(cluster == one).tolist()
        goal = next((n for n, most in ((2, part), (1, part)) if len(parts[n]) + len(rows) <= most), 0)
        parts[goal] += rows
    if not parts[1] or not parts[2]:
        raise TrainingError(
            "Too many of the pictures are near-duplicates of each other: kept together, they leave none to "
            "test on. Take pictures that differ more."
        )
    rng = np.random.default_rng(seed)
    train, val, test = (rng.permutation(np.array(rows, np.int64)) for rows in parts)
    return Division(train, val, test)


def duplicate_groups(pictures: Pictures) -> np.ndarray:
    """The number of each picture's group of near-duplicates, (N,) int64; -1 for a picture without any."""
    return group_numbers(len(pictures), [_copies(pictures.images)])


def with_copies(pictures: Pictures, seed: int) -> Pictures:
    """As many pictures, from a quarter of the originals: each as it is, and in three copies as the web makes.

    A copy is cut by up to 3 % on each side, a little brighter or darker, and saved again as JPEG.
    """
    rng = np.random.default_rng(seed)
    originals = pictures.first_of_each(len(pictures) // (2 * COPIES))
    chosen = pictures.of(np.repeat(originals, COPIES))
    images = chosen.images.copy()
    for number in range(len(images)):
        if number % COPIES:
            images[number] = _passed_on(images[number], rng)
    return Pictures(images, chosen.truth, chosen.names)


def _passed_on(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    left, top, right, bottom = rng.integers(0, round(0.03 * CROP_SIZE_PX) + 1, 4)
    cut = image[top : CROP_SIZE_PX - bottom, left : CROP_SIZE_PX - right]
    cut = cv2.convertScaleAbs(resized(cut), alpha=rng.uniform(0.92, 1.08))
    passed_on = read_picture(np.frombuffer(encode_jpeg(cut, quality=60), np.uint8))
    assert passed_on is not None
    return passed_on


@dataclass(frozen=True, slots=True)
class _Source:
    """Pictures to draw from. labels: (N,) int, 0 happy, 1 sad, -1 neither. picture: gives the name of the
    picture with a number, and its content, (H, W, 3) uint8 RGB, or None where it cannot be read."""

    labels: np.ndarray
    picture: Callable[[int], tuple[str, np.ndarray | None]]

    def rows(self, label: int) -> np.ndarray:
        """The numbers of the pictures that bear a label, (M,) int64."""
        return np.flatnonzero(self.labels == label)

    def read(self, rows: np.ndarray) -> tuple[Pictures, tuple[str, ...]]:
        """The pictures of these numbers at 256x256, and the names of those that cannot be read."""
        images, truth, names, unreadable = [], [], [], []
        for row in rows.tolist():
            name, image = self.picture(row)
            if image is None:
                unreadable.append(name)
                continue
            images.append(resized(image))
            truth.append(self.labels[row])
            names.append(name)
        stacked = np.stack(images) if images else np.zeros((0, CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)
        return Pictures(stacked, np.array(truth, np.int64), tuple(names)), tuple(unreadable)


def _source_of(data: Path) -> _Source:
    """The source in a folder of classes or a face set. Raises TrainingError where ``data`` is neither."""
    if data.is_dir():
        if parts := split_folders(data):
            raise TrainingError(f"{data} has a folder for each split: name one, such as {min(parts)}.")
        folders = class_folders(data)
        if missing := [name for name in LABELS if name not in folders]:
            raise TrainingError(f"{data} has no class folder “{missing[0]}”: the seed needs happy and sad.")
        files = [path for name in LABELS for path in folders[name]]
        labels = np.repeat([0, 1], [len(folders[name]) for name in LABELS])
        names = [path.relative_to(data).as_posix() for path in files]
        return _Source(labels, lambda row: (names[row], read_picture(files[row])))
    faces = FaceSet.load(data)
    names, classes = faces.full_names, np.array(faces.classes)[faces.hard_labels]
    # Where the annotators are evenly split, nobody knows what the face shows.
    plain = [faces.decided & (classes == name) for name in LABELS]
    return _Source(np.select(plain, [0, 1], -1), lambda row: (names[row], faces.crop(row)))


def _copies(images: Iterable[np.ndarray]) -> np.ndarray:
    """Pairs of near-duplicates among pictures, (P, 2) int64."""
    return near_duplicates([fingerprint_of(image) for image in images])


def _without_copies_of(drawn: Pictures, others: Pictures) -> Pictures:
    if not len(others):
        return others
    pairs = _copies([*drawn.images, *others.images])
    mixed = pairs[(pairs[:, 0] < len(drawn)) & (pairs[:, 1] >= len(drawn))]
    return others.of(np.setdiff1d(np.arange(len(others)), mixed[:, 1] - len(drawn)))
