"""How sure a suggestion has to be: the slider, and thresholds of single tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.bridge import KEEP
from mat_desktop.gui.models.row import Chosen, Row
from mat_desktop.gui.operations.desk import Desk

SLICE = 200
"""Rows that are weighed together after thresholds moved."""


class Weigh(QObject):
    """``changed`` says that what is in view is suggested otherwise; the rest of the library follows."""

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def shift(self, shift: float) -> None:
        """Move all thresholds along their curves."""
        if shift != self._desk.tracks.shift:
            self._desk.tracks.shift = shift
            self._all()

    def set_threshold(self, tag: str, value: float | None) -> None:
        """Suggest a tag from a score on, in every track; None goes back to the model's threshold.

        It can be taken back where it is said: it is no decision on a track, which is what Undo takes back.
        """
        desk = self._desk
        own = "has a threshold of your own now" if value is not None else "has the model's threshold now"

        def done(before: float | None) -> None:
            self.anew()
            shown = next((known.shown for known in desk.services.scheme.tags if known.name == tag), tag)
            desk.say(
                "positive",
                f"“{shown}” {own}, in every track.",
                "Undo",
                lambda: self._put(tag, before, lambda _: self.anew()),
                kind="threshold",
            )

        self._put(tag, value, done)

    def _put(self, tag: str, value: float | None, done: Callable[[float | None], None]) -> None:
        desk = self._desk
        desk.bridge.ask(
            f"{KEEP}threshold {tag}",
            lambda: desk.services.set_threshold(tag, value),
            done,
            lambda error: desk.complain("The threshold cannot be kept", error),
        )

    def anew(self) -> None:
        """Thresholds or the scheme are others now."""
        self._desk.tracks.weigh_anew()
        self._all()

    def _all(self) -> None:
        self.changed.emit()
        self.these(self._desk.tracks.rows(), "weigh")

    def these(self, rows: Iterable[Row], channel: str) -> None:
        """Find out in the background what is suggested in some tracks."""
        tracks, suggest = self._desk.tracks, self._desk.services.suggest
        shift = tracks.shift
        rows = [row for row in rows if row.scores is not None]

        def work(part: Sequence[Row]) -> list[tuple[Row, Chosen]]:
            return [(row, row.chosen(suggest, shift)) for row in part]

        self._desk.bridge.slices(
            channel, rows, SLICE, work, lambda weighed, _: tracks.weigh(weighed), lambda: None
        )
