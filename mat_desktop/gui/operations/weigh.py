"""How sure a suggestion has to be: the slider, and thresholds of single tags."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.gui import words
from mat_desktop.gui.models.row import Chosen, Row
from mat_desktop.gui.operations.decisions import THRESHOLDS, TRACKS
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.services import Services

SLICE = 200
"""Rows that are weighed together after thresholds moved."""


@dataclass(eq=False, slots=True)
class Move:
    """A change of thresholds, of the scheme, or of the marks that a tag is taught with, or that tracks were
    forgotten, or a folder taken out: Undo takes it back in its order among the decisions, and Redo makes it
    again.

    :param text: what was done, as a message says it
    :param counts: whether it can still be taken back: thresholds are of one model, marks of one lesson
    :param slides: the slider moved; what it does within a second is one change
    """

    text: str
    undo: Callable[[], None]
    redo: Callable[[], None]
    counts: Callable[[], bool] = lambda: True
    about: str = TRACKS
    slides: bool = False
    at: float = field(default_factory=time.monotonic)


def chosen_of(
    services: Services, rows: Sequence[Row], shift: float, said: Mapping[str, Verdict] = {}
) -> list[tuple[Row, int, Chosen]]:
    """What is suggested in those rows that were listened to, each with its edition. Any thread may ask.

    :param said: what is about to be said of their tags
    """
    # In this order: what is decided or heard meanwhile makes another edition.
    now = [(row, row.edition, row.scores, row.last_chosen, {**row.verdicts, **said}) for row in rows]
    found: list[tuple[Row, int, Chosen]] = []
    wanted: list[tuple[int, Scores, Mapping[str, Verdict]]] = []
    for row, edition, scores, chosen, verdicts in now:
        if scores is None:
            continue
        if said or chosen is None or chosen.shift != shift:
            wanted.append((len(found), scores, verdicts))
        found.append((row, edition, chosen or Chosen(shift, ())))
    choices = services.choose([scores for _, scores, _ in wanted], [told for *_, told in wanted], shift)
    for (place, *_), chosen in zip(wanted, Chosen.many(choices, shift), strict=True):
        found[place] = (*found[place][:2], chosen)
    return found


class Weigh(QObject):
    """``changed`` says that what is in view is suggested otherwise; the rest of the library follows.

    ``shifted`` that the slider belongs elsewhere now, ``moved`` hands over a :class:`Move`, ``withdrawn`` one
    that did not come about or was taken back where it was said. ``busy_changed`` says that the rest of the
    library is being looked through, or that this is over.
    """

    changed = Signal()
    shifted = Signal(float)
    moved = Signal(object)
    withdrawn = Signal(object)
    busy_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._filling = self.busy = False

    def shift(self, shift: float) -> None:
        """Move all thresholds along their curves."""
        before = self._desk.tracks.shift
        if shift != before:
            self._shift_to(shift)
            back, again = (lambda: self._shift_to(before)), (lambda: self._shift_to(shift))
            self.moved.emit(Move("the slider was moved", back, again, about=THRESHOLDS, slides=True))

    def _shift_to(self, shift: float) -> None:
        self._desk.tracks.shift = shift
        self.shifted.emit(shift)
        self._all()

    def set_threshold(self, tag: str, value: float | None) -> None:
        """Suggest a tag from a score on, in every track; None goes back to the model's threshold."""
        shown = next((known.shown for known in self._desk.services.scheme.tags if known.name == tag), tag)
        own = "has a threshold of your own now" if value is not None else "has the model's threshold now"
        self._set({tag: value}, f"“{shown}” {own}, in every track.")

    def reset_thresholds(self, tags: Iterable[str]) -> None:
        """Go back to the model's thresholds."""
        tags = list(tags)
        if len(tags) == 1:
            self.set_threshold(tags[0], None)
        elif tags:
            self._set(dict.fromkeys(tags), f"{words.plural(len(tags), 'tag')}: the model's thresholds now.")

    def _set(self, values: Mapping[str, float | None], text: str) -> None:
        """It can be taken back where it is said, and by Undo."""
        desk = self._desk
        model = desk.services.card.digest
        before: dict[str, float | None] = {}  # known once it is set: a move before it may not be yet
        move = Move(
            text.rstrip("."),
            lambda: self._put(before, {}, self.anew, lambda: None),
            lambda: self._put(values, {}, self.anew, lambda: None),
            lambda: desk.services.card.digest == model,
            THRESHOLDS,
        )

        def here() -> None:
            self.withdrawn.emit(move)
            move.undo()

        def done() -> None:
            self.anew()
            desk.say("positive", text, "Undo", here, kind="threshold")

        self.moved.emit(move)
        self._put(values, before, done, lambda: self.withdrawn.emit(move))

    def _put(
        self,
        values: Mapping[str, float | None],
        before: dict[str, float | None],
        done: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        """:param before: takes the values that were there; the worker fills it"""
        desk = self._desk

        def work() -> None:
            for tag, value in values.items():
                before[tag] = desk.services.set_threshold(tag, value)

        def fail(error: Exception) -> None:
            failed()
            desk.complain("The threshold cannot be kept", error)

        desk.bridge.keep(work, lambda _: done(), fail)

    def anew(self, *, fit: bool = False) -> None:
        """Thresholds or the scheme are others now.

        :param fit: tracks that do not fit a query any more are not to be shown, as tags themselves are others
        """
        self._filling = self._filling or fit
        self._desk.tracks.weigh_anew()
        self._all()

    def _all(self) -> None:
        self.changed.emit()
        self.rest()

    def fill(self) -> None:
        """Tracks came of which it is not known what is suggested: find that out, and show those that fit."""
        self._filling = True
        self.rest()

    def rest(self) -> None:
        """Find out what is suggested wherever that is not known as thresholds are now."""
        tracks = self._desk.tracks

        def each(rows: Sequence[Row]) -> None:
            if self._filling:
                tracks.join(rows)

        def end() -> None:
            if self._filling:
                self._filling = False
                tracks.fit()
            self._set_busy(False)

        self._set_busy(True)
        self.these(tracks.rows(), "weigh", each, end)

    def _set_busy(self, on: bool) -> None:
        if on != self.busy:
            self.busy = on
            self.busy_changed.emit()

    def these(
        self,
        rows: Iterable[Row],
        channel: str,
        each: Callable[[Sequence[Row]], None] = lambda rows: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        """Find out in the background what is suggested in some tracks.

        :param each: called with those of which it is known
        :param end: called after the last
        """
        tracks, services = self._desk.tracks, self._desk.services
        shift = tracks.shift
        rows = [row for row in rows if not row.is_weighed(shift)]

        def work(part: Sequence[Row]) -> list[tuple[Row, int, Chosen]]:
            return chosen_of(services, part, shift)

        def take(weighed: list[tuple[Row, int, Chosen]], _: int) -> None:
            tracks.weigh(weighed)
            each([row for row, *_ in weighed])

        def failed(error: Exception) -> None:
            self._desk.complain("Tags cannot be worked out", error)
            end()

        self._desk.bridge.slices(channel, rows, SLICE, work, take, end, failed)
