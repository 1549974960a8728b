"""Pictures in a folder, or one picture."""

from __future__ import annotations

import errno
import logging
import time
import warnings
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from happysad_live.config import VIDEO_SUFFIXES
from happysad_live.core.counts import counted
from happysad_live.core.natural_order import natural_key
from happysad_live.core.types import Frame
from happysad_live.core.walking import folders_below
from happysad_live.errors import SourceError, is_lack_of_memory
from happysad_live.paths import is_there
from happysad_live.sources.base import Source, SourceInfo, always

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff",
    ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".jp2", ".avif", ".heic", ".heif", ".hif",
))  # fmt: skip
"""Endings of files that are taken for pictures; a GIF on its own is a video, in a folder a picture."""

_PICTURE_SUFFIXES = SUFFIXES | {".gif"}

_FORMATS = ["JPEG", "PNG", "BMP", "DIB", "WEBP", "TIFF", "PPM", "TGA", "JPEG2000", "AVIF", "HEIF", "GIF"]
"""What Pillow may take a file for, whatever its name. Not PostScript, a program: Ghostscript would run it."""

SECONDS_PER_IMAGE = 1.0
"""The pace of the slide show: picture n stands at n seconds, long enough to see its labels."""

_MAX_PIXELS = 256_000_000
"""The most pixels in a picture. Telephones take 200 million; one of more is most likely made to fill the
memory."""

_BACKGROUND = (128, 128, 128)

OnClosed = Callable[[SourceError, Path], object]
"""Takes the error about a folder that may not be opened, and the folder."""

logger = logging.getLogger(__name__)


class ImageSource(Source):
    """The pictures of a folder and its sub-folders in natural order (2 before 10), or files by themselves.

    Each is turned as its EXIF data says and converted to 8-bit RGB; sizes may differ from picture
    to picture. ``Frame.name`` is the file's name (below the folder), ``time_s`` counts one second
    a picture. What cannot be read is skipped with a logged warning.
    """

    def __init__(self, *paths: str | Path) -> None:
        """paths: a folder, or any number of files and folders, which come in natural order.

        Raises SourceError when there is no picture, or none that can be read.
        """
        self._roots = sorted(set(map(Path, paths)), key=_natural_path)
        self._paths: list[Path] = []
        self._next = 0
        self._unreadable: set[int] = set()
        self._index = 0
        self._closed = False
        for root in self._roots:
            try:
                self._paths += find_images(root, lambda problem, folder: self._skip(folder, problem))
            except SourceError as problem:
                if len(self._roots) == 1:
                    raise
                self._skip(root, problem)
        self._paths = list(dict.fromkeys(self._paths))  # a folder may have come with a picture out of it
        if self._paths == self._roots and len(self._paths) == 1:
            self._next = 1
            first = load_image(self._paths[0]), 0
        elif (found := self._next_readable()) is not None:
            first = found
        else:
            where = f"in the folder {self._roots[0]}" if len(self._roots) == 1 else "of these"
            raise SourceError(
                f"No picture {where} can be read; they are damaged, or of another kind than their names say."
            )
        self._waiting: tuple[np.ndarray, int] | None = first
        height, width = first[0].shape[:2]
        count = len(self._paths)
        name = self._roots[0].name or str(self._roots[0].resolve())
        if len(self._roots) > 1:
            name = counted(count, "picture")
        length_s = count * SECONDS_PER_IMAGE if count > 1 else None
        self._info = SourceInfo(
            name, "images", width, height, 1 / SECONDS_PER_IMAGE, count, live=False, length_s=length_s
        )

    @property
    def info(self) -> SourceInfo:
        """``frame_count`` and ``length_s`` count all files found, those that turn out unreadable included."""
        return self._info

    def read(self) -> Frame | None:
        """The next picture that can be read; None after the last."""
        if self._closed:
            return None
        picture, self._waiting = self._waiting or self._next_readable(), None
        if picture is None:
            return None
        image, number = picture
        name = self._name(self._paths[number])
        time_s, position_s = self._index * SECONDS_PER_IMAGE, number * SECONDS_PER_IMAGE
        frame = Frame(
            image, self._index, time_s, time.perf_counter(), name=name, still=True, position_s=position_s
        )
        self._index += 1
        return frame

    def seek(
        self, time_s: float, *, backwards: bool = False, still_wanted: Callable[[], bool] = always
    ) -> None:
        """Go to a picture; where it cannot be read, to the next one that can, back or on."""
        last = len(self._paths) - 1
        number = min(max(int(time_s / SECONDS_PER_IMAGE), 0), last)
        before, after = range(number - 1, -1, -1), range(number + 1, last + 1)
        others = chain(before, after) if backwards else chain(after, before)
        self._waiting = self._first_readable(chain([number], others))

    def close(self) -> None:
        self._closed = True

    def _first_readable(self, numbers: Iterable[int]) -> tuple[np.ndarray, int] | None:
        """The first of these files that can be read, and which it is; reading goes on behind it."""
        for number in numbers:
            self._next = number + 1
            if number in self._unreadable:
                continue
            try:
                return load_image(self._paths[number]), number
            except SourceError as problem:
                self._unreadable.add(number)
                self._skip(self._paths[number], problem)
        return None

    def _skip(self, path: Path, problem: SourceError) -> None:
        self.incomplete = True
        self.skipped = (*self.skipped, self._name(path))
        logger.warning("Skipped: %s", problem)

    def _name(self, path: Path) -> str:
        """Of a file by itself its name, of another its path from its folder on."""
        root = next(root for root in self._roots if path.is_relative_to(root))
        return path.name if path == root else path.relative_to(root).as_posix()

    def _next_readable(self) -> tuple[np.ndarray, int] | None:
        return self._first_readable(range(self._next, len(self._paths)))


def find_images(path: str | Path, on_closed: OnClosed) -> list[Path]:
    """A picture's own path, or the pictures in a folder and its sub-folders, in natural order.

    on_closed: is called for each folder that may not be opened.

    Raises SourceError when there is nothing at the path, a folder without any picture, or no permission.
    """
    path = Path(path)
    try:
        if path.is_file():
            return [path]
        is_folder = path.is_dir()
    except OSError as problem:  # a name that is too long, a folder that may not be looked into
        raise SourceError(f"{path} cannot be opened: {problem.strerror or problem}.") from problem
    if not is_folder:
        raise _no_file(path) if is_there(path) else SourceError(f"There is no file or folder {path}.")
    found = _pictures_below(path, on_closed)
    if not found:
        raise SourceError(
            f"The folder {path} holds no pictures (such as .jpg or .png); videos are opened one by one."
        )
    return found


def load_image(path: str | Path) -> np.ndarray:
    """Read a picture as (H, W, 3) uint8 RGB, turned as its EXIF data says.

    16-bit and float greys are scaled to 8 bit, CMYK is converted, transparent parts become
    mid-grey. Raises SourceError when the file is missing, damaged, too large or no picture.
    """
    from PIL import Image, ImageOps
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS // 2  # Pillow refuses twice as many
    path = Path(path)
    if is_there(path) and not path.is_file():
        raise _no_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd EXIF data and large scans are no one's concern
            with Image.open(path, formats=_FORMATS) as picture:
                picture.load()
                # In place, so that the picture stays turned where Pillow then cannot rewrite odd EXIF data.
                with suppress(Exception):
                    ImageOps.exif_transpose(picture, in_place=True)
                return _as_rgb(picture)
    except FileNotFoundError as problem:
        raise SourceError(f"There is no file {path}.") from problem
    except Image.DecompressionBombError as problem:
        raise SourceError(f"{path} has more pixels than can be read: make it smaller.") from problem
    except PermissionError as problem:
        raise SourceError(f"{path} cannot be read: check its owner and permissions.") from problem
    except Exception as problem:  # Pillow's readers raise whatever their libraries do
        if is_lack_of_memory(problem):
            raise SourceError(f"There is not enough memory for {path}: make it smaller.") from problem
        # Pillow's own have no number; EINVAL comes of a damaged picture, whose sizes lead beyond any disk.
        if isinstance(problem, OSError) and problem.errno not in (None, errno.EINVAL):
            raise SourceError(f"{path} cannot be read: {problem.strerror}.") from problem
        if (suffix := path.suffix.lower()) in VIDEO_SUFFIXES and suffix not in _PICTURE_SUFFIXES:
            raise SourceError(f"{path} is a video, not a picture: label it with analyze.") from problem
        raise SourceError(
            f"{path} is not a picture that can be read; it is damaged, or of another kind than its name says."
        ) from problem


def _no_file(path: Path) -> SourceError:
    """The sentence for a pipe or the like: reading from one could wait for ever."""
    return SourceError(f"{path} is not a file and cannot be read as a picture.")


def _as_rgb(picture: Picture) -> np.ndarray:
    from PIL import Image

    if picture.mode.startswith(("I", "F")):
        return np.repeat(_grey_to_8_bit(np.asarray(picture))[..., None], 3, axis=2)
    if picture.has_transparency_data:
        shown = picture.convert("RGBA")
        picture = Image.new("RGB", shown.size, _BACKGROUND)
        picture.paste(shown, mask=shown)
    if picture.mode != "RGB":  # else Pillow would copy it
        picture = picture.convert("RGB")
    return np.ascontiguousarray(np.asarray(picture))


def _grey_to_8_bit(grey: np.ndarray) -> np.ndarray:
    """Greys as uint8, scaled from 0..65535 if they have 16 bits, else from the least range that holds them.

    These are 0..1 (for floats), 0..255 and 0..65535, and for greater values 0 up to the greatest.
    """
    values = np.nan_to_num(grey.astype(np.float32))
    top = float(values.max(initial=0.0))
    if grey.dtype.itemsize == 2:
        ranges = [65535.0]
    else:
        ranges = [1.0, 255.0, 65535.0] if grey.dtype.kind == "f" else [255.0, 65535.0]
    full = next((limit for limit in ranges if top <= limit), top)
    return np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)


def _pictures_below(folder: Path, on_closed: OnClosed) -> list[Path]:
    def closed(problem: OSError) -> None:
        error = SourceError(f"The folder {problem.filename} cannot be opened: {problem.strerror}.")
        if Path(problem.filename) == folder:
            raise error  # there is nothing else to show
        on_closed(error, Path(problem.filename))

    found = [
        parent / name
        for parent, names in folders_below(folder, closed)
        for name in names
        if Path(name).suffix.lower() in _PICTURE_SUFFIXES
    ]
    return sorted(found, key=lambda path: _natural_path(path.relative_to(folder)))


def _natural_path(path: Path) -> tuple[object, str]:
    """A key that puts ``2.png`` before ``10.png``, and ``face.png`` before ``face2.png``."""
    return [natural_key(part) for part in (*path.parts[:-1], path.stem)], path.suffix
