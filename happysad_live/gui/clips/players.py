"""The windows that play clips: one for each clip, and what has to wait until one lets go of its file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import QObject, Qt, pyqtSignal

from happysad_live.gui.clips.player import ClipPlayer
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.recording.library import Clip

RELEASE_LIMIT_S = 3.0
"""How long renaming and deleting wait for the player to let go of the file."""

T = TypeVar("T")

FindNeighbour = Callable[[Clip, bool], Clip | None]
"""Finds the clip after (False: before) another one in the list; None where there is none."""


class ClipPlayers(QObject):
    """Opens and closes players."""

    went_to = pyqtSignal(object)
    """The Clip to which the user has gone from another one."""
    relabelled = pyqtSignal()
    """The user gave a label in one of them, or took one back."""
    failed = pyqtSignal(str)
    """A sentence about a label that could not be stored after its clip was left."""
    keys_wanted = pyqtSignal(object)
    """The ClipPlayer over which the user wants to see the list of keys."""
    quit_wanted = pyqtSignal()
    """The user wants the whole program to end."""

    def __init__(
        self, work: Background, threads: ThreadGroup, find_neighbour: FindNeighbour, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._work, self._threads, self._find_neighbour = work, threads, find_neighbour
        self.by_video: dict[Path, ClipPlayer] = {}
        """The open ones, by their clip's video."""

    def open(self, clip: Clip) -> None:
        """Play a clip in a window of its own, or bring that window to the front."""
        player = self.by_video.get(clip.video)
        if player is None:
            player = self._add(clip)
            player.toggle()
        player.setWindowState(player.windowState() & ~Qt.WindowState.WindowMinimized)
        player.show()
        player.raise_()
        player.activateWindow()

    def _go_on(self, player: ClipPlayer, after: bool) -> None:
        """after: whether to the clip after the one that is played, else to the one before."""
        clip = self._find_neighbour(player.clip, after)
        if clip is None:
            where = "after" if after else "before"
            player.message.show_hint(f"There is no clip {where} this one in the list.")
            return
        if clip.video in self.by_video:
            self.open(clip)
        else:
            del self.by_video[player.clip.video]
            self.by_video[clip.video] = player
            player.go_to(clip)
        self.went_to.emit(clip)

    def _add(self, clip: Clip) -> ClipPlayer:
        player = ClipPlayer(clip, self._work, self._threads, self.failed.emit)
        player.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        player.relabelled.connect(lambda _: self.relabelled.emit())
        player.neighbour_wanted.connect(partial(self._go_on, player))
        player.keys_wanted.connect(lambda: self.keys_wanted.emit(player))
        player.quit_wanted.connect(self.quit_wanted)
        player.closed.connect(lambda: self.by_video.pop(player.clip.video, None))
        self.by_video[clip.video] = player
        return player

    def closed_before(self, change: Callable[[Clip], T], clip: Clip) -> Callable[[], T]:
        """Close a clip's player; returns the change, for another thread: it waits for the file's release."""
        player = self.by_video.get(clip.video)
        if player is not None:
            player.close()
        return partial(_change_released, player.shown.playback if player else None, change, clip)

    def released_before(self, rename: Callable[[Clip], Clip], clip: Clip) -> Callable[[], Clip]:
        """Let a clip's player, which stays open, let go of its files; ``follow`` lets it go on.

        Returns the rename, for the work's thread: it waits for the files' release.
        """
        player = self.by_video.get(clip.video)
        if player is None:
            return partial(rename, clip)
        reader, labels = player.release(), player.label_edits

        def rename_released() -> Clip:
            renamed = _change_released(reader, rename, clip)
            labels.follow(renamed)
            return renamed

        return rename_released

    def follow(self, clip: Clip, renamed: Clip) -> None:
        """Let the players go on after a rename. renamed: the clip itself, where it has kept its name."""
        player = self.by_video.get(clip.video)
        if player is not None and renamed.video != clip.video:
            if renamed.video in self.by_video:  # the user has found and opened it already
                player.close()
            else:
                self.by_video[renamed.video] = self.by_video.pop(clip.video)
        for one in self.by_video.values():
            one.follow(clip, renamed)

    def forget(self, clip: Clip) -> None:
        """Forget what could be undone in a clip that is gone: another one may get its name."""
        for player in self.by_video.values():
            player.forget(clip)

    def close(self) -> None:
        """Close all of them."""
        for player in list(self.by_video.values()):
            player.close()


def _change_released(reader: threading.Thread | None, change: Callable[[Clip], T], clip: Clip) -> T:
    if reader is not None:
        reader.join(RELEASE_LIMIT_S)
    return change(clip)
