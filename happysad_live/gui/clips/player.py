"""A window that plays a clip with its labels, and in which the user corrects them."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from happysad_live.core.clock_text import clock
from happysad_live.core.types import Frame, FrameResult
from happysad_live.gui.actions import QUIT_KEY
from happysad_live.gui.clips.clip_labels import ChangeHistory, ClipLabels, LabelChange
from happysad_live.gui.clips.label_bar import ClipLabelBar
from happysad_live.gui.clips.player_keys import AFTER_KEY, BEFORE_KEY, REPEATING_KEYS, action_for
from happysad_live.gui.clips.player_message import PlayerMessage
from happysad_live.gui.clips.shown_clip import ShownClip
from happysad_live.gui.clips.strip import ClipStrip
from happysad_live.gui.clips.timeline import ClipTimeline
from happysad_live.gui.session.background import Background
from happysad_live.gui.session.threads import ThreadGroup
from happysad_live.gui.texts import describe_faces
from happysad_live.gui.theme import icon
from happysad_live.gui.video_view import VideoView
from happysad_live.gui.widgets.arrow_keys import leave_arrow_keys_to
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.gui.widgets.least_height import keep_least_height
from happysad_live.gui.widgets.qt_text import keys_text
from happysad_live.gui.widgets.screen import within_screen
from happysad_live.gui.widgets.tool_button import describe_button, tool_button
from happysad_live.recording.library import Clip

WINDOW_SIZE = QSize(860, 720)

_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
)
"""Keys held with one of these mean something else. Shift may be needed for a digit."""


class ClipPlayer(QWidget):
    """Plays a clip, and then others in its place. Their labels are written in ``work``'s thread."""

    relabelled = pyqtSignal(object)
    """The Clip after the user gave it a label or took one back."""
    closed = pyqtSignal()
    keys_wanted = pyqtSignal()
    """The user wants to see the list of keys."""
    quit_wanted = pyqtSignal()
    """The user wants the whole program to end."""

    neighbour_wanted = pyqtSignal(bool)
    """The user wants to go to the clip after (False: before) this one in the list."""

    def __init__(
        self,
        clip: Clip,
        work: Background,
        threads: ThreadGroup,
        failed_later: Callable[[str], object],
    ) -> None:
        """threads: waits for the threads that read the video and its labels, at the very end.

        failed_later: gets a sentence about a label that could not be stored after its clip was left.
        """
        super().__init__(None, Qt.WindowType.Window)
        self._work, self._failed_later = work, failed_later
        self.message = PlayerMessage()
        self._histories: dict[Path, ChangeHistory] = {}
        """What can be undone in the clips that were played here, by their video."""
        self._reading = Background("clip labels", threads)
        self.shown = ShownClip(threads, self)
        self._add_shortcuts()
        self._build()
        self._connect_shown()
        self._begin(clip)
        self.resize(within_screen(WINDOW_SIZE, self))
        self.view.setFocus()

    @property
    def clip(self) -> Clip:
        """The clip that is played, as it was when its label lines were read or its labels changed last."""
        return self.shown.clip

    @property
    def position_s(self) -> float:
        """Where the clip is, in seconds from its beginning."""
        return self.shown.position_s

    @property
    def playing(self) -> bool:
        """Whether the clip is played; else it is held."""
        return self.shown.playing

    def go_to(self, clip: Clip) -> None:
        """Play another clip in this window. What was said of the one before is stored all the same."""
        with focus_passed_on(self, self.view):
            self._let_go()
            self._begin(clip)
        self.toggle()

    def release(self) -> threading.Thread:
        """Let go of the clip's files, so that it can be renamed; ``follow`` goes on.

        Returns the thread that has the video open until it ends. What the user wants meanwhile is done later.
        """
        self._let_go()
        self.message.announce_if_slow("Renaming the clip…")
        return self.shown.playback

    def follow(self, clip: Clip, renamed: Clip) -> None:
        """Go on with a clip under the name that it has now; of another clip, keep what can be undone.

        renamed: the clip itself, where it has kept its name.
        """
        if (history := self._histories.pop(clip.video, None)) is not None:
            self._histories[renamed.video] = history
        if clip.video == self.clip.video:
            self._let_go()
            self.shown.resume(renamed)
            self._show_opened()
            self._read_lines()

    def forget(self, clip: Clip) -> None:
        """Forget what could be undone in a clip that was played here before and is gone."""
        self._histories.pop(clip.video, None)

    def _begin(self, clip: Clip) -> None:
        """Hold a clip at its beginning, without any mark."""
        self.shown.begin(clip)
        self.timeline: ClipTimeline | None = None
        self.range_s: tuple[float, float] | None = None
        """What is marked; None for the whole clip."""
        self._history = self._histories.setdefault(clip.video, ChangeHistory())
        self._show_clip()
        self._read_lines()

    def _read_lines(self) -> None:
        self._announce_reading()
        self.label_edits = ClipLabels(
            self.clip,
            self._work,
            self._reading,
            self._history,
            self._announce_reading,
            self._on_relabelled,
            self.message.show_problem,
            self._failed_later,
        )
        self.label_edits.load(self._show_timeline)

    # --- what the user does --------------------------------------------------------------------

    def toggle(self) -> None:
        """Play, or hold the picture; at the end, play from the beginning."""
        self.shown.toggle(at_end=self._is_at_end())

    def seek(self, time_s: float) -> None:
        """Show the picture of a time."""
        self.shown.seek(time_s)

    def step(self, frames: int) -> None:
        """Hold the picture, and go to a frame after (below 0: before) this one."""
        if self.playing:
            self.toggle()
        if self.timeline is not None:
            self.seek(self.timeline.step(self.position_s, frames))

    def mark(self, start_s: float, end_s: float, track: int | None = None) -> None:
        """Mark a part of the clip, from the beginning of the picture at its start to the end of its last one.

        track: the face whose label is meant; None leaves the choice.
        """
        if self.timeline is not None:  # a label holds for the pictures that begin in its time
            end_s = max(self.timeline.end_before(end_s), self.timeline.end_of(start_s))
            start_s = self.timeline.step(start_s, 0)
        self.range_s = (start_s, end_s)
        if track is not None:
            self.label_bar.choose_face(track)
        self._show_range()

    def mark_from_here(self) -> None:
        """Let the marked part begin at the picture that is shown."""
        if self.timeline is None:
            return
        start_s, length_s = self.timeline.step(self.position_s, 0), self.timeline.length_s
        end_s = self.range_s[1] if self.range_s else length_s
        self.mark(start_s, end_s if end_s > start_s else length_s)

    def mark_up_to_here(self) -> None:
        """Let the marked part end with the picture that is shown."""
        if self.timeline is None:
            return
        end_s = self.timeline.end_of(self.position_s)
        start_s = self.range_s[0] if self.range_s else 0.0
        self.mark(start_s if start_s < end_s else 0.0, end_s)

    def mark_all(self) -> None:
        """Mark the whole clip."""
        self.range_s = None
        with focus_passed_on(self, self.view):
            self._show_range()

    def give_label(self, label: str | None) -> None:
        """Give what is marked a label; None takes the user's own labels back."""
        start_s, end_s = self.range_s or (0.0, None)
        self.message.announce_if_slow("Storing the label…")
        self.label_edits.give(label, start_s, end_s, self.label_bar.track)

    def give_label_to_all(self, label: str | None) -> None:
        """Give every face a label from the beginning to the end, whatever is marked."""
        self.message.announce_if_slow("Storing the label…")
        self.label_edits.give(label, 0.0, None, None)

    def apply_change(self, change: LabelChange) -> None:
        """Undo what was changed from elsewhere."""
        self.message.announce_if_slow("Taking it back…")
        self.label_edits.apply(change)

    def undo(self) -> None:
        """Take the last change of the labels back; nothing happens where there was none."""
        self.message.announce_if_slow("Taking it back…")
        self.label_edits.undo()

    def redo(self) -> None:
        """Make the change again that was taken back last; nothing happens where there was none."""
        self.message.announce_if_slow("Making it again…")
        self.label_edits.redo()

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to the place before, maximised or not."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def leave(self) -> None:
        """Leave full screen; outside it, close the window."""
        if self.isFullScreen():
            self.toggle_full_screen()
        else:
            self.close()

    # --- building ------------------------------------------------------------------------------

    def _add_shortcuts(self) -> None:
        for key, action in (
            ("Ctrl+Z", self.undo),
            ("Ctrl+Y", self.redo),
            ("Ctrl+Shift+Z", self.redo),
            ("Ctrl+W", self.close),
            ("F1", self.keys_wanted),
            (BEFORE_KEY, self._go_before),
            (AFTER_KEY, self._go_after),
            (QUIT_KEY, self.quit_wanted),
        ):
            QShortcut(QKeySequence(key), self, action).setAutoRepeat(False)

    def _build(self) -> None:
        self.setObjectName("clipPlayer")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.view = VideoView()
        self.view.double_clicked.connect(self.toggle)
        self.strip = ClipStrip()
        self.strip.sought.connect(self.seek)
        self.strip.marked.connect(self.mark)
        self.label_bar = ClipLabelBar()
        self.label_bar.label_given.connect(self.give_label)
        self.label_bar.begin.clicked.connect(self.mark_from_here)
        self.label_bar.end.clicked.connect(self.mark_up_to_here)
        self.label_bar.whole.clicked.connect(self.mark_all)
        self.label_bar.undo.clicked.connect(self.undo)
        self.view.setMinimumSize(320, 120)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        lower = QVBoxLayout()
        lower.setContentsMargins(10, 8, 10, 0)
        lower.setSpacing(8)
        lower.addLayout(self._transport())
        lower.addWidget(self.label_bar)
        lower.addWidget(self.message)
        column.addLayout(lower)
        keep_least_height(self)
        leave_arrow_keys_to(self)

    def _connect_shown(self) -> None:
        self.shown.picture_changed.connect(self._redraw)
        self.shown.position_changed.connect(self._show_position)
        self.shown.playing_changed.connect(self._show_playing)
        self.shown.damaged.connect(self.message.show_problem)
        self.shown.broken.connect(self._on_broken)

    def _transport(self) -> QHBoxLayout:
        self.play_button = tool_button("play", "Play (Space)", self.toggle)
        self._time = QLabel()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(tool_button("step-back", "One picture back (←)", lambda: self.step(-1)))
        row.addWidget(self.play_button)
        row.addWidget(tool_button("step-on", "One picture forward (→)", lambda: self.step(1)))
        row.addWidget(self.strip, 1)
        row.addWidget(self._time)
        row.addWidget(
            tool_button("clip-before", f"The clip before ({keys_text(BEFORE_KEY)})", self._go_before)
        )
        row.addWidget(tool_button("clip-after", f"The clip after ({keys_text(AFTER_KEY)})", self._go_after))
        return row

    def _go_before(self) -> None:
        self.neighbour_wanted.emit(False)

    def _go_after(self) -> None:
        self.neighbour_wanted.emit(True)

    # --- from the threads ----------------------------------------------------------------------

    def _on_broken(self, message: str) -> None:
        with focus_passed_on(self, self.view):
            self.play_button.setEnabled(False)
        self.message.show_problem(message)

    def _show_timeline(self, timeline: ClipTimeline) -> None:
        self.message.clear_announcement()
        if timeline.problem:
            self.message.show_problem(timeline.problem)
        self.timeline, self.shown.clip = timeline, timeline.clip
        self.strip.show_timeline(timeline)
        self.label_bar.show_faces(timeline.tracks)
        self.label_bar.show_clip(self.clip.info)
        with focus_passed_on(self, self.view):
            self.label_bar.undo.setEnabled(bool(self._history.undo))
        self._redraw()

    def _on_relabelled(self, timeline: ClipTimeline) -> None:
        if not self.shown.is_broken:
            self.message.hide()
        self._show_timeline(timeline)
        self.relabelled.emit(timeline.clip)

    # --- showing -------------------------------------------------------------------------------

    def _show_clip(self) -> None:
        """Show that there is a clip, of which no picture and no label line has come yet."""
        self._show_opened()
        self.view.show_result(None)
        self.strip.show_length(self.clip.info.length_s)
        self.label_bar.show_faces([])
        self.label_bar.show_clip(self.clip.info)
        self._show_playing()
        self._show_range()
        self._show_position()

    def _show_opened(self) -> None:
        """Show that the clip's files were opened: under their name of now, and no problem is known of yet."""
        self.setWindowTitle(f"{self.clip.stem} — HappySad Live")
        self.message.hide()
        self.play_button.setEnabled(True)

    def _redraw(self) -> None:
        picture = self.shown.picture
        if picture is None:
            return
        if self.timeline is None:  # of a long clip, the picture comes first
            self.view.show_result(FrameResult(Frame(picture.image, 0, picture.time_s, 0.0), (), ()))
        else:
            self.view.show_result(self.timeline.result_to_draw(picture))
        self._tell_faces()

    def _tell_faces(self) -> None:
        """Let a screen reader know what a held picture shows."""
        if self.playing:
            return
        result, picture = self.view.result, self.shown.picture
        if self.timeline is not None and picture is not None:
            result = self.timeline.result(picture)  # also the labels that are in the picture already
        self.view.setAccessibleDescription(describe_faces(result))

    def _announce_reading(self) -> None:
        """Say that label lines are being read, if they are; else stop saying that something is being done."""
        if self.timeline is None:
            self.message.announce_if_slow("Reading the labels…")
        else:
            self.message.clear_announcement()

    def _show_playing(self) -> None:
        self.play_button.setIcon(icon("pause" if self.playing else "play"))
        describe_button(self.play_button, "Pause (Space)" if self.playing else "Play (Space)")
        self._tell_faces()

    def _show_position(self) -> None:
        length = clock(self.clip.info.length_s, tenths=True)
        # As wide as any time of this clip, so that the strip beside it keeps its length while it plays.
        widest = re.sub(r"\d", "0", f"{length} / {length}")
        self._time.setMinimumWidth(self._time.fontMetrics().horizontalAdvance(widest))
        self._time.setText(f"{clock(self.position_s, tenths=True)} / {length}")
        self.strip.set_position(self.position_s)

    def _show_range(self) -> None:
        self.strip.set_range(self.range_s)
        self.label_bar.show_range(self.range_s, self.clip.info.length_s)

    def _is_at_end(self) -> bool:
        if self.timeline is None:
            return self.position_s >= self.clip.info.length_s
        return self.timeline.end_of(self.position_s) >= self.timeline.length_s

    # --- keys and the end ----------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key = Qt.Key(event.key())
        if (event.isAutoRepeat() and key not in REPEATING_KEYS) or event.modifiers() & _COMMANDS:
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focused, QAbstractButton):
            focused.click()
            return
        action, label = action_for(key), self.label_bar.label_for_key(event.key() - Qt.Key.Key_0)
        if action is not None:
            action(self)
        elif label is not None:
            self.give_label(label)
        else:
            super().keyPressEvent(event)

    def _let_go(self) -> None:
        self.shown.let_go()
        self.label_edits.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self._let_go()
        self._reading.close()
        self.closed.emit()
        super().closeEvent(event)
