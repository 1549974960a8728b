"""The commands as a user runs them: a process, its exit code, what it prints and the files it leaves."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

import happysad_live
from happysad_live.paths import recordings_dir
from happysad_live.sources.demo.source import DemoSource


def run(*arguments: str | Path, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "happysad_live", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)


def json_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_analyze_writes_a_line_a_frame_a_table_subtitles_and_a_video(tmp_path: Path) -> None:
    done = run("analyze", "demo:2", "--seconds", "2", "--overlay", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    header, *frames = json_lines(tmp_path / "demo-2.labels.jsonl")
    assert header["schema"] == "happysad-labels/1"
    assert (header["model"], header["width"], header["height"]) == ("happysad", 1280, 720)
    assert header["labels"] == ["happy", "sad", "neutral"]
    assert [frame["frame"] for frame in frames] == list(range(60))
    assert [frame["time_s"] for frame in frames] == pytest.approx([i / 30 for i in range(60)], abs=1e-3)
    face = frames[0]["faces"][0]
    keys = ["track", "box", "detection", "label", "confidence", "probabilities", "raw"]
    assert list(face) == keys
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-3)

    with (tmp_path / "demo-2.labels.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == sum(len(frame["faces"]) for frame in frames) == 120
    assert (tmp_path / "demo-2.vtt").read_text().startswith("WEBVTT\n")
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames"]
        + ["-of", "json", str(tmp_path / "demo-2.labelled.mp4")],
        capture_output=True,
        check=True,
    )
    video = json.loads(probe.stdout)["streams"][0]
    assert (video["codec_name"], video["nb_read_frames"]) == ("h264", "60")

    again = run("analyze", "demo:2", "--seconds", "0.1", "--format", "csv,jsonl", "--out", tmp_path)
    older = "Note: not written anew, and older than these: demo-2.vtt, demo-2.labelled.mp4.\n"
    assert (again.returncode, again.stderr) == (0, older)


def test_one_bad_file_does_not_spoil_the_others(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    wide = tmp_path / "wide.png"
    Image.new("L", (16386, 16)).save(wide)
    options = ("--seconds", "0.2", "--format", "csv", "--overlay", "--out", tmp_path / "out")
    done = run("analyze", bad, wide, "demo:1", *options)
    assert done.returncode == 1
    about_bad, about_wide = done.stderr.splitlines()
    assert "bad.mp4" in about_bad
    assert "wide.labelled.mp4" in about_wide and "too large for a video" in about_wide
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "demo-1.labelled.mp4",
        "demo-1.labels.csv",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process on Windows")
@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_an_interrupted_analysis_leaves_complete_files(tmp_path: Path, before: signal.Handlers) -> None:
    """Also one that a script had started with ``&``, which has SIGINT ignored."""
    command = [
        sys.executable,
        "-m",
        "happysad_live",
        "analyze",
        "demo:1",
        "--overlay",
        "--out",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, before),
    )
    part = tmp_path / "demo-1.labels.jsonl.part"
    while process.poll() is None:  # until it has begun to write frames
        if part.exists() and part.stat().st_size > 4000:
            process.send_signal(signal.SIGINT)
            break
    told, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")
    _, *frames = json_lines(tmp_path / "demo-1.labels.jsonl")
    so_far = f"interrupted; what was done so far is complete: {len(frames)} frames"
    assert told.startswith(f"demo:1: {so_far}")
    assert [frame["frame"] for frame in frames] == list(range(len(frames)))
    assert 5 < len(frames) < 720
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["demo-1.labelled.mp4", "demo-1.labels.csv", "demo-1.labels.jsonl", "demo-1.vtt"]
    clip = cv2.VideoCapture(str(tmp_path / "demo-1.labelled.mp4"))
    assert int(clip.get(cv2.CAP_PROP_FRAME_COUNT)) == len(frames)


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
def test_a_full_disk_keeps_what_was_analyzed(tmp_path: Path) -> None:
    analyze = f"{sys.executable} -m happysad_live analyze demo:4 --seconds 3 --out {tmp_path}"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 60; exec {analyze}"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "The disk is full" in done.stderr and done.stderr.count("\n") == 1
    assert done.stdout.startswith("demo:4: ended early; the files hold what could be written of ")
    _, *frames = json_lines(tmp_path / "demo-4.labels.jsonl")
    assert [frame["frame"] for frame in frames] == list(range(len(frames))) and len(frames) > 20
    with (tmp_path / "demo-4.labels.csv").open(newline="") as table:
        assert len(list(csv.DictReader(table))) >= len(frames)
    assert (tmp_path / "demo-4.vtt").read_text().endswith("%\n\n")
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (2, "ended early; no file could be written of "),
        (0.1, "not every file could be completed: 3 frames, "),  # so few that they are written at the end
    ],
)
def test_older_results_are_not_given_out_for_what_a_full_disk_refused(
    tmp_path: Path, seconds: float, told: str
) -> None:
    older = [tmp_path / "demo-4.labels.jsonl", tmp_path / "demo-4.labels.csv"]
    for path in older:
        path.write_text("older\n")
    analyze = f"{sys.executable} -m happysad_live analyze demo:4 --format jsonl,csv --seconds {seconds}"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 0; exec {analyze} --out {tmp_path}"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stdout.startswith(f"demo:4: {told}") and done.stdout.count("\n") == 1  # and no name
    note, problem = done.stderr.splitlines()
    assert note == "Note: not written anew: demo-4.labels.jsonl, demo-4.labels.csv."
    assert "The disk is full" in problem
    assert sorted(tmp_path.iterdir()) == sorted(older)
    assert {path.read_text() for path in older} == {"older\n"}


def test_subtitles_of_others_are_not_replaced(tmp_path: Path) -> None:
    theirs = tmp_path / "demo-1.vtt"
    theirs.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    arguments = ["analyze", "demo:1", "--seconds", "0.2", "--out", tmp_path]
    done = run(*arguments)
    assert done.returncode == 2 and "holds other subtitles" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["demo-1.vtt"] and "Hello" in theirs.read_text()
    theirs.unlink()
    for _ in range(2):  # its own may be
        assert run(*arguments).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_results_go_into_a_file_though_a_bar_is_on_the_terminal(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "plain.png"), np.zeros((60, 60, 3), np.uint8))
    terminal, its_end = os.openpty()
    with (tmp_path / "labels.txt").open("w") as labels:
        command = [sys.executable, "-m", "happysad_live", "classify", str(tmp_path / "plain.png")]
        done = subprocess.run(command, stdout=labels, stderr=its_end, timeout=120)
    os.close(its_end)
    os.close(terminal)
    assert done.returncode == 0
    assert (tmp_path / "labels.txt").read_text() == f"{tmp_path / 'plain.png'}: no face\n"


def wait_for(terminal: int, text: bytes) -> None:
    """Until a program has written that on its terminal, in one piece or in two."""
    written = b""
    while text not in written:
        written += os.read(terminal, 4096)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_an_interrupted_list_of_images_is_still_json(tmp_path: Path) -> None:
    image = tmp_path / "plain.png"
    cv2.imwrite(str(image), np.zeros((60, 60, 3), np.uint8))
    for number in range(1, 1000):
        (tmp_path / f"{number}.png").hardlink_to(image)
    terminal, its_end = os.openpty()
    command = [sys.executable, "-m", "happysad_live", "classify", "--json", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=its_end)
    os.close(its_end)
    wait_for(terminal, b"pictures/s")  # until some are done
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    os.close(terminal)
    assert process.returncode == 130
    assert 0 < len(json.loads(printed)) < 1000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_the_work_goes_on_behind_a_terminal_that_was_closed(tmp_path: Path) -> None:
    terminal, its_end = os.openpty()
    command = [sys.executable, "-m", "happysad_live", "analyze", "demo:1", "demo:2", "--seconds", "1"]
    process = subprocess.Popen([*command, "--out", str(tmp_path)], stdout=its_end, stderr=its_end)
    os.close(its_end)
    wait_for(terminal, b"frames/s")
    os.close(terminal)
    assert process.wait(timeout=120) == 0
    for name in ("demo-1", "demo-2"):
        assert len(json_lines(tmp_path / f"{name}.labels.jsonl")) == 1 + 30
        assert (tmp_path / f"{name}.vtt").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize("ending", ["mp4", "mkv"])  # which says how many frames it has, or how long it is
def test_the_bar_shows_how_far_it_is_beside_a_long_name(tmp_path: Path, ending: str) -> None:
    film = tmp_path / f"2025-06-30 14-05-09 interview with participant 17 session 2 of 3.{ending}"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"mp4v"), 30, (64, 48))
    for _ in range(30):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    terminal, its_end = os.openpty()
    command = [sys.executable, "-m", "happysad_live", "analyze", str(film), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        command, stderr=its_end, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "80"}
    )
    os.close(its_end)
    said = b""
    with suppress(OSError):  # which tells of the end
        while piece := os.read(terminal, 4096):
            said += piece
    os.close(terminal)
    assert process.wait(timeout=120) == 0
    assert b"30/30" in said and "…".encode() in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize("at_once", [True, False], ids=["line by line", "at the end"])
@pytest.mark.parametrize(
    ("module", "program", "command"),
    [("happysad_live", "happysad-live", "classify"), ("training.cli", "happysad-train", "predict")],
)
def test_results_that_cannot_be_written_are_told(
    module: str, program: str, command: str, at_once: bool, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "plain.png"), np.zeros((60, 60, 3), np.uint8))
    line = [sys.executable, "-m", module, command, str(tmp_path / "plain.png")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment |= {"PYTHONUNBUFFERED": "1"} if at_once else {}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            line, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, timeout=120
        )
    assert done.returncode == 1
    assert done.stderr == f"{program}: The results could not be written: No space left on device.\n"


def test_what_goes_wrong_inside_is_told_in_a_line_unless_debug_asks() -> None:
    code = """
import logging
from happysad_live.exit_codes import run_command
def fail():
    logging.warning("which makes a handler, if there is none")  # as TensorFlow's converter does
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("happysad_live.gui").exception("the label thread failed")
    return 0
run_command("program", fail, debug={debug})
"""
    for debug in (False, True):
        command = [sys.executable, "-c", code.format(debug=debug)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.stderr.startswith("the label thread failed")
        assert "division by zero" in done.stderr
        assert ("Traceback" in done.stderr) == debug
        assert debug or done.stderr.count("\n") == 1


NO_LIMITS = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")


@pytest.mark.parametrize(
    ("waste", "lack"),
    [
        ("np.empty(2**60, np.uint8)", "There is not enough memory"),
        pytest.param("mmap.mmap(-1, 2**60)", "There is not enough memory", marks=NO_LIMITS),
        pytest.param("open_files()", "The system lets this program open no more files", marks=NO_LIMITS),
    ],
)
def test_what_the_system_lacks_is_told_as_such(waste: str, lack: str) -> None:
    code = f"""
import mmap, os, sys
import numpy as np
from happysad_live.exit_codes import run_command
def open_files():
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    return [open(os.devnull) for _ in range(64)]
sys.exit(run_command("program", lambda: {waste}, debug=False))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    sentence = f"program: {lack}: close other programs, then try again.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


def test_a_reader_that_has_gone_is_nothing_to_tell_also_as_windows_tells_it() -> None:
    code = """
import errno, sys
sys.platform = "win32"
from happysad_live.exit_codes import run_command
def fail():
    raise OSError(errno.EINVAL, "Invalid argument")
sys.exit(run_command("program", fail, debug=False))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_wrong_usage_of_training_stays_wrong_usage_with_debug(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "training.cli", "--debug", "ingest", "--out", str(tmp_path / "x")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "Traceback" in done.stderr


def test_json_stays_json_where_the_output_has_no_such_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    cv2.imwrite(str(tmp_path / "é😀.png"), np.zeros((60, 60, 3), np.uint8))
    done = run("classify", tmp_path / "é😀.png", "--json")
    assert json.loads(done.stdout)[0]["image"] == str(tmp_path / "é😀.png")


CTRL_BREAK = """
import os, signal, sys
signal.SIGBREAK = signal.SIGUSR1  # which only Windows knows; this one ends a process just so
from happysad_live.exit_codes import run_command
sys.exit(run_command("program", lambda: os.kill(os.getpid(), signal.SIGBREAK), debug=False))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-Break cannot be sent to one process on Windows")
def test_ctrl_break_interrupts_as_ctrl_c_does() -> None:
    assert subprocess.run([sys.executable, "-c", CTRL_BREAK], timeout=60).returncode == 130


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix closes the streams")
def test_without_standard_streams_the_work_is_done(tmp_path: Path) -> None:
    command = f'"{sys.executable}" -m happysad_live analyze demo:1 --seconds 0.2 --out "{tmp_path}"'
    done = subprocess.run(["sh", "-c", f"{command} <&- >&- 2>&-"], timeout=120)
    assert done.returncode == 0
    assert len(json_lines(tmp_path / "demo-1.labels.jsonl")) == 1 + 6


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder that somebody is in")
def test_in_a_folder_that_is_gone_one_sentence_says_so(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    command = f'cd "{tmp_path}/gone"; rmdir ../gone; exec "{sys.executable}" -m happysad_live analyze .'
    surroundings = {**os.environ, "PYTHONPATH": str(Path(happysad_live.__file__).parents[1])}
    done = subprocess.run(
        ["sh", "-c", command], env=surroundings, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "started in is gone" in done.stderr and done.stderr.count("\n") == 1


def test_a_picture_that_cannot_be_read_is_told_and_leaves_the_others(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 60, 3), np.uint8))
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    done = run("analyze", tmp_path, "--out", tmp_path / "out", "--format", "jsonl")
    assert done.returncode == 1 and "b.png" in done.stderr
    (labels,) = (tmp_path / "out").iterdir()
    assert [line["image"] for line in json_lines(labels)[1:]] == ["a.png"]


def test_a_name_that_the_terminal_cannot_show_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")
    for name in ("a-é.png", "b.png"):
        cv2.imwrite(str(tmp_path / name), np.zeros((60, 60, 3), np.uint8))
    done = run("classify", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert run("analyze", tmp_path, "--out", tmp_path / "out").returncode == 0
    (labels,) = (tmp_path / "out").glob("*.labels.jsonl")
    assert [line["image"] for line in json_lines(labels)[1:]] == ["a-é.png", "b.png"]
    with labels.with_suffix(".csv").open(newline="") as table:
        assert next(csv.reader(table))[-3:] == ["image", "width", "height"]
    assert [line.rpartition("/")[2] for line in done.stdout.splitlines()] == [
        "a-\\xe9.png: no face",
        "b.png: no face",
    ]


def test_classify_tells_of_every_face_in_words_and_as_json(tmp_path: Path) -> None:
    """The demo's people at four seconds: the left one is happy, the right one sad."""
    couple, nobody = tmp_path / "a.png", tmp_path / "b.png"
    Image.fromarray(DemoSource(2).picture_at(4.0)).save(couple)
    Image.new("RGB", (80, 60)).save(nobody)
    described = json.loads(run("classify", "--json", tmp_path).stdout)
    assert described[1:] == [{"image": str(nobody), "width": 80, "height": 60, "faces": []}]
    assert (described[0]["image"], described[0]["width"], described[0]["height"]) == (str(couple), 1280, 720)
    faces = described[0]["faces"]
    keys = ["box", "detection", "label", "confidence", "probabilities", "raw"]
    assert [list(face) for face in faces] == [keys, keys]
    from_left = sorted(faces, key=lambda face: face["box"][0])
    assert [face["label"] for face in from_left] == ["happy", "sad"]
    words = [f"{face['label']} {min(round(100 * face['confidence']), 99)} %" for face in from_left]
    done = run("classify", tmp_path)
    assert done.stdout.splitlines() == [f"{couple}: {', '.join(words)}", f"{nobody}: no face"]
    assert (done.returncode, done.stderr) == (0, "")


def test_classify_labels_real_faces(shared_data: Path) -> None:
    """Eight happy and eight sad faces; the folders' own labels are right for most, not for all."""
    right = 0
    for label in ("happy", "sad"):
        images = sorted((shared_data / "web_faces" / label).iterdir())[:8]
        done = run("classify", "--json", *images)
        assert (done.returncode, done.stderr) == (0, "")
        described = json.loads(done.stdout)
        assert [image["image"] for image in described] == [str(image) for image in images]
        for image in described:
            assert image["faces"], image["image"]
            assert "track" not in image["faces"][0]
            x0, y0, x1, y1 = image["faces"][0]["box"]
            assert 0 <= x0 < x1 <= image["width"] and 0 <= y0 < y1 <= image["height"]
            right += image["faces"][0]["label"] == label
    assert right >= 12


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
@pytest.mark.parametrize(
    ("screen", "told"),
    [
        ({}, "there is no screen"),
        ({"DISPLAY": ":987"}, "the screen :987 cannot be reached"),
        ({"WAYLAND_DISPLAY": "wayland-987"}, "the screen wayland-987 cannot be reached"),
        ({"QT_QPA_PLATFORM": "wayland"}, "QT_QPA_PLATFORM asks for wayland"),
        ({"LC_ALL": "C"}, "there is no screen"),  # Qt warns of that first
    ],
    ids=lambda value: str(value) or "none",
)
def test_where_no_window_can_open_that_is_one_sentence(
    screen: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in screen.items():
        monkeypatch.setenv(name, value)
    done = run("--source", "demo")
    said = [line for line in done.stderr.splitlines() if "XDG_RUNTIME_DIR" not in line]  # says libwayland
    assert done.returncode == 1 and len(said) == 1 and told in said[0]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere preferences are kept in other places")
def test_doctor_finds_this_machine_fit_and_looks_where_the_user_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    home, folder = tmp_path / "home", tmp_path / "mine"
    settings = tmp_path / "HappySad Live" / "HappySad Live.conf"
    monkeypatch.setenv("HOME", str(home))
    for path in (home, folder, settings.parent):
        path.mkdir()
    settings.write_text(f"[General]\nclips_folder={folder}\n")
    for name in ("clip.json.part", "clip.mp4.part"):
        (folder / name).touch()
    done = run("doctor", "--json")
    findings = {finding["subject"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, [f for f in findings.values() if f["state"] == "problem"]
    assert findings["model happysad"]["state"] == "ok"
    assert findings["mediapipe"]["detail"] == "0.10.21"
    assert "score" in findings["face finder"]["detail"]
    assert findings["recordings"]["state"] == "note"
    assert findings["recordings"]["detail"].startswith("1 ")
    assert findings["clips folder"]["detail"].startswith(f"{folder}, ")
    assert not any(home.iterdir())  # as TensorFlow's companions would like to


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere clips are kept in other places")
def test_doctor_says_also_on_stderr_what_does_not_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model without anything, and a home that is a file, below which nothing can be recorded."""
    (tmp_path / "home").touch()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    broken = tmp_path / "happysad-live" / "models" / "broken"
    broken.mkdir(parents=True)
    (broken / "model.json").write_text("{}")
    done = run("doctor")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "see clips folder, model broken above" in done.stderr
    assert "✗ model broken" in done.stdout
    assert f"✗ clips folder: {recordings_dir()} cannot be written" in done.stdout
