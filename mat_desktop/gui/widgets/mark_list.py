"""A list of tracks that can be marked: it has the tag, or it does not."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem

from mat_desktop.gui import icons
from mat_desktop.gui.models.marks import MARK_ROLE, Mark, MarksModel
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import elide, text_width
from mat_desktop.gui.widgets.fit import grown, tall
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex

ROW = 28
LONGEST_NOTE = 150


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: MarkList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, tall(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        mark: Mark = index.data(MARK_ROLE)
        rect: QRect = option.rect
        inner = rect.adjusted(8, 1, -8, -1)
        painter.save()
        if self._view.currentIndex().row() == index.row() and self._view.hasFocus():
            round_rect(painter, inner, 5, t.color("hover"))
            round_rect(painter, inner, 5, None, t.color("focus"), 2)
        high = rect.height()
        size = grown(16)
        x, y = rect.x() + 16, rect.y() + (high - size) // 2
        if mark.yes:
            icons.draw_filled(painter, "circle-check", x, y, size, t.color("positive"), t.color("surface"))
        elif mark.yes is False:
            icons.draw(painter, "circle-x", x, y, size, t.color("danger"))
        else:
            icons.draw(painter, "circle-dashed", x, y, size, t.color("muted"))
        right = rect.right() - 16
        middle = Qt.AlignmentFlag.AlignVCenter
        if mark.note:
            note = elide(mark.note, LONGEST_NOTE, 12)
            wide = text_width(note, 12, 400) + 6
            painter.setFont(font(12, figures=True))
            painter.setPen(t.color("warning" if mark.odd else "muted"))
            painter.drawText(QRect(right - wide, rect.y(), wide, high), middle, note)
            right -= wide + 8
            if mark.odd:
                sign = grown(14)
                y = rect.y() + (high - sign) // 2
                icons.draw(painter, "triangle-alert", right - sign, y, sign, t.color("warning"))
                right -= sign + 6
        left = rect.x() + 24 + size
        title = elide(mark.row.title, max(20, right - left))
        painter.setFont(font(13))
        painter.setPen(t.color("text"))
        painter.drawText(QRect(left, rect.y(), right - left, high), middle, title)
        left += text_width(title, 13, 400) + 8
        if mark.row.artist and right - left > 40:
            painter.setFont(font(12))
            painter.setPen(t.color("muted"))
            artist = elide(mark.row.artist, right - left, 12)
            painter.drawText(QRect(left, rect.y(), right - left, high), middle, artist)
        painter.restore()


class MarkList(ListView):
    """``chosen`` hands over the track clicked or walked to; ``unmarked`` one whose mark is taken back."""

    chosen = Signal(object)
    unmarked = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.marks = MarksModel(self)
        self.setModel(self.marks)
        self.setAccessibleName(name)
        self.setItemDelegate(_Delegate(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.clicked.connect(lambda index: self._choose(index.row()))
        self.activated.connect(lambda index: self._choose(index.row()))
        appearance.changed.connect(self.viewport().update)

    def _choose(self, place: int) -> None:
        mark = self.marks.mark(place)
        if mark is not None:
            self.chosen.emit(mark.row)

    def current_row(self) -> Row | None:
        """The track of the current line."""
        mark = self.marks.mark(self.currentIndex().row())
        return mark.row if mark is not None else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down also show the track; Delete takes its mark back."""
        key, before = event.key(), self.currentIndex().row()
        row = self.current_row()
        if key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and row is not None:
            self.unmarked.emit(row)
            return
        super().keyPressEvent(event)
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.currentIndex().row() != before:
            self._choose(self.currentIndex().row())
