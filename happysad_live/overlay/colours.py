"""One colour for each label, the same in the window, in recordings and on every strip."""

from __future__ import annotations

import colorsys
import zlib

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""

# Light enough for dark text on them, and told apart by people with any common colour blindness:
# happy and sad, the pair that matters, are yellow and blue.
_COLOURS: dict[str, Colour] = {
    "happy": (255, 205, 64),
    "sad": (104, 164, 255),
    "neutral": (206, 212, 218),
    "unsure": (150, 156, 164),
    "angry": (255, 120, 104),
    "surprise": (214, 148, 255),
    "fear": (94, 214, 200),
    "disgust": (152, 212, 96),
}


def label_colour(label: str) -> Colour:
    """The colour of a label; a label that the project does not know gets a steady one of its own."""
    if label in _COLOURS:
        return _COLOURS[label]
    hue = zlib.crc32(label.encode()) % 360 / 360
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.5, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)
