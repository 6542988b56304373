"""Runs that wrote files, the newest first, with a heading for each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.gui import words

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Entry:
    """A day (no run) or a run."""

    day: str
    run: Run | None = None

    @property
    def can_undo(self) -> bool:
        """Whether it can be taken back."""
        return self.run is not None and not self.run.undone and self.run.undo_of is None

    @property
    def title(self) -> str:
        """What it did."""
        run = self.run
        if run is None:
            return self.day
        files = words.plural(run.files, "file")
        if run.undo_of is not None:
            return f"Took back {files}"
        return f"Wrote {files}, undone" if run.undone else f"Wrote {files}"

    @property
    def detail(self) -> str:
        """When, how much, and why."""
        run = self.run
        if run is None:
            return ""
        parts = [run.started.astimezone().strftime("%H:%M"), words.plural(run.changes, "change")]
        return " · ".join([*parts, *([run.reason] if run.reason else [])])


class HistoryModel(QAbstractListModel):
    """Days and runs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []

    def show(self, runs: Sequence[Run]) -> None:
        """All runs anew."""
        self.beginResetModel()
        self._entries = []
        day = ""
        for run in runs:
            this = words.day(run.started)
            if this != day:
                day = this
                self._entries.append(Entry(day))
            self._entries.append(Entry(day, run))
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Days and runs."""
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Days cannot be chosen."""
        if not index.isValid() or self._entries[index.row()].run is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role == ENTRY_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.ToolTipRole and entry.run is not None:
            return f"{entry.title}\n{entry.detail}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(
                filter(None, (entry.title, entry.detail, "can be undone" if entry.can_undo else ""))
            )
        return None

    def entry(self, row: int) -> Entry | None:
        """A line by its place."""
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def last(self) -> Run | None:
        """The newest run that can be taken back."""
        return next((entry.run for entry in self._entries if entry.can_undo), None)
