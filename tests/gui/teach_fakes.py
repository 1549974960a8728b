"""A teacher that does what a test tells it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gui_fakes import LABELS, LIMIT_S

from happysad_live.errors import TrainingError
from happysad_live.gui.teach.take import Take
from training.teaching.bundle import TeachOutcome
from training.teaching.verdict import TeachFigures


def figures(balanced: float, **recall: float) -> TeachFigures:
    return TeachFigures(30, balanced, balanced, balanced, recall, dict.fromkeys(recall, 10))


def outcome(*, accepted: bool = True, reason: str = "It was right in 67 %.") -> TeachOutcome:
    return TeachOutcome(
        parent=None,  # type: ignore[arg-type]
        last_layer=None,  # type: ignore[arg-type]
        pictures=60,
        before=figures(0.67, happy=1.0, sad=1.0, neutral=0.0),
        after=figures(1.0, happy=1.0, sad=0.9, neutral=1.0),
        general_before=figures(0.91),
        general_after=figures(0.905),
        accepted=accepted,
        reason=reason,
    )


@dataclass
class FakeTeacher:
    """answer: what teaching comes to, or the sentence with which it fails. gate: what both teaching and
    writing wait for."""

    answer: TeachOutcome | str = field(default_factory=outcome)
    model: str = "happysad"
    labels: tuple[str, ...] = LABELS
    gate: threading.Event = field(default_factory=threading.Event)
    taken: list[Take] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    keeps: bool = True
    ended: threading.Event = field(default_factory=threading.Event)
    has_learnt: bool = False

    def usable(self, take: Take) -> bool:
        return len(take.times_s) >= 20

    def teach(self, takes: Sequence[Take], progress: Callable[[str, float], None]) -> TeachOutcome:
        try:
            self.taken = list(takes)
            progress("Learning", 0.5)
            self.gate.wait(LIMIT_S)
            progress("Learning", 1.0)
            self.has_learnt = True
            if isinstance(self.answer, str):
                raise TrainingError(self.answer)
            return self.answer
        finally:
            self.ended.set()

    def keep(self, outcome: TeachOutcome, name: str) -> str:
        if not self.keeps:
            raise TrainingError("The disk is full.")
        self.gate.wait(LIMIT_S)
        self.kept.append(name)
        return f"happysad-{name}"
