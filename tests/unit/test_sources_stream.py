"""Streams, against an HTTP camera of our own."""

from __future__ import annotations

import io
import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from http_camera import FRAME_RATE, HttpCamera
from PIL import Image
from recording_samples import write_wide_film

from happysad_live.core.types import Frame
from happysad_live.errors import SourceError
from happysad_live.sources import open_source, stream
from happysad_live.sources.address import with_quoted_password, without_password


@pytest.fixture
def http_camera() -> Iterator[HttpCamera]:
    with closing(HttpCamera()) as camera:
        yield camera


def test_pictures_arrive_with_the_times_at_which_they_came(http_camera: HttpCamera) -> None:
    with open_source(http_camera.address) as source:
        assert (source.info.kind, source.info.live) == ("stream", True)
        assert (source.info.width, source.info.height) == (64, 48)
        frames = [source.read() for _ in range(30)]
    kept = [frame for frame in frames if frame]
    assert [frame.index for frame in kept] == list(range(30))
    numbers = [int(frame.image[20, 20, 0]) for frame in kept]
    assert np.all(np.diff(numbers) > 0)
    # One step of a thirtieth of a second for each picture that was sent.
    pace_s = (kept[-1].time_s - kept[0].time_s) / (numbers[-1] - numbers[0])
    assert 1 / FRAME_RATE * 0.9 < pace_s < 1 / FRAME_RATE * 2


def test_a_camera_of_one_picture_a_connection_is_read_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    with closing(HttpCamera(film=jpeg)) as camera, open_source(camera.address) as source:
        for _ in range(3):
            frame = source.read()
            assert frame is not None and frame.image.shape == (48, 64, 3)
        assert camera.connections >= 3
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_an_address_may_be_written_in_capitals(http_camera: HttpCamera) -> None:
    with open_source(http_camera.address.replace("http://", "HTTP://")) as source:
        assert source.read() is not None


@pytest.mark.parametrize(
    "part_head", ["--next\r\nContent-Type: image/jpg", "next\r\nContent-Type: image/jpeg"]
)
def test_cameras_that_name_their_pictures_oddly_are_understood(part_head: str) -> None:
    with closing(HttpCamera(part_head=part_head)) as camera, open_source(camera.address) as source:
        numbers = [int(frame.image[20, 20, 0]) for frame in (source.read() for _ in range(5)) if frame]
    assert len(numbers) == 5 and np.all(np.diff(numbers) > 0)


def test_a_slow_reader_gets_the_newest_picture(http_camera: HttpCamera) -> None:
    pause = threading.Event()
    with open_source(http_camera.address) as source:
        first = source.read()
        pause.wait(1.0)
        source.read()  # may have been waiting
        late = source.read()
    assert first is not None
    assert late is not None
    assert int(late.image[20, 20, 0]) - int(first.image[20, 20, 0]) > 10


def test_a_broken_connection_is_made_anew_and_the_gap_stays_in_the_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "ATTEMPTS", 1)  # each time anew
    with closing(HttpCamera(frames_a_connection=8)) as camera, open_source(camera.address) as source:
        frames = [source.read() for _ in range(22)]
    times_s = [frame.time_s for frame in frames if frame]
    assert len(times_s) == 22
    assert camera.connections >= 3
    assert np.all(np.diff(times_s) > 0)
    assert max(np.diff(times_s)) > 0.3


def test_a_stream_that_is_gone_for_good_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "ATTEMPTS", 2)
    camera = HttpCamera(frames_a_connection=5)
    with open_source(camera.address) as source:
        assert source.read() is not None
        camera.close()
        with pytest.raises(SourceError, match="could not be reached again"):
            while source.read():
                pass


def test_nobody_there_is_one_sentence_without_the_password() -> None:
    password = "".join(["se", "cret"])  # so that no line of code holds it
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:9/x does not answer") as caught:
        open_source(f"http://me:{password}@127.0.0.1:9/x")
    assert password not in "".join(traceback.format_exception(caught.value))  # as --debug prints it
    assert threading.active_count() == 1


def test_a_server_that_takes_the_call_and_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "CONNECT_LIMIT_S", 0.2)
    told = r"does not answer with a video \(no answer for"
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(SourceError, match=told):
        open_source(f"http://127.0.0.1:{server.getsockname()[1]}/live")


def film(folder: Path) -> bytes:
    """One second of twenty pictures, each ten brighter than the last."""
    path = folder / "film.mkv"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 20, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), number * 10, np.uint8))
    writer.release()
    return path.read_bytes()


def gif() -> bytes:
    """The same, in a format that does not tell its length."""
    pictures = [Image.new("L", (64, 48), number * 10) for number in range(20)]
    content = io.BytesIO()
    pictures[0].save(content, "GIF", save_all=True, append_images=pictures[1:], duration=50)
    return content.getvalue()


@pytest.mark.parametrize("tells_its_length", [True, False])
def test_a_film_behind_an_address_plays_at_its_pace_and_ends(tmp_path: Path, tells_its_length: bool) -> None:
    with (
        closing(HttpCamera(film=film(tmp_path) if tells_its_length else gif())) as camera,
        open_source(camera.address) as source,
    ):
        assert source.info.frame_rate == pytest.approx(20)
        frames = list(iter(source.read, None))
    assert frames[0].time_s == 0 and frames[0].image.max() < 5
    assert frames[-1].image.min() > 185  # the last picture is not lost
    assert 0.75 < frames[-1].time_s < 2.5
    assert camera.connections == 1 or tells_its_length  # whose index is read first


def test_a_film_that_its_server_cannot_send_from_the_middle_is_to_be_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its index stands at the end, behind more than FFmpeg keeps in memory."""
    monkeypatch.setattr(stream, "ATTEMPTS", 1)
    path, random = tmp_path / "film.mp4", np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("libx264", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 320, 240, "yuv420p"
        for _ in range(60):
            noise = random.integers(0, 256, (240, 320, 3), np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        container.mux(pictures.encode(None))
    with (
        closing(HttpCamera(film=path.read_bytes())) as camera,
        pytest.raises(SourceError, match=r"gives no picture \(.*\)\. Download it, and open the file\."),
    ):
        open_source(camera.address).read()


def test_wide_pixels_of_a_stream_are_shown_square(tmp_path: Path) -> None:
    """Some recorders of cameras store every second column only."""
    path = write_wide_film(tmp_path / "wide.mkv", [np.full((48, 64, 3), 90, np.uint8)], rate=20)
    with closing(HttpCamera(film=path.read_bytes())) as camera, open_source(camera.address) as source:
        assert (source.info.width, source.info.height) == (128, 48)
        frame = source.read()
    assert frame is not None and frame.image.shape == (48, 128, 3)


def test_a_film_that_broke_off_goes_on_where_it_was(tmp_path: Path) -> None:
    content = film(tmp_path)
    with (
        closing(HttpCamera(film=content, first_bytes=len(content) // 2)) as camera,
        open_source(camera.address) as source,
    ):
        frames = list(iter(source.read, None))
    assert camera.connections >= 2
    brightness = [float(frame.image.mean()) for frame in frames if frame]
    assert all(later > earlier for earlier, later in pairwise(brightness))
    assert brightness[-1] > 185
    assert len(frames) > 13  # of 20: the rest goes at its own pace, and makes up for no time


def write_ts(path: Path, greys: range, frame_rate: int) -> bytes:
    with av.open(str(path), "w") as film:
        pictures = film.add_stream("libx264", rate=frame_rate, options={"tune": "zerolatency"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        for grey in greys:
            image = np.full((48, 64, 3), grey, np.uint8)
            film.mux(pictures.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        film.mux(pictures.encode(None))
    return path.read_bytes()


def test_films_that_were_joined_keep_their_pace(tmp_path: Path) -> None:
    """The times of the second one begin anew."""
    one, other = (write_ts(tmp_path / name, range(20, 220, 4), 25) for name in ("a.ts", "b.ts"))
    with closing(HttpCamera(film=one + other)) as camera, open_source(camera.address) as source:
        frames = list(iter(source.read, None))
    assert len(frames) > 90  # of 100
    assert frames[-1].time_s - frames[0].time_s == pytest.approx(99 / 25, abs=0.4)


def test_text_at_an_address_is_no_video() -> None:
    with closing(HttpCamera(film=b"Read me.\n" * 500)) as camera, pytest.raises(SourceError):
        open_source(camera.address + "/readme.txt")


def test_a_camera_that_sends_its_sound_alone_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mjpeg", rate=20)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuvj420p"
        track = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(60):  # of a twentieth of a second
            if number < 20:
                grey = np.full((48, 64, 3), number * 10, np.uint8)
                container.mux(pictures.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
            sound = av.AudioFrame.from_ndarray(np.zeros((1, 400), np.int16), "s16", "mono")
            sound.rate, sound.pts = 8000, 400 * number
            container.mux(track.encode(sound))
    monkeypatch.setattr(stream, "PICTURE_LIMIT_S", 1.0)
    monkeypatch.setattr(stream, "ATTEMPTS", 0)
    frames: list[Frame] = []
    with (
        closing(HttpCamera(film=path.read_bytes(), film_s=3.0)) as camera,
        open_source(camera.address) as source,
        pytest.raises(SourceError, match="no longer sends a picture"),
    ):
        frames.extend(iter(source.read, None))
    assert camera.connections == 1 and frames[-1].image.min() > 185  # until the last picture it was


def test_a_cameras_newest_picture_is_shown_before_it_sends_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FFmpeg decodes several at once otherwise, one a core, and holds them back."""
    path = tmp_path / "camera.mkv"
    with av.open(str(path), "w", options={"live": "1"}) as container:
        pictures = container.add_stream("libx264", rate=5, options={"tune": "zerolatency"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        for number in range(30):  # FFmpeg wants some before it begins
            grey = np.full((48, 64, 3), 8 * number, np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(pictures.encode(None))
    monkeypatch.setattr(stream, "ATTEMPTS", 0)
    with (
        closing(HttpCamera(film=path.read_bytes(), live=True)) as camera,
        open_source(camera.address) as source,
    ):
        assert any(frame.image.max() > 227 for frame in iter(source.read, None))


def test_a_closed_stream_gives_no_picture(http_camera: HttpCamera) -> None:
    source = open_source(http_camera.address)
    source.close()
    assert source.read() is None


def test_closing_from_another_thread_ends_a_waiting_read(http_camera: HttpCamera) -> None:
    source = open_source(http_camera.address)
    frames: list[object] = []
    reader = threading.Thread(target=lambda: frames.extend(iter(source.read, None)))
    reader.start()
    source.close()
    reader.join(5)
    assert not reader.is_alive()
    assert source.read() is None


@pytest.mark.parametrize("typed", ["pa/s?s#w@rd:5%", "pa%2Fs%3Fs%23w%40rd:5%25"])
def test_a_password_may_have_any_letters(typed: str) -> None:
    with (
        closing(HttpCamera(login="me:pa/s?s#w@rd:5%")) as camera,
        open_source(camera.address.replace("://", f"://me:{typed}@") + "?at=me@home") as source,
    ):
        assert source.read() is not None


def test_a_wrong_password_is_told() -> None:
    with closing(HttpCamera(login="me:right")) as camera, pytest.raises(SourceError, match="the password in"):
        open_source(camera.address.replace("://", "://me:wrong@"))


def test_what_looks_like_a_password_may_be_a_path(http_camera: HttpCamera) -> None:
    with open_source(http_camera.address + "/me@home?to=you@home") as source:
        assert source.read() is not None
    assert with_quoted_password("http://[::1]:80/x@2.mp4") == "http://[::1]:80/x@2.mp4"


def test_a_password_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert without_password("rtsp://me:p@ss@host:554/a?b=c") == "rtsp://host:554/a"
    assert without_password("http://host/video.cgi?user=me&pwd=secret#x") == "http://host/video.cgi"
    assert without_password("http://host/x") == "http://host/x"
    assert without_password("http://host/x@2.mp4") == "http://host/x@2.mp4"
    assert without_password("http://[::1]:80/x@2.mp4") == "http://[::1]:80/x@2.mp4"
    for letter in "/?#@":
        assert without_password(f"rtsp://me:se{letter}cret@host:554/a") == "rtsp://host:554/a"
    assert without_password("rtsp://me:s@e/cret@host:554/a") == "rtsp://host:554/a"
    assert without_password("me:secret@[fe80::1]:554/x") == "[fe80::1]:554/x"
    path = "rtsp://host/user=me&password=secret&channel=1"
    assert without_password(path) == "rtsp://host/user=…&password=…&channel=1"
    assert "secret" not in without_password("http://me:secret@[::1/video")
    assert without_password("C:\\clips\\me@home.mp4") == "C:\\clips\\me@home.mp4"
    # Whoever forgets what an address begins with is told so, without the password.
    assert without_password("me:s@ecret@192.168.1.5/stream") == "192.168.1.5/stream"
    with pytest.raises(SourceError, match="^“192.168.1.5/stream” is not a complete address"):
        open_source("me:s@ecret@192.168.1.5/stream")
    for typed in (
        "rtsp//me:secret@camera/x",
        "//me:secret@camera/x",
        "me@home.net:secret@camera/x",
        "me:sec ret@camera/x",
        "me%40home:secret@camera/x",
    ):
        assert without_password(typed) == "camera/x"
    assert without_password("me:secret@camera/x?to=rtsp://other/y") == "camera/x?to=rtsp://other/y"
    assert without_password("/home/me:2024@sea/film.mp4") == "/home/me:2024@sea/film.mp4"
    (tmp_path / "me:12@home").touch()
    monkeypatch.chdir(tmp_path)
    assert without_password("me:12@home") == "me:12@home"
