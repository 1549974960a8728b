"""One small finished training run, for all tests that only look at it."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_runs import CONFIG, drawn_set

from training.fitting.fit import run_fit


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "drawn.faces.npz"
    drawn_set().save(path)
    return path


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "tiny.toml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="session")
def run(config: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_fit(config, out=tmp_path_factory.mktemp("runs") / "whole", data=[data])
