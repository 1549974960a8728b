"""A clip's timeline: each face's labels as stretches of time, and the user's own laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from happysad_live.core.shown_face import identity_key, shown_label
from happysad_live.core.types import Box
from happysad_live.errors import RecordingError
from happysad_live.recording.clip_info import ClipInfo, OwnLabel
from happysad_live.recording.label_lines import FrameLabels


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames in a row in which a face keeps its label, from ``start_s`` up to ``end_s``.

    confidence: mean over the frames. own: whether the label is the user's.
    """

    start_s: float
    end_s: float
    track: int | None
    label: str
    confidence: float
    own: bool = False


def with_own_labels(frame: FrameLabels, info: ClipInfo) -> FrameLabels:
    """A label line with the user's own labels filled in."""
    own_labels = [info.own_label_at(frame.time_s, face.track) for face in frame.faces]
    if all(own == face.own for own, face in zip(own_labels, frame.faces, strict=True)):
        return frame
    faces = (replace(face, own=own) for own, face in zip(own_labels, frame.faces, strict=True))
    return replace(frame, faces=tuple(faces))


def label_stretches(frames: Sequence[FrameLabels], length_s: float) -> list[Stretch]:
    """Each face's stretches, by begin, then by face; a face that was away begins a new one.

    length_s: when the last frame ends. The user's own labels count where ``with_own_labels`` filled
    them in.
    """
    ends = [*(frame.time_s for frame in frames[1:]), length_s]
    open_stretches: dict[int | Box, tuple[Stretch, int]] = {}
    done: list[Stretch] = []
    for frame, end_s in zip(frames, ends, strict=False):
        current: dict[int | Box, tuple[Stretch, int]] = {}
        for face in frame.faces:
            key = identity_key(face)
            label, own = shown_label(face)
            before, count = open_stretches.get(key, (None, 0))
            if before is not None and (before.label, before.own) == (label, own):
                del open_stretches[key]
                mean = (before.confidence * count + face.confidence) / (count + 1)
                current[key] = (replace(before, end_s=end_s, confidence=mean), count + 1)
            else:
                current[key] = (
                    Stretch(frame.time_s, end_s, face.track, label, face.confidence, own),
                    1,
                )
        done += [stretch for stretch, _ in open_stretches.values()]
        open_stretches = current
    done += [stretch for stretch, _ in open_stretches.values()]
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
