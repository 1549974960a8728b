"""Worker processes: they leave interruptions to their parent, and their end is told."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from happysad_live.errors import TrainingError
from training.processes import check_wanted, worker_pool


@pytest.mark.skipif(os.name == "nt", reason="kills a group of processes as Unix does")
@pytest.mark.parametrize("blow", ["SIGINT", "SIGKILL"])
def test_workers_leave_ctrl_c_to_their_parent_and_end_with_it(blow: str) -> None:
    """The blow falls while they start: Ctrl-C on all of them, or one that only the parent gets."""
    script = (
        "import gc, math, signal\n"
        "from training.processes import check_wanted, worker_pool\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, lambda *_: print('interrupted', flush=True))\n"
        "    with worker_pool(2, gc.collect, remedy='') as pool:\n"
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
    if blow == "SIGINT":
        os.killpg(parent.pid, signal.SIGINT)
        told, complaint = parent.communicate(timeout=60)
        assert told.split() == ["interrupted", "3.0"] and parent.returncode == 0 and not complaint
    else:
        os.kill(parent.pid, signal.SIGKILL)
        parent.communicate(timeout=60)  # their ends of the pipes are closed once they are gone


@pytest.mark.skipif(os.name == "nt", reason="there os.kill ends the process by itself")
def test_ctrl_c_while_the_workers_end_waits_for_them() -> None:
    """It is pressed once the worker has started, which the parent has begun to wait for by then."""
    with pytest.raises(KeyboardInterrupt), worker_pool(1, _press_ctrl_c_for_the_parent, remedy=""):
        pass
    assert multiprocessing.active_children() == []


def _press_ctrl_c_for_the_parent() -> None:
    os.kill(os.getppid(), signal.SIGINT)


def test_work_in_pieces_ends_with_the_pool_amid_a_piece(tmp_path: Path) -> None:
    """Without that, the test would last for ever: the piece has no end."""
    begun = tmp_path / "begun"
    with worker_pool(1, _nothing, remedy="") as pool:
        work = pool.submit(_work_for_ever, begun)
        while not begun.exists() and not work.done():
            pass
    assert isinstance(work.exception(), CancelledError)


def _nothing() -> None:
    pass


def _work_for_ever(begun: Path) -> None:
    begun.touch()
    while True:
        check_wanted()


def test_a_worker_that_dies_is_told() -> None:
    with (
        pytest.raises(TrainingError, match="lack of memory: buy more"),
        worker_pool(1, _die, remedy="buy more") as pool,
    ):
        pool.submit(_die).result()


def _die() -> None:
    import os

    os._exit(1)
