"""Subtitle cues: consecutive frames with the same labels become one line of text with a begin and an end."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass

from happysad_live.core.label_text import face_name, label_text, own_label_text
from happysad_live.core.shown_face import ShownFace, identity_key, shown_label
from happysad_live.core.types import Box
from happysad_live.recording.frame_gap import FrameGap


@dataclass(frozen=True, slots=True)
class Cue:
    """Text shown from ``start_s`` up to ``end_s``, one line a face."""

    start_s: float
    end_s: float
    text: str


@dataclass(slots=True)
class _Stretch:
    """Frames in a row whose faces keep their labels."""

    start_s: float
    key: tuple[tuple[int | Box, int | None, str, bool], ...]
    confidence_sums: list[float]
    frames: int = 1

    def cue(self, end_s: float) -> Cue:
        lines = [
            f"{face_name(track)}: "
            + (own_label_text(label) if own else label_text(label, total / self.frames))
            for (_, track, label, own), total in zip(self.key, self.confidence_sums, strict=True)
        ]
        return Cue(self.start_s, end_s, "\n".join(lines))


class CueBuilder:
    """Turns frames, one after the other, into cues; a confidence is the mean over the cue's frames."""

    def __init__(self, frame_rate: float | None = None) -> None:
        """frame_rate: roughly how many frames a second will come; a single frame's length depends on it."""
        self._gap = FrameGap(frame_rate)
        self._stretch: _Stretch | None = None
        self._last_s: float | None = None
        self._duration_s: float | None = None

    @property
    def last_frame_s(self) -> float:
        """How long the last frame stays, in seconds, as far as one can tell."""
        return self._gap.seconds if self._duration_s is None else self._duration_s

    def add(self, time_s: float, faces: Iterable[ShownFace], duration_s: float | None = None) -> list[Cue]:
        """Take the next frame; returns the cue that ended with it, or none.

        duration_s: how long it is shown, where that is known; a later frame ends it all the same.
        """
        if self._last_s is not None:
            time_s = max(time_s, self._last_s)
            if time_s > self._last_s:
                self._gap.add(time_s - self._last_s)
        self._last_s, self._duration_s = time_s, duration_s
        ordered = sorted(faces, key=lambda face: face.track or 0)
        key = tuple((identity_key(face), face.track, *shown_label(face)) for face in ordered)
        if self._stretch is not None and self._stretch.key == key:
            self._stretch.frames += 1
            for place, face in enumerate(ordered):
                self._stretch.confidence_sums[place] += face.confidence
            return []
        ended = [self._stretch.cue(time_s)] if self._stretch is not None else []
        self._stretch = _Stretch(time_s, key, [face.confidence for face in ordered]) if key else None
        return ended

    def hold_last_frame(self, duration_s: float) -> None:
        """Say how long the last frame is shown, as ``add`` may."""
        self._duration_s = duration_s

    def finish(self) -> list[Cue]:
        """The cue that is still open, or none; it ends when the last frame does."""
        stretch, self._stretch = self._stretch, None
        if stretch is None or self._last_s is None:
            return []
        return [stretch.cue(self._last_s + self.last_frame_s)]


def _vtt_time(time_ms: int) -> str:
    """``hh:mm:ss.mmm``, hours with as many digits as they need."""
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}"


def vtt_cue(cue: Cue) -> str:
    """A cue as WebVTT text, with the blank line that ends it."""
    start_ms = max(round(cue.start_s * 1000), 0)
    end_ms = max(round(cue.end_s * 1000), start_ms + 1)  # WebVTT wants the end after the beginning
    return f"{_vtt_time(start_ms)} --> {_vtt_time(end_ms)}\n{html.escape(cue.text, quote=False)}\n\n"


def is_of_labels(vtt: str) -> bool:
    """Whether WebVTT text holds nothing but labels of faces, as this program writes them."""
    lines = (line for line in vtt.splitlines() if line and " --> " not in line)
    return next(lines, None) == "WEBVTT" and all(re.match(r"Face( \d+)?: ", line) for line in lines)
