"""A clip's timeline: each face's labels as stretches of time, and the user's own laid over them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from happysad_live.core.shown_face import identity_key, shown_label
from happysad_live.core.types import Box
from happysad_live.errors import RecordingError
from happysad_live.recording.clip_info import ClipInfo, OwnLabel
from happysad_live.recording.label_lines import FrameLabels


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames in a row in which a face keeps its label, from ``start_s`` up to ``end_s``.

    track: the face's number; None for a face without one. own: whether the label is the user's.
    """

    start_s: float
    end_s: float
    track: int | None
    label: str
    own: bool


def with_own_labels(lines: Iterable[FrameLabels], info: ClipInfo) -> Iterator[FrameLabels]:
    """Label lines, one by one, with the user's own labels filled in."""
    edges = sorted({edge for own in info.own_labels for edge in (own.start_s, own.end_s) if edge is not None})
    # Of a clip's own labels, perhaps hundreds, few hold between one edge and the next.
    between: dict[int, ClipInfo] = {}
    for line in lines:
        place = bisect_right(edges, line.time_s)
        if place not in between:
            holding = tuple(own for own in info.own_labels if own.covers(line.time_s, own.track))
            between[place] = replace(info, own_labels=holding)
        yield _with_own(line, between[place])


def _with_own(line: FrameLabels, info: ClipInfo) -> FrameLabels:
    own_labels = [info.own_label_at(line.time_s, face.track) for face in line.faces]
    if all(own == face.own for own, face in zip(own_labels, line.faces, strict=True)):
        return line
    faces = (replace(face, own=own) for own, face in zip(own_labels, line.faces, strict=True))
    return replace(line, faces=tuple(faces))


def label_stretches(lines: Iterable[FrameLabels], length_s: float) -> list[Stretch]:
    """Each face's stretches, by begin, then by face; a face that was away begins a new one.

    length_s: when the last frame ends. The user's own labels count where ``with_own_labels`` filled
    them in.
    """
    unended: dict[int | Box, Stretch] = {}
    done: list[Stretch] = []
    for line in lines:
        current: dict[int | Box, Stretch] = {}
        for face in line.faces:
            key = identity_key(face)
            label, own = shown_label(face)
            stretch = unended.get(key)
            if stretch is not None and (stretch.label, stretch.own) == (label, own):
                del unended[key]
            else:
                stretch = Stretch(line.time_s, length_s, face.track, label, own)
            current[key] = stretch
        done += [replace(stretch, end_s=line.time_s) for stretch in unended.values()]
        unended = current
    done += unended.values()
    return sorted(done, key=lambda stretch: (stretch.start_s, stretch.track or 0))


def is_trainable(info: ClipInfo) -> bool:
    """Whether training may use some of a clip: an own label holds somewhere where the picture is clean."""
    return any(
        info.clean_from_s is not None and max(own.start_s, info.clean_from_s) < own.end_within(info.length_s)
        for own in info.own_labels
    )


def add_own_label(info: ClipInfo, own: OwnLabel) -> ClipInfo:
    """The description with one more own label, which holds where it overlaps earlier ones.

    Raises RecordingError for a stretch that begins before 0, or does not end after it begins.
    """
    if own.start_s < 0 or (own.end_s is not None and own.end_s <= own.start_s):
        raise RecordingError("A labelled stretch has to end after it begins.")
    kept = clear_own_labels(info, own.start_s, own.end_s, own.track).own_labels
    return replace(info, own_labels=(*kept, own))  # the last one holds: see ClipInfo


def clear_own_labels(info: ClipInfo, start_s: float, end_s: float | None, track: int | None) -> ClipInfo:
    """The description without own labels of that face (None: of any) from ``start_s`` up to ``end_s``."""
    gap = OwnLabel(start_s, end_s, "", track)
    kept = [rest for old in info.own_labels for rest in _without(old, gap, info.length_s)]
    return replace(info, own_labels=tuple(kept))


def _without(old: OwnLabel, new: OwnLabel, length_s: float) -> list[OwnLabel]:
    """What is left of an own label beside a new one of the same face or of all."""
    if new.track is not None and old.track != new.track:
        return [old]
    old_end_s = max(length_s, old.start_s) if old.end_s is None else old.end_s
    new_end_s = float("inf") if new.end_s is None else new.end_s
    if new_end_s <= old.start_s or new.start_s >= old_end_s:
        return [old]
    rest = []
    if old.start_s < new.start_s:
        rest.append(replace(old, end_s=new.start_s))
    if new_end_s < old_end_s:
        rest.append(replace(old, start_s=new_end_s))
    return rest
