"""A clip with its label lines, as the player needs them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from happysad_live.core.types import FrameResult
from happysad_live.recording.export import replay_result, without_drawn
from happysad_live.recording.label_lines import FrameLabels
from happysad_live.recording.library import Clip, clip_frames
from happysad_live.recording.playback import SAME_FRAME_S, Picture
from happysad_live.recording.stretches import Stretch, label_stretches


@dataclass(frozen=True, slots=True)
class ClipTimeline:
    """A clip, frame by frame.

    frames: the label lines with the user's own labels. times_s: when each frame begins, as the label
    lines say; without them, evenly over the clip's length. stretches: for each face.
    """

    clip: Clip
    frames: tuple[FrameLabels, ...]
    times_s: tuple[float, ...]
    stretches: tuple[Stretch, ...]

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
        return self.times_s[number] if number < len(self.times_s) else self.length_s

    def result(self, picture: Picture) -> FrameResult:
        """A picture with its labels, to be drawn.

        Where labels are drawn into the clip's picture already, only faces whose label the user has
        corrected get a new one.
        """
        frame = without_drawn(self._line(picture), self.clip.info)
        return replay_result(picture.image, frame, self.clip.info.labels)

    def _line(self, picture: Picture) -> FrameLabels:
        if not self.frames:
            return FrameLabels(0, picture.time_s, ())
        return self.frames[self.number_at(picture.time_s)]


def load_timeline(clip: Clip) -> ClipTimeline:
    """Read a clip's label lines, which takes its time with a long clip.

    Where they are missing or damaged, the timeline has no faces.
    """
    frames = tuple(clip_frames(clip))
    stretches = tuple(label_stretches(frames, clip.info.length_s))
    times_s = tuple(frame.time_s for frame in frames) or _even_times_s(clip)
    return ClipTimeline(clip, frames, times_s, stretches)


def _even_times_s(clip: Clip) -> tuple[float, ...]:
    count = clip.info.frames
    return tuple(number * clip.info.length_s / count for number in range(count))
