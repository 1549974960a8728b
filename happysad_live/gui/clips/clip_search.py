"""Which clips the panel's search finds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from happysad_live.core.types import NO_FACE
from happysad_live.gui.clips.texts import SLIGHT_SHARE, describe_date, own_labels
from happysad_live.recording.library import Clip
from happysad_live.recording.stems import is_dated_stem

OWN_LABEL, NO_OWN_LABEL = "my:{}", "my:none"
"""The words that find the clips to which the user has given this label, or none."""


def is_found(clip: Clip, words: Sequence[str]) -> bool:
    """Whether every word is part of the clip's name, date, source, labels or note.

    words: casefolded. In a date, and in a name that is one, a number must be whole: the 7 of "7 nov" is not
    the 7 of "07:12".
    """
    dates, others = [describe_date(clip)], _words_without_date(clip)
    (dates if is_dated_stem(clip.stem) else others).append(clip.stem)
    date, other = ("\n".join(texts).casefold() for texts in (dates, others))
    if not clip.info.own_labels:
        words = [word for word in words if word != NO_OWN_LABEL]
    numbers = {*re.findall(r"\d+", date), f"{clip.recorded_at.day:02}"}
    return all(word in other or word in (numbers if word.isdecimal() else date) for word in words)


def _words_without_date(clip: Clip) -> list[str]:
    info = clip.info
    seen = [label for label, part in info.share.items() if part >= SLIGHT_SHARE and label != NO_FACE]
    return [info.source, *seen, *map(OWN_LABEL.format, own_labels(info)), info.note]
