"""At the start: offering what a crash or a power cut has left of recordings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.errors import RecordingError
from happysad_live.gui.background import Background
from happysad_live.gui.clips.dialogs import ClipDialogs
from happysad_live.gui.clips.texts import describe_leftovers
from happysad_live.gui.notices import NEWS_MS, Notice, NoticeStack
from happysad_live.recording.recovery import Leftover, discard, find_leftovers, recover

KEY = "leftovers"


class LeftoverOffer(QObject):
    """Looks for leftovers in ``work``'s thread, and asks in a notice what is to become of them."""

    recovered = pyqtSignal()
    """Clips have come back."""

    def __init__(self, work: Background, notices: NoticeStack, dialogs: ClipDialogs) -> None:
        super().__init__()
        self._work = work
        self._notices = notices
        self._dialogs = dialogs

    def look(self, folder: Path) -> None:
        """Look for leftovers; nothing is said where there are none."""
        self._work.run(partial(find_leftovers, folder), self._offer)

    def _offer(self, leftovers: Sequence[Leftover]) -> None:
        if not leftovers:
            return
        choices = [
            ("Recover", lambda: self._recover(leftovers)),
            ("Discard…", lambda: self._discard(leftovers)),
            ("Later", lambda: None),
        ]
        text = describe_leftovers(leftovers)
        self._notices.show_notice(KEY, Notice(text, choices, closable=False))

    def _recover(self, leftovers: Sequence[Leftover]) -> None:
        what = "the recording" if len(leftovers) == 1 else f"{len(leftovers)} recordings"
        self._notices.show_notice(KEY, Notice(f"Recovering {what}…", busy=True, closable=False))
        self._work.run(partial(_recover_all, leftovers), self._on_recovered, self._say)

    def _on_recovered(self, sentences: Sequence[str]) -> None:
        self._say("\n".join(sentences))
        self.recovered.emit()

    def _discard(self, leftovers: Sequence[Leftover]) -> None:
        throw_away = partial(self._work.run, partial(_discard_all, leftovers))
        self._dialogs.confirm_discard(len(leftovers), throw_away)

    def _say(self, text: str) -> None:
        self._notices.show_notice(KEY, Notice(text, passes_ms=NEWS_MS))


def _recover_all(leftovers: Sequence[Leftover]) -> list[str]:
    """A sentence for each."""
    sentences = []
    for leftover in leftovers:
        try:
            info = recover(leftover)
        except RecordingError as error:
            sentences.append(str(error))
            continue
        if info is None:
            sentences.append(
                f"{leftover.stem} is not back: nothing of it had reached the disk, or another window has it."
            )
        else:
            sentences.append(f"{leftover.stem} is back: {info.frames} frames, {info.length_s:.1f} s.")
    return sentences


def _discard_all(leftovers: Sequence[Leftover]) -> None:
    for leftover in leftovers:
        discard(leftover)
