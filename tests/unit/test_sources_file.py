"""Video files through PyAV, compared with what was written and with OpenCV's own reader."""

from __future__ import annotations

import errno
import gc
import os
import subprocess
import sys
import threading
import wave
import weakref
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext
from PIL import Image
from recording_samples import add_sound, set_matrix, turn_phone, write_wide_film

from happysad_live.core.types import Frame
from happysad_live.errors import SourceError
from happysad_live.sources import Source, open_source
from happysad_live.sources.video import decode, video_stream
from happysad_live.video_frames import DisplayParameters, RgbConverter

RED, BLUE = (200, 30, 40), (30, 40, 200)


def write_video(
    path: Path,
    times_s: list[float],
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    time_base: Fraction = Fraction(1, 1000),
    options: dict[str, str] | None = None,
    file_options: dict[str, str] | None = None,
    draw: Callable[[int, int, int], np.ndarray] | None = None,
) -> Path:
    """A film whose frame n is left red, right blue, and has a brightness that grows with n."""
    with av.open(str(path), "w", options=file_options or {}) as container:
        stream = container.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], pixels
        stream.codec_context.time_base = time_base
        for number, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray((draw or picture)(number, *size), format="rgb24")
            frame = frame.reformat(format=pixels)
            frame.pts, frame.time_base = round(time_s / time_base), time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(number: int, width: int, height: int) -> np.ndarray:
    image = np.empty((height, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = RED, BLUE
    image[: height // 3] = 4 * number % 240
    return image


def noise(number: int, width: int, height: int) -> np.ndarray:
    """Blocks of random colours: something to decode."""
    blocks = np.random.default_rng(number).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return blocks.repeat(8, axis=0).repeat(8, axis=1)


def read_all(source: Source) -> list[Frame]:
    with source:
        return list(iter(source.read, None))


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("clip.mp4", "libx264", "yuv420p"),
        ("clip.mkv", "libx264", "yuv444p"),
        ("clip.mov", "mpeg4", "yuv420p"),
        ("clip.webm", "libvpx-vp9", "yuv420p"),
    ],
)
def test_frames_carry_the_files_own_uneven_times(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    times_s = [0.0, 0.04, 0.1, 0.5, 0.52, 1.25, 13.0]  # where nothing moves a screen gives no picture
    path = write_video(tmp_path / name, times_s, codec=codec, pixels=pixels)
    source = open_source(str(path))
    assert (source.info.name, source.info.kind, source.info.live) == (name, "file", False)
    assert (source.info.width, source.info.height) == (64, 48)
    frames = read_all(source)
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=0.0011)
    assert [frame.index for frame in frames] == list(range(7))
    image = frames[2].image
    assert image.shape == (48, 64, 3)
    assert image.flags.c_contiguous
    np.testing.assert_allclose(image[40, 10], RED, atol=8)
    np.testing.assert_allclose(image[40, 54], BLUE, atol=8)
    np.testing.assert_allclose(image[5, 30], 8, atol=6)


def test_avi_and_gif_at_their_even_rates(tmp_path: Path) -> None:
    times_s = [n / 30 for n in range(12)]
    frames = read_all(open_source(str(write_video(tmp_path / "a.avi", times_s, codec="mpeg4"))))
    assert [frame.time_s for frame in frames] == pytest.approx(times_s, abs=0.035)
    gif = write_video(tmp_path / "a.gif", [n / 10 for n in range(5)], codec="gif", pixels="rgb8")
    frames = read_all(open_source(str(gif)))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=0.011)
    assert frames[0].image[40, 10, 0] > 150


def test_a_gif_that_does_not_move_is_a_photograph(tmp_path: Path) -> None:
    for pictures in (1, 2):
        times_s = [n / 10 for n in range(pictures)]
        gif = write_video(tmp_path / f"{pictures}.gif", times_s, codec="gif", pixels="rgb8")
        source = open_source(str(gif))
        assert (source.info.frame_count == 1) == (source.info.length_s is None) == (pictures == 1)
        assert [frame.still for frame in read_all(source)] == [pictures == 1] * pictures


def test_a_film_in_fragments_is_no_photograph(tmp_path: Path) -> None:
    """FFmpeg reports one frame: the first fragment's."""
    times_s = [n / 25 for n in range(5)]
    fragments = {"movflags": "frag_every_frame"}
    path = write_video(tmp_path / "a.mp4", times_s, options={"bf": "0"}, file_options=fragments)
    source = open_source(str(path))
    assert source.info.frame_count != 1
    assert [frame.still for frame in read_all(source)] == [False] * 5


def test_an_avi_with_b_frames_keeps_its_even_pace(tmp_path: Path) -> None:
    """FFmpeg makes up times for such a file that jump back and forth."""
    times_s = [n / 30 for n in range(24)]
    b_frames = {"bf": "3", "b-adapt": "0"}
    path = write_video(tmp_path / "b.avi", times_s, time_base=Fraction(1, 30), options=b_frames)
    source = open_source(str(path))
    frames = read_all(source)
    steps_s = np.diff([frame.time_s for frame in frames])
    assert len(frames) == 24 and source.info.begins_s == 0
    np.testing.assert_allclose(steps_s, 1 / 30, atol=0.0011)
    brightness = [int(frame.image[5, 30, 0]) for frame in frames]
    assert brightness == sorted(brightness)  # the order of showing


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_the_last_pictures_of_an_avi_with_b_frames_can_be_sought(tmp_path: Path, codec: str) -> None:
    """Behind its last key frame, the decoder may give nothing until the file ends, and no times then."""
    options = {"bf": "2", "g": "22", "b-adapt": "0"}
    path = write_video(
        tmp_path / "b.avi",
        [n / 24 for n in range(24)],
        codec=codec,
        time_base=Fraction(1, 24),
        options=options,
    )
    straight = read_all(open_source(str(path)))
    with open_source(str(path)) as source:
        for expected in straight[-5:]:
            source.seek(expected.time_s)
            frame = source.read()
            assert frame is not None and frame.time_s == pytest.approx(expected.time_s)
            np.testing.assert_array_equal(frame.image, expected.image)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"bf": "3", "b-adapt": "0", "g": "25"}),
        ("a.mkv", "libx264", {"bf": "3", "b-adapt": "0", "g": "250"}),
        ("a.ts", "libx264", {"bf": "3", "b-adapt": "0", "g": "25"}),
        ("a.avi", "libx264", {"bf": "3", "b-adapt": "0", "g": "25"}),
        ("a.webm", "libvpx-vp9", {"g": "25"}),
        ("a.gif", "gif", {}),
    ],
)
def test_a_video_goes_on_from_the_picture_shown_at_any_time(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    pixels = "rgb8" if codec == "gif" else "yuv420p"
    even_s = [n / 5 for n in range(60)]
    path = write_video(
        tmp_path / name, even_s, codec=codec, pixels=pixels, time_base=Fraction(1, 25), options=options
    )
    straight = read_all(open_source(str(path)))
    times_s = [frame.time_s for frame in straight]
    with open_source(str(path)) as source:
        assert source.info.length_s == pytest.approx(60 / 5, abs=0.2)
        for place_s, expected in (
            (8.05, 40),
            (0.0, 0),
            (10.4, 52),
            (5.3, 26),
            (99.0, 59),
            (-1.0, 0),
            (5.0, 25),
        ):
            source.seek(place_s)
            frame = source.read()
            assert frame is not None
            assert frame.time_s == pytest.approx(times_s[expected])
            np.testing.assert_array_equal(frame.image, straight[expected].image)
            following = source.read()
            assert (following is None) == (expected == 59)
            if following is not None:
                np.testing.assert_array_equal(following.image, straight[expected + 1].image)


def test_at_its_end_a_file_is_let_go_of_until_it_is_sought_in(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [n / 25 for n in range(10)])
    with open_source(str(path)) as source:
        assert len(list(iter(source.read, None))) == 10
        source.seek(0.2)
        frame = source.read()
        assert frame is not None
        assert frame.position_s == pytest.approx(0.2)
        assert len(list(iter(source.read, None))) == 4
        path.unlink()
        source.seek(0.0)  # which has to open it again
        with pytest.raises(SourceError, match="There is no file"):
            source.read()


def test_a_wish_that_is_no_longer_wanted_ends_at_a_picture_on_the_way(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [n / 25 for n in range(60)], options={"g": "250"})
    with open_source(str(path)) as source:
        source.seek(2.0, still_wanted=lambda: False)
        frame = source.read()
        assert frame is not None
        assert frame.time_s < 1


def test_late_in_a_long_film_only_some_seconds_are_read_on_the_way(tmp_path: Path) -> None:
    """Of 100 s, with a key frame each second: a .ts knows no places, only times on the way."""
    times_s = [n / 10 for n in range(1000)]
    path = write_video(tmp_path / "a.ts", times_s, options={"g": "10", "preset": "ultrafast"})
    asked: list[int] = []
    with open_source(str(path)) as source:
        source.seek(90, still_wanted=lambda: not asked.append(1))  # once for each picture on the way
        frame = source.read()
    assert frame is not None and frame.time_s == pytest.approx(90)
    assert len(asked) < 200


def test_closing_waits_for_no_seek_on_its_way(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [n / 25 for n in range(60)], options={"g": "250"})
    source = open_source(str(path))
    closer = threading.Thread(target=source.close)
    passed: list[bool] = []

    def still_wanted() -> bool:
        if not passed:
            closer.start()
            closer.join(0.1)  # it waits for who reads
        passed.append(True)
        return True

    source.seek(2.0, still_wanted=still_wanted)
    assert source.read() is None
    assert len(passed) == 1
    closer.join()


def test_behind_the_end_of_a_cut_off_file_is_its_last_picture(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", [n / 25 for n in range(200)], draw=noise, options={"g": "10"})
    faststart = tmp_path / "cut.mp4"
    write_video(
        faststart,
        [n / 25 for n in range(200)],
        draw=noise,
        options={"g": "10"},
        file_options={"movflags": "faststart"},
    )
    faststart.write_bytes(faststart.read_bytes()[: whole.stat().st_size // 2])
    last = read_all(open_source(str(faststart)))[-1]
    assert 1 < last.time_s < 7
    with open_source(str(faststart)) as source:
        for _ in range(2):
            source.seek(7.9)
            frame = source.read()
            assert frame is not None
            assert frame.time_s == last.time_s


@pytest.mark.parametrize(
    ("name", "times_s"), [("raw.h264", [n / 25 for n in range(5)]), ("leap.mkv", [0.0, 0.04, 3e6])]
)
def test_without_a_believable_length_there_is_none(tmp_path: Path, name: str, times_s: list[float]) -> None:
    with open_source(str(write_video(tmp_path / name, times_s))) as source:
        assert source.info.length_s is None


def test_odd_sizes_arrive_whole(tmp_path: Path) -> None:
    path = write_video(tmp_path / "odd.mkv", [0, 0.1], size=(67, 45), codec="ffv1", pixels="bgr0")
    frames = read_all(open_source(str(path)))
    np.testing.assert_array_equal(frames[1].image, picture(1, 67, 45))


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_phone_held_upright_gives_an_upright_picture(tmp_path: Path, quarter_turns: int) -> None:
    """OpenCV, which honours the turn, is the judge."""
    path = write_video(tmp_path / "phone.mp4", [0, 0.1, 0.2])
    turn_phone(path, quarter_turns)
    judge = cv2.VideoCapture(str(path))
    judge.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    _, expected = judge.read()
    judge.release()
    source = open_source(str(path))
    assert (source.info.height, source.info.width) == expected.shape[:2]
    first = read_all(source)[0].image
    assert first.flags.c_contiguous
    np.testing.assert_allclose(first.astype(int), expected[..., ::-1].astype(int), atol=12)


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
        ((1, 0, 0, -1), lambda image: image[::-1]),
        ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
        ((0, -1, -1, 0), lambda image: image[::-1, ::-1].transpose(1, 0, 2)),
        ((0, 0, 0, 0), lambda image: image),  # which says nothing
    ],
)
def test_a_mirrored_film_is_shown_mirrored(
    tmp_path: Path, matrix: tuple[int, int, int, int], shown: Callable[[np.ndarray], np.ndarray]
) -> None:
    path = write_video(tmp_path / "selfie.mp4", [0, 0.1, 0.2])
    plain = read_all(open_source(str(path)))[0].image
    set_matrix(path, *matrix)
    np.testing.assert_array_equal(read_all(open_source(str(path)))[0].image, shown(plain))


def test_a_film_of_more_pixels_than_the_memory_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "huge.mp4", [0, 0.1])
    monkeypatch.setattr("happysad_live.video_frames.MAX_FRAME_PIXELS", 100)
    with pytest.raises(SourceError, match=r"huge\.mp4 has more pixels"):
        open_source(str(path))


def test_pictures_that_were_read_are_let_go_of_at_once(tmp_path: Path) -> None:
    """What waits for Python to collect cycles are gigabytes of a large film."""
    path = write_video(tmp_path / "long.mp4", [number / 30 for number in range(90)])
    source = open_source(str(path))
    gc.collect()
    gc.disable()
    try:
        with source:
            assert sum(1 for _ in iter(source.read, None)) == 90
        assert sum(isinstance(found, av.VideoFrame) for found in gc.get_objects()) < 10
    finally:
        gc.enable()


def test_a_broken_middle_costs_only_itself(tmp_path: Path) -> None:
    times_s = [n / 30 for n in range(90)]
    path = write_video(tmp_path / "scratch.mkv", times_s, codec="mjpeg", pixels="yuvj420p")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + len(data) // 10] = bytes(len(data) // 10)
    path.write_bytes(data)
    frames = read_all(open_source(str(path)))
    assert 60 <= len(frames) <= 90
    assert frames[-1].time_s == pytest.approx(times_s[-1], abs=0.05)
    assert all(a.time_s < b.time_s for a, b in pairwise(frames))
    assert [frame.index for frame in frames] == list(range(len(frames)))


def test_long_damage_in_the_middle_is_told_and_read_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    times_s = [n / 30 for n in range(900)]
    path = write_video(
        tmp_path / "film.mp4",
        times_s,
        file_options={"movflags": "faststart"},
        options={"g": "15", "preset": "ultrafast"},
        draw=noise,
    )
    data = bytearray(path.read_bytes())
    start, end = len(data) * 3 // 10, len(data) * 7 // 10  # more packets than a stream may lose
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    damaged = open_source(str(path))
    frames = read_all(damaged)
    assert damaged.incomplete
    assert any("film.mp4 is damaged after" in message for message in caplog.messages)
    assert 400 <= len(frames) < 900
    assert frames[-1].time_s == pytest.approx(times_s[-1], abs=0.1)


def test_a_film_that_cannot_be_read_on_gives_what_came_before_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "a.ivf", [n / 25 for n in range(20)], codec="libvpx", draw=noise)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b"\xff" * 2000  # where a size stands: FFmpeg gives up
    path.write_bytes(data)
    source = open_source(str(path))
    assert 0 < len(read_all(source)) < 20 and source.incomplete
    assert "a.ivf breaks off after" in caplog.text


def test_damage_is_counted_anew_behind_every_picture_that_can_be_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [n / 25 for n in range(40)], codec="mjpeg", pixels="yuvj420p")
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number, (at, size) in enumerate(places):
        if number % 5 >= 2:
            data[at : at + size] = bytes(size)
    path.write_bytes(data)
    with av.open(str(path)) as container:
        found = list(decode(container, video_stream(container), max_errors=4))
    # Of the two that are whole, the first is behind damage.
    assert [one.after_damage for one in found] == [False, False, *[True, False] * 7]


def test_pictures_that_share_a_time_are_shown_one_after_the_other(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", [0, 0.0002, 0.0004, 0.04], time_base=Fraction(1, 10_000))
    times_s = [frame.time_s for frame in read_all(open_source(str(path)))]
    assert all(earlier < later for earlier, later in pairwise(times_s))
    assert times_s == pytest.approx([0, 0, 0, 0.04], abs=0.01)


def test_a_damaged_film_can_be_closed_while_its_decoders_complain(tmp_path: Path) -> None:
    path = write_video(tmp_path / "film.mp4", [n / 30 for n in range(40)], size=(640, 480), draw=noise)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[np.random.default_rng(0).integers(2000, len(data) * 9 // 10, len(data) // 2000)] ^= 0x55
    path.write_bytes(data.tobytes())
    program = (
        "import sys\nfrom happysad_live.sources import open_source\n"
        "for number in range(200):\n"
        "    with open_source(sys.argv[1]) as source:\n"
        "        for _ in range(number % 12):\n"
        "            source.read()\n"
    )
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, timeout=90)


@pytest.mark.parametrize(("name", "options"), [("cut.mkv", {}), ("cut.mp4", {"movflags": "faststart"})])
def test_a_file_cut_short_gives_what_is_there_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, options: dict[str, str]
) -> None:
    times_s = [n / 30 for n in range(60)]
    path = write_video(tmp_path / name, times_s, codec="mjpeg", pixels="yuvj420p", file_options=options)
    whole = open_source(str(path))
    assert len(read_all(whole)) == 60
    assert not caplog.messages and not whole.incomplete
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    cut = open_source(str(path))
    assert 5 <= len(read_all(cut)) < 60 and cut.incomplete
    assert [f"{name} ends after" in message for message in caplog.messages] == [True]


def test_frames_without_times_are_counted_at_the_declared_rate(tmp_path: Path) -> None:
    """A bare H.264 stream has no container and so no times."""
    path = write_video(tmp_path / "bare.h264", [n / 30 for n in range(20)], options={"tune": "zerolatency"})
    frames = read_all(open_source(str(path)))
    assert len(frames) == 20
    gaps = np.diff([frame.time_s for frame in frames])
    assert np.all(gaps > 0.01)
    assert np.all(gaps < 0.1)


def test_wrong_files_get_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "letter.mp4"
    text.write_text("Dear camera,\nthis is no film.\n" * 40)
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    readme = tmp_path / "readme.txt"
    readme.write_text("words, words, words\n" * 40)
    sound = tmp_path / "song.wav"
    with wave.open(str(sound), "wb") as tone:
        tone.setparams((1, 2, 8000, 0, "NONE", ""))
        tone.writeframes(bytes(8000))
    for path in (text, empty, readme):
        with pytest.raises(SourceError, match=f"{path.name} is not a video that can be read"):
            open_source(str(path))
    bare = write_video(tmp_path / "bare.mp4", [0, 0.1], file_options={"movflags": "faststart"})
    bare.write_bytes(bare.read_bytes().partition(b"mdat")[0] + b"mdat")
    with pytest.raises(SourceError, match=r"bare\.mp4 holds no picture that can be read"):
        open_source(str(bare))
    odd = tmp_path / "odd.nut"
    with av.open(str(odd), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = (
            64,
            48,
            "bgr4",
        )  # which FFmpeg writes, but converts to nothing
        container.mux(stream.encode(av.VideoFrame(64, 48, "bgr4")))
    with pytest.raises(SourceError, match=r"odd\.nut holds no picture that can be read"):
        open_source(str(odd))
    with pytest.raises(SourceError, match=r"song\.wav holds no video"):
        open_source(str(sound))
    with pytest.raises(SourceError, match=r"^There is no file .*nofile\.mp4\.$"):
        open_source(str(tmp_path / "nofile.mp4"))


def test_a_file_that_the_user_may_not_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise av.error.PermissionError(13, "Permission denied")

    path = write_video(tmp_path / "a.mp4", [0, 0.1])
    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(SourceError, match=r"a\.mp4 cannot be read: check its owner and permissions"):
        open_source(str(path))


def test_a_short_film_whose_last_b_frames_its_length_leaves_out_is_whole(tmp_path: Path) -> None:
    times_s = [n / 25 for n in range(10)]
    b_frames = {"bf": "3", "b-adapt": "0"}
    path = write_video(tmp_path / "a.flv", times_s, options=b_frames, time_base=Fraction(1, 25))
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (10, False)


def test_a_picture_that_cannot_be_shown_is_told_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert = RgbConverter.__call__

    def refuse_the_fifth(self: RgbConverter, frame: av.VideoFrame, display: DisplayParameters) -> np.ndarray:
        if frame.time == pytest.approx(0.16):
            raise av.error.InvalidDataError(1, "damaged")
        return convert(self, frame, display)

    path = write_video(tmp_path / "a.mkv", [n / 25 for n in range(10)], options={"bf": "0"})
    monkeypatch.setattr(RgbConverter, "__call__", refuse_the_fifth)
    source = open_source(str(path))
    frames = read_all(source)
    assert [frame.index for frame in frames] == list(range(9))
    assert frames[-1].time_s == pytest.approx(0.36) and source.incomplete


def test_the_cover_of_a_song_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        cover, track = container.add_stream("mjpeg"), container.add_stream("aac", rate=8000, layout="mono")
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(picture(0, 64, 48), format="rgb24")))
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
        sound.rate, sound.pts = 8000, 0
        container.mux([*track.encode(sound), *track.encode(None)])
    with pytest.raises(SourceError, match=r"song\.m4a holds no video"):
        open_source(str(path))


def test_a_title_may_be_in_letters_of_another_time(tmp_path: Path) -> None:
    """As in an old AVI: Latin-1, and no UTF-8."""
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "Caf? in May"
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0, 64, 48), format="rgb24")))
        container.mux(stream.encode(None))
    path.write_bytes(path.read_bytes().replace(b"Caf?", "Café".encode("latin-1")))
    assert len(read_all(open_source(str(path)))) == 1


def test_a_playlist_in_a_file_opens_no_address(tmp_path: Path) -> None:
    playlist = tmp_path / "list.mp4"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(SourceError, match="is not a video"):
        open_source(str(playlist))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names elsewhere only")
def test_a_list_of_films_opens_none_of_them(tmp_path: Path) -> None:
    """One may be a pipe into which nobody writes."""
    os.mkfifo(tmp_path / "part.mp4")
    (tmp_path / "list.mp4").write_text("ffconcat version 1.0\nfile part.mp4\n")
    with pytest.raises(SourceError, match="is not a video"):
        open_source(str(tmp_path / "list.mp4"))


def test_closing_twice_and_reading_after_it_is_harmless(tmp_path: Path) -> None:
    source = open_source(str(write_video(tmp_path / "a.mp4", [0, 0.1])))
    source.close()
    source.close()
    assert source.read() is None


def test_real_clips_agree_with_another_reader(shared_data: Path) -> None:
    for name in ("neutral_then_happy.mp4", "sign_thanks.mkv", "face_then_nobody.mov"):
        path = shared_data / "videos" / name
        judge = cv2.VideoCapture(str(path))
        times_s = []
        while judge.grab():
            times_s.append(judge.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        judge.release()
        frames = read_all(open_source(str(path)))
        assert len(frames) == len(times_s)
        assert frames[0].time_s == 0
        # OpenCV guesses the first frame's time where the file's first packet has none.
        ours_s = np.array([frame.time_s for frame in frames[1:]]) - frames[1].time_s
        np.testing.assert_allclose(ours_s, np.array(times_s[1:]) - times_s[1], atol=0.002, err_msg=name)


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
        ("a.mkv", "mpeg4", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.flv", "flv", "yuv420p"),
    ],
)
def test_a_download_that_broke_off_is_told_where_the_length_does_not_tell(
    tmp_path: Path, name: str, codec: str, pixels: str, caplog: pytest.LogCaptureFixture
) -> None:
    times_s = [n / 25 for n in range(50)]
    whole = write_video(
        tmp_path / name, times_s, codec=codec, pixels=pixels, draw=noise, time_base=Fraction(1, 25)
    )
    source = open_source(str(whole))
    assert (len(read_all(source)), source.incomplete, caplog.text) == (50, False, "")
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    source = open_source(str(cut))
    assert 0 < len(read_all(source)) < 45
    assert source.incomplete
    assert f"cut-{name}" in caplog.text


def test_a_download_with_sound_that_broke_off_is_told(tmp_path: Path) -> None:
    """Then nothing says how long the pictures alone should last."""
    film = write_video(tmp_path / "film.mkv", [n / 25 for n in range(250)], options={"bf": "0"}, draw=noise)
    whole = add_sound(tmp_path / "whole.mkv", film)
    source = open_source(str(whole))
    assert (len(read_all(source)), source.incomplete) == (250, False)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    source = open_source(str(whole))
    assert 0 < len(read_all(source)) < 240 and source.incomplete


@pytest.mark.parametrize("name", ["film.mkv", "film.wmv"])
def test_sound_that_goes_on_behind_the_pictures_makes_no_film_cut_off(tmp_path: Path, name: str) -> None:
    pictures = write_video(tmp_path / "pictures.mkv", [n / 25 for n in range(50)], options={"bf": "0"})
    source = open_source(str(add_sound(tmp_path / name, pictures)))
    assert source.info.length_s == pytest.approx(10, abs=0.2)
    assert (len(read_all(source)), source.incomplete) == (50, False)


@pytest.mark.parametrize("part", [0.97, 0.6])
def test_the_last_minutes_that_an_mp4_lacks_are_told(tmp_path: Path, part: float) -> None:
    times_s = [n / 25 for n in range(250)]
    path = write_video(tmp_path / "a.mp4", times_s, draw=noise, file_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: round(path.stat().st_size * part)])
    source = open_source(str(path))
    assert len(read_all(source)) < 250 and source.incomplete


def test_a_film_whose_size_takes_64_bits_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    """As beyond 4 GB. FFmpeg leaves an empty box of 8 bytes before the pictures, for such a size."""
    path = write_video(tmp_path / "a.mp4", [n / 25 for n in range(50)])
    data = path.read_bytes()
    at = data.index(b"\0\0\0\x08free")
    assert data[at + 12 : at + 16] == b"mdat"
    size = int.from_bytes(data[at + 8 : at + 12], "big") + 8
    whole = data[:at] + b"\0\0\0\x01mdat" + size.to_bytes(8, "big") + data[at + 16 :]
    path.write_bytes(whole)
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (50, False)


def test_a_broken_off_download_of_a_film_whose_size_takes_64_bits_is_told(tmp_path: Path) -> None:
    times_s = [n / 25 for n in range(250)]
    path = write_video(tmp_path / "a.mp4", times_s, draw=noise, file_options={"movflags": "faststart"})
    data = path.read_bytes()
    at = data.index(b"\0\0\0\x08free")
    size = int.from_bytes(data[at + 8 : at + 12], "big") + 8
    whole = data[:at] + b"\0\0\0\x01mdat" + size.to_bytes(8, "big") + data[at + 16 :]
    path.write_bytes(whole[: round(0.97 * len(whole))])
    source = open_source(str(path))
    assert len(read_all(source)) > 200 and source.incomplete


def test_a_film_that_was_streamed_while_it_was_made_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    """As browsers record: nobody knew yet how large it would be (RFC 8794, 6.2)."""
    times_s = [n / 25 for n in range(50)]
    path = write_video(tmp_path / "a.webm", times_s, codec="libvpx", file_options={"live": "1"})
    assert path.read_bytes().partition(b"\x18\x53\x80\x67")[2].startswith(b"\x01" + b"\xff" * 7)
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (50, False)


def test_an_avi_that_counts_its_own_header_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.avi", [n / 25 for n in range(50)], codec="mpeg4", time_base=Fraction(1, 25)
    )
    data = path.read_bytes()
    path.write_bytes(data[:4] + len(data).to_bytes(4, "little") + data[8:])
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (50, False)


@pytest.mark.parametrize("behind", [b"TAG" + b"\x20" * 125, b"LIGOGPSINFO\x00" + bytes(52), bytes(64)])
def test_what_cameras_and_taggers_write_behind_an_mp4_is_no_damage(tmp_path: Path, behind: bytes) -> None:
    path = write_video(tmp_path / "a.mp4", [n / 25 for n in range(50)])
    path.write_bytes(path.read_bytes() + behind)
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (50, False)


def test_a_box_that_is_said_to_be_larger_than_any_file_costs_no_picture(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [n / 25 for n in range(50)])
    path.write_bytes(path.read_bytes() + b"\0\0\0\x01free" + b"\xff" * 8)
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (50, True)


def test_a_live_stream_shows_a_picture_as_soon_as_it_has_come(tmp_path: Path) -> None:
    """FFmpeg decodes several at once otherwise, one a core, and holds them back."""
    path = write_video(
        tmp_path / "camera.mkv", [n / 5 for n in range(20)], options={"tune": "zerolatency", "bf": "0"}
    )
    with av.open(str(path)) as container:
        stream = video_stream(container, live=True)
        stream.codec_context.thread_count = 8
        first = next(container.demux(stream))
        assert len(first.decode()) == 1


def test_when_the_first_picture_is_shown_after_the_sound_began(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mkv", [n / 25 for n in range(50)], options={"bf": "0"})
    with open_source(str(film)) as source:
        assert source.info.begins_s == 0
    with open_source(str(add_sound(tmp_path / "late.mkv", film, begins_s=0.8))) as source:
        assert source.info.begins_s == pytest.approx(0.8, abs=0.05)
        frame = source.read()
        assert frame is not None and frame.time_s == 0


def test_packets_that_a_broadcast_lost_are_told(tmp_path: Path) -> None:
    """ISO/IEC 13818-1: packets of 188 bytes, which count up for each stream."""
    times_s = [n / 25 for n in range(50)]
    whole = write_video(tmp_path / "a.ts", times_s, draw=noise, options={"bf": "0"})
    source = open_source(str(whole))
    assert (len(read_all(source)), source.incomplete) == (50, False)
    content, middle = whole.read_bytes(), whole.stat().st_size // 376 * 188
    lossy = tmp_path / "lossy.ts"
    lossy.write_bytes(content[:middle] + content[middle + 5 * 188 :])
    source = open_source(str(lossy))
    assert 40 < len(read_all(source)) <= 50
    assert source.incomplete


@pytest.mark.parametrize(("last_s", "shown_s"), [(3, 3.0), (600, 10.0)])
def test_a_gif_that_stays_long_on_its_last_picture_is_whole_and_ends(
    tmp_path: Path, last_s: int, shown_s: float
) -> None:
    path = tmp_path / "a.gif"
    pictures = [Image.fromarray(picture(30 * number, 64, 48)) for number in range(3)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[100, 100, 1000 * last_s])
    source = open_source(str(path))
    frames = read_all(source)
    assert (len(frames), source.incomplete) == (3, False)
    assert [frame.duration_s for frame in frames] == pytest.approx([0.1, 0.1, shown_s])


@pytest.mark.parametrize("behind", [b"\n", b"\r\n", b"made with"])
def test_what_stands_behind_a_gif_is_no_damage(tmp_path: Path, behind: bytes) -> None:
    path = write_video(tmp_path / "a.gif", [0, 0.1, 0.2], codec="gif", pixels="rgb8")
    path.write_bytes(path.read_bytes() + behind)
    source = open_source(str(path))
    assert (len(read_all(source)), source.incomplete) == (3, False)


def test_wide_pixels_are_shown_square(tmp_path: Path) -> None:
    """As in films of television: twice as wide as high, so is the picture as it was filmed."""
    images = [picture(number, 64, 48) for number in range(3)]
    path = write_wide_film(tmp_path / "wide.mkv", images, rate=30)
    source = open_source(str(path))
    assert (source.info.width, source.info.height) == (128, 48)
    image = read_all(source)[0].image
    assert image.shape == (48, 128, 3)
    np.testing.assert_allclose(image[40, 40], RED, atol=8)
    np.testing.assert_allclose(image[40, 88], BLUE, atol=8)


def test_a_file_whose_clock_starts_late_begins_with_its_first_picture(tmp_path: Path) -> None:
    """A piece of a longer .ts: a player's clock starts with it, and so do the subtitles."""
    path = write_video(tmp_path / "a.ts", [5 + n / 25 for n in range(10)], time_base=Fraction(1, 25))
    with av.open(str(path)) as container:
        assert container.start_time > 4_900_000
    with open_source(str(path)) as source:
        assert source.info.begins_s < 0.2


def test_pictures_of_cameras_that_tell_their_exif_data_are_shown(tmp_path: Path) -> None:
    """As ``cat *.jpg > film.mjpeg`` gives, or a still camera's video."""
    exif = Image.Exif()
    exif[0x010F] = "A camera's maker"
    path = tmp_path / "film.mjpeg"
    with path.open("wb") as file:
        for number in range(5):
            Image.fromarray(picture(number, 64, 48)).save(file, "jpeg", exif=exif, quality=95)
    frames = read_all(open_source(str(path)))
    assert len(frames) == 5
    np.testing.assert_allclose(frames[0].image[40, 8].astype(int), RED, atol=12)


@pytest.mark.parametrize("later_s", [0.0, 40_000.0, -40_000.0])
def test_joined_films_go_on_one_after_the_other(tmp_path: Path, later_s: float) -> None:
    """As ``cat a.ts b.ts`` gives, whatever the second one's clock has to do with the first one's."""
    first = write_video(tmp_path / "a.ts", [50_000 + n / 25 for n in range(50)], options={"bf": "0"})
    second = write_video(
        tmp_path / "b.ts", [50_000 + later_s + n / 25 for n in range(50)], options={"bf": "0"}
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    with open_source(str(joined)) as source:
        times_s = [frame.time_s for frame in iter(source.read, None)]
        assert times_s == pytest.approx([n / 25 for n in range(100)], abs=0.0011)
        assert not source.incomplete
        source.seek(1.0)  # back in the first one
        frame = source.read()
        assert frame is not None and frame.time_s == pytest.approx(1.0)


def test_sound_that_a_later_film_brings_along_ends_no_joined_film(tmp_path: Path) -> None:
    """A stream that FFmpeg meets on the way only: the first film is longer than it looks ahead."""
    silent = write_video(
        tmp_path / "a.ts",
        [n / 25 for n in range(300)],
        size=(320, 240),
        options={"bf": "0", "crf": "10", "preset": "ultrafast"},
        draw=noise,
    )
    loud = add_sound(
        tmp_path / "b.ts",
        write_video(tmp_path / "b.mkv", [n / 25 for n in range(50)], size=(320, 240), options={"bf": "0"}),
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(silent.read_bytes() + loud.read_bytes() + silent.read_bytes())
    with av.open(str(joined)) as container:
        assert len(container.streams) == 1
    source = open_source(str(joined))
    assert (len(read_all(source)), source.incomplete) == (650, False)


def test_pieces_of_one_recording_put_together_are_whole(tmp_path: Path) -> None:
    """As a dashcam or a recorder writes them: the clock goes on, the count of packets begins anew."""
    pieces = [
        write_video(
            tmp_path / f"{piece}.ts", [2 * piece + n / 25 for n in range(50)], options={"bf": "0"}, draw=noise
        )
        for piece in range(3)
    ]
    whole = tmp_path / "whole.ts"
    whole.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    source = open_source(str(whole))
    frames = read_all(source)
    assert [frame.time_s for frame in frames] == pytest.approx([n / 25 for n in range(150)], abs=0.0011)
    assert not source.incomplete


@pytest.mark.parametrize(("name", "codec"), [("late.mkv", "libx264"), ("late.wmv", "wmv2")])
def test_a_film_that_begins_late_is_whole_and_as_long_as_its_pictures(
    tmp_path: Path, name: str, codec: str
) -> None:
    times_s = [20 + n / 30 for n in range(60)]
    path = write_video(tmp_path / name, times_s, codec=codec, time_base=Fraction(1, 30))
    source = open_source(str(path))
    assert source.info.length_s == pytest.approx(2.0, abs=0.05)
    frames = read_all(source)
    assert (len(frames), source.incomplete) == (60, False)


@pytest.mark.parametrize("frames", [3, 30])
def test_a_closed_film_keeps_no_decoder(tmp_path: Path, frames: int) -> None:
    """Which has threads and pictures of its own: without waiting for Python to look for cycles."""
    path = write_video(tmp_path / "film.mp4", [number / 25 for number in range(10)])
    gc.collect()
    gc.disable()
    try:
        source = open_source(str(path))
        for _ in range(frames):
            source.read()
        gone = weakref.ref(source)
        source.close()
        source.seek(0.1)  # another thread may come late with it
        del source
        assert gone() is None
    finally:
        gc.enable()


def test_a_film_that_was_read_to_its_end_keeps_no_decoder(tmp_path: Path) -> None:
    """Though the window keeps the source, to show the film from another time on."""
    path = write_video(tmp_path / "film.mp4", [number / 25 for number in range(10)])
    before = decoders()
    with open_source(str(path)) as source:
        assert decoders() == before + 1
        while source.read() is not None:
            pass
        gc.collect()
        assert decoders() == before
        source.seek(0.1)
        assert source.read() is not None


def decoders() -> int:
    return sum(isinstance(one, VideoCodecContext) for one in gc.get_objects())


def test_a_film_that_memory_runs_out_for_is_not_damaged() -> None:
    def decode_packet() -> list[object]:
        raise av.error.MemoryError(errno.ENOMEM, "Cannot allocate memory")

    stream = SimpleNamespace(index=0)
    packet = SimpleNamespace(
        stream=stream, size=9, dts=0, time_base=Fraction(1, 30), is_keyframe=True, is_corrupt=False
    )
    packet.decode = decode_packet
    container = SimpleNamespace(demux=lambda *_: iter([packet]))
    with pytest.raises(MemoryError):
        list(decode(container, stream))


def test_a_film_that_the_system_cannot_open_now_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mp4").write_bytes(b"whatever")

    def fail(*_: object, **__: object) -> None:
        raise av.error.OSError(errno.EMFILE, "Too many open files", str(tmp_path / "film.mp4"))

    monkeypatch.setattr(av, "open", fail)
    with pytest.raises(SourceError, match="film.mp4 cannot be read: Too many open files"):
        open_source(str(tmp_path / "film.mp4"))
