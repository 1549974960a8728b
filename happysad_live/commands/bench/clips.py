"""The video file that ``bench`` measures where none is given: the demo's people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np

from happysad_live.core.types import Frame, FrameResult
from happysad_live.recording.clip_writer import ClipWriter
from happysad_live.sources.demo.source import HEIGHT, LENGTH_S, MAX_PEOPLE, WIDTH, DemoSource

MAX_FACES = 2 * MAX_PEOPLE

_DIFFERENT_PICTURES = 45
# Where the half of the picture begins that holds the heads: two such bands make up to eight people.
_BAND_TOP = 130
_LATER_S = 7.0


def write_demo_clip(path: Path, faces: int, seconds: float, frame_rate: float) -> None:
    """Write a 1280x720 H.264 clip with 1 to 8 of the demo's people, as they are in six seconds of it.

    Drawing takes longer than a frame lasts, so a few dozen pictures go back and forth.

    Raises RecordingError where the file cannot be written.
    """
    pictures = _pictures(faces)
    clip = ClipWriter(path, WIDTH, HEIGHT, frame_rate=frame_rate)
    try:
        for index, picture in enumerate(islice(_back_and_forth(pictures), round(seconds * frame_rate))):
            frame = Frame(picture, index, index / frame_rate, 0.0)
            clip.write(picture, FrameResult(frame, (), ()))
        clip.finish()
    finally:
        clip.abort()


def _back_and_forth(pictures: list[np.ndarray]) -> Iterator[np.ndarray]:
    while True:
        yield from pictures
        yield from reversed(pictures)


def _pictures(faces: int) -> list[np.ndarray]:
    """The clip's different pictures in their order, each (720, 1280, 3) uint8 RGB."""
    times_s = np.linspace(0, LENGTH_S / 4, _DIFFERENT_PICTURES)
    first = DemoSource(min(faces, MAX_PEOPLE))
    if faces <= MAX_PEOPLE:
        return [first.picture_at(at_s) for at_s in times_s]
    second = DemoSource(faces - MAX_PEOPLE)
    band = slice(_BAND_TOP, _BAND_TOP + HEIGHT // 2)
    return [
        np.concatenate([first.picture_at(at_s)[band], second.picture_at(at_s + _LATER_S)[band]])
        for at_s in times_s
    ]
