"""Teaching a tag: marks on tracks, what can be learned from them, and the library scored anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import MOST_MARKS, ForeignTag, Marks, TaughtTag
from mat_desktop.domain.track import TrackId
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.marks import as_marks, can_mark, key_of
from mat_desktop.gui.models.row import Arrived, Chosen, Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.weigh import Move

if TYPE_CHECKING:
    from mat_desktop.app.teach import Anew, Removed, Study, Teacher

SLICE = 200
"""Rows that are scored anew together."""


class Teach(QObject):
    """``read`` says that the marks that a tag has are there, ``studied`` hands over what can be learned from
    them now, ``listed`` says that the taught tags are others, ``saved`` names one; ``refused`` hands over a
    tag that another model was taught, ``moved`` a :class:`Move` of the marks, or that a tag was removed,
    ``anew`` tells what was learned anew.

    :ivar marks: rows in the order in which they were marked, and whether they have the tag
    :ivar known: rows of the library by what was heard in them
    :ivar learning: the marks are others than those that ``study`` is about
    :ivar name: of the tag that is edited, empty for a new one
    :ivar ready: the marks that it has are there
    """

    read = Signal()
    studied = Signal(object)
    listed = Signal()
    saved = Signal(object)
    rescored = Signal()
    refused = Signal(object, str)
    moved = Signal(object)
    anew = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.marks: dict[Row, bool] = {}
        self.known: dict[TrackId, Row] = {}
        self.study: Study | None = None
        self.learning = False
        self.name = ""
        self.ready = False
        self._shown = Marks()
        self._kept: dict[Row, bool] = {}
        self._away: dict[str, bool | None] = {}
        self._begun: dict[str, bool | None] = {}
        self._read: dict[Row, bool] = {}
        self._lost = 0
        self.unheard: list[Row] = []
        self._lesson = object()

    @property
    def teacher(self) -> Teacher:
        """The application's."""
        return self._desk.services.teacher

    # marks

    def begin(
        self, name: str = "", given: Marks | None = None, said: Mapping[str, bool | None] | None = None
    ) -> None:
        """Teach a new tag, or go on with one.

        :param name: of a tag that is taught already, or that was only ever added by hand
        :param given: marks to begin with, as those of a tag that another model was taught
        :param said: what was marked before and not saved, as :meth:`unsaved` says it
        """
        self.marks, self.study, self._lost, self._shown = {}, None, 0, Marks()
        self.ready, self._kept, self._away, self._read = False, {}, {}, {}
        self._begun = {str(i): yes for i, yes in given.said.items()} if given is not None else {}
        self._begun |= said or {}
        self._lesson = object()
        taught = name.casefold() in [tag.name.casefold() for tag in self.teacher.tags]
        self.name = name if taught else ""
        rows, teacher = self._desk.tracks.rows(), self.teacher

        def work() -> tuple[dict[TrackId, Row], Marks | None, set[Path]]:
            teacher.load()
            before = given
            if before is None and name:
                before = teacher.marks(name) if taught else teacher.said(name)
            by_id = {row.scores.track_id: row for row in rows if row.scores is not None}
            return by_id, before, set(teacher.without_features())

        def done(answer: tuple[dict[TrackId, Row], Marks | None, set[Path]]) -> None:
            self.known, before, without = answer
            self.unheard = [row for row in rows if row.path in without]
            early, self.marks = self.marks, {}
            if before is not None:
                self.marks = {self.known[i]: yes for i, yes in before.said.items() if i in self.known}
                self._lost = len(before) - len(self.marks)
                self._shown = as_marks(self.marks)
            self._kept = dict(self.marks) if given is None else {}
            self._put_unsaved(said or {})
            self._read = dict(self.marks)
            self._put(early, early=True)
            self.ready = True
            self.learn()
            self.read.emit()

        self._desk.bridge.ask(
            "teach",
            work,
            done,
            lambda error: self._desk.complain("The tag cannot be taught", error),
        )

    def _put_unsaved(self, said: Mapping[str, bool | None]) -> None:
        for key, yes in said.items():
            row = self.known.get(TrackId(key)) or self._desk.tracks.row(Path(key))
            if row is None:
                self._away[key] = yes  # it may come yet, as with its drive
            elif yes is None:
                self.marks.pop(row, None)
            else:
                self.marks[row] = yes

    @property
    def lost(self) -> int:
        """Marks of tracks that are not in the library."""
        return self._lost + sum(yes is not None for yes in self._away.values())

    @property
    def copies(self) -> dict[int, Row]:
        """Marked rows that hold the sound of another, by the row's ``id``, and which."""
        same = self.study.copies if self.study is not None else {}
        first: dict[str, Row] = {}
        for row in self.marks:
            if row.scores is None or row.scores.track_id not in same:
                first.setdefault(key_of(row), row)
        found: dict[int, Row] = {}
        for row in self.marks:
            sound = key_of(row)
            other = first.get(same.get(row.scores.track_id, sound) if row.scores is not None else sound)
            if other is not None and other is not row:
                found[id(row)] = other
        return found

    @property
    def unsaved(self) -> dict[str, bool | None]:
        """What is marked otherwise than it is saved: tracks by what was heard in them, or by path."""
        if not self.ready:
            return self._begun | {key_of(row): yes for row, yes in self.marks.items()}
        said: dict[str, bool | None] = dict(self._away)
        said |= {key_of(row): None for row in self._kept if row not in self.marks}
        return said | {key_of(row): yes for row, yes in self.marks.items() if self._kept.get(row) is not yes}

    def end(self) -> None:
        """Nobody teaches any more."""
        self.ready = False
        self._desk.bridge.forget("teach")
        self._desk.bridge.forget("teach more")
        self._desk.bridge.ask("study", self.teacher.forget, lambda _: None)
        self.marks, self.known, self.study, self.learning = {}, {}, None, False
        self._lesson = object()

    def mark(self, rows: Sequence[Row], yes: bool) -> None:
        """Rows have the tag, or do not; where all of them are marked so, the marks are taken back."""
        refused = [row for row in rows if not can_mark(row)]
        if refused:
            others = f" and {words.plural(len(refused) - 1, 'other track')}" if len(refused) > 1 else ""
            text = f"“{refused[0].title}”{others} cannot be read, and teach nothing: not marked."
            if len(refused) == 1:
                text = f"“{refused[0].title}” cannot be read, and teaches nothing: it is not marked."
            self._desk.say("warning", text, kind="taught")
        rows = [row for row in rows if can_mark(row)]
        if not rows:
            return
        before = dict(self.marks)
        if all(self.marks.get(row) is yes for row in rows):
            for row in [*rows, *self._copies_of(rows)]:
                self.marks.pop(row, None)
        elif len(self.marks) + len(rows) > MOST_MARKS:
            most = words.number(MOST_MARKS)
            self._desk.say(
                "warning", f"A tag learns from up to {most} tracks. Select fewer to mark them.", kind="taught"
            )
            return
        else:
            self.marks |= dict.fromkeys([*rows, *self._copies_of(rows)], yes)
        self._marked(before)

    def unmark(self, rows: Sequence[Row]) -> None:
        """As if nothing had been said of them."""
        before = dict(self.marks)
        for row in [*rows, *self._copies_of(rows)]:
            self.marks.pop(row, None)
        self._marked(before)

    def _copies_of(self, rows: Sequence[Row]) -> list[Row]:
        """Marked rows with the very sound of some others: one cannot have a tag that the other has not."""
        sounds = {row.scores.track_id for row in rows if row.scores is not None}
        given = set(map(id, rows))
        return [
            row
            for row in self.marks
            if row.scores is not None and row.scores.track_id in sounds and id(row) not in given
        ]

    def _marked(self, before: dict[Row, bool]) -> None:
        """The user marked otherwise: learned from, and taken back by Undo while this tag is taught."""
        now, lesson, early = dict(self.marks), self._lesson, not self.ready
        self.learn()

        def counts() -> bool:
            return self._lesson is lesson

        def put(marks: Mapping[Row, bool]) -> None:
            self._put(marks, early=early)
            self.learn()

        self.moved.emit(Move("tracks marked", lambda: put(before), lambda: put(now), counts))

    def _put(self, marks: Mapping[Row, bool], *, early: bool) -> None:
        """:param early: said before it was known what is marked: the rest is as it was read"""
        if not early:
            self.marks = dict(marks)
            return
        self.marks = dict(self._read)
        for row, yes in marks.items():
            self.marks |= dict.fromkeys([row, *self._copies_of([row])], yes)

    @property
    def to_hear(self) -> list[Row]:
        """Marked rows that the model has to listen to first."""
        without = set(map(id, self.unheard))
        return [row for row in self.marks if can_mark(row) and (row.scores is None or id(row) in without)]

    def heard_more(self) -> None:
        """Something was listened to: its features are there now; or tracks came."""
        rows, teacher = self._desk.tracks.rows(), self.teacher

        def work() -> tuple[dict[TrackId, Row], set[Path]]:
            teacher.load()
            by_id = {row.scores.track_id: row for row in rows if row.scores is not None}
            return by_id, set(teacher.without_features())

        def done(answer: tuple[dict[TrackId, Row], set[Path]]) -> None:
            if not self.ready:
                return
            self.known, without = answer
            self.unheard = [row for row in rows if row.path in without]
            away, self._away = self._away, {}
            self._put_unsaved(away)
            self.learn()

        self._desk.bridge.ask(
            "teach more",  # marks that are being read are not given up for it
            work,
            done,
            lambda error: self._desk.complain("What was heard cannot be learned from", error),
        )

    def learn(self) -> None:
        """Learn from the marks as they are now, once all are known."""
        if not self.ready:
            return
        marks = as_marks(self.marks)
        self.learning = True

        def done(study: Study | None) -> None:
            self.study, self.learning = study, False
            self.studied.emit(study)

        def failed(error: Exception) -> None:
            self._desk.complain("Nothing can be learned", error)
            done(None)

        self._desk.bridge.ask("study", lambda: self.teacher.study(marks), done, failed)

    # tags

    def save(self, name: str, category: Category, field: Field | None) -> None:
        """Keep what was learned, and score the library."""
        study, before, shown = self.study, self.name, self._shown
        if study is None or study.lesson is None:
            return

        def done(answer: tuple[TaughtTag, Mapping[Path, Verdict]]) -> None:
            tag, said = answer
            self._say_anew(tag.name, before, {*study.given.said, *shown.said}, said)
            self.name = tag.name
            self.listed.emit()
            self.saved.emit(tag)
            self.score(tag.key)

        def work() -> tuple[TaughtTag, Mapping[Path, Verdict]]:
            tag = self.teacher.save(name, category, field, study, before, shown)
            return tag, self.teacher.on_files(tag.name)

        self._desk.bridge.keep(
            work,
            done,
            lambda error: self._desk.complain("The tag was not saved", error),
        )

    def _say_anew(self, name: str, before: str, marked: Set[TrackId], said: Mapping[Path, Verdict]) -> None:
        """In the rows what the library has: marks, what was said of the tag under its old name, and nothing
        of the marks that were taken back.
        """
        many: list[tuple[Row, Mapping[str, Verdict], bool | None]] = []
        for row in self._desk.tracks.rows():
            verdicts: dict[str, Verdict] = {}
            if before and before != name and before in row.verdicts:
                verdicts = {before: Verdict.UNDECIDED, name: row.verdicts[before]}
            if row.scores is not None and row.scores.track_id in marked:
                verdicts[name] = said.get(row.path, Verdict.UNDECIDED)
            if verdicts:
                many.append((row, verdicts, None))
        self._desk.tracks.decide(many)

    def remove(self, name: str) -> None:
        """Forget a tag; it can be put back, also by Undo in its order among the decisions."""
        last: list[Removed] = []  # what comes back is what was removed last
        by_hand: list[bool] = []

        def back() -> None:
            self._restore(last[-1])

        def put_back() -> None:
            by_hand.append(True)
            back()

        def again() -> None:
            self._take_away(name, gone)

        def gone(removed: Removed) -> None:
            first = not last
            last.append(removed)
            decisions = words.plural(len(removed.said), "decision")
            self._desk.say(
                "positive",
                f"“{name}” is removed, with {decisions} on it. Files that have it keep it.",
                "Put it back",
                put_back,
                kind="taught",
            )
            if first:
                self.moved.emit(Move(f"“{name}” removed", back, again, lambda: not by_hand))

        again()

    def _take_away(self, name: str, gone: Callable[[Removed], None]) -> None:
        desk = self._desk

        def done(removed: Removed) -> None:
            self._forget(name)
            self.listed.emit()
            gone(removed)

        desk.bridge.keep(
            lambda: self.teacher.remove(name),
            done,
            lambda error: desk.complain("The tag was not removed", error),
        )

    def _forget(self, name: str) -> None:
        """Nothing is said of a tag any more that is not there."""
        tracks = self._desk.tracks
        said = [(row, {name: Verdict.UNDECIDED}, None) for row in tracks.rows() if name in row.verdicts]
        tracks.decide(said)

    def _back(self, tag: TaughtTag, said: Mapping[Path, Verdict]) -> None:
        """A tag is there again with what was said of it: show both."""
        back = [
            (row, {tag.name: said[row.path]}, None) for row in self._desk.tracks.rows() if row.path in said
        ]
        self._desk.tracks.decide(back)
        self.listed.emit()
        self.score(tag.key)

    def _restore(self, removed: Removed) -> None:
        desk, name = self._desk, removed.tag.name

        def done(said: Mapping[Path, Verdict]) -> None:
            self._back(removed.tag, said)
            decisions = words.plural(len(removed.said), "decision")
            desk.say("positive", f"“{name}” is there again, with {decisions} on it.", kind="taught")

        def work() -> Mapping[Path, Verdict]:
            self.teacher.restore(removed)
            return self.teacher.on_files(name)

        desk.bridge.keep(
            work,
            done,
            lambda error: desk.complain("The tag was not put back", error),
        )

    def export(self, name: str, path: Path) -> None:
        """Copy a tag into a file."""
        desk = self._desk
        desk.bridge.keep(
            lambda: self.teacher.export(name, path),
            lambda _: desk.say("positive", f"“{name}” is exported to {printable(path)}.", kind="taught"),
            lambda error: desk.complain("The tag was not exported", error),
        )

    def take(self, path: Path) -> None:
        """Take a tag in from a file."""
        desk = self._desk

        def work() -> tuple[TaughtTag, Mapping[Path, Verdict]]:
            tag = self.teacher.take(path).tag
            return tag, self.teacher.on_files(tag.name)

        def done(answer: tuple[TaughtTag, Mapping[Path, Verdict]]) -> None:
            desk.say("positive", f"“{answer[0].name}” is imported.", kind="taught")
            self._back(*answer)

        def failed(error: Exception) -> None:
            if isinstance(error, ForeignTag):
                self.refused.emit(error.tag, str(error))
            else:
                desk.complain("The tag was not imported", error)

        desk.bridge.keep(work, done, failed)

    def ask_learnable(self, then: Callable[[tuple[TaughtTag, ...]], None]) -> None:
        """Which of the tags that others were taught this model could learn now."""
        self._desk.bridge.ask("learnable", self.teacher.learnable, then)

    def learn_anew(self) -> None:
        """Teach this model what others were taught, from the examples that are kept."""
        desk = self._desk

        def done(anew: Anew) -> None:
            self.listed.emit()
            if anew.learned:
                self.score(anew.learned[0].key)
            self.anew.emit(anew)

        desk.bridge.keep(
            self.teacher.learn_anew,
            done,
            lambda error: desk.complain("The taught tags were not learned anew", error),
        )

    # the library

    def score(self, first: str) -> None:
        """Score every track with the taught tags, from the features that are kept.

        :param first: key of the tag whose likeliest tracks come first
        """
        desk = self._desk
        tracks, choose, model = desk.tracks, desk.services.choose, desk.services.card.digest
        rows = [row for row in tracks.rows() if row.scores is not None]

        def table() -> tuple[Mapping[TrackId, Mapping[str, float]], list[Row]]:
            every = self.teacher.scores()

            def likely(row: Row) -> float:
                return -every.get(row.scores.track_id, {}).get(first, 0.0) if row.scores else 0.0

            return every, sorted(rows, key=likely)

        def scored(answer: tuple[Mapping[TrackId, Mapping[str, float]], list[Row]]) -> None:
            every, ordered = answer
            shift = tracks.shift

            def work(part: Sequence[Row]) -> list[tuple[Scores, Arrived]]:
                now = [(row, row.scores, dict(row.verdicts)) for row in part]
                some = [(row, scores, v) for row, scores, v in now if scores and scores.model == model]
                # What was heard since the table was made was scored with the new tag then.
                after = [replace(s, taught=every.get(s.track_id, s.taught)) for _, s, _ in some]
                chosen = Chosen.many(choose(after, [v for *_, v in some], shift), shift)
                return [
                    (before, Arrived(row.path, scores, verdicts, made, row.mark))
                    for (row, before, verdicts), scores, made in zip(some, after, chosen, strict=True)
                ]

            desk.bridge.slices(
                "score taught", ordered, SLICE, work, lambda part, _: tracks.rescore(part), self.rescored.emit
            )

        desk.bridge.ask(
            "score taught",
            table,
            scored,
            lambda error: desk.complain("The library cannot be scored", error),
        )
