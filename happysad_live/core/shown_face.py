"""A face as it is shown, live or from a label file: which face it is, its label and its place in a row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from happysad_live.core.types import Box


class ShownFace(Protocol):
    """What ``LabelledFace`` (live) and ``FaceLabel`` (from a label file) have in common."""

    @property
    def track(self) -> int | None: ...
    @property
    def box(self) -> Box: ...
    @property
    def label(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def own(self) -> str | None: ...


ShownFaceT = TypeVar("ShownFaceT", bound=ShownFace)


def identity_key(face: ShownFace) -> int | Box:
    """What is the same for a face in two frames, and differs between faces: its number.

    Faces of photographs have no number. Their box serves instead: it stays while a photograph is shown.
    """
    return face.box if face.track is None else face.track


def shown_label(face: ShownFace) -> tuple[str, bool]:
    """The label to show, and whether it is the user's own."""
    return (face.label, False) if face.own is None else (face.own, True)


def from_left_to_right(faces: Iterable[ShownFaceT]) -> list[ShownFaceT]:
    """The faces of a photograph, which have no numbers, in the order in which a text is to name them."""
    return sorted(faces, key=lambda face: face.box.x0 + face.box.x1)
