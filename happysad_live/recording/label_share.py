"""For what part of a clip each label is seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from happysad_live.core.types import NO_FACE
from happysad_live.recording.clip_info import ClipInfo
from happysad_live.recording.label_lines import FrameLabels, round_probabilities
from happysad_live.recording.line_end import frames_held, rest_without_lines


class LabelShare:
    """Adds up, line by line, for how long each label is seen. frames: of how many frames lines have come."""

    def __init__(self, lines: Iterable[FrameLabels] = ()) -> None:
        self.frames = 0
        self._seconds: dict[str, float] = defaultdict(float)
        self._empty_s = 0.0
        self._last: FrameLabels | None = None
        self._held = 1
        """For how many frames the last line holds."""
        for line in lines:
            self.add(line)

    def add(self, line: FrameLabels) -> None:
        self._end_last(line.time_s)
        self._held = frames_held(self._last, line)
        self._last = line
        self.frames += 1

    def describe(self, info: ClipInfo, frames: int, length_s: float) -> ClipInfo:
        """Called at the end: the description with the video's number of frames, length and shares.

        The share without a face is one of the time that has label lines.
        """
        labelled_s = length_s
        if self._last is not None:
            _, labelled_s = rest_without_lines(self._last, self._held, frames, length_s)
        self._end_last(labelled_s)
        self._last = None
        total_s = sum(self._seconds.values())
        longest_first = sorted(self._seconds.items(), key=lambda item: (-item[1], item[0]))
        parts = round_probabilities(np.array([part_s for _, part_s in longest_first]) / (total_s or 1.0))
        share = {label: part for (label, _), part in zip(longest_first, parts, strict=True) if total_s > 0}
        if labelled_s > 0:
            share[NO_FACE] = round(min(self._empty_s / labelled_s, 1.0), 4)
        return replace(info, frames=frames, length_s=round(length_s, 6), share=share)

    def _end_last(self, end_s: float) -> None:
        if self._last is None:
            return
        lasts_s = max(end_s - self._last.time_s, 0.0)
        self._empty_s += 0.0 if self._last.faces else lasts_s
        for face in self._last.faces:
            self._seconds[face.label] += lasts_s
