"""Looking at several tracks at once: their tags are added up in the background."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.together import Sums
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.services import Services

SLICE = 500
"""Tracks that are added up between two other questions."""


log = logging.getLogger(__name__)


class Gather(QObject):
    """``gathered`` hands over a :class:`mat_desktop.gui.models.together.Together`, ``counted`` before it how
    many tracks were looked at so far, ``failed`` why that cannot be done.
    """

    gathered = Signal(object)
    counted = Signal(int)
    failed = Signal(object)

    def __init__(self, services: Services, bridge: Bridge, tracks: TracksModel) -> None:
        super().__init__()
        self._services, self._bridge, self._tracks = services, bridge, tracks
        self._rows: list[Row] = []
        self._again = False

    def at(self, rows: list[Row]) -> None:
        """Other tracks, or others of their tags: then what is under way is shown first."""
        if self._rows and rows == self._rows:
            self._again = True
            return
        self._rows, self._again = rows, False
        sums, sum_up, shift = Sums(), self._services.sum_up, self._tracks.shift

        def work(part: Sequence[Row]) -> None:
            heard = [(row.scores, dict(row.verdicts)) for row in part]
            scores = [scores for scores, _ in heard if scores is not None]
            sums.add(len(scores), sum_up(scores, [said for there, said in heard if there is not None], shift))

        def end() -> None:
            self._rows, again = [], self._again
            self.gathered.emit(sums.together())
            if again:
                self.at(rows)

        def failed(error: Exception) -> None:
            self._rows = []
            log.error("the tags of several tracks were not added up", exc_info=error)
            self.failed.emit(error)

        self._bridge.slices("gather", rows, SLICE, work, lambda _, done: self.counted.emit(done), end, failed)

    def stop(self) -> None:
        """One track, or none, is looked at."""
        self._rows = []
        self._bridge.forget("gather")
