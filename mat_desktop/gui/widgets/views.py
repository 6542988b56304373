"""Lists and tables that show the focus also where no row is there to have it."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QTableView

from mat_desktop.gui.theme import current
from mat_desktop.gui.widgets.painting import round_rect


class ListView(QListView):
    """Its delegate paints the ring of the current row."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, or the ring of an empty list."""
        super().paintEvent(event)
        _ring(self)


class TableView(QTableView):
    """Its delegate, or who derives from it, paints the ring of the current row."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, or the ring of an empty table."""
        super().paintEvent(event)
        _ring(self)


def _ring(view: QAbstractItemView) -> None:
    if view.hasFocus() and not view.currentIndex().isValid():
        painter = QPainter(view.viewport())
        round_rect(painter, view.viewport().rect(), 2, None, current().color("focus"), 2)
        painter.end()
