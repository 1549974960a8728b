"""The lines of a label file: each frame's faces, as values and as JSON (``happysad-labels/1``)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from sys import intern
from typing import Any

import numpy as np

from happysad_live.core.json_numbers import finite_number, whole_number
from happysad_live.core.json_text import json_text
from happysad_live.core.label_text import LABEL_FILE_DECIMALS
from happysad_live.core.types import Box, FrameResult, LabelledFace

SCHEMA = "happysad-labels/1"
_PROBABILITY_UNITS = 10**LABEL_FILE_DECIMALS

MAX_LINE_BYTES = 1 << 20
"""The most bytes in a line of a label file: hundreds of faces take less."""

NOT_UNDERSTOOD = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What is raised by reading JSON that another program, or a person, has written."""


@dataclass(frozen=True, slots=True)
class LabelHeader:
    """Where labels come from.

    source: a camera's or a file's name. model, model_sha256: the model's name, and the hexadecimal SHA-256 of
    its weights. labels: its classes, in the order of every probability.
    width, height: size in pixels of the pictures that the boxes belong to; of a folder of pictures that of
        the first one, since each line has its own.
    """

    source: str
    model: str
    model_sha256: str
    width: int
    height: int
    labels: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The first line of a JSON lines file, as a JSON object."""
        return {"schema": SCHEMA, **asdict(self)}


@dataclass(frozen=True, slots=True)
class FaceLabel:
    """A face as a label file keeps it; the fields mean what those of ``LabelledFace`` do.

    detection: the detector's confidence, 0..1. probabilities, raw: by label.
    """

    box: Box
    detection: float
    label: str
    confidence: float
    probabilities: dict[str, float]
    raw: dict[str, float]
    track: int | None = None
    own: str | None = None


@dataclass(frozen=True, slots=True)
class FrameLabels:
    """A line of a label file: the faces of one frame, taken at ``time_s`` after the first.

    image, width, height: of a folder of pictures, which one it is, and its size in pixels; else empty and 0.
    """

    index: int
    time_s: float
    faces: tuple[FaceLabel, ...]
    image: str = ""
    width: int = 0
    height: int = 0


def round_probabilities(values: np.ndarray) -> list[float]:
    """Probabilities with four decimals whose sum is still what it was.

    Largest remainders: round all down, then raise those that lost most until the sum is right.
    """
    units = np.asarray(values, np.float64) * _PROBABILITY_UNITS
    whole = np.floor(units + 1e-6)
    missing = round(float(units.sum() - whole.sum()))
    for place in np.argsort(whole - units, kind="stable")[:missing]:
        whole[place] += 1
    return [int(unit) / _PROBABILITY_UNITS for unit in whole]


def _face_label(face: LabelledFace, result: FrameResult) -> FaceLabel:
    """A face with the rounding of the label files, its box cut to the picture."""
    labels = result.labels
    probabilities = round_probabilities(face.probabilities)
    box = face.face.box.within(result.frame.width, result.frame.height)
    # The shown label's probability, rounded with the others; a label that is held need not be the likeliest.
    shown = labels.index(face.label) if face.label in labels else int(np.argmax(face.probabilities))
    return FaceLabel(
        box=Box(*(round(float(end), 2) for end in box)),
        detection=round(float(face.face.score), 4),
        label=face.label,
        confidence=probabilities[shown],
        probabilities=dict(zip(labels, probabilities, strict=True)),
        raw=dict(zip(labels, round_probabilities(face.raw), strict=True)),
        track=face.track,
    )


def label_to_dict(face: FaceLabel, *, with_track: bool = True) -> dict[str, Any]:
    """The JSON object of a face, as in a label line or, without ``track``, in ``classify --json``."""
    described: dict[str, Any] = {"track": face.track} if with_track else {}
    described |= {
        "box": list(face.box),
        "detection": face.detection,
        "label": face.label,
        "confidence": face.confidence,
        "probabilities": face.probabilities,
        "raw": face.raw,
    }
    if face.own is not None:
        described["own"] = face.own
    return described


def frame_labels(result: FrameResult) -> FrameLabels:
    """What the label files keep of a result."""
    faces = tuple(_face_label(face, result) for face in result.faces)
    frame = result.frame
    size = (frame.width, frame.height) if frame.name else ()
    return FrameLabels(frame.index, round(frame.time_s, 6), faces, frame.name, *size)


def jsonl_line(frame: FrameLabels) -> str:
    """A frame's line of a JSON lines file."""
    described = {
        "frame": frame.index,
        "time_s": frame.time_s,
        "faces": [label_to_dict(face) for face in frame.faces],
    }
    if frame.image:
        described |= {"image": frame.image, "width": frame.width, "height": frame.height}
    return json_text(described) + "\n"


def parse_header(line: bytes) -> LabelHeader:
    """Read a JSON lines file's first line. Raises one of ``NOT_UNDERSTOOD`` for any other."""
    found = json.loads(line)
    if found["schema"] != SCHEMA:
        raise ValueError(found["schema"])
    return LabelHeader(
        source=str(found["source"]),
        model=str(found["model"]),
        model_sha256=str(found["model_sha256"]),
        width=whole_number(found["width"]),
        height=whole_number(found["height"]),
        labels=tuple(str(label) for label in found["labels"]),
    )


def parse_frame(line: bytes) -> FrameLabels:
    """Read a frame's line. Raises one of ``NOT_UNDERSTOOD`` for any other."""
    found = json.loads(line)
    return FrameLabels(
        index=whole_number(found["frame"]),
        time_s=finite_number(found["time_s"]),
        faces=tuple(_parse_face(face) for face in found["faces"]),
        image=str(found.get("image", "")),
        width=whole_number(found.get("width", 0)),
        height=whole_number(found.get("height", 0)),
    )


def _parse_face(found: dict[str, Any]) -> FaceLabel:
    return FaceLabel(
        box=Box(*(finite_number(side) for side in found["box"])),
        detection=finite_number(found["detection"]),
        # A label that a night's million lines name is held once.
        label=intern(str(found["label"])),
        confidence=finite_number(found["confidence"]),
        probabilities=_parse_probabilities(found["probabilities"]),
        raw=_parse_probabilities(found["raw"]),
        track=None if found.get("track") is None else whole_number(found["track"]),
        own=None if found.get("own") is None else str(found["own"]),
    )


def _parse_probabilities(found: dict[str, Any]) -> dict[str, float]:
    return {intern(str(label)): finite_number(value) for label, value in found.items()}
