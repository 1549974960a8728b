"""Which source is opened: the one that is named, or the first camera that answers, or else the demo."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from happysad_live.errors import SourceError
from happysad_live.gui.session.capture import Opened
from happysad_live.sources import CameraInfo, Source

logger = logging.getLogger(__name__)

DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Sources:
    """How sources are found and opened; tests bring their own. For any thread.

    open: a source from its specification. list_cameras: the cameras that can be opened.
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

    def open_again(self, spec: str, name: str) -> Opened:
        """Open what ``spec`` names, or the camera of that name: plugged in again it may have another number.

        name: empty where nothing was open before. Raises SourceError.
        """
        try:
            return Opened(self.open(spec), spec)
        except SourceError:
            by_name = [str(found.index) for found in self.list_cameras() if name and found.name == name]
            if len(by_name) != 1 or by_name[0] == spec:
                raise
            return Opened(self.open(by_name[0]), by_name[0])

    def open_demo(self, problem: str) -> Opened:
        """Open the demo in the place of a camera. problem: why, the beginning of a sentence."""
        return Opened(self.open(DEMO), DEMO, f"{problem}, so this is the drawn demo.")
