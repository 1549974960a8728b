"""Models that the user has taught or added, and wants no longer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QWidget

from happysad_live.gui.notices import NEWS_MS, Notice, NoticeStack
from happysad_live.gui.trash import move_to_trash
from happysad_live.gui.widgets.dialogs import confirm

_KEY = "model trash"


def ask_to_trash(
    folder: Path, window: QWidget, notices: NoticeStack, use_another: Callable[[], object]
) -> None:
    """Ask whether a model may go to the trash, and tell how that went.

    use_another: called once it has gone.
    """

    def trash() -> None:
        try:
            move_to_trash(folder)
        except OSError:
            text = f"The model could not be moved to the trash; delete its folder {folder} yourself."
            notices.show_notice(_KEY, Notice(text, problem=True))
            return
        notices.show_notice(_KEY, Notice(f"“{folder.name}” is in the trash now.", passes_ms=NEWS_MS))
        use_another()

    confirm(
        window,
        "Delete the model",
        f"Move the model “{folder.name}” to the trash?",
        "You can bring it back from the trash. Clips that it labelled keep their labels.",
        yes="Move to the trash",
        no="Keep",
        then=trash,
    )
