"""Sentences about clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from happysad_live.core.clock_text import clock
from happysad_live.core.counts import counted, percent_of_some
from happysad_live.core.sentences import listed
from happysad_live.core.types import NO_FACE
from happysad_live.recording.clip_info import COMPLETE, ClipInfo, OwnLabel
from happysad_live.recording.library import Clip
from happysad_live.recording.recovery import Leftover
from happysad_live.recording.stems import is_dated_stem

NO_CLIPS = "No clips here yet"
NO_CLIPS_HINT = "Press R to record what you see, and again to stop. Clips stay on this machine."
NONE_FOUND = "No clip matches"
NONE_FOUND_HINT = "Press Esc to list all of them again."

NOT_LABELLED = (
    "No face in this video has been labelled yet: open it in the main window and record what you see."
)
NOT_CLEAN = "Labels are drawn into this clip's picture, so training leaves it out."
UNKNOWN_CLEAN = (
    "It is not known whether labels are drawn into this clip's picture, so training leaves it out."
)
PARTLY_CLEAN = "Labels are drawn into this clip's picture up to {}: training uses what comes after."
WAY_TO_CLEAN = "A recording is clean from your label on: best give it before you record."

SLIGHT_SHARE = 0.005
"""A label that was seen for no larger share of the time is not mentioned."""

NAMES_SHOWN = 5
"""How many clips or files a sentence names; the others are counted."""

MAX_CHARS_IN_SENTENCE = 48
"""How many characters of a name a sentence shows."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def describe_date(clip: Clip) -> str:
    """When a clip was recorded: ``22 Nov 2026, 16:05``."""
    when = clip.recorded_at
    # Not by strftime, which would name the month in the system's language.
    return f"{when.day} {MONTHS[when.month - 1]} {when:%Y, %H:%M}"


def _describe_when(clip: Clip) -> str:
    """When a clip was recorded, and how long it is: ``22 Nov 2026, 16:05 · 0:20``."""
    return f"{describe_date(clip)} · {clock(clip.info.length_s)}"


def describe_in_row(clip: Clip) -> str:
    """What stands under a clip's name: its date and length; where the name is a date, its source instead."""
    if is_dated_stem(clip.stem) and clip.info.source not in ("", clip.stem):
        return f"{clip.info.source} · {clock(clip.info.length_s)}"
    return _describe_when(clip)


def own_label_names(info: ClipInfo) -> list[str]:
    """The names of the user's own labels, each once, in the order given."""
    return list(dict.fromkeys(own.label for own in info.own_labels))


def has_partial_labels(info: ClipInfo) -> bool:
    """Whether the user has labelled a part of the clip, or one of its faces."""
    return any(_is_partial(own, info) for own in info.own_labels)


def is_for_parts(label: str, info: ClipInfo) -> bool:
    """Whether one of the user's own labels is given to nothing but parts of the clip, or single faces."""
    return all(_is_partial(own, info) for own in info.own_labels if own.label == label)


def _is_partial(own: OwnLabel, info: ClipInfo) -> bool:
    return own.start_s > 0 or own.end_within(info.length_s) < info.length_s or own.track is not None


def shared_labels(infos: Sequence[ClipInfo]) -> list[str]:
    """The labels that every one of these clips can have, in the order of the first."""
    return [label for label in infos[0].labels if all(label in info.labels for info in infos)]


def describe_labelled(clips: Sequence[Clip], label: str | None) -> str:
    """That clips have been given a label for the whole; None: that their labels have been removed."""
    what, verb = f"{len(clips)} clips", "are" if label else "have"
    if len(clips) == 1:
        what, verb = quoted_names([clips[0].stem]), "is" if label else "has"
    return f"{what} {verb} {f'labelled {label}' if label else 'no label of yours'} now."


def describe_clean(info: ClipInfo) -> str:
    """Why training does not use all of a clip; empty where it does, or where no label can be given."""
    if info.clean or not info.labels:
        return ""
    if info.clean_from_s is not None:
        return PARTLY_CLEAN.format(clock(info.clean_from_s))
    return NOT_CLEAN if info.recorded_at else UNKNOWN_CLEAN  # its description was lost


def describe_unclean(infos: Sequence[ClipInfo]) -> str:
    """Why training does not use all of these clips, and how it would; empty where it does."""
    whys = list(filter(None, map(describe_clean, infos)))
    if not whys:
        return ""
    if len(infos) == 1:
        return f"{whys[0]} {WAY_TO_CLEAN}"
    which, them = f"{len(whys)} of these {len(infos)} clips", "it" if len(whys) == 1 else "those"
    if len(whys) == len(infos):
        which, them = "both clips" if len(infos) == 2 else f"all {len(infos)} clips", "them"
    drawn = "may be" if UNKNOWN_CLEAN in whys else "are"
    use = f"nothing can be learnt from {them}"
    if any(info.clean_from_s for info in infos):
        use = "only the pictures without them can be learnt from"
    return f"Labels {drawn} drawn into {which}, so {use}. {WAY_TO_CLEAN}"


def describe_clip(clip: Clip) -> str:
    """Everything that is known of a clip, line by line."""
    info = clip.info
    pictures = counted(info.frames, "picture")
    size = f"{info.width} × {info.height}, {pictures}, {clip.size_bytes / 1e6:.1f} MB"
    lines = [clip.stem, _describe_when(clip), size]
    lines += filter(None, [describe_share(info.share)])
    if info.source:
        lines.append(f"From {info.source}, labelled by {info.model or 'no model'}")
    if names := own_label_names(info):
        told = (f"{name} (in part)" if is_for_parts(name, info) else name for name in names)
        lines.append(f"Your labels: {', '.join(told)}")
    if info.note:
        lines.append(f"Note: {info.note}")
    if info.dropped:
        lines.append(f"{counted(info.dropped, 'picture')} lost while recording")
    if info.ended != COMPLETE:
        lines.append(info.ended)
    return "\n".join(lines)


def describe_share(share: Mapping[str, float]) -> str:
    """Each label's share of the time with a face, and after them the share of time without any."""
    told = {label: part for label, part in share.items() if part > SLIGHT_SHARE}
    nobody = told.pop(NO_FACE, None)
    alone = len(told) == 1
    sentences = [", ".join(f"{label} {percent_of_some(part, is_all=alone)}" for label, part in told.items())]
    if nobody is not None:
        sentences.append(f"{NO_FACE} {percent_of_some(nobody, is_all=not told)} of the time")
    return "; ".join(filter(None, sentences))


def share_bar(share: dict[str, float]) -> list[tuple[str, float]]:
    """Each label's part of a bar of length 1, which stays empty for the time without a face."""
    seen = 1.0 - share.get(NO_FACE, 0.0)
    return [(label, part * seen) for label, part in share.items() if label != NO_FACE]


def short_name(stem: str) -> str:
    """A name as sentences show it: a long one without its middle."""
    if len(stem) <= MAX_CHARS_IN_SENTENCE:
        return stem
    half = MAX_CHARS_IN_SENTENCE // 2
    return f"{stem[:half].rstrip()}…{stem[-half:].lstrip()}"


def quoted_names(names: Sequence[str]) -> str:
    """Several clips or files by their names: ``“a”, “b” and “c”``; of many the first ones."""
    shown = [f"“{short_name(name)}”" for name in names]
    if len(names) > NAMES_SHOWN:
        shown[NAMES_SHOWN:] = [f"{len(names) - NAMES_SHOWN} more"]
    return listed(shown)


def describe_problems(problems: Mapping[str, str], count: int) -> str:
    """What went wrong with some of ``count`` clips. problems: why, by the clip's name."""
    why = next(iter(problems.values()))
    if count == 1:
        return why
    return f"This did not work for {len(problems)} of {count} clips ({quoted_names(list(problems))}): {why}"


def describe_leftovers(leftovers: Sequence[Leftover]) -> str:
    """What a crash has left of recordings, in a sentence."""
    size = f"{max(sum(leftover.size_bytes for leftover in leftovers) / 1e6, 0.1):.1f} MB"
    if len(leftovers) == 1:
        return f"The recording {leftovers[0].stem} was cut off before it was complete ({size})."
    return f"{len(leftovers)} recordings were cut off before they were complete ({size})."
