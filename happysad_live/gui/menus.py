"""The two menus whose entries come and go: what can be played, and what can label it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QWidget

from happysad_live.classification.bundle import model_description
from happysad_live.errors import HappySadError
from happysad_live.gui.session.source_choice import camera_of
from happysad_live.gui.widgets.elided import shortened_label
from happysad_live.gui.widgets.qt_text import as_it_stands, literal
from happysad_live.paths import home_expanded, user_models_dir
from happysad_live.sources import CameraInfo

DEMO_FACES = {1: "One face", 2: "Two faces", 3: "Three faces", 4: "Four faces"}
DEMO_DEFAULT_FACES = 3
MAX_TITLE_PX = 300
"""A model that is called longer is shortened in its menu, which else could be wider than the screen."""


class SourceMenu(QMenu):
    """Cameras by name, the given actions for files and streams, and the demo."""

    chosen = pyqtSignal(str)
    """A source's specification."""
    refresh_wanted = pyqtSignal()
    """The list of cameras should be looked up again: the menu is opening, or the user asks for it."""

    def __init__(self, open_actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__("&Source", parent)
        self._open_actions = open_actions
        self._cameras: Sequence[CameraInfo] | None = None
        """None while they are looked for."""
        self._current = self._current_name = ""
        self._demo = QMenu("&Demo, drawn by this program", self)
        self.aboutToShow.connect(self.refresh_wanted)
        self._rebuild()

    def set_cameras(self, cameras: Sequence[CameraInfo]) -> None:
        if cameras != self._cameras:
            self._cameras = cameras
            self._rebuild()

    def set_current(self, spec: str | None, name: str = "") -> None:
        """Mark what is playing. name: as it was found when opened; a camera in use may not tell it again."""
        self._current, self._current_name = (spec or "").strip(), name
        self._rebuild()

    def _rebuild(self) -> None:
        with _highlight_kept(self), _highlight_kept(self._demo):
            self.clear()
            self._demo.clear()
            self._fill()

    def _fill(self) -> None:
        cameras = self._cameras or ()
        names = [camera.name for camera in cameras]
        current = camera_of(self._current, self._current_name, cameras)
        for camera in cameras:
            size = f"   {camera.width} × {camera.height}" if camera.width and camera.height else ""
            if names.count(camera.name) > 1:
                size = f" ({camera.index}){size}"
            name = (self._current_name if camera is current else "") or camera.name
            self._add_choice(self, f"{name}{size}", str(camera.index), is_current=camera is current)
        if not cameras:
            none = QAction("Looking for cameras…" if self._cameras is None else "No camera was found", self)
            none.setEnabled(False)
            self.addAction(none)
        self.addAction("Look for cameras &again", self.refresh_wanted)
        self.addSeparator()
        self.addActions(list(self._open_actions))
        self.addSeparator()
        self.addMenu(self._demo)
        for faces, text in DEMO_FACES.items():
            spec = f"demo:{faces}"
            specs = (spec, "demo") if faces == DEMO_DEFAULT_FACES else (spec,)
            is_current = self._current.casefold() in specs
            self._add_choice(self._demo, text, spec, is_current=is_current)

    def _add_choice(self, menu: QMenu, text: str, spec: str, *, is_current: bool) -> None:
        action = QAction(literal(text), menu)
        action.setCheckable(True)
        action.setChecked(is_current)
        action.triggered.connect(lambda _=False: self.chosen.emit(spec))
        menu.addAction(action)


class ModelMenu(QMenu):
    """The models that come with the program, the user's own, and any other folder."""

    chosen = pyqtSignal(str)
    """A model's name or folder."""
    folder_wanted = pyqtSignal()
    trash_wanted = pyqtSignal(object)
    """The folder of the model in use, which is the user's own, is to go."""

    def __init__(
        self,
        available: Callable[[], Mapping[str, Path]],
        more_actions: Sequence[QAction] = (),
        parent: QWidget | None = None,
    ) -> None:
        """more_actions: offered below the models."""
        super().__init__("&Model", parent)
        self._available = available
        self._more_actions = more_actions
        self._current = ""
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._rebuild)
        self._rebuild()

    def set_current(self, model: str) -> None:
        """Mark the model in use, a name or a folder."""
        self._current = model
        self._rebuild()

    def _rebuild(self) -> None:
        with _highlight_kept(self):
            self.clear()
            self._fill()

    def _fill(self) -> None:
        available = self._available()
        names = list(available)
        if self._current and self._current not in names:
            names.append(self._current)
        for name in names:
            folder = _folder_of(name, available)
            title, tip = model_title(name), model_description(folder)
            if title in available and title != name:  # another one of that name
                title = f"{title} ({folder.parent})"
            shown = self._shortened(title)
            action = QAction(literal(shown), self)
            action.setCheckable(True)
            action.setChecked(name == self._current)
            action.setToolTip(as_it_stands(tip if shown == title else f"{title}\n{tip}"))
            action.triggered.connect(lambda _=False, name=name: self.chosen.emit(name))
            self.addAction(action)
        self.addSeparator()
        self.addAction("Open a model &folder…", self.folder_wanted)
        self.addActions(list(self._more_actions))
        folder = _folder_of(self._current, available)
        if self._current and _is_users_own(folder):
            text = literal(f"“{self._shortened(model_title(self._current))}”")
            self.addAction(f"&Delete {text}…", lambda: self.trash_wanted.emit(folder))

    def _shortened(self, title: str) -> str:
        return shortened_label(title, self, MAX_TITLE_PX)


@contextmanager
def _highlight_kept(menu: QMenu) -> Iterator[None]:
    """Where the block fills a menu anew that is open, leave the keyboard on the entry where it was."""
    before = menu.activeAction() if menu.isVisible() else None
    text = before.text() if before is not None else ""
    yield
    if again := [action for action in menu.actions() if text and action.text() == text]:
        menu.setActiveAction(again[0])


def _folder_of(model: str, available: Mapping[str, Path]) -> Path:
    """The whole path of a model's folder. available: the folders of those that have a name."""
    return available.get(model) or home_expanded(model).absolute()


def _is_users_own(folder: Path) -> bool:
    with suppress(HappySadError):  # no home, no models of one's own
        return folder.parent == user_models_dir()
    return False


def model_title(model: str) -> str:
    """What a model is called in the window: its name, or its folder's."""
    return Path(model).name or model
