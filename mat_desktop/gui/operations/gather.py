"""Looking at several tracks at once: their tags are added up in the background."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.together import Sums
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.services import Services

SLICE = 100
"""Tracks that are added up between two other questions."""


class Gather(QObject):
    """``gathered`` hands over a :class:`mat_desktop.gui.models.together.Together`."""

    gathered = Signal(object)

    def __init__(self, services: Services, bridge: Bridge, tracks: TracksModel) -> None:
        super().__init__()
        self._services, self._bridge, self._tracks = services, bridge, tracks

    def at(self, rows: Sequence[Row]) -> None:
        """Other tracks, or others of their tags."""
        sums, suggest, shift = Sums(), self._services.suggest, self._tracks.shift

        def work(part: Sequence[Row]) -> None:
            for row in part:
                if row.scores is not None:
                    sums.add(suggest(row.scores, dict(row.verdicts), shift))

        self._bridge.slices(
            "gather",
            rows,
            SLICE,
            work,
            lambda *_: None,
            lambda: self.gathered.emit(sums.together()),
        )

    def stop(self) -> None:
        """One track, or none, is looked at."""
        self._bridge.forget("gather")
