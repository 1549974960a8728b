"""A clip's timeline for the player: read in the background, changed by the user's own labels, and back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

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


class LabelChange(NamedTuple):
    """A change of all of a clip's own labels at once, which undoes or redoes another one.

    restores: the labels that the clip is to get. expects: those that it must have now; where it has others,
    something else has changed them since.
    """

    restores: OwnLabels
    expects: OwnLabels

    @property
    def changes_anything(self) -> bool:
        """Whether the labels differ at all."""
        return self.restores != self.expects

    def reversed(self) -> LabelChange:
        """The change that takes this one back."""
        return LabelChange(restores=self.expects, expects=self.restores)


def relabel(
    clip: Clip, label: str | None, start_s: float = 0.0, end_s: float | None = None, track: int | None = None
) -> tuple[Clip, LabelChange]:
    """Give a stretch of a clip, of one face or of all, a label; None removes the user's own labels.

    start_s, end_s: in seconds; None for the clip's end. track: the face's number; None for every face.

    Returns the clip with it, and the change that undoes this one. Raises RecordingError.
    """
    newest = clip.as_now()
    if label is None:
        changed = unlabel_stretch(newest, start_s, end_s, track)
    else:
        changed = label_stretch(newest, OwnLabel(start_s, end_s, label, track))
    return changed, LabelChange(restores=newest.info.own_labels, expects=changed.info.own_labels)


def apply_change(clip: Clip, change: LabelChange) -> Clip:
    """Give a clip the labels that a change restores; returns the clip with them.

    Raises RecordingError where something else has changed the labels since, or the disk refuses.
    """
    newest = clip.as_now()
    if newest.info.own_labels != change.expects:
        raise RecordingError(CHANGED_SINCE)
    return set_own_labels(newest, change.restores)


class ChangeHistory:
    """What undoes and redoes a clip's changes of labels, the next one last.

    Changed in the work's thread only. redo: emptied by any new change.
    """

    def __init__(self) -> None:
        self.undo: list[LabelChange] = []
        self.redo: list[LabelChange] = []

    def add(self, undo: LabelChange) -> None:
        """Keep what undoes a change that was just made."""
        self.undo.append(undo)
        self.redo.clear()


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
        history: ChangeHistory,
        stored: Callable[[], object],
        changed: Callable[[ClipTimeline], object],
        failed: Callable[[str], object],
        failed_later: Callable[[str], object],
    ) -> None:
        """reading: that of the clips that are played one after the other. history: of the changes so far.

        stored: called when a change is on the disk, while the lines may still be read. changed: gets the
        timeline after each change. failed: gets a sentence for the user. None of them is called after
        ``close``. failed_later: gets the sentence about a change that could not be stored after that.
        """
        self._work, self._reading = work, reading
        self._stored, self._changed = stored, changed
        self._failed, self._failed_later = failed, failed_later
        self._closed = threading.Event()
        # Touched in the reading's thread only.
        self._timeline: ClipTimeline | None = None
        # Touched in the work's thread only.
        self._clip = clip
        self._history = history

    def load(self, then: Callable[[ClipTimeline], object]) -> None:
        """Read the clip's label lines, once its changes so far are stored; a long one takes seconds."""
        self._work.run(self._newest, lambda newest: self._read(partial(self._load_timeline, newest), then))

    def give(self, label: str | None, start_s: float, end_s: float | None, track: int | None) -> None:
        """Give a stretch a label; None takes the user's own labels back. track: None for every face."""
        self._change(partial(self._store_label, label, start_s, end_s, track))

    def undo(self) -> None:
        """Take the last change back, if there was one, and nothing else has changed the labels since."""
        self._change(partial(self._apply_last, self._history.undo, self._history.redo))

    def redo(self) -> None:
        """Make the change again that was taken back last, as ``undo`` does."""
        self._change(partial(self._apply_last, self._history.redo, self._history.undo))

    def apply(self, change: LabelChange) -> None:
        """Undo what was changed elsewhere, as ``undo`` does; that can be undone, too."""
        self._change(partial(self._apply_as_new, change))

    def close(self) -> None:
        """Forget what is being read; what the user said is stored all the same."""
        self._closed.set()

    def _change(self, work: Callable[[], Clip | None]) -> None:
        """Change the labels in the work's thread. work: returns the changed clip; None without a change."""
        self._work.run(work, self._on_stored, self._on_not_stored, must=True)

    def _on_stored(self, clip: Clip | None) -> None:
        if not self._is_wanted():
            return
        self._stored()
        if clip is not None:
            self._read(partial(self._with_labels_of, clip), self._changed)

    def _on_not_stored(self, problem: str) -> None:
        (self._failed if self._is_wanted() else self._failed_later)(problem)

    def _read(self, work: Callable[[], ClipTimeline], then: Callable[[ClipTimeline], object]) -> None:
        """Work on the clip's label lines in the reading's thread; an answer after ``close`` is dropped."""
        if self._is_wanted():
            self._reading.run(work, partial(self._answer, then), partial(self._answer, self._failed))

    def _answer(self, then: Callable[[T], object], answer: T) -> None:
        if self._is_wanted():
            then(answer)

    # --- in the reading's thread ---------------------------------------------------------------

    def _load_timeline(self, clip: Clip) -> ClipTimeline:
        self._timeline = load_timeline(clip, self._is_wanted)
        return self._timeline

    def _is_wanted(self) -> bool:
        return not self._closed.is_set()

    def _with_labels_of(self, clip: Clip) -> ClipTimeline:
        timeline = self._timeline or load_timeline(clip, self._is_wanted)
        self._timeline = timeline.relabelled(clip)
        return self._timeline

    # --- in the thread of the work -------------------------------------------------------------

    def follow(self, renamed: Clip) -> None:
        """Store what waits to be stored, also after ``close``, under the clip's new name."""
        self._clip = renamed

    def _newest(self) -> Clip:
        """The clip as it is on the disk now; as it was listed, where that cannot be read."""
        try:
            return self._clip.as_now()
        except RecordingError:
            return self._clip

    def _store_label(self, label: str | None, start_s: float, end_s: float | None, track: int | None) -> Clip:
        """Raises RecordingError where there is no label to take back, or the disk refuses."""
        changed, undo = relabel(self._clip, label, start_s, end_s, track)
        if label is None and not undo.changes_anything:
            raise RecordingError(NONE_HERE if track is None else NONE_OF_THIS_FACE)
        if undo.changes_anything:
            self._history.add(undo)
        return changed

    def _apply_as_new(self, change: LabelChange) -> Clip:
        """Raises RecordingError as ``apply_change`` does."""
        changed = apply_change(self._clip, change)
        self._history.add(change.reversed())
        return changed

    def _apply_last(self, changes: list[LabelChange], opposite: list[LabelChange]) -> Clip | None:
        """Apply the last of the changes, if there is one, and keep what reverses it.

        Raises RecordingError as ``apply_change`` does.
        """
        if not changes:
            return None
        changed = apply_change(self._clip, changes[-1])
        opposite.append(changes.pop().reversed())
        return changed
