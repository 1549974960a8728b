"""The virtual webcam ready for a subprocess: built, fed with numbered pictures, and controlled.

``LD_PRELOAD`` is read when a process starts, so whatever is to see the camera runs in a process of
its own, with the environment that ``VirtualCamera.environment`` gives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

WIDTH, HEIGHT, FRAME_RATE = 1280, 720, 30
NAME = "Virtual Webcam"

_SOURCE = Path(__file__).with_name("vcam.c")
_BITS = 8


class VirtualCamera:
    """A camera at /dev/video0 that plays a folder of JPEG frames at a true frame rate."""

    def __init__(self, folder: Path) -> None:
        """Builds it in an empty folder; skips the test where that is not possible."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if sys.platform != "linux" or compiler is None:
            pytest.skip("the virtual camera needs Linux and a C compiler")
        self.folder = folder
        self.library = folder / "vcam.so"
        self.frames = folder / "frames"
        self.frames.mkdir(parents=True)
        self._control = folder / "control"
        self._log = folder / "log"
        command = [compiler, "-shared", "-fPIC", "-O2", "-w", "-o", str(self.library), str(_SOURCE), "-ldl"]
        built = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if built.returncode:
            pytest.skip(f"the virtual camera cannot be built: {built.stderr.strip()[:200]}")
        self.control("ok")

    def control(self, word: str) -> None:
        """ok, unplug, stall, busy or garbage, from the next frame on."""
        # Replaced in one step, so that the camera never reads a half-written word.
        draft = self._control.with_suffix(".new")
        draft.write_text(word)
        draft.replace(self._control)

    def write_frames(self, images: Iterable[np.ndarray]) -> None:
        """What the camera plays in a loop: (H, W, 3) uint8 RGB pictures, instead of those before."""
        for old in self.frames.glob("*.jpg"):
            old.unlink()
        for number, image in enumerate(images):
            cv2.imwrite(str(self.frames / f"{number:06d}.jpg"), image[..., ::-1])

    def environment(self) -> dict[str, str]:
        """The environment of a process that is to see the camera."""
        return {
            **os.environ,
            "LD_PRELOAD": str(self.library),
            "VCAM_DIR": str(self.frames),
            "VCAM_W": str(WIDTH),
            "VCAM_H": str(HEIGHT),
            "VCAM_FPS": str(FRAME_RATE),
            "VCAM_CTL": str(self._control),
            "VCAM_LOG": str(self._log),
        }

    def log(self) -> list[tuple[int, float]]:
        """Number and monotonic time in seconds of every frame that the camera handed over."""
        lines = (line.split() for line in self._log.read_text().splitlines())
        return [(int(number), int(time_ns) / 1e9) for number, time_ns in lines]


def numbered_picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(H, W, 3) uint8 RGB: a number of 8 bits as black and white stripes, on a reddish ground."""
    image = np.full((height, width, 3), (180, 120, 60), np.uint8)
    edges = np.linspace(0, width, _BITS + 1).astype(int)
    for bit in range(_BITS):
        image[: height // 2, edges[bit] : edges[bit + 1]] = 255 * (number >> bit & 1)
    return image


def picture_number(image: np.ndarray) -> int:
    """The number in a numbered picture, after any compression."""
    stripes = np.array_split(image[: image.shape[0] // 2 - 8], _BITS, axis=1)
    return sum((float(stripe.mean()) > 127) << bit for bit, stripe in enumerate(stripes))
