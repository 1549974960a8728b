"""Cutting from a picture the crop that the app would feed a model, with the app's own detectors and crop.

Training pictures often show nothing but a face, tighter than any camera does. So the picture is enlarged, and
the detector sees a black margin around it; where the main face is small even so, the app's search of
photographs takes over. Beyond the picture's edge, the crop repeats the edge, as the app's does. Of 1,992
faces, 49 got another label when the app itself cut them; the accuracy was within 1.1 points.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
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
from training.faces.faceset import CONTEXT_SCALE, CONTEXT_SIZE_PX, center_crop, encode_jpeg
from training.faces.fingerprints import Fingerprint, fingerprint_of, thumbnail_of
from training.faces.pictures import Picture
from training.processes import check_wanted, worker_pool

MIN_SIDE_PX = 160
# Of 4,000 faces of FERPlus, the short-range detector finds 99.1 % with a margin of 30 %; the full-range one
# finds 63 % with a margin of 30 %, and 93 % with one of 100 %.
SHORT_MARGIN = 0.3
FULL_MARGIN = 1.0


@dataclass(frozen=True, slots=True)
class FoundFace:
    """The main face of a picture.

    jpeg: the crop with its rim, 320x320 pixels, as a JPEG file's content.
    detector: what found the face: "short", "full" or "finder", the app's search of photographs.
    crop, picture: fingerprints of the crop and of the whole picture. The detector places the crop of a
        mirrored or grey copy a little differently; the whole pictures still agree.
    is_one_of_several: whether the picture shows more faces, as a group's photograph does.
    """

    jpeg: bytes
    detector: str
    crop: Fingerprint
    picture: Fingerprint
    is_one_of_several: bool


class CutFace(NamedTuple):
    """A picture's main face.

    context: the crop with its rim, (320, 320, 3) uint8 RGB. detector: see ``FoundFace``. faces: how many
        faces were found.
    """

    context: np.ndarray
    detector: str
    faces: int


_LONGEST_SHAPE = 8
"""A picture longer than so many times its shorter side, such as a divider of a web page, shows no face;
enlarging it would take gigabytes."""


class FaceCutter:
    """Finds the main face of a picture and cuts its crop. finder: the app's detectors."""

    def __init__(self) -> None:
        self.finder = FaceFinder()
        self._margins = (("short", self.finder.short, SHORT_MARGIN), ("full", self.finder.full, FULL_MARGIN))

    def cut(self, image: np.ndarray) -> CutFace | None:
        """The main face; None without one, or beyond ``_LONGEST_SHAPE``. image: (H, W, 3) uint8 RGB."""
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
        """Close the detectors."""
        self.finder.close()

    def _large_faces(self, image: np.ndarray) -> tuple[Sequence[Face], str] | None:
        """The faces and their detector's name, if the main face fills much of the picture; else None."""
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
    """The face with the greatest width minus distance from the picture's middle, both in pixels.

    width, height: of the picture.
    """
    middle = np.array([width / 2, height / 2])

    def merit(face: Face) -> float:
        return face.box.width - float(np.linalg.norm(np.array(face.box.center) - middle))

    return max(faces, key=merit)


def read_picture(content: Path | np.ndarray) -> np.ndarray | None:
    """A picture as (H, W, 3) uint8 RGB; None when it is missing or unreadable. content: see ``Picture``."""
    if isinstance(content, Path):
        try:
            return load_image(content)
        except SourceError:
            return None
    if content.ndim > 1:
        return cv2.cvtColor(content, cv2.COLOR_GRAY2RGB) if content.ndim == 2 else content
    return cv2.imdecode(content, cv2.IMREAD_COLOR_RGB)


def resized(image: np.ndarray) -> np.ndarray:
    """A whole picture, stretched to a model's input: (H, W, 3) -> (256, 256, 3) uint8 RGB."""
    shrinks = min(image.shape[:2]) > CROP_SIZE_PX
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (CROP_SIZE_PX, CROP_SIZE_PX), interpolation=interpolation)


def cut_faces(pictures: Sequence[Picture], processes: int) -> Generator[FoundFace | str, None, None]:
    """The face of every picture in order, or the reason why there is none.

    processes: how many worker processes; with 1, this process works.
    Raises TrainingError when a worker process dies.
    """
    contents = [picture.content for picture in pictures]
    if processes > 1:
        remedy = "cut the faces with happysad-train ingest --processes 1, and give fit the face set"
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
    check_wanted()
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
        fingerprint_of(thumbnail_of(image)),
        cut.faces > 1,
    )


def _enlarged(image: np.ndarray) -> np.ndarray:
    factor = MIN_SIDE_PX / min(image.shape[:2])
    if factor <= 1:
        return image
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
