"""From a picture to a crop like the one that the app would feed a model: the app's own detectors and crop.

Training pictures are often nothing but a face, tighter than any camera shows it. So the picture is
enlarged, and the detector sees a black margin around it; a face that is small even so is looked for as
the app does it in photographs. The crop repeats the picture's edge as the app's does. Of 1,992 faces, cut
by the app itself, 49 were given another label; the accuracy was within 1.1 points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from happysad_live.core.geometry import CROP_SIZE_PX
from happysad_live.core.types import Box, Face
from happysad_live.detection.crop import crop_face
from happysad_live.detection.finder import FaceFinder
from happysad_live.detection.redetection import is_large
from happysad_live.errors import SourceError
from happysad_live.sources.images import load_image
from training.faces.duplicates import Fingerprint
from training.faces.faceset import CONTEXT_SCALE, CONTEXT_SIZE_PX, center_crop, encode_jpeg
from training.faces.pictures import Picture
from training.processes import worker_pool

MIN_SIDE_PX = 160
# Measured on FERPlus: short range finds 99.3 % with a margin of 30 %; full range 59 % with that and
# 95 % with a margin of 100 %.
SHORT_MARGIN = 0.3
FULL_MARGIN = 1.0
THUMBNAIL_SIZE_PX = 64


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A picture's face.

    jpeg: the (320, 320) crop with its rim, encoded.
    detector: what found it: "short", "full" or "finder", the app's search of photographs.
    crop, picture: what near-duplicates of the crop and of the whole picture are found by. The detector
        places a mirrored or grey copy's crop a little differently; the whole pictures still agree.
    is_one_of_several: whether the picture shows more faces, as a group's photograph.
    """

    jpeg: bytes
    detector: str
    crop: Fingerprint
    picture: Fingerprint
    is_one_of_several: bool


class CutFace(NamedTuple):
    """A picture's main face.

    context: its crop with its rim, (320, 320, 3) uint8 RGB. detector: see ``FoundFace``. faces: how many were
        found.
    """

    context: np.ndarray
    detector: str
    faces: int


_LONGEST_SHAPE = 8
"""A picture longer than so many times its width, a divider of a web page, shows no face; enlarging it would
take gigabytes."""


class FaceCutter:
    """Finds the main face of a picture and cuts its crop. finder: what it finds faces with."""

    def __init__(self) -> None:
        self.finder = FaceFinder()
        self._margins = (("short", self.finder.short, SHORT_MARGIN), ("full", self.finder.full, FULL_MARGIN))

    def cut(self, image: np.ndarray) -> CutFace | None:
        """The main face; None without one. image: (H, W, 3) uint8 RGB."""
        if max(image.shape[:2]) > _LONGEST_SHAPE * min(image.shape[:2]):
            return None
        image = _enlarged(image)
        found = self._large_faces(image) or self._any_faces(image)
        if found is None:
            return None
        faces, name = found
        face = main_face(faces, image.shape[1], image.shape[0])
        return CutFace(crop_face(image, face, CONTEXT_SIZE_PX, CONTEXT_SCALE), name, len(faces))

    def close(self) -> None:
        """Free the finder."""
        self.finder.close()

    def _large_faces(self, image: np.ndarray) -> tuple[Sequence[Face], str] | None:
        """The faces of a picture whose main one fills it."""
        height, width = image.shape[:2]
        for name, detector, margin in self._margins:
            pad = round(margin * max(width, height))
            faces = detector.find(image, Box(-pad, -pad, width + pad, height + pad))
            if faces and is_large(main_face(faces, width, height), image):
                return faces, name
        return None

    def _any_faces(self, image: np.ndarray) -> tuple[Sequence[Face], str] | None:
        faces = self.finder.find(image, still=True)
        return (faces, "finder") if faces else None


def main_face(faces: Sequence[Face], width: int, height: int) -> Face:
    """The largest and most central face: width minus distance from the middle, both in pixels."""
    middle = np.array([width / 2, height / 2])

    def merit(face: Face) -> float:
        return face.box.width - float(np.linalg.norm(np.array(face.box.center) - middle))

    return max(faces, key=merit)


def read_picture(content: Path | np.ndarray) -> np.ndarray | None:
    """A picture as (H, W, 3) uint8 RGB, as the app reads it; None when it is missing or unreadable."""
    if isinstance(content, Path):
        try:
            return load_image(content)
        except SourceError:
            return None
    if content.ndim > 1:
        return cv2.cvtColor(content, cv2.COLOR_GRAY2RGB) if content.ndim == 2 else content
    return cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)


def resized(image: np.ndarray) -> np.ndarray:
    """A whole picture as a model's input: (H, W, 3) -> (256, 256, 3) uint8 RGB, stretched."""
    shrinks = min(image.shape[:2]) > CROP_SIZE_PX
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (CROP_SIZE_PX, CROP_SIZE_PX), interpolation=interpolation)


def cut_faces(
    pictures: Sequence[Picture], processes: int, done: Callable[[], None] = lambda: None
) -> list[FoundFace | str]:
    """The face of every picture in order, or the reason why there is none.

    processes: how many work at once; 1 works in this process. ``done`` is called after each picture.
    """
    found: list[FoundFace | str] = []
    for outcome in _outcomes([picture.content for picture in pictures], processes):
        found.append(outcome)
        done()
    return found


def _outcomes(contents: Sequence[Path | np.ndarray], processes: int) -> Iterator[FoundFace | str]:
    if processes > 1:
        remedy = "cut the faces with 'happysad-train ingest --processes 1', and give 'fit' the face set"
        with worker_pool(processes, _begin_worker, remedy=remedy) as pool:
            yield from pool.map(_cut_in_worker, contents, chunksize=8)
        return
    with closing(FaceCutter()) as cutter:
        for content in contents:
            yield _cut_face(cutter, content)


_worker_cutter: FaceCutter | None = None


def _begin_worker() -> None:
    global _worker_cutter
    _worker_cutter = FaceCutter()


def _cut_in_worker(content: Path | np.ndarray) -> FoundFace | str:
    assert _worker_cutter is not None
    return _cut_face(_worker_cutter, content)


def _cut_face(cutter: FaceCutter, content: Path | np.ndarray) -> FoundFace | str:
    if isinstance(content, Path) and not content.is_file():
        return "the file is missing"
    image = read_picture(content)
    if image is None:
        return "the file cannot be read as a picture"
    try:
        cut = cutter.cut(image)
    except (cv2.error, MemoryError):
        return "the picture is too large to be read"
    if cut is None:
        return "no face found"
    crop = np.ascontiguousarray(center_crop(cut.context))
    return FoundFace(
        encode_jpeg(cut.context),
        cut.detector,
        fingerprint_of(crop),
        fingerprint_of(_smallest(image)),
        cut.faces > 1,
    )


def fingerprint_of(image: np.ndarray) -> Fingerprint:
    """What near-duplicates of a picture are found by. image: (H, W, 3) uint8 RGB."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    mirrored_hash = perceptual_hash(np.ascontiguousarray(grey[:, ::-1]))
    return Fingerprint(perceptual_hash(grey), mirrored_hash, _smallest(grey))


def _smallest(image: np.ndarray) -> np.ndarray:
    """A picture in the size of a thumbnail, stretched: hashing it is three times as fast."""
    return cv2.resize(image, (THUMBNAIL_SIZE_PX, THUMBNAIL_SIZE_PX), interpolation=cv2.INTER_AREA)


def perceptual_hash(grey: np.ndarray) -> int:
    """64-bit perceptual hash (the signs of the picture's lowest frequencies) of (H, W) uint8 grey."""
    import imagehash
    from PIL import Image

    return int(str(imagehash.phash(Image.fromarray(grey))), 16)


def _enlarged(image: np.ndarray) -> np.ndarray:
    factor = MIN_SIDE_PX / min(image.shape[:2])
    if factor <= 1:
        return image
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
