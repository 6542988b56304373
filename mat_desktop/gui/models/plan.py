"""A plan as a table: folders, files, and a line for each field that would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mat_desktop.domain.plan import Change, FilePlan
from mat_desktop.domain.tags import Field
from mat_desktop.errors import printable
from mat_desktop.gui import words

Index = QModelIndex | QPersistentModelIndex

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
HEADERS = ("File", "Field", "Old", "New")

_NO_INDEX = QModelIndex()


@dataclass(slots=True, eq=False)
class Folder:
    """A folder and how many of its files would change."""

    path: Path
    files: int = 0


@dataclass(slots=True, eq=False)
class Line:
    """A folder's heading (no file), or one change of one file."""

    folder: Folder
    file: FilePlan | None = None
    change: Change | None = None
    replaces: bool = False


def replaces(change: Change) -> bool:
    """Whether a value that is there would go."""
    return any(value not in change.after for value in change.before)


class PlanModel(QAbstractTableModel):
    """Files come some at a time; numbers are kept, as there may be many. ``picked`` says they changed."""

    picked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files: list[FilePlan] = []
        self._every: list[Line] = []
        self._lines: list[Line] = []
        self._unchecked: set[Path] = set()
        self._only: bool | None = None
        self._replacing = self._headings = 0
        self.changes = 0
        self.by_field: Counter[Field] = Counter()

    def show(self, files: Sequence[FilePlan]) -> None:
        """Another plan; what was unchecked stays so."""
        self.beginResetModel()
        self._files, self._every, self._lines = [], [], []
        self._replacing = self._headings = self.changes = 0
        self.by_field = Counter()
        self.endResetModel()
        self.add(files)

    def add(self, files: Sequence[FilePlan]) -> None:
        """More files of the plan, in the order of folders."""
        fresh: list[Line] = []
        for file in files:
            last = fresh[-1] if fresh else self._every[-1] if self._every else None
            folder = last.folder if last is not None else None
            if folder is None or folder.path != file.path.parent:
                folder = Folder(file.path.parent)
                fresh.append(Line(folder))
            folder.files += 1
            fresh += [Line(folder, file, change, replaces(change)) for change in file.changes]
            if file.path not in self._unchecked:
                self._count(file, 1)
        self._files += files
        self._every += fresh
        self._replacing += sum([line.replaces for line in fresh])
        self._headings += sum([line.change is None for line in fresh])
        shown = self._filtered(fresh)
        if shown:
            first = len(self._lines)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._lines += shown
            self.endInsertRows()
        self.picked.emit()

    def _count(self, file: FilePlan, by: int) -> None:
        self.changes += by * len(file.changes)
        for change in file.changes:
            self.by_field[change.field] += by

    def filter(self, only_replacing: bool | None) -> None:
        """All changes, only those that replace something, or only those that do not."""
        self._only = only_replacing
        self.beginResetModel()
        self._lines = self._filtered(self._every)
        self.endResetModel()

    def _filtered(self, lines: list[Line]) -> list[Line]:
        only = self._only
        if only is None:
            return lines[:]
        shown: list[Line] = []
        heading: Line | None = None
        shown_folder = self._lines[-1].folder if lines is not self._every and self._lines else None
        for line in lines:
            if line.change is None:
                heading = line
            elif line.replaces is only:
                if line.folder is not shown_folder:
                    shown.append(heading if heading is not None else Line(line.folder))
                    shown_folder = line.folder
                shown.append(line)
        return shown

    def reset_checks(self) -> None:
        """Every file is checked."""
        self._unchecked.clear()

    @property
    def files(self) -> list[FilePlan]:
        """Files that are checked."""
        return [file for file in self._files if file.path not in self._unchecked]

    @property
    def left_out(self) -> int:
        """How many are not."""
        return sum(1 for file in self._files if file.path in self._unchecked) if self._unchecked else 0

    @property
    def picked_files(self) -> int:
        """How many are."""
        return len(self._files) - self.left_out

    def counts(self) -> tuple[int, int]:
        """Changes that only add, and changes that replace, over all files."""
        return len(self._every) - self._headings - self._replacing, self._replacing

    def checked(self, line: Line) -> bool:
        """Whether a line's file would be written."""
        return line.file is not None and line.file.path not in self._unchecked

    def toggle(self, row: int) -> None:
        """Check or uncheck a file, or all of a folder."""
        if not 0 <= row < len(self._lines):
            return
        line = self._lines[row]
        if line.file is not None:
            files = [line.file]
        else:
            files = [file for file in self._files if file.path.parent == line.folder.path]
        left_out = [file for file in files if file.path in self._unchecked]
        for file in left_out or files:
            self._unchecked ^= {file.path}
            self._count(file, -1 if file.path in self._unchecked else 1)
        self.dataChanged.emit(self.index(0, 0), self.index(len(self._lines) - 1, 3))
        self.picked.emit()

    def line(self, row: int) -> Line | None:
        """A line by its place."""
        return self._lines[row] if 0 <= row < len(self._lines) else None

    def is_first(self, row: int) -> bool:
        """Whether a line is its file's first: it has the name and the check box."""
        above, line = self.line(row - 1), self._lines[row]
        return above is None or above.file is not line.file

    def is_last(self, row: int) -> bool:
        """Whether it is the last: it has the separator."""
        below, line = self.line(row + 1), self._lines[row]
        return below is None or below.file is not line.file

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
            text = self._text(index.row(), line, index.column())
            return text if role == Qt.ItemDataRole.DisplayRole or len(text) > 20 else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            text = self._text(index.row(), line, index.column()) or "empty"
            if index.column() == 0 and line.file is not None:
                return f"{line.file.path.name}, {'will be written' if self.checked(line) else 'left out'}"
            return text
        return None

    def _text(self, row: int, line: Line, column: int) -> str:
        if line.file is None or line.change is None:
            files = words.plural(line.folder.files, "file")
            return f"{printable(line.folder.path)}, {files}" if column == 0 else ""
        if column == 0:
            return printable(Path(line.file.path.name)) if self.is_first(row) else ""
        if column == 1:
            return words.field(line.change.field)
        return "; ".join(line.change.before if column == 2 else line.change.after)
