"""The view of a table of figures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from mat_desktop.gui import icons
from mat_desktop.gui.models.figures import CELL_ROLE, Cell, FiguresModel, Heading
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.delegates import fix_rows
from mat_desktop.gui.widgets.fit import KeepTall, grown, tall
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import TableView, ring_row

Index = QModelIndex | QPersistentModelIndex
BAR = QSize(40, 6)
NARROWEST = 96


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: Figures) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60, appearance.row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        cell = index.data(CELL_ROLE)
        if not isinstance(cell, Cell):
            return
        rect: QRect = option.rect
        painter.save()
        here = self._table.currentIndex().row() == index.row()
        marked = index.row() == self._table.marked
        if here or marked:
            painter.fillRect(rect, t.color("selection" if marked or self._table.hasFocus() else "hover"))
            if index.column() == 0 and (marked or self._table.hasFocus()):
                painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), t.color("accent"))
        inner = rect.adjusted(
            self._table.margin if index.column() == 0 else self._table.pad, 0, -self._table.pad, 0
        )
        if index.column() == self._table.last:
            inner.setRight(rect.right() - self._table.margin)
        token = "muted" if cell.token == "faint" and (here or marked) else cell.token
        ink = t.color(token)
        if cell.icon:
            size = grown(16)
            icons.draw(painter, cell.icon, inner.x(), inner.y() + (inner.height() - size) // 2, size, ink)
            inner.setLeft(inner.x() + size + 6)
        right = self._table.figures.headings[index.column()].right
        face = font(13, 600 if cell.strong else 400, figures=right)
        painter.setFont(face)
        painter.setPen(ink)
        text = QFontMetrics(face).elidedText(cell.text, Qt.TextElideMode.ElideRight, max(inner.width(), 8))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(inner, side | Qt.AlignmentFlag.AlignVCenter, text)
        if cell.bar is not None:
            wide = QFontMetrics(face).horizontalAdvance(text)
            x = inner.right() - wide - 8 - BAR.width()
            if x >= inner.left() - self._table.pad:
                groove = QRect(x, rect.center().y() - 2, BAR.width(), BAR.height())
                round_rect(painter, groove, 2, t.color("border"))
                filled = round(BAR.width() * min(max(cell.bar, 0.0), 1.0))
                round_rect(
                    painter, QRect(groove.topLeft(), QSize(filled, BAR.height())), 2, t.color("accent")
                )
        painter.restore()


class Figures(TableView):
    """No grid; a click on a heading sorts. ``marked`` is a row that stands out, -1 for none, ``last`` the
    last column that there is room for.
    """

    def __init__(
        self, figures: FiguresModel, name: str, *, sortable: bool = True, margin: int = 24, pad: int = 8
    ) -> None:
        """:param margin: before the first column and behind the last
        :param pad: at both sides of a cell
        """
        super().__init__()
        self.pad = pad
        self._whole = False
        self.figures = figures
        self.marked, self.last = -1, figures.columnCount() - 1
        self.margin = margin
        self.setModel(figures)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        appearance.changed.connect(self._fix_rows)
        self._fix_rows()
        header = self.horizontalHeader()
        KeepTall(header, 28, 12)
        header.setFont(font(12))
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setMinimumSectionSize(24)
        self.setStyleSheet(
            f"QHeaderView::section {{ padding: 0 {pad}px; }}"
            f"QHeaderView::section:first {{ padding-left: {margin}px; }}"
            f"QHeaderView::section:last {{ padding-right: {margin}px; }}"
        )
        if sortable:
            header.setSectionsClickable(True)
            header.setSortIndicatorClearable(True)
            self.setSortingEnabled(True)
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            figures.sort(-1)
        appearance.changed.connect(self.viewport().update)
        self._fit()

    def _fix_rows(self) -> None:
        fix_rows(self, appearance.row)
        self._fit()
        if self._whole:
            self.show_all_rows()

    def show_all_rows(self) -> None:
        """As high as its rows and header, from now on."""
        self._whole = True
        self.setFixedHeight(tall(28, 12) + appearance.row * self.figures.rowCount())

    def use(self, headings: Sequence[Heading]) -> None:
        """Other columns; the rows come after."""
        if self.figures.headings != tuple(headings):
            self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.figures.use(headings)
            self._fit()

    def mark(self, row: int) -> None:
        """Another row stands out, and is scrolled to when it becomes another."""
        if row != self.marked and row >= 0:  # once it has its height
            QTimer.singleShot(0, self, lambda: self.scrollTo(self.figures.index(self.marked, 0)))
        self.marked = row
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns without a width share what is left."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, then the ring."""
        super().paintEvent(event)
        ring_row(self)

    def showEvent(self, event: QShowEvent) -> None:
        """Letters may have changed while it was hidden."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.horizontalHeader().setFont(font(12))
        headings = self.figures.headings
        end = self.margin - self.pad
        free = [n for n, heading in enumerate(headings) if not heading.width]
        widths = [wider(heading.width) for heading in headings]
        fixed = sum(widths) + end * sum(bool(headings[n].width) for n in (0, -1))
        room, least = self.viewport().width(), len(free) * wider(NARROWEST)
        gone: set[int] = set()
        for rank in sorted({heading.spare for heading in headings if heading.spare}):
            if fixed + least > room:
                more = {n for n, heading in enumerate(headings) if heading.spare == rank}
                fixed -= sum(widths[n] for n in more)
                gone |= more
        self.last = max(n for n in range(len(headings)) if n not in gone)
        for number in range(len(headings)):
            self.setColumnHidden(number, number in gone)
        for number, heading in enumerate(headings):
            wide = widths[number] + (end if number in (0, self.last) else 0)
            if not heading.width:
                wide = max((room - fixed) // max(len(free), 1), wider(NARROWEST))
            self.setColumnWidth(number, wide)
