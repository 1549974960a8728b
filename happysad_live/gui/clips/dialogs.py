"""What the window asks about a clip. No dialog stops the picture; nothing happens when the user cancels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QDir, QStandardPaths, pyqtBoundSignal
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QLabel, QLineEdit, QWidget

from happysad_live.gui.clips.export_formats import EXPORT_FORMATS
from happysad_live.gui.clips.exports import Target
from happysad_live.gui.clips.texts import quoted_names, short_name
from happysad_live.gui.theme import text_scaled
from happysad_live.gui.widgets.dialogs import ask_where_to_save, confirm, open_dialog
from happysad_live.gui.widgets.qt_text import literal
from happysad_live.gui.widgets.text_label import show_plainly
from happysad_live.paths import is_there
from happysad_live.recording.export import EXPORT_SUFFIXES, is_own_file
from happysad_live.recording.library import Clip
from happysad_live.recording.stems import MAX_STEM_CHARS

WIDTH_PX = 440


class ClipDialogs:
    """Each method shows a dialog and returns at once; ``then`` gets what the user answered."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self._export_folder = Path(documents if QDir(documents).exists() else QDir.homePath())

    def ask_name(self, clip: Clip, name: str, problem: str, then: Callable[[str], object]) -> None:
        """Ask for the clip's new name. name: what is suggested. problem: why it is asked once more."""
        question = f"The new name for {short_name(clip.stem)}"
        if problem:
            question = f"{_wrappable(problem)}\nThe new name"
        self._ask("Rename the clip", question, name, "Rename", then, MAX_STEM_CHARS)

    def ask_note(self, clip: Clip, note: str, problem: str, then: Callable[[str], object]) -> None:
        """Ask for a note; an empty one takes it back. note, problem: as in ``ask_name``."""
        question = f"Your note on {short_name(clip.stem)}"
        question = f"{_wrappable(problem)}\n{question}" if problem else question
        self._ask("A note", question, note, "Save", then)

    def confirm_trash(self, clips: Sequence[Clip], then: Callable[[], object]) -> None:
        """Ask whether the clips may go to the trash."""
        if len(clips) == 1:
            title, text = "Delete the clip", f"Move the clip {quoted_names([clips[0].stem])} to the trash?"
            more = "The video, its labels and its note go together. You can bring them back from the trash."
        else:
            title, text = "Delete the clips", f"Move {len(clips)} clips to the trash?"
            names = quoted_names([clip.stem for clip in clips])
            more = f"{names}, with their labels and notes. You can bring them back from the trash."
        confirm(self._window, title, text, more, yes="Move to the trash", no="Keep", then=then)

    def confirm_labels(self, clips: Sequence[Clip], label: str | None, then: Callable[[], object]) -> None:
        """Ask whether a label for the whole (None: no label) may replace those of the clips' parts."""
        whose = f"{quoted_names([clip.stem for clip in clips])} {'has' if len(clips) == 1 else 'have'}"
        more = f"{whose} labels of yours for parts, or for one face."
        if label is None:
            text, yes = "Remove the labels of parts, too?", "Remove"
        else:
            text, yes = f"Replace the labels of parts by “{label}” for the whole?", "Replace"
        confirm(self._window, "Labels of parts", text, more, yes=yes, no="Keep", then=then)

    def confirm_discard(self, count: int, then: Callable[[], object]) -> None:
        """Ask whether what a crash left of recordings may go for good."""
        text = "Throw the cut-off recording away?" if count == 1 else f"Throw {count} recordings away?"
        more = "It cannot be brought back." if count == 1 else "They cannot be brought back."
        confirm(self._window, "Throw away", text, more, yes="Throw away", no="Keep", then=then)

    def confirm_leaving(self, then: Callable[[], object], until: pyqtBoundSignal) -> None:
        """Ask whether the window may close and give up its exports. until: emitted when they are done."""
        text, more = "An export is still being written.", "If you quit now, it is cancelled."
        confirm(self._window, "Quit", text, more, yes="Quit", no="Wait for it", then=then, until=until)

    def ask_export(self, clips: Sequence[Clip], format: str, then: Callable[[list[Target]], object]) -> None:
        """Ask for the file that a clip is to be exported to; for several, for a folder to put them in."""
        if len(clips) > 1:
            title = f"Export {len(clips)} clips into a folder"
            self._ask_folder(title, self._export_folder, partial(self._on_export_folder, clips, format, then))
            return
        [clip] = clips
        suffix = EXPORT_SUFFIXES[format]
        start, file_filter = self._export_folder / (clip.stem + suffix), EXPORT_FORMATS[format].file_filter
        on_path = partial(self._on_export_path, clip, suffix, then)
        ask_where_to_save(self._window, "Export the clip", start, file_filter, on_path)

    def ask_folder(self, folder: Path, then: Callable[[Path], object]) -> None:
        """Ask for a folder whose clips are to be shown."""
        self._ask_folder("Show the clips of another folder", folder, then)

    def _on_export_path(
        self, clip: Clip, suffix: str, then: Callable[[list[Target]], object], path: Path
    ) -> None:
        self._export_folder = path.parent
        if path.suffix:
            then([(clip, path)])
        else:
            self._ask_about_old([(clip, path.with_name(path.name + suffix))], then)

    def _on_export_folder(
        self, clips: Sequence[Clip], format: str, then: Callable[[list[Target]], object], folder: Path
    ) -> None:
        self._export_folder = folder
        self._ask_about_old([(clip, folder / (clip.stem + EXPORT_SUFFIXES[format])) for clip in clips], then)

    def _ask_about_old(self, targets: list[Target], then: Callable[[list[Target]], object]) -> None:
        """Ask whether to replace files that are there, as the system does about the name that was typed."""
        old = [path.name for clip, path in targets if is_there(path) and not is_own_file(clip, path)]
        if old:
            text = "Replace an existing file?" if len(old) == 1 else f"Replace {len(old)} files?"
            more = f"The folder {self._export_folder.name} already has {quoted_names(old)}."
            replace = partial(then, targets)
            confirm(self._window, "Replace", text, more, yes="Replace", no="Keep", then=replace)
        else:
            then(targets)

    def _ask_folder(self, title: str, folder: Path, then: Callable[[Path], object]) -> None:
        dialog = QFileDialog(self._window, title, str(folder))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        open_dialog(dialog)

    def _ask(
        self,
        title: str,
        question: str,
        text: str,
        yes: str,
        then: Callable[[str], object],
        longest: int | None = None,
    ) -> None:
        """yes: what the button does. longest: how many characters of the answer are kept; None for all."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(literal(question))  # the line is its buddy, and would get a key
        dialog.setTextValue(text)
        dialog.setOkButtonText(yes)
        label, line = dialog.findChild(QLabel), dialog.findChild(QLineEdit)
        assert label is not None and line is not None
        show_plainly(label)
        if longest is not None:
            line.setMaxLength(longest)
        width_px = text_scaled(WIDTH_PX)
        dialog.resize(width_px, dialog.heightForWidth(width_px))
        dialog.textValueSelected.connect(then)
        open_dialog(dialog)


def _wrappable(problem: str) -> str:
    """A sentence whose long words are shortened: a name in it may be one."""
    return " ".join(map(short_name, problem.split()))
