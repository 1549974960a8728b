"""The colours of videos, as a person is to see them, however they are read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from http_camera import HttpCamera
from recording_samples import turn_phone

from happysad_live.recording.clip_reader import ClipReader
from happysad_live.sources import open_source

RED = (200, 30, 40)

UNSPECIFIED, BT601, YCGCO, BT2020, BT2020_CONSTANT, ICTCP = 2, 5, 8, 9, 10, 14
"""What a video says of its colours (ITU-T H.273, table 4)."""


def read_from_file(path: Path | str) -> np.ndarray:
    with open_source(str(path)) as source:
        frame = source.read()
    assert frame is not None
    return frame.image


def read_from_address(path: Path) -> np.ndarray:
    with closing(HttpCamera(film=path.read_bytes())) as camera:
        return read_from_file(camera.address)


def read_from_clip(path: Path) -> np.ndarray:
    with ClipReader(path) as reader:
        picture = reader.read()
    assert picture is not None
    return picture.image


@pytest.mark.parametrize(
    ("size", "says", "matrix"),
    [
        ((1280, 720), UNSPECIFIED, "ITU709"),
        ((480, 848), UNSPECIFIED, "ITU709"),
        ((640, 480), UNSPECIFIED, "ITU601"),
        ((1280, 720), BT601, "ITU601"),
        # FFmpeg undoes none of these: shown as other films are, they are off in colour, but shown.
        ((640, 480), YCGCO, "ITU709"),
        ((640, 480), BT2020_CONSTANT, "ITU709"),
    ],
)
def test_video_has_the_colours_that_it_says_or_else_that_players_show(
    tmp_path: Path, size: tuple[int, int], says: int, matrix: str
) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.colorspace = says
        red = np.full((size[1], size[0], 3), RED, np.uint8)
        frame = av.VideoFrame.from_ndarray(red, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=matrix)
        frame.colorspace = says
        container.mux([*stream.encode(frame), *stream.encode(None)])
    np.testing.assert_allclose(read_from_file(path)[-8, 8].astype(int), RED, atol=5)


SCREEN = np.array([[255, 255, 255], [128, 128, 128], [30, 30, 30], [200, 150, 120]])
"""Colours as a screen shows them whose white is BT.2408's reference white of 203 cd/m2."""


def hlg(linear: np.ndarray) -> np.ndarray:
    """BT.2100, table 5: the screen's OOTF undone (1000 cd/m2, gamma 1.2), then the OETF."""
    luminance = linear @ (0.2627, 0.678, 0.0593) * 0.203
    scene = 0.203 * linear * luminance[:, None] ** (1 / 1.2 - 1)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def pq(linear: np.ndarray) -> np.ndarray:
    """BT.2100, table 4: the inverse EOTF."""
    power = (linear * 203 / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


@pytest.mark.parametrize(
    ("read", "curve", "code", "says"),
    [
        (read_from_file, hlg, 18, BT2020),
        (read_from_file, pq, 16, BT2020),
        (read_from_file, pq, 16, UNSPECIFIED),
        (read_from_file, pq, 16, ICTCP),
        (read_from_address, hlg, 18, BT2020),
        (read_from_clip, pq, 16, UNSPECIFIED),
    ],
)
def test_a_phones_film_of_high_dynamic_range_has_the_colours_of_a_screen(
    tmp_path: Path,
    read: Callable[[Path], np.ndarray],
    curve: Callable[[np.ndarray], np.ndarray],
    code: int,
    says: int,
) -> None:
    """All ways of reading turn pictures into RGB by one converter, which each has to tell of the curve."""
    # BT.2087 and, below, BT.2020.
    to_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    red, green, blue = curve((SCREEN / 255) ** 2.4 @ to_2020.T).T
    luma = 0.2627 * red + 0.678 * green + 0.0593 * blue
    codes = [64 + 876 * luma, 512 + 896 * (blue - luma) / 1.8814, 512 + 896 * (red - luma) / 1.4746]
    path = tmp_path / "phone.mp4"
    with av.open(str(path), "w") as container:
        options = {"x265-params": "crf=2:bframes=0:log-level=none"}
        stream = container.add_stream("libx265", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 64, "yuv420p10le"
        stream.codec_context.color_trc, stream.codec_context.color_primaries = code, 9
        stream.codec_context.colorspace, stream.codec_context.color_range = says, 1
        frame = av.VideoFrame(128, 64, "yuv420p10le")
        for plane, values in zip(frame.planes, codes, strict=True):
            row = np.rint(values).astype("<u2").repeat(plane.width // len(SCREEN))
            padded = np.zeros((plane.height, plane.line_size // 2), "<u2")
            padded[:, : plane.width] = row
            plane.update(padded.tobytes())
        for number in range(3):
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    turn_phone(path, 2)
    image = read(path)
    np.testing.assert_allclose(image[32, 112::-32].astype(int), SCREEN, atol=4)
