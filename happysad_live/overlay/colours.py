"""One colour for each label, the same in the window, in recordings and on every strip."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

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


_SYNONYMS = {
    "happiness": "happy", "joy": "happy", "joyful": "happy", "smile": "happy", "smiling": "happy",
    "sadness": "sad", "unhappy": "sad",
    "neutrality": "neutral",
    "anger": "angry",
    "surprised": "surprise",
    "fearful": "fear", "afraid": "fear", "scared": "fear",
    "disgusted": "disgust",
}  # fmt: skip
"""What other models call the labels above."""

# As far from each other and from those above, in CIELAB, as light colours can be.
_OTHERS: tuple[Colour, ...] = (
    (255, 92, 164), (248, 92, 250), (96, 246, 96), (180, 150, 88),
    (255, 171, 206), (88, 250, 180), (227, 241, 178), (88, 208, 255),
    (116, 166, 110), (255, 164, 88), (255, 201, 173), (227, 241, 84),
)  # fmt: skip


def label_colour(label: str, labels: Sequence[str] = ()) -> Colour:
    """The colour of a label, always the same.

    labels: all of its model: two of them have the same colour only where there are very many.
    """
    known = _known_colour(label)
    return known or _other_colours(frozenset((label, *labels)))[label]


def _known_colour(label: str) -> Colour | None:
    word = label.casefold()
    return _COLOURS.get(_SYNONYMS.get(word, word))


@lru_cache(maxsize=64)
def _other_colours(labels: frozenset[str]) -> dict[str, Colour]:
    """The colours of the labels that the project does not know.

    Each has the one that its name stands for, or the next free one; the model's order does not count.
    """
    colours: dict[str, Colour] = {}
    free: list[Colour] = []
    for label in sorted(labels):
        if _known_colour(label) is None:
            free = free or list(_OTHERS)
            first = zlib.crc32(label.encode()) % len(_OTHERS)
            colours[label] = next(c for c in _OTHERS[first:] + _OTHERS[:first] if c in free)
            free.remove(colours[label])
    return colours
