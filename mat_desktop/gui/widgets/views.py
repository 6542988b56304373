"""Lists and tables that show the focus also where no row is there to have it.

A screen reader presses a row by selecting it; Qt has no other way in. Where nothing is selected by mouse or
key, a row that comes to be selected was pressed so, and ``press`` does what a click on it does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    QTimer,
)
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QListView, QTableView, QWidget

from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.painting import round_rect

Index = QModelIndex | QPersistentModelIndex


def show_focus(before: QWidget | None, now: QWidget | None) -> None:
    """Paint what had the focus and what has it anew as a whole: Qt does not know of the rings in it."""
    for part in (before, now):
        if isinstance(part, QAbstractScrollArea):
            part.viewport().update()


def after_press(
    view: QAbstractItemView, selected: QItemSelection, do: Callable[[QPersistentModelIndex], None]
) -> None:
    """Do something for a cell once the accessibility layer, which selected it, is done with it."""
    for index in selected.indexes()[:1]:
        QTimer.singleShot(0, view, partial(do, QPersistentModelIndex(index)))


class ListView(QListView):
    """Its delegate paints the ring of the current row. ``nothing`` stands in it where it is empty.

    With ``SingleSelection`` the current row is the selected one, else none is.
    """

    nothing = ""

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QListView.SelectionMode.MultiSelection)

    @property
    def _selects(self) -> bool:
        return self.selectionMode() is QListView.SelectionMode.SingleSelection

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Mouse and keys make a row the current one."""
        if self._selects:
            return super().selectionCommand(index, event)
        return QItemSelectionModel.SelectionFlag.NoUpdate

    def selectAll(self) -> None:
        """None is selected."""

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """A screen reader presses a row."""
        if self._selects:
            super().selectionChanged(selected, deselected)
        elif not selected.isEmpty():
            self.selectionModel().clearSelection()
        after_press(self, selected, self._pressed)

    def _pressed(self, at: QPersistentModelIndex) -> None:
        here = self.currentIndex()
        if at.isValid() and not (self._selects and here.row() == at.row()):
            self.press(self.model().index(at.row(), at.column(), at.parent()))

    def press(self, index: QModelIndex) -> None:
        """Do what a click on a row does."""
        self.setCurrentIndex(index)
        self.clicked.emit(index)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, or the words and the ring of an empty list."""
        super().paintEvent(event)
        _empty(self, self.nothing)


class TableView(QTableView):
    """Its delegate, or who derives from it, paints the ring of the current row. ``nothing`` as in lists."""

    nothing = ""

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Home and End go to the first and the last row, as rows are chosen and not cells."""
        if action in (QTableView.CursorAction.MoveHome, QTableView.CursorAction.MoveEnd):
            modifiers |= Qt.KeyboardModifier.ControlModifier
        return super().moveCursor(action, modifiers)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Qt paints only the two cells anew; the ring goes round whole rows."""
        super().currentChanged(current, previous)
        self.update_row(current.row())
        self.update_row(previous.row())

    def update_row(self, row: int) -> None:
        """Paint all of a row anew; -1 for none."""
        if row >= 0:
            y, height = self.rowViewportPosition(row), self.rowHeight(row)
            self.viewport().update(0, y, self.viewport().width(), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, or the words and the ring of an empty table."""
        super().paintEvent(event)
        _empty(self, self.nothing)


def ring(view: QAbstractScrollArea) -> None:
    """The focus ring round all of it, after its content was painted."""
    if view.hasFocus():
        painter = QPainter(view.viewport())
        round_rect(painter, view.viewport().rect(), 2, None, current().color("focus"), 2)
        painter.end()


def ring_row(view: QTableView) -> None:
    """The focus ring over the whole current row, after its cells were painted."""
    index = view.currentIndex()
    if view.hasFocus() and index.isValid():
        y, size = view.rowViewportPosition(index.row()), view.rowHeight(index.row())
        rect = QRect(0, y, view.viewport().width(), size)
        round_rect(QPainter(view.viewport()), rect, 2, None, current().color("focus"), 2)


def _empty(view: QAbstractItemView, nothing: str) -> None:
    model = view.model()
    if nothing and model is not None and not model.rowCount():
        painter = QPainter(view.viewport())
        painter.setFont(font(13))
        painter.setPen(current().color("muted"))
        box = view.viewport().rect().adjusted(24, 16, -24, -16)
        painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, nothing)
        painter.end()
    if not view.currentIndex().isValid():
        ring(view)
