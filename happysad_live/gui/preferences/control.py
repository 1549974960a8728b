"""The preferences of an open window: those that count now, and changing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from happysad_live.config import DEFAULT_MODEL
from happysad_live.gui.menus import model_title
from happysad_live.gui.notices import NEWS_MS, Notice, NoticeStack
from happysad_live.gui.preferences.dialog import PreferencesDialog
from happysad_live.gui.preferences.store import Preferences, PreferenceStore
from happysad_live.gui.widgets.dialogs import open_dialog
from happysad_live.paths import home_expanded, is_folder


class PreferencesControl(QObject):
    """Keeps what the user prefers, and tells the window what has changed. current: what counts now."""

    changed = pyqtSignal(object, object)
    """The Preferences before and after a change."""
    folder_chosen = pyqtSignal(str)
    """Where clips are to go from now on, whatever the window was told when it began."""

    def __init__(
        self, current: Preferences, store: PreferenceStore, notices: NoticeStack, window: QWidget
    ) -> None:
        """window: what the dialog lies over; the control ends with it."""
        super().__init__(window)
        self.current = current
        self._store, self._notices, self._window = store, notices, window

    def first_model(self, asked: str | None, available_models: Callable[[], Mapping[str, Path]]) -> str:
        """The name or folder of the model to begin with: the one asked for, else the one chosen last.

        asked: None for none. available_models: gives the folder of each model by its name. Where the one
        chosen last is no longer there, a notice tells so, and it is the default model.
        """
        chosen = self.current.model
        if asked or not chosen:
            return asked or DEFAULT_MODEL
        if chosen in available_models() or is_folder(Path(chosen)):
            return chosen
        gone = f"The model “{model_title(chosen)}”, chosen last, is no longer there"
        text = f"{gone}: this is “{DEFAULT_MODEL}”."
        self._notices.show_notice("model gone", Notice(text, passes_ms=NEWS_MS))
        return DEFAULT_MODEL

    def remember_model(self, model: str, available_models: Callable[[], Mapping[str, Path]]) -> None:
        """Begin with a model, given by name or folder, next time.

        A folder is kept as a whole path: the next start may be from another place.
        available_models: as for ``first_model``.
        """
        is_name = model in available_models()
        self.change(model=model if is_name else str(home_expanded(model).absolute()))

    def change(self, **fields: object) -> None:
        """Change these fields of the Preferences for good; a notice tells where they cannot be kept."""
        old, new = self.current, replace(self.current, **fields)  # type: ignore[arg-type]
        if not self._store.save(old, new):
            text = f"This applies until the window closes: {self._store.place} cannot be written."
            self._notices.show_notice("preferences", Notice(text, problem=True))
        self.current = new
        self.changed.emit(old, new)

    def open_dialog(self, folder: Path) -> None:
        """Let the user change the preferences. folder: where clips go now."""
        dialog = PreferencesDialog(self.current, folder, self._window)
        dialog.changed.connect(lambda field, value: self.change(**{field: value}))
        dialog.folder_chosen.connect(self.folder_chosen)
        open_dialog(dialog)
