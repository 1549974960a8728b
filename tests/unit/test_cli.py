"""The command line: what is wrong is told in one sentence, with the right exit code."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from recording_samples import plan, record, result

from happysad_live.cli import main
from happysad_live.commands import classify
from happysad_live.commands.bench.run import USUAL_FACES
from happysad_live.commands.result_names import result_stems
from happysad_live.core.sentences import listed
from happysad_live.errors import ModelError, UsageError
from happysad_live.progress import progress_bar
from happysad_live.recording.label_lines import LabelHeader
from happysad_live.recording.recorder import Recorder
from training.cli import main as train


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """What went to stderr, which must be one sentence on one line, without a traceback."""
    output = capsys.readouterr().err
    assert output.count("\n") == 1, output
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["analyse", "clip.mp4"], "no command “analyse”"),
        (["--sauce", "demo"], "--sauce"),
        (["analyze"], "SRC"),
        (["analyze", "demo", "--format", "xml"], "xml"),
        (["analyze", "demo", "--format", ","], "jsonl, csv, vtt"),
        (["analyze", "demo", "--seconds", "-3"], "-3"),
        (["analyze", "demo", "--seconds", "nan"], "nan"),
        (["analyze", "demo", "--device", "tpu"], "--device: “tpu” is none of auto, cpu, gpu;"),
        (["analyze", "demo", "--every", "0"], "whole number"),
        (["analyze", "a/clip.mp4", "b/clip.mov"], "both write clip.labels.jsonl"),
        (["classify"], "IMAGE"),
        (["cameras", "--jason"], "--jason"),
        (["--source", "demo", "--report", "no/such/folder/report.json"], "folder"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in said(capsys)


def test_what_is_missing_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "face.png"
    picture.write_bytes(b"no picture")
    for arguments, told in (
        (["analyze", str(tmp_path / "none.mp4")], "none.mp4"),
        (["classify", str(tmp_path / "none.jpg")], "none.jpg"),
        (["classify", str(picture), "--model", "nobody"], "nobody"),
        (["analyze", "demo", "--model", "nobody", "--out", str(tmp_path / "out")], "nobody"),
        (["analyze", "demo:9"], "demo"),
        (["analyze", "a" * 300, "--out", str(tmp_path)], "no camera, file or folder called"),
        (["classify", str(picture), "--model", "a" * 300], "no model"),
    ):
        assert main(arguments) == 1, arguments
        assert told in said(capsys)
    assert list(tmp_path.iterdir()) == [picture]


@pytest.mark.skipif(sys.platform == "win32", reason="no file can be called so there")
def test_the_name_of_a_file_does_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a\x1b]0;mine\x07\x1b[31m\x9b2J.png", "b\nc.jpg: happy 99 %.png", "täglich\u202f1.png"):
        Image.new("RGB", (32, 32)).save(tmp_path / name, "PNG")
    (tmp_path / "d\x1b[2J.png").write_bytes(b"no picture")
    assert main(["classify", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"{tmp_path}/a\\x1b]0;mine\\x07\\x1b[31m\\x9b2J.png: no face",
        f"{tmp_path}/b\\nc.jpg: happy 99 %.png: no face",
        f"{tmp_path}/täglich\u202f1.png: no face",
    ]
    assert "d\\x1b[2J.png is not a picture" in err and "\x1b" not in err


def test_a_text_file_called_mp4_is_no_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_text("This is no video at all.\n" * 50)
    assert main(["analyze", str(clip), "--out", str(tmp_path / "out")]) == 1
    assert "clip.mp4" in said(capsys)
    assert list(tmp_path.iterdir()) == [clip]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["analyze", "--help"], ["doctor", "--help"]]
)
def test_help_is_printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("program", "commands"),
    [
        (main, ([], ["analyze"], ["classify"], ["cameras"], ["doctor"], ["bench"])),
        (
            train,
            [[name] for name in ["seed", "ingest", "fit", "evaluate", "plots", "card", "predict", "general"]],
        ),
    ],
)
def test_help_explains_the_command_and_each_of_its_arguments(
    program: Callable[[list[str]], int],
    commands: Sequence[list[str]],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for command in commands:
        with pytest.raises(SystemExit):
            program([*command, "--help"])
        usage, description, *lists = capsys.readouterr().out.split("\n\n")
        assert usage.startswith("usage: ") and description.endswith("."), command
        for arguments in lists:
            if arguments.startswith(("positional arguments:", "options:")):
                for line in re.sub(r"\n {4,}", "  ", arguments.rstrip()).splitlines()[1:]:
                    assert re.fullmatch(r"  \S.*?  +\S.*", line), (command, line)


def test_help_tells_how_many_faces_bench_measures_by_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    assert f"(default: {listed([str(faces) for faces in USUAL_FACES])} in turn" in capsys.readouterr().out


def test_results_are_called_after_their_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))  # the same on Windows
    monkeypatch.chdir(tmp_path)
    folders = [tmp_path / "holiday", tmp_path / "at.home", tmp_path / "20241231120000"]
    for folder in folders:
        folder.mkdir()
    films = [folder / name for folder, name in zip(folders[:2], ("a.b.mp4", "A.B.mp4"), strict=True)]
    for film in films:
        film.touch()
    webcam = "USB2.0 HD UVC WebCam: USB2.0 HD"
    sources = (str(films[0]), "0", "demo:2", "http://host/video.mjpg", str(folders[0]), "~/at.home", webcam)
    sources += (folders[2].name,)  # as some cameras call their folders
    assert result_stems(sources) == [
        "a.b",
        "camera-0",
        "demo-2",
        "stream",
        "holiday",
        "at.home",
        "USB2.0 HD UVC WebCam- USB2.0 HD",
        "20241231120000",
    ]
    assert result_stems(["Café/“HD?” ", "??"]) == ["Café“HD”", "source"]  # as Windows takes them
    with pytest.raises(UsageError, match="one by one"):
        result_stems(("http://host/a", "http://host/b"))
    with pytest.raises(UsageError, match=r"a\.b\.labels\.jsonl"):  # one file where names know no case
        result_stems([str(film) for film in films])


def test_a_labelled_video_does_not_replace_another_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.mp4", "a.labelled.mp4"):
        (tmp_path / name).write_bytes(b"film")
    sources = [str(tmp_path / "a.mp4"), str(tmp_path / "a.labelled.mp4")]
    assert main(["analyze", *sources, "--overlay", "--out", str(tmp_path)]) == 2
    assert "is one of the sources" in said(capsys)
    assert (tmp_path / "a.labelled.mp4").read_bytes() == b"film"


def test_debug_may_stand_before_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "classify", str(tmp_path / "none.png")]) == 1
    told = capsys.readouterr().err
    assert "Traceback" in told and "There is no file or folder" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--debug", "--source"], "--source: expected one argument"),
        (["--debug", "--seconds", "-1"], "“-1” is not a number above 0"),
        (["--record", "party.mkv"], "“party.mkv” is neither a folder nor an .mp4 file"),
        (["--record", "party.mp4/"], "there is no folder “party.mp4/”: make it first"),
        (["--model", ""], "a model's name is empty"),
        (["analyze", "demo", "--every", "9" * 5000], "9” is not a whole number above 0"),
    ],
)
def test_the_windows_options_are_checked(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("others", [0, 1])
def test_every_missing_image_is_told_and_the_list_is_still_json(
    others: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.png"
    cv2.imwrite(str(there), np.zeros((60, 80, 3), np.uint8))
    images = [tmp_path / "a.png", *[there] * others, tmp_path / "b.png"]
    assert main(["classify", *map(str, images), "--json"]) == 1
    printed = capsys.readouterr()
    listed = {"image": str(there), "width": 80, "height": 60, "faces": []}
    assert json.loads(printed.out) == [listed] * others
    assert "a.png" in printed.err and "b.png" in printed.err


@pytest.mark.parametrize(("ending", "code"), [(KeyboardInterrupt(), 130), (ModelError("It is damaged."), 1)])
def test_the_list_is_json_also_where_the_model_is_not_loaded(
    ending: BaseException,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Loading takes seconds where there is a GPU, time enough for Ctrl-C."""

    def end(*_: object) -> None:
        raise ending

    monkeypatch.setattr(classify, "load_pipeline", end)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((60, 80, 3), np.uint8))
    assert main(["classify", str(tmp_path), "--json"]) == code
    assert json.loads(capsys.readouterr().out) == []


def test_a_picture_of_a_folder_that_is_named_beside_it_is_labelled_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = tmp_path / "best"
    best.mkdir()
    pictures = [best / "b.png", tmp_path / "a.png"]
    for picture in pictures:
        cv2.imwrite(str(picture), np.zeros((60, 80, 3), np.uint8))
    assert main(["classify", str(best), str(tmp_path), str(pictures[0]), "--json"]) == 0
    assert [told["image"] for told in json.loads(capsys.readouterr().out)] == [*map(str, pictures)]


def test_a_file_may_be_called_as_if_in_somebodys_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~nobody.mp4").write_text("no video")
    assert main(["analyze", "~nobody.mp4", "--out", "~nobody"]) == 1
    assert "~nobody.mp4 is not a video" in said(capsys)


def test_a_recordings_own_label_lines_are_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # where results go unless --out says otherwise
    record(Recorder(plan(tmp_path, stem="me")), [result(0, 0.0)])
    before = (tmp_path / "me.labels.jsonl").read_bytes()
    assert main(["analyze", "me.mp4"]) == 2
    assert "choose another folder with --out" in said(capsys)
    assert (tmp_path / "me.labels.jsonl").read_bytes() == before


def test_results_of_another_file_of_that_name_are_not_replaced_while_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("monday", "tuesday"):
        Path(folder).mkdir()
        Path(folder, "clip.mp4").write_text("no video")
    header = LabelHeader("monday/clip.mp4", "happysad", "", 640, 480, ("happy", "sad"))
    Path("clip.labels.jsonl").write_text(json.dumps(header.to_dict()) + "\n")
    assert main(["analyze", "tuesday/clip.mp4"]) == 2
    told = said(capsys)
    assert "clip.labels.jsonl holds the labels of monday/clip.mp4: choose another folder with --out" in told
    assert main(["analyze", "monday/clip.mp4"]) == 1
    assert "is not a video" in said(capsys)
    Path("monday/clip.mp4").unlink()
    assert main(["analyze", "tuesday/clip.mp4"]) == 1
    assert "is not a video" in said(capsys)


def test_what_is_not_written_replaces_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside a clip's own labels, other subtitles and a labelled video there is room for other formats."""
    monkeypatch.chdir(tmp_path)
    record(Recorder(plan(tmp_path, stem="me")), [result(0, 0.0)])
    Path("me.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    for video in ("me.mp4", "me.labelled.mp4"):
        Path(video).write_text("no video")
    sources = ["analyze", "me.mp4", "me.labelled.mp4"]
    for refused in (["--format", "csv,vtt"], ["--format", "csv,jsonl"], ["--format", "csv", "--overlay"]):
        assert main([*sources, *refused]) == 2
        assert "choose another folder with --out" in said(capsys)
    assert main([*sources, "--format", "csv"]) == 1
    assert capsys.readouterr().err.count("is not a video") == 2


@pytest.mark.parametrize(
    ("step_s", "told"), [(2.5, "0.4 images/s"), (25.0, "0.04 images/s"), (0.02, "50 images/s")]
)
def test_the_speed_of_slow_work_is_told(step_s: float, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large photographs take seconds each."""
    terminal, now_s = io.StringIO(), 0.0
    monkeypatch.setattr("rich.console.monotonic", lambda: now_s)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar("Labelling images", 5, "images/s") as advance:
        for _ in range(5):
            now_s += step_s
            advance()
    assert f" {told} " in terminal.getvalue()


def test_where_no_bar_is_drawn_nothing_is_loaded_for_one() -> None:
    """Loading what draws it takes longer than labelling a picture."""
    lines = (
        "import sys",
        "from happysad_live.progress import progress_bar",
        "with progress_bar('Labelling images', 1) as advance:",
        "    advance()",
        "print('rich' in sys.modules)",
    )
    run = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False"]
