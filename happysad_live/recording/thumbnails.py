"""A small picture of a clip."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from happysad_live.errors import RecordingError
from happysad_live.recording.playback import ClipReader


def thumbnail(video: Path, width_px: int = 160, height_px: int = 90) -> np.ndarray:
    """The clip's first frame, filling ``width_px`` x ``height_px``; what stands out is cut off.

    Returns (height_px, width_px, 3) uint8 RGB. Raises RecordingError where it cannot be shown.
    """
    with ClipReader(video) as reader:
        picture = reader.read()
    if picture is None:
        raise RecordingError(f"{video.name} holds no picture.")
    image = picture.image
    zoom = max(width_px / image.shape[1], height_px / image.shape[0])
    size = (max(round(image.shape[1] * zoom), width_px), max(round(image.shape[0] * zoom), height_px))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    left, top = (size[0] - width_px) // 2, (size[1] - height_px) // 2
    return np.ascontiguousarray(image[top : top + height_px, left : left + width_px])
