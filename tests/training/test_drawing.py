"""What is drawn for each step, by whichever process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_runs import drawn_set

from happysad_live.errors import TrainingError
from training.fitting.config import FitConfig, load_config
from training.fitting.data import TrainingFaces, read_greys
from training.fitting.drawing import drawn_batches
from training.processes import worker_pool


@pytest.fixture(scope="module")
def faces() -> TrainingFaces:
    drawn = drawn_set(per_class=4)
    return TrainingFaces(read_greys(drawn), drawn.labels, drawn.source)


@pytest.fixture
def small(config: Path) -> FitConfig:
    whole = load_config(config)
    return replace(whole, train=replace(whole.train, batch=6))


def test_processes_draw_what_a_thread_draws(faces: TrainingFaces, small: FitConfig) -> None:
    """In the order of the steps, and from any step on: a resumed run may have other cores."""
    with closing(drawn_batches(faces, small, range(8), processes=1)) as drawn:
        by_thread = list(drawn)
    with closing(drawn_batches(faces, small, range(3, 8), processes=2)) as drawn:
        by_processes = list(drawn)
    assert len(by_thread) == 8 and len({views.tobytes() for _, views in by_thread}) == 8
    for (rows, views), (other_rows, other_views) in zip(by_thread[3:], by_processes, strict=True):
        np.testing.assert_array_equal(rows, other_rows)
        np.testing.assert_array_equal(views, other_views)


def test_drawing_can_be_given_up_early(
    faces: TrainingFaces, small: FitConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with closing(drawn_batches(faces, small, range(1000), processes=2)) as drawn:
        rows, views = next(drawn)
    assert rows.shape == (6,) and views.shape == (6, 64, 64, 1)
    np.testing.assert_array_equal(rows[:3], rows[3:])
    assert not list(tmp_path.iterdir()) and not multiprocessing.active_children()


def test_without_room_for_what_the_processes_share_a_thread_draws(
    faces: TrainingFaces,
    small: FitConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with closing(drawn_batches(faces, small, range(3), processes=2)) as drawn:
        assert len(list(drawn)) == 3
    assert "no room for temporary files" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="kills a group of processes as Unix does")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_workers_leave_ctrl_c_to_their_parent_and_end_with_it(blow: signal.Signals) -> None:
    """The blow falls while they start: Ctrl-C on all of them, or one that only the parent gets."""
    script = (
        "import os, sys, signal, time, math\n"
        "from training.processes import worker_pool\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, lambda *_: print('interrupted', flush=True))\n"
        "    with worker_pool(2, math.sqrt, 4, remedy='') as pool:\n"
        "        print(*pool._processes, flush=True)\n"
        "        print(pool.submit(math.sqrt, 9).result(), flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    workers = [int(number) for number in parent.stdout.readline().split()]
    assert len(workers) == 2
    if blow == signal.SIGINT:
        os.killpg(parent.pid, blow)
        told, complaint = parent.communicate(timeout=60)
        assert told.split() == ["interrupted", "3.0"] and parent.returncode == 0 and not complaint
    else:
        os.kill(parent.pid, blow)
        parent.communicate(timeout=60)  # their ends of the pipes are closed once they are gone


def test_a_worker_that_dies_is_told() -> None:
    with (
        pytest.raises(TrainingError, match="lack of memory: buy more"),
        worker_pool(1, _die, remedy="buy more") as pool,
    ):
        pool.submit(_die).result()


def _die() -> None:
    import os

    os._exit(1)
