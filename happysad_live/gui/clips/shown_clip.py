"""A clip's video as the window's thread knows it: its newest picture, its position, and whether it plays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from happysad_live.core.mailbox import Mailbox
from happysad_live.errors import HappySadError
from happysad_live.gui.clips.playback import ClipPlayback
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.recording.clip_reader import ClipPicture
from happysad_live.recording.library import Clip

_Box = Mailbox[tuple[ClipPicture, int]]
"""Where a clip's newest picture waits, with the number of the wish that it answers."""


class ShownClip(QObject):
    """Plays a clip, and then others in its place, each read in a thread of its own.

    Used in the window's thread, where its signals come, too; they are only of the clip that is shown now.

    clip: the one that is shown. picture: the newest; None before the first. position_s: where the clip is, in
    seconds from its beginning. playing: whether it plays, or is held. is_broken: whether nothing of it can be
    shown any more. playback: the thread that has the video open; it ends soon after ``let_go``.
    """

    picture_changed = pyqtSignal()
    position_changed = pyqtSignal()
    playing_changed = pyqtSignal()
    damaged = pyqtSignal(str)
    """A part cannot be shown, the rest still can: a sentence for the user."""
    broken = pyqtSignal(str)
    """Nothing can be shown any more: a sentence for the user."""

    _told = pyqtSignal(object, object)
    """The box of the clip that there is news of, and what is to be called then."""

    def __init__(self, threads: ThreadGroup, parent: QObject) -> None:
        """threads: waits for the threads that read, at the very end."""
        super().__init__(parent)
        self._threads = threads
        # Emitted in the playback's thread; in the window's, too, where that one cannot be started.
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def begin(self, clip: Clip) -> None:
        """Hold a clip at its beginning, without a signal."""
        self.picture: ClipPicture | None = None
        self.position_s: float = 0.0
        self.playing: bool = False
        self._open(clip)
        self._follows = True
        """Whether the position follows the pictures that come; not after seeking in a held clip."""

    def resume(self, clip: Clip) -> None:
        """Go on with a clip that was let go, and may have another name since, as it was; without a signal."""
        self._open(clip)
        self._follows = self.playing
        self.playback.set_playing(self.playing)

    def toggle(self, *, at_end: bool) -> None:
        """Play, or hold the picture. at_end: playing goes on from the beginning."""
        if self.is_broken:
            return
        if not self.playing:
            if at_end:
                self.seek(0.0)
            self._follows = True
        self.playback.set_playing(not self.playing)
        self._set_playing(not self.playing)

    def seek(self, time_s: float) -> None:
        """Show the picture of a time; where that is outside the clip, the first or last one."""
        self._follows = self.playing
        position_s = min(max(time_s, 0.0), self.clip.info.length_s)
        self._wish = self.playback.show(position_s)
        self._move(position_s)

    def let_go(self) -> None:
        """Ask the thread that reads to end, and take no more pictures of it; twice is harmless."""
        self.playback.stop()
        self._box.close()

    def _open(self, clip: Clip) -> None:
        self.clip: Clip = clip
        self.is_broken: bool = False
        box: _Box = Mailbox()

        def tell(answer: Callable[..., None]) -> Callable[..., None]:
            return lambda *news: self._told.emit(box, partial(answer, *news))

        self._box = box
        self.playback = ClipPlayback(
            clip.video,
            partial(self._hand_over, box),
            tell(self._on_end),
            tell(self._on_damaged),
            tell(self._on_broken),
        )
        try:
            self._threads.start(self.playback)
        except HappySadError as error:
            tell(self._on_broken)(str(error))
        self._wish = self.playback.show(self.position_s)
        """The number of the last wish: pictures that come from before it do not move the position."""

    # --- from the playback's thread ------------------------------------------------------------

    def _hand_over(self, box: _Box, picture: ClipPicture, wish: int) -> None:
        """In the playback's thread: keeps only the newest picture, so that the window never lags."""
        if box.put((picture, wish)):
            self._told.emit(box, self._on_picture)

    def _on_told(self, box: _Box, answer: Callable[[], None]) -> None:
        if box is self._box:  # not of the clip before, on its way when this one was begun
            answer()

    def _on_picture(self) -> None:
        item = self._box.take(0)
        if item is None:
            return
        self.picture, wish = item
        if self._follows and wish == self._wish:  # the last one may come after playing was stopped
            self._move(self.picture.time_s)
        self.picture_changed.emit()

    def _on_end(self) -> None:
        self._set_playing(False)
        self._move(self.clip.info.length_s)

    def _on_damaged(self, message: str) -> None:
        self._set_playing(False)
        self.damaged.emit(message)

    def _on_broken(self, message: str) -> None:
        self.is_broken = True
        self._set_playing(False)
        self.broken.emit(message)

    def _set_playing(self, on: bool) -> None:
        self.playing = on
        self.playing_changed.emit()

    def _move(self, time_s: float) -> None:
        self.position_s = time_s
        self.position_changed.emit()
