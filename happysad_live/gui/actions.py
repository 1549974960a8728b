"""Everything the window can be told to do, with its key, and the menu bar that offers it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMainWindow, QMenu

from happysad_live.gui.menus import ModelMenu, SourceMenu
from happysad_live.gui.seek_bar import VIDEO_STEP_S
from happysad_live.gui.session.session import State
from happysad_live.gui.theme import icon
from happysad_live.gui.widgets.qt_text import keys_text
from happysad_live.sources import SourceInfo

QUIT_KEY = "Ctrl+Q"


class Actions:
    """The window's actions; the window connects them.

    Space is not a shortcut but a key press of the window, so that it still presses a button that
    has the focus; the menu shows it all the same.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self.open_file = self._action("&Open a file…", "Ctrl+O")
        self.open_folder = self._action("Open a &folder…", "Ctrl+Shift+O")
        self.open_stream = self._action("Open a s&tream…", "Ctrl+L")
        self.pause = self._action("&Pause\tSpace", glyph="pause")
        self.again = self._action("Play from the &beginning", "Ctrl+Home")
        self.step_back = self._action("", glyph="step-back")
        self.step_on = self._action("", glyph="step-on")
        self.save_picture = self._action("&Save picture…", "Ctrl+S")
        self.mirror = self._action(
            "&Mirror", "M", tip="Mirror the picture (M)", glyph="mirror", checkable=True
        )
        self.full_screen = self._action(
            "&Full screen", "F", "F11", tip="Full screen (F)", glyph="full-screen", checkable=True
        )
        self.record = self._action("&Record", "R", tip="Record (R)", glyph="record", checkable=True)
        self.clips = self._action("&Show the clips", "C", tip="Clips (C)", glyph="clips", checkable=True)
        self.recordings = self._action("Open the clips &folder")
        self.teach = self._action(
            "&Teach it my face…", tip="Show the model a few seconds of your expressions"
        )
        self.preferences = self._action(
            "Pr&eferences…", "Ctrl+,", tip=f"Preferences ({keys_text('Ctrl+,')})", glyph="settings"
        )
        self.quit = self._action("&Quit", QUIT_KEY)
        self.keys = self._action("&Keys", "F1")
        self.about = self._action("&About HappySad Live")
        self.show_state(State.IDLE, None)
        self.show_steps(pictures=False)

    def show_state(self, state: State, info: SourceInfo | None) -> None:
        """Let the actions say what they would do now. info: about what plays."""
        photograph = info is not None and info.is_photograph
        text, glyph = ("&Pause", "pause")
        if state is State.PAUSED:
            text, glyph = "&Play", "play"
        elif state is State.ENDED and not photograph:
            text, glyph = "&Play again", "again"
        plain = text.replace("&", "")
        self.pause.setText(f"{text}\tSpace")
        self.pause.setIconText(plain)
        self.pause.setIcon(icon(glyph))
        self.pause.setToolTip(f"{plain} (Space)")
        self.pause.setEnabled(state.has_picture and not photograph)
        # A camera or stream has no beginning.
        self.again.setEnabled(self.pause.isEnabled() and info is not None and not info.live)

    def show_steps(self, *, pictures: bool) -> None:
        """Let the actions that go back and on say how far. pictures: whether a folder of pictures plays."""
        step = f"{VIDEO_STEP_S:.0f} seconds"
        self._name_step(self.step_back, "Pre&vious picture" if pictures else f"{step} bac&k", "←")
        self._name_step(self.step_on, "&Next picture" if pictures else f"{step} for&ward", "→")

    def show_recording(self, *, on: bool, obstacle: str) -> None:
        """Let the record action say what it would do now. obstacle: why it can do nothing, if so."""
        text = "Stop" if on else "Record"
        self.record.setChecked(on)
        self.record.setText("Stop &recording" if on else "&Record")
        self.record.setIconText(text)
        self.record.setIcon(icon("stop" if on else "record"))
        self.record.setToolTip("Stop recording (R)" if on else obstacle or "Record (R)")
        self.record.setEnabled(on or not obstacle)

    def fill_menu_bar(self, sources: SourceMenu, models: ModelMenu) -> None:
        bar = self._window.menuBar()
        assert bar is not None
        for menu in (
            sources,
            models,
            self._menu("&Play", [self.pause, self.step_back, self.step_on, self.again], [self.save_picture]),
            self._menu("&Clips", [self.record], [self.clips, self.recordings]),
            self._menu("&View", [self.mirror, self.full_screen], [self.preferences], [self.quit]),
            self._menu("&Help", [self.keys, self.about]),
        ):
            bar.addMenu(menu)

    def _name_step(self, action: QAction, text: str, key: str) -> None:
        action.setText(f"{text}\t{key}")
        action.setToolTip(f"{text.replace('&', '')} ({key})")

    def _menu(self, title: str, *groups: Sequence[QAction]) -> QMenu:
        menu = QMenu(title, self._window.menuBar())
        for actions in groups:
            menu.addSeparator()
            menu.addActions(list(actions))
        return menu

    def _action(
        self, text: str, *keys: str, tip: str = "", glyph: str | None = None, checkable: bool = False
    ) -> QAction:
        """tip: for a button, or an entry of the Model menu; the other menus show none."""
        action = QAction(text, self._window)
        action.setToolTip(tip)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setCheckable(checkable)
        action.setAutoRepeat(False)  # a key that is held would start and end clip after clip
        if glyph:
            action.setIcon(icon(glyph))
            action.setIconVisibleInMenu(False)
        # Kept by the window itself, so that the keys work while the menu bar is hidden.
        self._window.addAction(action)
        return action
