"""Results of a made-up camera, for the recording tests."""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np
import pytest

from happysad_live.core.types import Box, Face, Frame, FrameResult, LabelledFace
from happysad_live.recording.label_lines import FrameLabels, LabelHeader
from happysad_live.recording.label_reader import iter_labels
from happysad_live.recording.recorder import ClipOutcome, Recorder
from happysad_live.recording.unfinished_clip import ClipPlan


def read_labels(path: Path) -> tuple[LabelHeader, list[FrameLabels]]:
    """A label file's header and all its lines."""
    header, lines = iter_labels(path)
    return header, list(lines)


LABELS = ("happy", "sad", "neutral")
FACE_BOX = Box(4, 6, 20, 24)
HEADER = LabelHeader("camera.mp4", "happysad", "ab" * 32, 64, 48, LABELS)


def face(
    label: str = "happy", *, track: int | None = 1, confidence: float = 0.9, box: Box = FACE_BOX
) -> LabelledFace:
    """A face whose other classes share what the confidence leaves."""
    rest = (1 - confidence) / (len(LABELS) - 1)
    known = label if label in LABELS else LABELS[0]
    probabilities = np.array([confidence if name == known else rest for name in LABELS], np.float32)
    found = Face(box, np.zeros((6, 2), np.float32), 0.93)
    return LabelledFace(found, label, confidence, probabilities, probabilities, track)


def result(
    index: int,
    time_s: float,
    faces: Iterable[LabelledFace] = (),
    *,
    size: tuple[int, int] = (64, 48),
    colour: tuple[int, int, int] = (90, 120, 150),
    captured_at_s: float = 0.0,
) -> FrameResult:
    """A frame of one colour, (width, height) pixels, with its faces."""
    image = np.full((size[1], size[0], 3), colour, np.uint8)
    return FrameResult(Frame(image, index, time_s, captured_at_s), tuple(faces), LABELS)


def plan(folder: Path, **options: object) -> ClipPlan:
    """A clip of a camera, encoded without the graphics chip."""
    return ClipPlan(folder, "camera 0", "happysad", "ab" * 32, LABELS, **options)


def record(
    recorder: Recorder,
    results: Sequence[FrameResult],
    own_labels: Mapping[int, str | None] = MappingProxyType({}),
) -> ClipOutcome:
    """Record the frames, none of which may be refused, to the end.

    own_labels: what the user says before the frame of that number.
    """
    recorder.start()
    for number, one in enumerate(results):
        if number in own_labels:
            recorder.set_own_label(own_labels[number])
        assert recorder.offer(one)
    recorder.stop()
    outcome = recorder.join(60)
    assert outcome is not None
    return outcome


class HeldDrawing:
    """Draws nothing, and holds the recorder at its first frame until it is let go."""

    def __init__(self) -> None:
        self._busy, self._go_on = threading.Event(), threading.Event()

    def __call__(self, image: np.ndarray, _result: FrameResult) -> np.ndarray:
        self._busy.set()
        assert self._go_on.wait(60)
        return image

    def wait_until_held(self) -> None:
        assert self._busy.wait(60)

    def let_go(self) -> None:
        self._go_on.set()


@dataclass(frozen=True)
class Probe:
    """What FFmpeg reads from a video."""

    codec: str
    pixel_format: str
    size: tuple[int, int]
    times_s: list[float]
    length_s: float
    subtitles: list[tuple[float, float, str]]
    index_first: bool


def probe(path: Path) -> Probe:
    """Decode a video and its subtitles."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        times = [float(frame.pts * frame.time_base) for frame in container.decode(video)]
        codec = video.codec_context
        size = (codec.width, codec.height)
        length_s = float(video.duration * video.time_base) if video.duration else 0.0
        name, pixel_format = codec.name, codec.pix_fmt
    return Probe(name, pixel_format, size, times, length_s, _subtitles(path), _index_first(path))


def turn_phone(path: Path, quarter_turns: int) -> None:
    """As if a phone had recorded the MP4 file while held upright (1, 3) or upside down (2)."""
    set_matrix(path, *{1: (0, 1, -1, 0), 2: (-1, 0, 0, -1), 3: (0, -1, 1, 0)}[quarter_turns])


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Let an MP4 show its picture's (x, y) at (a x + c y, b x + d y) (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    identity = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    at = data.index(identity, data.index(b"tkhd"))
    data[at : at + len(identity)] = struct.pack(
        ">9i", a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30
    )
    path.write_bytes(data)


def pictures(path: Path) -> list[np.ndarray]:
    """Every picture of a video, (H, W, 3) uint8 RGB."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def _subtitles(path: Path) -> list[tuple[float, float, str]]:
    found = []
    with av.open(str(path)) as container:
        if not container.streams.subtitles:
            return []
        for packet in container.demux(container.streams.subtitles[0]):
            data = bytes(packet)  # 3GPP timed text: two bytes of length, then the text
            text = data[2 : 2 + int.from_bytes(data[:2], "big")].decode()
            if packet.pts is not None and text:
                start_s = float(packet.pts * packet.time_base)
                found.append((start_s, start_s + float(packet.duration * packet.time_base), text))
    return found


def _index_first(path: Path) -> bool:
    data = path.read_bytes()
    return b"moov" in data and data.index(b"moov") < data.index(b"mdat")


def refuse_to_rename(monkeypatch: pytest.MonkeyPatch, times: int, *changes: str) -> None:
    """As Windows does for as long as somebody has a file open; these words are its own.

    changes: which functions of ``os`` refuse; without any, those that rename.
    """
    refused = iter(range(times))

    def guarded(change: Callable[..., None]) -> Callable[..., None]:
        def attempt(path: str | Path, *target: str | Path) -> None:
            if next(refused, None) is not None:
                error = PermissionError(errno.EACCES, "Access is denied", str(path))
                error.winerror = 5  # type: ignore[attr-defined]
                raise error
            change(path, *target)

        return attempt

    for name in changes or ("rename", "replace"):
        monkeypatch.setattr(os, name, guarded(getattr(os, name)))


def refuse_to_replace(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """As a disk does that is failing: no file may take that place."""
    replace_path = os.replace

    def guarded(source: str | Path, target: str | Path) -> None:
        if Path(target) == path:
            raise OSError(errno.EIO, "Input/output error", str(path))
        replace_path(source, target)

    monkeypatch.setattr(os, "replace", guarded)


def refuse_to_read(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """As a system does that knows the user not to be allowed to."""
    open_path = Path.open

    def guarded(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open_path(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", guarded)


def write_wide_film(path: Path, images: Sequence[np.ndarray], rate: int) -> Path:
    """A film whose pixels are twice as wide as high. images: (H, W, 3) uint8 RGB, as they are stored."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt, stream.codec_context.sample_aspect_ratio = "yuv420p", Fraction(2, 1)
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def add_sound(path: Path, source: Path, *, begins_s: float = 0.0) -> Path:
    """A film's pictures, ``begins_s`` after ten seconds of sound begin."""
    with av.open(str(source)) as film, av.open(str(path), "w") as container:
        pictures = container.add_stream_from_template(film.streams.video[0])
        track = container.add_stream("aac", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 80_000), np.float32), "fltp", "mono")
        sound.rate, sound.pts = 8000, 0
        container.mux(track.encode(sound))
        container.mux(track.encode(None))
        for packet in film.demux(video=0):
            if packet.size:
                packet.pts += round(begins_s / packet.time_base)
                packet.dts, packet.stream = packet.pts, pictures
                container.mux(packet)
    return path
