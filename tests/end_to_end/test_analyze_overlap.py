"""``analyze`` overlaps its steps; what it writes is what the steps give one after the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from happysad_live.commands.analyze import run
from happysad_live.config import AnalyzeConfig
from happysad_live.pipeline import build_pipeline
from happysad_live.sources import open_source

SECONDS = 1.5


def written(folder: Path) -> list[dict[str, Any]]:
    _, *lines = (folder / "demo-3.labels.jsonl").read_text(encoding="utf-8").splitlines()
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
