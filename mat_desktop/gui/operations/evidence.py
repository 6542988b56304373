"""Showing where in the spectrogram the evidence for the current tag lies."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from mat_desktop.domain.scheme import DisplayTag
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import FileFault
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.outline import Outline, trace

if TYPE_CHECKING:
    from mat_desktop.app.evidence import Evidence
    from mat_desktop.gui.widgets.dock import Dock

KEPT = 64
"""Evidence of tracks and tags that is kept in memory: some 45 kB each."""

WORKING = "Working out where “{}” is heard…"

PASSAGE = 8.0
"""Seconds of the strongest evidence that are played."""

Key = tuple[str, TrackId, str]


class ShowEvidence(QObject):
    """While it is on, it follows the tag and the track.

    ``changed`` says that it was turned on or off, ``passage`` where the evidence is strongest, in seconds, if
    that was asked for.
    """

    changed = Signal(bool)
    passage = Signal(float, float)
    _share = Signal(object, str, float)

    def __init__(self, desk: Desk, dock: Dock) -> None:
        super().__init__()
        self._desk, self._dock = desk, dock
        self._on = False
        self._row: Row | None = None
        self._name = ""
        self._shown: tuple[Key, Evidence] | None = None
        self._kept: OrderedDict[Key, Evidence] = OrderedDict()
        self._asked: Key | None = None
        self._then_play = False
        self._share.connect(self._say_share, Qt.ConnectionType.QueuedConnection)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self._outline)

    @property
    def on(self) -> bool:
        """Whether evidence is shown."""
        return self._on

    @property
    def name(self) -> str:
        """The current tag."""
        return self._name

    def set_on(self, on: bool) -> None:
        """Show it, or show the picture as it is."""
        if on == self._on:
            return
        self._on = on
        self.changed.emit(on)
        self._refresh()

    def at(self, row: Row | None) -> None:
        """Another track is in view, or more is known of it."""
        self._row = row
        self._refresh()

    def of(self, name: str) -> None:
        """Another tag is the current one."""
        if name != self._name:
            self._name = name
            self._refresh()

    def find_passage(self) -> None:
        """Turn it on, and say where the evidence is strongest as soon as that is known."""
        self._then_play = True
        self.set_on(True)
        self._refresh()

    def window_changed(self) -> None:
        """Another part of the track is in view: the line is as fine as that part allows."""
        if self._shown is not None:
            self._soon.start()

    # inside

    def _tag(self) -> DisplayTag | None:
        return next((s.tag for s in self._dock.suggestions if s.tag.name == self._name), None)

    def _refresh(self) -> None:
        row, tag = self._row, self._tag()
        if not self._on or row is None or row.track is None or row.scores is None or tag is None:
            self._stop()
            self._say("Evidence needs a track that was listened to" if self._on else "", "No evidence")
            self._then_play = False
            return
        key = (row.scores.model, row.scores.track_id, tag.key)
        shown = self._shown is not None and self._shown[0] == key
        if shown and not self._then_play:
            return
        if self._asked == key:
            self._say(WORKING.format(tag.shown))  # the picture may be a new one
            return
        if not shown:
            self._stop()
        if self._dock.picture is None:  # asked again when it is drawn
            self._say("")
            return
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            self._show(key, kept, tag)
            return
        sources = {spec.key for spec in self._desk.services.card.tags}
        if not sources & set(tag.sources):
            self._then_play = False
            self._say(f"No evidence: the network does not know “{tag.shown}”", "No evidence")
            return
        self._ask(key, row, tag)

    def _ask(self, key: Key, row: Row, tag: DisplayTag) -> None:
        self._asked = key
        self._say(WORKING.format(tag.shown))
        services, path = self._desk.services, row.path

        def done(evidence: Evidence) -> None:
            self._kept[key] = evidence
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            if self._asked == key:
                self._asked = None
                self._show(key, evidence, tag)

        def failed(error: Exception) -> None:
            if self._asked == key:
                self._asked, self._then_play = None, False
                cause = error.cause if isinstance(error, FileFault) else str(error)
                self._say(f"No evidence: {cause}", "No evidence")

        def tell(share: float) -> None:
            with suppress(RuntimeError):  # the window is gone
                self._share.emit(key, tag.shown, share)

        self._desk.bridge.ask(
            "evidence",
            lambda: services.find_evidence(path, tag, tell, lambda: self._asked == key),
            done,
            failed,
            engine=True,
        )

    def _say_share(self, key: Key, shown: str, share: float) -> None:
        if self._asked == key:
            self._say(f"{WORKING.format(shown)} {round(100 * share)} %")

    def _say(self, text: str, short: str = "") -> None:
        """Over the picture, where the pointer takes nothing away, and in the header.

        :param short: what the header has room for, where that is not all
        """
        self._dock.set_info(short if short and text else text)
        self._dock.set_sign(text)

    def _stop(self) -> None:
        """Nothing is shown, and nothing is waited for."""
        self._shown = None
        self._soon.stop()
        self._desk.bridge.forget("outline")
        if self._asked is not None:
            self._asked = None
            self._desk.bridge.forget("evidence")
            self._desk.services.stop_evidence()
        if self._dock.plot is not None:
            self._dock.plot.set_outline(None)

    def _show(self, key: Key, evidence: Evidence, tag: DisplayTag) -> None:
        play, self._then_play = self._then_play, False
        if evidence.empty:
            self._stop()
            self._say(f"No evidence: nothing here speaks for “{tag.shown}”", "No evidence")
            return
        self._shown = (key, evidence)
        self._say("")
        self._dock.set_info(f"Evidence: {tag.shown}")
        self._outline()
        if play and self._dock.seconds:
            self.passage.emit(*strongest(evidence, self._dock.seconds))

    def _outline(self) -> None:
        plot, picture, seconds = self._dock.plot, self._dock.picture, self._dock.seconds
        if self._shown is None or plot is None or picture is None or not seconds:
            return
        evidence, window, pixels, bands = self._shown[1], plot.view, plot.pixels, picture.mel.shape[0]

        def done(outline: Outline) -> None:
            if self._shown is not None and self._shown[1] is evidence and self._dock.plot is not None:
                self._dock.plot.set_outline(outline)

        self._desk.bridge.ask("outline", lambda: trace(evidence, seconds, window, pixels, bands), done)


def strongest(evidence: Evidence, seconds: float) -> tuple[float, float]:
    """Start and end of the passage of :data:`PASSAGE` seconds, or less, that holds most evidence."""
    sums = evidence.column_sums()
    wide = max(1, min(len(sums), round(PASSAGE / seconds * len(sums))))
    held = np.convolve(sums, np.ones(wide, np.float32), mode="valid")
    start = int(held.argmax()) / len(sums) * seconds
    return start, min(start + PASSAGE, seconds)
