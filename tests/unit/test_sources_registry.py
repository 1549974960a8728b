"""From what the user typed to the right source, or one helpful sentence."""

from __future__ import annotations

import json
import os
import struct
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from happysad_live.commands import cameras
from happysad_live.errors import SourceError
from happysad_live.sources import (
    CameraInfo,
    Source,
    list_cameras,
    may_be_camera,
    open_source,
    registry,
    spec_name,
)
from happysad_live.sources.v4l2 import PREFERRED, Device, Mode, best_mode, probe


@pytest.mark.parametrize(("spec", "people"), [("demo", 3), ("demo:1", 1), ("DEMO:4", 4), (" demo:2 ", 2)])
def test_the_demo_by_name(spec: str, people: int) -> None:
    with open_source(spec) as source:
        assert source.info.kind == "demo"
        assert source.people == people  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("nofile.mp4", "There is no file nofile.mp4."),
        ("demo.mp4", "There is no file demo.mp4."),
        ("no/such/folder", "There is no file or folder no/such/folder."),
        ("demo:0", "1 to 4 people"),
        ("demo:many", "1 to 4 people"),
        ("9137", "There is no camera 9137 on this machine. You can open"),
        ("/dev/video9137", "There is no camera /dev/video9137 on this machine."),
        ("9137", "a video file, a folder of pictures, an rtsp:// or http:// address, or demo."),
        ("Aunt Jane's camera", "There is no camera, file or folder called “Aunt Jane's camera”."),
        ("127.0.0.1:8080", "“127.0.0.1:8080” is not a complete address: begin it with http:// or rtsp://."),
        ("me:pass@word@camera.local:554/x", "“camera.local:554/x” is not a complete address"),
        ("camera.local:554/live", "begin it with http:// or rtsp://."),
        ("gopher://somewhere", "Addresses that begin with gopher:// cannot be opened."),
        ("", "No source was named."),
        ("http://", "“http://” is not a complete address"),
        ("x" * 5000, "There is no camera, file or folder called"),
        ("9" * 5000, "There is no camera, file or folder called"),
        (f"demo:{'9' * 5000}", "1 to 4 people"),
    ],
)
def test_what_is_not_there_is_told_in_one_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_may_not_be_looked_into_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stat = Path.stat

    def forbidden(path: Path, **how: bool) -> os.stat_result:
        if "theirs" in path.parts:
            raise PermissionError(13, "Permission denied")
        return stat(path, **how)

    monkeypatch.setattr(Path, "stat", forbidden)
    with pytest.raises(
        SourceError, match=r"^No permission to open the folder of theirs/film\.mp4: allow it, or copy"
    ):
        open_source("theirs/film.mp4")


@pytest.mark.skipif(sys.platform != "linux", reason="only there cameras are files beside other devices")
def test_a_device_that_is_no_camera_is_refused() -> None:
    with pytest.raises(SourceError, match="^/dev/null is not a camera.$"):
        open_source("/dev/null")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere cameras are no files")
def test_a_camera_of_another_group_is_listed_and_refused_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Root, who may run the tests, may open every one."""
    os_open = os.open

    def forbidden(path: str, *how: int) -> int:
        if str(path) == "/dev/video9":
            raise PermissionError(13, "Permission denied")
        return os_open(path, *how)

    monkeypatch.setattr(os, "open", forbidden)
    refusals = {camera.index: camera.refusal for camera in list_cameras()}
    assert "add yourself to the group of /dev/video9 (`video`)" in refusals[9]
    with pytest.raises(SourceError) as caught:
        open_source("9")
    assert str(caught.value) == refusals[9]


OF_ONE_NODE = {"a camera": 0x04200001, "its metadata": 0x04A00000}
"""Flags of V4L2: capture, streaming, extended pixel format, metadata."""


@pytest.mark.skipif(sys.platform != "linux", reason="Video4Linux is only there")
@pytest.mark.parametrize(
    ("what", "tallest", "height"), [("a camera", 800, 720), ("a camera", 600, 600), ("its metadata", 800, 0)]
)
def test_a_driver_is_asked_for_what_its_node_gives_and_its_ranges_of_sizes_and_rates(
    what: str, tallest: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layouts are those of <linux/videodev2.h>. Of one device all nodes name the capabilities."""

    def ioctl(_: int, request: int, value: bytearray, __: bool) -> int:
        number, index = request & 0xFF, int.from_bytes(value[:4], "little")
        if number == 0:  # QUERYCAP
            value[16:22] = b"Webcam"
            struct.pack_into("2I", value, 84, 0x84A00001, OF_ONE_NODE[what])
        elif index:
            raise OSError(22, "Invalid argument")
        elif number == 2:  # ENUM_FMT
            value[44:48] = b"YUYV"
        elif number == 74:  # ENUM_FRAMESIZES: stepwise, from 64x36 on
            struct.pack_into("7I", value, 8, 3, 64, 1920, 2, 36, tallest, 2)
        else:  # ENUM_FRAMEINTERVALS: stepwise, from 1/60 s to 1 s
            struct.pack_into("7I", value, 16, 3, 1, 60, 1, 1, 1, 60)
        return 0

    monkeypatch.setattr("fcntl.ioctl", ioctl)
    found = probe(os.devnull)
    modes = (Mode("YUYV", 1280, height, 60.0),)
    assert found == (Device(os.devnull, "Webcam", modes) if what == "a camera" else None)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("0", True),
        (" 1 ", True),
        ("/dev/video0", True),
        ("HD Webcam", True),
        ("demo", False),
        ("Demo:3", False),
        ("rtsp://desk/cam", False),
        ("~/film.mp4", False),
        ("a film.mp4", False),
        ("a folder", False),
        ("20241231120000", False),
    ],
)
def test_what_may_be_a_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str, expected: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a film.mp4").touch()
    for name in ("a folder", "20241231120000"):
        (tmp_path / name).mkdir()
    assert may_be_camera(spec) is expected


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows keeps pipes elsewhere")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "film.mp4")
    with pytest.raises(SourceError, match=r"^film\.mp4 is not a file but a pipe"):
        open_source(str(tmp_path / "film.mp4"))


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="this system does not name what is open")
def test_a_pipe_below_dev_is_no_camera() -> None:
    """As a shell names that of ``<(command)``."""
    reader, writer = os.pipe()
    try:
        with pytest.raises(SourceError, match=f"^{reader} is not a file but a pipe"):
            open_source(f"/dev/fd/{reader}")
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [([], "There is no camera 0 on this machine."), (OSError("no such service"), "cannot be opened")],
)
def test_a_system_that_knows_no_camera_is_believed_but_not_one_that_cannot_be_asked(
    answer: list[object] | OSError, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and macOS, where a package asks the system."""

    def enumerate_cameras(_backend: int) -> list[object]:
        if isinstance(answer, OSError):
            raise answer
        return answer

    monkeypatch.setattr(sys, "platform", "elsewhere")
    asker = SimpleNamespace(enumerate_cameras=enumerate_cameras)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", asker)
    monkeypatch.setattr(registry, "open_camera", refuse)
    with pytest.raises(SourceError, match=sentence):
        open_source("0")


@pytest.fixture
def webcams(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of one make, as on Windows and macOS, which tell no more than their names."""
    found = [SimpleNamespace(index=n, name=f"HD Webcam {n}", path="") for n in (10, 0, 1)]
    monkeypatch.setattr(sys, "platform", "elsewhere")
    asker = SimpleNamespace(enumerate_cameras=lambda _backend: found)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", asker)


@pytest.mark.usefixtures("webcams")
def test_a_name_that_fits_several_cameras_opens_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "open_camera", refuse)
    several = r"matches several cameras \(HD Webcam 10, HD Webcam 0, HD Webcam 1\)"
    with pytest.raises(SourceError, match=several):
        open_source("hd webcam")
    for spec in ("HD webcam 1", "1"):
        with pytest.raises(SourceError, match=r"Camera 1 \(HD Webcam 1\) cannot be opened"):
            open_source(spec)


@pytest.mark.usefixtures("webcams")
def test_cameras_whose_pictures_no_system_tells_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cameras.run(as_json=False) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == [[str(n), "HD", "Webcam", str(n), "known", "once", "open"] for n in (10, 0, 1)]


def test_of_a_camera_the_size_and_the_rate_of_its_picture_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = CameraInfo(2, "Webcam", "/dev/video2", 1280, 720, 29.97)
    monkeypatch.setattr(cameras, "list_cameras", lambda: [camera])
    cameras.run(as_json=False)
    assert capsys.readouterr().out.splitlines()[1].split() == (
        ["2", "Webcam", "1280x720,", "29.97", "a", "second", "/dev/video2"]
    )


def test_cameras_are_listed_in_columns_whatever_letters_their_names_have(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal each of these names takes ten places."""
    names = ("HD Webcam1", "内蔵カメラ", "Camera e\u0301te\u0301")
    found = [CameraInfo(n, name, f"/dev/video{n}", None, None, None) for n, name in enumerate(names)]
    monkeypatch.setattr(cameras, "list_cameras", lambda: found)
    cameras.run(as_json=False)
    _, *lines = capsys.readouterr().out.splitlines()
    rest = "  known once open  /dev/video"
    assert lines == [f"{n}       {name}{rest}{n}" for n, name in enumerate(names)]


def refuse(index: int, name: str = "") -> Source:
    raise SourceError(f"Camera {index} ({name}) cannot be opened.")


def test_the_cameras_command_tells_the_same_as_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With or without a camera on the machine that runs the test."""
    expected = list_cameras()
    assert cameras.run(as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert [camera["path"] for camera in told] == [camera.path for camera in expected]
    assert cameras.run(as_json=False) == 0
    table = capsys.readouterr().out
    assert all(camera.name in table for camera in expected)
    assert expected or "No camera was found" in table


def test_a_file_in_the_folder_wins_over_a_cameras_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("webcam").write_text("not a camera")
    with pytest.raises(SourceError, match="webcam is not a video"):
        open_source("webcam")


def test_how_to_open_the_pictures_of_a_year_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("2024").mkdir()
    Image.new("RGB", (8, 8)).save("2024/a.png")
    with pytest.raises(SourceError, match="There is no camera 2024 on this machine") as refused:
        open_source("2024")
    (path,) = (word for word in str(refused.value).split() if os.sep in word)
    with open_source(path) as source:
        assert (source.info.kind, source.info.name) == ("images", "2024")


def test_a_folders_name_may_end_with_a_space(tmp_path: Path) -> None:
    folder = tmp_path / "holiday "
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "a.png")
    with open_source(str(folder)) as source:
        assert source.info.frame_count == 1


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    with open_source("~/a.png") as source:
        assert source.info.name == "a.png"


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no such folder for files in memory")
def test_a_file_below_dev_is_no_camera() -> None:
    with tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".png") as file:
        Image.new("RGB", (8, 8)).save(file.name)
        with open_source(file.name) as source:
            assert source.info.kind == "images"


MJPG_720, MJPG_1080 = Mode("MJPG", 1280, 720, 30), Mode("MJPG", 1920, 1080, 30)
YUYV_480, YUYV_720 = Mode("YUYV", 640, 480, 30), Mode("YUYV", 1280, 720, 10)


@pytest.mark.parametrize(
    ("modes", "chosen"),
    [
        ([YUYV_480, YUYV_720, MJPG_1080, MJPG_720], MJPG_720),
        ([YUYV_720, YUYV_480], YUYV_480),  # fluent before large
        ([MJPG_1080, YUYV_480], YUYV_480),
        ([YUYV_480, MJPG_720._replace(frame_rate=24)], MJPG_720._replace(frame_rate=24)),  # as a film
        ([MJPG_1080], MJPG_1080),
        ([YUYV_720, MJPG_1080], MJPG_1080),
        ([Mode("MJPG", 3840, 2160, 30), MJPG_1080], MJPG_1080),
        ([Mode("MJPG", 1280, 720, 60), MJPG_720], MJPG_720),
        ([Mode("MJPG", 1280, 720, 60)], MJPG_720),  # of each size, a camera's highest rate is known
        ([Mode("H264", 1280, 720, 30), YUYV_480], YUYV_480),  # whose bytes OpenCV would take for a picture
        ([Mode("HEVC", 1280, 720, 30)], PREFERRED),
        ([], PREFERRED),
    ],
)
def test_a_camera_is_asked_for_the_largest_fluent_picture(modes: list[Mode], chosen: Mode) -> None:
    assert best_mode(tuple(modes)) == chosen


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (str(Path("folder", "gone.mp4").absolute()), "gone.mp4"),
        ("~/gone.mp4", "gone.mp4"),
        ("Desk camera", "Desk camera"),
        ("rtsp://me:secret@camera/live", "rtsp://camera/live"),
    ],
)
def test_what_cannot_be_opened_is_called_as_where_it_can(spec: str, name: str) -> None:
    assert spec_name(spec) == name


@pytest.mark.skipif(sys.platform != "linux", reason="the device path is Linux'")
def test_a_camera_that_is_not_there_is_called_by_its_device_path() -> None:
    assert spec_name("/dev/video97") == "/dev/video97"
