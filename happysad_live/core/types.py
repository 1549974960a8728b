"""The values that travel from a source to the screen, a file or a script.

Conventions, everywhere in the project: pictures are ``(H, W, 3) uint8 RGB``; boxes are pixel
``x0, y0, x1, y1``, half open, float; times are seconds.
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import NamedTuple

import numpy as np

UNSURE = "unsure"
"""The label of a face of which no class reaches the model's calibrated threshold; in a video, a face that had
another label gets it only after a while."""

NO_FACE = "no face"
"""Stands beside the labels in a clip's shares, for the share of the time in which nobody was seen."""


class Box(NamedTuple):
    """Pixel rectangle, half open, float; may reach outside its picture."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def center(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def within(self, width: int, height: int) -> Box:
        """The part that lies in a picture of that size in pixels."""
        ends = zip(self, (width, height, width, height), strict=True)
        return Box(*(min(max(end, 0.0), float(size)) for end, size in ends))


@dataclass(frozen=True, slots=True, eq=False)  # ``==`` of arrays is no single answer
class Frame:
    """One picture of a source.

    image: (H, W, 3) uint8 RGB, C-contiguous, never written to after creation.
    index: 0 for the source's first frame, counting every frame that the source delivered, but those of a
        camera or stream while the window holds its picture.
    time_s: when the frame was taken, in seconds since the source's first frame: in a file its
        presentation time, from a camera the true capture time.
    captured_at_s: ``time.perf_counter()`` right after the frame was read, or, where the window plays what was
        recorded, when the frame was due; delays are measured from it. (On Windows ``time.monotonic()`` goes
        in steps of 16 ms before Python 3.13.)
    name: of a picture by itself its file's name, of one in a folder its path from there on; else empty.
    duration_s: how long it is shown, None where its source does not say.
    live: whether a camera or a stream took it just now.
    still: whether it is a picture of its own, that has nothing to do with those before and after; in the
        window also a film's frame that is sought while the picture is held.
    position_s: where it stands in its source, in seconds from the source's beginning: by default ``time_s``,
        which however counts on when the source is played again or sought in.
    seek_serial: tells the frames after a seek from those before; faces are not followed across it.
    """

    image: np.ndarray
    index: int
    time_s: float
    captured_at_s: float
    _: KW_ONLY
    name: str = ""
    still: bool = False
    position_s: float = math.nan
    seek_serial: int = 0
    live: bool = False
    duration_s: float | None = None

    def __post_init__(self) -> None:
        if math.isnan(self.position_s):
            object.__setattr__(self, "position_s", self.time_s)

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])


@dataclass(frozen=True, slots=True)
class Face:
    """A face as the detector found it.

    keypoints: (6, 2) float32 pixels: right eye, left eye, nose tip, mouth centre, right ear, left
        ear (right and left are the person's own). Not compared: ``==`` of arrays is no single answer.
    score: the detector's confidence, 0..1.
    """

    box: Box
    keypoints: np.ndarray = field(compare=False)
    score: float


@dataclass(frozen=True, slots=True, eq=False)  # ``==`` of arrays is no single answer
class LabelledFace:
    """A face with what the model says of it.

    label: a class of the model, or ``unsure``; what the model says, even where the user gave another label.
    confidence: the label's (smoothed) probability, 0..1; where unsure, that of the most probable class.
    probabilities: (K,) float32, smoothed over time where the face is tracked, in the result's order.
    raw: (K,) float32, those of this very frame alone.
    track: the face's number while it stays in the picture; None for a still picture.
    own: the label that the user gave the face; None for none.
    """

    face: Face
    label: str
    confidence: float
    probabilities: np.ndarray
    raw: np.ndarray
    track: int | None = None
    own: str | None = None

    @property
    def box(self) -> Box:
        """Where the face is."""
        return self.face.box


@dataclass(frozen=True, slots=True, eq=False)  # ``==`` of arrays is no single answer
class FrameResult:
    """A frame and the faces found on that very frame.

    labels: the classes told apart, in the order of every probability vector: the model's in output order, or
        happy and sad alone.
    stage_s: seconds spent in each stage ("detect", "crop", "classify", "track").
    """

    frame: Frame
    faces: tuple[LabelledFace, ...]
    labels: tuple[str, ...]
    stage_s: dict[str, float] = field(default_factory=dict)
