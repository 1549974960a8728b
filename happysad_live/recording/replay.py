"""Label lines as the results that they were made from, to be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from happysad_live.core.types import Face, Frame, FrameResult, LabelledFace
from happysad_live.recording.clip_info import ClipInfo
from happysad_live.recording.label_lines import FaceLabel, FrameLabels


def replay_result(
    image: np.ndarray, line: FrameLabels, labels: Sequence[str], duration_s: float | None = None
) -> FrameResult:
    """A label line as the result that it was made from, to be drawn again.

    image: (H, W, 3) uint8 RGB, the frame's picture. duration_s: how long that is shown, where it is known.
    """
    height, width = image.shape[:2]
    # Somebody may have edited the boxes, and only what lies in the picture can be drawn.
    inside = (replace(face, box=face.box.within(width, height)) for face in line.faces)
    faces = tuple(_replay_face(face, labels) for face in inside)
    replayed = Frame(image, line.index, line.time_s, 0.0, duration_s=duration_s)
    return FrameResult(replayed, faces, tuple(labels))


def without_drawn(line: FrameLabels, info: ClipInfo) -> FrameLabels:
    """A label line without the faces whose labels are in the clip's picture already.

    Where labels were drawn when recording, only faces that the user has labelled get a new one.
    """
    if info.is_clean_at(line.time_s):
        return line
    return replace(line, faces=tuple(face for face in line.faces if face.own is not None))


def _replay_face(face: FaceLabel, labels: Sequence[str]) -> LabelledFace:
    return LabelledFace(
        face=Face(face.box, np.tile(np.array(face.box.center, np.float32), (6, 1)), face.detection),
        label=face.label,
        confidence=face.confidence,
        probabilities=np.array([face.probabilities.get(label, 0.0) for label in labels], np.float32),
        raw=np.array([face.raw.get(label, 0.0) for label in labels], np.float32),
        track=face.track,
        own=face.own,
    )
