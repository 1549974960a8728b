"""A camera of a system that hands over plain pictures, as Windows and macOS do: OpenCV's part is played."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from happysad_live.errors import SourceError
from happysad_live.sources import list_cameras, macos, v4l2
from happysad_live.sources.camera import open_camera


class Capture:
    """Stands in for ``cv2.VideoCapture``: gives blue pictures, in OpenCV's order of colours.

    asked: properties in the order in which they were set. rate: pictures a second, as it says; below 0 where
    it cannot be opened. breaks: from then on it fails.
    """

    def __init__(self, rate: float = 30.0) -> None:
        self._rate = rate
        self.breaks = threading.Event()
        self.asked: dict[int, float] = {}
        self.released = threading.Event()

    def isOpened(self) -> bool:  # noqa: N802
        return self._rate >= 0

    def set(self, name: int, value: float) -> bool:
        self.asked[name] = value
        return True

    def get(self, name: int) -> float:
        return self._rate if name == cv2.CAP_PROP_FPS else self.asked.get(name, 0.0)

    def grab(self) -> bool:
        if self.breaks.wait(0.01):
            raise cv2.error("-2147024809")
        return True

    def retrieve(self) -> tuple[bool, np.ndarray]:
        return True, np.full((72, 128, 3), (200, 40, 30), np.uint8)

    def release(self) -> None:
        self.released.set()


@pytest.mark.parametrize(("rate", "told"), [(30.0, 30.0), (0.0, None)])
def test_a_camera_is_asked_for_720p_and_shown_in_its_colours_and_given_back(
    rate: float, told: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    capture = Capture(rate)
    monkeypatch.setattr(sys, "platform", "elsewhere")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
    with open_camera(0, "Webcam") as source:
        frame = source.read()
    assert frame is not None and frame.image[0, 0].tolist() == [30, 40, 200]
    assert (source.info.name, source.info.frame_rate) == ("Webcam", told)
    # The format first: without compression 720p comes at 10 pictures a second.
    assert list(capture.asked.items()) == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30),
    ]
    assert capture.released.is_set()


def test_a_camera_of_sixty_pictures_a_second_is_asked_for_thirty(monkeypatch: pytest.MonkeyPatch) -> None:
    """And so it is listed."""
    capture, mode = Capture(), v4l2.Mode("YUYV", 1280, 720, 60.0)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(v4l2, "why_not_open", lambda _path: None)
    monkeypatch.setattr(v4l2, "probe", lambda path: v4l2.Device(path, "Webcam", (mode,)))
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
    open_camera(0).close()
    assert capture.asked[cv2.CAP_PROP_FPS] == 30
    assert {camera.frame_rate for camera in list_cameras()} == {30}


def test_a_camera_that_does_not_open_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "elsewhere")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: Capture(rate=-1))
    with pytest.raises(SourceError, match=r"^Webcam cannot be opened\."):
        open_camera(0, "Webcam")


def test_a_camera_whose_driver_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = Capture()
    monkeypatch.setattr(sys, "platform", "elsewhere")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: capture)
    with open_camera(0, "Webcam") as source:
        capture.breaks.set()
        with pytest.raises(SourceError, match="Webcam failed unexpectedly"):
            while source.read():
                pass
    assert capture.released.is_set()


class Permission:
    """Stands in for PyObjC's ``AVFoundation``; the numbers are Apple's.

    status: what macOS knows of its user's will. answer: what the user says when asked, None for nothing yet.
    """

    AVMediaTypeVideo = "vide"
    AVAuthorizationStatusNotDetermined = 0
    AVAuthorizationStatusRestricted = 1
    AVAuthorizationStatusDenied = 2

    def __init__(self, status: int, answer: bool | None = None) -> None:
        self.AVCaptureDevice = self
        self._status = status
        self._answer = answer
        self.questions = 0

    def authorizationStatusForMediaType_(self, kind: str) -> int:  # noqa: N802
        assert kind == "vide"
        return self._status

    def requestAccessForMediaType_completionHandler_(  # noqa: N802
        self, kind: str, tell: Callable[[bool], None]
    ) -> None:
        assert kind == "vide"
        self.questions += 1
        if self._answer is not None:
            self._status = 3 if self._answer else 2
            tell(self._answer)


def on_macos(permission: Permission, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Pretend to be there; the cameras that OpenCV is asked for."""
    opened: list[object] = []

    def capture(*asked: object) -> Capture:
        opened.append(asked[0])
        return Capture()

    found = [SimpleNamespace(index=0, name="FaceTime HD", path=None)]
    asker = SimpleNamespace(enumerate_cameras=lambda _backend: found)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "AVFoundation", permission)
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", asker)
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    return opened


@pytest.mark.parametrize(("status", "questions"), [(0, 1), (3, 0)])
def test_macos_asks_its_user_once_and_the_camera_opens_when_it_is_allowed(
    status: int, questions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    permission = Permission(status, answer=True)
    opened = on_macos(permission, monkeypatch)
    with open_camera(0, "FaceTime HD") as source:
        assert source.read() is not None
    assert (opened, permission.questions) == ([0], questions)


@pytest.mark.parametrize(
    ("permission", "sentence"),
    [
        (Permission(0, answer=False), "Privacy & Security, Camera"),
        (Permission(0), "Allow it, then open the camera again"),
        (Permission(1), "Privacy & Security, Camera"),
        (Permission(2), "Privacy & Security, Camera"),
    ],
)
def test_a_camera_that_macos_keeps_back_is_told_with_what_to_do(
    permission: Permission, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = on_macos(permission, monkeypatch)
    monkeypatch.setattr(macos, "ANSWER_LIMIT_S", 0.0)
    with pytest.raises(SourceError, match=sentence):
        open_camera(0, "FaceTime HD")
    assert opened == []


@pytest.mark.parametrize(("status", "refused"), [(0, False), (2, True), (3, False)])
def test_the_list_says_which_cameras_macos_keeps_back_and_asks_nobody(
    status: int, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    permission = Permission(status, answer=True)
    on_macos(permission, monkeypatch)
    (camera,) = list_cameras()
    assert bool(camera.refusal) is refused
    assert permission.questions == 0


def test_without_an_answer_from_macos_the_camera_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = on_macos(Permission(3), monkeypatch)
    monkeypatch.setitem(sys.modules, "AVFoundation", None)
    with open_camera(0, "FaceTime HD") as source:
        assert source.read() is not None
    assert opened == [0]
