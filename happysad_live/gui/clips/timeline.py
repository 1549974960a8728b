"""A clip with its label lines, as the player needs them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import takewhile

from happysad_live.core.clock_text import clock
from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError
from happysad_live.paths import is_there
from happysad_live.recording.clip_info import SAME_FRAME_S, ClipInfo
from happysad_live.recording.clip_reader import ClipPicture
from happysad_live.recording.label_lines import FrameLabels
from happysad_live.recording.label_reader import iter_labels
from happysad_live.recording.library import Clip
from happysad_live.recording.line_end import MAX_FRAMES, lines_without_faces
from happysad_live.recording.mp4 import read_times
from happysad_live.recording.packed_lines import PackedLines
from happysad_live.recording.replay import replay_result, without_drawn
from happysad_live.recording.stems import LABELS_SUFFIX
from happysad_live.recording.stretches import Stretch, label_stretches, with_own_labels

SEARCHED_BYTES = 500_000_000
"""Up to this size a video is read through for the times of its pictures, which takes a second or two."""

SLIGHT_END_S = 0.5
"""Label lines that end so little before the clip are not worth a word."""


@dataclass(frozen=True, slots=True)
class ClipTimeline:
    """A clip, frame by frame.

    lines: the label lines as they were recorded.
    times_s: when each frame begins, as the label lines say; without them, as the video does or, where that is
        large or damaged, evenly over its length.
    stretches: for each face, or where none is known, the user's own labels.
    problem: why label lines are missing, a sentence for the user; empty where all could be read or there is
        no file of them.
    """

    clip: Clip
    lines: PackedLines
    times_s: Sequence[float]
    stretches: tuple[Stretch, ...]
    problem: str = ""

    def relabelled(self, clip: Clip) -> ClipTimeline:
        """The same timeline after the user's own labels have changed, as ``clip`` has them now."""
        lines = with_own_labels(self.lines, clip.info)
        stretches = tuple(label_stretches(lines, clip.info.length_s)) or _own_stretches(clip.info)
        return replace(self, clip=clip, stretches=stretches)

    @property
    def length_s(self) -> float:
        return self.clip.info.length_s

    @property
    def tracks(self) -> list[int]:
        """Numbers of the faces that were seen, those seen longest first."""
        seconds: dict[int, float] = {}
        for stretch in self.stretches:
            if stretch.track is not None:
                seconds[stretch.track] = seconds.get(stretch.track, 0.0) + stretch.end_s - stretch.start_s
        return sorted(seconds, key=lambda track: (-seconds[track], track))

    def number_at(self, time_s: float) -> int:
        """Number of the frame that is shown at a time; 0 before the first and for an empty clip."""
        return max(bisect_right(self.times_s, time_s + SAME_FRAME_S) - 1, 0)

    def step(self, time_s: float, frames: int) -> float:
        """Time of the frame that many frames after (below 0: before) the one of a time."""
        if not self.times_s:
            return time_s
        number = min(max(self.number_at(time_s) + frames, 0), len(self.times_s) - 1)
        return self.times_s[number]

    def end_of(self, time_s: float) -> float:
        """When the frame that is shown at a time ends."""
        number = self.number_at(time_s) + 1
        return self.times_s[number] if number < len(self.times_s) else max(self.length_s, time_s)

    def end_before(self, time_s: float) -> float:
        """When the last frame ends that begins before a time."""
        number = bisect_left(self.times_s, time_s - SAME_FRAME_S)
        return self.times_s[number] if number < len(self.times_s) else max(self.length_s, time_s)

    def result(self, picture: ClipPicture) -> FrameResult:
        """A picture with all of its labels."""
        return replay_result(picture.image, self._line(picture), self.clip.info.labels)

    def result_to_draw(self, picture: ClipPicture) -> FrameResult:
        """A picture with the labels that are to be drawn into it.

        Where labels are drawn into the clip's picture already, these are only those of faces whose label the
        user has corrected.
        """
        line = without_drawn(self._line(picture), self.clip.info)
        return replay_result(picture.image, line, self.clip.info.labels)

    def _line(self, picture: ClipPicture) -> FrameLabels:
        if not self.lines:
            return FrameLabels(0, picture.time_s, ())
        [line] = with_own_labels([self.lines[self.number_at(picture.time_s)]], self.clip.info)
        return line


def load_timeline(clip: Clip, still_wanted: Callable[[], bool]) -> ClipTimeline:
    """Read a clip's label lines, which takes its time with a long clip; as far as they are still wanted.

    Where they are missing or damaged, the timeline has no faces; where they end early, none from there on.
    """
    path, problem = clip.path(LABELS_SUFFIX), ""
    lines = PackedLines(clip.info.labels)
    if is_there(path):  # somebody else's video has none
        try:
            lines.extend(takewhile(lambda _: still_wanted(), iter_labels(path)[1]))
        except RecordingError as error:
            lines, problem = PackedLines(()), str(error)
    rest = lines_without_faces(lines, clip.info.frames, clip.info.length_s) if still_wanted() else []
    if rest and clip.info.length_s - rest[0].time_s > SLIGHT_END_S:
        problem = f"{path.name} ends early: there are no labels after {clock(rest[0].time_s, tenths=True)}."
    lines.extend(rest)
    times_s = lines.times_s or (_video_times_s(clip) if still_wanted() else array("d"))
    return ClipTimeline(clip, lines, times_s, (), problem).relabelled(clip)


def _video_times_s(clip: Clip) -> array[float]:
    if clip.size_bytes <= SEARCHED_BYTES:
        with suppress(RecordingError):  # which the reading of its pictures tells
            return array("d", read_times(clip.video).times_s)
    count = min(clip.info.frames, MAX_FRAMES)
    return array("d", (number * clip.info.length_s / count for number in range(count)))


def _own_stretches(info: ClipInfo) -> tuple[Stretch, ...]:
    """The user's own labels, where no face is known that could bear them."""
    return tuple(
        Stretch(own.start_s, own.end_within(info.length_s), None, own.label, own=True)
        for own in info.own_labels
    )
