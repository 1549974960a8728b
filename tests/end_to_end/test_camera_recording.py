"""The window records a camera: true times, everything in step, and what survives a kill."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from recording_samples import read_labels
from vcam.virtual_camera import FRAME_RATE, VirtualCamera, numbered_picture, picture_number

from happysad_live.recording.library import Clip, list_clips
from happysad_live.recording.recovery import find_leftovers, recover

PICTURES = 128
SECONDS = 4
STALL_S = 1.0
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> VirtualCamera:
    camera = VirtualCamera(tmp_path_factory.mktemp("camera"))
    camera.write_frames(numbered_picture(number) for number in range(PICTURES))
    return camera


def start_window(camera: VirtualCamera, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "happysad_live", "--source", "0", *options]
    home = {"HOME": str(camera.folder), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        command,
        env=camera.environment() | home,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def unwrapped(numbers: list[int]) -> np.ndarray:
    """Numbers that count on where the pictures start over; int64."""
    return np.cumsum([numbers[0], *(np.diff(numbers) % PICTURES)])


def shown(video: Path) -> tuple[list[int], list[float]]:
    """Number and time of every picture of a video."""
    with av.open(str(video)) as container:
        frames = list(container.decode(video=0))
    numbers = [picture_number(frame.to_ndarray(format="rgb24")) for frame in frames]
    return numbers, [float(frame.pts * frame.time_base) for frame in frames]


def time_errors_s(camera: VirtualCamera, clip: Clip) -> np.ndarray:
    """How far each frame's time is from the camera's own clock, once their middles agree."""
    numbers, times_s = shown(clip.video)
    logged_numbers, logged_s = zip(*camera.log(), strict=True)
    clock = dict(zip(unwrapped(list(logged_numbers)).tolist(), logged_s, strict=True))
    found = []
    for start in range(numbers[0], max(clock) + 1, PICTURES):
        handed_over = [clock.get(int(number)) for number in unwrapped(numbers) - numbers[0] + start]
        if None not in handed_over:
            errors = np.array(times_s) - np.array(handed_over, float)
            found.append(np.abs(errors - np.median(errors)))
    return min(found, key=np.median)


def test_a_recording_has_the_cameras_times_and_a_label_line_a_frame(
    camera: VirtualCamera, tmp_path: Path
) -> None:
    window = start_window(camera, "--record", str(tmp_path / "clips"), "--seconds", str(SECONDS))
    told, errors = window.communicate(timeout=120)
    assert window.returncode == 0, errors
    (clip,) = list_clips(tmp_path / "clips")
    assert told == f"{clip.video}\n"
    _, times_s = shown(clip.video)
    lines = read_labels(clip.path(".labels.jsonl"))[1]
    assert [line.time_s for line in lines] == pytest.approx(times_s, abs=0.001)
    assert np.percentile(time_errors_s(camera, clip), 95) < 0.005
    # A busy machine may make the camera skip frames; the clip's length is that of the time all the same.
    assert clip.info.length_s == pytest.approx(SECONDS, abs=0.2)
    assert len(times_s) <= SECONDS * FRAME_RATE + 1
    with av.open(str(clip.video)) as container:
        assert [stream.type for stream in container.streams] == ["video", "subtitle"]
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")


def test_a_killed_recording_comes_back_with_the_gap_of_a_stall(camera: VirtualCamera, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    window = start_window(camera, "--record", str(clips))
    part = _wait_for_part(window, clips)
    began_s = time.perf_counter()
    _wait_until(lambda: time.perf_counter() > began_s + 1.5)
    camera.control("stall")
    _wait_until(lambda: time.perf_counter() > began_s + 1.5 + STALL_S)
    camera.control("ok")
    _wait_until(lambda: time.perf_counter() > began_s + SECONDS)
    window.kill()
    lasted_s = time.perf_counter() - began_s
    window.communicate(timeout=30)
    assert part.exists()

    (leftover,) = find_leftovers(clips)
    info = recover(leftover)
    assert info is not None and info.length_s > lasted_s - 1.0
    (clip,) = list_clips(clips)
    _, times_s = shown(clip.video)
    assert len(read_labels(clip.path(".labels.jsonl"))[1]) == len(times_s)
    assert max(np.diff(times_s)) == pytest.approx(STALL_S, abs=0.4)


def _wait_for_part(window: subprocess.Popen[str], clips: Path) -> Path:
    found: list[Path] = []

    def there() -> bool:
        found[:] = clips.glob("*.mp4.part")
        return bool(found) or window.poll() is not None

    _wait_until(there)
    assert found, window.communicate()[1]
    return found[0]


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.perf_counter() + 60.0
    while not condition():
        assert time.perf_counter() < deadline_s
        time.sleep(0.02)
