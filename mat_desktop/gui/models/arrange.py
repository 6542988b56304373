"""Which rows are shown, and in which order. Any thread may ask: nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import merge
from os import fspath, sep
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt

from mat_desktop.app.find import select
from mat_desktop.domain.query import Query
from mat_desktop.gui.models.columns import Column, sort_key
from mat_desktop.gui.models.row import Row, State

RUN = 4096
"""Rows that are sorted in one go: the interpreter's lock is held meanwhile."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the table is to show.

    :param like: only rows that were compared with one that is looked at
    :param sort: None for the order of paths
    """

    query: Query | None = None
    state: State | None = None
    folder: Path | None = None
    like: bool = False
    sort: tuple[Column, Qt.SortOrder] | None = None

    @property
    def hides(self) -> bool:
        """Whether some rows may be hidden."""
        return self.query is not None or self.state is not None or self.folder is not None or self.like


def fitting(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """Those that are to be shown. One pass a condition: this runs over everything at every key."""
    left = list(rows)
    if wanted.state is not None:
        state = wanted.state
        left = [
            row
            for row in left
            if row.state is state or row.standing is state or (state is State.QUEUED and row.waits)
        ]
    if wanted.folder is not None:
        left = under(left, wanted.folder)
    if wanted.like:
        left = [row for row in left if row.likeness is not None]
    return select(wanted.query, left)


def ordered(rows: Sequence[Row], wanted: Wanted) -> list[Row]:
    """All rows, sorted; equal ones stay in their order."""
    if wanted.sort is None:
        return _sorted(rows, [row.order for row in rows], backwards=False)
    column, order = wanted.sort
    key = sort_key(column)
    return _sorted(rows, [key(row) for row in rows], backwards=order is Qt.SortOrder.DescendingOrder)


def standing_before(row: Row, rows: Sequence[Row], wanted: Wanted) -> int:
    """How many rows stand before another one, which need not be among them."""
    if wanted.sort is None:
        return sum(other.order < row.order for other in rows)
    column, order = wanted.sort
    key = sort_key(column)
    at, backwards = key(row), order is Qt.SortOrder.DescendingOrder
    return sum(key(other) > at if backwards else key(other) < at for other in rows)


def _sorted(rows: Sequence[Row], keys: Sequence[Any], *, backwards: bool) -> list[Row]:
    """Runs that are merged in the interpreter, which lets other threads have their turn meanwhile."""
    runs = [
        sorted(range(first, min(first + RUN, len(rows))), key=keys.__getitem__, reverse=backwards)
        for first in range(0, len(rows), RUN)
    ]
    return [rows[number] for number in merge(*runs, key=keys.__getitem__, reverse=backwards)]


def under(rows: Iterable[Row], folder: Path) -> list[Row]:
    """Those in a folder and below it, and a file itself."""
    own = fspath(folder)
    below = own.rstrip(sep) + sep
    return [row for row in rows if row.where.startswith(below) or row.where == own]


def inside(rows: Iterable[Row], folders: Collection[str]) -> list[Row]:
    """Those in any of some folders and below them: one look at each row, however many folders there are."""
    if not folders:
        return []
    known = {"": False}

    def is_in(folder: str) -> bool:
        if folder not in known:
            known[folder] = folder in folders or is_in(folder.rpartition(sep)[0])
        return known[folder]

    return [row for row in rows if is_in(row.where.rpartition(sep)[0])]


def ranges(places: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours, the last run first."""
    found: list[tuple[int, int]] = []
    for place in sorted(places, reverse=True):
        if found and found[-1][0] == place + 1:
            found[-1] = (place, found[-1][1])
        else:
            found.append((place, place))
    return found
