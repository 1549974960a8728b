"""Where a clip's label lines end: perhaps before its video does.

``analyze --seconds`` and Ctrl-C leave lines of a film's beginning only, and a file may be cut off.
"""

from __future__ import annotations

from collections.abc import Sequence

from happysad_live.recording.label_lines import FrameLabels

MAX_FRAMES = 1_000_000
"""The most frames without a label line that a clip is taken to have (nine hours at 30 frames a second):
somebody may have written any number into its description. Where it says more, they are further apart."""


def frames_held(before_last: FrameLabels | None, last: FrameLabels) -> int:
    """For how many frames the last line holds: as many as the one before it, as ``analyze --every`` has it.

    before_last: None where there is only one line.
    """
    return 1 if before_last is None else max(last.index - before_last.index, 1)


def rest_without_lines(last: FrameLabels, held: int, frames: int, length_s: float) -> tuple[int, float]:
    """How many of a video's frames come after those of its last label line, and when they begin, in seconds.

    held: see ``frames_held``. frames, length_s: of the video.

    From the last line on, frames are taken to follow each other evenly. Without a rest it begins at the
    video's end.
    """
    missing = max(frames - last.index - held, 0)
    rest_s = max(length_s - last.time_s, 0.0)
    return missing, last.time_s + rest_s * held / (held + missing)


def lines_without_faces(lines: Sequence[FrameLabels], frames: int, length_s: float) -> list[FrameLabels]:
    """Lines for the frames of a video that come after those of its label lines; none where it has no lines.

    lines: in order. frames, length_s: of the video.
    """
    if not lines:
        return []
    held = frames_held(lines[-2] if len(lines) > 1 else None, lines[-1])
    missing, start_s = rest_without_lines(lines[-1], held, frames, length_s)
    first, missing = frames - missing, min(missing, MAX_FRAMES)
    step_s = max(length_s - start_s, 0.0) / max(missing, 1)  # somebody may have edited the length
    return [FrameLabels(first + ahead, start_s + ahead * step_s, ()) for ahead in range(missing)]
