"""What the window says of the faces that it sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from happysad_live.core.types import UNSURE, Box, Face, Frame, FrameResult, LabelledFace
from happysad_live.gui.texts import describe_faces

LABELS = ("happy", "sad", "neutral")
NOTHING = np.zeros((4, 4, 3), np.uint8)


def face(label: str, left: float = 0.0, own: str | None = None) -> LabelledFace:
    raw = np.array([0.9, 0.06, 0.04], np.float32)
    found = Face(Box(left, 0.0, left + 10.0, 10.0), np.zeros((6, 2), np.float32), 0.9)
    return LabelledFace(found, label, 0.9, raw, raw, own=own)


def seen(*faces: LabelledFace, still: bool = False) -> FrameResult:
    return FrameResult(Frame(NOTHING, 0, 0.0, 0.0, still=still), faces, LABELS)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (seen(), "No face in the picture"),
        (seen(face("happy", 50), face("sad", 0)), "2 faces: happy 90 %, sad 90 %"),
        (seen(face("happy"), still=True), "1 face: happy 90 %"),
        (
            seen(face("happy", 50), face("sad", 0), still=True),
            "2 faces from left to right: sad 90 %, happy 90 %",
        ),
        (replace(seen(), labels=()), ""),
        (None, ""),
    ],
)
def test_each_face_is_named_and_in_a_photograph_where_they_have_no_numbers_from_left_to_right(
    result: FrameResult | None, said: str
) -> None:
    assert describe_faces(result) == said


def test_in_a_mirrored_photograph_left_is_where_it_is_seen() -> None:
    photograph = seen(face("happy", 50), face("sad", 0), still=True)
    assert describe_faces(photograph, mirrored=True) == "2 faces from left to right: happy 90 %, sad 90 %"
    video = seen(face("happy", 50), face("sad", 0))  # by their numbers
    assert describe_faces(video, mirrored=True) == "2 faces: happy 90 %, sad 90 %"


def test_of_a_crowd_it_is_told_how_many_have_each_label() -> None:
    labels = ("sad", UNSURE, "neutral", "sad", "happy", "sad")
    crowd = [face(label) for label in labels]
    assert describe_faces(seen(*crowd)) == "6 faces: 1 happy, 3 sad, 1 neutral, 1 unsure"
    own = face("sad", own="neutral")
    assert describe_faces(seen(*crowd, own)) == "7 faces: 1 happy, 3 sad, 2 neutral, 1 unsure"
