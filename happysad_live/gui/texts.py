"""Sentences that the window makes from what it sees."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Sequence

from happysad_live import __version__
from happysad_live.core.clock_text import clock
from happysad_live.core.counts import counted
from happysad_live.core.label_text import face_text
from happysad_live.core.shown_face import from_left_to_right, shown_label
from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.widgets.qt_text import breakable
from happysad_live.recording.recorder import RecorderStatus
from happysad_live.sources import SourceInfo

RED_DOT = '<span style="color: #ff6259">●</span>'

ABOUT = (
    f"<h3>HappySad Live {__version__}</h3>"
    "<p>Looks through the camera, finds every face and says happy, sad or neutral "
    "for each one as it happens.</p>"
    "<p>It sees expressions, not feelings, and it can be wrong.</p>"
    "<p>Everything stays on this machine: no picture and no label leaves it, "
    "and none is kept unless you record or save it.</p>"
    "<p>Free software under the GNU General Public License, version 3 or later.</p>"
)


MAX_FACES_NAMED = 4
"""How many faces are named one by one: the window has no room for more."""

_SAME_S = 0.002
"""Times that differ by less are the same: those of a file's frames and its length are rounded differently."""


def describe_position(info: SourceInfo, frame: Frame) -> str:
    """Where in its source a frame is: ``0:12 / 1:03`` in a video, ``3 of 8`` in a folder; else nothing."""
    if info.length_s is None:
        return ""
    if info.kind == "images":
        return position_text(info, frame.position_s)
    # What a file declares may be a little less than what it holds.
    length_s = max(info.length_s, frame.position_s)
    ends_s = frame.position_s + (1 / info.frame_rate if info.frame_rate else 0.0)
    # The last picture is the end, and not a frame before it.
    position_s = length_s if ends_s > length_s - _SAME_S else frame.position_s
    return f"{clock(position_s)} / {clock(length_s)}"


def describe_incomplete(info: SourceInfo, skipped: Sequence[str]) -> str:
    """Says that part of a source cannot be read. skipped: which files of a folder."""
    if len(skipped) > 1:
        return f"{len(skipped)} files cannot be read and are skipped; the first is {skipped[0]}."
    if skipped:
        return f"{skipped[0]} cannot be read and is skipped."
    return f"Not all of “{info.name}” can be read: it is damaged or cut off."


def position_text(info: SourceInfo, position_s: float) -> str:
    """A position in a source: a time in a video, ``3 of 8`` in a folder."""
    if info.kind == "images" and info.frame_rate:
        return f"{int(position_s * info.frame_rate) + 1} of {info.frame_count}"
    return clock(position_s)


def describe_faces(result: FrameResult | None, *, mirrored: bool = False) -> str:
    """What is seen: each face, or of a crowd how many have each label. Nothing while there are no labels.

    mirrored: whether the picture is shown turned left to right.
    """
    if result is None or not result.labels:
        return ""
    if not result.faces:
        return "No face in the picture"
    faces = result.faces
    if result.frame.still:
        faces = tuple(from_left_to_right(faces)[:: -1 if mirrored else 1])
    number = counted(len(faces), "face")
    if len(faces) > MAX_FACES_NAMED:
        return f"{number}: {_label_counts(result)}"
    side_by_side = " from left to right" if result.frame.still and len(faces) > 1 else ""
    return f"{number}{side_by_side}: {', '.join(map(face_text, faces))}"


def _label_counts(result: FrameResult) -> str:
    """How many faces have each label: "6 happy, 4 sad"."""
    counts = Counter(shown_label(face)[0] for face in result.faces)
    in_order = dict.fromkeys((*result.labels, *counts))
    return ", ".join(f"{counts[label]} {label}" for label in in_order if counts[label])


def describe_recording(
    on: bool, status: RecorderStatus | None, own_label: str | None, *, playing: bool, paused: bool = False
) -> str:
    """Time and size of the clip that is being recorded, as rich text; nothing when none is.

    own_label: what the user calls the picture, if anything. playing: whether the picture moves; a clip begins
    only then. paused: whether the user holds the picture, and the clip with it.
    """
    if not on:
        return ""
    label = f" &nbsp; my label: {html.escape(breakable(own_label))}" if own_label else ""
    if status is None or not (status.length_s or status.frames):
        return f"{RED_DOT} {'waiting for labels' if playing else 'begins when the picture plays'}{label}"
    lost = f" &nbsp; {counted(status.dropped, 'picture')} lost" if status.dropped else ""
    held = "paused &nbsp; " if paused else ""
    return f"{RED_DOT} {held}{clock(status.length_s)} &nbsp; {status.size_bytes / 1e6:.1f} MB{lost}{label}"
