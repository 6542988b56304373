"""Looking at a track: its spectrogram and its taggram are fetched when it is selected.

Once it is there and nothing else is asked of the engine, those beside it are drawn ahead.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

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

PICTURES = 32 << 20
"""Bytes of spectrograms that are kept in memory: forty of four minutes, or three of an hour."""

REST_MS = 200
"""So long a track was in view before others are drawn ahead."""

DRAW, AHEAD = "draw", "draw ahead"
"""Channels."""

State = tuple[Path, FileStamp]


class Look(QObject):
    """Answers come for the row looked at last, with ``drawn``, ``not_drawn``, ``heard`` and ``refused``.

    ``begun`` says that it is drawn although that was not possible before, ``drawing`` hands over what is
    drawn so far. ``neighbours`` is asked which tracks come next.
    """

    refused = Signal()
    begun = Signal()
    drawing = Signal(object)
    drawn = Signal(object)
    not_drawn = Signal(str)
    heard = Signal()
    _part = Signal(object, object)

    def __init__(self, services: Services, bridge: Bridge) -> None:
        super().__init__()
        self._services, self._bridge = services, bridge
        self._path: Path | None = None
        self._looked: State | None = None
        self._fault = ""
        self._waits: State | None = None
        self._in_doubt: State | None = None
        self._ahead: State | None = None
        self._vain: set[State] = set()
        self._in_view: State | None = None
        self._for_now: set[State] = set()
        self._wish: tuple[State, Callable[[Picture], None]] | None = None
        self._kept: OrderedDict[State, Picture] = OrderedDict()
        self.neighbours: Callable[[], Sequence[Row]] = tuple
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REST_MS)
        self._soon.timeout.connect(self._look_ahead)
        self._part.connect(self._take_part, Qt.ConnectionType.QueuedConnection)
        bridge.engine_asked.connect(self._make_way)
        self.taggrams: OrderedDict[tuple[Path, TrackId], NDArray[np.float16]] = OrderedDict()

    def at(self, row: Row | None) -> None:
        """Another track is looked at: what was being drawn is of no interest any more, unless it is that."""
        self._looked = None
        state = self._in_view = _state(row)
        self._path = state and state[0]
        self._soon.stop()
        self._wish = None
        busy, waits = self._waits or self._ahead, self._waits
        self._waits = self._in_doubt = None
        if busy is None or (busy == state and waits is None):
            return
        self._ahead = None
        self._bridge.forget(DRAW)
        self._bridge.forget(AHEAD)
        self._services.stop_drawing()

    def draw(self, row: Row | None) -> None:
        """Draw the track that is looked at; None, or one that cannot be read, is not drawn."""
        state = _state(row)
        if state is None:
            return
        kept = self._kept.get(state)
        if kept is not None:
            self._kept.move_to_end(state)
            self._show(kept)
            return
        self._waits = state
        if self._ahead == state:
            self._ahead = None  # it is waited for from now on
        else:
            self._ask(DRAW, state)

    def _ask(self, channel: str, state: State) -> None:
        def done(picture: Picture) -> None:
            self._keep(state, picture)
            self._over(state)
            if self._wish is not None and self._wish[0] == state:
                (_, tell), self._wish = self._wish, None
                tell(picture)
            if self._waits == state:
                self._waits = self._in_doubt = None
                self._show(picture)

        def failed(error: Exception) -> None:
            self._vain.add(state)
            if not isinstance(error, FileFault) or error.absent:
                self._for_now.add(state)
            self._over(state)
            if self._in_doubt == state and state in self._for_now:
                self._in_doubt = None
                self.again()
            elif self._waits == state:
                self._waits = self._in_doubt = None
                self.not_drawn.emit(error.cause if isinstance(error, FileFault) else str(error))

        def tell(part: Picture) -> None:
            with suppress(RuntimeError):  # the window is gone
                self._part.emit(state, part)

        def work() -> Picture:
            return self._services.draw(state[0], tell, lambda: state in (self._waits, self._ahead))

        self._bridge.ask(channel, work, done, failed, engine=True)

    def _over(self, state: State) -> None:
        if self._ahead == state:
            self._ahead = None
            self._soon.start()

    def again(self) -> None:
        """The engine works, or files may be there again: what is looked at is drawn and checked anew where
        that was not possible, also where it turns out only now that it was not.
        """
        if self._looked is not None:
            self._looked = None
            self.refused.emit()
        failed, self._for_now = self._for_now, set()
        self._vain -= failed
        if self._in_view in failed:
            self._waits = self._in_view
            self.begun.emit()
            self._ask(DRAW, self._in_view)
        else:
            self._in_doubt = self._waits

    @property
    def can_draw(self) -> bool:
        """Whether a track is looked at that could be read when it came into view."""
        return self._in_view is not None

    def forget(self) -> None:
        """Spectrograms are others from now on."""
        self._kept.clear()
        self._vain.clear()
        self._for_now.clear()

    def _take_part(self, state: State, part: Picture) -> None:
        if self._waits == state:
            self.drawing.emit(part)

    def _show(self, picture: Picture) -> None:
        self.drawn.emit(picture)
        self._soon.start()

    def _keep(self, state: State, picture: Picture) -> None:
        self._kept[state] = picture
        self._kept.move_to_end(state)
        while sum(kept.mel.nbytes for kept in self._kept.values()) > PICTURES:
            self._kept.popitem(last=False)

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

    # ahead

    def ahead(self, row: Row, done: Callable[[Picture], None]) -> None:
        """Draw a track that may be looked at soon, once nobody waits for the engine."""
        state = _state(row)
        if state is not None:
            self._wish = (state, done)
            self._look_ahead()

    def _look_ahead(self) -> None:
        """One more that is not there yet, if the engine has nothing else to do."""
        if self._ahead is not None or self._waits is not None or self._bridge.closed:
            return
        if self._wish is not None and self._wish[0] in self._kept:
            (state, tell), self._wish = self._wish, None
            tell(self._kept[state])
        wish = [self._wish[0]] if self._wish is not None else []
        near = [_state(row) for row in self.neighbours()]
        seen = {None, *self._kept, *self._vain}
        some = [state for state in (*wish, *near) if state is not None and state not in seen]
        if not some or self._ahead is not None:
            return
        if not self._bridge.engine_rests:
            self._soon.start()
            return
        self._ahead = some[0]
        self._ask(AHEAD, some[0])

    def _make_way(self, channel: str) -> None:
        """Something else is asked of the engine."""
        if channel != AHEAD and self._ahead is not None:
            self._ahead = None
            self._bridge.forget(AHEAD)
            self._services.stop_drawing()
            self._soon.start()

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


def _state(row: Row | None) -> State | None:
    """The file as it is known; None where there is none that can be read."""
    return None if row is None or row.track is None else (row.path, row.track.stamp)
