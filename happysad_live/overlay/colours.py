"""One colour for each label, the same in the window, in recordings and on every strip."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import lru_cache

from happysad_live.core.synonyms import LABEL_SYNONYMS

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""

INK: Colour = (24, 26, 30)
"""On a label's colour, and round it."""

# Light enough for dark text on them (4.5 : 1 and more), and told apart by people with any common colour
# blindness: at least 20 in CIELAB from each other, as they see them. Happy and sad, the pair that matters,
# are yellow and blue.
_COLOURS: dict[str, Colour] = {
    "happy": (255, 205, 64),
    "sad": (104, 164, 255),
    "neutral": (206, 212, 218),
    "unsure": (150, 156, 164),
    "angry": (230, 100, 90),
    "surprise": (250, 40, 215),
    "fear": (120, 250, 180),
    "disgust": (83, 166, 0),
    "contempt": (180, 252, 132),
}

# As far from each other and from those above, in CIELAB, as light colours can be; as colour-blind people see
# them, only as far from happy and sad.
_OTHERS: tuple[Colour, ...] = (
    (248, 152, 224), (144, 144, 72), (0, 232, 248), (248, 120, 0),
    (224, 248, 0), (248, 64, 144), (248, 248, 184), (72, 160, 128),
    (0, 248, 112), (240, 168, 112), (248, 168, 176), (0, 168, 88),
)  # fmt: skip


def label_colour(label: str, labels: Sequence[str] = ()) -> Colour:
    """The colour of a label, always the same.

    labels: all labels of its model: two of them have the same colour only where there are very many.
    """
    return _COLOURS.get(label.casefold()) or _colours(frozenset((label, *labels)))[label]


@lru_cache(maxsize=64)
def _colours(labels: frozenset[str]) -> dict[str, Colour]:
    """The colours of a model's labels, whatever their order.

    A label has its own, else that of a label with the same meaning if free, else the one that the checksum of
    its name picks, or the next free one.
    """
    colours = {label: _COLOURS[label.casefold()] for label in labels if label.casefold() in _COLOURS}
    free = set(_OTHERS)
    for label in sorted(labels - colours.keys()):
        colour = _COLOURS.get(LABEL_SYNONYMS.get(label.casefold(), ""))
        if colour is None or colour in colours.values():
            free = free or set(_OTHERS)
            first = zlib.crc32(label.encode(errors="surrogatepass")) % len(_OTHERS)
            colour = next(other for other in _OTHERS[first:] + _OTHERS[:first] if other in free)
            free.remove(colour)
        colours[label] = colour
    return colours
