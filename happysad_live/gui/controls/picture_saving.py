"""Saving the picture that is shown, with its labels, as an image file."""

from __future__ import annotations

import re
from functools import partial
from io import BytesIO
from pathlib import Path

from PyQt6.QtCore import QDir, QObject, QStandardPaths
from PyQt6.QtGui import QAction

from happysad_live.core.numbered import numbered
from happysad_live.core.replacing import replacing
from happysad_live.core.types import FrameResult
from happysad_live.errors import RecordingError
from happysad_live.gui.folders import show_folder
from happysad_live.gui.notices import NEWS_MS, Notice, NoticeStack
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.session import Session
from happysad_live.gui.video_view import VideoView
from happysad_live.gui.widgets.dialogs import ask_where_to_save
from happysad_live.gui.widgets.qt_text import name_patterns
from happysad_live.overlay import draw_result
from happysad_live.paths import is_folder, is_there
from happysad_live.recording.disk_failures import write_failure
from happysad_live.recording.stems import safe_stem
from happysad_live.sources import SourceInfo

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
"""By the file's ending, as Pillow calls them; a name with another ending gets ``.png``."""

JPEG_QUALITY = 95
MAX_JPEG_SIDE_PX = 65_500
"""The largest width and height that libjpeg writes."""

SAVE_LIMIT_S = 10.0
"""How long closing the window waits for the file."""

_KEY = "picture"


class PictureSaving(QObject):
    """Asks for a file, and writes the picture that was shown then, in its full size."""

    def __init__(self, view: VideoView, session: Session, action: QAction, notices: NoticeStack) -> None:
        super().__init__()
        self._view, self._session, self._action, self._notices = view, session, action, notices
        self.work = Background("save picture", session.threads)
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        self._folder = Path(pictures)
        """Where the dialog begins, if it is there."""
        action.triggered.connect(self._ask)
        session.state_changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Offer it where there is a picture."""
        self._action.setEnabled(self._session.state.has_picture and self._view.result is not None)

    def close(self) -> None:
        """Tell nothing any more; what is being written is still finished."""
        self.work.close()

    def wait_until_saved(self) -> bool:
        """After ``close``: wait until every picture is on the disk; False where one is not in time.

        ``work.problem`` tells why, if anything went wrong.
        """
        return self.work.wait(SAVE_LIMIT_S)

    def _ask(self) -> None:
        result, info = self._view.result, self._session.info
        if result is None or info is None:
            return
        stem = suggested_stem(info, result.frame.name)
        folder = self._folder if is_folder(self._folder) else Path(QDir.homePath())
        paths = (folder / f"{name}.png" for name in numbered(stem, "{} {}"))
        start = next(path for path in paths if not is_there(path))
        pictures = f"Pictures ({name_patterns(*FORMATS)})"
        save = partial(self._save, result, self._view.mirrored)
        ask_where_to_save(self._view.window(), "Save the picture", start, pictures, save)

    def _save(self, result: FrameResult, mirrored: bool, path: Path) -> None:
        self._folder = path.parent
        if path.suffix.lower() not in FORMATS:
            path = path.with_name(f"{path.name}.png")
            if is_there(path):  # the dialog has asked about another name
                self._tell_problem(f"{path.name} is there already: choose another name.")
                return
        write = partial(write_picture, result, path, mirrored=mirrored)
        self.work.run(write, lambda _: self._tell_saved(path), self._tell_problem, must=True)

    def _tell_saved(self, path: Path) -> None:
        show = ("Show in folder", partial(show_folder, path.parent, self._tell_problem))
        self._notices.show_notice(_KEY, Notice(f"Saved as {path.name}.", [show], passes_ms=NEWS_MS))

    def _tell_problem(self, text: str) -> None:
        self._notices.show_notice(_KEY, Notice(text, problem=True))


def suggested_stem(info: SourceInfo, picture: str) -> str:
    """What to call a picture of a source, without an ending. picture: its own name, or nothing."""
    name = picture or info.name
    if info.kind in ("file", "images"):
        name = Path(name).stem
    try:
        return safe_stem(re.sub(r"[:/\\]+", " ", name))
    except RecordingError:
        return "Picture"


def write_picture(result: FrameResult, path: Path, *, mirrored: bool) -> None:
    """Write a frame in its full size with its labels drawn in, in the format of the path's ending.

    Raises RecordingError.
    """
    from PIL import Image

    drawn = draw_result(result.frame.image, result, mirrored=mirrored)
    form = FORMATS[path.suffix.lower()]
    if form == "JPEG" and max(drawn.shape[:2]) > MAX_JPEG_SIDE_PX:
        raise RecordingError(f"A JPEG cannot hold so large a picture: save it as {path.stem}.png.")
    try:
        encoded = BytesIO()  # into a file, Pillow does not notice that the disk has taken half of a JPEG only
        Image.fromarray(drawn).save(encoded, form, quality=JPEG_QUALITY)
        with replacing(path) as partial_file:
            partial_file.write_bytes(encoded.getbuffer())
    except OSError as error:
        raise write_failure(path, error) from error
