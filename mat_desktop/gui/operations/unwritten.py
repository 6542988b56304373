"""How many files would change, were all that is suggested or accepted written now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.models.history import Waiting
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.write import heard

SLICE = 200
"""Tracks that are looked at together."""


class Unwritten(QObject):
    """``counted`` hands over a :class:`Waiting`, None where nothing waits."""

    counted = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def count(self) -> None:
        """Look through all that was listened to; no file is opened."""
        services, shift = self._desk.services, self._desk.tracks.shift
        files = changes = 0
        artists: Counter[str] = Counter()

        def work(part: Sequence[Row]) -> list[tuple[int, str]]:
            found = []
            for row in part:
                track = row.track
                plan = track and services.plan_file(track, row.chosen(services.suggest, shift).tags)
                if plan:
                    found.append((len(plan.wanted), row.artist))
            return found

        def each(found: list[tuple[int, str]], _: int) -> None:
            nonlocal files, changes
            files += len(found)
            changes += sum(number for number, _ in found)
            artists.update(artist for _, artist in found if artist)

        def end() -> None:
            names = tuple(name for name, _ in artists.most_common())
            self.counted.emit(Waiting(files, changes, names) if files else None)

        rows = heard(self._desk.tracks.rows())
        self._desk.bridge.slices("unwritten", rows, SLICE, work, each, end)

    def drop(self) -> None:
        """Nobody looks at it any more."""
        self._desk.bridge.forget("unwritten")
