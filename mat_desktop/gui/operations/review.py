"""What the user says of tags: verdicts, tags added by hand, marks of reviewed tracks, and policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence, Set
from dataclasses import replace
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.plan import Policy
from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.settings import PLAN_KEYS, policy_key
from mat_desktop.domain.tags import Category, Field
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.models.tracks import MANY
from mat_desktop.gui.operations.decisions import (
    ALL,
    NOTHING,
    VERDICTS,
    Before,
    Decision,
    Landed,
    before_of,
    called,
    is_news,
    last_of,
    mark_of,
    now_of,
    said_of,
    what_is_said,
)
from mat_desktop.gui.operations.desk import Desk, Do
from mat_desktop.gui.operations.keeping import Keeping
from mat_desktop.gui.operations.large import LARGE, Large
from mat_desktop.gui.operations.pending import Pending, Wish
from mat_desktop.gui.operations.settings import ChangeSettings
from mat_desktop.gui.operations.weigh import Move, Weigh, chosen_of

T = TypeVar("T")

REMEMBERED = 1000
"""Decisions that can be taken back."""

SLIDE = 1.0
"""Seconds within which moves of the slider are one."""

PART = 2000
"""Rows that are decided in one turn of the event loop."""


DECIDED = "decided"
"""Kind of the message on a decision on very many tracks."""


class Review(QObject):
    """``decided`` says that verdicts or marks are others, ``finished`` after it that a row was done with by
    that; ``awaited`` that a decision is being worked out, ``took_back`` row and tags of one that was taken
    back, or made again; ``policies_changed`` that files would be written otherwise, ``scheme_changed`` that
    there is a new tag; ``settled`` names the kind of a message that is no longer so.
    """

    decided = Signal()
    awaited = Signal()
    took_back = Signal(object, object)
    finished = Signal(object)
    policies_changed = Signal()
    scheme_changed = Signal()
    settled = Signal(str)

    def __init__(self, desk: Desk, settings: ChangeSettings, weigh: Weigh) -> None:
        super().__init__()
        self._weigh = weigh
        self._desk = desk
        self._settings = settings
        settings.changed.connect(self._settings_changed)
        self._said: list[Landed | Move] = []
        self._taken_back: list[Landed | Move | Wish[Decision]] = []
        self._moves: list[Move] = []
        weigh.moved.connect(self.remember)
        weigh.withdrawn.connect(self.withdraw)
        self._rest: tuple[Callable[[], bool], Callable[[], None]] | None = None
        self._pending = Pending[Decision](desk.bridge)
        self._keeping = Keeping(desk)
        self._keeping.settled.connect(self.settled)
        self._large: dict[Large, Wish[Decision] | Landed] = {}
        self._turns = QTimer(self)
        self._turns.setInterval(0)
        self._turns.timeout.connect(self._turn)

    # verdicts

    def decide(
        self, rows: Sequence[Row], verdicts: Mapping[str, Verdict], also: tuple[Do, Do] | None = None
    ) -> None:
        """The user said something of tags, of one track or of several at once.

        :param also: takes back, and makes again, what else came with it
        """
        services, shift = self._desk.services, self._desk.tracks.shift

        def work(part: Sequence[Row]) -> list[Decision]:
            return [
                Decision(row, verdicts, mark_of(row.done_after(verdicts, chosen)), edition, chosen)
                for row, edition, chosen in chosen_of(services, part, shift, verdicts)
            ]

        what = what_is_said(verdicts, services.scheme)
        self._work_out(rows, work, "Deciding", lambda tracks: f"{what} in {tracks}", also)

    def accept_suggested(self, rows: Sequence[Row]) -> None:
        """Accept in each of several tracks what is suggested in it and undecided."""
        services, shift = self._desk.services, self._desk.tracks.shift

        def work(part: Sequence[Row]) -> list[Decision]:
            return [
                Decision(row, dict.fromkeys(names, Verdict.ACCEPTED), NOTHING, edition, chosen.accepted)
                for row, edition, chosen in chosen_of(services, part, shift)
                if (names := chosen.undecided)
            ]

        self._work_out(rows, work, "Accepting", lambda tracks: f"What is suggested is accepted in {tracks}")

    def mark(self, rows: Sequence[Row]) -> None:
        """Tracks are done with, whatever is still undecided."""
        services, shift = self._desk.services, self._desk.tracks.shift

        def work(part: Sequence[Row]) -> list[Decision]:
            return [
                Decision(row, {}, chosen.undecided, edition, chosen)
                for row, edition, chosen in chosen_of(services, part, shift)
                if not row.reviewed or chosen.unseen(row.mark)
            ]

        self._work_out(rows, work, "Marking as reviewed", lambda tracks: f"{tracks} marked as reviewed")

    def _work_out(
        self,
        rows: Sequence[Row],
        work: Callable[[Sequence[Row]], list[Decision]],
        title: str,
        what: Callable[[str], str],
        also: tuple[Do, Do] | None = None,
    ) -> None:
        """:param title: of the work, where it is shown
        :param what: came of it in these tracks, as a sentence without its point
        """
        heard = [row for row in rows if row.scores is not None]
        large: Large | None = None

        def tell(done: int) -> None:
            if large is not None:
                large.work(done)

        def failed(error: Exception) -> None:
            self._over(large, "Stopped by an error")
            self._desk.complain("The decision cannot be worked out", error)

        wish = Wish[Decision](
            what(called(heard)),
            heard,
            work,
            lambda many: self._decide(many, large, what, also),
            failed,
            tell,
            lambda: self._work_out(rows, work, title, what, also),
        )
        if len(heard) > LARGE:
            large = Large(title, len(heard), lambda: self._withdraw(large))
            self._large[large] = wish
            self._desk.bridge.take_on(large)
        if heard:
            self._pending.add(wish, at_once=len(heard) <= MANY)
        if self._pending:
            self.awaited.emit()

    def _withdraw(self, large: Large | None) -> None:
        """A decision on very many is stopped: nothing of it stays. While the window closes all of it does."""
        if self._desk.bridge.leaving or large is None:
            return
        at = self._large.get(large)
        if isinstance(at, Wish):
            self._pending.drop(at)
            self._over(large, "Cancelled; nothing was decided")
            self.awaited.emit()
            return
        self._finish()
        if self._said and self._said[-1] is at:
            self.take_back()

    def _over(self, large: Large | None, outcome: str) -> None:
        if large is not None and self._large.pop(large, None) is not None:
            large.outcome = outcome
            self._desk.bridge.let_go(large)

    def _taken(self, said: Wish[Decision] | Landed) -> None:
        """A decision is taken back."""
        for large in [large for large, at in self._large.items() if at is said]:
            self._over(large, "Taken back")

    def then(self, do: Callable[[], None]) -> None:
        """Do something that depends on decisions: when all that were made so far have landed."""
        self._pending.then(do)

    def remember(self, move: Move) -> None:
        """Thresholds or marks are others: that is taken back in its order among the decisions."""

        def land() -> None:
            self._moves.remove(move)
            last = self._said[-1] if self._said else None
            if isinstance(last, Move) and last.slides and move.slides and move.at - last.at < SLIDE:
                last.at, last.redo = move.at, move.redo
            else:
                self._said.append(move)
                del self._said[:-REMEMBERED]

        self._moves.append(move)
        self._taken_back.clear()
        self.then(land)
        self.awaited.emit()

    def withdraw(self, move: Move) -> None:
        """It did not come about, or was taken back where it was said."""
        move.counts = lambda: False
        if move in self._taken_back:
            self._taken_back.remove(move)
        if move in self._said:
            self._said.remove(move)
            self.awaited.emit()

    def _decide(
        self,
        many: Sequence[Decision],
        large: Large | None,
        what: Callable[[str], str],
        also: tuple[Do, Do] | None,
    ) -> None:
        self._finish()
        # What is so already is no decision: Undo would seem to do nothing.
        many = [one for one in many if is_news(one)]
        if not many:
            self._over(large, "All of that was decided before")
            return
        self._taken_back.clear()
        self.settled.emit(DECIDED)
        landed = Landed(what(called([one.row for one in many])), also=also)
        self._said.append(landed)
        del self._said[:-REMEMBERED]
        finished = [
            d.row for d in many[:1] if d.verdicts and d.mark not in (None, False) and not d.row.reviewed
        ]
        if large in self._large and large is not None:
            self._large[large] = landed
            large.land(len(many))

        def kept(tracks: int) -> None:
            if large is not None and large.keep(tracks) and large in self._large:
                self._tell(large, landed)

        def some(part: Sequence[Decision], tell: bool) -> None:
            landed.before.extend(before_of(part))
            tracks = self._desk.tracks
            fresh = [(one.row, one.chosen) for one in part if one.row.edition == one.edition]
            tracks.decide([(one.row, one.verdicts, one.mark) for one in part], tell=False)
            tracks.weigh([(row, row.edition, chosen) for row, chosen in fresh])
            if tell:
                tracks.tell_of([one.row for one in part])
            self._keeping.keep(said_of(part), kept)

        self._in_turns(many, some, lambda: [one.row for one in many])
        if len(many) == 1 and finished:
            self.finished.emit(finished[0])

    def _tell(self, large: Large, landed: Landed) -> None:
        """A decision on very many is kept."""

        def is_last() -> bool:
            return bool(self._said) and self._said[-1] is landed and not self._pending

        def undo() -> None:
            if is_last():
                self.take_back()

        self._over(large, landed.text)
        if is_last():
            self._desk.say("positive", f"{landed.text}.", "Undo", undo, kind=DECIDED)

    def _in_turns(
        self, many: Sequence[T], do: Callable[[Sequence[T], bool], None], rows: Callable[[], list[Row]]
    ) -> None:
        """All of it, the first part now: the event loop has its turn between parts of very many.

        :param do: does a part; told whether views are to hear of it, which costs more than very many rows do
        :param rows: those that have to be weighed anew
        """
        short = len(many) <= PART
        parts = iter([many[first : first + PART] for first in range(0, len(many), PART)])

        def go_on() -> bool:
            part = next(parts, None)
            if part is not None:
                do(part, short)
            return part is not None

        def end() -> None:
            self._turns.stop()
            self._rest = None
            if not short:
                self._desk.tracks.tell_of(rows())
            if len(many) > MANY:
                self._weigh.these(rows(), "weigh decided")
            self.decided.emit()

        self._rest = (go_on, end)
        self._turn()
        if short:
            self._finish()
        else:
            self._turns.start()

    def _turn(self) -> None:
        if self._rest is not None and not self._rest[0]():
            self._rest[1]()

    def _finish(self) -> None:
        """What is left of a decision on very many, before there is another."""
        while self._rest is not None:
            self._turn()

    def can_take_back(self, reach: Set[str] = ALL) -> bool:
        """Whether something was decided, or thresholds were moved, since the last write.

        :param reach: what it is to be about
        """
        waits = bool(self._pending) and VERDICTS in reach
        return waits or any(said.about in reach and self._counts(said) for said in self._said)

    def _counts(self, said: Landed | Move | Wish[Decision]) -> bool:
        """Whether it can still be taken back, or made again: tracks may be in the library no more."""
        if isinstance(said, Landed):
            return any(self._desk.tracks.row(before.path) is not None for before in said.before)
        return isinstance(said, Wish) or said.counts()

    def follow(self, renamed: Mapping[Row, Row]) -> None:
        """Files have other names now: decisions on them are taken back, and made again, under those.

        :param renamed: rows that are about to go, each with the one that its file has from now on
        """
        self._finish()
        paths = {old.path: new.path for old, new in renamed.items()}
        for said in (*self._said, *self._taken_back):
            if isinstance(said, Landed):
                said.before[:] = [replace(one, path=paths.get(one.path, one.path)) for one in said.before]

    def take_back(self, reach: Set[str] = ALL) -> bool:
        """As if the last that is about one of these had not been done. Says whether there was any."""
        if any(move.about in reach for move in self._moves):  # made after decisions still being worked out

            def later() -> None:
                self.take_back(reach)

            self.then(later)
            return True
        waiting = self._pending.drop_last() if VERDICTS in reach else None
        if waiting is not None:
            self._taken_back.append(waiting)
            self._taken(waiting)
            self._say("Taken back", waiting.text)
            self.took_back.emit(waiting.rows[0], ())
            return True
        self._finish()
        while (last := last_of(self._said, reach)) is not None:
            if isinstance(last, Landed):
                done = self._put_back(last, self._taken_back, 0)
            elif done := last.counts():
                last.undo()
                self._taken_back.append(last)
                self.awaited.emit()
            if done:
                self._say("Taken back", last.text)
                return True
        return False

    def _say(self, what: str, text: str) -> None:
        self._desk.result(f"{what}: {text[:1].lower()}{text[1:]}")

    def can_do_again(self, reach: Set[str] = ALL) -> bool:
        """Whether something was taken back since the last decision, move of thresholds, or write."""
        return any(said.about in reach and self._counts(said) for said in self._taken_back)

    def do_again(self, reach: Set[str] = ALL) -> bool:
        """As if what was taken back last had not been. Says whether there was anything."""
        if self._moves or self._pending:
            return False
        self._finish()
        while (last := last_of(self._taken_back, reach)) is not None:
            if isinstance(last, Landed):
                done = self._put_back(last, self._said, 1)
            elif isinstance(last, Wish):
                last.again()
                done = True
            elif done := last.counts():
                last.redo()
                self._said.append(last)
                self.awaited.emit()
            if done:
                self._say("Made again", last.text)
                return True
        return False

    def forget_taken_back(self) -> None:
        """It is not to be made again."""
        self._taken_back.clear()

    def _put_back(self, landed: Landed, others: MutableSequence[Any], again: int) -> bool:
        """Rows are as they were, those that are in the library still; says whether any is.

        :param others: takes how they are now, the last of it only when the event loop has had its turns
        :param again: 1 where it was taken back before, else 0
        """
        tracks = self._desk.tracks
        there = [(row, one) for one in landed.before if (row := tracks.row(one.path)) is not None]
        if not there:
            return False
        now = replace(landed, before=[])
        others.append(now)
        self.settled.emit(DECIDED)
        self._taken(landed)
        if landed.also is not None:
            landed.also[again]()

        def some(part: Sequence[tuple[Row, Before]], tell: bool) -> None:
            # A row in which something else is heard by now shows what was said of that.
            same = [(r, b) for r, b in part if r.scores is None or r.scores.track_id == b.track_id]
            now.before.extend(now_of(row, one) for row, one in same)
            tracks.decide([(row, one.verdicts, one.mark) for row, one in same], tell=tell)
            self._keeping.keep([(one.track_id, one.path, one.verdicts, one.mark) for _, one in part])

        self._in_turns(there, some, lambda: [row for row, _ in there])
        row, first = there[0]
        self.took_back.emit(row, tuple(first.verdicts))
        return True

    def settle(self) -> None:
        """Decisions are final: they are written."""
        self._finish()
        self._said.clear()
        self._taken_back.clear()
        self.settled.emit(DECIDED)

    def close(self) -> None:
        """The window closes: what was decided is kept, whatever it was waiting for."""
        self._pending.finish()
        self._finish()
        self._keeping.close()
        for large in list(self._large):
            self._over(large, "")

    # tags by hand

    def add_tag(self, rows: Sequence[Row], text: str, category: Category) -> None:
        """A tag that the user typed; one that the scheme does not have yet becomes part of it."""
        desk, services = self._desk, self._desk.services
        known = services.scheme.find(text)
        if known is not None:
            self.decide(rows, {known.name: Verdict.ACCEPTED})
            return

        def set_to(change: TagChange | None, then: Do) -> None:
            def done(_: TagScheme) -> None:
                self.scheme_changed.emit()
                then()

            desk.bridge.keep(
                lambda: services.change_tags({text: change}),
                done,
                lambda error: desk.complain(f"“{text}” cannot be {'added' if change else 'removed'}", error),
            )

        def add(then: Do = lambda: None) -> None:
            set_to(TagChange(category=category), then)

        # What was added for a decision goes with it.
        also = (lambda: set_to(None, lambda: None)), add
        add(lambda: self.decide(rows, {text: Verdict.ACCEPTED}, also))

    # policies

    def set_policy(self, field: Field, policy: Policy) -> None:
        """What happens to values that a field already has."""
        self._settings.put({policy_key(field): str(policy)})

    def _settings_changed(self, keys: Set[str]) -> None:
        if keys & PLAN_KEYS:
            self.policies_changed.emit()
