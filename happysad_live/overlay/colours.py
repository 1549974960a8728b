"""One colour for each label, the same in the window, in recordings and on every strip."""

from __future__ import annotations

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
    (172, 144, 200), (248, 110, 220), (206, 199, 96), (192, 136, 136),
)  # fmt: skip


def label_colour(label: str) -> Colour:
    """The colour of a label, always the same; one that the project does not know gets one of the others."""
    word = label.casefold()
    known = _COLOURS.get(_SYNONYMS.get(word, word))
    return known or _OTHERS[zlib.crc32(word.encode()) % len(_OTHERS)]
