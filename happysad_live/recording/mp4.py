"""MP4 files: the fragmented form that survives a crash, and the plain one that it becomes."""

from __future__ import annotations

import mmap
import os
import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happysad_live.core.mp4_boxes import Mp4Box, boxes
from happysad_live.core.replacing import flush_to_disk, once_released, remove_quietly
from happysad_live.errors import NO_FILES_FAULT, RecordingError
from happysad_live.recording.cues import Cue
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.encoder import TIME_BASE
from happysad_live.video_frames import player_time_s

if TYPE_CHECKING:
    import av

FRAGMENTED = {
    # Fragments of a quarter of a second: a crash costs the one that is being filled.
    "movflags": "empty_moov+default_base_moof",
    "frag_duration": "250000",
    "flush_packets": "1",
}
"""Muxer options of a file that can be played up to where its writer was stopped."""

_FRAGMENT = re.compile(rb"moof\0\0\0\x10mfhd")
"""The bytes with which each fragment begins, after its size."""

_UNSYNCED_FRAGMENTS = 6
"""How many fragments a power cut may leave with holes: those of the second since the recorder last carried
everything to the disk, and of the time that this took."""

MAX_FRAMES_PER_S = 1000
"""The most frames a second that are believed: an index that says more is damaged, and may say billions."""

_PLAIN = {"movflags": "faststart"}

_LONGEST_SAMPLE_S = 6 * 3600.0
"""The longest subtitle, or time without one, in one piece: FFmpeg counts a length's ticks in 31 bits."""

# How the subtitle track looks where the player leaves it to the file: white, small, at the bottom.
_SUBTITLE_STYLE = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
    b"Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
    b"MarginL, MarginR, MarginV, Encoding\n"
    b"Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n"
)


@dataclass(frozen=True, slots=True)
class VideoSummary:
    """What an MP4 holds, in seconds after its first picture.

    times_s: presentation time of every frame; length_s: up to the last one's end.
    """

    times_s: tuple[float, ...]
    length_s: float

    @property
    def frames(self) -> int:
        return len(self.times_s)


def remux_path(path: Path) -> Path:
    """Where a plain MP4 is written until it is complete; worthless after a crash."""
    return path.with_name(f"{path.name}.remux")


def keep_whole_fragments(path: Path) -> bool:
    """Cut a fragmented MP4 behind its last complete fragment; False where it has none, and nothing to play.

    What a crash, a power cut or a full disk left incomplete is cut off; that needs no space. Raises
    RecordingError where the file cannot be changed, or is so damaged that more would be lost; it is then
    untouched.
    """
    try:
        total, whole = path.stat().st_size, 0
        with path.open("rb") as file:
            for box in boxes(file):
                if box.end > total:
                    break
                if box.kind == b"mdat":
                    whole = box.end
        behind = _fragments_begun(path, whole)
        if whole == 0 and behind > 1:  # all but the last one were whole
            raise unplayable(path)
        if behind > _UNSYNCED_FRAGMENTS:
            raise _damaged(path)
        if 0 < whole < total:
            os.truncate(path, whole)
    except OSError as error:
        raise write_failure(path, error) from error
    return whole > 0


def _fragments_begun(path: Path, start: int) -> int:
    """How many fragments begin at a byte or after it. Raises OSError."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:  # an empty file cannot be mapped
            return 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return sum(1 for _ in _FRAGMENT.finditer(content, start))


def _damaged(path: Path) -> RecordingError:
    return RecordingError(
        f"{path.name} is damaged in the middle and was left as it is: copy it, and use a video repair "
        "program to save what it can."
    )


def open_mp4(path: Path) -> Any:
    """An MP4 as PyAV's container, to be read. Raises av.FFmpegError and OSError.

    The format is not guessed, so that no other program's file can have FFmpeg open what it names.
    """
    import av

    return av.open(str(path.absolute()), format="mp4", metadata_errors="replace")


@contextmanager
def _readable(path: Path) -> Iterator[tuple[Any, Any]]:
    """An MP4's container and its video stream; what fails in the block becomes RecordingError."""
    import av

    try:
        with open_mp4(path) as container:
            yield container, container.streams.video[0]
    except (av.FFmpegError, OSError, IndexError) as error:
        raise unplayable(path, error) from error


def read_times(path: Path) -> VideoSummary:
    """Times of an MP4's frames, without decoding them; not of those that an edit list leaves out.

    Raises RecordingError where it is no video.
    """
    with _readable(path) as (container, stream):
        begin, unit = stream.start_time or 0, stream.time_base
        packets = [
            (packet.pts - begin, packet.duration or 0)
            for packet in container.demux(stream)
            if packet.pts is not None and not packet.is_discard
        ]
    # In whole numbers: a million fractions, as of a day's clip, would take a minute.
    times = sorted(ticks * unit.numerator / unit.denominator for ticks, _ in packets)
    length = max((ticks + lasts for ticks, lasts in packets), default=0)
    return VideoSummary(tuple(times), float(length * unit))


def stream_begins_s(stream: Any) -> float:
    """The time in seconds of a stream's first picture, from which all times here count.

    stream: PyAV's. Pictures before it, which an edit list leaves out, are not shown.
    """
    return float((stream.start_time or 0) * stream.time_base)


def picture_begins_s(path: Path) -> float:
    """When a player shows an MP4's first picture, in seconds: later than 0 where the sound comes first.

    Raises RecordingError where it is no video.
    """
    with _readable(path) as (container, stream):
        return player_time_s(container, stream_begins_s(stream))


def read_index(path: Path) -> tuple[int, float]:
    """Number of frames and seconds of an MP4 by its index, which is quick; zeros where that makes no sense.

    Raises RecordingError where it is no video.
    """
    with _readable(path) as (container, stream):
        shown = sum(not entry.is_discard for entry in stream.index_entries)  # an edit list may leave some out
        # Of a film that was written piece by piece, the index knows one piece at most.
        frames, length_s = shown if stream.frames else 0, (container.duration or 0) / 1_000_000
    return (frames, length_s) if frames <= MAX_FRAMES_PER_S * length_s else (0, 0.0)


def unplayable(path: Path, error: Exception | None = None) -> RecordingError:
    """The error for a file that is no video, or a damaged one, unless ``error`` blames the system alone."""
    if getattr(error, "errno", None) in NO_FILES_FAULT:
        return RecordingError(f"{path.name} cannot be read: {getattr(error, 'strerror', error)}.")
    return RecordingError(f"{path.name} is not a video that can be played.")


def make_plain(
    part: Path,
    path: Path,
    cues: Iterable[Cue],
    last_frame_s: float,
    start_s: float = 0.0,
    *,
    subtitles_on: bool,
    recorded_at: datetime | None,
) -> None:
    """Turn a fragmented MP4 into a plain one, index first, with a subtitle track; nothing is encoded again.

    part: the fragmented file; removed once ``path`` is complete.
    cues: the subtitles; their times count from the same moment as ``start_s``.
    last_frame_s: how long the last frame stays.
    start_s: when the first frame is to be shown; the fragmented form begins at 0.
    subtitles_on: whether players show the subtitles before anybody chooses them.
    recorded_at: with its zone; None where the file is not to say when it was recorded.

    Raises RecordingError where the disk refuses, or ``part`` is damaged; it is then untouched.
    """
    import av

    unfinished = remux_path(path)
    try:
        with (
            open_mp4(part) as source,
            av.open(str(unfinished.absolute()), "w", format="mp4", options=_PLAIN) as target,
        ):
            if recorded_at is not None:
                target.metadata["creation_time"] = f"{recorded_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            _copy(source, target, cues, last_frame_s, start_s)
        if not subtitles_on:
            once_released(lambda: _switch_off_subtitles(unfinished))
        flush_to_disk(unfinished)  # the fragmented file is removed next: a power cut must not take both
        once_released(lambda: unfinished.replace(path))
    except (av.FFmpegError, OSError) as error:
        remove_quietly(unfinished)
        raise write_failure(path, error) from error
    except ValueError as error:  # no codec that PyAV knows
        remove_quietly(unfinished)
        raise unplayable(part) from error
    remove_quietly(part)


def _copy(source: Any, target: Any, cues: Iterable[Cue], last_frame_s: float, start_s: float) -> None:
    from_video = source.streams.video[0]
    video = target.add_stream_from_template(from_video)
    subtitles = target.add_stream("mov_text")
    subtitles.time_base = TIME_BASE
    subtitles.codec_context.subtitle_header = _SUBTITLE_STYLE
    subtitles.metadata.update(language="eng", handler_name="Labels")
    target.start_encoding()
    waiting = _in_pieces(sorted(cues, key=lambda cue: cue.start_s))
    cue = next(waiting, None)
    unit = from_video.time_base
    shift = round(start_s / unit)
    for packet in _with_last_duration(source.demux(from_video), last_frame_s):
        packet.pts += shift
        packet.dts = packet.pts  # no B-frames: decoded in the order in which they are shown
        time_s = packet.pts * unit.numerator / unit.denominator
        while cue is not None and cue.start_s <= time_s:
            target.mux(_subtitle_packet(cue, subtitles))
            cue = next(waiting, None)
        packet.stream = video
        target.mux(packet)
    for late in (cue, *waiting) if cue is not None else ():
        target.mux(_subtitle_packet(late, subtitles))


def _in_pieces(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Cues in order, what is too long for one sample as several; so are times without text, as empty cues."""
    end_s = 0.0
    for cue in cues:
        gap = [Cue(end_s, cue.start_s, "")] if cue.start_s - end_s > _LONGEST_SAMPLE_S else []
        for whole in (*gap, cue):
            start_s = whole.start_s
            while whole.end_s - start_s > _LONGEST_SAMPLE_S:
                yield Cue(start_s, start_s + _LONGEST_SAMPLE_S, whole.text)
                start_s += _LONGEST_SAMPLE_S
            yield Cue(start_s, whole.end_s, whole.text)
        end_s = cue.end_s


def _switch_off_subtitles(path: Path) -> None:
    """Take the flag "enabled" from a plain MP4's subtitle track (ISO/IEC 14496-12, 8.3.2).

    FFmpeg writes it into the only track of a kind, whatever it is told.
    """
    with path.open("r+b") as file:

        def inside(box: Mp4Box) -> dict[bytes, Mp4Box]:
            return {found.kind: found for found in boxes(file, box.content, box.end)}

        movie = next(box for box in boxes(file) if box.kind == b"moov")
        for track in [box for box in boxes(file, movie.content, movie.end) if box.kind == b"trak"]:
            parts = inside(track)
            handler = inside(parts[b"mdia"])[b"hdlr"]
            file.seek(handler.content + 8)  # behind its version and flags, and four bytes of zeros
            if file.read(4) == b"sbtl":
                flags = parts[b"tkhd"].content + 3  # behind the version and two bytes of other flags
                file.seek(flags)
                enabled = file.read(1)[0]
                file.seek(flags)
                file.write(bytes([enabled & ~1]))


def _with_last_duration(packets: Iterable[av.Packet], last_frame_s: float) -> Iterator[av.Packet]:
    """The packets that carry a picture, the last one with its true length."""
    held = None
    for packet in packets:
        if packet.pts is None:
            continue  # the empty packet that ends a stream
        if held is not None:
            yield held
        held = packet
    if held is not None:
        held.duration = max(round(last_frame_s / held.time_base), 1)
        yield held


def _subtitle_packet(cue: Cue, stream: Any) -> av.Packet:
    """A 3GPP timed text sample (TS 26.245, 5.17): the text's length in two bytes, then UTF-8."""
    import av

    text = cue.text.encode("utf-8", "replace")[:0xFFFF]
    packet = av.Packet(len(text) + 2)  # its own memory: bytes handed in are not kept alive by every version
    packet.update(struct.pack(">H", len(text)) + text)
    packet.stream, packet.time_base = stream, TIME_BASE
    packet.pts = packet.dts = round(cue.start_s / TIME_BASE)
    packet.duration = max(round((cue.end_s - cue.start_s) / TIME_BASE), 1)
    packet.is_keyframe = True
    return packet
