"""A clip's timeline for the player: read in the background, changed by the user's own labels, and back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from happysad_live.errors import RecordingError
from happysad_live.gui.clips.timeline import ClipTimeline, load_timeline
from happysad_live.gui.session.background import Background
from happysad_live.recording.clip_info import OwnLabel
from happysad_live.recording.library import Clip, label_stretch, set_own_labels, unlabel_stretch

CHANGED_SINCE = "The labels of this clip have since been changed elsewhere, and that would be lost."
NONE_HERE = "There is no label of yours here."
NONE_OF_THIS_FACE = (
    "You have not labelled this face by itself. To remove a label given to all faces, choose “Every face”."
)

T = TypeVar("T")

OwnLabels = tuple[OwnLabel, ...]


Step = tuple[OwnLabels, OwnLabels]
"""The own labels that a clip is to get, and those that it must have now."""


def relabel(
    clip: Clip, label: str | None, start_s: float = 0.0, end_s: float | None = None, track: int | None = None
) -> tuple[Clip, Step]:
    """Give a stretch of a clip, of one face or of all, a label; None removes the user's own labels.

    Returns the clip with it, and the step that undoes the change. Raises RecordingError.
    """
    newest = clip.as_now()
    if label is None:
        changed = unlabel_stretch(newest, start_s, end_s, track)
    else:
        changed = label_stretch(newest, OwnLabel(start_s, end_s, label, track))
    return changed, (newest.info.own_labels, changed.info.own_labels)


def take_step(clip: Clip, step: Step) -> Clip:
    """Give a clip the labels of a step, as to undo a change.

    Raises RecordingError where something else has changed the labels since, or the disk refuses.
    """
    wanted, present = step
    newest = clip.as_now()
    if newest.info.own_labels != present:
        raise RecordingError(CHANGED_SINCE)
    return set_own_labels(newest, wanted)


class UndoSteps:
    """The steps that undo and redo a clip's changes, the next one last; changed in the work's thread only.

    redo: emptied by any new change.
    """

    def __init__(self) -> None:
        self.undo: list[Step] = []
        self.redo: list[Step] = []


class ClipLabels:
    """Reads a clip's label lines, and changes the user's own labels. Used in the window's thread.

    Labels are written in ``work``'s thread. The lines, which may take a minute, are read in ``reading``'s, so
    that storing what the user says does not wait for them.
    """

    def __init__(
        self,
        clip: Clip,
        work: Background,
        reading: Background,
        steps: UndoSteps,
        stored: Callable[[], object],
        changed: Callable[[ClipTimeline], object],
        failed: Callable[[str], object],
        failed_later: Callable[[str], object],
    ) -> None:
        """reading: that of the clips that are played one after the other. steps: those of the changes so far.

        stored: called when a change is on the disk, while the lines may still be read. changed: gets the
        timeline after each change. failed: gets a sentence for the user. None of them is called after
        ``close``. failed_later: gets the sentence about a change that could not be stored after that.
        """
        self._clip = clip
        self._work, self._reading = work, reading
        self._stored, self._changed = stored, changed
        self._failed, self._failed_later = failed, failed_later
        self._closed = threading.Event()
        # Touched in the reading's thread only.
        self._timeline: ClipTimeline | None = None
        self._steps = steps

    def load(self, then: Callable[[ClipTimeline], object]) -> None:
        """Read the clip's label lines, once its changes so far are stored; a long one takes seconds."""
        self._work.run(self._newest, lambda newest: self._read(partial(self._load, newest), then))

    def give(self, label: str | None, start_s: float, end_s: float | None, track: int | None) -> None:
        """Give a stretch a label; None takes the user's own labels back. track: None for every face."""
        self._work.run(
            partial(self._give, label, start_s, end_s, track), self._relabel, self._fail, must=True
        )

    def undo(self) -> None:
        """Take the last change back, if there was one, and nothing else has changed the labels since."""
        self._work.run(self._undo, self._relabel, self._fail, must=True)

    def redo(self) -> None:
        """Make the change again that was taken back last, as ``undo`` does."""
        self._work.run(self._redo, self._relabel, self._fail, must=True)

    def take(self, step: Step) -> None:
        """Take a step that undoes what was changed elsewhere, as ``undo`` does; it can be undone, too."""
        self._work.run(partial(self._take, step), self._relabel, self._fail, must=True)

    def close(self) -> None:
        """Forget what is being read; what the user said is stored all the same."""
        self._closed.set()

    def _fail(self, problem: str) -> None:
        (self._failed if self._is_wanted() else self._failed_later)(problem)

    def _relabel(self, clip: Clip | None) -> None:
        if not self._is_wanted():
            return
        self._stored()
        if clip is not None:
            self._read(partial(self._relabelled, clip), self._changed)

    def _read(self, work: Callable[[], ClipTimeline], then: Callable[[ClipTimeline], object]) -> None:
        """Work on the clip's label lines in the reading's thread; an answer after ``close`` is dropped."""
        if self._is_wanted():
            self._reading.run(work, partial(self._answer, then), partial(self._answer, self._failed))

    def _answer(self, then: Callable[[T], object], answer: T) -> None:
        if self._is_wanted():
            then(answer)

    # --- in the reading's thread ---------------------------------------------------------------

    def _load(self, clip: Clip) -> ClipTimeline:
        self._timeline = load_timeline(clip, self._is_wanted)
        return self._timeline

    def _is_wanted(self) -> bool:
        return not self._closed.is_set()

    def _relabelled(self, clip: Clip) -> ClipTimeline:
        timeline = self._timeline or load_timeline(clip, self._is_wanted)
        self._timeline = timeline.relabelled(clip)
        return self._timeline

    # --- in the thread of the work -------------------------------------------------------------

    def _newest(self) -> Clip:
        """The clip as it is on the disk now; as it was listed, where that cannot be read."""
        try:
            return self._clip.as_now()
        except RecordingError:
            return self._clip

    def _give(self, label: str | None, start_s: float, end_s: float | None, track: int | None) -> Clip:
        """Raises RecordingError where there is no label to take back, or the disk refuses."""
        changed, step = relabel(self._clip, label, start_s, end_s, track)
        if label is None and step[0] == step[1]:
            raise RecordingError(NONE_HERE if track is None else NONE_OF_THIS_FACE)
        self._keep_way_back(step)
        return changed

    def _take(self, step: Step) -> Clip:
        changed = take_step(self._clip, step)
        self._keep_way_back(step[::-1])
        return changed

    def _keep_way_back(self, step: Step) -> None:
        self._steps.undo.append(step)
        self._steps.redo.clear()

    def _undo(self) -> Clip | None:
        return self._take_step(self._steps.undo, self._steps.redo)

    def _redo(self) -> Clip | None:
        return self._take_step(self._steps.redo, self._steps.undo)

    def _take_step(self, steps: list[Step], opposite: list[Step]) -> Clip | None:
        """Take the last of the steps, if there is one, and keep the way back.

        Raises RecordingError where something else has changed the labels since, or the disk refuses.
        """
        if not steps:
            return None
        step = steps[-1]
        changed = take_step(self._clip, step)
        steps.pop()
        opposite.append(step[::-1])
        return changed
