"""Models that are loaded, wanted no more, or ready too late."""

from __future__ import annotations

import time

from gui_fakes import LIMIT_S, FakeFactory
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from window_use import LIMIT_MS

from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.gui.session.labelling import Labelling
from happysad_live.gui.session.threads import ThreadGroup


class Model:
    """Labelling without a window, in threads that a test can wait for without running the event loop."""

    def __init__(self, factory: FakeFactory) -> None:
        self.threads = ThreadGroup()
        self.labelling = Labelling(factory, lambda *_: None, self.threads)
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
