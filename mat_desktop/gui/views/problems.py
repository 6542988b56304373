"""Files that failed or conflict, with the reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout

from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.columns import sentence
from mat_desktop.gui.models.row import Problem
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.bar import Bar
from mat_desktop.gui.widgets.controls import Button, Panel, Text
from mat_desktop.gui.widgets.delegates import draw_state, elide
from mat_desktop.gui.widgets.fit import grown, two_line_row, two_lines
from mat_desktop.gui.widgets.painting import round_rect
from mat_desktop.gui.widgets.views import ListView

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
PROBLEM_ROLE = Qt.ItemDataRole.UserRole + 1


class ProblemsModel(QAbstractListModel):
    """Files that have one, with the reason."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Problem] = []

    def show(self, rows: Sequence[Problem]) -> None:
        """All problems anew."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Problems."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return None
        if role == PROBLEM_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{row.path.name}: {row.reason}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{printable(row.path)}\n{sentence(row.reason)}"
        return None

    def shown(self) -> list[Problem]:
        """All of them, in their order."""
        return list(self._rows)

    def row(self, place: int) -> Problem | None:
        """A problem by its place."""
        return self._rows[place] if 0 <= place < len(self._rows) else None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, two_line_row(52))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        t = current()
        row: Problem = index.data(PROBLEM_ROLE)
        rect: QRect = option.rect
        view = self.parent()
        painter.save()
        here = isinstance(view, QListView) and view.currentIndex().row() == index.row()
        if here:
            painter.fillRect(rect.adjusted(0, 0, 0, -1), t.color("hover"))
            if isinstance(view, QListView) and view.hasFocus():
                round_rect(painter, rect.adjusted(0, 0, 0, -1), 2, None, t.color("focus"), 2)
        painter.fillRect(QRect(rect.x(), rect.bottom(), rect.width(), 1), t.color("border"))
        size = grown(16)
        draw_state(painter, row.state, rect.x() + 24, rect.y() + (rect.height() - size) // 2)
        left = 40 + size
        wide = rect.width() - left - 24
        painter.setFont(font(13, 500))
        painter.setPen(t.color("text"))
        reason = sentence(row.reason) or row.state.value
        first, second = two_lines(rect, left, wide)
        painter.drawText(first, Qt.AlignmentFlag.AlignVCenter, elide(reason, wide, 13, 500))
        painter.setFont(font(12))
        painter.setPen(t.color("muted"))
        path = elide(printable(row.path), wide, 12)
        painter.drawText(second, Qt.AlignmentFlag.AlignVCenter, path)
        painter.restore()


class Problems(Panel):
    """Opens over the middle and the pane of the library; Escape goes back."""

    closed = Signal()
    chosen = Signal(object)
    again = Signal()

    def __init__(self) -> None:
        super().__init__("surface")
        self.problems = ProblemsModel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        bar = Bar()
        head = bar.row
        self.title = Text(size=16, weight=600)
        head.addWidget(self.title, 1)
        self.retry = Button("Read these files again", "search")
        self.retry.clicked.connect(self.again)
        head.addWidget(self.retry)
        close = Button(icon="x", kind="flat", tip="Back (Esc)")
        close.clicked.connect(self.closed)
        head.addWidget(close)
        layout.addWidget(bar)
        self.list = ListView()
        self.list.setSelectionMode(QListView.SelectionMode.SingleSelection)
        self.list.setModel(self.problems)
        self.list.setAccessibleName("Problems")
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.activated.connect(lambda index: self.chosen.emit(self.problems.row(index.row())))
        self.list.clicked.connect(lambda index: self.chosen.emit(self.problems.row(index.row())))
        layout.addWidget(self.list, 1)

    def show_problems(
        self, problems: Sequence[Problem], title: str = "", retry: str = "Read these files again"
    ) -> None:
        """These, from the first on, unless the one in view is among them.

        :param title: their number by default
        :param retry: what the button says that tries them again
        """
        before = self.problems.row(self.list.currentIndex().row())
        self.problems.show(problems)
        self.title.setText(title or words.plural(len(problems), "problem"))
        self.retry.setText(retry)
        self.retry.setEnabled(bool(problems))
        if problems:
            at = problems.index(before) if before is not None and before in problems else 0
            self.list.setCurrentIndex(self.problems.index(at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
