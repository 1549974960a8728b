"""A real ``cv2.VideoCapture(0)`` on a virtual webcam, through the sources and the command."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from vcam.virtual_camera import FRAME_RATE, HEIGHT, NAME, WIDTH, VirtualCamera, numbered_picture

FRAMES = 60
TESTS = Path(__file__).resolve().parents[1]

# Runs in the process that sees the camera; each test adds what it does with ``source``.
PRELUDE = """
import json, sys, threading, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from happysad_live.bootstrap import prepare_environment
prepare_environment()
from happysad_live.errors import SourceError
from happysad_live.sources import camera, list_cameras, open_source
from vcam.virtual_camera import picture_number

control = Path(sys.argv[2])

def set_camera(word, after_s=0.0):
    def write():
        draft = control.with_suffix(".draft")
        draft.write_text(word)
        draft.replace(control)
    if after_s:
        threading.Timer(after_s, write).start()
    else:
        write()

def tell(**facts):
    print(json.dumps(facts), flush=True)

def wait(seconds):
    threading.Event().wait(seconds)
"""


@pytest.fixture(scope="module")
def built_camera(tmp_path_factory: pytest.TempPathFactory) -> VirtualCamera:
    camera = VirtualCamera(tmp_path_factory.mktemp("camera"))
    camera.write_frames(numbered_picture(number) for number in range(FRAMES))
    return camera


@pytest.fixture
def camera(built_camera: VirtualCamera) -> VirtualCamera:
    built_camera.control("ok")
    return built_camera


def run(camera: VirtualCamera, code: str) -> list[dict]:
    """Run code in a process with the camera; what it told, line by line."""
    command = [sys.executable, "-c", PRELUDE + code, str(TESTS), str(camera.folder / "control")]
    done = subprocess.run(
        command, env=camera.environment(), capture_output=True, text=True, timeout=60, cwd=TESTS.parent
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


READ_60 = """
source = open_source("0")
tell(name=source.info.name, kind=source.info.kind, live=source.info.live, width=source.info.width,
     height=source.info.height, frame_rate=source.info.frame_rate)
for _ in range(60):
    frame = source.read()
    tell(number=picture_number(frame.image), index=frame.index, time_s=frame.time_s,
         captured_at_s=frame.captured_at_s, colour=frame.image[-5, 5].tolist())
source.close()
"""


def test_frames_carry_the_times_at_which_the_camera_took_them(camera: VirtualCamera) -> None:
    info, *frames = run(camera, READ_60)
    assert info == {
        "name": NAME,
        "kind": "camera",
        "live": True,
        "width": WIDTH,
        "height": HEIGHT,
        "frame_rate": FRAME_RATE,
    }
    assert [frame["index"] for frame in frames] == list(range(60))
    assert frames[0]["time_s"] == 0
    handed_over = camera.log()
    late_s = []
    for frame in frames:
        # The last time before the stamp at which the camera gave the picture with that number.
        times = [t for number, t in handed_over if number == frame["number"] and t <= frame["captured_at_s"]]
        assert times, "a frame is stamped before the camera had it"
        late_s.append(frame["captured_at_s"] - times[-1])
    assert np.median(late_s) < 0.01
    spread = [frame["captured_at_s"] - frame["time_s"] for frame in frames]
    assert max(spread) - min(spread) < 1e-6
    assert np.allclose([frame["colour"] for frame in frames], (180, 120, 60), atol=6)  # RGB, not BGR


def test_a_slow_reader_gets_the_newest_frame_and_none_twice(camera: VirtualCamera) -> None:
    code = """
with open_source("0") as source:
    for _ in range(5):
        wait(0.3)
        frame = source.read()
        tell(number=picture_number(frame.image), age_s=time.perf_counter() - frame.captured_at_s)
    tell(dropped=source.dropped)
    numbers = [picture_number(source.read().image) for _ in range(10)]
    tell(numbers=numbers)
"""
    *slow, dropped, fast = run(camera, code)
    assert all(frame["age_s"] < 0.15 for frame in slow)  # the driver alone buffers longer than that
    assert all(b["number"] - a["number"] >= 5 for a, b in pairwise(slow))
    assert dropped["dropped"] >= 20
    assert len(set(fast["numbers"])) == 10


def test_a_stall_of_two_seconds_is_survived_and_stays_in_the_times(camera: VirtualCamera) -> None:
    code = """
with open_source("0") as source:
    for _ in range(10):
        before = source.read()
    set_camera("stall")
    set_camera("ok", after_s=2.0)
    for _ in range(6):
        frame = source.read()
        tell(gap_s=frame.time_s - before.time_s, missing=frame.index - before.index - 1)
        before = frame
"""
    frames = run(camera, code)
    assert 1.8 < max(frame["gap_s"] for frame in frames) < 3.0
    assert all(frame["missing"] == 0 for frame in frames)


def test_damaged_pictures_are_left_out_and_never_replaced_by_old_ones(camera: VirtualCamera) -> None:
    code = """
with open_source("0") as source:
    for _ in range(10):
        frame = source.read()
    set_camera("garbage")
    set_camera("ok", after_s=1.0)
    for _ in range(15):
        tell(number=picture_number(frame.image), time_s=frame.time_s)
        frame = source.read()
"""
    frames = run(camera, code)
    gaps = [b["time_s"] - a["time_s"] for a, b in pairwise(frames)]
    assert max(gaps) > 0.8
    assert len({frame["number"] for frame in frames}) == len(frames)


def test_pulling_the_plug_is_told_in_one_sentence_at_once(camera: VirtualCamera) -> None:
    code = """
source = open_source("0")
source.read()
set_camera("unplug")
started = time.perf_counter()
try:
    while source.read():
        pass
except SourceError as error:
    tell(error=str(error), after_s=time.perf_counter() - started)
source.close()
source.close()
tell(after_close=source.read())
"""
    told, closed = run(camera, code)
    assert told["error"].startswith(f"{NAME} was unplugged.")
    assert told["after_s"] < 2
    assert closed == {"after_close": None}


@pytest.mark.parametrize(("word", "sooner"), [("stall", ""), ("garbage", "camera.SILENCE_LIMIT_S = 2.0")])
def test_a_dead_camera_is_told_within_ten_seconds(camera: VirtualCamera, word: str, sooner: str) -> None:
    code = f"""
{sooner}
source = open_source("0")
source.read()
set_camera("{word}")
started = time.perf_counter()
try:
    while source.read():
        pass
except SourceError as error:
    tell(error=str(error), after_s=time.perf_counter() - started)
started = time.perf_counter()
source.close()
tell(close_s=time.perf_counter() - started)
"""
    told, closed = run(camera, code)
    assert "no usable picture" in told["error"]
    assert told["after_s"] < 10
    assert closed["close_s"] < 2.5


def test_a_busy_camera_is_listed_and_refused_with_a_reason(camera: VirtualCamera) -> None:
    camera.control("busy")
    code = """
tell(cameras=[[one.path, one.refusal] for one in list_cameras()])
try:
    open_source("0")
except SourceError as error:
    tell(error=str(error), threads=threading.active_count())
set_camera("ok")
with open_source("0") as source:
    tell(width=source.read().width)
"""
    listed, refused, opened = run(camera, code)
    assert listed == {"cameras": [["/dev/video0", refused["error"]]]}
    assert "in use by another program" in refused["error"]
    assert refused["threads"] == 1
    assert opened == {"width": WIDTH}


def test_a_camera_that_never_sends_a_picture_is_given_back(camera: VirtualCamera) -> None:
    camera.control("garbage")
    code = """
camera.OPEN_LIMIT_S = 2.0
try:
    open_source("0")
except SourceError as error:
    tell(error=str(error), threads=threading.active_count())
set_camera("ok")
with open_source("0") as source:
    tell(width=source.read().width)
"""
    refused, opened = run(camera, code)
    assert refused["error"].startswith(NAME)
    assert refused["threads"] == 1
    assert opened == {"width": WIDTH}


def test_a_camera_may_change_its_size(tmp_path: Path) -> None:
    camera = VirtualCamera(tmp_path)
    sizes = [(WIDTH, HEIGHT)] * 10 + [(WIDTH // 2, HEIGHT // 2)] * 10
    camera.write_frames(numbered_picture(number, *size) for number, size in enumerate(sizes))
    code = """
with open_source("0") as source:
    for _ in range(25):
        tell(size=source.read().image.shape)
"""
    seen = {tuple(told["size"]) for told in run(camera, code)}
    assert seen == {(HEIGHT, WIDTH, 3), (HEIGHT // 2, WIDTH // 2, 3)}


def test_a_camera_opens_by_path_and_by_name_and_a_wrong_number_names_it(camera: VirtualCamera) -> None:
    code = f"""
for spec in ("/dev/video0", {NAME!r}, "virtual"):
    with open_source(spec) as source:
        tell(name=source.info.name, width=source.read().width)
try:
    open_source("7")
except SourceError as error:
    tell(error=str(error))
"""
    *opened, refused = run(camera, code)
    assert opened == [{"name": NAME, "width": WIDTH}] * 3
    assert "There is no camera 7" in refused["error"]
    assert f"camera 0 ({NAME})" in refused["error"]


def test_the_command_lists_the_camera(camera: VirtualCamera) -> None:
    def listed(as_json: bool) -> subprocess.CompletedProcess[str]:
        code = f"from happysad_live.commands import cameras; raise SystemExit(cameras.run(as_json={as_json}))"
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=camera.environment(), capture_output=True, text=True, timeout=60, check=True
        )

    assert json.loads(listed(True).stdout) == [
        {
            "index": 0,
            "name": NAME,
            "path": "/dev/video0",
            "width": WIDTH,
            "height": HEIGHT,
            "frame_rate": FRAME_RATE,
            "refusal": "",
        }
    ]
    table = listed(False).stdout
    assert NAME in table
    assert f"{WIDTH}x{HEIGHT}" in table
    camera.control("busy")
    refused = listed(False)
    assert "cannot be opened" in refused.stdout and "in use by another program" in refused.stderr
