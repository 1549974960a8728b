"""Where the window reaches training: the only module of the app that imports it, as late as possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from happysad_live.gui.teach.take import Take

if TYPE_CHECKING:
    from training.teaching.bundle import TeachOutcome

Progress = Callable[[str, float], None]


class Teacher(Protocol):
    """What the dialog needs of training. ``teach`` and ``keep`` take seconds: call them in a thread."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The expressions that it knows."""
        ...

    def usable(self, take: Take) -> bool:
        """Whether a take shows the face often enough."""
        ...

    def teach(self, takes: Sequence[Take], progress: Progress) -> TeachOutcome:
        """Teach and judge. What ``progress`` raises ends it. Raises HappySadError."""
        ...

    def keep(self, outcome: TeachOutcome, name: str) -> str:
        """Keep what was taught as a model of the user's own; returns its name. Raises HappySadError."""
        ...


class FaceTeacher:
    """Teaches a model, given by name or folder. Raises HappySadError when it cannot be taught."""

    def __init__(self, name_or_folder: str) -> None:
        from training.teaching.teach import teachable

        self._bundle = teachable(name_or_folder)

    @property
    def labels(self) -> tuple[str, ...]:
        return self._bundle.labels

    def usable(self, take: Take) -> bool:
        from training.teaching.samples import usable

        return usable(take.times_s)

    def teach(self, takes: Sequence[Take], progress: Progress) -> TeachOutcome:
        from training.teaching.samples import Sample
        from training.teaching.teach import teach

        samples = [Sample(take.label, take.times_s, take.crops) for take in takes]
        return teach(self._bundle, samples, progress)

    def keep(self, outcome: TeachOutcome, name: str) -> str:
        return outcome.write(name).name
