"""What the status line tells: what is seen, where, how fast, how late."""

from __future__ import annotations

from PyQt6.QtCore import QObject, QTimer

from happysad_live.core.label_text import leads
from happysad_live.core.types import FrameResult
from happysad_live.gui.session.session import Session, State
from happysad_live.gui.status_line import StatusLine
from happysad_live.gui.texts import describe_faces, describe_position
from happysad_live.gui.video_view import VideoView

INTERVAL_MS = 500

STATE_WORDS = {State.OPENING: "Opening…", State.PAUSED: "Paused", State.FAILED: "No picture"}


class StatusControl(QObject):
    """Keeps the line, and what a screen reader hears of the picture, up to date."""

    def __init__(self, line: StatusLine, session: Session, view: VideoView) -> None:
        super().__init__()
        self._line, self._session, self._view = line, session, view
        self._told: list[tuple[int | None, str, bool]] = []
        """What the line tells of each face, but for its percentage; see ``_names``."""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.update)
        self._timer.start(INTERVAL_MS)
        session.state_changed.connect(self.update)

    def follow(self, result: FrameResult) -> None:
        """Update at once where the picture shows other faces or labels, or is a still one."""
        if result.frame.still or _names(result) != self._told:
            self.update()

    def stop(self) -> None:
        """Update nothing any more."""
        self._timer.stop()

    def update(self) -> None:
        """Tell how things are now."""
        # While nothing plays, the view may still hold the last picture.
        over = self._session.state in (State.OPENING, State.FAILED)
        result = None if over else self._view.result
        self._tell_picture(result)
        self._tell_figures(result)

    def _tell_picture(self, result: FrameResult | None) -> None:
        self._told = _names(result) if result else []
        info = self._session.info
        description = describe_faces(result, mirrored=self._view.mirrored)
        name = result.frame.name if result else ""
        state = STATE_WORDS.get(self._session.state)
        self._line.say(" · ".join(filter(None, (state, name, description))))
        self._line.set_figure("position", describe_position(info, result.frame) if info and result else "")
        self._view.setAccessibleDescription(description)

    def _tell_figures(self, result: FrameResult | None) -> None:
        stats, playing = self._session.frames.stats(), self._session.state is State.PLAYING
        rate = f"{stats.shown_per_s:.0f} shown · {stats.labelled_per_s:.0f} labelled/s"
        delay = f"delay {stats.delay_ms:.0f} ms" if stats.delay_ms is not None else ""
        dropped = f"{stats.dropped} dropped" if stats.dropped else ""
        self._line.set_figure("rate", rate if playing else "")
        self._line.set_figure("delay", delay if playing else "")
        self._line.set_figure("dropped", dropped if self._session.info else "")
        self._line.set_figure("size", f"{result.frame.width} × {result.frame.height}" if result else "")


def _names(result: FrameResult) -> list[tuple[int | None, str, bool]]:
    """Number and label of each face, and whether the label has a percentage."""
    return [(face.track, face.label, leads(face)) for face in result.faces]
