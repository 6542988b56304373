"""Tracks that teach a tag, and the lists of them: those that were marked, and those to mark next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.domain.taught import Marks
from mat_desktop.errors import printable
from mat_desktop.gui.models.row import Row, State

Index = QModelIndex | QPersistentModelIndex

MARK_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`Mark` behind an index."""

_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Mark:
    """A track.

    :param yes: it has the tag, or does not; None where nothing was said
    :param note: what is to be told of it
    :param odd: the others judge it otherwise than it is marked
    """

    row: Row
    yes: bool | None
    note: str = ""
    odd: bool = False

    @property
    def phrase(self) -> str:
        """For screen readers."""
        said = {True: "has it", False: "does not have it", None: "not marked"}[self.yes]
        parts = [self.row.title, self.row.artist, said, self.note]
        return ", ".join(part for part in parts if part)


class MarksModel(QAbstractListModel):
    """A list of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._marks: list[Mark] = []

    def show(self, marks: Sequence[Mark]) -> None:
        """All of them anew."""
        if [mark.row for mark in marks] == [mark.row for mark in self._marks]:
            self._marks = list(marks)
            if marks:
                self.dataChanged.emit(self.index(0), self.index(len(marks) - 1))
            return
        self.beginResetModel()
        self._marks = list(marks)
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Tracks."""
        return 0 if parent.isValid() else len(self._marks)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts."""
        mark = self.mark(index.row()) if index.isValid() else None
        if mark is None:
            return None
        if role == MARK_ROLE:
            return mark
        if role == Qt.ItemDataRole.DisplayRole:
            return mark.row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return mark.phrase
        if role == Qt.ItemDataRole.ToolTipRole:
            name = " · ".join(part for part in (mark.row.title, mark.row.artist) if part)
            return "\n".join(part for part in (name, printable(mark.row.path), mark.note) if part)
        return None

    def mark(self, place: int) -> Mark | None:
        """One of them by its place."""
        return self._marks[place] if 0 <= place < len(self._marks) else None

    def place(self, row: Row) -> int:
        """Where a track stands, -1 where it does not."""
        return next((n for n, mark in enumerate(self._marks) if mark.row is row), -1)


def can_mark(row: Row) -> bool:
    """Whether something can be learned from a track: it was listened to, or can be."""
    return row.scores is not None or (row.track is not None and row.state is not State.FAILED)


def key_of(row: Row) -> str:
    """What a mark is kept by: what was heard in the track, or its path while nothing was."""
    return str(row.path) if row.scores is None else row.scores.track_id


def as_marks(marks: Mapping[Row, bool]) -> Marks:
    """Of tracks that were listened to, each sound once."""
    said = {row.scores.track_id: yes for row, yes in marks.items() if row.scores is not None}
    return Marks(tuple(i for i, yes in said.items() if yes), tuple(i for i, yes in said.items() if not yes))
