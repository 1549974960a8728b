"""The dialogs in which the user picks a source or a model."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QWidget

from happysad_live.config import VIDEO_SUFFIXES
from happysad_live.gui.theme import text_scaled
from happysad_live.gui.widgets.dialogs import open_dialog
from happysad_live.gui.widgets.qt_text import name_patterns
from happysad_live.sources.address import without_password
from happysad_live.sources.images import SUFFIXES

STREAM_DIALOG_WIDTH_PX = 560
"""Wide enough for an rtsp address."""


class Choosers(QObject):
    """Each method asks; a signal tells what was chosen, and nothing happens when the user cancels."""

    source_chosen = pyqtSignal(str)
    files_chosen = pyqtSignal(object)
    """The paths of one file or several."""
    model_chosen = pyqtSignal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._address = ""
        """The address that was asked for last, without its password: it may need another try."""

    def choose_file(self) -> None:
        playable = f"Videos and pictures ({name_patterns(*VIDEO_SUFFIXES, *sorted(SUFFIXES))})"
        filters = f"{playable};;All files (*)"
        briefly = QFileDialog.Option.HideNameFilterDetails
        title = "Open a video or pictures"
        paths, _ = QFileDialog.getOpenFileNames(self._window, title, "", filters, "", briefly)
        if paths:
            self.files_chosen.emit(paths)

    def choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a folder of pictures")
        if path:
            self.source_chosen.emit(path)

    def choose_stream(self) -> None:
        self._ask_address("Address of the stream, beginning with rtsp:// or http://")

    def _ask_address(self, question: str) -> None:
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Open a stream")
        dialog.setLabelText(question)
        dialog.setTextValue(self._address)
        dialog.setOkButtonText("Open")
        dialog.resize(text_scaled(STREAM_DIALOG_WIDTH_PX), dialog.sizeHint().height())
        dialog.textValueSelected.connect(self._take_address)
        open_dialog(dialog)

    def _take_address(self, text: str) -> None:
        address = text.strip()
        self._address = without_password(address)
        if "://" in address:
            self.source_chosen.emit(address)
        elif address:
            self._ask_address("That is no address. It begins with rtsp:// or http://")

    def choose_model(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a model's folder")
        if path:
            self.model_chosen.emit(path)
