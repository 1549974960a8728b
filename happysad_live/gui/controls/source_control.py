"""What the window tells of its source: opening, silent, failed, at its end, and the ways on from there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer

from happysad_live.gui.bars import Picker
from happysad_live.gui.choosers import Choosers
from happysad_live.gui.menus import SourceMenu
from happysad_live.gui.notices import NEWS_MS, Choice, Notice
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.session.source_choice import DEMO
from happysad_live.gui.stage import Stage
from happysad_live.gui.texts import describe_incomplete
from happysad_live.gui.timers import single_shot_timer
from happysad_live.paths import is_folder
from happysad_live.sources import CameraInfo, SourceInfo, may_be_live, pictures_spec, spec_name
from happysad_live.sources.images import SUFFIXES as IMAGE_SUFFIXES

OPENING_HINT_MS = 300
"""Sources that open faster than this show no "opening" page: it would only flicker."""

CAMERA_WATCH_MS = 4000
"""How often to look whether a camera was plugged in while the demo stands in for one, until the notice about
that is dismissed."""

GLYPHS = {"file": "film", "images": "pictures"}
"""The icons of those kinds of source that have one of their own; the others have a camera's."""

_NOTICES = ("no camera", "silence", "incomplete", "end", "not shown")
"""Keys of the notices about one source: they go when another is opened."""


class SourceControl(QObject):
    """The window's part of Session: page, notices, the source's button and its menu."""

    def __init__(
        self, session: Session, stage: Stage, picker: Picker, menu: SourceMenu, choosers: Choosers
    ) -> None:
        super().__init__()
        self._session, self._page, self._notices = session, stage.page, stage.notices
        self._picker, self._menu = picker, menu
        self._choose_camera: Choice = ("Choose a camera", picker.showMenu)
        self._open_file: Choice = ("Open a file", choosers.choose_file)
        self._known_cameras: set[str] = set()
        self._opening_hint = single_shot_timer(self, self._hint_opening, OPENING_HINT_MS)
        self._camera_watch = QTimer(self)
        self._camera_watch.setInterval(CAMERA_WATCH_MS)
        self._camera_watch.timeout.connect(session.look_for_cameras)
        menu.chosen.connect(session.play)
        menu.refresh_wanted.connect(session.look_for_cameras)
        choosers.source_chosen.connect(session.play)
        choosers.files_chosen.connect(self.open_files)
        session.cameras_found.connect(menu.set_cameras)
        session.cameras_found.connect(self._on_cameras)
        session.state_changed.connect(self._on_state)
        session.source_opened.connect(self._on_opened)
        session.source_failed.connect(self._on_failed)
        session.watchdog.silence_changed.connect(self._on_silence)
        session.incomplete.connect(self._on_incomplete)
        self._picker.set_name("No source")

    def open_files(self, paths: Sequence[str]) -> None:
        """Play a file or a folder; of several, all if they are pictures, else the first."""
        if len(paths) > 1 and all(map(_holds_pictures, paths)):
            self._session.play(pictures_spec(paths))
            return
        self._session.play(paths[0])
        if len(paths) > 1:
            text = f"Only {Path(paths[0]).name} is shown: open the others one by one."
            self._notices.show_notice("not shown", Notice(text, passes_ms=NEWS_MS))

    def _on_state(self, state: State) -> None:
        if state is State.OPENING:
            self._on_opening()
        elif state is State.ENDED and not self._session.is_photograph:  # which stays in view
            again = ("Play again", self._session.restart)
            # It lies over the picture, and Play again stands below as well.
            self._notices.show_notice("end", Notice("The end.", [again, self._open_file], passes_ms=NEWS_MS))
        elif state.plays:
            self._page.hide()
            self._notices.remove("end")

    def _on_opening(self) -> None:
        self._page.hide()
        self._camera_watch.stop()
        for key in _NOTICES:
            self._notices.remove(key)
        self._picker.set_name("Opening…")
        self._menu.set_current(self._session.spec)
        self._opening_hint.start()

    def _hint_opening(self) -> None:
        if self._session.state is State.OPENING:
            self._page.say("One moment…", "The source is being opened.")

    def _on_opened(self, info: SourceInfo, fallback_reason: str) -> None:
        self._page.hide()
        self._picker.set_name(info.name, self._glyph())
        self._menu.set_current(self._session.spec, info.name if info.kind == "camera" else "")
        if fallback_reason:
            again = ("Try again", lambda: self._session.play(None))
            choices = [self._choose_camera, self._open_file, again]
            notice = Notice(fallback_reason, choices, stays=True)
            notice.dismissed.connect(self._camera_watch.stop)
            self._notices.show_notice("no camera", notice)
            self._camera_watch.start()

    def _on_cameras(self, cameras: Sequence[CameraInfo]) -> None:
        """Tell of a camera that was plugged in since the demo took its place."""
        if not self._camera_watch.isActive():
            self._known_cameras = {camera.path for camera in cameras}
        elif new := [camera for camera in cameras if camera.path not in self._known_cameras]:
            self._notices.reword("no camera", f"The camera “{new[0].name}” is there now: try again.")

    def _glyph(self) -> str:
        info, spec = self._session.info, self._session.spec
        if info is not None:
            return GLYPHS.get(info.kind, "camera")
        return "camera" if spec is None or may_be_live(spec) else "film"

    def _on_incomplete(self, skipped: Sequence[str]) -> None:
        assert self._session.info is not None
        text = describe_incomplete(self._session.info, skipped)
        self._notices.show_notice("incomplete", Notice(text, passes_ms=NEWS_MS))

    def _on_failed(self, message: str) -> None:
        info, retrying = self._session.info, self._session.is_retrying
        name = info.name if info else spec_name(self._session.spec or "No picture")
        self._picker.set_name(name, self._glyph())
        self._menu.set_current(self._session.spec)  # else it marks one that was still being opened before
        title = "The picture has stopped" if retrying else "This could not be opened"
        text = f"{message}\nTrying again every few seconds." if retrying else message
        demo = ("Play the demo", lambda: self._session.play(DEMO))
        again = ("Try again", self._session.retry)
        self._page.say(title, text, [again, self._choose_camera, self._open_file, demo])

    def _on_silence(self, silent: bool) -> None:
        if silent and self._session.info is not None:
            text = f"“{self._session.info.name}” is sending no picture. Waiting for it…"
            self._notices.show_notice("silence", Notice(text, busy=True))
        else:
            self._notices.remove("silence")


def _holds_pictures(path: str) -> bool:
    return Path(path).suffix.lower() in IMAGE_SUFFIXES or is_folder(Path(path))
