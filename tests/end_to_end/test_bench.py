"""``bench`` prints figures that fit together. How large they are is the machine's affair."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

import happysad_live
from happysad_live.cli import main
from happysad_live.commands.bench.window import run_window

STAGES = {"read", "convert", "detect", "crop", "classify", "track", "draw"}
OFFSCREEN = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}


def bench(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "happysad_live", "bench", *map(str, arguments)]
    environment = {**OFFSCREEN, **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment)


def figures(*arguments: str | Path, **environment: str) -> dict[str, Any]:
    done = bench("--json", *arguments, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_bench_measures_every_stage_of_the_demo() -> None:
    report = figures("--faces", "5", "--seconds", "0.5")
    assert report["schema"] == "happysad-bench/1"
    assert report["machine"]["cores"] >= 1
    assert report["machine"]["packages"]["mediapipe"] == "0.10.21"
    (entry,) = report["stages"]
    assert (entry["width"], entry["height"], entry["source"]) == (1280, 720, "5 faces")
    assert entry["faces"] == pytest.approx(5, abs=0.5)
    times = entry["stages_ms"]
    assert set(times) == STAGES | {"frame", "show", "encode"}
    assert all(0 < time["median"] <= time["p95"] for time in times.values())
    # A frame is at least its slowest stage, and its parts add up to it but for the spread of each.
    assert times["frame"]["median"] >= max(times[name]["median"] for name in STAGES)
    assert times["frame"]["median"] <= sum(times[name]["p95"] for name in STAGES)
    networks_ms = sum(entry["networks_ms"].values())
    assert entry["outside_networks"] == pytest.approx(
        max(1 - networks_ms / times["frame"]["median"], 0), abs=0.002
    )
    assert entry["networks_ms"]["detect"] > 0
    assert report["classifier_ms"]["happysad"]["8"] > report["classifier_ms"]["happysad"]["1"]
    start = report["start_up_s"]
    assert 0 < start["window"] <= start["picture"] <= start["labels"]
    assert report["memory_mb"]["window_peak"] > 100


def test_bench_live_counts_what_the_window_showed_and_leaves_no_preferences(tmp_path: Path) -> None:
    live = figures("--live", "demo:1", "--seconds", "1", XDG_CONFIG_HOME=str(tmp_path))["live"]
    assert live["frames"] == live["shown"] + live["lost"]
    assert live["shown"] > 0
    assert 0 < live["delay_ms"]["median"] <= live["delay_ms"]["p95"]
    assert live["cpu_percent_of_a_core"] > 0
    assert 0 < live["window_s"] <= live["picture_s"] <= live["labels_s"] < 60
    assert not any(tmp_path.iterdir())


def test_the_figures_of_a_recorded_window_are_those_of_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamps = {"started_s": 0.0, "window_s": None, "picture_s": None, "labels_s": None}

    def run(command: list[str], **_: object) -> SimpleNamespace:
        clip, report = (Path(command[command.index(option) + 1]) for option in ("--record", "--report"))
        clip.with_suffix(".json").write_text(json.dumps({"frames": 90, "dropped": 3}))
        report.write_text(json.dumps({**stamps, "cpu_s": 1.5, "seconds": 2.0}))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr("happysad_live.commands.bench.window.missing_display", lambda: None)
    monkeypatch.setattr(subprocess, "run", run)
    told = run_window("demo", tmp_path, seconds=2, model="happysad", device="cpu", record=True)
    assert (told["recorded"], told["dropped"], told["cpu_percent_of_a_core"]) == (90, 3, 75.0)


def test_a_window_that_is_not_measured_is_told_and_imports_nothing_from_where_the_user_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('imported')")
    package_parent = str(Path(happysad_live.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "happysad_live", "bench", "--live", "nosuch.mp4"],
        env=OFFSCREEN | {"PYTHONPATH": package_parent},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "There is no file nosuch.mp4." in done.stderr


def test_wrong_wishes_are_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.mp4").write_text("no video")
    cv2.imwrite(str(tmp_path / "photograph.png"), np.zeros((60, 60, 3), np.uint8))
    for arguments, code, told in (
        ([str(tmp_path / "broken.mp4")], 1, "broken.mp4"),
        (["--faces", "9"], 2, "--faces must be from 1 to 8"),
        (["demo:5"], 1, "1 to 4"),
        (["--faces", "2", "clip.mp4"], 2, "--faces"),
        (["--record"], 2, "--live"),
        (["clip.mp4", "--live", "--rate", "60"], 2, "--rate"),
        (["--live", "--rate", "0.01"], 2, "from 1 to 240 frames a second"),
        (["--live", "--rate", "1e6"], 2, "from 1 to 240 frames a second"),
        (["--live", "--seconds", "1e300"], 2, "for 600 s at most"),
        ([str(tmp_path / "photograph.png")], 1, "not a video file"),
        ([str(tmp_path / "none.mp4")], 1, "none.mp4"),
        (["--model", "WRONG"], 1, "There is no model “WRONG”"),
        (["--live", "--model", "WRONG"], 1, "There is no model “WRONG”"),
    ):
        assert main(["bench", *arguments]) == code
        error = capsys.readouterr().err
        assert told in error and error.count("\n") == 1


def test_why_the_window_failed_is_told_in_whatever_encoding_it_says_so() -> None:
    command = [sys.executable, "-m", "happysad_live", "bench", "--live", "für mich.mp4"]
    surroundings = {**OFFSCREEN, "PYTHONIOENCODING": "latin-1"}  # where the system's own is UTF-8
    done = subprocess.run(command, capture_output=True, timeout=60, env=surroundings)
    assert done.returncode == 1
    assert b"The window could not be measured: " in done.stderr and b"There is no file" in done.stderr
