"""A video file: mp4, mkv, mov, avi, webm, gif and whatever else FFmpeg reads."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from happysad_live.core.types import Frame
from happysad_live.errors import SourceError
from happysad_live.sources import video
from happysad_live.sources.base import Source, SourceInfo, always
from happysad_live.sources.endings import lacks_end
from happysad_live.sources.file_times import FrameTimes
from happysad_live.sources.hdr import StandardRange
from happysad_live.video_frames import pixel_aspect, to_rgb

# Lengths are rounded, and some leave room for what an editor cut away: so much less is no damage.
_COMPLETE_SHARE = 0.95
_LENGTH_TOLERANCE_S = 0.2

# Some formats land behind the time that they are to go to, and a damaged file has nothing there: then the way
# is taken from further and further before it.
_BACK_S = (2.0, 8.0, 30.0, 120.0, 480.0, 1920.0)

logger = logging.getLogger(__name__)


class FileSource(Source):
    """Reads a video file frame by frame, with its own presentation times, from its beginning or a seek on."""

    def __init__(self, path: str | Path) -> None:
        """Raises SourceError when there is no such file, or no picture in it can be read."""
        self._path = Path(path)
        self._lock = threading.Lock()
        self._closed = False
        self._container: Any = None
        self._index = 0
        self._end_s = math.inf  # until it has been reached
        self._times = FrameTimes()
        self._standard_range = StandardRange()
        try:
            frames = self._start()
            ahead = list(islice(frames, 2))
        except BaseException:
            self.close()
            raise
        if not ahead:
            self.close()
            raise SourceError(f"{self._path.name} holds no picture that can be read.")
        self._frames: Iterator[tuple[Any, float]] = chain(ahead, frames)
        height, width = self._picture(ahead[0][0]).shape[:2]
        rate, count = video.declared_rate(self._stream), self._stream.frames or None
        # Most often a GIF that does not move. Fragmented files say 1, and mean a fragment.
        self._still = len(ahead) == 1
        if self._still:
            count = 1
        elif count == 1:
            count = None
        length_s = None if self._still else video.length_s(self._container, self._stream)
        self._info = SourceInfo(
            self._path.name,
            "file",
            width,
            height,
            rate,
            count,
            live=False,
            length_s=length_s,
            begins_s=video.begins_s(self._container, self._times.stamp_s(0.0)),
        )

    @property
    def info(self) -> SourceInfo:
        return self._info

    def read(self) -> Frame | None:
        """The next frame of the file; None at its end."""
        with self._lock:  # PyAV must not be closed while it decodes
            shown = None if self._closed else next(self._frames, None)
            if shown is None:
                self._release()  # the user may want to move the file, or its disk; a seek opens it again
                return None
            decoded, time_s = shown
            image = self._picture(decoded)
            frame = Frame(image, self._index, time_s, time.perf_counter(), still=self._still)
            self._index += 1
            return frame

    def seek(
        self, time_s: float, *, backwards: bool = False, still_wanted: Callable[[], bool] = always
    ) -> None:
        with self._lock:
            self._frames = self._from(min(time_s, self._end_s), still_wanted)

    def close(self) -> None:
        self._closed = True  # at once: seeking may take a while
        with self._lock:
            self._release()

    def _release(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _start(self) -> Iterator[tuple[Any, float]]:
        """The file's frames from its beginning, with their times."""
        self._container = self._open()
        try:
            self._stream = video.video_stream(self._container)
        except video.NotAVideoError as problem:
            raise SourceError(f"{self._path.name} holds no video, only sound or other data.") from problem
        self._times.begin_at(0.0)
        return self._timed()

    def _from(self, time_s: float, still_wanted: Callable[[], bool]) -> Iterator[tuple[Any, float]]:
        """Frames from the one that is shown at a time on; from the last one where the file is shorter."""
        frames = self._from_before(time_s)
        shown = next(frames, None)
        for following in frames:
            if self._closed:
                return
            if following[1] > time_s or not still_wanted():
                frames = chain([following], frames)
                break
            shown = following
        if shown is not None:
            yield shown
        yield from frames

    def _from_before(self, time_s: float) -> Iterator[tuple[Any, float]]:
        """Frames from one at or before a time on, from near it where the format and the file allow it."""
        import av

        if self._container is None:
            self._start()
        for aim_s in (time_s, *(time_s - back_s for back_s in _BACK_S if back_s < time_s), 0.0):
            with suppress(av.error.FFmpegError, OSError):
                video.seek_before(self._container, self._stream, self._times.stamp_s(aim_s))
                self._times.begin_at(aim_s)
                frames = self._timed()
                first = next(frames, None)
                if first is not None and first[1] <= time_s:
                    return chain([first], frames)
        self._release()
        return self._start()

    def _open(self) -> Any:
        import av

        name = self._path.name
        try:
            return video.open_file(self._path)
        except FileNotFoundError as problem:
            raise SourceError(f"There is no file {self._path}.") from problem
        except PermissionError as problem:
            raise SourceError(f"{name} may not be read: check who owns it and its permissions.") from problem
        except (av.error.FFmpegError, OSError) as problem:
            raise SourceError(
                f"{name} is not a video that can be read; "
                "it is damaged, or of another kind than its name says."
            ) from problem

    def _timed(self) -> Iterator[tuple[Any, float]]:
        """PyAV's frames with their times."""
        import av

        frames = video.decoded(self._container, self._stream, most_errors=video.MAX_FILE_ERRORS)
        while True:
            try:
                frame, is_behind_damage = next(frames, (None, False))
            except (av.error.FFmpegError, OSError) as problem:
                self._tell_incomplete(f"breaks off after {self._read_s:.1f} s: {problem}")
                return
            if frame is None:
                if self._times.last_s >= 0:  # a jump that led nowhere is no end
                    self._end_s = self._times.last_s
                    self._tell_if_cut_off()
                return
            if is_behind_damage:
                self._tell_incomplete(f"is damaged after {self._read_s:.1f} s: pictures are missing.")
            yield frame, self._times.of(frame, self._stream, self._container)

    def _picture(self, decoded: Any) -> np.ndarray:
        return to_rgb(self._standard_range(decoded, self._stream), pixel_aspect(self._stream))

    @property
    def _read_s(self) -> float:
        return max(self._times.last_s, 0.0)

    def _tell_if_cut_off(self) -> None:
        """FFmpeg ends quietly where a download broke off or a disk was full."""
        end_s, named_s = self._times.next_s, video.declared_length_s(self._container, self._stream)
        with suppress(OSError):
            if lacks_end(self._path, self._container.format.name):
                self._tell_incomplete(f"ends after {end_s:.1f} s, without its end: it is cut off.")
        if video.may_be_joined(self._container):
            named_s = None  # of joined films it is the difference between their clocks
        if named_s is not None and 0 < end_s < named_s * _COMPLETE_SHARE - _LENGTH_TOLERANCE_S:
            self._tell_incomplete(
                f"ends after {end_s:.1f} of the {named_s:.1f} s that it should last: "
                "it is cut off or damaged."
            )

    def _tell_incomplete(self, how: str) -> None:
        """Once for a file: the first that is noticed."""
        if not self.incomplete:
            self.incomplete = True
            logger.warning("%s %s", self._path.name, how)
