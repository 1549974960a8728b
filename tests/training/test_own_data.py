"""One command from a folder of pictures to a model that the app can run."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from happysad_live.classification.bundle import load_bundle
from happysad_live.sources.demo import DemoSource, expression_at
from training.cli import main

CONFIG = """
name = "mine"
seed = 1
[network]
stem = 4
stages = [[6, 0], [8, 0]]
[train]
epochs = 1
views_per_epoch = 64
batch = 16
mixed_precision = false
[[heads]]
name = "mine"
classes = ["happy", "sad"]
"""


@pytest.fixture
def folder_of_classes(tmp_path: Path) -> Path:
    """The demo's one person, plainly happy and plainly sad, a picture every quarter of a second."""
    folder = tmp_path / "my faces"
    demo = DemoSource(1)
    for quarter in range(4 * 24):
        expression = expression_at(0, quarter / 4)
        if expression.plain and expression.name in ("happy", "sad"):
            path = folder / expression.name / f"{quarter}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), demo.picture_at(quarter / 4)[..., ::-1])
    return folder


def test_fit_takes_a_folder_of_classes(tmp_path: Path, folder_of_classes: Path) -> None:
    config = tmp_path / "own.toml"
    config.write_text(CONFIG)
    out = tmp_path / "run"
    arguments = ["fit", "--config", str(config), "--data", str(folder_of_classes), "--out", str(out)]
    assert main(arguments) == 0
    assert load_bundle(out / "mine").labels == ("happy", "sad")
    assert (out / "my faces.faces.npz").is_file()
