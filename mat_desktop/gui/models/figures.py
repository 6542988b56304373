"""Small tables of figures: rows of cells that can be searched and sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
CELL_ROLE = Qt.ItemDataRole.UserRole + 1
UNKNOWN = "–"
_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Cell:
    """:param key: what it is sorted by; the text by default
    :param token: its colour in the theme
    :param icon: before the text, in the same colour
    :param bar: share in 0..1 that is drawn before the text, None for no bar
    """

    text: str
    key: float | None = None
    token: str = "text"
    strong: bool = False
    icon: str = ""
    bar: float | None = None


def figure(value: float | None, digits: int = 4, *, bar: bool = False, token: str = "text") -> Cell:
    """A metric: four decimals and a leading zero, or a dash."""
    if value is None:
        return Cell(UNKNOWN, -1.0, "faint")
    return Cell(f"{value:.{digits}f}", value, token, bar=value if bar else None)


@dataclass(frozen=True, slots=True)
class Heading:
    """:param width: pixels; 0 takes what is left
    :param right: whether the column holds numbers
    :param spare: where there is no room for all columns, those of the lowest number above 0 go first
    """

    text: str
    width: int = 0
    right: bool = False
    spare: int = 0


class FiguresModel(QAbstractTableModel):
    """Rows in the order shown; a search keeps those that have every word in some cell."""

    def __init__(self, headings: Sequence[Heading], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.headings = tuple(headings)
        self._all: list[Sequence[Cell]] = []
        self._shown: list[Sequence[Cell]] = []
        self._needle: tuple[str, ...] = ()
        self._sort: tuple[int, Qt.SortOrder] | None = None

    def show(self, rows: Sequence[Sequence[Cell]]) -> None:
        """All rows anew, in their order unless a column was chosen."""
        self._all = list(rows)
        self._rebuild()

    def use(self, headings: Sequence[Heading]) -> None:
        """Other columns, without rows and in no chosen order."""
        self.beginResetModel()
        self.headings, self._all, self._shown, self._sort = tuple(headings), [], [], None
        self.endResetModel()

    def search(self, text: str) -> None:
        """Only rows with every word."""
        self._needle = tuple(text.casefold().split())
        self._rebuild()

    def rows(self) -> Sequence[Sequence[Cell]]:
        """As shown."""
        return self._shown

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """As many as headings."""
        return 0 if parent.isValid() else len(self.headings)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, and the cell itself."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        cell = self._shown[index.row()][index.column()]
        if role == CELL_ROLE:
            return cell
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return cell.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self.headings[index.column()].text} {cell.text}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Words over the columns."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.headings[section].text
            if role == Qt.ItemDataRole.TextAlignmentRole:
                right = self.headings[section].right
                side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 goes back to the order given."""
        self._sort = (column, order) if 0 <= column < len(self.headings) else None
        self._rebuild()

    def _rebuild(self) -> None:
        self.beginResetModel()
        shown = self._all
        if self._needle:
            shown = [
                row
                for row in shown
                if all(any(word in cell.text.casefold() for cell in row) for word in self._needle)
            ]
        if self._sort is not None:
            column, order = self._sort
            shown = sorted(
                shown,
                key=lambda row: (
                    row[column].key if row[column].key is not None else 0.0,
                    row[column].text.casefold(),
                ),
                reverse=order is Qt.SortOrder.DescendingOrder,
            )
        self._shown = list(shown)
        self.endResetModel()
