"""The rows shown, as Qt asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
)

from mat_desktop.domain.scores import Suggestion
from mat_desktop.gui.models import columns
from mat_desktop.gui.models.columns import HEADERS, RIGHT, Column
from mat_desktop.gui.models.row import Chosen, Row, Suggest

Index = QModelIndex | QPersistentModelIndex

COLUMNS = len(Column)

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`Row` behind an index."""

_NO_INDEX = QModelIndex()

_FLAGS = (
    Qt.ItemFlag.ItemIsSelectable
    | Qt.ItemFlag.ItemIsEnabled
    | Qt.ItemFlag.ItemIsDragEnabled
    | Qt.ItemFlag.ItemNeverHasChildren
)
"""Made once: Qt asks several times for each cell that it paints."""


class RowTable(QAbstractTableModel):
    """Rows in the order shown, with the tags that thresholds choose; which rows is for others to say."""

    def __init__(self, suggest: Suggest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._suggest = suggest
        self._shown: list[Row] = []
        self._shift = 0.0
        self.sorted_by: Column | None = None
        self._whole: tuple[Row, Chosen | None, tuple[Suggestion, ...]] | None = None

    # what Qt asks

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """Ten, of which the header hides some."""
        return 0 if parent.isValid() else COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Words over the columns."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return HEADERS[Column(section)]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                # The arrow of the sorted column stands at its right.
                right = section in RIGHT and section != self.sorted_by
                side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts; everything else is the delegates' business."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(self._shown[index.row()], Column(index.column()))
        if role == ROW_ROLE:
            return self._shown[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return columns.phrase(self._shown[index.row()], Column(index.column()), self.chosen)
        if role == Qt.ItemDataRole.ToolTipRole:
            return columns.tool_tip(self._shown[index.row()], Column(index.column()), self.chosen)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Rows can be dragged to other programs, as files."""
        return _FLAGS if index.isValid() else Qt.ItemFlag.NoItemFlags

    def mimeTypes(self) -> list[str]:
        """Files."""
        return ["text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The files of some cells, once each and in the order shown."""
        data = QMimeData()
        places = sorted({index.row() for index in indexes})
        data.setUrls([QUrl.fromLocalFile(self._shown[place].where) for place in places])
        return data

    def cell(self, row: Row, column: Column) -> str:
        """What a cell says."""
        return columns.cell(row, column, self.chosen)

    # what others ask

    def shown(self) -> Sequence[Row]:
        """The rows in the order shown."""
        return self._shown

    def at(self, index: Index | int) -> Row | None:
        """The row at an index."""
        number = index if isinstance(index, int) else index.row()
        return self._shown[number] if 0 <= number < len(self._shown) else None

    @property
    def shift(self) -> float:
        """Move of all thresholds, in logits."""
        return self._shift

    @shift.setter
    def shift(self, value: float) -> None:
        if value != self._shift:
            self._shift = value
            self._repaint()

    def suggestions(self, row: Row) -> tuple[Suggestion, ...]:
        """Every display tag of a row; only those of the row asked for last are kept."""
        if row.scores is None:
            return ()
        chosen = self._chosen(row)
        if self._whole is None or self._whole[0] is not row or self._whole[1] is not chosen:
            self._whole = (row, chosen, self._suggest(row.scores, row.verdicts, self._shift))
        return self._whole[2]

    def chosen(self, row: Row) -> tuple[Suggestion, ...]:
        """The tags of a row that would be written."""
        return self._chosen(row).tags

    def _chosen(self, row: Row) -> Chosen:
        chosen = row.chosen(self._suggest, self._shift)
        if chosen is not row.last_chosen and row.scores is not None:
            row.keep(chosen)
        return chosen

    def _repaint(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, COLUMNS - 1)
            self.dataChanged.emit(self.index(0, 0), last)
