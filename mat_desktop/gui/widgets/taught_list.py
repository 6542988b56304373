"""The list of taught tags, each with its kind and how well it works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem

from mat_desktop.domain.taught import TaughtTag
from mat_desktop.gui import icons, words
from mat_desktop.gui.theme import appearance, current, font
from mat_desktop.gui.widgets.delegates import elide, paint_ground
from mat_desktop.gui.widgets.fit import grown, two_line_row, two_lines
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex

TAG_ROLE = Qt.ItemDataRole.UserRole + 1
ROW = 52

_NO_INDEX = QModelIndex()


def summary(tag: TaughtTag) -> str:
    """What is known of a tag, in one line."""
    marks = f"{words.plural(len(tag.examples), 'example')}, {words.number(len(tag.counter_examples))} against"
    return f"{marks}; {words.number(tag.right)} of {words.number(tag.marked)} guessed right"


class TaughtModel(QAbstractListModel):
    """Taught tags."""

    def __init__(self) -> None:
        super().__init__()
        self._tags: list[TaughtTag] = []

    def show(self, tags: Sequence[TaughtTag]) -> None:
        """All anew."""
        self.beginResetModel()
        self._tags = list(tags)
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Tags."""
        return 0 if parent.isValid() else len(self._tags)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        tag = self.tag(index.row()) if index.isValid() else None
        if tag is None:
            return None
        if role == TAG_ROLE:
            return tag
        if role == Qt.ItemDataRole.DisplayRole:
            return tag.name
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{tag.name}, {words.CATEGORY_WORDS[tag.category]}: {summary(tag)}, taught {tag.created}"
        return None

    def tag(self, place: int) -> TaughtTag | None:
        """One by its place."""
        return self._tags[place] if 0 <= place < len(self._tags) else None


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, two_line_row(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        tag: TaughtTag = index.data(TAG_ROLE)
        rect: QRect = option.rect
        painter.save()
        paint_ground(painter, rect, self._view, index)
        hue = t.category_bar(tag.category)
        size = grown(16)
        left = 28 + size
        wide = rect.width() - left - 16
        first, second = two_lines(rect, left, wide)
        y = first.y() + (first.height() - size) // 2
        icons.draw(painter, words.CATEGORY_ICONS[tag.category], rect.x() + 16, y, size, hue)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(font(13, 500))
        painter.setPen(t.color("text"))
        painter.drawText(first, middle, elide(tag.name, wide, 13, 500))
        painter.setFont(font(12, figures=True))
        painter.setPen(t.color("muted"))
        painter.drawText(second, middle, elide(summary(tag), wide, 12))
        painter.restore()


class TaughtList(ListView):
    """``removed`` names a tag on which Delete was pressed."""

    removed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._tags = TaughtModel()
        self.setModel(self._tags)
        self.setAccessibleName("Taught tags")
        self.setItemDelegate(_Delegate(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        appearance.changed.connect(self.viewport().update)

    def show_tags(self, tags: Sequence[TaughtTag]) -> None:
        """All anew; the current one stays so, if it is still there."""
        tag = self.current()
        self._tags.show(tags)
        names = [other.name for other in tags]
        place = names.index(tag.name) if tag is not None and tag.name in names else 0
        self.setCurrentIndex(self._tags.index(place if tags else -1))

    def current(self) -> TaughtTag | None:
        """The current one."""
        return self._tags.tag(self.currentIndex().row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes one, also where it is held."""
        tag = self.current()
        if event.key() == Qt.Key.Key_Delete and tag is not None:
            if not event.isAutoRepeat():
                self.removed.emit(tag.name)
        else:
            super().keyPressEvent(event)
