"""A camera of a system that hands over plain pictures, as Windows and macOS do: OpenCV's part is played."""

from __future__ import annotations

import sys
import threading

import cv2
import numpy as np
import pytest

from happysad_live.errors import SourceError
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
