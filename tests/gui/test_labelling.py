"""Models that are loaded, wanted no more, or ready too late."""

from __future__ import annotations

import threading
import time

import pytest
from gui_fakes import LIMIT_S, FakeFactory, picture
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

from happysad_live.core.types import Frame
from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.gui.session.labelling import Labelling
from happysad_live.gui.session.threads import ThreadGroup


class Model:
    """Labelling without a window, in threads that a test can wait for without running the event loop."""

    def __init__(self, factory: FakeFactory) -> None:
        self.threads = ThreadGroup()
        self.labelled: list[int] = []
        self.labelling = Labelling(
            factory, lambda _, result, _model: self.labelled.append(result.frame.index), self.threads
        )
        self.told: list[str] = []
        self.labelling.ready.connect(lambda settings, *_: self.told.append(f"{settings.model} is ready"))
        self.labelling.failed.connect(lambda error: self.told.append(str(error)))

    def use(self, name: str) -> None:
        self.labelling.use(LabelSettings(name))

    def ended(self) -> bool:
        return self.threads.join(time.perf_counter() + LIMIT_S)


def test_a_model_that_is_wanted_no_more_may_fail_untold(qtbot: QtBot, factory: FakeFactory) -> None:
    model = Model(factory)
    model.use("broken")
    assert model.ended()  # it has failed, which comes with the next event
    model.use("gloomy")
    qtbot.waitUntil(lambda: bool(model.told), timeout=LIMIT_MS)
    assert model.told == ["gloomy is ready"]
    model.labelling.stop()
    assert model.ended()


def test_a_model_that_is_ready_when_the_window_has_closed_is_not_told(
    qtbot: QtBot, factory: FakeFactory
) -> None:
    model = Model(factory)
    factory.gate.clear()
    model.use("happysad")
    model.labelling.stop()
    factory.gate.set()
    assert model.ended()
    QApplication.processEvents()
    assert model.told == [] and model.labelling.settings is None


@pytest.mark.parametrize("finish", [True, False])
def test_what_waits_for_labels_at_the_end_gets_them_where_a_clip_is_to_have_it(
    qtbot: QtBot, factory: FakeFactory, finish: bool
) -> None:
    model = Model(factory)
    factory.hold = threading.Event()
    model.use("happysad")
    qtbot.waitUntil(lambda: model.labelling.settings is not None, timeout=LIMIT_MS)
    model.labelling.allow_backlog(10)
    for index in range(4):
        model.labelling.put(1, Frame(picture(index), index, index / 30, index / 30))
    model.labelling.stop(finish=finish)
    factory.hold.set()
    assert model.ended()
    assert (model.labelled == [0, 1, 2, 3]) is finish
