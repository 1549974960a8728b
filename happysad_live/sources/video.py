"""Pictures out of PyAV's containers, for files and streams alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from happysad_live.video_frames import player_time_s

MAX_STREAM_ERRORS = 200
MAX_FILE_ERRORS = 20_000
"""How many broken packets in a row end the reading of a stream or a file: a file may go on behind many."""

JOINT_S = 1.0
"""Where times jump back by more, the next of several joined films begins; by less, a muxer was inaccurate."""

MAX_GAP_S = 10.0
"""Where times jump ahead by more in a format that allows joining, the next film begins, too: FFmpeg's own
measure. No frame counts as shown for longer."""

MAX_LENGTH_S = 7 * 24 * 3600.0
"""The greatest length of a file that is believed: one that declares more is damaged."""

_PACKETS_TO_JOINT = 3
"""A packet that is flagged as corrupt is excused if so few packets later two films are joined: such a packet
lies one or two before a joint."""

_REFUSED_FORMATS = {"tty", "sdp", "hls", "concat", "dash", "imf", "rtp", "lavfi"}
"""Formats that are no video: text turned into pictures, or lists that point elsewhere."""

_LISTS_OF_STREAMS = {"hls", "dash", "rtp"}
"""Those of them that an address may name."""

_LOCAL_PROTOCOLS = "file,crypto,data"
"""FFmpeg's protocols that a file may use: what it names on other machines stays unopened."""


class NotAVideoError(Exception):
    """The container opened, but holds nothing to look at."""


class Decoded(NamedTuple):
    """What ``decode`` gives.

    frame: PyAV's frame; None where a packet came that shows nothing.
    after_damage: whether a packet was broken since the frame before, or a few frames ago.
    is_underway: whether that packet was the stream's own, as before its first key frame, and none was broken
        since the frame before.
    """

    frame: Any
    after_damage: bool
    is_underway: bool = False


def open_file(path: Path) -> Any:
    """A video file's container, PyAV's.

    Raises av.error.FFmpegError or OSError, also for text, and for a list of what lies elsewhere.
    """
    # Lists are refused before they open what they name, which may be a pipe that nobody writes into.
    options = {"protocol_whitelist": _LOCAL_PROTOCOLS, "format_whitelist": _formats_but(_REFUSED_FORMATS)}
    return _open(str(path.absolute()), options=options)


def open_address(
    address: str, *, options: dict[str, str], limit_s: float, name_of_format: str | None = None
) -> Any:
    """A stream's container, PyAV's. limit_s: how long connecting, and each reading, may take.

    name_of_format: FFmpeg's name; None where FFmpeg is to find out. Raises av.error.FFmpegError or OSError.
    """
    if address.startswith("http"):
        options = options | {"format_whitelist": _formats_but(_REFUSED_FORMATS - _LISTS_OF_STREAMS)}
    return _open(address, options=options, timeout=(limit_s, limit_s), format=name_of_format)


def _formats_but(refused: set[str]) -> str:
    """All containers that FFmpeg knows but these, as its option has them."""
    import av

    return ",".join(name for name in av.formats_available if not refused & set(name.split(",")))


def _open(address: str, **how: Any) -> Any:
    """Open a container with PyAV. Its log must stay off, as it is by default.

    With any level set, a decoder's thread that reports damage waits for Python's lock, while the thread that
    closes the file holds the lock and waits for the decoder: for ever.
    """
    import av

    return av.open(address, "r", metadata_errors="replace", **how)


def video_stream(container: Any, *, live: bool = False) -> Any:
    """The stream to show: the first that is not a cover picture. Raises NotAVideoError.

    live: a picture is wanted as soon as its packet has come. Decoding several at once, which is faster, holds
        as many back as there are cores: seconds, where a camera sends five a second.
    """
    import av

    cover = av.stream.Disposition.attached_pic
    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & cover:
            stream.thread_type = "SLICE" if live else "AUTO"
            return stream
    raise NotAVideoError


def decode(
    container: Any,
    stream: Any,
    *,
    max_errors: int = MAX_STREAM_ERRORS,
    reports_all: bool = False,
) -> Iterator[Decoded]:
    """The frames of a stream in the order of showing, up to ``max_errors`` broken packets in a row.

    reports_all: give None for a frame where a packet came that shows nothing, of this stream or another one,
        such as sound.

    Raises av.error.FFmpegError or OSError when reading fails otherwise (a stream that breaks).
    """
    import av

    errors, has_begun = 0, False
    damage = _DamageWatch()
    streams = [] if reports_all else [stream]
    packets = container.demux(*streams)
    while errors < max_errors:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.InvalidDataError:
            errors += 1
            damage.is_pending = True
            packets = container.demux(*streams)  # a generator that has raised gives nothing more
            continue
        if packet.stream.index != stream.index:
            yield Decoded(None, after_damage=False)
            continue
        damage.follow(packet)
        if not packet.size and packet.dts is not None:  # in Theora: the same picture again
            continue
        try:
            frames = packet.decode()
        except av.error.MemoryError:
            raise  # the film is not damaged
        except av.error.FFmpegError as error:
            errors += 1
            damage.is_pending |= not isinstance(error, av.error.EOFError | av.error.UndefinedError)
            frames = []
        for frame in frames:
            # Before the first one, what was sought may have no beginning.
            yield Decoded(frame, damage.is_pending and has_begun)
            errors, damage.is_pending, has_begun = 0, False, True
        if reports_all and not frames:
            yield Decoded(None, after_damage=False, is_underway=not errors)
        if not packet.size:
            # The decoder has been emptied: the end. PyAV would go on to streams that came up on the way, such
            # as the sound of a second film, and fails at them.
            return


class _DamageWatch:
    """Distinguishes packets that are damaged from those that only look so, at the joint of two films.

    A .ts from which packets were lost flags some as corrupt; one of joined films does so just before a joint.
    The times of joined pieces of one recording go on, and each piece begins with a key frame.

    is_pending: whether a packet was broken since the last frame.
    _packets_to_verdict: after so many more without a joint, a corrupt one was damaged; 0: none is in doubt.
    """

    def __init__(self) -> None:
        self.is_pending = False
        self._last_s, self._usual_step_s = -math.inf, 0.0
        self._packets_to_verdict = 0

    def follow(self, packet: Any) -> None:
        """Take the next packet, before it is decoded."""
        stamp_s = self._last_s if packet.dts is None else float(packet.dts * packet.time_base)
        step_s = stamp_s - self._last_s
        goes_on = packet.is_keyframe and 0 <= step_s <= 1.5 * self._usual_step_s
        is_joint = step_s < -JOINT_S or step_s > MAX_GAP_S or goes_on
        if is_joint:
            self._packets_to_verdict = 0  # it explains the corrupt one
        if self._packets_to_verdict:
            self._packets_to_verdict -= 1
            self.is_pending |= not self._packets_to_verdict
        elif step_s > 0:
            self._usual_step_s = step_s
        self._last_s = stamp_s
        if packet.is_corrupt:
            self._packets_to_verdict = _PACKETS_TO_JOINT


def shown_s(container: Any, frame: Any) -> float | None:
    """When a frame is shown, in the stream's own seconds; None where nothing says so.

    An AVI knows no such times, only the order of its packets, at an even pace. Where that is not the order of
    showing (B-frames), what FFmpeg makes of it jumps back and forth, but the packet that released a frame
    from the decoder has an even time.
    """
    stamp = frame.dts if container.format.name == "avi" else frame.pts
    return None if stamp is None or not frame.time_base else float(stamp * frame.time_base)


def may_be_joined(container: Any) -> bool:
    """Whether times that jump begin the next of several films, as in .ts and .mpg, and are no damage."""
    from av.format import Flags

    return bool(container.format.flags & Flags.ts_discont.value)


def is_joint(container: Any, step_s: float) -> bool:
    """Whether the next of several joined films begins where times go on by so many seconds."""
    return may_be_joined(container) and not -JOINT_S <= step_s <= MAX_GAP_S


def seek_before(container: Any, stream: Any, stamp_s: float) -> None:
    """Let ``decode``, when called anew, begin with the key frame at or before a time in the stream's seconds.

    Some formats land after it, or refuse with av.error.FFmpegError: they can only be read from the beginning.
    """
    container.seek(math.floor(stamp_s / stream.time_base), stream=stream, backward=True)


def declared_rate(stream: Any) -> float | None:
    """Frames a second as the stream declares; None where it declares none, or nonsense."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < float(rate) <= 1000:
            return float(rate)
    return None


def declared_length_s(container: Any, stream: Any) -> float | None:
    """How many seconds of pictures the file declares; None where it does not, or includes its sound."""
    is_alone = len(container.streams) == 1
    # What an ASF (.wmv) says of a stream it says of the whole file.
    if stream.duration and stream.time_base and container.format.name != "asf":
        return float(stream.duration * stream.time_base)
    return _whole_length_s(container) if is_alone else None


def _whole_length_s(container: Any) -> float | None:
    """How many seconds the whole file declares. Matroska and ASF count from 0, even if it begins later."""
    if not container.duration:
        return None
    counts_from_0 = "matroska" in container.format.name or container.format.name == "asf"
    begins = max(container.start_time or 0, 0) if counts_from_0 else 0
    return float(container.duration - begins) / 1_000_000


def begins_s(container: Any, stamp_s: float) -> float:
    """When a player shows the picture with that stamp, in seconds.

    0 for an AVI, whose stamps do not say when pictures are shown, see ``shown_s``.
    """
    return 0.0 if container.format.name == "avi" else player_time_s(container, stamp_s)


def length_s(container: Any, stream: Any) -> float | None:
    """How many seconds a file's pictures last or, where it does not declare that, pictures and sound.

    None where it declares nothing, or nonsense.
    """
    length_s = declared_length_s(container, stream)
    if length_s is None:
        length_s = _whole_length_s(container)
    return length_s if length_s is not None and 0 < length_s < MAX_LENGTH_S else None
