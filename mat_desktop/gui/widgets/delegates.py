"""How cells of lists and tables are painted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QDrag,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from mat_desktop.gui import icons, words
from mat_desktop.gui.models.columns import RIGHT, Column
from mat_desktop.gui.models.row import Row, State
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.fit import grown
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import TableView, ring_row

Index = QModelIndex | QPersistentModelIndex

COLUMNS = tuple(Column)
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
END = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
"""Made once: a window full of cells is painted many times a second."""

KEEPING_MS = 600
"""So long a list is laid out anew after a message under it came or went."""

STATE_LOOK = {
    State.NEW: ("circle", "muted"),
    State.QUEUED: ("clock", "muted"),
    State.LISTENING: ("play", "accent"),
    State.TO_REVIEW: ("contrast", "muted"),
    State.REVIEWED: ("check", "accent"),
    State.WRITTEN: ("circle-check", "positive"),
    State.CHANGED: ("pencil", "warning"),
    State.CONFLICT: ("triangle-alert", "warning"),
    State.FAILED: ("circle-alert", "danger"),
}
"""Icon and colour by state; the word always stands beside them."""


def _forget_widths() -> None:
    """Letters may be others."""
    text_width.cache_clear()
    elide.cache_clear()
    in_two.cache_clear()


appearance.changed.connect(_forget_widths)


@lru_cache(maxsize=4096)
def text_width(text: str, size: int, weight: int) -> int:
    """Width of a text, cached."""
    return QFontMetrics(font(size, weight)).horizontalAdvance(text)


@lru_cache(maxsize=8192)
def elide(text: str, width: int, size: int = 13, weight: int = 400) -> str:
    """Text cut to a width, cached."""
    return QFontMetrics(font(size, weight)).elidedText(text, Qt.TextElideMode.ElideRight, width)


@lru_cache(maxsize=1024)
def in_two(text: str, width: int, size: int = 13, weight: int = 400) -> tuple[str, str]:
    """Text in two lines, the second one cut to a width, cached."""
    layout = QTextLayout(text, font(size, weight))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    line.setLineWidth(width)
    layout.endLayout()
    units = text.encode("utf-16-le", "surrogatepass")  # of which Qt tells the number
    first, rest = (
        part.decode("utf-16-le", "surrogatepass").strip()
        for part in (units[: 2 * line.textLength()], units[2 * line.textLength() :])
    )
    return first, elide(rest, width, size, weight)


def fix_rows(table: QTableView, high: int) -> None:
    """Rows of so many pixels; to be called again when the appearance changes."""
    table.verticalHeader().setMinimumSectionSize(high)
    table.verticalHeader().setDefaultSectionSize(high)


def draw_state(painter: QPainter, state: State, x: int, y: int) -> None:
    """A state's icon, ``grown(16)`` pixels."""
    name, token = STATE_LOOK[state]
    t, size = current(), grown(16)
    if state is State.WRITTEN:
        icons.draw_filled(painter, name, x, y, size, t.color(token), t.color("surface"))
    elif state in (State.NEW, State.LISTENING):
        icons.draw(painter, name, x + size // 4, y + size // 4, size // 2, t.color(token))
    else:
        icons.draw(painter, name, x, y, size, t.color(token))


def drag_picture(count: int) -> QPixmap:
    """What hangs at the pointer: how many tracks are dragged."""
    t = current()
    text = words.plural(count, "track")
    wide = text_width(text, 12, 500) + 20
    picture = QPixmap(wide, 24)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    round_rect(painter, picture.rect(), 5, t.color("raised"), t.color("border_strong"))
    painter.setFont(font(12, 500))
    painter.setPen(t.color("text"))
    painter.drawText(picture.rect(), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture


class RowDelegate(QStyledItemDelegate):
    """A plain cell of the table of tracks; the others are made of it."""

    def __init__(self, table: TrackTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as all rows."""
        return QSize(80, appearance.row)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Fill, then content."""
        t = current()
        rect: QRect = option.rect
        row = self._table.tracks.at(index)
        if row is None:
            return
        selected = row.place in self._table.painted_selection
        if selected:
            painter.fillRect(rect, t.color("selection"))
        elif self._table.hover_row == row.place:
            painter.fillRect(rect, t.color("hover"))
        painter.save()
        self.paint_cell(painter, rect, row, COLUMNS[index.column()], selected)
        painter.restore()

    def paint_cell(self, painter: QPainter, rect: QRect, row: Row, column: Column, selected: bool) -> None:
        """Text on the left, or on the right for numbers."""
        t = current()
        title = column is Column.TITLE
        weight = 600 if title and selected and self._table.currentIndex().row() == row.place else 400
        text = self._table.tracks.cell(row, column)
        unreadable = row.state is State.FAILED and row.track is None
        token = "text" if title and not unreadable else "muted"
        painter.setFont(font(13, weight))
        painter.setPen(t.color(token))
        box = rect.adjusted(8, 0, -8, 0)
        side = LEFT
        if column in RIGHT:
            side = END
            box = rect.adjusted(8, 0, -16 if column is Column.LENGTH else -8, 0)
            painter.setFont(font(13, figures=True))
        painter.drawText(box, side, elide(text, box.width(), 13, weight))


class StateDelegate(RowDelegate):
    """Icon and word."""

    def paint_cell(self, painter: QPainter, rect: QRect, row: Row, column: Column, selected: bool) -> None:
        """Icon and word; the strip of a selected row at its left."""
        t = current()
        if selected:
            painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), t.color("accent"))
        size = grown(16)
        draw_state(painter, row.state, rect.x() + 16, rect.y() + (rect.height() - size) // 2)
        painter.setFont(font(12))
        strong = row.state in (State.CHANGED, State.CONFLICT, State.FAILED)
        painter.setPen(t.color("text" if strong else "muted"))
        box = rect.adjusted(22 + size, 0, -4, 0)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, elide(row.state.value, box.width(), 12))


class ChipsDelegate(RowDelegate):
    """Suggested tags as chips, as many as fit, then a count."""

    def paint_cell(self, painter: QPainter, rect: QRect, row: Row, column: Column, selected: bool) -> None:
        """Chips, or words where there are none."""
        t = current()
        model = self._table.tracks
        box = rect.adjusted(8, 0, -8, 0)
        chosen = model.chosen(row) if row.scores is not None and not row.reason else ()
        if not chosen:
            token = {State.FAILED: "danger", State.CONFLICT: "warning"}.get(row.state, "faint")
            if not row.reason and token != "faint":
                token = "faint"
            painter.setFont(font(12))
            painter.setPen(t.color("muted" if selected and token == "faint" else token))
            text = elide(model.cell(row, Column.SUGGESTED), box.width(), 12)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            return
        x = box.x()
        middle = rect.y() + rect.height() // 2
        for number, suggestion in enumerate(chosen):
            name = suggestion.tag.shown
            square = grown(6)
            wide = text_width(name, 12, 400) + 19 + square
            left = len(chosen) - number - 1
            room = box.right() - x - (text_width(f"+{left}", 12, 400) + 8 if left else 0)
            if wide > room:
                if number:
                    painter.setFont(font(12))
                    painter.setPen(t.color("muted"))
                    rest = QRect(x + 2, rect.y(), box.right() - x, rect.height())
                    painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, f"+{len(chosen) - number}")
                    return
                wide = room
                name = elide(name, wide - 20 - square, 12)
            high = max(20, QFontMetrics(font(12)).height() + 2)
            chip = QRect(x, middle - high // 2, wide, high)
            round_rect(painter, chip, 4, t.color("raised"), t.color("border"))
            box_of = QRect(x + 7, middle - square // 2, square, square)
            painter.fillRect(box_of, t.category_bar(suggestion.tag.category))
            painter.setFont(font(12))
            painter.setPen(t.color("text"))
            painter.drawText(chip.adjusted(12 + square, 0, -6, 0), Qt.AlignmentFlag.AlignVCenter, name)
            x += wide + 6


class TrackTable(TableView):
    """The table of tracks.

    ``menu_asked`` says where the menu of the selected rows is to open, ``entered_row`` that Enter was
    pressed on one.
    """

    seek = Signal(float)
    entered_row = Signal()
    menu_asked = Signal(QPoint)

    def __init__(self, model: TracksModel) -> None:
        super().__init__()
        self.tracks = model
        self.hover_row = -1
        self.painted_selection: set[int] = set()
        self._rows = self._high = 0
        self._all = False
        """Whether all rows are wanted that a query finds, which is being answered still."""
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(KEEPING_MS)
        self.setModel(model)
        model.arranged.connect(self._arranged)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setAccessibleName("Tracks")
        self.setObjectName("tracks")
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QTableView.DragDropMode.DragOnly)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._ask_menu)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        # Headers ask for each column whether all of it is selected, cell by cell, to highlight it.
        self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))
        appearance.changed.connect(self._fix_rows)
        self._fix_rows()
        self.setItemDelegate(RowDelegate(self))
        self.setItemDelegateForColumn(Column.STATE, StateDelegate(self))
        self.setItemDelegateForColumn(Column.SUGGESTED, ChipsDelegate(self))

    def _fix_rows(self) -> None:
        fix_rows(self, appearance.row)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of actions: those without a meaning jump to no row."""

    def keep_place(self) -> None:
        """A message under it comes or goes: the rows stay where they are."""
        self._keeping.start()

    def updateGeometries(self) -> None:
        """After a message has gone at the end of the list there may be nothing under the last row."""
        bar = self.verticalScrollBar()
        at = bar.value()
        super().updateGeometries()
        if bar.value() < at and self._keeping.isActive() and self._rows == self.tracks.rowCount():
            bar.setMaximum(at)
            bar.setValue(at)
        self._rows = self.tracks.rowCount()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it becomes lower, as for a message under it, the current row stays in view if it was."""
        here = self.currentIndex()
        middle = self.visualRect(here).center().y() if here.isValid() else -1
        super().resizeEvent(event)
        before, self._high = self._high, event.size().height()  # Qt knows none of before where it was hidden
        if 0 <= middle < before > self._high:
            self.scrollTo(here)

    def selectAll(self) -> None:
        """Also what a query finds that is being answered, once it is."""
        super().selectAll()
        self._all = self.tracks.arranging

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Where some are selected no more, all are not wanted any longer."""
        super().selectionChanged(selected, deselected)
        self._all = self._all and deselected.isEmpty()

    def _arranged(self) -> None:
        if self._all:
            self.selectAll()

    def selected_rows(self) -> list[Row]:
        """Selected rows in the order shown; read by ranges, as there may be many."""
        shown = self.tracks.shown()
        parts = sorted((part.top(), part.bottom()) for part in self.selectionModel().selection().toList())
        return [row for top, bottom in parts for row in shown[top : bottom + 1]]

    def selected_count(self) -> int:
        """How many rows are selected."""
        return sum(part.height() for part in self.selectionModel().selection().toList())

    def rowsAboutToBeRemoved(self, parent: Index, first: int, last: int) -> None:
        """Where the current row goes, the nearest one that stays selected is it then, else the one before it,
        selected as it was: Qt would take the one before, and select none.
        """
        super().rowsAboutToBeRemoved(parent, first, last)
        here, model = self.currentIndex().row(), self.selectionModel()
        if not first <= here <= last or not model.isRowSelected(here, QModelIndex()):
            return
        ends = [end for part in model.selection().toList() for end in (part.top(), part.bottom())]
        stay = [end for end in ends if not first <= end <= last]
        place = min(stay, key=lambda end: abs(end - here), default=first - 1 if first else last + 1)
        if place < self.tracks.rowCount():
            also = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            model.setCurrentIndex(self.tracks.index(place, 0), also)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Drag the files of the selected rows; Qt would first make a list of all their cells."""
        places = [self.tracks.index(row.place, 0) for row in self.selected_rows()]
        if places:
            drag = QDrag(self)
            drag.setMimeData(self.tracks.mimeData(places))
            drag.setPixmap(drag_picture(len(places)))
            drag.exec(Qt.DropAction.CopyAction)

    def _ask_menu(self, at: QPoint) -> None:
        """Over the row under the pointer, or beside the current one where a key asked."""
        place = self.rowAt(at.y())
        if place >= 0 and not self.selectionModel().isRowSelected(place, QModelIndex()):
            self.selectRow(place)
        if self.selectionModel().hasSelection():
            self.menu_asked.emit(self.viewport().mapToGlobal(at))

    def dataChanged(self, first: Index, last: Index, roles: Iterable[int] = ()) -> None:
        """Repaint, where a changed row is in view: Qt would paint all that is in view for any."""
        top, bottom = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        if last.row() >= top and (bottom < 0 or first.row() <= bottom):
            super().dataChanged(first, last, list(roles))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer is lit."""
        self._hover(self.rowAt(int(event.position().y())))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No row is."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, row: int) -> None:
        if row != self.hover_row:
            for number in (self.hover_row, row):
                self.update_row(number)
            self.hover_row = row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right seek, as they would only walk through cells; the menu key opens the row's menu."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            if not event.isAutoRepeat():
                self.entered_row.emit()
            return
        if event.key() == Qt.Key.Key_Menu and self.currentIndex().isValid():
            self._ask_menu(self.visualRect(self.currentIndex()).center())
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            far = 30.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 5.0
            self.seek.emit(far if event.key() == Qt.Key.Key_Right else -far)
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, then the focus ring over the whole current row."""
        first, last = self.rowAt(event.rect().top()), self.rowAt(event.rect().bottom())
        places = range(max(first, 0), (last if last >= 0 else self.tracks.rowCount() - 1) + 1)
        none, model = QModelIndex(), self.selectionModel()
        self.painted_selection = {place for place in places if model.isRowSelected(place, none)}
        super().paintEvent(event)
        ring_row(self)


def paint_ground(
    painter: QPainter, rect: QRect, view: QAbstractItemView, index: Index, *, line: bool = True
) -> None:
    """What lies under a row of a list: the current one's tint, strip and ring, and the line below each."""
    t = current()
    if view.currentIndex().row() == index.row():
        painter.fillRect(rect, t.color("selection"))
        painter.fillRect(QRect(rect.x(), rect.y(), 3, rect.height()), t.color("accent"))
        if view.hasFocus():
            round_rect(painter, rect, 2, None, t.color("focus"), 2)
    if line:
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
