"""Where a face's label goes: near its face, and off the other faces and labels."""

from __future__ import annotations

from collections.abc import Sequence

from happysad_live.core.geometry import box_area, overlap_area
from happysad_live.core.types import Box

MUCH_COVERED = 0.15
"""Share of a label that may lie on another face. A mere touch does not count, so that labels do not jump
while people move."""
FOREHEAD = 0.12
"""Share of a face's height that its own label may lie on. Eyes are .13 to .45 of the height under the top of
the detector's boxes, .2 to .33 in most pictures (measured on fourteen clips)."""

STRICTER = 0.6
"""A label that stood under its face comes back only where so much of these shares, and of the way that it may
go aside, is enough: while the face's box trembles at a limit, the label must not jump up and down."""
SPARE = 0.25
"""Before a label that did not stand under its face goes there for the eyes' sake, so much of its own height
has to be left below."""

Sides = dict[int, bool]
"""By a face's number, whether its label stands under it."""


def label_place(
    size: tuple[int, int],
    pad: int,
    face: Box,
    picture: tuple[int, int],
    faces: Sequence[Box],
    labels: Sequence[Box],
    was_under: bool | None = None,
) -> tuple[int, int]:
    """The label's left upper corner, in whole pixels.

    size, picture: (width, height). pad: pixels between the label and its face, and between the label's rim
    and its text. faces, labels: the boxes of the other faces, and of the labels that are placed already.
    was_under: whether it stood under its face in the frame before; None where there was none.

    It goes above the face, or to the picture's top where there is less room; a little aside where it would
    cover a neighbour's text; under the face where that does not help, or it would cover the face's own eyes.
    """
    width, height = size
    lowest = max(picture[1] - height, 0)
    above = min(max(round(face.y0) - height - pad, 0), lowest)
    under = round(face.y1) + pad
    tolerance = STRICTER if was_under else 1.0
    on_eyes = above + height > face.y0 + tolerance * FOREHEAD * face.height
    spare = SPARE * height if was_under is False else 0.0
    row = under if on_eyes and under + spare <= lowest else above
    under = min(under, lowest)

    def at(x: float, y: int) -> Box:
        x = min(max(round(x), 0), max(picture[0] - width, 0))
        return Box(x, y, x + width, y + height)

    first, aside = at(face.x0, row), tolerance * face.width / 2
    near = Box(first.x0 - aside, min(above, under), first.x1 + aside, max(above, under) + height)
    faces, labels = _touching(near, faces), _touching(near, labels)  # few of a crowd's
    places = [first, at(first.x0 + _x_shift(first, labels, pad, aside), row), at(face.x0, under)]

    def is_free(place: Box) -> bool:
        tolerated = MUCH_COVERED if place.y0 == under else tolerance * MUCH_COVERED
        return not _covers(place, faces, labels, pad, tolerated)

    place = next(filter(is_free, places), first)
    return int(place.x0), int(place.y0)


def _touching(region: Box, boxes: Sequence[Box]) -> list[Box]:
    x0, y0, x1, y1 = region
    return [box for box in boxes if box.x0 < x1 and box.x1 > x0 and box.y0 < y1 and box.y1 > y0]


def _covers(place: Box, faces: Sequence[Box], labels: Sequence[Box], pad: int, tolerated: float) -> bool:
    on_faces = max((overlap_area(place, face) for face in faces), default=0.0)
    return on_faces > tolerated * box_area(place) or any(_hides(place, label, pad) for label in labels)


def _hides(place: Box, label: Box, pad: int) -> bool:
    """Whether more than the rim of a label would lie under another one."""
    return min(place.x1, label.x1) - max(place.x0, label.x0) > pad and overlap_area(place, label) > 0


def _x_shift(place: Box, labels: Sequence[Box], pad: int, furthest: float) -> float:
    """How far right to move a label so that it hides no others; 0 where that is too far. In pixels."""
    ways = [0.0]
    for label in labels:
        if _hides(place, label, pad):
            to_right, to_left = label.x1 - pad - place.x0, label.x0 + pad - place.x1
            ways.append(to_right if to_right <= -to_left else to_left)
    furthest_way = max(ways, key=abs)
    return furthest_way if abs(furthest_way) <= furthest else 0.0
