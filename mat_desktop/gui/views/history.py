"""The history: every run that wrote files, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.plan import FilePlan
from mat_desktop.gui import icons
from mat_desktop.gui.models.history import ENTRY_ROLE, Entry, HistoryModel
from mat_desktop.gui.models.plan import PlanModel
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.delegates import elide
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.plan_table import PlanTable
from mat_desktop.gui.widgets.splitter import Splitter

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

Index = QModelIndex | QPersistentModelIndex

DAY, RUN = 36, 64
BUTTON = QSize(88, 32)
AT_ONCE = 200
"""Files whose changes are added to the list at once."""


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: Runs) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(ENTRY_ROLE)
        return QSize(300, DAY if entry.run is None else RUN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        entry: Entry = index.data(ENTRY_ROLE)
        rect: QRect = option.rect
        painter.save()
        if entry.run is None:
            painter.setFont(font(12, 600))
            painter.setPen(t.color("muted"))
            painter.drawText(rect.adjusted(24, 8, 0, 0), Qt.AlignmentFlag.AlignVCenter, entry.day)
            painter.restore()
            return
        here = self._view.currentIndex().row() == index.row()
        if here or self._view.hover_row == index.row():
            painter.fillRect(rect.adjusted(0, 0, 0, -1), t.color("hover"))
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
        back = entry.run.undone or entry.run.undo_of is not None
        x, y = rect.x() + 24, rect.y() + 22
        if back:
            icons.draw(painter, "undo-2", x, y, 20, t.color("muted"))
        else:
            icons.draw_filled(painter, "circle-check", x, y, 20, t.color("positive"), t.color("surface"))
        button = self._view.button(rect)
        painter.setFont(font(13, 500))
        painter.setPen(t.color("muted" if entry.run.undone else "text"))
        wide = button.left() - rect.x() - 60 - 16
        top = QRect(rect.x() + 60, rect.y() + 12, wide, 20)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, elide(entry.title, wide, 13, 500))
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        below = QRect(rect.x() + 60, rect.y() + 33, wide, 18)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, elide(entry.detail, wide, 12))
        if entry.can_undo:
            under = self._view.pointer is not None and button.contains(self._view.pointer)
            round_rect(painter, button, 6, t.color("hover" if under else "raised"), t.color("border_strong"))
            if here and self._view.hasFocus():
                round_rect(painter, button, 6, None, t.color("focus"), 2)
            icons.draw(painter, "undo-2", button.x() + 14, button.y() + 8, 16, t.color("text"))
            painter.setFont(font(13, 500))
            painter.setPen(t.color("text"))
            painter.drawText(button.adjusted(38, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, "Undo")
        elif entry.run.undone:
            painter.setPen(t.color("muted"))
            painter.drawText(button, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "Undone")
        painter.restore()


class Runs(QListView):
    """The list. Enter, Space or the button in a row takes the run back."""

    undo = Signal(int)

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self.hover_row = -1
        self.pointer: QPoint | None = None
        self._model = model
        self.setModel(model)
        self.setAccessibleName("Runs")
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setMinimumWidth(400)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)

    def button(self, rect: QRect) -> QRect:
        """Where a row's button is."""
        top = rect.y() + (rect.height() - BUTTON.height()) // 2
        return QRect(QPoint(rect.right() - BUTTON.width() - 23, top), BUTTON)

    def _ask(self, row: int) -> None:
        entry = self._model.entry(row)
        if entry is not None and entry.can_undo and entry.run is not None:
            self.undo.emit(entry.run.id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer is lit."""
        self.pointer = event.position().toPoint()
        self.hover_row = self.indexAt(self.pointer).row()
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        """None is."""
        self.pointer, self.hover_row = None, -1
        self.viewport().update()
        super().leaveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The button."""
        point = event.position().toPoint()
        index = self.indexAt(point)
        if index.isValid() and self.button(self.visualRect(index)).contains(point):
            self._ask(index.row())
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._ask(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Space is meant for the list, not for the player."""
        asked = event.type() is QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        return super().event(event)


class History(Panel):
    """The page."""

    undo = Signal(int)
    chosen = Signal(int)
    back = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self.runs = HistoryModel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar(24, 24)
        head = bar.row
        head.addWidget(Text("History", size=16, weight=600))
        head.addStretch(1)
        self.summary = Text(size=12, token="muted")
        head.addWidget(self.summary)
        layout.addWidget(bar)
        self.banners = Banners()
        layout.addWidget(self.banners)
        box = QWidget()
        self._stack = QStackedLayout(box)
        holder = Splitter(Qt.Orientation.Horizontal)
        self.list = Runs(self.runs)
        self.list.undo.connect(self.undo)
        holder.addWidget(self.list)
        holder.addWidget(self._details())
        holder.setStretchFactor(0, 0)
        holder.setStretchFactor(1, 1)
        holder.setSizes([480, 880])
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._choose(now.row()))
        self._rest: list[FilePlan] = []
        self._filling = QTimer(self)
        self._filling.setInterval(0)
        self._filling.timeout.connect(self._fill)
        self._stack.addWidget(holder)
        self._stack.addWidget(self._empty())
        layout.addWidget(box, 1)

    def _details(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.title = Text(size=16, weight=600)
        self.title.setContentsMargins(24, 16, 24, 2)
        layout.addWidget(self.title)
        self.about = Text(token="muted", elide=True)
        self.about.setContentsMargins(24, 0, 24, 12)
        self.about.setMinimumHeight(32)
        layout.addWidget(self.about)
        layout.addWidget(Line())
        self.changes = PlanModel(self)
        self.table = PlanTable(self.changes, checkable=False)
        self.table.setAccessibleName("What the run changed")
        layout.addWidget(self.table, 1)
        return box

    def _choose(self, row: int) -> None:
        entry = self.runs.entry(row)
        if entry is None or entry.run is None:
            return
        self.title.setText(entry.title)
        self.about.setText(f"{entry.day}, {entry.detail}")
        self.show_changes(())
        self.chosen.emit(entry.run.id)

    def show_changes(self, files: Sequence[FilePlan]) -> None:
        """What the chosen run changed; long lists grow while the event loop turns."""
        self.changes.show(files[:AT_ONCE])
        self._rest = list(files[AT_ONCE:])
        if self._rest:
            self._filling.start()
        else:
            self._filling.stop()

    def _fill(self) -> None:
        part, self._rest = self._rest[:AT_ONCE], self._rest[AT_ONCE:]
        self.changes.add(part)
        if not self._rest:
            self._filling.stop()

    def _empty(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.addStretch(1)
        text = Text("Nothing was written yet. Every write stands here and can be taken back.", token="muted")
        text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(text)
        layout.addSpacing(12)
        back = Button("Back to the library", "list-music")
        back.clicked.connect(self.back)
        layout.addWidget(back, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
        return box

    def show_runs(self, runs: Sequence[Run]) -> None:
        """All runs anew; the newest is chosen."""
        self.runs.show(runs)
        self._stack.setCurrentIndex(0 if runs else 1)
        files = sum(run.files for run in runs if run.undo_of is None)
        if runs:
            self.summary.setText(f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}, {files} files written")
        else:
            self.summary.setText("")
        for row in range(self.runs.rowCount()):
            entry = self.runs.entry(row)
            if entry is not None and entry.run is not None:
                self.list.setCurrentIndex(self.runs.index(row))
                break
