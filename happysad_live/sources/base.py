"""The contract of every source of pictures, and what the sources share."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

from happysad_live.core.types import Frame

SourceKind = Literal["camera", "file", "stream", "images", "demo"]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source once it is open.

    name: for people: a camera's name, a file's name, an address without its password.
    width, height: pixels of the first picture as it will be delivered (turned upright); later
        pictures of a camera or of a folder may differ.
    frame_rate: pictures a second as the source declares it, None where it does not say.
    frame_count: number of pictures, None where it is not known or has no end.
    live: True where pictures come by themselves and those not taken in time are lost.
    length_s: how long it lasts by its own account; None where it cannot be sought in.
    begins_s: when a player shows the first picture of a file; later than 0 where the sound comes first.
    """

    name: str
    kind: SourceKind
    width: int
    height: int
    frame_rate: float | None
    frame_count: int | None
    live: bool
    length_s: float | None = None
    begins_s: float = 0.0

    @property
    def is_photograph(self) -> bool:
        """Whether it is a single picture."""
        return self.frame_count == 1


def always() -> bool:
    """The ``still_wanted`` of a seek that nobody takes back."""
    return True


class Source(ABC):
    """Something that gives one picture after the other. One thread reads; any thread may close.

    incomplete: whether some of its pictures could not be read, which was logged when it was noticed.
    skipped: the names of the files and sub-folders of a folder that could not be read so far.
    """

    incomplete = False
    skipped: tuple[str, ...] = ()

    @property
    def dropped(self) -> int:
        """Pictures that made way for newer ones before anybody read them; only a live source has such."""
        return 0

    @property
    @abstractmethod
    def info(self) -> SourceInfo:
        """What is known of the source."""

    @abstractmethod
    def read(self) -> Frame | None:
        """Wait for the next picture. None at the end, and once the source is closed.

        Raises SourceError when the source breaks. Nothing is paced here: a file is read as fast
        as it is asked for; a live source gives what has just come, and nothing twice.
        """

    def pass_over(self, frames: int) -> int:
        """Leave out up to so many of the next pictures; returns how many.

        Only what is drawn as it is asked for does so: of what was recorded nothing is to be lost.
        """
        return 0

    def seek(
        self, time_s: float, *, backwards: bool = False, still_wanted: Callable[[], bool] = always
    ) -> None:
        """Read on from the picture that is shown at a time, in seconds from the source's beginning.

        A time outside the source means its first or last picture. Indices count on; the frames' ``time_s``
        may jump, and it is for the player to make it count on. To be called in the thread that reads, and
        only where ``info.length_s`` is known.

        backwards: whether a picture that cannot be read is replaced by one before it, as the user goes back.
        still_wanted: asked while seeking takes its time; once it says no, any picture on the way will do.
        """
        raise io.UnsupportedOperation("info.length_s says which sources can be sought in")

    @abstractmethod
    def close(self) -> None:
        """Release everything. Harmless when repeated, and from another thread than the reader's."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
