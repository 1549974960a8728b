"""What ``doctor`` says of a machine that is not as it should be."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from happysad_live import paths
from happysad_live.commands import doctor
from happysad_live.errors import HappySadError


def examined(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, dict[str, str]], str]:
    """The findings by their subjects, and what is told on stderr, nothing where all that is needed works."""
    told = ""
    try:
        assert doctor.run(lambda: folder, as_json=True) == 0
    except HappySadError as error:
        told = str(error)
    return {finding["subject"]: finding for finding in json.loads(capsys.readouterr().out)}, told


def test_before_the_first_recording_and_without_a_screen_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    space = {tmp_path: SimpleNamespace(total=500e9, used=488e9, free=12.4e9)}
    monkeypatch.setattr(shutil, "disk_usage", space.__getitem__)
    findings, told = examined(tmp_path / "not" / "yet", capsys)
    assert told == ""
    clips = findings["clips folder"]
    assert (clips["state"], clips["detail"]) == ("ok", f"{tmp_path / 'not' / 'yet'}, 12 GB free")
    if sys.platform == "linux":
        assert findings["window"]["state"] == "note"


def test_every_illness_is_told_and_hides_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A MediaPipe that reports to its makers, a video library that does not load, and a disk nearly full."""
    later = tmp_path / "mediapipe-0.10.9999.dist-info"
    later.mkdir()
    (later / "METADATA").write_text("Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.9999\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(total=500e9, used=498.6e9, free=1.4e9)
    )
    findings, told = examined(tmp_path, capsys)
    assert "see mediapipe, video encoder above" in told
    assert findings["mediapipe"]["advice"].startswith("Install mediapipe==0.10.21")
    assert findings["clips folder"]["state"] == "note" and findings["clips folder"]["advice"]
    assert findings["model happysad"]["state"] == "ok"


@pytest.mark.skipif(sys.platform != "linux", reason="the data folder is named by XDG_DATA_HOME")
def test_what_to_do_about_a_damaged_model_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    damaged = tmp_path / "happysad-live" / "models" / "mine"
    damaged.mkdir(parents=True)
    (damaged / "model.json").write_text("{")
    findings, told = examined(tmp_path, capsys)
    assert "see model mine above" in told
    assert findings["model mine"]["detail"].endswith("is damaged: copy the model again.")
    assert findings["model mine"]["advice"] == ""


def test_a_disk_that_is_all_but_full_has_no_round_number_of_gigabytes_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(total=500e9, used=499.6e9, free=0.4e9)
    )
    findings, _ = examined(tmp_path, capsys)
    assert findings["clips folder"]["detail"] == f"{tmp_path}, 0.4 GB free"


def test_without_a_home_the_rest_is_examined_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a container's user without an account has none."""

    def homeless(*_: object, **__: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(paths, "user_data_path", homeless)
    monkeypatch.setattr(paths, "user_videos_path", homeless)
    with pytest.raises(HappySadError, match="see clips folder, recordings above"):
        doctor.run(paths.recordings_dir, as_json=True)
    findings = {finding["subject"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["clips folder"]["state"] == "problem"
    assert findings["clips folder"]["detail"].startswith("You have no home folder: set the environment")
    assert findings["clips folder"]["advice"] == ""
    assert findings["model happysad"]["state"] == "ok"


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", "✓ "), ("cp1252", "ok ")])
def test_marks_are_those_that_the_output_can_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, mark: str
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding, "backslashreplace"))
    doctor.run(lambda: tmp_path, as_json=False)
    assert f"{mark}Python: " in written.getvalue().decode(encoding)
