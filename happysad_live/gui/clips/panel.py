"""The panel beside the picture: the clips, and what can be done with the chosen ones."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QPoint, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QFocusEvent, QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from happysad_live.gui.clips.clip_list import ClipList, ClipListModel
from happysad_live.gui.clips.clip_order import OrderButton
from happysad_live.gui.clips.export_formats import EXPORT_FORMATS
from happysad_live.gui.clips.texts import (
    NO_CLIPS,
    NO_CLIPS_HINT,
    NONE_FOUND,
    NONE_FOUND_HINT,
    own_label_names,
    shared_labels,
)
from happysad_live.gui.theme import colour_icon, icon, text_scaled
from happysad_live.gui.widgets.elided import ElidedButton, ElidedLabel
from happysad_live.gui.widgets.focus import focus_passed_on
from happysad_live.gui.widgets.qt_text import keys_text, literal
from happysad_live.gui.widgets.text_label import text_label
from happysad_live.gui.widgets.tool_button import tool_button
from happysad_live.recording.library import Clip

WIDTH_PX, LEAST_WIDTH_PX = 330, 280
LEAST_WIDTH_SHARE = 0.45
"""Of the screen's width, which counts in large print: the picture and its buttons need the rest."""
DELETE_KEY = "Ctrl+Backspace" if sys.platform == "darwin" else "Delete"
"""On a Mac as in the Finder: small keyboards there have no other key for it."""


class ClipsPanel(QFrame):
    """Offers everything; what then happens is the business of whoever listens.

    Signals bring the Clip, or a list of Clips where it can be done to several.
    """

    open_wanted = pyqtSignal(object)
    rename_wanted = pyqtSignal(object)
    note_wanted = pyqtSignal(object)
    label_wanted = pyqtSignal(object, object)
    """The Clips, and the label for the whole of each; None removes all of the user's own labels."""
    export_wanted = pyqtSignal(object, str)
    """The Clips and one of ``EXPORT_FORMATS``."""
    show_wanted = pyqtSignal(object)
    """The Clips whose folder is to be shown."""
    delete_wanted = pyqtSignal(object)
    """The Clips."""
    order_chosen = pyqtSignal(str)
    """The user has chosen another order, which the list already has."""
    folder_wanted = pyqtSignal()
    cancel_wanted = pyqtSignal()
    close_wanted = pyqtSignal()

    def __init__(self, model: ClipListModel) -> None:
        super().__init__()
        self.setObjectName("clipsPanel")
        self._model = model
        self.list = ClipList(model)
        self._menu_clips: list[Clip] = []
        self._make_choices()
        self._lay_out()
        self.list.doubleClicked.connect(lambda _: self._with_clip(self.open_wanted.emit))
        self.list.customContextMenuRequested.connect(self._show_menu)
        selection = self.list.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(lambda *_: self._update())
        for changed in (model.modelReset, model.dataChanged):
            changed.connect(lambda *_: self._update())
        self._update()

    def show_folder(self, name: str, tip: str) -> None:
        """Say which folder's clips these are."""
        self._folder.show_name(name, tip)
        self._folder.setAccessibleName(f"Folder of the clips: {name}")

    def show_order(self, order: str) -> None:
        """List the clips in one of the orders of ``clip_order``, as it was chosen at an earlier time."""
        self._order.show_order(order)
        self._model.set_order(order)

    def show_progress(self, text: str, percent: int) -> None:
        """Say how far an export is. text: what is being written."""
        self._job_name.say(text)
        self._job_percent.setText(f"{percent} %")
        self._job_bar.setValue(percent)
        self._job.show()

    def hide_progress(self) -> None:
        with focus_passed_on(self, self):
            self._job.hide()

    @property
    def is_empty(self) -> bool:
        """Whether the panel says that there are no clips, or none that match the search."""
        return self._stack.currentIndex() == 1

    def menu_for(self, clips: Sequence[Clip]) -> QMenu:
        """Everything that can be done with the chosen clips."""
        menu = QMenu(self)
        self._fill(menu, clips)
        menu.aboutToHide.connect(self._forget_menu)
        return menu

    # --- building ------------------------------------------------------------------------------

    def _fill(self, menu: QMenu, clips: Sequence[Clip]) -> None:
        """Let a menu, which may have been opened before, offer what can be done with these clips."""
        for submenu in menu.findChildren(QMenu):
            submenu.deleteLater()
        menu.clear()
        self._mean(clips)
        play, *others = self._for_one
        menu.addAction(play)
        menu.addMenu(self._label_menu(clips, menu))
        menu.addMenu(self._export_menu(menu))
        menu.addSeparator()
        menu.addActions([*others, *self._for_any])

    def _make_choices(self) -> None:
        """What can be done with one clip, and what with any number."""
        self._for_one = [
            self._choice("&Play", "Return", partial(self._with_clip, self.open_wanted.emit)),
            self._choice("&Rename…", "F2", partial(self._with_clip, self.rename_wanted.emit)),
            self._choice("&Note…", "", partial(self._with_clip, self.note_wanted.emit)),
        ]
        self._for_any = [
            self._choice("&Show in folder", "", partial(self._with_clips, self.show_wanted.emit)),
            self._choice("&Delete…", DELETE_KEY, partial(self._with_clips, self.delete_wanted.emit)),
        ]
        self.list.addActions([*self._for_one, *self._for_any])
        # As Return, but no second key of the action: menus and the list of keys name one.
        enter = QShortcut(QKeySequence("Enter"), self.list, self._for_one[0].trigger)
        enter.setContext(Qt.ShortcutContext.WidgetShortcut)
        enter.setAutoRepeat(False)

    def _choice(self, text: str, key: str, does: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        if key:
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.setAutoRepeat(False)
        # A second key may come before the dialog that the first one opened has the keyboard.
        action.triggered.connect(lambda: None if QApplication.activeModalWidget() else does())
        return action

    def _label_menu(self, clips: Sequence[Clip], parent: QMenu) -> QMenu:
        menu = QMenu("&Label the whole clip" if len(clips) == 1 else "&Label all of each clip", parent)
        labels = shared_labels([clip.info for clip in clips])
        for label in labels:
            action = QAction(colour_icon(label, clips[0].info.labels), literal(label), menu)
            action.triggered.connect(lambda _=False, label=label: self.label_wanted.emit(clips, label))
            menu.addAction(action)
        menu.addSeparator()
        none = QAction("&No label of mine", menu)
        none.setEnabled(any(own_label_names(clip.info) for clip in clips))
        none.triggered.connect(lambda: self.label_wanted.emit(clips, None))
        menu.addAction(none)
        menu.setEnabled(bool(labels) or none.isEnabled())
        return menu

    def _export_menu(self, parent: QWidget) -> QMenu:
        menu = QMenu("&Export", parent)
        for format, offer in EXPORT_FORMATS.items():
            action = QAction(offer.menu_text, menu)
            action.triggered.connect(
                lambda _=False, format=format: self._with_clips(
                    lambda clips: self.export_wanted.emit(clips, format)
                )
            )
            menu.addAction(action)
        return menu

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._header())
        self._stack = QStackedLayout()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self._empty_page())
        column.addWidget(self._find_field())
        column.addLayout(self._stack, 1)
        column.addWidget(self._progress())
        column.addLayout(self._footer())
        screen = self.screen()
        assert screen is not None
        screen_px = screen.availableSize().width()
        self.setMinimumWidth(min(text_scaled(LEAST_WIDTH_PX), round(LEAST_WIDTH_SHARE * screen_px)))

    def _header(self) -> QHBoxLayout:
        self._title = QLabel()
        self._title.setObjectName("panelTitle")
        self._folder = ElidedButton(beside_px=24)
        self._folder.setObjectName("quietButton")
        self._folder.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._folder.clicked.connect(self.folder_wanted)
        close = tool_button("close", "Hide the clips (C)", self.close_wanted, icon_px=14)
        close.setObjectName("quietButton")
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 8, 6)
        row.addWidget(self._title)
        row.addSpacing(8)
        row.addStretch(1)
        row.addWidget(self._folder)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _find_field(self) -> QWidget:
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find by name, date, label or note")
        self.search.setToolTip(
            f"Find clips ({keys_text('Ctrl+F')})\n"
            "my:sad finds those that you have called sad, my:none those without a label of yours"
        )
        self.search.setAccessibleName("Find clips")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._model.find)
        self.search.textChanged.connect(lambda _: self._show_found())
        self.search.returnPressed.connect(self._go_to_found)
        find = QAction("&Find clips", self)
        find.setShortcut(QKeySequence(QKeySequence.StandardKey.Find))
        find.triggered.connect(lambda: self.search.setFocus())
        self.addAction(find)
        self._order = OrderButton()
        self._order.chosen.connect(self._model.set_order)
        self._order.chosen.connect(self.order_chosen)
        field = QWidget()
        row = QHBoxLayout(field)
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(6)
        row.addWidget(self.search, 1)
        row.addWidget(self._order)
        return field

    def _empty_page(self) -> QWidget:
        self._empty_title, self._empty_hint = text_label("pageTitle"), text_label("pageText")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(1)
        for label in (self._empty_title, self._empty_hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(2)
        return page

    def _progress(self) -> QWidget:
        self._job = QWidget()
        self._job_name, self._job_percent = ElidedLabel(Qt.TextElideMode.ElideMiddle), QLabel()
        self._job_bar = QProgressBar()
        self._job_bar.setTextVisible(False)
        self._job_bar.setAccessibleName("Progress of the export")
        cancel = QPushButton("Cancel")
        cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        cancel.clicked.connect(self.cancel_wanted)
        texts = QVBoxLayout()
        texts.setSpacing(6)
        line = QHBoxLayout()
        line.addWidget(self._job_name, 1)
        line.addWidget(self._job_percent)
        texts.addLayout(line)
        texts.addWidget(self._job_bar)
        row = QHBoxLayout(self._job)
        row.setContentsMargins(12, 8, 8, 4)
        row.addLayout(texts, 1)
        row.addWidget(cancel)
        self._job.hide()
        return self._job

    def _footer(self) -> QHBoxLayout:
        self._play = QPushButton(" Play")
        self._play.setIcon(icon("play"))
        self._play.clicked.connect(lambda: self._with_clip(self.open_wanted.emit))
        self._export = QPushButton("Export")
        exports = self._export_menu(self)
        exports.aboutToShow.connect(lambda: self._mean(self.list.all_chosen()))
        exports.aboutToHide.connect(self._forget_menu)
        self._export.setMenu(exports)
        self._more = QPushButton("More")
        more = QMenu(self)
        more.aboutToShow.connect(lambda: self._fill(more, self.list.all_chosen()))
        more.aboutToHide.connect(self._forget_menu)
        self._more.setMenu(more)
        row = QHBoxLayout()
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(8)
        for button in (self._export, self._more):
            button.setObjectName("menuButton")
        for button in (self._play, self._export, self._more):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the list its keys
            row.addWidget(button, 1)
        return row

    # --- what is chosen ------------------------------------------------------------------------

    def _show_found(self) -> None:
        self._update()
        self.list.scrollToTop()

    def _go_to_found(self) -> None:
        if not self.list.all_chosen() and self._model.clips:
            self.list.choose(self._model.clips[0].stem)  # before the list makes it the current one, unseen
        self.list.setFocus()

    def _meant(self) -> list[Clip]:
        """What an open menu was opened for, whatever was selected meanwhile; else what is selected."""
        return self._menu_clips or self.list.all_chosen()

    def _mean(self, clips: Sequence[Clip]) -> None:
        self._menu_clips = list(clips)

    def _forget_menu(self) -> None:
        """Forget what the menu was opened for, but not yet: it tells what was chosen after it has gone."""
        QTimer.singleShot(0, partial(self._forget, self._menu_clips))

    def _forget(self, clips: list[Clip]) -> None:
        if self._menu_clips is clips:  # another menu may have been opened
            self._menu_clips = []

    def _with_clip(self, does: Callable[[Clip], object]) -> None:
        clips = self._meant()
        if len(clips) == 1:
            does(clips[0])

    def _with_clips(self, does: Callable[[list[Clip]], object]) -> None:
        clips = self._meant()
        if clips:
            does(clips)

    def _show_menu(self, place: QPoint) -> None:
        clips = self.list.all_chosen()
        if not clips:
            return
        menu = self.menu_for(clips)
        menu.aboutToHide.connect(menu.deleteLater)
        viewport = self.list.viewport()
        assert viewport is not None
        menu.popup(viewport.mapToGlobal(place))

    def _update(self) -> None:
        """Show the list or the empty page, how many clips are selected, and what can be done with them."""
        self._empty_title.setText(NONE_FOUND if self.search.text() else NO_CLIPS)
        self._empty_hint.setText(NONE_FOUND_HINT if self.search.text() else NO_CLIPS_HINT)
        count = len(self.list.all_chosen())
        several = f"{count} clips selected" if count > 1 else ""
        self._title.setText(several or "Clips")
        self.list.setAccessibleDescription(several)
        with focus_passed_on(self, self):
            self._stack.setCurrentIndex(0 if self._model.rowCount() else 1)
            if self.hasFocus():
                self._focus_list()
            self._play.setEnabled(count == 1)
            for choice in self._for_one:
                choice.setEnabled(count == 1)
            for button in (self._export, self._more):
                button.setEnabled(count > 0)
            for choice in self._for_any:
                choice.setEnabled(count > 0)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        escape = event.key() == Qt.Key.Key_Escape
        if escape and (self.search.text() or self.search.hasFocus()):
            self.search.clear()
            self.setFocus()
        elif self.search.hasFocus():  # whose keys are not the window's
            if event.key() == Qt.Key.Key_Down:
                self._go_to_found()
        elif escape:
            self.close_wanted.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        self._focus_list()

    def _focus_list(self) -> None:
        """Focus the list where it is shown. Were it the focus proxy, Tab would end in the hidden list."""
        if not self.is_empty:
            self.list.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(text_scaled(WIDTH_PX), 400)
