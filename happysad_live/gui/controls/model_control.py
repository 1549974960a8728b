"""Which model labels the faces: loading it, and telling the user how that goes."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from happysad_live.core.sentences import as_sentence
from happysad_live.errors import HappySadError, MissingLabelError
from happysad_live.gui.bars import Picker
from happysad_live.gui.menus import ModelMenu, model_title
from happysad_live.gui.notices import Choice, Notice, NoticeStack
from happysad_live.gui.session.label_worker import LabelSettings
from happysad_live.gui.session.labelling import Labelling


class ModelControl(QObject):
    """The window's part of Labelling.

    settings_for: what to load for a model's name or folder, with the user's preferences. show_all_labels: has
    the model loaded with all its labels, whatever was preferred. has_picture: whether there is anything to be
    seen yet.
    """

    taken = pyqtSignal(str)
    """A model that the user has chosen is in use now: its name or folder."""
    failed = pyqtSignal(str)
    """A model could not be loaded or used: the sentence for the user, who has been told."""

    device_changed = pyqtSignal(str)
    """Where the model runs, empty while none does."""
    unlabelled = pyqtSignal()
    """Nothing labels the picture any more; the next model will number the faces anew."""

    def __init__(
        self,
        labelling: Labelling,
        settings_for: Callable[[str], LabelSettings],
        show_all_labels: Callable[[], object],
        has_picture: Callable[[], bool],
        notices: NoticeStack,
        picker: Picker,
        menu: ModelMenu,
    ) -> None:
        super().__init__()
        self._labelling = labelling
        self._settings_for, self._show_all_labels = settings_for, show_all_labels
        self._has_picture = has_picture
        self._notices, self._picker, self._menu = notices, picker, menu
        self._model = self._chosen = self._device_note = ""
        labelling.loading.connect(self._on_loading)
        labelling.ready.connect(self._on_ready)
        labelling.failed.connect(self._on_failed)

    def announce(self, model: str) -> None:
        """Show a model as the chosen one, which is what ``load`` loads."""
        self._model = model
        self._show_name()

    def choose(self, model: str) -> None:
        """Load a model, given by name or folder, that the user wants."""
        self._model = self._chosen = model
        self.load()

    def load(self) -> None:
        """Load the chosen model, again if need be: the preferences may have changed."""
        self._labelling.use(self._settings_for(self._model))

    def show_loading(self) -> None:
        """Show or update the notice about what is being loaded; nothing when nothing is."""
        if not self._labelling.is_loading:
            return
        if self._labelling.settings is not None:
            text = f"Loading “{model_title(self._model)}”… until then the labels stay as they are."
        elif self._has_picture():
            text = "Loading the face finder and the model… the picture is live already."
        else:
            text = "Loading the face finder and the model…"
        if text not in self._notices.texts():
            self._notices.show_notice("loading", Notice(text, busy=True, closable=False))

    def _on_loading(self) -> None:
        self._notices.remove("labels failed")
        self._show_name()
        self.show_loading()

    def _on_ready(self, settings: LabelSettings, device: str, note: str) -> None:
        self._notices.remove("loading")
        self._notices.remove("labels failed")  # of the model before, while this one was loaded
        self.announce(settings.model)
        if settings.model == self._chosen:
            self._chosen = ""
            self.taken.emit(settings.model)
        self.device_changed.emit(device)
        self._tell_device(note)

    def _tell_device(self, note: str) -> None:
        """Tell once why it is not the device that was asked for; take that back once it is."""
        if note == self._device_note:
            return
        self._device_note = note
        if note:
            self._notices.show_notice("device", Notice(as_sentence(note)))
        else:
            self._notices.remove("device")

    def _on_failed(self, error: HappySadError) -> None:
        message, notices = str(error), self._notices
        current = self._labelling.settings
        if not self._labelling.is_loading:
            notices.remove("loading")
        # Asked before the name goes back to the model that is in use.
        failed_model = self._model
        way_out: Choice = ("Try again", lambda: self.choose(failed_model))
        if isinstance(error, MissingLabelError):
            way_out = ("Show all labels", lambda: self._choose_with_all_labels(failed_model))
        choices = [way_out, ("Choose a model", self._picker.showMenu)]
        if current is not None:
            self.announce(current.model)
            text = f"{message} “{model_title(current.model)}” keeps labelling."
        else:
            self.unlabelled.emit()
            self.device_changed.emit("")
            text = f"{message} The picture goes on without labels." if self._has_picture() else message
        # Whoever closes the menu without a choice is still told why there are no labels.
        notices.show_notice("labels failed", Notice(text, choices, problem=True, stays=True))
        self.show_loading()  # where another is: no labels stay as they are
        self.failed.emit(message)

    def _choose_with_all_labels(self, model: str) -> None:
        self._model = self._chosen = model
        self._show_all_labels()

    def _show_name(self) -> None:
        self._picker.set_name(model_title(self._model))
        self._menu.set_current(self._model)
