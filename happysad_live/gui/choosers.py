"""The dialogues in which the user picks a source or a model."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QWidget

PLAYABLE = (
    "Videos and pictures (*.mp4 *.mkv *.mov *.avi *.webm *.gif *.m4v *.jpg *.jpeg *.png *.webp *.bmp);;"
    "All files (*)"
)


class Choosers(QObject):
    """Each method asks; a signal tells what was chosen, and nothing happens when the user cancels."""

    source_chosen = pyqtSignal(str)
    model_chosen = pyqtSignal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Open a video or a picture", "", PLAYABLE)
        if path:
            self.source_chosen.emit(path)

    def choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a folder of pictures")
        if path:
            self.source_chosen.emit(path)

    def choose_stream(self) -> None:
        question = "Address of the stream, beginning with rtsp:// or http://"
        address, sure = QInputDialog.getText(self._window, "Open a stream", question)
        if sure and address.strip():
            self.source_chosen.emit(address.strip())

    def choose_model(self) -> None:
        path = QFileDialog.getExistingDirectory(self._window, "Open a model's folder")
        if path:
            self.model_chosen.emit(path)
