"""A plan as a table: folders, files, and a line for each field that would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mat_desktop.domain.plan import Change, FilePlan
from mat_desktop.errors import printable
from mat_desktop.gui import words

Index = QModelIndex | QPersistentModelIndex

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
HEADERS = ("File", "Field", "Old", "New")

_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Line:
    """A folder's heading (no file), or one change of one file.

    :param first: the file's first line: it has the name and the check box
    :param last: its last: it has the separator
    """

    folder: Path
    files: int = 0
    file: FilePlan | None = None
    change: Change | None = None
    first: bool = False
    last: bool = False


def replaces(change: Change) -> bool:
    """Whether a value that is there would go."""
    return any(value not in change.after for value in change.before)


class PlanModel(QAbstractTableModel):
    """``picked`` says that other files are checked."""

    picked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files: list[FilePlan] = []
        self._lines: list[Line] = []
        self._unchecked: set[Path] = set()
        self._only: bool | None = None

    def show(self, files: Sequence[FilePlan]) -> None:
        """Another plan; what was unchecked stays so."""
        self._files = list(files)
        self._build()
        self.picked.emit()

    def filter(self, only_replacing: bool | None) -> None:
        """All changes, only those that replace something, or only those that do not."""
        self._only = only_replacing
        self._build()

    def reset_checks(self) -> None:
        """Every file is checked."""
        self._unchecked.clear()

    def _build(self) -> None:
        self.beginResetModel()
        self._lines = []
        groups: dict[Path, list[FilePlan]] = {}
        for file in self._files:
            groups.setdefault(file.path.parent, []).append(file)
        for folder, files in groups.items():
            start = len(self._lines)
            for file in files:
                changes = [c for c in file.changes if self._only is None or replaces(c) is self._only]
                for number, change in enumerate(changes):
                    self._lines.append(Line(folder, 0, file, change, number == 0, number == len(changes) - 1))
            if len(self._lines) > start:
                self._lines.insert(start, Line(folder, len(files)))
        self.endResetModel()

    @property
    def files(self) -> list[FilePlan]:
        """Files that are checked."""
        return [file for file in self._files if file.path not in self._unchecked]

    @property
    def left_out(self) -> int:
        """How many are not."""
        return sum(1 for file in self._files if file.path in self._unchecked)

    def counts(self) -> tuple[int, int]:
        """Changes that only add, and changes that replace, over all files."""
        changes = [change for file in self._files for change in file.changes]
        replacing = sum(map(replaces, changes))
        return len(changes) - replacing, replacing

    def by_field(self) -> dict[str, int]:
        """Checked files that change, by field."""
        found: dict[str, int] = {}
        for file in self.files:
            for change in file.changes:
                found[change.field] = found.get(change.field, 0) + 1
        return found

    def checked(self, line: Line) -> bool:
        """Whether a line's file would be written."""
        return line.file is not None and line.file.path not in self._unchecked

    def toggle(self, row: int) -> None:
        """Check or uncheck a file, or all of a folder."""
        if not 0 <= row < len(self._lines):
            return
        line = self._lines[row]
        if line.file is not None:
            self._unchecked ^= {line.file.path}
        else:
            paths = {file.path for file in self._files if file.path.parent == line.folder}
            if paths & self._unchecked:
                self._unchecked -= paths
            else:
                self._unchecked |= paths
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, 3))
        self.picked.emit()

    def line(self, row: int) -> Line | None:
        """A line by its place."""
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """Four."""
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Words over the columns."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return HEADERS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        line = self.line(index.row()) if index.isValid() else None
        if line is None:
            return None
        if role == LINE_ROLE:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = self._text(line, index.column())
            return text if role == Qt.ItemDataRole.DisplayRole or len(text) > 20 else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            text = self._text(line, index.column()) or "empty"
            if index.column() == 0 and line.file is not None:
                return f"{line.file.path.name}, {'will be written' if self.checked(line) else 'left out'}"
            return text
        return None

    def _text(self, line: Line, column: int) -> str:
        if line.file is None or line.change is None:
            return f"{printable(line.folder)}, {words.plural(line.files, 'file')}" if column == 0 else ""
        if column == 0:
            return printable(Path(line.file.path.name)) if line.first else ""
        if column == 1:
            return words.field(line.change.field)
        return "; ".join(line.change.before if column == 2 else line.change.after)
