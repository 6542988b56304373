"""Several tracks at once: those selected are shown together, and a decision counts for all of them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.together import Together
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.operations.gather import Gather
from mat_desktop.gui.services import Services
from mat_desktop.gui.widgets.delegates import TrackTable
from mat_desktop.gui.widgets.pane import Pane

AT_ONCE = 50
"""Tracks whose tags are counted before anybody sees that; of more the pane shows none until they are."""


class SeveralTracks(QObject):
    """What the pane shows where more than one track is selected.

    ``rows``: those, empty while one track, or none, is looked at. ``over`` says that this is so again.
    """

    over = Signal()

    def __init__(
        self, services: Services, bridge: Bridge, tracks: TracksModel, table: TrackTable, pane: Pane
    ) -> None:
        super().__init__(pane)
        self._table, self._pane = table, pane
        self.rows: list[Row] = []
        self._shown: list[Row] = []
        self._gather = Gather(services, bridge, tracks)
        self._gather.gathered.connect(self._show)
        self._gather.counted.connect(self._tell_counted)
        self._gather.failed.connect(lambda _: pane.says.setText("cannot be counted"))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self.look)

    def look_soon(self) -> None:
        """Others are selected, or their tags are others."""
        if not self._soon.isActive():  # else what changes all the time would never be looked at
            self._soon.start()

    def look(self) -> None:
        """Which they are now, and what their tags are together."""
        selected = self._table.selected_rows()
        rows = [row for row in selected if row.scores is not None and row.track is not None]
        had = bool(self.rows)
        self.rows = rows if len(rows) > 1 else []
        if self.rows:
            if self.rows != self._shown:
                self._shown = []
                self._pane.wait_for_many(len(rows), len(selected), clear=len(rows) > AT_ONCE)
            self._gather.at(self.rows)
        elif had:
            self._gather.stop()
            self._shown = []
            self.over.emit()

    def catch_up(self) -> None:
        """Look at once where that was due soon: keys are quicker than what is shown."""
        if self._soon.isActive():
            self._soon.stop()
            self.look()

    def forget(self) -> None:
        """Another track came into view."""
        self.rows, self._shown = [], []
        self._gather.stop()

    def _tell_counted(self, counted: int) -> None:
        if self.rows and not self._shown:
            self._pane.count_many(counted, len(self.rows))

    def _show(self, together: Together) -> None:
        if self.rows:
            fresh = self.rows != self._shown
            self._pane.show_many(together, len(self._table.selected_rows()), new_track=fresh)
            self._shown = self.rows
