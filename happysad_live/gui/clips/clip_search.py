"""Which clips the panel's search finds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from happysad_live.core.folded_text import folded
from happysad_live.core.types import NO_FACE
from happysad_live.gui.clips.texts import SLIGHT_SHARE, describe_date, own_label_names
from happysad_live.recording.library import Clip

OWN_LABEL, NO_OWN_LABEL = "my:{}", "my:none"
"""The words that find the clips to which the user has given this label, or none."""


def search_words(text: str) -> list[str]:
    """The words of what the user has typed, as ``is_found`` takes them."""
    return folded(text).split()  # a name from a Mac may spell “ë” in two characters


def is_found(clip: Clip, words: Sequence[str]) -> bool:
    """Whether every word is part of the clip's name, date, source, labels or note.

    words: those of ``search_words``. A number of one or two digits, as of a day, must be whole: the 7 of
    "7 nov" is neither the 7 of "07:12" nor that of a camera called "C270".
    """
    text = folded("\n".join([clip.stem, describe_date(clip), *_facts(clip)]))
    numbers = {*re.findall(r"\d+", text), f"{clip.recorded_at.day:02}"}
    if not clip.info.own_labels:
        words = [word for word in words if word != NO_OWN_LABEL]
    return all(word in (numbers if word.isdecimal() and len(word) <= 2 else text) for word in words)


def _facts(clip: Clip) -> list[str]:
    info = clip.info
    seen = [label for label, part in info.share.items() if part > SLIGHT_SHARE and label != NO_FACE]
    return [info.source, *seen, *map(OWN_LABEL.format, own_label_names(info)), info.note]
