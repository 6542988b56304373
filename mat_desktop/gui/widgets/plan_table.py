"""The table of a plan: file, field, old values, new values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
)
from PySide6.QtGui import (
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from mat_desktop.errors import printable
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.plan import LINE_ROLE, STAYS, Line, PlanModel
from mat_desktop.gui.models.reversal import ReversalModel
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.box_header import LEFT, TIGHT, BoxHeader, box_size, draw_check
from mat_desktop.gui.widgets.delegates import elide, fix_rows, in_two, text_width
from mat_desktop.gui.widgets.fit import KeepTall, grown, tall
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.pieces import (
    UNFOLDED_TOP,
    Piece,
    draw_flow,
    draw_pieces,
    flow,
    new_pieces,
    old_pieces,
    room_of,
)
from mat_desktop.gui.widgets.views import TableView, after_press

Index = QModelIndex | QPersistentModelIndex

REASON = 24 + 2 * 8
"""Pixels of the sign and the margins beside a reason."""

MEASURED = 200
"""Lines that say how much room old and new values need."""

NARROW = 520
"""Pixels, with letters of usual size, under which there is no room to spare."""

APART = 340
"""Pixels, with letters of usual size, that old and new values need beside each other if they are long."""


def arrow() -> int:
    """Pixels from the left to new values that stand under the old ones."""
    return 6 + grown(14)


def _second(rect: QRect) -> QRect:
    """The second line of a row that has two; the first is as high as a row of one."""
    return QRect(rect.x(), rect.y() + appearance.row - 5, rect.width(), tall(18, room=2))


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: PlanTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self._table.high)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        line = index.data(LINE_ROLE)
        if not isinstance(line, Line):
            return
        rect: QRect = option.rect
        painter.save()
        if line.file is None:
            painter.fillRect(rect, t.color("raised"))
            painter.setClipRect(rect)  # every cell shows its part of the one line
            self._folder(painter, rect, line)
            painter.restore()
            return
        if self._table.currentIndex().row() == index.row():
            painter.fillRect(rect, t.color("hover"))
        plan = self._table.plan
        taken = plan.takes(line)
        inner = rect.adjusted(8, 0, -8, 0)
        if index.column() < 2:
            inner.setHeight(appearance.row)
        if line.change is None:
            painter.setClipRect(rect)  # every cell shows its part of the one line
            self._note(painter, rect, line, taken=taken)
        elif index.column() == 0:
            if plan.is_first(index.row()):
                self._name(painter, inner.adjusted(-8, 0, 8, 0), line)
        elif index.column() == 1:
            if self._table.fieldwise:
                if not line.stuck:
                    painter.setOpacity(0.4 if plan.follows(line) else 1.0)  # which is not its own to say
                    draw_check(painter, inner.x(), inner, taken)
                    painter.setOpacity(1.0)
                inner.adjust(8 + box_size(), 0, 0, 0)
            painter.setFont(font(13))
            painter.setPen(t.color("muted" if taken or not self._table.fieldwise else "faint"))
            text = elide(words.field(line.change.field), inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        elif self._table.stacked:
            self._old(painter, inner, index, line)
            self._new(painter, inner, index, line)
        elif index.column() == 2:
            self._old(painter, inner, index, line)
        else:
            self._new(painter, inner, index, line)
        if self._table.plan.is_last(index.row()):
            painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
        painter.restore()

    def _old(self, painter: QPainter, rect: QRect, index: Index, line: Line) -> None:
        assert line.change is not None
        table = self._table
        taken = table.plan.takes(line)
        stays = table.plan.stays(line) or (bool(line.why) and not taken and table.checkable)
        draw = draw_flow if table.unfolded == index.row() else draw_pieces
        if table.stacked:
            rect = rect.adjusted(0, 0, 0, appearance.row - rect.height())
        draw(painter, rect, old_pieces(line.change, stays=stays), dim=not taken)

    def _new(self, painter: QPainter, rect: QRect, index: Index, line: Line) -> None:
        """New values, or why there are none."""
        assert line.change is not None
        table = self._table
        plan, unfolded = table.plan, table.unfolded == index.row()
        taken = plan.takes(line)
        if table.stacked:
            rect = table.under(rect, old_pieces(line.change)) if unfolded else _second(rect)
            size = grown(14)
            top = rect.y() + UNFOLDED_TOP if unfolded else rect.y() + (rect.height() - size) // 2
            icons.draw(painter, "arrow-right", rect.x(), top, size, current().color("muted"))
            rect = rect.adjusted(arrow(), 0, 0, 0)
        draw = draw_flow if unfolded else draw_pieces
        if line.why and not taken:
            self._why(painter, rect, line)
        elif plan.stays(line):
            draw(painter, rect, [(STAYS, "faint", False)], dim=True)
        else:
            draw(painter, rect, new_pieces(line.change), dim=not taken)

    def _name(self, painter: QPainter, rect: QRect, line: Line) -> None:
        t = current()
        assert line.file is not None
        checked = self._table.plan.checked(line)
        left = LEFT - (TIGHT if self._table.tight else 0)
        if not self._table.checkable and not self._table.tight:
            _sign(painter, "music", rect.x() + left, rect, "muted")
        elif self._table.checkable and line.file.changes:
            draw_check(painter, rect.x() + left, rect, checked)
        painter.setFont(font(13, 500))
        painter.setPen(t.color("muted" if checked is False else "text"))
        name = rect.adjusted(self._table.indent, 0, -8, 0)
        self._lines(painter, name, printable(Path(line.file.path.name)), 13, 500)

    def _lines(self, painter: QPainter, rect: QRect, text: str, size: int = 13, weight: int = 400) -> None:
        """A text in the one line of a row, or in both where it has two."""
        middle = Qt.AlignmentFlag.AlignVCenter
        if not self._table.stacked:
            painter.drawText(rect, middle, elide(text, rect.width(), size, weight))
            return
        first, second = in_two(text, rect.width(), size, weight)
        painter.drawText(QRect(rect.x(), rect.y(), rect.width(), appearance.row), middle, first)
        painter.drawText(_second(rect), middle, second)

    def _why(self, painter: QPainter, rect: QRect, line: Line) -> None:
        """What speaks against a change, in the place of the values that it would bring."""
        t = current()
        if not self._table.checkable:
            draw_pieces(painter, rect, [*new_pieces(line.change), (line.why, "faint", False)], dim=True)  # type: ignore[arg-type]
            return
        token = "warning" if line.icon else "faint"
        if line.icon:
            _sign(painter, line.icon, rect.x(), rect, token)
            rect = rect.adjusted(8 + grown(16), 0, 0, 0)
        painter.setFont(font(13))
        painter.setPen(t.color(token))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, elide(line.why, rect.width()))

    def _note(self, painter: QPainter, rect: QRect, line: Line, *, taken: bool) -> None:
        """What comes with the changes of a file, from the column of the fields on."""
        left = self._table.columnViewportPosition(1) + 8
        place = QRect(left, rect.y(), self._table.viewport().width() - left - 8, rect.height())
        painter.setFont(font(12))
        painter.setPen(current().color("muted" if taken else "faint"))
        self._lines(painter, place, line.note, 12)

    def _folder(self, painter: QPainter, rect: QRect, line: Line) -> None:
        t = current()
        left = self._table.columnViewportPosition(0)
        wide = self._table.viewport().width()
        first = QRect(rect.x(), rect.y(), rect.width(), appearance.row)
        _sign(painter, "folder", left + 24, first, "muted")
        painter.setFont(font(12, 500))
        painter.setPen(t.color("text"))
        x = left + 40 + grown(16)
        path = line.folder.path
        name = elide(printable(Path(path.name or str(path))), wide - x - 8, 12, 500)
        place = QRect(x, rect.y(), wide - x, first.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, name)
        if self._table.stacked:
            place = _second(place)
        else:
            place.setLeft(x + text_width(name, 12, 500) + 10)
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        rest = f"{words.place(path.parent)}, {words.plural(line.folder.files, 'file')}"
        rest = elide(rest, max(0, place.width() - 16), 12)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, rest)


def _sign(painter: QPainter, name: str, x: int, rect: QRect, token: str) -> None:
    """An icon in the middle of a row."""
    size = grown(16)
    icons.draw(painter, name, x, rect.y() + (rect.height() - size) // 2, size, current().color(token))


class PlanTable(TableView):
    """Space or a click checks and unchecks a file, Ctrl+A or the box in the head all that are listed.

    Left and Right go to and from the boxes of fields.
    """

    def __init__(self, model: PlanModel, *, checkable: bool = True) -> None:
        super().__init__()
        self.plan = model
        self.checkable = checkable
        self.unfolded = -1
        self.tight = False
        """Whether it is so narrow that its columns have no room to spare."""
        self.stacked = False
        """Whether it is so narrow that new values stand under the old ones, as long ones would be cut."""
        self.fieldwise = isinstance(model, ReversalModel)
        self.setModel(model)
        self.setAccessibleName("Changes")
        self.setObjectName("changes")
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionMode(QTableView.SelectionMode.MultiSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        appearance.changed.connect(self._fix_rows)
        self._fix_rows()
        if checkable:
            head = BoxHeader(model, self)
            head.pressed_all.connect(self._toggle_all)
            self.setHorizontalHeader(head)
        header = self.horizontalHeader()
        header.setFont(font(12, 500))
        KeepTall(header, 28, 12)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleDescription("Enter shows all of a long value")
        model.modelAboutToBeReset.connect(self._fold_up)
        model.modelReset.connect(self._share)
        model.rowsInserted.connect(self._came)
        self.doubleClicked.connect(lambda index: self.unfold(index.row()))

    def _fix_rows(self) -> None:
        fix_rows(self, self.high)
        self._share()

    @property
    def high(self) -> int:
        """Pixels of a row."""
        return appearance.row + (tall(18, room=2) if self.stacked else 0)

    def _stack(self, on: bool) -> None:
        if on != self.stacked:
            self.stacked = on
            self.plan.tell_together(on)
            self.setColumnHidden(3, on)
            fix_rows(self, self.high)

    def _fold_up(self) -> None:
        self.unfold(-1)

    def unfold(self, row: int) -> None:
        """Show all of a change in a row that is as high as it needs; again, or -1, folds it up."""
        before, self.unfolded = self.unfolded, -1
        if before >= 0:
            self.setRowHeight(before, self.high)
        line = self.plan.line(row) if row != before else None
        if line is None or line.change is None:
            return
        old, new = old_pieces(line.change), new_pieces(line.change)
        cell = QRect(0, 0, self.columnWidth(2) - 16, 0)
        if self.stacked:
            high = self.under(cell, old).y() + flow(new, cell.width() - arrow())[1]
        else:
            high = max(flow(old, cell.width())[1], flow(new, self.columnWidth(3) - 16)[1])
        self.unfolded = row
        self.setRowHeight(row, max(self.high, high + 2 * UNFOLDED_TOP))
        self.scrollTo(self.plan.index(row, 0))

    def under(self, rect: QRect, pieces: Sequence[Piece]) -> QRect:
        """What remains of a cell under pieces that are shown whole."""
        return rect.adjusted(0, flow(pieces, rect.width())[1], 0, 0)

    def _came(self, parent: QModelIndex, first: int) -> None:
        if first < MEASURED:
            self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The columns share it anew."""
        super().resizeEvent(event)
        self._share()

    @property
    def indent(self) -> int:
        """Pixels from the left to the name of a file."""
        return 40 + box_size() - (0 if not self.tight else TIGHT if self.checkable else 40)

    def _share(self) -> None:
        self.unfold(-1)
        wide = self.viewport().width()
        self.tight = wide < wider(NARROW)
        shortest = 180 if not self.tight else self.indent + wider(40)
        self.setColumnWidth(0, min(310, max(shortest, wide * 3 // 10)))
        self.setColumnWidth(1, wider(136 if self.fieldwise else 88 if self.tight else 112))
        # What goes is the question where values are taken back.
        least = min(260, wide // 5) if self.fieldwise else min(184, max(96, wide // 7))
        if self.tight:
            least = wider(48)
        lines = [line for row in range(MEASURED) if (line := self.plan.line(row)) is not None]
        changes = [line.change for line in lines if line.change is not None]
        old = max((room_of(old_pieces(change)) for change in changes), default=0)
        new = max((room_of(new_pieces(change)) for change in changes), default=0)
        if self.checkable:  # a reason stands in the place of new values
            whys = [text_width(line.why, 13, 400) + REASON for line in lines if line.why]
            new = max([new, *whys])
        if self.fieldwise:  # and so does this, where a field is unchecked
            new = max(new, text_width(STAYS, 13, 400) + REASON)
        rest = wide - self.columnWidth(0) - self.columnWidth(1)
        self._stack(rest < min(old + new, wider(APART)))
        self.tight = self.tight or self.stacked
        header = self.horizontalHeader()
        if isinstance(header, BoxHeader):
            header.tight = self.tight
        if self.stacked:
            self.setColumnWidth(0, max(self.indent + wider(40), wide // 4))
            self.setColumnWidth(1, wider(136 if self.fieldwise else 88))
            self.setColumnWidth(2, wide - self.columnWidth(0) - self.columnWidth(1))
            return
        if old + new > rest:  # short names do not keep room from values
            names = [line.file.path.name for line in lines if line.file is not None]
            named = max((text_width(printable(Path(name)), 13, 500) for name in names), default=0)
            self.setColumnWidth(0, max(shortest, min(self.columnWidth(0), named + self.indent + 8)))
            rest = wide - self.columnWidth(0) - self.columnWidth(1)
        # Old values have what they need and new ones do not, or half of the room where both need more.
        self.setColumnWidth(2, max(least, min(old, max(rest - new, rest // 2))))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The check box, and the name beside it."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        boxes = 2 if self.fieldwise else 1
        if event.button() is Qt.MouseButton.LeftButton and index.isValid() and index.column() < boxes:
            self._toggle(index)

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Mouse and keys select nothing."""
        return QItemSelectionModel.SelectionFlag.NoUpdate

    def selectAll(self) -> None:
        """Nothing is selected."""

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """A screen reader presses a cell."""
        if not selected.isEmpty():
            self.selectionModel().clearSelection()
        after_press(self, selected, self._press)

    def _press(self, at: QPersistentModelIndex) -> None:
        """Check or uncheck; unfold where there are no boxes."""
        if not at.isValid():
            return
        self.setCurrentIndex(self.plan.index(at.row(), at.column()))
        if self.checkable:
            self._toggle(self.currentIndex())
        else:
            self.unfold(at.row())

    def _toggle(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if not self.checkable:
            return
        if self._on_field(index) and isinstance(self.plan, ReversalModel):
            self.plan.toggle_field(index.row())
        elif index.column() == 0 or not self.fieldwise:
            self.plan.toggle(index.row())
        self._tell()

    def _toggle_all(self) -> None:
        self.plan.toggle_all()
        announce(self, f"{words.plural(self.plan.picked_files, 'file')} checked")

    def _on_field(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        """Whether a field's own box is meant, and not its file's or its folder's; where no name of a file
        stands beside it, it is meant there too.
        """
        line = self.plan.line(index.row())
        if not self.fieldwise or line is None or line.file is None:
            return False
        return index.column() > 0 or not self.plan.is_first(index.row())

    def _tell(self) -> None:
        """Screen readers hear what a press did."""
        text = self.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
        if text:
            announce(self, str(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space toggles, Ctrl+A all of them, Enter unfolds."""
        if event.matches(QKeySequence.StandardKey.SelectAll) and self.checkable:
            self._toggle_all()
            return
        if event.key() == Qt.Key.Key_Space and self.checkable:
            self._toggle(self.currentIndex())
            return
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.unfold(self.currentIndex().row())
            return
        if enter or event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Space is meant for the list, not for the player."""
        asked = event.type() is QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            event.accept()
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Rows, then the ring."""
        super().paintEvent(event)
        index = self.currentIndex()
        if self.hasFocus() and index.isValid():
            y = self.rowViewportPosition(index.row())
            rect = QRect(QPoint(0, y), QSize(self.viewport().width(), self.rowHeight(index.row())))
            if self._on_field(index):
                rect.setLeft(self.columnViewportPosition(1))
            elif self.fieldwise:
                rect.setRight(self.columnViewportPosition(1))
            round_rect(QPainter(self.viewport()), rect, 2, None, current().color("focus"), 2)
