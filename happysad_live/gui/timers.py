"""Timers that ring once."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer, pyqtBoundSignal


def single_shot_timer(
    parent: QObject, does: Callable[[], object] | pyqtBoundSignal, after_ms: int = 0
) -> QTimer:
    """A timer that does something once each time it is started.

    after_ms: how long after, unless it is started with another time.
    """
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(after_ms)
    timer.timeout.connect(does)
    return timer
