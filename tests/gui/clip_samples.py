"""Small real clips on the disk, for the panel and the player."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from recording_samples import LABELS, face, plan

from happysad_live.core.types import Box, Frame, FrameResult
from happysad_live.recording.library import Clip, load_clip
from happysad_live.recording.unfinished_clip import ClipFiles, Draw

FRAMES, FRAME_RATE = 40, 20.0
BACK_AND_FORTH = {1: ("happy", "sad"), 2: ("neutral", "neutral")}
"""Each face's label in the clip's first and in its second half."""


def grey(index: int) -> int:
    """The brightness of a clip's picture, from which a test knows which one it sees."""
    return 20 + 5 * index


def frame_number(image: np.ndarray) -> int:
    """The number of the picture that was encoded with ``grey``."""
    return round((float(image[-12:, -12:].mean()) - 20) / 5)


def result(index: int) -> FrameResult:
    """A frame of 96 x 64 pixels with two faces."""
    image = np.full((64, 96, 3), grey(index), np.uint8)
    half = int(index >= FRAMES // 2)
    faces = tuple(
        face(labels[half], track=track, box=Box(4 + 24 * track, 6, 20 + 24 * track, 24))
        for track, labels in BACK_AND_FORTH.items()
    )
    return FrameResult(Frame(image, index, index / FRAME_RATE, 0.0), faces, LABELS)


@cache
def encoded(draw: Draw | None) -> dict[str, bytes]:
    """What is in a clip's files, by the ends of their names, the video last."""
    with tempfile.TemporaryDirectory() as folder:
        files = ClipFiles(plan(Path(folder), stem="clip", draw=draw), 96, 64)
        for index in range(FRAMES):
            files.write(result(index), draw)
        files.finish(dropped=0)
        return {path.name.removeprefix("clip"): path.read_bytes() for path in sorted(Path(folder).iterdir())}


def write_clip(folder: Path, stem: str = "clip", *, draw: Draw | None = None) -> Clip:
    """Two seconds at 20 frames a second."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in encoded(draw).items():
        (folder / f"{stem}{suffix}").write_bytes(content)
    return load_clip(folder, stem)


def leave_unfinished(folder: Path, stem: str) -> None:
    """What is on the disk after a crash in the middle of a clip."""
    files = ClipFiles(plan(folder, stem=stem), 96, 64)
    for index in range(FRAMES):
        files.write(result(index), None)
    files.sync(dropped=0)
    kept = {path: path.read_bytes() for path in folder.iterdir() if path.name.startswith(stem)}
    files.finish(dropped=0)
    for path in folder.iterdir():
        if path.name.startswith(stem):
            path.unlink()
    for path, data in kept.items():
        path.write_bytes(data)
