"""Looking at a track: its spectrogram and its taggram are fetched when it is selected."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.plan import FilePlan
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import FileFault
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.services import Services

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mat_desktop.app.draw import Picture

TAGGRAMS = 64
"""Taggrams that are kept in memory."""


class Look(QObject):
    """Answers come for the row looked at last, with ``drawn``, ``not_drawn``, ``heard`` and ``refused``."""

    refused = Signal()
    drawn = Signal(object)
    not_drawn = Signal(str)
    heard = Signal()

    def __init__(self, services: Services, bridge: Bridge) -> None:
        super().__init__()
        self._services, self._bridge = services, bridge
        self._path: Path | None = None
        self._looked: tuple[Path, FileStamp] | None = None
        self._fault = ""
        self.taggrams: OrderedDict[tuple[Path, TrackId], NDArray[np.float16]] = OrderedDict()

    def at(self, row: Row | None) -> None:
        """Draw another track; None, or one that cannot be read, is not drawn."""
        self._looked = None
        if row is None or row.track is None:
            self._path = None
            return
        path = row.path
        self._path = path

        def done(picture: Picture) -> None:
            if self._path == path:
                self.drawn.emit(picture)

        def failed(error: Exception) -> None:
            if self._path == path:
                self.not_drawn.emit(error.cause if isinstance(error, FileFault) else str(error))

        self._bridge.ask("draw", lambda: self._services.draw(path), done, failed, engine=True)

    def fault(self, plan: FilePlan | None) -> str:
        """Why what is planned for the file in view cannot be written, as far as it was looked at.

        ``refused`` says later that there is something.
        """
        if plan is None:
            return ""
        state = (plan.path, plan.stamp)
        if self._looked == state:
            return self._fault
        self._looked, self._fault = state, ""

        def done(found: FilePlan | None) -> None:
            if self._looked == state and found is not None and found.fault:
                self._fault = found.fault
                self.refused.emit()

        self._bridge.ask("can be written", lambda: self._services.check_plan(plan), done)
        return ""

    def ahead(self, path: Path, done: Callable[[Picture], None]) -> None:
        """Draw a file that may be looked at soon, behind those that are waited for."""
        self._bridge.ask("draw ahead", lambda: self._services.draw(path), done, engine=True)

    def taggram(self, row: Row, track: Track) -> NDArray[np.float16] | None:
        """From those looked at last; read again where it is not among them."""
        if row.scores is None:
            return None
        key = (row.path, row.scores.track_id)
        if key in self.taggrams:
            self.taggrams.move_to_end(key)
            return self.taggrams[key]

        def done(found: NDArray[np.float16] | None) -> None:
            if found is None:
                return
            self.taggrams[key] = found
            while len(self.taggrams) > TAGGRAMS:
                self.taggrams.popitem(last=False)
            if self._path == track.path:
                self.heard.emit()

        self._bridge.ask("taggram", lambda: self._services.taggram(track), done)
        return None
