"""Which source is opened: the one that is named, or the first camera that answers, or else the demo."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from happysad_live.errors import SourceError
from happysad_live.gui.session.capture import Opened
from happysad_live.sources import CameraInfo, Source, is_camera_number

logger = logging.getLogger(__name__)

DEMO = "demo"


@dataclass(frozen=True, slots=True)
class LostCamera:
    """How a camera that was lost is known again: numbers may change when a camera goes or comes.

    spec: what opened it. path: see ``CameraInfo``; empty where it is not known. others: the paths of the
    cameras of the same name that were there beside it.
    """

    spec: str
    name: str
    path: str
    others: frozenset[str]

    @classmethod
    def known_from(cls, cameras: Sequence[CameraInfo], spec: str, name: str) -> LostCamera:
        """cameras: what there was while it played. name: what it told when it was opened."""
        camera = camera_of(spec, name, cameras)
        path = camera.path if camera is not None else ""
        if camera is not None and not camera.refusal:  # one that is in use may not tell its name to the list
            name = camera.name
        others = {other.path for other in cameras if other.name == name and other is not camera}
        return cls(spec, name, path, frozenset(others - {""}))

    def among(self, cameras: Sequence[CameraInfo]) -> CameraInfo | None:
        """The camera, where it is there again; None where it is not, or several may be it."""
        alike = [camera for camera in cameras if camera.name == self.name and camera.path not in self.others]
        found = [camera for camera in alike if camera.path == self.path] or alike
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Sources:
    """How sources are found and opened; tests bring their own. For any thread.

    open: a source from its specification. list_cameras: those of this machine, as they are numbered.
    """

    open: Callable[[str], Source]
    list_cameras: Callable[[], Sequence[CameraInfo]]

    def open_first_that_answers(self, tell_cameras: Callable[[Sequence[CameraInfo]], object]) -> Opened:
        """Open the first camera that can be opened, else the demo. tell_cameras: gets what was found."""
        cameras = tuple(self.list_cameras())
        tell_cameras(cameras)
        refusal = ""
        for spec in [str(camera.index) for camera in cameras]:
            try:
                return Opened(self.open(spec), spec)
            except SourceError as error:
                logger.info("camera %s: %s", spec, error)
                refusal = refusal or str(error)
        if refusal:  # which says what to do, such as to allow the camera in the system's settings
            return Opened(self.open(DEMO), DEMO, f"This is the drawn demo: {refusal}")
        return self.open_demo("No camera was found")

    def open_again(self, lost: LostCamera) -> Opened:
        """Open a camera that was lost, and no other. Raises SourceError where it is not there."""
        if _is_link(lost.spec):
            return Opened(self.open(lost.spec), lost.spec)
        cameras = self.list_cameras()
        found, at_spec = lost.among(cameras), camera_of(lost.spec, lost.name, cameras)
        # What opened it may lead to another now; but where none can be listed, only opening it tells.
        if found is None and cameras and (at_spec is not None or lost.path):
            raise SourceError(f"{lost.name} was unplugged. Plug it in again.")
        spec = lost.spec if found is None or found is at_spec else str(found.index)
        return Opened(self.open(spec), spec)

    def open_demo(self, problem: str) -> Opened:
        """Open the demo in the place of a camera. problem: why, the beginning of a sentence."""
        return Opened(self.open(DEMO), DEMO, f"{problem}, so this is the drawn demo.")


def camera_of(spec: str, name: str, cameras: Sequence[CameraInfo]) -> CameraInfo | None:
    """The camera that ``spec`` opens, by its number or path; else by its name, of which a part is enough.

    spec: empty where none is open. name: what it told when it was opened; empty before that.
    """
    spec = spec.strip()
    if not spec:
        return None
    name = (name or spec).casefold()
    spec = (os.path.realpath(spec) if _is_link(spec) else spec).casefold()
    found = [camera for camera in cameras if spec in (str(camera.index), camera.path.casefold())]
    if spec in name and not is_camera_number(spec):
        # A name opens the first of several cameras that are called so.
        found += [camera for camera in cameras if camera.name.casefold() == name]
    return found[0] if found else None


def _is_link(spec: str) -> bool:
    """Whether it is a path that leads to one camera, whatever number that has: udev makes such links."""
    return spec.startswith("/dev/") and not re.fullmatch(r"/dev/video\d+", spec)
