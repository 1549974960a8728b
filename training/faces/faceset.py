"""Face sets, the files that models are trained and judged on: labelled face crops with a rim.

A ``NAME.faces.npz`` holds every crop as a JPEG of 320x320 pixels. Its centre of 256x256 is framed as the
crop that the app feeds a model (256 px, scale 1.2), of a face that is found nearly as the app does it, see
``cutting``; the rim around it lets augmentation turn, shift and zoom without inventing pixels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from happysad_live.core.geometry import CROP_SCALE, CROP_SIZE_PX
from happysad_live.errors import TrainingError
from happysad_live.paths import is_there
from training.faces.fingerprints import perceptual_hash
from training.files import read_npz, write_npz
from training.progress import progressed

CLASSES = ("happy", "sad", "neutral", "angry", "surprise", "fear", "disgust")
"""The classes in the order of every label row. Contempt is left out, as too few pictures show it: a picture
that is mostly contempt is rejected, and single votes for contempt do not count."""

SPLITS = ("train", "val", "test")
SUFFIX = ".faces.npz"

ALL_SOURCES = "all"
"""The name of all sources together in reports, which no source may have."""

CONTEXT_SIZE_PX = 320
CONTEXT_SCALE = CROP_SCALE * CONTEXT_SIZE_PX / CROP_SIZE_PX
_RIM_PX = (CONTEXT_SIZE_PX - CROP_SIZE_PX) // 2
JPEG_QUALITY = 95

_LOOKS: dict[int, int] = {}
"""The perceptual hashes of crops, by the hashes of their files. Each takes a millisecond, and a run asks for
those of its faces several times, an evaluation once for each model."""


@dataclass(frozen=True, slots=True)
class FaceSet:
    """Labelled face crops. N crops, K classes.

    jpeg: (B,) uint8, the crops' JPEG files one after the other.
    starts, sizes: (N,) int64, where in ``jpeg`` each crop's file begins, and its length in bytes.
    labels: (N, K) float32, rows summing to 1: the share of annotators for each class, or 1 for the only
        label.
    classes: the K class names, in the order of the label columns.
    source: (N,) str, the data set that the picture came from.
    group: (N,) int64, pictures with the same number belong together (near-duplicates, one person)
        and must be in one split; -1 stands alone.
    split: (N,) str, "train", "val" or "test".
    name: (N,) str, the picture's name within its source.
    detector: (N,) str, what found the face, see ``cutting.FoundFace``.

    Raises TrainingError for arrays of wrong shapes or kinds, and for label rows that do not sum to 1.
    """

    jpeg: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    labels: np.ndarray
    source: np.ndarray
    group: np.ndarray
    split: np.ndarray
    name: np.ndarray
    detector: np.ndarray
    classes: tuple[str, ...] = CLASSES

    def __post_init__(self) -> None:
        for column, (kinds, dimensions) in _KINDS.items():
            values = getattr(self, column)
            if values.ndim != dimensions or (values.size and values.dtype.kind not in kinds):
                raise TrainingError(
                    f"The face set's array “{column}” cannot be {values.dtype} of the shape {values.shape}."
                )
        count = len(self.starts)
        if self.labels.shape != (count, len(self.classes)):
            raise TrainingError(
                f"The face set's labels have the shape {self.labels.shape}, not {(count, len(self.classes))}."
            )
        for column in _COLUMNS:
            if len(getattr(self, column)) != count:
                raise TrainingError(f"The face set's column “{column}” does not have {count} rows.")
        if count and not np.allclose(self.labels.sum(axis=1), 1.0, atol=1e-3):
            raise TrainingError("The face set holds label rows that do not sum to 1.")

    def __len__(self) -> int:
        return len(self.starts)

    @classmethod
    def from_crops(cls, encoded: Sequence[bytes], labels: np.ndarray, **columns: Any) -> FaceSet:
        """A face set from JPEG files (see ``encode_jpeg``), their label rows and the other columns."""
        sizes = np.array([len(one) for one in encoded], np.int64)
        jpeg = np.frombuffer(b"".join(encoded), np.uint8)
        return cls(jpeg, _starts(sizes), sizes, np.asarray(labels, np.float32), **columns)

    @classmethod
    def load(cls, path: Path) -> FaceSet:
        """Read a ``NAME.faces.npz``. Raises TrainingError when it is missing, damaged or no face set."""
        if path.suffix != ".npz" and is_there(path):
            raise TrainingError(
                f"{path} is no face set: make it one with happysad-train ingest, and name what comes of it."
            )
        if not path.is_file():
            raise TrainingError(f"There is no face set {path}: make one with happysad-train ingest.")
        problem = f"{path} is damaged or not a face set: make it again with happysad-train ingest."
        values: dict[str, Any] = dict(read_npz(path, problem))
        if "votes" in values:
            raise TrainingError(f"{path} holds FERPlus votes: make it a face set with happysad-train ingest.")
        try:
            classes = tuple(str(name) for name in values.pop("classes"))
            return cls(**values, classes=classes)
        except (ValueError, KeyError, TypeError, TrainingError) as error:
            raise TrainingError(problem) from error

    def save(self, path: Path) -> None:
        """Write the file atomically. Raises TrainingError when it cannot be written."""
        packed = self._packed()
        values = {field.name: getattr(packed, field.name) for field in fields(packed)}
        values["classes"] = np.array(packed.classes)
        write_npz(path, values)

    def context_crop(self, index: int) -> np.ndarray:
        """The crop with its rim, (320, 320, 3) uint8 RGB."""
        return self._decoded(index, CONTEXT_SIZE_PX, cv2.IMREAD_COLOR_RGB)

    def half_size_grey(self, index: int) -> np.ndarray:
        """The crop with its rim, (160, 160) uint8 grey."""
        return self._decoded(index, CONTEXT_SIZE_PX // 2, cv2.IMREAD_REDUCED_GRAYSCALE_2)

    def crop(self, index: int) -> np.ndarray:
        """The crop as the app would feed it to a model, (256, 256, 3) uint8 RGB."""
        return np.ascontiguousarray(center_crop(self.context_crop(index)))

    def crops(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Several crops, as ``crop`` gives them, (M, 256, 256, 3) uint8 RGB."""
        out = np.empty((len(indices), CROP_SIZE_PX, CROP_SIZE_PX, 3), np.uint8)
        for row, index in enumerate(indices):
            out[row] = self.crop(int(index))
        return out

    def _decoded(self, index: int, size_px: int, flags: int) -> np.ndarray:
        start = int(self.starts[index])
        try:
            image = cv2.imdecode(self.jpeg[start : start + int(self.sizes[index])], flags)
        except cv2.error:  # there are no bytes at all
            image = None
        if image is None or image.shape[:2] != (size_px, size_px):
            raise TrainingError(f"The crop of {self.name[index]} is damaged: ingest the data again.")
        return image

    def subset(self, mask: np.ndarray) -> FaceSet:
        """The rows where a boolean mask is True, or those of an array of row numbers, in its order."""
        return replace(self, **{column: getattr(self, column)[mask] for column in _COLUMNS})

    @property
    def hard_labels(self) -> np.ndarray:
        """(N,) int64, the number of the class with the largest share (the first one on a tie)."""
        return np.asarray(self.labels.argmax(axis=1), np.int64)

    @property
    def decided(self) -> np.ndarray:
        """(N,) bool, whether one class alone has the largest share.

        Models are not judged by faces about which the annotators are evenly split, but learn from them.
        """
        second, first = np.partition(self.labels, -2, axis=1)[:, -2:].T
        return np.asarray(first - second > 1e-6)

    def judging(self, classes: Sequence[str]) -> np.ndarray:
        """(N,) bool, whether each face can judge a model of these classes: decided, and of one of them."""
        return np.isin(np.array(self.classes)[self.hard_labels], classes) & self.decided

    def of_split(self, split: str) -> FaceSet:
        """The faces of "train", "val" or "test"."""
        return self.subset(self.split == split)

    def sha256(self) -> str:
        """The SHA-256, hexadecimal, of classes, crops and all columns, for the record of a training run."""
        digest = hashlib.sha256(repr(self.classes).encode())
        packed = self._packed()
        for column in ("jpeg", *_COLUMNS):
            values = getattr(packed, column)
            digest.update("\0".join(values).encode() if values.dtype.kind == "U" else values.tobytes())
        return digest.hexdigest()

    @property
    def full_names(self) -> list[str]:
        """Source and name of each picture, as several sources may use one name."""
        return [f"{source}/{name}" for source, name in zip(self.source, self.name, strict=True)]

    def names_sha256(self) -> str:
        """The SHA-256, hexadecimal, of the pictures' full names, whatever their order and who cut them."""
        return hashlib.sha256("\n".join(sorted(self.full_names)).encode()).hexdigest()

    def keys(self) -> np.ndarray:
        """(N, 2) uint64: a hash of each face's full name and the perceptual hash of its crop, see
        ``seen_faces.are_known``: either recognises the face. The crop's file would not do: of the pictures
        that made the shipped models, cut again on another machine, 2 % gave the same file.

        Raises TrainingError for a damaged crop.
        """
        inner = slice(_RIM_PX // 2, -_RIM_PX // 2)
        contents = self.content_keys().tolist()
        new = {content: row for row, content in enumerate(contents) if content not in _LOOKS}
        for content, row in progressed("Comparing faces", new.items()):
            _LOOKS[content] = perceptual_hash(np.ascontiguousarray(self.half_size_grey(row)[inner, inner]))
        named = zip(self.full_names, contents, strict=True)
        keys = [(_hash(name.encode()), _LOOKS[content]) for name, content in named]
        return np.array(keys, np.uint64).reshape(-1, 2)

    def content_keys(self) -> np.ndarray:
        """(N,) uint64 hashes of each crop's file."""
        return np.array([_hash(file) for file in self._files()], np.uint64)

    def _files(self) -> Iterator[bytes]:
        """The content of each crop's JPEG file."""
        for start, size in zip(self.starts.tolist(), self.sizes.tolist(), strict=True):
            yield self.jpeg[start : start + size].tobytes()

    def _packed(self) -> FaceSet:
        """The face set with its files in the order of its rows, and no others in ``jpeg``."""
        starts = _starts(self.sizes)
        if np.array_equal(starts, self.starts) and int(self.sizes.sum()) == len(self.jpeg):
            return self
        return replace(self, jpeg=np.frombuffer(b"".join(self._files()), np.uint8), starts=starts)


_COLUMNS = ("starts", "sizes", "labels", "source", "group", "split", "name", "detector")

_KINDS = {
    "jpeg": ("u", 1),
    "starts": ("iu", 1),
    "sizes": ("iu", 1),
    "labels": ("biuf", 2),
    "group": ("iu", 1),
}
_KINDS |= dict.fromkeys(("source", "split", "name", "detector"), ("U", 1))
"""The dtype kinds that each array may have, in NumPy's letters, and its number of dimensions."""


def concatenate(sets: Sequence[FaceSet]) -> FaceSet:
    """All rows of several sets. Each set's group numbers are shifted past those of the sets before.

    Raises TrainingError when there is nothing to join, the classes differ, or two sets are the same.
    """
    if not sets:
        raise TrainingError("There is no face set to work with.")
    if len(sets) == 1:
        return sets[0]
    if len({faces.sha256() for faces in sets}) < len(sets):
        raise TrainingError("Two face sets hold the same faces, which would count twice: name one only.")
    if any(one.classes != sets[0].classes for one in sets):
        raise TrainingError("The face sets have different classes: ingest them again together.")
    packed = [one._packed() for one in sets]
    groups, next_group = [], 0
    for one in packed:
        groups.append(np.where(one.group >= 0, one.group + next_group, -1))
        next_group += int(one.group.max(initial=-1)) + 1
    joined = {
        column: np.concatenate([getattr(one, column) for one in packed])
        for column in ("jpeg", "sizes", "labels", "source", "split", "name", "detector")
    }
    return FaceSet(
        starts=_starts(joined["sizes"]), group=np.concatenate(groups), classes=sets[0].classes, **joined
    )


def encode_jpeg(image: np.ndarray, quality: int = JPEG_QUALITY) -> bytes:
    """The content of a JPEG file. image: (H, W, 3) uint8 RGB, such as a (320, 320, 3) crop with its rim."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def center_crop(context: np.ndarray) -> np.ndarray:
    """A view of the app's crop within its rim: (..., 320, 320, 3) -> (..., 256, 256, 3)."""
    inner = slice(_RIM_PX, _RIM_PX + CROP_SIZE_PX)
    return context[..., inner, inner, :]


def _hash(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def _starts(sizes: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64) if len(sizes) else sizes
