"""A plan as a table: folders, files, and a line for each field that would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mat_desktop.domain.plan import JOINED, Change, FilePlan, told_copies
from mat_desktop.domain.tags import Field
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.columns import sentence

Index = QModelIndex | QPersistentModelIndex

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
HEADERS = ("File", "Field", "Old", "New")
TOGETHER = "Old, new"
"""Over both where they stand in one column."""

_NO_INDEX = QModelIndex()

Keep = Callable[["Line"], bool]
"""Whether a line is shown."""


@dataclass(slots=True, eq=False)
class Folder:
    """A folder and how many of its files would change."""

    path: Path
    files: int = 0


class PlannedFile(Protocol):
    """A file of a plan, or of a reversal."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """What can be changed in it."""

    @property
    def fault(self) -> str:
        """Why nothing can be, else empty."""


@dataclass(slots=True, eq=False)
class Line:
    """A folder's heading (no file), one change of one file, or a note about one (no change).

    :param why: what speaks against it, empty where nothing does
    :param stuck: it cannot be made at all
    :param icon: that stands before the reason
    """

    folder: Folder
    file: PlannedFile | None = None
    change: Change | None = None
    replaces: bool = False
    why: str = ""
    stuck: bool = False
    icon: str = ""
    note: str = ""


STAYS = "Stays as it is"

BOX = {True: Qt.CheckState.Checked, None: Qt.CheckState.PartiallyChecked, False: Qt.CheckState.Unchecked}
"""How a box looks, by what is checked."""


def refusal_icon(fault: str) -> str:
    """The sign of a reason why a file cannot be written."""
    return "lock" if "read-only" in fault else "circle-alert"


def replaces(change: Change) -> bool:
    """Whether a value that is there would go."""
    return any(value not in change.after for value in change.before)


class PlanModel(QAbstractTableModel):
    """Files come some at a time; numbers are kept, as there may be many. ``picked`` says they changed.

    ``faults`` counts files that cannot be written, ``stuck`` lines of which nothing can come, ``partly``
    files of which only some fields are checked.
    """

    picked = Signal()
    TAKEN = "will be written"
    FOLLOWS = "goes with the fields that it is about"

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files: list[PlannedFile] = []
        self._every: list[Line] = []
        self._lines: list[Line] = []
        self._unchecked: set[Path] = set()
        self._keep: Keep | None = None
        self._replacing = self._words = self._possible = 0
        self._told_of_joins = self._together = False
        self.faults = self.stuck = 0
        self.picked_files = self.partly = self.changes = 0
        self.by_field: Counter[Field] = Counter()

    def tell_together(self, on: bool) -> None:
        """Whether the column of old values tells the new ones too."""
        self._together = on
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 2, 2)

    def show(self, files: Sequence[PlannedFile]) -> None:
        """Another plan; what was unchecked stays so."""
        self.beginResetModel()
        self._files, self._every, self._lines = [], [], []
        self._replacing = self._words = self._possible = 0
        self._told_of_joins = False
        self.faults = self.stuck = 0
        self.picked_files = self.partly = self.changes = 0
        self.by_field = Counter()
        self.endResetModel()
        self.add(files)

    def add(self, files: Sequence[PlannedFile]) -> None:
        """More files of the plan, in the order of folders."""
        fresh: list[Line] = []
        for file in files:
            last = fresh[-1] if fresh else self._every[-1] if self._every else None
            folder = last.folder if last is not None else None
            if folder is None or folder.path != file.path.parent:
                folder = Folder(file.path.parent)
                fresh.append(Line(folder))
            folder.files += 1
            fresh += self._lines_of(folder, file)
            self._possible += bool(file.changes)
            self.faults += bool(file.fault)
            self._count(file, 1)
        self._files += files
        self._every += fresh
        self._replacing += sum([line.replaces and not line.stuck for line in fresh])
        self._words += sum([line.change is None for line in fresh])
        self.stuck += sum([line.stuck for line in fresh])
        shown = self._filtered(fresh)
        if shown:
            first = len(self._lines)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._lines += shown
            self.endInsertRows()
        self.picked.emit()

    def _lines_of(self, folder: Folder, file: PlannedFile) -> list[Line]:
        if isinstance(file, FilePlan) and file.fault:
            return self._refused(folder, file, file.wanted)
        lines = [Line(folder, file, change, replaces(change)) for change in file.changes]
        if isinstance(file, FilePlan) and file.copied and lines:
            names = [words.field(what) for what in file.copied]
            lines.append(Line(folder, file, note=sentence(told_copies(names))))
        if isinstance(file, FilePlan) and lines:
            lines += [Line(folder, file, note=sentence(text)) for text in file.told]
            if file.joins and not self._told_of_joins:
                self._told_of_joins = True
                lines.append(Line(folder, file, note=f"{sentence(JOINED)}. So it is in all such files"))
        return lines

    def _refused(self, folder: Folder, file: PlannedFile, changes: Iterable[Change]) -> list[Line]:
        """Lines of a file that cannot be written; the first one says why."""
        lines: list[Line] = []
        for change in changes:
            why, icon = (STAYS, "") if lines else (sentence(file.fault), refusal_icon(file.fault))
            lines.append(Line(folder, file, change, replaces(change), why, stuck=True, icon=icon))
        return lines

    def _count(self, file: PlannedFile, by: int) -> None:
        taken = self._taken(file)
        self.picked_files += by * bool(taken)
        self.partly += by * (0 < len(taken) < len(file.changes))
        self.changes += by * len(taken)
        for change in taken:
            self.by_field[change.field] += by

    def _taken(self, file: PlannedFile) -> Sequence[Change]:
        """What would be changed in a file."""
        return () if file.path in self._unchecked else file.changes

    def filter(self, keep: Keep | None) -> None:
        """Show only some of the changes, or all of them."""
        self._keep = keep
        self.beginResetModel()
        self._lines = self._filtered(self._every)
        self.endResetModel()

    def _filtered(self, lines: list[Line]) -> list[Line]:
        keep = self._keep
        if keep is None:
            return lines[:]
        shown: list[Line] = []
        heading: Line | None = None
        shown_folder = self._lines[-1].folder if lines is not self._every and self._lines else None
        for line in lines:
            if line.file is None:
                heading = line
            elif line.change is None:
                if shown and shown[-1].file is line.file:
                    shown.append(line)
            elif keep(line):
                if line.folder is not shown_folder:
                    shown.append(heading if heading is not None else Line(line.folder))
                    shown_folder = line.folder
                shown.append(line)
        return shown

    def reset_checks(self) -> None:
        """Every file is checked."""
        self._unchecked.clear()

    @property
    def files(self) -> list[PlannedFile]:
        """Files in which something would be changed."""
        return [file for file in self._files if self._taken(file)]

    @property
    def left_out(self) -> int:
        """Files in which nothing would be changed, though it could be."""
        return self._possible - self.picked_files

    def counts(self) -> tuple[int, int]:
        """Changes that only add, and changes that replace, over all files that can be written."""
        return len(self._every) - self._words - self.stuck - self._replacing, self._replacing

    def checked(self, line: Line) -> bool | None:
        """Whether all of a line's file that can be changed would be; None: only some of its fields."""
        taken = self._taken(line.file) if line.file is not None else ()
        if line.file is not None and 0 < len(taken) < len(line.file.changes):
            return None
        return bool(taken)

    def takes(self, line: Line) -> bool:
        """Whether the change in this line would be made."""
        return self.checked(line) is not False

    def stays(self, line: Line) -> bool:
        """Whether it is said in a line that its field stays, as the user unchecked it alone."""
        return False

    def follows(self, line: Line) -> bool:
        """Whether a line has no box of its own, as it goes with others."""
        return False

    def toggle(self, row: int) -> None:
        """Check or uncheck a file, or all of a folder."""
        files = self._of(row)
        if not files:
            return
        self._toggle(files)

    def toggle_all(self) -> None:
        """Check all files that are listed, as they were at first; uncheck them where all are."""
        listed = {id(line.file): line.file for line in self._lines if line.file is not None}
        self._toggle([file for file in listed.values() if file.changes])

    def _toggle(self, files: Sequence[PlannedFile]) -> None:
        missing = [file for file in files if not self._is_whole(file)]
        for file in missing or files:
            self._count(file, -1)
            if missing:
                self._take_usual(file)
            else:
                self._take(file, on=False)
            self._count(file, 1)
        if files:
            self._told()

    def _is_whole(self, file: PlannedFile) -> bool:
        """Whether all is checked that was at first."""
        return bool(self._taken(file))

    def _take_usual(self, file: PlannedFile) -> None:
        self._take(file, on=True)

    def _of(self, row: int) -> list[PlannedFile]:
        """Files of a line in which something can be changed: its own, or those of its folder."""
        line = self.line(row)
        if line is None:
            return []
        files = (
            [line.file]
            if line.file is not None
            else [file for file in self._files if file.path.parent == line.folder.path]
        )
        return [file for file in files if file.changes]

    def _take(self, file: PlannedFile, on: bool) -> None:
        if on:
            self._unchecked.discard(file.path)
        else:
            self._unchecked.add(file.path)

    def _told(self) -> None:
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
                return TOGETHER if section == 2 and self._together else HEADERS[section]
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
            if role == Qt.ItemDataRole.ToolTipRole and index.column() == 1 and self.follows(line):
                return f"{text} {self.FOLLOWS}"
            return text if role == Qt.ItemDataRole.DisplayRole or len(text) > 12 else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            text = self._text(index.row(), line, index.column()) or "empty"
            if index.column() == 0 and line.file is not None:
                said = {True: self.TAKEN, None: f"partly {self.TAKEN}", False: "left out"}
                return f"{line.file.path.name}, {said[self.checked(line)]}"
            return f"{text}, {self._said(line)}" if index.column() == 1 and self._said(line) else text
        if role == Qt.ItemDataRole.CheckStateRole:
            return self._box(line, index)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Screen readers hear which cells have a box."""
        flags = super().flags(index)
        has = self.data(index, Qt.ItemDataRole.CheckStateRole) is not None
        return flags | Qt.ItemFlag.ItemIsUserCheckable if has else flags

    def _box(self, line: Line, index: Index) -> Qt.CheckState | None:
        """What a cell's box shows, None where it has none."""
        if index.column() or line.file is None or not line.file.changes or not self.is_first(index.row()):
            return None
        return BOX[self.checked(line)]

    def _said(self, line: Line) -> str:
        """What a field's own box says."""
        return ""

    def _text(self, row: int, line: Line, column: int) -> str:
        if line.file is None:
            files = words.plural(line.folder.files, "file")
            return f"{words.place(line.folder.path)}, {files}" if column == 0 else ""
        if column == 0:
            return printable(Path(line.file.path.name)) if self.is_first(row) else ""
        if line.change is None:
            return line.note
        if column == 1:
            return words.field(line.change.field)
        if column == 2 and self._together:
            old = "; ".join(line.change.before) or "empty"
            return f"{old} → {self._new(line, line.change) or 'removed'}"
        return self._new(line, line.change) if column == 3 else "; ".join(line.change.before)

    def _new(self, line: Line, change: Change) -> str:
        """New values, or what there is to say in their place."""
        if line.why and not self.takes(line):
            return line.why
        if self.stays(line):
            return STAYS
        return "; ".join(change.after)
