"""Ctrl-C during training: never lost, and never thrown into the middle of a library's native code."""

from __future__ import annotations

import importlib
import signal
from collections.abc import Callable
from pathlib import Path
from types import FunctionType

import pytest

from training.interrupt import check_interrupt, remembered_interrupts


def press_ctrl_c(times: int = 1) -> None:
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


def as_if_in(module: str, function: Callable[..., None]) -> Callable[..., None]:
    """The function as code of another module."""
    return FunctionType(function.__code__, {"__name__": module, "signal": signal}, argdefs=(1,))


def test_in_our_own_code_it_interrupts_at_once() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        press_ctrl_c()
        reached.append("the next line")
    assert not reached


def test_inside_a_backend_it_waits_for_the_next_check() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        as_if_in("tensorflow.python.util.nest", press_ctrl_c)()
        reached.append("the library's call is over")
        check_interrupt()
        reached.append("the next step")
    assert reached == ["the library's call is over"]


def test_inside_a_backend_it_counts_at_the_end_where_nothing_asks_for_it() -> None:
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        as_if_in("keras.src.trainers", press_ctrl_c)()


def test_during_an_import_it_waits_for_the_next_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interrupted_import_in_training.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\nis_whole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        found.append(importlib.import_module("interrupted_import_in_training").is_whole)
        check_interrupt()
        found.append("the next step")
    assert found == [True]


def test_a_second_one_does_not_wait() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        as_if_in("keras", press_ctrl_c)(2)
        reached.append("the library's call is over")
    assert not reached


def test_afterwards_ctrl_c_is_what_it_was_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        press_ctrl_c()
    assert signal.getsignal(signal.SIGINT) is before
    check_interrupt()
