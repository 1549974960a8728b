"""The window in a process of its own, with a pipeline that prints the number in each picture.

Arguments: the seconds after which it closes by itself (0: never), and the source, if one is to be named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from happysad_live.bootstrap import prepare_environment

prepare_environment()
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from gui_fakes import FakePipeline  # noqa: E402
from vcam.virtual_camera import picture_number  # noqa: E402

from happysad_live.config import WindowConfig  # noqa: E402
from happysad_live.core.types import Frame, FrameResult  # noqa: E402
from happysad_live.gui.app import run  # noqa: E402


class Telling(FakePipeline):
    """Prints what it sees, a line a frame."""

    def process(self, frame: Frame) -> FrameResult:
        print(f"{frame.width}x{frame.height} {picture_number(frame.image)}", flush=True)
        return super().process(frame)


if __name__ == "__main__":
    seconds, *source = sys.argv[1:]
    config = WindowConfig(source=source[0] if source else None, seconds=float(seconds) or None)
    run(config, lambda settings: Telling())
