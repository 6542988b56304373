"""The history: every run that wrote files, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
    SignalInstance,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from mat_desktop.domain.reversal import FileReversal, RunKind
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.history import ENTRY_ROLE, FILTERS, Entry, HistoryModel, Waiting
from mat_desktop.gui.models.reversal import RunModel
from mat_desktop.gui.save import ask_target
from mat_desktop.gui.theme import current, font, wider
from mat_desktop.gui.views.reversal_panel import ReversalPanel
from mat_desktop.gui.widgets.banner import Banners
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Line, Panel, Text
from mat_desktop.gui.widgets.delegates import elide, text_width
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import grown, tall, two_line_row, two_lines
from mat_desktop.gui.widgets.gives_way import Stack
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.plan_table import PlanTable
from mat_desktop.gui.widgets.splitter import Splitter
from mat_desktop.gui.widgets.views import ListView

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

Index = QModelIndex | QPersistentModelIndex

DAY, RUN = 36, 64
AT_ONCE = 200
"""Files whose changes are added to the list at once."""

NARROW = 320
"""Pixels of the list, with letters of usual size, under which its buttons are signs alone."""


def sign(entry: Entry) -> tuple[str, str]:
    """Icon and colour of a row. What did only a part of what it should, also in taking back, warns."""
    run = entry.run
    if run is None:
        return "arrow-down-to-line", "accent"
    if entry.partly and not run.undone:
        return "triangle-alert", "warning"
    if run.undone or run.kind in (RunKind.UNDO, RunKind.REMOVE):
        return "undo-2", "muted"
    return "circle-check", "positive"


BOTH = 900
"""Pixels of the page, with letters of usual size, under which what undo would do is not beside the runs."""


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: Runs) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        entry: Entry = index.data(ENTRY_ROLE)
        return QSize(0, tall(DAY, 12, 16) if entry.heads else two_line_row(RUN))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        entry: Entry = index.data(ENTRY_ROLE)
        rect: QRect = option.rect
        painter.save()
        if entry.heads:
            painter.setFont(font(12, 600))
            painter.setPen(t.color("muted"))
            painter.drawText(rect.adjusted(24, 8, 0, 0), Qt.AlignmentFlag.AlignVCenter, entry.day)
            painter.restore()
            return
        here = self._view.currentIndex().row() == index.row()
        if here or self._view.hover_row == index.row():
            painter.fillRect(rect.adjusted(0, 0, 0, -1), t.color("hover"))
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
        run = entry.run
        size = grown(20)
        x, y = rect.x() + 24, rect.y() + (rect.height() - size) // 2
        icon, token = sign(entry)
        if icon == "circle-check":
            icons.draw_filled(painter, icon, x, y, size, t.color(token), t.color("surface"))
        else:
            icons.draw(painter, icon, x, y, size, t.color(token))
        button = self._view.button(rect)
        painter.setFont(font(13, 500))
        painter.setPen(t.color("muted" if run is not None and run.undone else "text"))
        left = 40 + size
        wide = button.left() - rect.x() - left - 16
        top, below = two_lines(rect, left, wide)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, elide(entry.title, wide, 13, 500))
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, elide(entry.detail, wide, 12))
        if entry.offer:
            under = self._view.pointer is not None and button.contains(self._view.pointer)
            round_rect(painter, button, 6, t.color("hover" if under else "raised"), t.color("border_strong"))
            if here and self._view.hasFocus():
                round_rect(painter, button, 6, None, t.color("focus"), 2)
            icon = "arrow-down-to-line" if run is None else "undo-2" if entry.can_undo else "redo-2"
            whole = button.width() > button.height()
            size = grown(16)
            x, y = (14 if whole else (button.width() - size) // 2), (button.height() - size) // 2
            icons.draw(painter, icon, button.x() + x, button.y() + y, size, t.color("text"))
            if whole:
                painter.setFont(font(13, 500))
                painter.setPen(t.color("text"))
                painter.drawText(
                    button.adjusted(22 + size, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, entry.offer
                )
        painter.restore()


class Runs(ListView):
    """The list. Enter, Space or the button in a row shows what undo, redo or writing would do."""

    write = Signal()
    undo = Signal(int)
    redo = Signal(int)

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self.hover_row = -1
        self.pointer: QPoint | None = None
        self._model = model
        self._menu = QMenu(self)
        self.setModel(model)
        self.setAccessibleName("Runs")
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setMinimumWidth(200)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def button(self, rect: QRect) -> QRect:
        """Where a row's button is."""
        high = tall(32)
        short = rect.width() < wider(NARROW)
        size = QSize(high if short else 36 + grown(16) + text_width("Write", 13, 500), high)
        top = rect.y() + (rect.height() - size.height()) // 2
        return QRect(QPoint(rect.right() - size.width() - (11 if short else 23), top), size)

    def _ask(self, row: int) -> None:
        entry = self._model.entry(row)
        if entry is not None and entry.waiting is not None:
            self.write.emit()
        elif entry is not None and entry.run is not None and entry.offer:
            (self.undo if entry.can_undo else self.redo).emit(entry.run.id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a run."""
        row = self.currentIndex().row()
        place = self.visualRect(self.currentIndex()).center()
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            row, place = self.indexAt(event.pos()).row(), event.pos()
        entry = self._model.entry(row)
        if entry is None or entry.run is None:
            return
        run_id = entry.run.id
        self._menu.clear()
        undo = self._menu.addAction("Undo…", lambda: self.undo.emit(run_id))
        redo = self._menu.addAction("Redo…", lambda: self.redo.emit(run_id))
        undo.setEnabled(entry.can_undo)
        redo.setEnabled(entry.can_redo)
        self._menu.popup(self.viewport().mapToGlobal(place))

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
    """The page: runs, and beside them what one of them did, or what taking it back would do.

    ``chosen`` names the run that is looked at, None where it is none; ``write`` asks for the plan of what is
    not written yet; ``send`` hands over a run and a file that it is to be exported to.
    """

    write = Signal()
    send = Signal(int, object)
    undo = Signal(int)
    redo = Signal(int)
    chosen = Signal(object)
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
        self.filter = DropDown(FILTERS)
        self.filter.setAccessibleName("Which runs are listed")
        self.filter.picked.connect(self._filter)
        head.addWidget(self.filter)
        self.export = Button("Export…", "upload", tip="What the run changed, as a table")
        self.export.clicked.connect(self._ask_target)
        self.export.setEnabled(False)  # until there is a run
        head.addWidget(self.export)
        layout.addWidget(bar)
        self._bar = bar
        self._stack = Stack()
        holder = Splitter(Qt.Orientation.Horizontal)
        self._side = self._left()
        holder.addWidget(self._side)
        self.right = Stack()
        self.right.addWidget(self._details())
        self.reversal = ReversalPanel()
        self.reversal.closed.connect(self.show_details)
        self.right.addWidget(self.reversal)
        holder.addWidget(self.right)
        holder.setStretchFactor(0, 0)
        holder.setStretchFactor(1, 1)
        holder.beside(440, 0.4)
        self._wanted: int | None = None
        self._empty_yet = self._to_newest = False  # nobody knows before the runs are read
        self._rest: list[FileReversal] = []
        self._filling = QTimer(self)
        self._filling.setInterval(0)
        self._filling.timeout.connect(self._fill)
        self._stack.addWidget(holder)
        self._stack.addWidget(self._empty())
        layout.addWidget(self._stack, 1)
        self.banners = Banners()
        layout.addWidget(self.banners)

    def _left(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.list = Runs(self.runs)
        self.list.undo.connect(self.undo)
        self.list.redo.connect(self.redo)
        self.list.write.connect(self.write)
        self.list.selectionModel().currentChanged.connect(lambda now, _: self._choose(now.row()))
        layout.addWidget(self.list, 1)
        foot = Panel("surface", edges="t")
        foot.setFixedHeight(56)
        row = QHBoxLayout(foot)
        row.setContentsMargins(16, 0, 16, 0)
        self.summary = Text(size=12, token="muted", elide=True)
        self.summary.setMinimumSize(1, 16)
        row.addWidget(self.summary, 1)
        self.remove = Button("Remove everything written…")
        row.addWidget(self.remove)
        layout.addWidget(foot)
        return box

    def _details(self) -> QWidget:
        box = Panel("surface")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(24, 12, 16, 2)
        head.setSpacing(8)
        self.title = Text(size=16, weight=600, elide=True)
        self.title.setMinimumHeight(24)
        head.addWidget(self.title, 1)
        self.write_button = Button("Write…", "arrow-down-to-line", kind="primary")
        self.write_button.clicked.connect(self.write)
        head.addWidget(self.write_button)
        self.undo_button = Button("Undo…", "undo-2")
        self.redo_button = Button("Redo…", "redo-2")
        for button, signal in ((self.undo_button, self.undo), (self.redo_button, self.redo)):
            button.clicked.connect(lambda _=False, signal=signal: self._ask(signal))
            head.addWidget(button)
        nest(layout, head)
        self.about = Text(token="muted")  # all of it: the row has no room for the fields
        self.about.setWordWrap(True)
        self.about.setContentsMargins(24, 0, 24, 12)
        self.about.setMinimumHeight(32)
        layout.addWidget(self.about)
        layout.addWidget(Line())
        self.changes = RunModel(self)
        self.table = PlanTable(self.changes, checkable=False)
        self.table.setAccessibleName("What the run changed")
        layout.addWidget(self.table, 1)
        return box

    def _filter(self, only: str) -> None:
        self.runs.filter(only)
        self._look_at(self.runs.first)

    def _look_at(self, row: int) -> None:
        """Show a run; where the filter leaves none there is nothing to show."""
        if self.runs.rowCount():
            self.list.setCurrentIndex(self.runs.index(row))
        else:
            self._choose(-1)

    def show_waiting(self, waiting: Waiting | None) -> None:
        """What is not written yet; None where there is nothing."""
        self.runs.show_waiting(waiting)
        self._choose_part()
        entry = self.runs.entry(self.list.currentIndex().row())
        if entry is None:
            self._look_at(self.runs.first)
        elif entry.waiting is not None:
            self._show_entry(entry)

    def _choose_part(self) -> None:
        """The runs, or that there are none."""
        open_panel = self.right.currentWidget() is self.reversal
        self._stack.setCurrentIndex(
            1 if self._empty_yet and not self.runs.rowCount() and not open_panel else 0
        )

    def _ask(self, signal: SignalInstance) -> None:
        entry = self.runs.entry(self.list.currentIndex().row())
        if entry is not None and entry.run is not None:
            signal.emit(entry.run.id)

    def _choose(self, row: int) -> None:
        entry = self.runs.entry(row)
        if entry is None and self.runs.rowCount():
            return
        self._show_entry(entry)
        run = entry.run if entry is not None else None
        self.show_changes(())
        self.chosen.emit(run.id if run is not None else None)

    def _show_entry(self, entry: Entry | None) -> None:
        self.title.setText(entry.title if entry is not None else "No run is listed")
        self.about.setText(entry.about if entry is not None else "")
        waits = entry is not None and entry.waiting is not None
        self.write_button.setVisible(waits)
        self.table.nothing = "Write… shows each of them before anything is written." if waits else ""
        self.undo_button.setVisible(entry is not None and entry.can_undo)
        self.redo_button.setVisible(entry is not None and entry.can_redo)
        self.export.setEnabled(entry is not None and entry.run is not None)

    def _ask_target(self) -> None:
        entry = self.runs.entry(self.list.currentIndex().row())
        if entry is None or entry.run is None:
            return
        kinds = {".csv": "Table (*.csv)", ".json": "JSON (*.json)"}
        path = ask_target(self, "Export the run", Path.home() / f"run {entry.run.id}.csv", kinds)
        if path is not None:
            self.send.emit(entry.run.id, path)

    def show_reversal(self) -> None:
        """The panel comes in place of what the run did."""
        self._stack.setCurrentIndex(0)
        self.right.setCurrentWidget(self.reversal)
        self._fit()
        self.reversal.table.setFocus()

    def _fit(self) -> None:
        """Where there is no room for both, the panel has all of the page until it is closed."""
        alone = self.right.currentWidget() is self.reversal and self.width() < wider(BOTH)
        self._bar.setHidden(alone)
        self._side.setHidden(alone)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size."""
        super().resizeEvent(event)
        self._fit()

    def show_details(self) -> None:
        """And goes again."""
        self.right.setCurrentIndex(0)
        self._fit()
        self._choose_part()
        self.list.setFocus()

    def show_changes(self, files: Sequence[FileReversal]) -> None:
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
        text.setWordWrap(True)
        text.setWordWrap(True)
        layout.addWidget(text)
        layout.addSpacing(12)
        back = Button("Back to the library", "list-music")
        back.clicked.connect(self.back)
        layout.addWidget(back, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
        return box

    def expect(self) -> None:
        """The next run that is listed is the one to look at."""
        self._to_newest = True

    def look_for(self, run_id: int) -> None:
        """Show a run, whichever are listed; where it is not known yet, once it is."""
        self.filter.pick("")
        self.runs.filter("")
        row = self.runs.row(run_id)
        self._wanted = run_id if row < 0 else None
        self._look_at(row if row >= 0 else self.runs.first)

    def show_runs(self, runs: Sequence[Run]) -> None:
        """All runs anew. The one looked at stays in view, unless it was the newest before, or another is
        expected.
        """
        before = self.runs.entry(self.list.currentIndex().row())
        newest = self.runs.entry(self.runs.first)
        if self._to_newest:
            self._to_newest, before = False, None
        self.runs.show(runs)
        self._empty_yet = not runs
        self._choose_part()
        writes = [run for run in runs if run.kind in (RunKind.WRITE, RunKind.REDO)]
        times = words.plural(sum(run.files for run in writes), "write")  # to one file there may be several
        self.summary.setText(f"{words.plural(len(runs), 'run')}, {times} to files" if runs else "")
        row = self.runs.first
        if before is not None and before.run is not None and before is not newest:
            row = max(row, self.runs.row(before.run.id))
        if self._wanted is not None:
            found, self._wanted = self.runs.row(self._wanted), None
            row = found if found >= 0 else row
        if self.runs.rowCount() or runs:
            self._look_at(row)
