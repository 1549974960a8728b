"""Face sets of which a test says no more than it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from training.faces.faceset import FaceSet, encode_jpeg


def face_set(crops: Sequence[np.ndarray], labels: np.ndarray, **columns: Any) -> FaceSet:
    """Crops, (N, 320, 320, 3) uint8 RGB, of one source, to be judged, and related to none, unless told."""
    count = len(crops)
    plain = {
        "source": np.full(count, "made"),
        "group": np.full(count, -1),
        "split": np.full(count, "val"),
        "name": np.arange(count).astype(str),
        "detector": np.full(count, "full"),
    }
    return FaceSet.from_crops([encode_jpeg(crop) for crop in crops], labels, **(plain | columns))
