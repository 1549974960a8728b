"""Keeps a list in step with a folder of clips, whoever changes it."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QFileSystemWatcher, QObject, pyqtSignal

from happysad_live.errors import RecordingError
from happysad_live.gui.clips.clip_list import THUMBNAIL_HEIGHT_PX, THUMBNAIL_WIDTH_PX, ClipListModel
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.gui.timers import single_shot_timer
from happysad_live.paths import is_folder
from happysad_live.recording.library import Clip, is_video_name, list_clips
from happysad_live.recording.thumbnails import thumbnail

SETTLE_MS = 250
"""How long after a change the folder is read: others often follow at once."""

GROWING_S = 3.0
"""A video that has changed since then may still be written, which the system does not tell: look again."""

SHARPNESS = 2
"""How many pixels a thumbnail has, across and down, for each of Qt's: dense screens show so many."""


class ClipFolder(QObject):
    """Fills a ClipListModel from a folder.

    The folder is read in one thread and its thumbnails are made in another, so that what the user does to a
    clip waits for neither.
    """

    listed = pyqtSignal()
    """The list shows what is in the folder now."""

    def __init__(self, folder: Path, model: ClipListModel, threads: ThreadGroup) -> None:
        super().__init__()
        self.folder = folder
        self._model = model
        self._reading, self._pictures = Background("clips list", threads), Background("thumbnails", threads)
        self._is_reading = self._read_again = False
        self._watcher = QFileSystemWatcher()
        self._watcher.directoryChanged.connect(self._on_changed)
        self._makes_thumbnails = self._is_making_thumbnail = False
        self._watched_place: tuple[str, int] = ("", 0)
        """What ``_nearest`` gave when the folder was last read."""
        self._settling = single_shot_timer(self, self.refresh, SETTLE_MS)
        self._growing = single_shot_timer(self, self.refresh, round(GROWING_S * 1000))

    def refresh(self) -> None:
        """Read the folder; if it is being read just now, read it once more afterwards."""
        self._watch()
        self._read_again = self._is_reading
        if not self._is_reading:
            self._is_reading = True
            self._growing.stop()
            self._reading.run(partial(_read, self.folder), self._show, lambda _: self._show(None))

    def make_thumbnails(self) -> None:
        """From now on, make the thumbnails that the list lacks. Sooner, the loading of a model would wait."""
        self._makes_thumbnails = True
        self._make_next_thumbnail()

    def close(self) -> None:
        """Take no more notice of the folder."""
        self._pictures.close()
        self._reading.close()
        self._settling.stop()
        self._growing.stop()
        watched = self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)

    def _watch(self) -> None:
        """Watch the folder, or the nearest above it that exists: it may be made later.

        The one that holds it is watched, too: only that tells when the folder is renamed.
        """
        self._watched_place = place, _ = _nearest(self.folder)
        watched, wanted = self._watcher.directories(), {place, str(Path(place).parent)}
        if set(watched) != wanted:
            if watched:
                self._watcher.removePaths(watched)
            self._watcher.addPaths(sorted(wanted))

    def _on_changed(self, watched: str) -> None:
        """Read the folder soon, unless only something beside it has changed, which may happen often."""
        is_ours = watched == self._watched_place[0] or _nearest(self.folder) != self._watched_place
        if is_ours and not self._settling.isActive():
            self._settling.start()

    def _show(self, read: tuple[list[Clip], bool] | None) -> None:
        """read: as ``_read`` gives it; None where the clips could not be read."""
        self._is_reading = False
        if self._read_again:  # what was read is of another folder, or may be of before the last change
            self.refresh()
            return
        if read is None:
            return
        clips, is_growing = read
        if is_growing:
            self._growing.start()
        self._model.show_clips(clips)
        self.listed.emit()
        self._make_next_thumbnail()

    def _make_next_thumbnail(self) -> None:
        """Make one thumbnail after another, each for the list as it is then."""
        if self._is_making_thumbnail or not self._makes_thumbnails:
            return
        clip = self._model.next_without_thumbnail()
        if clip is None:
            return
        self._is_making_thumbnail = True

        def show(picture: np.ndarray | None) -> None:
            self._is_making_thumbnail = False
            self._model.set_thumbnail(clip, picture)
            self._make_next_thumbnail()

        self._pictures.run(partial(_thumbnail, clip), show, lambda _: show(None))


def _read(folder: Path) -> tuple[list[Clip], bool]:
    """The folder's clips, and whether a video in it may still be written."""
    clips, now_s = list_clips(folder), time.time()
    changed_s = []
    with suppress(OSError):  # the folder has gone
        for path in folder.iterdir():
            if is_video_name(path.name):
                with suppress(OSError):  # it has gone, or is a link to nothing
                    changed_s.append(path.stat().st_mtime)
    return clips, any(abs(now_s - one_s) < GROWING_S for one_s in changed_s)


def _nearest(folder: Path) -> tuple[str, int]:
    """The folder, or the nearest above it that exists; and its inode, as another may have taken its name."""
    there = folder.absolute()
    while not is_folder(there) and there != there.parent:
        there = there.parent
    try:
        return str(there), there.stat().st_ino
    except OSError:  # it has gone this very moment
        return str(there), 0


def _thumbnail(clip: Clip) -> np.ndarray | None:
    try:
        return thumbnail(clip.video, THUMBNAIL_WIDTH_PX * SHARPNESS, THUMBNAIL_HEIGHT_PX * SHARPNESS)
    except RecordingError:
        return None
