"""Ctrl-C during training: never lost, and never thrown into the middle of a library's native code."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType

import pytest

from happysad_live import interruptions
from happysad_live.interruptions import RETRY_S, ignore_further_signals
from training.interrupt import check_interrupt, remembered_interrupts

LIMIT_S = 10.0


@pytest.fixture(autouse=True)
def nothing_is_ending() -> Iterator[None]:
    yield
    ignore_further_signals(ending_s=0)


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


def test_inside_a_backend_the_user_is_told_that_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    monkeypatch.setattr(interruptions, "PATIENCE_S", 0.0)
    monkeypatch.setattr(interruptions, "print_message", lambda _: told.set())
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        as_if_in("keras", press_ctrl_c)()
        assert told.wait(LIMIT_S)
        check_interrupt()


def test_inside_a_backend_it_counts_at_the_end_where_nothing_asks_for_it() -> None:
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        as_if_in("keras.src.trainers", press_ctrl_c)()


@pytest.fixture
def interrupted_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module on whose import Ctrl-C is pressed."""
    name = "interrupted_import_in_training"
    (tmp_path / f"{name}.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\nis_whole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_during_an_import_it_waits_for_the_next_check(interrupted_import: str) -> None:
    found = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        found.append(importlib.import_module(interrupted_import).is_whole)
        check_interrupt()
        found.append("the next step")
    assert found == [True]


def test_during_an_import_it_interrupts_after_it_where_nothing_asks_for_it(interrupted_import: str) -> None:
    found = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        found.append(importlib.import_module(interrupted_import).is_whole)
        threading.Event().wait(LIMIT_S)  # which the signal ends
        found.append("the limit")
    assert found == [True]


def test_one_that_was_put_off_by_an_import_interrupts_only_once(interrupted_import: str) -> None:
    tidied_up = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        importlib.import_module(interrupted_import)
        try:
            check_interrupt()
        finally:
            threading.Event().wait(3 * RETRY_S)  # the time in which another would come
            tidied_up.append(True)
    assert tidied_up


def test_a_second_one_does_not_wait() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        as_if_in("keras", press_ctrl_c)(2)
        reached.append("the library's call is over")
    assert not reached


def test_impatience_does_not_cut_short_how_a_command_ends() -> None:
    """``timeout``, and a terminal that is closed, may send two signals as well."""
    tidied_up = []
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        try:
            press_ctrl_c()
        finally:
            press_ctrl_c()
            tidied_up.append(True)
    assert tidied_up


def test_afterwards_ctrl_c_is_what_it_was_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), remembered_interrupts():
        press_ctrl_c()
    assert signal.getsignal(signal.SIGINT) is before
    check_interrupt()
