"""What to show in the table: everything, one state, or one folder; with how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from mat_desktop.errors import printable
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.row import MEANS, State
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import draw_state, elide
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex
ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_INDEX = QModelIndex()

STATES = (
    *(State.NEW, State.QUEUED, State.TO_REVIEW, State.REVIEWED, State.WRITTEN),
    *(State.CHANGED, State.CONFLICT, State.FAILED),
)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the sidebar: a heading, everything, a state, a folder, or a file that was opened alone."""

    text: str
    heading: bool = False
    state: State | None = None
    folder: Path | None = None
    count: int = 0
    is_file: bool = False
    partial: bool = False

    @property
    def number(self) -> str:
        """The count as it is shown; of tracks that are still being read it is no more than so far."""
        return f"{words.number(self.count)}…" if self.partial else words.number(self.count)


class SideModel(QAbstractListModel):
    """The lines."""

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Item] = [Item("All tracks")]

    def show(
        self,
        total: int,
        states: Mapping[State, int],
        folders: Sequence[tuple[Path, int]],
        files: Sequence[Path] = (),
        *,
        partial: bool = False,
    ) -> None:
        """New numbers, and maybe new folders.

        :param partial: more tracks are coming
        """
        items = [Item("All tracks", count=total), Item("State", heading=True)]
        items += [Item(state.value, state=state, count=_count(states, state)) for state in STATES]
        if folders:
            items.append(Item("Folders", heading=True))
            items += [Item(_name(folder), folder=folder, count=count) for folder, count in folders]
        if files:
            items.append(Item("Files", heading=True))
            items += [Item(_name(file), folder=file, count=1, is_file=True) for file in files]
        items = [replace(item, partial=partial and not item.heading) for item in items]
        if [_what(item) for item in items] == [_what(item) for item in self._items]:
            self._items = items
            self.dataChanged.emit(self.index(0), self.index(len(items) - 1))
        else:
            self.beginResetModel()
            self._items = items
            self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if not index.isValid() or self._items[index.row()].heading:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        if not index.isValid() or index.row() >= len(self._items):
            return None
        item = self._items[index.row()]
        if role == ITEM_ROLE:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            so_far = " so far" if item.partial else ""
            return item.text if item.heading else f"{item.text}, {words.plural(item.count, 'track')}{so_far}"
        if role == Qt.ItemDataRole.ToolTipRole and item.state is not None:
            return MEANS[item.state]
        if role == Qt.ItemDataRole.ToolTipRole and item.folder is not None:
            return printable(item.folder)
        return None

    def place(self, item: Item) -> int:
        """Where a line stands, 0 where it is gone."""
        for number, other in enumerate(self._items):
            if _what(other) == _what(item):
                return number
        return 0


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: Sidebar) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        item: Item = index.data(ITEM_ROLE)
        return QSize(0, tall(36, 11, 20) if item.heading else tall(28))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        item: Item = index.data(ITEM_ROLE)
        rect: QRect = option.rect
        painter.save()
        if item.heading:
            painter.setFont(font(11, 600))
            painter.setPen(t.color("muted"))
            painter.drawText(rect.adjusted(16, 10, -8, 0), Qt.AlignmentFlag.AlignVCenter, item.text)
            painter.restore()
            return
        box = rect.adjusted(8, 0, -8, 0)
        on = self._view.currentIndex().row() == index.row()
        if on:
            round_rect(painter, box, 5, t.color("selection"))
            if self._view.hasFocus():
                round_rect(painter, box, 5, None, t.color("focus"), 2)
        elif self._view.hover_row == index.row():
            round_rect(painter, box, 5, t.color("hover"))
        size = grown(16)
        x, y = rect.x() + 16, rect.y() + (rect.height() - size) // 2
        if item.state is not None:
            draw_state(painter, item.state, x, y)
        else:
            name = "music" if item.is_file else "folder" if item.folder is not None else "list-music"
            ink = t.color("accent" if on and item.folder is None else "muted")
            icons.draw(painter, name, x, y, size, ink)
        painter.setFont(font(13, figures=True))
        painter.setPen(t.color("muted"))
        count = item.number
        right = rect.adjusted(0, 0, -16, 0)
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        painter.setPen(t.color("text"))
        painter.setFont(font(13))
        wide = rect.width() - 24 - size - 16 - painter.fontMetrics().horizontalAdvance(count) - 8
        left = rect.adjusted(24 + size, 0, 0, 0)
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, elide(item.text, max(wide, 10)))
        painter.restore()


class Sidebar(ListView):
    """Choosing a line filters the table; ``forgotten`` hands over a folder that is to be opened no more,
    ``rescanned`` one that is to be scanned again, ``shown`` one for the system's file manager.
    """

    picked = Signal(object)
    rescanned = Signal(object)
    shown = Signal(object)
    forgotten = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.side = SideModel()
        self.hover_row = -1
        self._chosen = Item("All tracks")
        self.setModel(self.side)
        self.setItemDelegate(_Delegate(self))
        self.setObjectName("sidebar")
        self.setAccessibleName("Filter")
        self.setMouseTracking(True)
        self.setMinimumWidth(160)
        self.setViewportMargins(0, 8, 0, 8)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setCurrentIndex(self.side.index(0))
        self.side.modelReset.connect(self._restore)
        self._recolor()
        appearance.changed.connect(self._recolor)

    def _recolor(self) -> None:
        self.setStyleSheet(f"#sidebar {{ background: {current().bg}; }}")

    def _restore(self) -> None:
        """The same line again; where it is gone, all tracks, which the table is told."""
        self.setCurrentIndex(self.side.index(self.side.place(self._chosen)))

    def choose(self, item: Item) -> None:
        """Filter by a line."""
        self.setCurrentIndex(self.side.index(self.side.place(item)))

    def currentChanged(self, now: Index, before: Index) -> None:
        """Tell the table."""
        super().currentChanged(now, before)
        item = now.data(ITEM_ROLE)
        if isinstance(item, Item) and not item.heading:
            same = _what(item) == _what(self._chosen)
            self._chosen = item
            if not same:
                self.picked.emit(item)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The line under the pointer is lit."""
        self.hover_row = self.indexAt(event.position().toPoint()).row()
        self.viewport().update()
        super().mouseMoveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a folder."""
        item = self.indexAt(event.pos()).data(ITEM_ROLE)
        if isinstance(item, Item) and item.folder is not None:
            menu = QMenu(self)
            folder = item.folder
            menu.addAction("Rescan").triggered.connect(lambda: self.rescanned.emit(folder))
            place = folder.parent if item.is_file else folder
            menu.addAction("Show in file manager").triggered.connect(lambda: self.shown.emit(place))
            menu.addSeparator()
            menu.addAction("Remove from the library").triggered.connect(lambda: self.forgotten.emit(folder))
            menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes one folder out of the library, also where it is held."""
        item = self.currentIndex().data(ITEM_ROLE)
        if event.key() == Qt.Key.Key_Delete and isinstance(item, Item) and item.folder is not None:
            if not event.isAutoRepeat():
                self.forgotten.emit(item.folder)
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """None is."""
        self.hover_row = -1
        self.viewport().update()
        super().leaveEvent(event)


def _what(item: Item) -> tuple[str, State | None, Path | None]:
    """What a line stands for, whatever its number."""
    return item.text if item.heading else "", item.state, item.folder


def _count(states: Mapping[State, int], state: State) -> int:
    """What is being listened to counts as queued: every track is in one of the lines, and one whose file
    changed, conflicts or failed may be in two."""
    return states.get(state, 0) + (states.get(State.LISTENING, 0) if state is State.QUEUED else 0)


def _name(folder: Path) -> str:
    return printable(Path(folder.name or str(folder)))
