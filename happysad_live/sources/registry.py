"""From what the user typed to an open source."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from happysad_live.errors import SourceError
from happysad_live.paths import home_expanded, is_there
from happysad_live.sources.address import without_password
from happysad_live.sources.base import Source
from happysad_live.sources.camera import known_cameras, list_cameras, open_camera
from happysad_live.sources.images import SUFFIXES as IMAGE_SUFFIXES

_DEMO = re.compile(r"demo(?::(.*))?", re.IGNORECASE)

_MAX_DIGITS = 9
"""The most digits in the number of a camera or of the demo's people; ``int`` refuses some thousands."""

BESIDES_CAMERAS = "a video file, a folder of pictures, an rtsp:// or http:// address, or demo"


def open_source(spec: str) -> Source:
    """Open what ``spec`` names.

    spec: a camera's number, device path or name; a video or image file; a folder of images; an
        rtsp:// or http:// address; ``demo`` or ``demo:N`` with 1 to 4 people; or what
        ``pictures_spec`` gives.

    Raises SourceError with one sentence that says what is wrong and what can be opened instead.
    """
    if pictures := _several_pictures(spec):
        return _open_pictures(*pictures)
    if not is_there(Path(spec)):  # a file's name may begin or end with a space
        spec = spec.strip()
    if not spec:
        raise SourceError(f"No source was named. {_what_there_is()}")
    if demo := _DEMO.fullmatch(spec):
        return _open_demo(demo[1])
    if is_camera_number(spec):
        return _open_numbered(spec)
    if scheme := re.match(r"([a-z][a-z0-9+.-]+)://", spec, re.IGNORECASE):
        return _open_address(spec, scheme[1].lower())
    path = home_expanded(spec)
    # /dev/shm holds files, and /dev/fd what a shell names <(command).
    if spec.startswith("/dev/") and not (path.is_file() or path.is_dir() or path.is_fifo()):
        return _open_device(spec)
    return _open_path(path) if is_there(path) else _open_named(spec)


def pictures_spec(paths: Sequence[str]) -> str:
    """What ``open_source`` takes for several picture files or folders of them: a line for each path."""
    return "\n".join(paths)


def spec_name(spec: str) -> str:
    """What people call that which a ``spec`` names, where it could not be opened; without any password."""
    if pictures := _several_pictures(spec):
        return f"{len(pictures)} pictures"
    path = home_expanded(spec)
    if path.name and path.is_absolute() and not may_be_camera(spec):  # as where it can be opened
        return path.name
    return without_password(spec)


def _several_pictures(spec: str) -> list[Path]:
    """The paths of a ``pictures_spec``; empty for any other."""
    return [] if "\n" not in spec or is_there(Path(spec)) else [Path(path) for path in spec.split("\n")]


def is_camera_number(spec: str) -> bool:
    """Whether ``spec`` is a camera's number; a longer one, such as a date and time, may name a folder."""
    return spec.isdecimal() and len(spec) <= _MAX_DIGITS


def may_be_camera(spec: str) -> bool:
    """Whether ``spec`` may name a camera of this computer: not the demo, an address, a file or a folder."""
    if is_camera_number(spec.strip()):
        return True
    if "://" in spec or _DEMO.fullmatch(spec.strip()):
        return False
    path = home_expanded(spec)
    if path.is_absolute():  # a disk that does not answer is not asked
        return spec.startswith(("/dev/", "\\\\?\\"))  # what Linux, and Windows, call a camera's device
    return not is_there(path)


def may_be_live(spec: str) -> bool:
    """Whether ``spec`` may name a camera or a stream."""
    return "://" in spec or may_be_camera(spec)


def _open_demo(people: str | None) -> Source:
    from happysad_live.sources.demo.source import MAX_PEOPLE, DemoSource

    if people is None:
        return DemoSource()
    if not people.isdecimal() or len(people) > _MAX_DIGITS:
        raise SourceError(f"The demo shows 1 to {MAX_PEOPLE} people, not “{people}”: try demo:2.")
    return DemoSource(int(people))


def _open_numbered(number: str) -> Source:
    index, cameras = int(number), known_cameras()
    if cameras is None:
        return open_camera(index)
    names = {camera.index: camera.name for camera in cameras}
    if index not in names:
        missing = f"There is no camera {index} on this machine."
        if is_there(Path(number)):  # the pictures of a year, say
            path = f"{os.curdir}{os.sep}{number}"
            raise SourceError(f"{missing} Write {path} for what is called {number} in this folder.")
        raise SourceError(f"{missing} {_what_there_is()}")
    return open_camera(index, names[index])


def _open_device(path: str) -> Source:
    if not Path(path).exists() and path not in {camera.path for camera in list_cameras()}:
        raise SourceError(f"There is no camera {path} on this machine. {_what_there_is()}")
    return open_camera(path)


def _open_address(address: str, scheme: str) -> Source:
    from happysad_live.sources.stream import SCHEMES, open_stream

    if scheme not in SCHEMES:
        raise SourceError(f"Addresses that begin with {scheme}:// cannot be opened. {_what_there_is()}")
    if len(address) == len(f"{scheme}://"):
        raise SourceError(f"“{address}” is not a complete address: name what is to be opened there.")
    return open_stream(scheme + address[len(scheme) :])  # FFmpeg knows them in small letters only


def _open_path(path: Path) -> Source:
    if not (path.is_dir() or path.is_file()):  # opening a pipe waits for who writes into it, perhaps for ever
        raise SourceError(f"{path.name} is not a file but a pipe or the like: open a file instead.")
    if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        return _open_pictures(path)
    from happysad_live.sources.file import FileSource

    return FileSource(path)


def _open_pictures(*paths: Path) -> Source:
    from happysad_live.sources.images import ImageSource

    return ImageSource(*paths)


def _open_named(spec: str) -> Source:
    wanted = spec.casefold()
    cameras = list_cameras()
    # Windows and macOS call a camera's device by names that look like no path.
    same = [camera for camera in cameras if wanted in (camera.name.casefold(), camera.path.casefold())]
    similar = same or [camera for camera in cameras if wanted in camera.name.casefold()]
    if same or len(similar) == 1:
        return open_camera(similar[0].index, similar[0].name)
    if similar:
        names = ", ".join(camera.name for camera in similar)
        raise SourceError(f"“{spec}” matches several cameras ({names}): give the full name or the number.")
    place = without_password(spec)
    if place != spec or re.match(r"[\w.-]+:\d+(/|$)", spec):
        raise SourceError(f"“{place}” is not a complete address: begin it with http:// or rtsp://.")
    if Path(spec).suffix or "/" in spec or "\\" in spec:
        try:
            home_expanded(spec).stat()
        except PermissionError as error:
            sentence = f"No permission to open the folder of {spec}: allow it, or copy what you want to open."
            raise SourceError(sentence) from error
        except OSError:
            pass
        kind = "file" if Path(spec).suffix else "file or folder"
        raise SourceError(f"There is no {kind} {spec}.")
    raise SourceError(f"There is no camera, file or folder called “{spec}”. {_what_there_is()}")


def _what_there_is() -> str:
    cameras = [f"camera {camera.index} ({camera.name})" for camera in list_cameras()]
    return f"You can open {', '.join([*cameras, BESIDES_CAMERAS])}."
