"""Boxes, labels and confidence, drawn over the frame that they were computed from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from happysad_live.core.label_text import face_text
from happysad_live.core.shown_face import shown_label
from happysad_live.core.types import Box, FrameResult, LabelledFace
from happysad_live.overlay.colours import INK, Colour, label_colour
from happysad_live.overlay.placing import Sides, label_place
from happysad_live.overlay.text import text_mask, text_width

MIN_TEXT_PX, MIN_TEXT_SHARE = 13, 1 / 62
"""The least height of a label's text: in pixels, and as a share of the picture's height, since 4K is mostly
shown much smaller."""


def draw_result(
    image: np.ndarray,
    result: FrameResult,
    *,
    mirrored: bool = False,
    ratio: float = 1.0,
    sides: Sides | None = None,
) -> np.ndarray:
    """A copy of a picture with the result's faces drawn in.

    image: (H, W, 3) uint8 RGB, the result's frame at any size (boxes are scaled along).
    ratio: pixels of the picture for each device-independent pixel of a text; 2 on a screen of high density.
    mirrored: turn the picture left to right, as a mirror does; the text stays readable.
    sides: where the labels stood in the frame before, empty at first, and changed to where they stand now:
        so they do not jump up and down. None for a picture of its own.

    Returns (H, W, 3) uint8 RGB, a new array.
    """
    drawn = cv2.flip(image, 1) if mirrored else image.copy()
    height, width = drawn.shape[:2]
    scale_x, scale_y = width / result.frame.width, height / result.frame.height
    boxes: list[Box] = []
    for face in result.faces:
        box = face.face.box
        x0, x1 = box.x0 * scale_x, box.x1 * scale_x
        if mirrored:
            x0, x1 = width - x1, width - x0
        boxes.append(Box(x0, box.y0 * scale_y, x1, box.y1 * scale_y))
        _draw_box(drawn, boxes[-1], label_colour(shown_label(face)[0], result.labels))
    smallest_px = max(round(MIN_TEXT_PX * ratio), round(MIN_TEXT_SHARE * height))
    _draw_plates(drawn, result, boxes, smallest_px, {} if sides is None else sides)
    return drawn


def _draw_box(image: np.ndarray, box: Box, colour: Colour) -> None:
    thickness = max(2, round(min(image.shape[:2]) / 300))
    corners = [round(value) for value in box]
    _draw_rounded_box(image, corners, INK, thickness + 2)
    _draw_rounded_box(image, corners, colour, thickness)


def _draw_rounded_box(image: np.ndarray, corners: list[int], colour: Colour, thickness: int) -> None:
    x0, y0, x1, y1 = corners
    radius = max(min(x1 - x0, y1 - y0) // 10, 1)
    for start, end in (
        ((x0 + radius, y0), (x1 - radius, y0)),
        ((x0 + radius, y1), (x1 - radius, y1)),
        ((x0, y0 + radius), (x0, y1 - radius)),
        ((x1, y0 + radius), (x1, y1 - radius)),
    ):
        cv2.line(image, start, end, colour, thickness, cv2.LINE_AA)
    for center, angle in (
        ((x0 + radius, y0 + radius), 180),
        ((x1 - radius, y0 + radius), 270),
        ((x1 - radius, y1 - radius), 0),
        ((x0 + radius, y1 - radius), 90),
    ):
        cv2.ellipse(image, center, (radius, radius), angle, 0, 90, colour, thickness, cv2.LINE_AA)


def _draw_plates(
    image: np.ndarray, result: FrameResult, boxes: Sequence[Box], smallest_px: int, sides: Sides
) -> None:
    before = sides.copy()
    sides.clear()
    plates: list[Box] = []
    for face, box in zip(result.faces, boxes, strict=True):
        others = [other for other in boxes if other is not box]
        colour = label_colour(shown_label(face)[0], result.labels)
        was_under = None if face.track is None else before.get(face.track)
        plates.append(_draw_plate(image, box, face, colour, others, plates, smallest_px, was_under))
        if face.track is not None:
            sides[face.track] = plates[-1].y0 > box.center[1]


def _draw_plate(
    image: np.ndarray,
    box: Box,
    face: LabelledFace,
    colour: Colour,
    faces: Sequence[Box],
    plates: Sequence[Box],
    smallest_px: int,
    was_under: bool | None,
) -> Box:
    """Draw a face's label on a plate that keeps off other ``faces`` and ``plates``; returns where it is."""
    height, width = image.shape[:2]
    size_px = int(np.clip(round(0.13 * box.width), smallest_px, max(smallest_px, round(0.045 * height))))
    number = "" if face.track is None else f"{face.track}  "
    plate = _plate(number + face_text(face), size_px, colour)
    if plate.shape[1] > width:
        label = shown_label(face)[0]
        rest = face_text(face).removeprefix(label)
        plate = _plate(_shortened(number, label, rest, size_px, width), size_px, colour)
    plate_height, plate_width = plate.shape[:2]
    size, pad = (plate_width, plate_height), _plate_pad(size_px)
    x, y = label_place(size, pad, box, (width, height), faces, plates, was_under)
    region = image[y : y + plate_height, x : x + plate_width]
    region[:] = plate[: region.shape[0], : region.shape[1]]
    return Box(x, y, x + plate_width, y + plate_height)


@lru_cache(maxsize=512)
def _shortened(number: str, label: str, rest: str, size_px: int, widest_px: int) -> str:
    """The text for a plate of at most that width: the label gives way, not what stands before and after it.

    In a picture too narrow for that, the text stays as it is.
    """

    def text(letters: int) -> str:  # three dots: fonts for East Asia may lack the sign “…”
        return f"{number}{label[:letters].rstrip()}...{rest}"

    room_px = widest_px - 3 * _plate_pad(size_px)
    letters = bisect_right(range(1, len(label)), room_px, key=lambda n: text_width(text(n), size_px))
    return text(letters) if letters else f"{number}{label}{rest}"


def _plate_pad(size_px: int) -> int:
    return max(size_px // 3, 3)


def _plate(text: str, size_px: int, colour: Colour) -> np.ndarray:
    """A text on its coloured plate, (h, w, 3) uint8 RGB."""
    pad = _plate_pad(size_px)
    left, right = pad * 3 // 2, 3 * pad - pad * 3 // 2
    mask = cv2.copyMakeBorder(text_mask(text, size_px), pad, pad, left, right, cv2.BORDER_CONSTANT)
    coverage = np.arange(256, dtype=np.float32)[:, None] / 255
    paper, ink = np.array([colour, INK], np.float32)
    shades = (paper * (1 - coverage) + ink * coverage).astype(np.uint8)
    return cv2.applyColorMap(mask, shades[:, None])  # much faster than mixing each pixel
