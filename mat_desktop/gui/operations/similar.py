"""Tracks that sound like one: the library by likeness, until somebody goes back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from mat_desktop.app.similar import likeness
from mat_desktop.gui.models.columns import why_no_tags
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk


class Similar(QObject):
    """``shown`` comes with the row that others are compared with, ``ended`` when they are not any more."""

    shown = Signal(object)
    ended = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.row: Row | None = None

    def to(self, row: Row) -> None:
        """Compare all tracks that were listened to with one of them."""
        if row.levels is None:
            why = why_no_tags(row)
            self._desk.result(f"No tracks can be compared with “{row.title}”: {why[:1].lower()}{why[1:]}")
            return
        if _silent(row):
            text = f"There is only silence in “{row.title}”: no tracks sound like it."
            self._desk.say("warning", text, kind="similar")
            return
        tracks = self._desk.tracks
        rows = [other for other in tracks.rows() if other.levels is not None and not _silent(other)]

        def done(found: dict[Path, float]) -> None:
            self.row = row
            tracks.compare(found)
            self.shown.emit(row)

        self._desk.bridge.ask(
            "similar",
            lambda: compare(row, rows),
            done,
            lambda error: self._desk.complain("The tracks cannot be compared", error),
        )

    def back(self) -> bool:
        """All tracks again; says whether there was something to go back from."""
        self._desk.bridge.forget("similar")
        if self.row is None:
            return False
        self.row = None
        self._desk.tracks.compare({})
        self.ended.emit()
        return True


def _silent(row: Row) -> bool:
    """What the network says of silence resembles what it says of some music."""
    return row.scores is not None and row.scores.silent


def compare(row: Row, rows: Sequence[Row]) -> dict[Path, float]:
    """Likeness to one row by path. Rows without a score for one of its tags are compared by the others."""
    if row.levels is None:
        return {}
    names = row.levels.names
    matrix = np.full((len(rows), len(names)), np.nan, np.float32)
    for number, other in enumerate(rows):
        if other.levels is None:
            continue
        if other.levels.names is names:
            matrix[number] = other.levels.values
        else:
            matrix[number] = [np.nan if (v := other.levels.get(name)) is None else v for name in names]
    at = next(number for number, other in enumerate(rows) if other is row)
    values = likeness(matrix, at).tolist()
    return {other.path: value for other, value in zip(rows, values, strict=True)}
