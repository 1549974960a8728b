"""``analyze`` overlaps its steps; what it writes is what the steps give one after the other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_samples import face_at, from_afar
from PIL import Image
from recording_samples import probe

from happysad_live.classification.bundle import load_bundle
from happysad_live.commands import analyze as analyzing
from happysad_live.commands.analyze import run
from happysad_live.commands.result_names import take_results
from happysad_live.config import AnalyzeConfig
from happysad_live.core.types import Face, Frame
from happysad_live.errors import RecordingError, SourceError
from happysad_live.pipeline import Pipeline, build_pipeline
from happysad_live.sources import open_source
from happysad_live.sources.demo.source import DemoSource
from happysad_live.tracking.tracker import FaceTracker

SECONDS = 1.5

FRAMINGS = [(0, 0, 1280, 720), (0, 0, 1260, 709), (20, 11, 1280, 720)]
"""Parts of a picture of the demo, with all of its one face."""


class BreakingDemo(DemoSource):
    """A camera that is unplugged after some pictures."""

    def __init__(self, pictures: int) -> None:
        super().__init__(1)
        self._pictures = pictures

    def read(self) -> Frame | None:
        if self._pictures == 0:
            raise SourceError("The camera is gone.")
        self._pictures -= 1
        return super().read()


def written(folder: Path, stem: str = "demo-3") -> list[dict[str, Any]]:
    _, *lines = (folder / f"{stem}.labels.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def analyze(folder: Path, every: int = 1) -> list[dict[str, Any]]:
    config = AnalyzeConfig(
        ("demo:3",), out=folder, formats=("jsonl",), device="cpu", seconds=SECONDS, every=every
    )
    assert run(config) == 0
    return written(folder)


def test_every_frame_is_labelled_as_in_a_plain_run(tmp_path: Path) -> None:
    pipeline = build_pipeline(device="cpu")
    lines = analyze(tmp_path)
    with open_source("demo:3") as source:
        for line in lines:
            frame = source.read()
            assert frame is not None
            expected = pipeline.process(frame)
            assert (line["frame"], line["time_s"]) == (frame.index, pytest.approx(frame.time_s, abs=1e-3))
            assert len(line["faces"]) == len(expected.faces) == 3
            for found, face in zip(line["faces"], expected.faces, strict=True):
                assert (found["track"], found["label"]) == (face.track, face.label)
                assert found["box"] == pytest.approx(list(face.face.box), abs=0.1)
                assert list(found["probabilities"].values()) == pytest.approx(
                    face.probabilities.tolist(), abs=1e-3
                )
    assert len(lines) == 45
    pipeline.close()


def test_every_tenth_frame_keeps_its_number_and_time(tmp_path: Path) -> None:
    lines = analyze(tmp_path, every=10)
    assert [line["frame"] for line in lines] == [0, 10, 20, 30, 40]
    assert [line["time_s"] for line in lines] == pytest.approx([i / 3 for i in range(5)], abs=1e-3)
    assert all(len(line["faces"]) == 3 for line in lines)


def test_the_bar_ends_where_the_analysis_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a second has three frames, of which the first and the third are labelled."""
    totals: list[int | None] = []
    steps: list[None] = []

    @contextmanager
    def bar(name: str, total: int | None, unit: str) -> Iterator[Callable[[], None]]:
        totals.append(total)
        yield lambda: steps.append(None)

    monkeypatch.setattr(analyzing, "progress_bar", bar)
    config = AnalyzeConfig(("demo:1",), tmp_path, ("jsonl",), device="cpu", seconds=0.1, every=2)
    assert run(config) == 0
    assert (totals, len(steps)) == ([2], 2)


@pytest.mark.parametrize(("seconds", "length_s"), [(None, 5.0), (2.5, 2.5)])
def test_the_last_picture_of_a_film_is_shown_for_its_own_time(
    seconds: float | None, length_s: float, tmp_path: Path
) -> None:
    """Up to the second that was asked for."""
    pictures = [Image.fromarray(DemoSource(1).picture_at(0)).resize((320, 180), box=box) for box in FRAMINGS]
    film, durations_ms = tmp_path / "slides.gif", [500, 500, 4000]
    pictures[0].save(film, save_all=True, append_images=pictures[1:], duration=durations_ms)
    config = AnalyzeConfig((str(film),), tmp_path, ("vtt",), device="cpu", overlay=True, seconds=seconds)
    assert run(config) == 0
    *_, last_cue, _, _ = (tmp_path / "slides.vtt").read_text(encoding="utf-8").splitlines()
    assert last_cue.endswith(f"--> 00:00:0{length_s:.3f}")
    shown = probe(tmp_path / "slides.labelled.mp4")
    assert (shown.times_s, shown.length_s) == (pytest.approx([0, 0.5, 1]), pytest.approx(length_s))


def test_a_picture_at_the_second_that_was_asked_for_is_beyond_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a film that begins at 0.021 s: 1.021 - 0.021 is less than 1 in floating-point numbers."""

    class Late(DemoSource):
        def read(self) -> Frame | None:
            frame = super().read()
            return frame and replace(frame, time_s=(frame.time_s + 0.021) - 0.021)

    monkeypatch.setattr(analyzing, "open_source", lambda spec: Late(1))
    assert run(AnalyzeConfig(("demo:1",), tmp_path, ("jsonl",), device="cpu", seconds=1.0)) == 0
    assert len(written(tmp_path, "demo-1")) == 30


def test_a_frame_of_which_every_tenth_is_labelled_stands_for_the_nine_after_it(tmp_path: Path) -> None:
    config = AnalyzeConfig(("demo:1",), tmp_path, ("vtt",), device="cpu", seconds=0.3, every=10)
    assert run(config) == 0
    assert "00:00:00.000 --> 00:00:00.333\n" in (tmp_path / "demo-1.vtt").read_text(encoding="utf-8")


def test_the_people_of_each_source_are_counted_anew(tmp_path: Path) -> None:
    sources = ("demo:3", "demo:2")
    assert run(AnalyzeConfig(sources, out=tmp_path, formats=("jsonl",), device="cpu", seconds=0.1)) == 0
    for stem, numbers in (("demo-3", [1, 2, 3]), ("demo-2", [1, 2])):
        for line in written(tmp_path, stem):
            assert sorted(face["track"] for face in line["faces"]) == numbers


def test_people_are_seen_from_as_far_away_as_live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 3 % of the picture's width, where a look at each frame by itself finds nobody."""

    class Far(DemoSource):
        def read(self) -> Frame | None:
            frame = super().read()
            return frame and replace(frame, image=from_afar(frame.image, 0.2))

    monkeypatch.setattr(analyzing, "open_source", lambda spec: Far(4))
    run(AnalyzeConfig(("demo-3",), out=tmp_path, formats=("jsonl",), device="cpu", seconds=0.2))
    assert len(written(tmp_path)[-1]["faces"]) == 4


@pytest.mark.parametrize("pictures", [0, 10])
def test_a_source_that_breaks_off_keeps_what_came_before(
    pictures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(analyzing, "open_source", lambda spec: BreakingDemo(pictures))
    address = "rtsp://me:secret@camera/live"
    config = AnalyzeConfig((address,), out=tmp_path, formats=("jsonl", "vtt"), device="cpu")
    with pytest.raises(SourceError, match="The camera is gone"):
        run(config)
    told = capsys.readouterr().out
    assert "secret" not in told
    if not pictures:
        assert (list(tmp_path.iterdir()), told) == ([], "")
        return
    assert told.startswith(
        "rtsp://camera/live: broke off; what was done so far is complete: 10 frames, 10 with"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stream.labels.jsonl", "stream.vtt"]
    header, *lines = (tmp_path / "stream.labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(header)["source"] == "rtsp://camera/live"
    assert [json.loads(line)["frame"] for line in lines] == list(range(10))


def test_what_a_camera_sent_too_fast_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every two pictures one is lost, and three before the first, while the model was loaded."""

    class Fast(DemoSource):
        dropped = 3

        def read(self) -> Frame | None:
            if self.dropped == 3 + 10:
                return None
            frame = super().read()
            self.dropped += frame is not None and frame.index > 0
            return frame

    monkeypatch.setattr(analyzing, "open_source", lambda spec: Fast(2))
    address = "rtsp://me:secret@camera/live"
    assert run(AnalyzeConfig((address,), out=tmp_path, formats=("jsonl",), device="cpu")) == 0
    told = capsys.readouterr().out
    labels = Counter(face["label"] for line in written(tmp_path, "stream") for face in line["faces"])
    shares = ", ".join(f"{label} {100 * n / 22:.0f} %" for label, n in labels.most_common())
    assert told.startswith(f"rtsp://camera/live: 11 frames, 11 with faces ({shares}); 10 more")
    assert told.endswith(f"\n  {tmp_path / 'stream.labels.jsonl'}\n")
    assert "; 10 more came too fast to be labelled\n" in told


@pytest.mark.parametrize(
    ("happy", "told"),
    [
        (299, "happy over 99 %, sad under 1 %"),
        (298, "happy over 99 %, sad under 1 %"),
        (297, "happy 99 %, sad 1 %"),
        (300, "happy 100 %"),
    ],
)
def test_a_rare_label_has_its_share(
    happy: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a photograph of 300 people."""

    class Crowd:
        labels = ("happy", "sad")

        def find(self, image: np.ndarray, *, still: bool = False) -> list[Face]:
            return [face_at(40, 40, 40)] * 300

        def probabilities(self, crops: np.ndarray) -> np.ndarray:
            return np.float32([(1, 0)] * happy + [(0, 1)] * (len(crops) - happy))

        def close(self) -> None:
            pass

    crowd, tracker, bundle = Crowd(), FaceTracker(Crowd.labels, 0), load_bundle("happysad")
    pipeline = Pipeline(
        crowd, crowd, tracker, watch=None, threshold=0, bundle=bundle, device="CPU", device_note=""
    )
    monkeypatch.setattr(analyzing, "load_pipeline", lambda *_: pipeline)
    Image.new("RGB", (80, 80)).save(tmp_path / "crowd.png")
    assert run(AnalyzeConfig((str(tmp_path / "crowd.png"),), tmp_path, ("csv",))) == 0
    assert f": 1 frame, 1 with faces ({told})\n" in capsys.readouterr().out


def test_what_a_camera_showed_before_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot be labelled again, as a file can."""

    class Camera(DemoSource):
        info = replace(DemoSource(1).info, live=True)

    monkeypatch.setattr(analyzing, "open_source", lambda spec: (Camera if spec == "0" else DemoSource)(1))
    (tmp_path / "camera-0.vtt").write_text("WEBVTT\n\nnobody's labels")
    theirs = take_results(tmp_path, "camera-0-2")  # of a run that goes on just now
    (tmp_path / "camera-0-3.mp4").touch()  # of which the results will be called so
    sources = ("0", str(tmp_path / "camera-0-3.mp4"))
    assert run(AnalyzeConfig(sources, tmp_path, ("csv",), device="cpu", seconds=0.1)) == 0
    theirs.release()
    results = ["camera-0-3.labels.csv", "camera-0-4.labels.csv"]
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == sorted(results)
    assert str(tmp_path / "camera-0-4.labels.csv") in capsys.readouterr().out


def test_an_interruption_before_the_first_picture_spares_earlier_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(DemoSource):
        def read(self) -> Frame | None:
            raise KeyboardInterrupt

    earlier = tmp_path / "demo-3.labels.jsonl"
    earlier.write_text("yesterday's labels")
    monkeypatch.setattr(analyzing, "open_source", lambda spec: Interrupted(3))
    with pytest.raises(KeyboardInterrupt):
        run(AnalyzeConfig(("demo:3",), out=tmp_path, formats=("jsonl", "csv"), device="cpu"))
    assert [path.name for path in tmp_path.iterdir()] == [earlier.name]
    assert earlier.read_text() == "yesterday's labels"


def test_a_file_that_cannot_get_its_name_does_not_spoil_the_others(tmp_path: Path) -> None:
    (tmp_path / "demo-3.labels.csv").mkdir()
    formats = ("csv", "jsonl", "vtt")
    config = AnalyzeConfig(("demo:3",), out=tmp_path, formats=formats, device="cpu", seconds=0.1)
    with pytest.raises(RecordingError, match=r"What was written is in demo-3\.labels\.csv\.part"):
        run(config)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["demo-3.labels.csv", "demo-3.labels.csv.part", "demo-3.labels.jsonl", "demo-3.vtt"]


def test_results_that_another_program_is_writing_are_left_to_it(tmp_path: Path) -> None:
    config = AnalyzeConfig(("demo:3",), out=tmp_path, formats=("jsonl",), device="cpu", seconds=0.1)
    theirs = take_results(tmp_path, "demo-3")
    with pytest.raises(SourceError, match=r"Another program is writing demo-3\.\*"):
        run(config)
    assert [path.name for path in tmp_path.iterdir()] == [theirs.path.name]
    theirs.release()
    assert run(config) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["demo-3.labels.jsonl"]
