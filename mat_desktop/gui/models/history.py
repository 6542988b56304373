"""Runs that wrote files, the newest first, with a heading for each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.domain.reversal import RunKind
from mat_desktop.gui import words

if TYPE_CHECKING:
    from mat_desktop.store.journal import Run

Index = QModelIndex | QPersistentModelIndex
DID = {
    RunKind.WRITE: "Wrote",
    RunKind.UNDO: "Took back",
    RunKind.REDO: "Wrote",
    RunKind.REMOVE: "Removed from",
}
FILTERS = (("", "All runs"), ("written", "Written"), ("counting", "Not undone"))
ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Changes that are not written yet.

    :param unreviewed: files that are not reviewed
    :param artists: of the files, those of the most files first
    :param taken_back: files that the user took just these changes back of; they wait for nothing
    :param grown: files that are reviewed, and suggest more since
    """

    paths: tuple[Path, ...]
    changes: int
    unreviewed: int = 0
    artists: tuple[str, ...] = ()
    taken_back: int = 0
    grown: int = 0

    @property
    def files(self) -> int:
        """How many would change."""
        return len(self.paths)


@dataclass(frozen=True, slots=True)
class Entry:
    """A heading (no run), a run, or before all of them what waits for being written.

    :param completed: what the run was to take back was taken back since, as far as it can be
    """

    day: str
    run: Run | None = None
    waiting: Waiting | None = None
    completed: bool = False

    @property
    def heads(self) -> bool:
        """Whether it is only a heading."""
        return self.run is None and self.waiting is None

    @property
    def can_undo(self) -> bool:
        """Whether something of it can be taken back; of an undo that is a redo."""
        run = self.run
        return run is not None and run.kind is not RunKind.UNDO and not run.undone

    @property
    def can_redo(self) -> bool:
        """Whether something of it can be written again that no later run wrote."""
        run = self.run
        if run is None:
            return False
        back = run.changes - run.reverted if run.kind is RunKind.UNDO else run.reverted
        return back > run.again

    @property
    def offer(self) -> str:
        """What its button does."""
        if self.waiting is not None:
            return "Write"
        return "Undo" if self.can_undo else "Redo" if self.can_redo else ""

    @property
    def title(self) -> str:
        """What it did."""
        run = self.run
        if self.waiting is not None:
            return f"Changes for {words.plural(self.waiting.files, 'file')}"
        if run is None:
            return self.day
        files = words.plural(run.files, "file")
        if run.planned is not None and run.planned > run.files:
            files = f"{words.number(run.files)} of {words.plural(run.planned, 'file')}"
        title = f"{DID[run.kind]} {files}"
        if run.kind is RunKind.REDO:
            title += " again"
        if run.undone:
            title += ", redone" if run.kind is RunKind.UNDO else ", undone"
        return title

    @property
    def partly(self) -> bool:
        """Whether it should have written more files than it did, and that was not done since."""
        run = self.run
        less = run is not None and run.planned is not None and run.planned > run.files
        return less and not self.completed

    @property
    def detail(self) -> str:
        """When, how much, where and why."""
        run = self.run
        if self.waiting is not None:
            names = self.waiting.artists
            more = f" and {words.number(len(names) - 2)} more" if len(names) > 2 else ""
            artists = ", ".join(names[:2]) + more
            left = self.waiting.unreviewed
            open_ = f"{words.number(left)} not reviewed yet" if left else ""
            since = self.waiting.grown
            grown = f"{words.number(since)} with tags new since your review" if since else ""
            parts = [words.plural(self.waiting.changes, "change"), open_, grown, artists]
            return " · ".join(filter(None, parts))
        if run is None:
            return ""
        parts = [run.started.astimezone().strftime("%H:%M"), words.plural(run.changes, "change")]
        if 0 < run.reverted < run.changes:
            parts.append(f"{words.number(run.reverted)} undone")
        if run.reason:
            parts.append(run.reason)
        return " · ".join(parts)

    @property
    def about(self) -> str:
        """All that is known of it, for where there is room."""
        if self.waiting is not None:
            back = self.waiting.taken_back
            files = (
                f" · {words.plural(back, 'file')} not counted, as you took that back there" if back else ""
            )
            return f"{self.detail} · suggested or accepted, and in no file yet{files}"
        if self.run is None:
            return ""
        fields = ", ".join(words.field(field) for field in self.run.fields)
        return " · ".join(
            part for part in (f"{self.day}, {self.detail}", f"run {self.run.id}", fields) if part
        )


class HistoryModel(QAbstractListModel):
    """Days and runs; above them what is not written yet."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self._runs: Sequence[Run] = ()
        self._only = ""
        self._waiting: Waiting | None = None

    def show(self, runs: Sequence[Run]) -> None:
        """All runs anew."""
        self._runs = runs
        self._fill()

    def show_waiting(self, waiting: Waiting | None) -> None:
        """What is not written yet; None where there is nothing. Runs stay where they are."""
        self._waiting = waiting
        second = self.entry(1)
        before = second is not None and second.waiting is not None
        now = waiting is not None and not self._only
        fresh = self._head()
        if before and now:
            self._entries[:2] = fresh
            self.dataChanged.emit(self.index(0), self.index(1))
        elif now:
            self.beginInsertRows(QModelIndex(), 0, 1)
            self._entries[:0] = fresh
            self.endInsertRows()
        elif before:
            self.beginRemoveRows(QModelIndex(), 0, 1)
            del self._entries[:2]
            self.endRemoveRows()

    def _head(self) -> list[Entry]:
        """Lines above the runs."""
        if self._waiting is None or self._only:
            return []
        return [Entry("Not written yet"), Entry("", waiting=self._waiting)]

    @property
    def waiting(self) -> Sequence[Path]:
        """Files that are not written yet."""
        return self._waiting.paths if self._waiting is not None else ()

    def filter(self, only: str) -> None:
        """Show only some of them, as named in ``FILTERS``."""
        self._only = only
        self._fill()

    def _fill(self) -> None:
        self.beginResetModel()
        self._entries = self._head()
        day = ""
        known = {run.id: run for run in self._runs}
        for run in self._runs:
            if self._only == "counting" and run.undone:
                continue
            if self._only == "written" and run.kind not in (RunKind.WRITE, RunKind.REDO):
                continue
            this = words.day(run.started)
            if this != day:
                day = this
                self._entries.append(Entry(day))
            of = known.get(run.undo_of) if run.undo_of is not None else None
            completed = of is not None and (of.undone or of.tried is not None)
            self._entries.append(Entry(day, run, completed=completed))
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Days and runs."""
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if not index.isValid() or self._entries[index.row()].heads:
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
        if role == Qt.ItemDataRole.ToolTipRole and not entry.heads:
            return f"{entry.title}\n{entry.about}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(
                filter(None, (entry.title, entry.detail, entry.offer and f"{entry.offer} with Space"))
            )
        return None

    def entry(self, row: int) -> Entry | None:
        """A line by its place."""
        return self._entries[row] if 0 <= row < len(self._entries) else None

    @property
    def first(self) -> int:
        """The place of the newest run; where there is none, of what is not written yet, else -1."""
        places = [n for n, entry in enumerate(self._entries) if not entry.heads]
        return next((n for n in places if self._entries[n].run is not None), places[0] if places else -1)

    def row(self, run_id: int) -> int:
        """The place of a run, -1 where it is not listed."""
        found = (n for n, e in enumerate(self._entries) if e.run is not None and e.run.id == run_id)
        return next(found, -1)
