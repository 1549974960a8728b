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
from typing import Any, NamedTuple

import numpy as np

from happysad_live.core.types import Frame
from happysad_live.errors import NO_FILES_FAULT, SourceError
from happysad_live.sources import video
from happysad_live.sources.base import Source, SourceInfo, always
from happysad_live.sources.endings import is_truncated
from happysad_live.sources.file_times import FrameTimes
from happysad_live.video_frames import DisplayParameters, RgbConverter, is_too_large

# Lengths are rounded, and some include what an editor cut away: to end this little early is no damage.
_COMPLETE_SHARE = 0.95
_LENGTH_TOLERANCE_S = 0.2

# In some formats, seeking lands behind the time wanted, and a damaged file has nothing there: then it aims
# further and further before that time.
_BACK_S = (2.0, 8.0, 30.0, 120.0, 480.0, 1920.0)

logger = logging.getLogger(__name__)


class _TimedFrame(NamedTuple):
    """PyAV's frame, when it is shown (see ``FrameTimes``), and for how long."""

    frame: Any
    time_s: float
    duration_s: float


class FileSource(Source):
    """Reads a video file frame by frame, with its own presentation times, from its beginning or a seek on.

    Frames come from generators: it is not ``seek`` that goes anywhere, but the next ``read``, under the lock.
    The file is open until its end has been read, and again after a seek from there.
    """

    def __init__(self, path: str | Path) -> None:
        """Raises SourceError when there is no such file, or no picture in it can be read."""
        self._path = Path(path)
        self._lock = threading.Lock()
        self._closed = False
        self._container: Any = None
        self._index = 0
        self._end_s = math.inf  # the last frame's time, once it has been reached
        self._times = FrameTimes()
        self._rgb = RgbConverter()
        try:
            frames = self._from_beginning()
            ahead = list(islice(frames, 2))
            image = self._picture(ahead[0]) if ahead else None
            if image is None:
                raise SourceError(f"{self._path.name} holds no picture that can be read.")
            self._frames: Iterator[_TimedFrame] = chain(ahead, frames)
            self._still = len(ahead) == 1  # most often a GIF that does not move
            self._info = self._described(*image.shape[1::-1])
        except BaseException:
            self.close()
            raise

    @property
    def info(self) -> SourceInfo:
        return self._info

    def read(self) -> Frame | None:
        """The next frame of the file; None at its end."""
        with self._lock:  # PyAV must not be closed while it decodes
            while not self._closed and (shown := next(self._frames, None)) is not None:
                image = self._picture(shown)
                if image is None:
                    continue
                frame = Frame(
                    image,
                    self._index,
                    shown.time_s,
                    time.perf_counter(),
                    still=self._still,
                    duration_s=shown.duration_s,
                )
                self._index += 1
                return frame
            self._release()  # the user may want to move the file, or its disk; a seek reopens it
            return None

    def seek(
        self, time_s: float, *, backwards: bool = False, still_wanted: Callable[[], bool] = always
    ) -> None:
        with self._lock:
            if self._closed:
                return
            self._frames = self._from(min(time_s, self._end_s), still_wanted)

    def close(self) -> None:
        self._closed = True  # at once: seeking may take a while
        with self._lock:
            self._release()
            # A generator refers to this source, and would keep the decoder's threads and pictures for long.
            self._frames = iter(())

    def _open(self) -> None:
        """Open the file, and find its pictures. Raises SourceError."""
        import av

        name = self._path.name
        try:
            self._container = video.open_file(self._path)
            self._stream = video.video_stream(self._container)
            if is_too_large(self._stream):
                raise SourceError(f"{name} has more pixels than can be shown: make it smaller.")
        except FileNotFoundError as problem:
            raise SourceError(f"There is no file {self._path}.") from problem
        except PermissionError as problem:
            raise SourceError(f"{name} cannot be read: check its owner and permissions.") from problem
        except video.NotAVideoError as problem:
            raise SourceError(f"{name} holds no video, only sound or other data.") from problem
        except (av.error.FFmpegError, OSError) as problem:
            if problem.errno in NO_FILES_FAULT:
                raise SourceError(f"{name} cannot be read: {problem.strerror}.") from problem
            raise SourceError(
                f"{name} is not a video that can be read; "
                "it is damaged, or of another kind than its name says."
            ) from problem

    def _release(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = self._stream = None

    def _from(self, time_s: float, still_wanted: Callable[[], bool]) -> Iterator[_TimedFrame]:
        """Frames from the one that is shown at a time on; from the last one where the file is shorter."""
        frames = self._from_before(time_s)
        shown = next(frames, None)
        if shown is None:
            return
        for following in frames:
            if self._closed:  # by another thread, which waits for the lock
                return
            if following.time_s > time_s or not still_wanted():
                yield from chain([shown, following], frames)
                return
            shown = following
        yield shown  # the file's last

    def _from_before(self, time_s: float) -> Iterator[_TimedFrame]:
        """Frames from one at or before a time on, from near it where the format and the file allow it."""
        import av

        if self._container is None:
            self._open()
        for aim_s in (time_s, *(time_s - back_s for back_s in _BACK_S if back_s < time_s), 0.0):
            try:
                video.seek_before(self._container, self._stream, self._times.stamp_s(aim_s))
            except (av.error.FFmpegError, OSError):
                continue
            self._times.begin_at(aim_s)
            frames = self._timed()
            first = next(frames, None)
            if first is None or first.time_s > time_s:
                continue
            # The last pictures of an AVI with B-frames have no times of their own, but follow on others'.
            if video.shown_s(self._container, first.frame) is not None:
                return chain([first], frames)
        return self._from_beginning()

    def _from_beginning(self) -> Iterator[_TimedFrame]:
        """All frames of the file, opened anew: not every format can be sought in."""
        self._release()
        self._open()
        self._times.begin_at(0.0)
        return self._timed()

    def _timed(self) -> Iterator[_TimedFrame]:
        """Frames from where the container stands on; logs what is missing on the way and at the end."""
        import av

        frames = video.decode(self._container, self._stream, max_errors=video.MAX_FILE_ERRORS)
        try:
            for decoded in frames:
                if decoded.after_damage:
                    self._warn_incomplete(f"is damaged after {self._read_s:.1f} s: pictures are missing.")
                time_s = self._times.of(decoded.frame, self._stream, self._container)
                yield _TimedFrame(decoded.frame, time_s, min(self._times.next_s - time_s, video.MAX_GAP_S))
        except (av.error.FFmpegError, OSError) as problem:
            self._warn_incomplete(f"breaks off after {self._read_s:.1f} s: {problem}")
            return
        if self._times.last_s >= 0:  # a jump that led nowhere is no end
            self._end_s = self._times.last_s
            self._warn_if_cut_off()

    def _described(self, width: int, height: int) -> SourceInfo:
        count = self._stream.frames or None
        if self._still:
            count = 1
        elif count == 1:  # a fragmented file means its first fragment
            count = None
        return SourceInfo(
            self._path.name,
            "file",
            width,
            height,
            video.declared_rate(self._stream),
            count,
            live=False,
            length_s=None if self._still else video.length_s(self._container, self._stream),
            begins_s=video.begins_s(self._container, self._times.stamp_s(0.0)),
        )

    def _picture(self, shown: _TimedFrame) -> np.ndarray | None:
        """(H, W, 3) uint8 RGB; None, which is logged, for a frame too damaged to be converted."""
        import av

        try:
            return self._rgb(shown.frame, DisplayParameters.of(self._stream))
        except MemoryError:
            raise  # the film is not damaged
        except (av.error.FFmpegError, OSError):
            self._warn_incomplete(f"is damaged at {max(shown.time_s, 0.0):.1f} s: pictures are missing.")
            return None

    @property
    def _read_s(self) -> float:
        return max(self._times.last_s, 0.0)

    def _warn_if_cut_off(self) -> None:
        """Warn where a download broke off or a disk was full: FFmpeg ends quietly there."""
        end_s, named_s = self._times.next_s, video.declared_length_s(self._container, self._stream)
        with suppress(OSError):
            if is_truncated(self._path, self._container.format.name):
                self._warn_incomplete(f"ends after {end_s:.1f} s without a proper end: it is cut off.")
        if video.may_be_joined(self._container):
            named_s = None  # for joined films, it is the difference between their clocks
        if named_s is not None and 0 < end_s < named_s * _COMPLETE_SHARE - _LENGTH_TOLERANCE_S:
            self._warn_incomplete(
                f"ends after {end_s:.1f} of the {named_s:.1f} s that it should last: "
                "it is cut off or damaged."
            )

    def _warn_incomplete(self, how: str) -> None:
        """Note that pictures are missing, and log the first thing that tells so."""
        if not self.incomplete:
            self.incomplete = True
            logger.warning("%s %s", self._path.name, how)
