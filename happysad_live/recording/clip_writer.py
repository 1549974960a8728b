"""Writing a labelled video: H.264 in MP4, with the true time of every frame and the labels as subtitles."""

from __future__ import annotations

import errno
import os
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from happysad_live.core.replacing import remove_quietly
from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError
from happysad_live.recording.cues import Cue, CueBuilder
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.encoder import TIME_BASE, choose_encoder
from happysad_live.recording.fitting import fit_image, pad_to_even
from happysad_live.recording.frame_gap import DEFAULT_FRAME_RATE
from happysad_live.recording.mp4 import (
    FRAGMENTED,
    MAX_FRAMES_PER_S,
    keep_whole_fragments,
    make_plain,
    read_times,
)
from happysad_live.recording.part_names import part_path, prepare_part, rename_part

_KEY_FRAME_EVERY_S, _MAX_FRAMES_WITHOUT_KEY = 1.0, 30
"""How often a picture can be shown without those before it, so that scrubbing answers at once."""

_MAX_SIDE_PX = 16384
"""The longest side of a picture that x264 takes."""


class ClipWriter:
    """One MP4 in the making.

    It grows under ``PATH.part`` in a form that can be played up to the last quarter of a second
    whatever happens to the program, and becomes a plain MP4 in ``finish``, without encoding again.
    Not thread safe: make, use and finish it in one thread.
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        *,
        frame_rate: float = DEFAULT_FRAME_RATE,
        labels_drawn: bool = False,
        recorded_at: datetime | None = None,
    ) -> None:
        """Begin a clip of ``width`` x ``height`` pixels (an odd size is padded by one).

        frame_rate: roughly how many frames a second will come; only the encoder's rate control and
            the length of a single frame depend on it.
        labels_drawn: whether its pictures show the labels: players then show its subtitles, which tell them
            as well, only to who chooses them.
        recorded_at: when it was recorded, with its zone; None where that is not known.

        Raises RecordingError where the file cannot be begun.
        """
        if max(width, height) > _MAX_SIDE_PX:
            raise RecordingError(
                f"{path.name} cannot be written: pictures of {width} x {height} pixels are too large for a "
                f"video; the limit is {_MAX_SIDE_PX} pixels a side."
            )
        self.path = path
        self.width, self.height = width, height
        self.frames = 0
        self._part = part_path(path)
        self._cues: list[Cue] = []
        self._cue_builder = CueBuilder(frame_rate)
        self._subtitles_on, self._recorded_at = not labels_drawn, recorded_at
        self._first_tick = self._last_tick = self._key_tick = self._key_frame = 0
        self._container: Any = None
        self._sync_file: Any = None
        self._in_the_making = False
        self._refusal: RecordingError | None = None
        self._open(frame_rate)

    @property
    def size_bytes(self) -> int:
        """Size of the file in the making, or of the finished one; 0 where there is none."""
        for path in (self._part, self.path):
            try:
                return path.stat().st_size
            except OSError:
                continue
        return 0

    @property
    def refusal(self) -> RecordingError:
        """Why the last pictures are not in the finished file, where it has fewer than were written."""
        return self._refusal or write_failure(self.path, OSError(errno.ENOSPC, "the disk is full"))

    def write(self, image: np.ndarray, result: FrameResult) -> None:
        """Add a picture, shown at ``result.frame.time_s``; a time not after the last is put just after it.

        image: (H, W, 3) uint8 RGB, the frame itself or with labels drawn; another size than the
            clip's is scaled into it.
        result: its time, how long it is shown if it is the last, and its faces' labels, for the subtitles.

        Raises RecordingError where the disk refuses; what was written can still be finished.
        """
        import av

        if self._container is None:
            raise RecordingError(f"{self.path.name} is already finished.")
        tick = round(result.frame.time_s / TIME_BASE)
        if self.frames == 0:
            self._first_tick = tick
        else:
            tick = max(tick, self._last_tick + 1)
        frame = self._video_frame(image)
        frame.pts, frame.time_base = tick - self._first_tick, TIME_BASE
        if self._is_key(tick):
            frame.pict_type = av.video.frame.PictureType.I
        try:
            self._container.mux(self._stream.encode(frame))
        except (av.FFmpegError, OSError) as error:
            raise write_failure(self.path, error) from error
        self._last_tick = tick
        self.frames += 1
        self._cues += self._cue_builder.add(float(tick * TIME_BASE), result.faces, result.frame.duration_s)

    def _is_key(self, tick: int) -> bool:
        """Whether the next frame is to be a key frame; the encoder makes the first one of itself."""
        is_key = (
            (tick - self._key_tick) * TIME_BASE >= _KEY_FRAME_EVERY_S
            or self.frames - self._key_frame >= _MAX_FRAMES_WITHOUT_KEY
        )  # fmt: skip
        if is_key or self.frames == 0:
            self._key_tick, self._key_frame = tick, self.frames
        return is_key

    def sync(self) -> None:
        """Carry everything so far to the disk, so that a power cut cannot take it. Raises RecordingError."""
        try:
            if self._sync_file is not None:
                os.fsync(self._sync_file.fileno())
            self._part.stat()
        except OSError as error:
            raise write_failure(self.path, error) from error

    def finish(self, last_frame_s: float | None = None) -> int:
        """Complete the clip and give it its name; twice is harmless.

        last_frame_s: how long the last frame is shown, in seconds, where that is known better now than when
            it was written.

        Where the disk has no room for the plain form, the clip stays in the form in which it was
        recorded, which players can show as well, without the subtitle track.

        Returns the number of frames in the file: fewer than were written after the disk refused
        some. Without any, there is no file. Raises RecordingError where the clip cannot be completed:
        what was written then stays under its temporary name.
        """
        if self._in_the_making:
            self._in_the_making = False
            if last_frame_s is not None:
                self._cue_builder.hold_last_frame(last_frame_s)
            self._complete(self._frames_kept())
        return self.frames

    def finish_whole(self) -> None:
        """As ``finish``, if the disk has taken every picture; an encoder holds the last ones back to the end.

        Else raises RecordingError, and the clip is still to be finished or aborted.
        """
        if not self._in_the_making:
            return
        kept = self._frames_kept()
        if kept < self.frames:
            raise self.refusal
        self._in_the_making = False
        self._complete(kept)

    def abort(self) -> None:
        """Give up and remove what was written; harmless after ``finish``."""
        if not self._in_the_making:
            return
        self._in_the_making = False
        self._close()
        remove_quietly(self._part)

    def _frames_kept(self) -> int:
        """Close the file; how many of the frames are in it."""
        self._close()
        if self.frames == 0 or not keep_whole_fragments(self._part):
            return 0
        return read_times(self._part).frames

    def _complete(self, frames: int) -> None:
        """Make the closed file, which holds that many frames, a plain one if that can be."""
        self.frames = frames
        if frames == 0:
            remove_quietly(self._part)
            return
        try:
            make_plain(
                self._part,
                self.path,
                self._cues + self._cue_builder.finish(),
                last_frame_s=self._cue_builder.last_frame_s,
                start_s=float(self._first_tick * TIME_BASE),
                subtitles_on=self._subtitles_on,
                recorded_at=self._recorded_at,
            )
        except RecordingError:
            rename_part(self.path)

    def _open(self, frame_rate: float) -> None:
        import av

        width, height = self.width + self.width % 2, self.height + self.height % 2
        encoder = choose_encoder(width, height)
        rate = Fraction(min(max(frame_rate, 1e-3), MAX_FRAMES_PER_S)).limit_denominator(1001)
        try:
            prepare_part(self.path)
            self._container = av.open(str(self._part.absolute()), "w", format="mp4", options=FRAGMENTED)
            self._in_the_making = True
            self._stream: Any = self._container.add_stream(encoder.name, rate=rate, options=encoder.options)
            context = self._stream.codec_context
            encoder.set_up(context, width, height, frame_rate)
            self._stream.time_base, context.gop_size = TIME_BASE, _MAX_FRAMES_WITHOUT_KEY
            # What cv2's conversion gives: BT.601, limited range (value 6 is SMPTE 170M, 1 is "tv").
            context.colorspace = context.color_primaries = context.color_trc = 6
            context.color_range = 1
            self._container.start_encoding()
            self._sync_file = self._part.open("r+b")
        except (av.FFmpegError, OSError, ValueError) as error:  # ValueError: a PyAV without this encoder
            self.abort()
            raise write_failure(self.path, error) from error
        except BaseException:
            self.abort()
            raise

    def _video_frame(self, image: np.ndarray) -> Any:
        import av

        fitted = pad_to_even(fit_image(image, self.width, self.height))
        planes = cv2.cvtColor(fitted, cv2.COLOR_RGB2YUV_I420)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.colorspace, frame.color_range = 6, 1
        return frame

    def _close(self) -> None:
        """Write what the encoder holds back and close the file, as far as the disk takes it."""
        import av

        if self._container is None:
            return
        container, self._container = self._container, None
        # The fragments that are whole are kept, whatever fails.
        try:
            if self.frames:
                container.mux(self._stream.encode(None))
        except (av.FFmpegError, OSError) as error:
            self._refusal = write_failure(self.path, error)
        try:
            container.close()
        except (av.FFmpegError, OSError) as error:
            self._refusal = self._refusal or write_failure(self.path, error)
        if self._sync_file is not None:
            self._sync_file.close()
            self._sync_file = None
