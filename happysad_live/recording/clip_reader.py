"""Reading a clip's pictures for playing and scrubbing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core.clock_text import clock
from happysad_live.errors import RecordingError
from happysad_live.paths import is_there
from happysad_live.recording.clip_info import SAME_FRAME_S
from happysad_live.recording.mp4 import open_mp4, stream_begins_s, unplayable
from happysad_live.video_frames import DisplayParameters, RgbConverter, is_too_large

_READ_ON_S = 1.0
"""A time that is ahead by no more than this is reached by decoding on; any other by a jump to a key frame."""

_BACK_S = (0.0, 2.0, 8.0, 30.0)
"""How far before a time to look for a frame to read on from; if there is none, it is the film's first."""

_MAX_PICTURE_S = 10.0
"""The longest time for which a picture counts as shown, whatever the file says."""


@dataclass(frozen=True, slots=True)
class ClipPicture:
    """A frame of a clip. image: (H, W, 3) uint8 RGB. time_s, end_s: when it begins and ends, in the clip."""

    time_s: float
    image: np.ndarray
    end_s: float


class ClipReader:
    """Pictures of a video, one after another or from any time on. Belongs to one thread."""

    def __init__(self, video: Path) -> None:
        """Open a video. Raises RecordingError where it cannot be played."""
        import av

        self._video = video
        self._shown: Any = None
        self._ahead: Any = None
        self._rgb = RgbConverter()
        self._reached_s: float | None = None
        """Up to where pictures could be decoded, or were sought; None before the first one."""
        self._failures = (av.FFmpegError, OSError, IndexError, ValueError)
        try:
            self._container: Any = open_mp4(video)
        except self._failures as error:
            raise self._unplayable(error) from error
        try:
            self._stream = self._container.streams.video[0]
        except IndexError as error:
            self._container.close()
            raise self._unplayable() from error
        if is_too_large(self._stream):
            self._container.close()
            raise self._unplayable()
        self._begins_s = stream_begins_s(self._stream)
        self._frames: Iterator[Any] = self._container.decode(self._stream)

    def read(self) -> ClipPicture | None:
        """The next picture; None at the end. Raises RecordingError for a damaged video.

        Read again after that, it gives the first picture behind the damage, if there is one.
        """
        frame = self._next()
        return None if frame is None else self._picture(frame)

    def seek(self, time_s: float) -> ClipPicture | None:
        """The picture that is shown at a time; the first or last one outside the clip's length.

        None for a video without any. Raises RecordingError for a damaged video.
        """
        time_s += SAME_FRAME_S
        shown = self._shown
        if shown is None or not 0 <= time_s - self._time_s(shown) <= _READ_ON_S:
            shown = self._from_before(time_s)
        while shown is not None:
            following = self._next()
            if following is None or self._time_s(following) > time_s:
                self._ahead = following
                break
            shown = following
        return None if shown is None else self._picture(shown)

    def close(self) -> None:
        """Let go of the file; twice is harmless."""
        self._container.close()

    def __enter__(self) -> ClipReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _from_before(self, time_s: float) -> Any:
        """A frame at or before a time, from which to read on; the first one for a time before it, else None.

        FFmpeg goes to times of decoding: in a film whose pictures are not decoded in the order in which they
        are shown, that may be too late.
        """
        for back_s in (*_BACK_S, math.inf):
            self._jump(time_s - back_s)
            shown = self._next()
            if shown is None or self._time_s(shown) <= time_s or back_s >= time_s:
                break
        return shown

    def _jump(self, time_s: float) -> None:
        """Go to the key frame at or before a time, as far as FFmpeg can tell."""
        try:
            place = round((self._begins_s + max(time_s, 0.0)) / self._stream.time_base)
            self._container.seek(place, stream=self._stream, backward=True)
        except self._failures as error:
            raise self._unplayable() from error
        self._frames = self._container.decode(self._stream)
        self._ahead = None
        if self._reached_s is not None:
            self._reached_s = max(time_s, 0.0)

    def _next(self) -> Any:
        if self._ahead is not None:
            frame, self._ahead = self._ahead, None
            return frame
        try:
            frame = next(self._frames, None)
        except MemoryError:
            raise  # the film is not damaged
        except self._failures as error:
            self._shown = None
            self._frames = self._behind_damage()
            raise self._unplayable() from error
        if frame is not None:
            self._reached_s = self._time_s(frame)
        return frame

    def _behind_damage(self) -> Iterator[Any]:
        """Frames from the next packet on that can be decoded, up to another one that cannot."""
        import av

        is_behind = False
        for packet in self._container.demux(self._stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if is_behind:
                    raise
                continue
            is_behind |= bool(frames)
            yield from frames

    def _picture(self, frame: Any) -> ClipPicture:
        self._shown, time_s = frame, self._time_s(frame)
        duration_s = min(float((frame.duration or 0) * frame.time_base), _MAX_PICTURE_S)
        try:
            image = self._rgb(frame, DisplayParameters.of(self._stream))
        except MemoryError:
            raise
        except self._failures as error:
            raise self._unplayable() from error
        return ClipPicture(time_s, image, time_s + duration_s)

    def _unplayable(self, error: Exception | None = None) -> RecordingError:
        if not is_there(self._video):
            return RecordingError(f"{self._video} is no longer there.")
        if self._reached_s is not None:
            return RecordingError(f"{self._video.name} is damaged from {clock(self._reached_s)} on.")
        return unplayable(self._video, error)

    def _time_s(self, frame: Any) -> float:
        return float(frame.pts * frame.time_base) - self._begins_s
