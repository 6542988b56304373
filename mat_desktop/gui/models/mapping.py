"""The tags of the scheme as a list, with how each is shown and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.scheme import DisplayTag, TagScheme
from mat_desktop.domain.tags import Category, Field
from mat_desktop.gui import words

Index = QModelIndex | QPersistentModelIndex
MAPPED_ROLE = Qt.ItemDataRole.UserRole + 1
_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Mapped:
    """:param tag: as it is now; where it is dropped, as it would be
    :param field: where it is written, None where MAT_TAGS alone has it
    :param changed: whether it is other than in the bundled scheme
    """

    tag: DisplayTag
    field: Field | None
    dropped: bool
    changed: bool

    @property
    def says(self) -> str:
        """How it is written, in short."""
        if self.dropped:
            return "dropped"
        where = words.field(self.field) if self.field is not None else "MAT_TAGS only"
        return f"{self.tag.value} · {where}" + ("" if self.tag.write else " · only when accepted")


def mapped(scheme: TagScheme, bundled: TagScheme, changes: Mapping[str, TagChange]) -> list[Mapped]:
    """Every tag, those that are dropped too, by category and name."""
    found = [
        Mapped(tag, scheme.field_of(tag), dropped=False, changed=tag.name in changes) for tag in scheme.tags
    ]
    there = {entry.tag.name for entry in found}
    for tag in bundled.tags:
        if tag.name not in there:
            found.append(Mapped(tag, bundled.field_of(tag), dropped=True, changed=True))
    for name, change in changes.items():
        if change.drop and change.category is not None and name not in there:
            own = DisplayTag(name, change.category, (), own=True)
            found.append(Mapped(own, scheme.field_of(own), dropped=True, changed=True))
    order = list(Category)
    return sorted(found, key=lambda m: (order.index(m.tag.category), m.tag.shown.casefold()))


class MappingModel(QAbstractListModel):
    """Those whose name, text or field holds what is searched for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Mapped] = []
        self._shown: list[Mapped] = []
        self._needle = ""

    def show(self, entries: Sequence[Mapped]) -> None:
        """Other tags, or the same otherwise."""
        self._all = list(entries)
        self.filter(self._needle)

    def filter(self, text: str) -> None:
        """Search."""
        self._needle = text
        wanted = text.casefold().split()
        self.beginResetModel()
        self._shown = [
            entry
            for entry in self._all
            if all(word in f"{entry.tag.name} {entry.tag.shown} {entry.says}".casefold() for word in wanted)
        ]
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Tags found."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names, and phrases for screen readers."""
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role == MAPPED_ROLE:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.tag.shown
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            how = "added by hand" if entry.tag.own else "changed"
            return f"{entry.tag.shown}, {entry.says}{f', {how}' if entry.changed else ''}"
        return None

    def entry(self, row: int) -> Mapped | None:
        """By place."""
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def place(self, name: str) -> int:
        """Where a tag stands, -1 where it is not found."""
        return next((n for n, entry in enumerate(self._shown) if entry.tag.name == name), -1)
