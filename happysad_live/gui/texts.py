"""Sentences that the window makes from what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad_live.core.label_text import face_text
from happysad_live.core.types import FrameResult
from happysad_live.gui.clips.texts import clock

if TYPE_CHECKING:
    from happysad_live.recording.recorder import RecorderStatus

RED_DOT = '<span style="color: #ff6259">●</span>'

ABOUT = (
    "<h3>HappySad Live</h3>"
    "<p>Looks through the camera, finds every face and says happy or sad for each one as it happens.</p>"
    "<p>It sees expressions, not feelings, and it can be wrong.</p>"
    "<p>Everything stays on this machine: no picture and no label leaves it, "
    "and nothing is stored unless you record.</p>"
    "<p>Free software under the GNU General Public License, version 3 or later.</p>"
)


def describe_faces(result: FrameResult | None) -> str:
    """What is seen; nothing while there are no labels."""
    if result is None or not result.labels:
        return ""
    if not result.faces:
        return "No face in the picture"
    count = len(result.faces)
    texts = ", ".join(face_text(face) for face in result.faces)
    return f"{count} face{'s' if count > 1 else ''}: {texts}"


def literal(text: str) -> str:
    """Text for a button or an action as it stands: Qt would take an “&” for the mark of a shortcut."""
    return text.replace("&", "&&")


def describe_recording(on: bool, status: RecorderStatus | None) -> str:
    """Time and size of the clip that is being recorded, as rich text; nothing when none is."""
    if not on:
        return ""
    if status is None or not status.length_s:
        return f"{RED_DOT} waiting for labels"
    lost = f" &nbsp; {status.dropped} lost" if status.dropped else ""
    return f"{RED_DOT} {clock(status.length_s)} &nbsp; {status.size_bytes / 1e6:.1f} MB{lost}"
