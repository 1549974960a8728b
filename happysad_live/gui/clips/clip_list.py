"""The list of clips: what it holds, and how a row is painted."""

# ruff: noqa: N802 - Qt calls its overrides by its own names

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPainterPath, QPixmap
from PyQt6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from happysad_live.gui.clips.clip_order import DEFAULT_ORDER, in_order
from happysad_live.gui.clips.clip_search import is_found, search_words
from happysad_live.gui.clips.texts import (
    describe_clip,
    describe_in_row,
    is_for_parts,
    own_label_names,
    share_bar,
)
from happysad_live.gui.theme import FAINT, FOCUS, LABEL_INK, QUIET_TEXT, TEXT, label_qcolor, text_scaled
from happysad_live.gui.video_view import to_qimage
from happysad_live.gui.widgets.qt_text import as_it_stands
from happysad_live.recording.library import Clip

THUMBNAIL_WIDTH_PX, THUMBNAIL_HEIGHT_PX = 104, 64
PAD_PX = 8
BAR_PX = 6

CLIP_ROLE = Qt.ItemDataRole.UserRole
THUMBNAIL_ROLE = Qt.ItemDataRole.UserRole + 1

HOVERED = QColor("#22262e")
SELECTED = QColor("#263751")

PLACE_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)

MAX_ROWS_IN_VIEW = 30
"""How many rows a tall screen shows. Their thumbnails are made first, those of clips scrolled past later."""


class ClipListModel(QAbstractListModel):
    """The clips of a folder, in the order that was asked for, with their thumbnails as these come.

    clips: those that are listed; with ``find``, not all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.clips: list[Clip] = []
        self._all: list[Clip] = []
        self._order = DEFAULT_ORDER
        self._words: list[str] = []
        self._thumbnails: dict[tuple[str, int], QPixmap] = {}
        self._without_thumbnail: deque[Clip] = deque()
        self._looked_at: dict[tuple[str, int], Clip] = {}
        """Clips that were painted without a thumbnail: those in view, and some that have left it."""

    def show_clips(self, clips: Sequence[Clip]) -> None:
        """Take over a folder's clips; thumbnails of those that stay are kept."""
        self._all = in_order(clips, self._order)
        keys = {_key(clip) for clip in clips}
        self._thumbnails = {key: picture for key, picture in self._thumbnails.items() if key in keys}
        self._without_thumbnail = deque(clip for clip in self._all if _key(clip) not in self._thumbnails)
        self._looked_at.clear()
        self._list()

    def set_order(self, order: str) -> None:
        """List the clips in one of the orders of ``clip_order``."""
        self._order = order
        self._all = in_order(self._all, order)
        self._list()

    def find(self, text: str) -> None:
        """List only the clips that have every word in their name, date, source, labels or note."""
        self._words = search_words(text)
        self._list()

    def _list(self) -> None:
        clips = [clip for clip in self._all if is_found(clip, self._words)] if self._words else self._all
        old, new = [clip.stem for clip in self.clips], [clip.stem for clip in clips]
        if old == new:  # the same rows: the view keeps its selection and its place
            self.clips = clips
            if clips:
                self.dataChanged.emit(self.index(0), self.index(len(clips) - 1))
        else:
            self.beginResetModel()
            self.clips = clips
            self.endResetModel()

    def next_without_thumbnail(self) -> Clip | None:
        """A clip whose thumbnail has not come yet: one in view, else the first."""
        if self._looked_at:
            return next(iter(self._looked_at.values()))
        waiting = self._without_thumbnail
        while waiting and _key(waiting[0]) in self._thumbnails:
            waiting.popleft()
        return waiting[0] if waiting else None

    def set_thumbnail(self, clip: Clip, image: np.ndarray | None) -> None:
        """Show a clip's thumbnail, (H, W, 3) uint8 RGB; None where it has no picture to show."""
        self._looked_at.pop(_key(clip), None)
        self._thumbnails[_key(clip)] = QPixmap() if image is None else QPixmap.fromImage(to_qimage(image))
        row = self.row_of(clip.stem)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row), [THUMBNAIL_ROLE])

    def has(self, stem: str) -> bool:
        """Whether there is such a clip, listed or not."""
        return any(clip.stem == stem for clip in self._all)

    def row_of(self, stem: str) -> int | None:
        """Where a clip stands in the list; None where it is not in it."""
        return next((row for row, clip in enumerate(self.clips) if clip.stem == stem), None)

    def neighbour(self, clip: Clip, after: bool) -> Clip | None:
        """The listed clip after (False: before) another one; None where there is none.

        The other one need not be listed itself: a label that it was given may hide it from a search.
        """
        videos, listed = [one.video for one in self._all], {one.video for one in self.clips}
        if clip.video not in videos:
            return None
        at = videos.index(clip.video)
        others = self._all[at + 1 :] if after else reversed(self._all[:at])
        return next((one for one in others if one.video in listed), None)

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.clips)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.clips):
            return None
        clip = self.clips[index.row()]
        if role == CLIP_ROLE:
            return clip
        if role == THUMBNAIL_ROLE:
            return self._thumbnail(clip)
        if role == Qt.ItemDataRole.DisplayRole:
            return clip.stem
        if role == Qt.ItemDataRole.ToolTipRole:
            return as_it_stands(describe_clip(clip))
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return describe_clip(clip)
        return None

    def _thumbnail(self, clip: Clip) -> QPixmap | None:
        key = _key(clip)
        if key not in self._thumbnails and key not in self._looked_at:
            if len(self._looked_at) >= MAX_ROWS_IN_VIEW:
                del self._looked_at[next(iter(self._looked_at))]
            self._looked_at[key] = clip
        return self._thumbnails.get(key)


class ClipDelegate(QStyledItemDelegate):
    """Paints a clip's row: thumbnail, name, date or source, share of each label, own label and note."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(200, text_scaled(THUMBNAIL_HEIGHT_PX) + 2 * PAD_PX)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        clip = index.data(CLIP_ROLE)
        if painter is None or clip is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        row = QRectF(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(row, SELECTED)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(row, HOVERED)
        place = QRectF(row.x() + PAD_PX, row.y() + PAD_PX, THUMBNAIL_WIDTH_PX, THUMBNAIL_HEIGHT_PX)
        _paint_thumbnail(painter, place, index.data(THUMBNAIL_ROLE))
        left = place.right() + PAD_PX + 2
        room = QRectF(left, place.y(), row.right() - left - PAD_PX, row.height() - 2 * PAD_PX)
        _paint_facts(painter, room, clip)
        if option.state & QStyle.StateFlag.State_HasFocus:  # the keyboard is here
            painter.setPen(FOCUS)
            painter.drawRect(row.adjusted(0.5, 0.5, -1.5, -1.5))
        painter.restore()


class ClipList(QListView):
    """Scrolls evenly, whatever a row's height. Several clips can be selected."""

    def __init__(self, model: ClipListModel) -> None:
        super().__init__()
        self.setObjectName("clipList")
        self.setModel(model)
        self._clip_model = model
        self._wanted: list[str] = []
        """What was selected last, listed now or not: a search may hide it."""
        self._rows = [clip.stem for clip in model.clips]
        """What was listed when the selection was last restored."""
        self._place = 0
        """The row of what was selected last, when it left the list."""
        model.modelReset.connect(self._choose_again)
        self.setItemDelegate(ClipDelegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName("Clips")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        plain = Qt.KeyboardModifier.NoModifier  # with Ctrl it selects the row, or no longer
        if event is not None and event.key() == Qt.Key.Key_Space and event.modifiers() == plain:
            event.ignore()  # the window's: it pauses the picture
            return
        super().keyPressEvent(event)
        if event is not None and event.key() in PLACE_KEYS:
            event.accept()  # also where there is nowhere to go: the window would seek

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)  # not called where the list is filled anew
        self._wanted = [clip.stem for clip in self.all_chosen()]

    def _choose_again(self) -> None:
        """Restore the selection and what is in view: a clip that comes or goes must change neither."""
        before, self._rows = self._rows, [clip.stem for clip in self._clip_model.clips]
        wanted, successor = self._wanted, self._successor(before)
        bar = self.verticalScrollBar()
        in_view = bar.value() if bar is not None else 0
        self.choose(*wanted)
        if successor is not None:
            self.choose(successor)
            return
        self._wanted = wanted  # also what is hidden now
        if set(before).isdisjoint(self._rows):  # the list is another folder's
            self._place = 0
            return
        if wanted and set(wanted).isdisjoint(self._rows):
            self._place = next((before.index(stem) for stem in wanted if stem in before), self._place)
            self._go_on_at(self._place)
        if bar is not None:
            bar.setValue(in_view)

    def _go_on_at(self, row: int) -> None:
        """Let ↓ go to a row, or the last one, without selecting anything before.

        So one can label clip after clip of a search that those with a label leave.
        """
        selection = self.selectionModel()
        assert selection is not None
        if (before := min(row, len(self._rows) - 1) - 1) >= 0:
            place = self._clip_model.index(before)
            selection.setCurrentIndex(place, QItemSelectionModel.SelectionFlag.NoUpdate)

    def _successor(self, before: Sequence[str]) -> str | None:
        """The clip that is now in the row of the selected ones, if all of them were deleted; None otherwise.

        So one can delete clip after clip.
        """
        wanted = set(self._wanted)
        chosen, others = [stem for stem in before if stem in wanted], set(before) - wanted
        deleted = chosen and not any(map(self._clip_model.has, chosen))
        remain = others and others.issubset(self._rows)  # otherwise the list is another folder's
        if not (deleted and remain):
            return None
        return self._rows[min(before.index(chosen[0]), len(self._rows) - 1)]

    def all_chosen(self) -> list[Clip]:
        """The selected clips, as they stand in the list."""
        return [index.data(CLIP_ROLE) for index in sorted(self.selectedIndexes(), key=QModelIndex.row)]

    def choose(self, *stems: str) -> None:
        """Select these clips alone, those that are in the list; nothing happens where none is."""
        model, selection = self._clip_model, self.selectionModel()
        assert selection is not None
        rows = [row for stem in stems if (row := model.row_of(stem)) is not None]
        if not rows:
            return
        if self.currentIndex().row() not in rows:  # otherwise the list need not scroll
            self.setCurrentIndex(model.index(rows[0]))
        selected = QItemSelection()
        for row in rows:
            selected.select(model.index(row), model.index(row))
        selection.select(selected, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def _key(clip: Clip) -> tuple[str, int]:
    """What tells clips apart: one that was replaced by another of the same name has another size."""
    return str(clip.video), clip.size_bytes


def _paint_thumbnail(painter: QPainter, place: QRectF, picture: QPixmap | None) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(place, 5, 5)
    painter.fillPath(outline, FAINT)
    if picture is not None and not picture.isNull():
        painter.save()
        painter.setClipPath(outline)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, picture, QRectF(picture.rect()))
        painter.restore()


def _paint_facts(painter: QPainter, room: QRectF, clip: Clip) -> None:
    font = QFont(painter.font())
    small = QFont(font)
    small.setPixelSize(max(QFontMetrics(font).height() - 5, 10))
    font.setWeight(QFont.Weight.DemiBold)
    line = room.height() / 4
    rows = [QRectF(room.x(), room.y() + number * line, room.width(), line) for number in range(4)]
    _paint_text(painter, rows[0], clip.stem, font, TEXT, Qt.TextElideMode.ElideMiddle)
    _paint_text(painter, rows[1], describe_in_row(clip), small, QUIET_TEXT, Qt.TextElideMode.ElideMiddle)
    _paint_share(painter, rows[2].adjusted(0, (line - BAR_PX) / 2, 0, -(line - BAR_PX) / 2), clip)
    _paint_own(painter, rows[3], clip, small)


def _paint_text(
    painter: QPainter,
    room: QRectF,
    text: str,
    font: QFont,
    colour: QColor,
    shortened: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    text = painter.fontMetrics().elidedText(text, shortened, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def _paint_share(painter: QPainter, bar: QRectF, clip: Clip) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(bar, BAR_PX / 2, BAR_PX / 2)
    painter.save()
    painter.setClipPath(outline)
    painter.fillRect(bar, FAINT)
    x = bar.x()
    for label, part in share_bar(clip.info.share):
        painter.fillRect(
            QRectF(x, bar.y(), part * bar.width(), bar.height()),
            label_qcolor(label, clip.info.labels),
        )
        x += part * bar.width()
    painter.restore()


def _paint_own(painter: QPainter, room: QRectF, clip: Clip, font: QFont) -> None:
    """The user's own labels on plates in their colours, just framed if they hold in part; then the note."""
    painter.setFont(font)
    x = room.x()
    for label in own_label_names(clip.info):
        width = painter.fontMetrics().horizontalAdvance(label) + 12
        if x + width > room.right():
            break
        plate = QPainterPath()
        plate.addRoundedRect(QRectF(x, room.y(), width, room.height()), 4, 4)
        colour = label_qcolor(label, clip.info.labels)
        if is_for_parts(label, clip.info):
            painter.setPen(colour)
            painter.drawPath(plate)
        else:
            painter.fillPath(plate, colour)
            painter.setPen(LABEL_INK)
        painter.drawText(QRectF(x, room.y(), width, room.height()), Qt.AlignmentFlag.AlignCenter, label)
        x += width + 6
    if clip.info.note:
        _paint_text(painter, room.adjusted(x - room.x(), 0, 0, 0), clip.info.note, font, QUIET_TEXT)
