"""From takes in front of a camera to a taught model in the user's folder, with everything real."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from happysad_live.classification.bundle import available_models
from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.teach.take import LEAD_S, TAKE_S, Take
from happysad_live.gui.teach.teaching import FaceTeacher
from happysad_live.pipeline import Pipeline, build_pipeline
from happysad_live.sources.demo.source import DemoSource, expression_at
from training.teaching.teach import teachable

FRAME_S = 0.2


def take(pipeline: Pipeline, label: str) -> Take:
    """What the dialog collects of a demo person who looks a little sad when calm."""
    demo, taken = DemoSource(1), Take(label)
    mood, least, most = ("sad", 0.4, 0.8) if label == "neutral" else (label, 1.0, 1.0)
    shown = [(time_s, expression_at(0, time_s)) for time_s in np.arange(0, 24, FRAME_S / 10)]
    plain = [time_s for time_s, now in shown if now.name == mood and least <= now.strength <= most]
    frames = round((LEAD_S + TAKE_S) / FRAME_S) + 2
    for index in range(frames):
        # Where the expression does not last that long, its moments come round again.
        image = demo.picture_at(plain[10 * index % len(plain)])
        frame = Frame(image, index, index * FRAME_S, 100.0 + index * FRAME_S)
        taken.add(pipeline.process(frame))
    assert taken.done
    return taken


@pytest.mark.skipif(sys.platform == "darwin", reason="the user's folder cannot be moved elsewhere there")
def test_a_taught_model_is_kept_in_the_users_folder_and_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME", str(tmp_path))
    pipeline = build_pipeline("happysad", "cpu")
    teacher = FaceTeacher("happysad")
    assert teacher.labels == pipeline.labels
    takes = [take(pipeline, label) for label in ("happy", "sad", "neutral")]
    pipeline.close()
    assert all(teacher.usable(one) for one in takes)
    told: list[float] = []
    outcome = teacher.teach(takes, lambda text, share: told.append(share))
    assert outcome.accepted, outcome.reason
    assert outcome.after.balanced_accuracy > 0.9 > outcome.before.balanced_accuracy
    assert outcome.general_before.faces > 2000
    name = teacher.keep(outcome, "Demo")
    folder = available_models()[name]
    assert tmp_path in folder.parents and name == "happysad-demo"
    taught = build_pipeline(name, "cpu")
    shown = taught.process(Frame(DemoSource(1).picture_at(5.0), 0, 0.0, 0.0))
    assert isinstance(shown, FrameResult) and [face.label for face in shown.faces] == ["happy"]
    taught.close()
    assert teachable(name).name == "happysad"  # teaching again starts from the shipped model
