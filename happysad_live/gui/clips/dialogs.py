"""What the window asks about a clip. No dialog stops the picture; nothing happens when the user cancels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QDir, QStandardPaths
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QWidget

from happysad_live.recording.export import EXPORT_SUFFIXES
from happysad_live.recording.library import Clip

FILTERS = {
    "video": "Videos (*.mp4)",
    "csv": "Tables (*.csv)",
    "jsonl": "JSON lines (*.jsonl)",
    "vtt": "Subtitles (*.vtt)",
    "eaf": "ELAN annotations (*.eaf)",
}


class ClipDialogs:
    """Each method shows a dialog and returns at once; ``then`` gets what the user answered."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self._export_folder = Path(documents or QDir.homePath())

    def ask_name(self, clip: Clip, then: Callable[[str], object]) -> None:
        """Ask for the clip's new name."""
        self._ask("Rename the clip", "Its new name", clip.stem, then)

    def ask_note(self, clip: Clip, then: Callable[[str], object]) -> None:
        """Ask for a note; an empty one takes it back."""
        self._ask("A note", f"Your note on {clip.stem}", clip.info.note, then)

    def confirm_trash(self, clip: Clip, then: Callable[[], object]) -> None:
        """Ask whether the clip may go to the trash."""
        text = f"Move the clip “{clip.stem}” to the trash?"
        more = "The video, its labels and its note go together. You can bring them back from the trash."
        self._confirm("Delete the clip", text, more, "Move to the trash", then)

    def confirm_discard(self, count: int, then: Callable[[], object]) -> None:
        """Ask whether what a crash left of recordings may go for good."""
        text = "Throw the cut-off recording away?" if count == 1 else f"Throw {count} recordings away?"
        self._confirm("Throw away", text, "It cannot be brought back.", "Throw away", then)

    def ask_export_path(self, clip: Clip, form: str, then: Callable[[Path], object]) -> None:
        """Ask where a clip is to be exported to."""
        suffix = EXPORT_SUFFIXES[form]
        start = str(self._export_folder / (clip.stem + suffix))
        dialog = QFileDialog(self._window, "Export the clip", start, FILTERS[form])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.lstrip("."))
        dialog.selectFile(start)
        dialog.fileSelected.connect(lambda path: self._on_export_path(Path(path), then))
        _open(dialog)

    def ask_folder(self, folder: Path, then: Callable[[Path], object]) -> None:
        """Ask for a folder whose clips are to be shown."""
        dialog = QFileDialog(self._window, "Show the clips of another folder", str(folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        _open(dialog)

    def _on_export_path(self, path: Path, then: Callable[[Path], object]) -> None:
        self._export_folder = path.parent
        then(path)

    def _ask(self, title: str, question: str, text: str, then: Callable[[str], object]) -> None:
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(question)
        dialog.setTextValue(text)
        dialog.resize(440, dialog.sizeHint().height())
        dialog.textValueSelected.connect(then)
        _open(dialog)

    def _confirm(self, title: str, text: str, more: str, yes: str, then: Callable[[], object]) -> None:
        dialog = QMessageBox(self._window)
        dialog.setIcon(QMessageBox.Icon.Question)
        dialog.setWindowTitle(title)
        dialog.setText(text)
        dialog.setInformativeText(more)
        agree = dialog.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        keep = dialog.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        dialog.setDefaultButton(keep)
        dialog.buttonClicked.connect(lambda button: then() if button is agree else None)
        _open(dialog)


def _open(dialog: QFileDialog | QInputDialog | QMessageBox) -> None:
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
