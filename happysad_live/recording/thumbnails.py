"""A small picture of a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from happysad_live.errors import RecordingError
from happysad_live.recording.clip_reader import ClipReader


def thumbnail(video: Path, width_px: int, height_px: int) -> np.ndarray:
    """The clip's first frame, filling ``width_px`` x ``height_px``; what stands out is cut off.

    Returns (height_px, width_px, 3) uint8 RGB. Raises RecordingError where it cannot be shown.
    """
    with ClipReader(video) as reader:
        picture = reader.read()
    if picture is None:
        raise RecordingError(f"{video.name} holds no picture.")
    return np.array(ImageOps.fit(Image.fromarray(picture.image), (width_px, height_px)))
