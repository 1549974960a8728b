"""Offering, when a folder is shown, what a crash or a power cut has left of its recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.core.counts import counted
from happysad_live.errors import RecordingError
from happysad_live.gui.clips.dialogs import ClipDialogs
from happysad_live.gui.clips.texts import describe_leftovers
from happysad_live.gui.notices import NEWS_MS, Notice, NoticeStack
from happysad_live.gui.session.background import Background
from happysad_live.recording.recovery import Leftover, discard, find_leftovers, recover


class LeftoverOffer(QObject):
    """Looks for leftovers in ``work``'s thread, and asks in a notice what is to become of them."""

    recovered = pyqtSignal(object)
    """Path of the folder to which clips have come back."""

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
            ("Throw away…", lambda: self._discard(leftovers)),
            ("Later", lambda: None),
        ]
        text = describe_leftovers(leftovers)
        self._notices.show_notice(_key(leftovers), Notice(text, choices, closable=False))

    def _recover(self, leftovers: Sequence[Leftover]) -> None:
        what = "the recording" if len(leftovers) == 1 else f"{len(leftovers)} recordings"
        notice = Notice(f"Recovering {what}…", busy=True, closable=False)
        self._notices.show_notice(_key(leftovers), notice)
        self._work.run(
            lambda: [_recovered(leftover) for leftover in leftovers],
            self._tell,
            partial(self._offer_again, leftovers),
        )

    def _tell(self, outcomes: Sequence[_Outcome]) -> None:
        text = "\n".join(outcome.sentence for outcome in outcomes)
        if failed := [outcome.leftover for outcome in outcomes if outcome.failed]:
            self._offer_again(failed, text)
        else:
            key = _key([outcome.leftover for outcome in outcomes])
            self._notices.show_notice(key, Notice(text, passes_ms=NEWS_MS))
        if back := [outcome.leftover for outcome in outcomes if outcome.is_back]:
            self.recovered.emit(back[0].folder)

    def _offer_again(self, leftovers: Sequence[Leftover], problem: str) -> None:
        choices = [
            ("Try again", lambda: self._recover(leftovers)),
            ("Throw away…", lambda: self._discard(leftovers)),
        ]
        self._notices.show_notice(_key(leftovers), Notice(problem, choices, problem=True))

    def _discard(self, leftovers: Sequence[Leftover]) -> None:
        def throw_away() -> None:
            self._notices.remove(_key(leftovers))
            for leftover in leftovers:
                self._work.run(partial(discard, leftover))

        self._offer(leftovers)  # it stays unless a yes comes
        self._dialogs.confirm_discard(len(leftovers), throw_away)


def _key(leftovers: Sequence[Leftover]) -> str:
    """Each folder has a notice of its own: what is told of one must not take another's offer away."""
    return f"leftovers in {leftovers[0].folder}"


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a recovery, in a sentence. is_back: the clip is there again. failed: a retry may help."""

    leftover: Leftover
    sentence: str
    is_back: bool = False
    failed: bool = False


def _recovered(leftover: Leftover) -> _Outcome:
    try:
        info = recover(leftover)
    except RecordingError as error:
        return _Outcome(leftover, str(error), failed=True)
    if info is None:
        why = "nothing of it had reached the disk, or another window is working on it"
        return _Outcome(leftover, f"{leftover.stem} could not be recovered: {why}.")
    sentence = f"{leftover.stem} was recovered: {counted(info.frames, 'picture')}, {info.length_s:.1f} s."
    return _Outcome(leftover, sentence, is_back=True)
