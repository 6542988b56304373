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
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import MARKS
from mat_desktop.errors import printable
from mat_desktop.gui import icons, words
from mat_desktop.gui.models.plan import LINE_ROLE, STAYS, Line, PlanModel, replaces
from mat_desktop.gui.models.reversal import ReversalModel
from mat_desktop.gui.theme import appearance, current, font, wider
from mat_desktop.gui.widgets.announce import announce
from mat_desktop.gui.widgets.box_header import LEFT, TIGHT, BoxHeader, draw_check
from mat_desktop.gui.widgets.delegates import elide, fix_rows, text_width
from mat_desktop.gui.widgets.fit import KeepTall
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import TableView, after_press

Index = QModelIndex | QPersistentModelIndex
Piece = tuple[str, str, bool]
"""Text, colour token, struck."""

GAP = 12
"""Pixels between two values."""

REASON = 24 + 2 * 8
"""Pixels of the sign and the margins beside a reason."""

MEASURED = 200
"""Lines that say how much room old and new values need."""

UNFOLDED_TOP = 5

NARROW = 520
"""Pixels, with letters of usual size, under which there is no room to spare."""

WRAP = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere | Qt.AlignmentFlag.AlignLeft


def old_pieces(change: Change, *, stays: bool = False) -> list[Piece]:
    """Old values; those that go are struck and stand first, unless all stay as they are."""
    if not change.before:
        return [("empty", "faint", False)]
    pieces = [(value, "muted", value not in change.after and not stays) for value in change.before]
    return sorted(pieces, key=lambda piece: not piece[2])


def new_pieces(change: Change) -> list[Piece]:
    """New values; those that are added stand first and have a plus, those that replace something another
    colour. What was there before recedes behind them: where there is no room, that is what is only counted.
    """
    had = set(change.before)
    token = "warning" if replaces(change) else "positive"
    if change.field in MARKS:
        token = "text"  # the program's own marks: what is heard stands in the other fields
    plus = "" if replaces(change) else "+ "
    if not change.after:
        return [("removed", "warning", False)]
    return [
        (value, "muted", False) if value in had else (plus + value, token, False)
        for value in sorted(change.after, key=had.__contains__)
    ]


def draw_pieces(painter: QPainter, rect: QRect, pieces: Sequence[Piece], *, dim: bool) -> None:
    """Pieces in a row, as many as there is room for; the number of the others stands behind them."""
    x = rect.x()
    shown, more = fitting(pieces, rect.width())
    for text, (_, token, struck) in zip(shown, pieces, strict=False):
        face = font(13, strike=struck)
        painter.setFont(face)
        painter.setPen(current().color("faint" if dim else token))
        place = QRect(x, rect.y(), rect.right() - x + 4, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        x += QFontMetrics(face).horizontalAdvance(text) + GAP
    if more:
        painter.setFont(font(13))
        painter.setPen(current().color("faint" if dim else "muted"))
        place = QRect(x, rect.y(), rect.right() - x + 4, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, _others(more))


def fitting(pieces: Sequence[Piece], width: int) -> tuple[list[str], int]:
    """Texts of the first pieces, the first one cut where need be, and how many others there are."""
    shown: list[str] = []
    for number, (text, _, struck) in enumerate(pieces):
        wide = QFontMetrics(font(13, strike=struck)).horizontalAdvance(text)
        left = len(pieces) - number - 1
        room = width - (text_width(_others(left), 13, 400) + GAP if left else 0)
        if wide > room and shown:
            return shown, left + 1
        shown.append(elide(text, max(room, 0)))
        if wide > room:
            return shown, left
        width -= wide + GAP
    return shown, 0


def _room(pieces: Sequence[Piece]) -> int:
    """How wide a cell with all of them is."""
    return sum(text_width(text, 13, 400) + GAP for text, *_ in pieces) + 2 * GAP


def _others(number: int) -> str:
    return f"+{words.number(number)} more"


def flow(pieces: Sequence[Piece], width: int) -> tuple[list[QRect], int]:
    """Where pieces stand that are wrapped instead of cut, from (0, 0) on, and how high they are together."""
    places: list[QRect] = []
    x = y = 0
    for text, _, struck in pieces:
        metrics = QFontMetrics(font(13, strike=struck))
        high = metrics.height() + 4
        wide = metrics.horizontalAdvance(text) + 4
        if x and x + wide > width:
            x, y = 0, y + high
        if wide > width:
            high = metrics.boundingRect(QRect(0, 0, width, 0), WRAP, text).height() + 4
            places.append(QRect(0, y, width, high))
            y += high
        else:
            places.append(QRect(x, y, wide, high))
            x += wide + 8
    bottom = max((place.bottom() + 1 for place in places), default=0)
    return places, bottom


def draw_flow(painter: QPainter, rect: QRect, pieces: Sequence[Piece], *, dim: bool) -> None:
    """All of every piece, below each other where need be."""
    places, _ = flow(pieces, rect.width())
    for place, (text, token, struck) in zip(places, pieces, strict=True):
        painter.setFont(font(13, strike=struck))
        painter.setPen(current().color("faint" if dim else token))
        painter.drawText(place.translated(rect.x(), rect.y() + UNFOLDED_TOP), WRAP, text)


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: PlanTable) -> None:
        super().__init__(table)
        self._table = table

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, appearance.row)

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
        unfolded = self._table.unfolded == index.row()
        draw = draw_flow if unfolded else draw_pieces
        inner = rect.adjusted(8, 0, -8, 0)
        if unfolded and index.column() < 2:
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
                    draw_check(painter, QRect(inner.x(), middle(inner), 16, 16), taken)
                    painter.setOpacity(1.0)
                inner.adjust(24, 0, 0, 0)
            painter.setFont(font(13))
            painter.setPen(t.color("muted" if taken or not self._table.fieldwise else "faint"))
            text = elide(words.field(line.change.field), inner.width())
            painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        elif index.column() == 2:
            stays = plan.stays(line) or (bool(line.why) and not taken and self._table.checkable)
            draw(painter, inner, old_pieces(line.change, stays=stays), dim=not taken)
        elif line.why and not taken:
            self._why(painter, inner, line)
        elif plan.stays(line):
            draw(painter, inner, [(STAYS, "faint", False)], dim=True)
        else:
            draw(painter, inner, new_pieces(line.change), dim=not taken)
        if self._table.plan.is_last(index.row()):
            painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
        painter.restore()

    def _name(self, painter: QPainter, rect: QRect, line: Line) -> None:
        t = current()
        assert line.file is not None
        checked = self._table.plan.checked(line)
        left = LEFT - (TIGHT if self._table.tight else 0)
        if not self._table.checkable and not self._table.tight:
            icons.draw(painter, "music", rect.x() + left, middle(rect), 16, t.color("muted"))
        elif self._table.checkable and line.file.changes:
            draw_check(painter, QRect(rect.x() + left, middle(rect), 16, 16), checked)
        painter.setFont(font(13, 500))
        painter.setPen(t.color("muted" if checked is False else "text"))
        name = rect.adjusted(self._table.indent, 0, -8, 0)
        text = elide(printable(Path(line.file.path.name)), name.width(), 13, 500)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, text)

    def _why(self, painter: QPainter, rect: QRect, line: Line) -> None:
        """What speaks against a change, in the place of the values that it would bring."""
        t = current()
        if not self._table.checkable:
            draw_pieces(painter, rect, [*new_pieces(line.change), (line.why, "faint", False)], dim=True)  # type: ignore[arg-type]
            return
        token = "warning" if line.icon else "faint"
        if line.icon:
            icons.draw(painter, line.icon, rect.x(), middle(rect), 16, t.color(token))
            rect = rect.adjusted(24, 0, 0, 0)
        painter.setFont(font(13))
        painter.setPen(t.color(token))
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, elide(line.why, rect.width()))

    def _note(self, painter: QPainter, rect: QRect, line: Line, *, taken: bool) -> None:
        """What comes with the changes of a file, from the column of the fields on."""
        left = self._table.columnViewportPosition(1) + 8
        place = QRect(left, rect.y(), self._table.viewport().width() - left - 8, rect.height())
        painter.setFont(font(12))
        painter.setPen(current().color("muted" if taken else "faint"))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, elide(line.note, place.width(), 12))

    def _folder(self, painter: QPainter, rect: QRect, line: Line) -> None:
        t = current()
        left = self._table.columnViewportPosition(0)
        wide = self._table.viewport().width()
        icons.draw(painter, "folder", left + 24, rect.y() + rect.height() // 2 - 8, 16, t.color("muted"))
        painter.setFont(font(12, 500))
        painter.setPen(t.color("text"))
        x = left + 56
        path = line.folder.path
        name = elide(printable(Path(path.name or str(path))), wide - x - 8, 12, 500)
        painter.drawText(QRect(x, rect.y(), wide - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, name)
        x += QFontMetrics(font(12, 500)).horizontalAdvance(name) + 10
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        rest = f"{words.place(path.parent)}, {words.plural(line.folder.files, 'file')}"
        rest = elide(rest, max(0, wide - x - 16), 12)
        painter.drawText(QRect(x, rect.y(), wide - x, rect.height()), Qt.AlignmentFlag.AlignVCenter, rest)


def middle(rect: QRect) -> int:
    """Where something 16 px high begins in a row."""
    return rect.y() + rect.height() // 2 - 8


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
        self._share()
        fix_rows(self)

    def _fold_up(self) -> None:
        self.unfold(-1)

    def unfold(self, row: int) -> None:
        """Show all of a change in a row that is as high as it needs; again, or -1, folds it up."""
        before, self.unfolded = self.unfolded, -1
        if before >= 0:
            self.setRowHeight(before, appearance.row)
        line = self.plan.line(row) if row != before else None
        if line is None or line.change is None:
            return
        high = max(
            flow(pieces, self.columnWidth(column) - 16)[1]
            for column, pieces in ((2, old_pieces(line.change)), (3, new_pieces(line.change)))
        )
        self.unfolded = row
        self.setRowHeight(row, max(appearance.row, high + 2 * UNFOLDED_TOP))
        self.scrollTo(self.plan.index(row, 0))

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
        return 56 - (0 if not self.tight else TIGHT if self.checkable else 40)

    def _share(self) -> None:
        self.unfold(-1)
        wide = self.viewport().width()
        self.tight = wide < wider(NARROW)
        header = self.horizontalHeader()
        if isinstance(header, BoxHeader):
            header.tight = self.tight
        shortest = 180 if not self.tight else self.indent + wider(40)
        self.setColumnWidth(0, min(310, max(shortest, wide * 3 // 10)))
        self.setColumnWidth(1, wider(136 if self.fieldwise else 88 if self.tight else 112))
        # What goes is the question where values are taken back.
        least = min(260, wide // 5) if self.fieldwise else min(184, max(96, wide // 7))
        if self.tight:
            least = wider(48)
        lines = [line for row in range(MEASURED) if (line := self.plan.line(row)) is not None]
        changes = [line.change for line in lines if line.change is not None]
        old = max((_room(old_pieces(change)) for change in changes), default=0)
        new = max((_room(new_pieces(change)) for change in changes), default=0)
        if self.checkable:  # a reason stands in the place of new values
            whys = [text_width(line.why, 13, 400) + REASON for line in lines if line.why]
            new = max([new, *whys])
        if self.fieldwise:  # and so does this, where a field is unchecked
            new = max(new, text_width(STAYS, 13, 400) + REASON)
        rest = wide - self.columnWidth(0) - self.columnWidth(1)
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
