"""Files that training writes and holds."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from happysad_live.core import file_lock
from happysad_live.errors import TrainingError
from training.files import held


def test_ctrl_c_while_a_file_is_taken_does_not_leave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked_while_ctrl_c_is_pressed(file: object) -> bool:
        signal.raise_signal(signal.SIGINT)
        return True

    monkeypatch.setattr(file_lock, "_try_lock", locked_while_ctrl_c_is_pressed)
    with pytest.raises(KeyboardInterrupt), held(tmp_path / ".run.running", TrainingError("in use")):
        pass
    assert list(tmp_path.iterdir()) == []
