"""The tracks of the window: one row a file, kept by path, behind a table model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from os import fspath
from pathlib import Path

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from mat_desktop.app.find import asks_of_sound
from mat_desktop.domain.query import Query
from mat_desktop.domain.scores import Mark, Scores, Verdict
from mat_desktop.domain.track import Track
from mat_desktop.gui.models.arrange import Wanted, fitting, inside, ordered, ranges, standing_before, under
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import BAD, Arrived, Chosen, Found, Row, State, Suggest, Tally
from mat_desktop.gui.models.row_table import COLUMNS, RowTable

Work = Callable[[], tuple[list[Row], list[Row]]]
Later = Callable[[Work, Callable[[tuple[list[Row], list[Row]]], None]], None]
"""Does work in another thread and hands over its outcome in this one, unless it is asked anew before."""

MANY = 50
"""From here on views are told of one large change instead of many small ones."""

AT_ONCE = 4000
"""Rows that are sorted and filtered in the UI thread; more of them go to a worker."""

MOST_RANGES = 4
"""Gaps that are closed one by one, each at the cost of all rows behind it; more are closed in one go."""


class TracksModel(RowTable):
    """Rows in the order and selection that are shown.

    ``counted`` says that the numbers by state changed, ``rows_changed`` hands over the rows that did,
    ``arranged`` says that others are shown, or in another order, and whether somebody asked for that;
    ``losses`` counts how often rows went. ``ordering`` says whether the rows stand in the order that was
    asked for, which those do not that come while they are read.
    """

    counted = Signal()
    arranged = Signal(bool)
    ordering = Signal(bool)
    rows_changed = Signal(object)
    refreshed_all = Signal()

    def __init__(self, suggest: Suggest, parent: QObject | None = None) -> None:
        super().__init__(suggest, parent)
        self._all: dict[Path, Row] = {}
        self._ordered: list[Row] = []
        self._unordered = False
        self._wanted = Wanted()
        self._later: Later | None = None
        self._since: list[Row] = []
        self._joined: list[Row] = []
        self._lost = False
        self.losses = 0
        self._sorting = self._asked = False
        self.arranging = False
        """Whether a worker is at what was asked for last, which is not shown yet."""
        self._behind = False
        self.in_order = True
        self._tally: Tally | None = Tally()
        self._under: dict[Path, int] = {}

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 goes back to the order of paths."""
        wanted = (Column(column), order) if 0 <= column < COLUMNS else None
        if wanted != self._wanted.sort or self._unordered:
            self._wanted = replace(self._wanted, sort=wanted)
            self.sorted_by = wanted[0] if wanted is not None else None
            self._unordered = True
            self._rebuild()

    # what the window asks

    def row(self, path: Path) -> Row | None:
        """The row of a file."""
        return self._all.get(path)

    def rows(self) -> list[Row]:
        """All rows, shown or not."""
        return list(self._all.values())

    def place(self, path: Path) -> int:
        """Where a file is shown, -1 where it is not."""
        row = self._all.get(path)
        return row.place if row is not None else -1

    def place_of_gone(self, row: Row) -> int:
        """The place before which a row stood that is in the library no more, by the order of the table."""
        return standing_before(row, self._shown, self._wanted)

    def tally(self) -> Tally:
        """Numbers over all rows; kept while single rows change, counted anew after many did."""
        if self._tally is None:
            self._tally = Tally(self._all.values())
        return self._tally

    def counts(self) -> Counter[State]:
        """Tracks by state and, beside that, by where they stand."""
        return self.tally().standing

    def count_under(self, folder: Path) -> int:
        """Tracks in a folder and below it; a file counts as itself. Kept from the first time on."""
        if folder not in self._under:
            self._under[folder] = len(under(self._all.values(), folder))
        return self._under[folder]

    @property
    def filtered(self) -> bool:
        """Whether some rows may be hidden."""
        return self._wanted.hides

    @property
    def order(self) -> tuple[Column, Qt.SortOrder] | None:
        """The column that rows are sorted by; None for the order of paths."""
        return self._wanted.sort

    def unseen(self, row: Row) -> frozenset[str]:
        """Tags that a reviewed row did not suggest yet at its review, and that would be written now."""
        return row.unseen(self._suggest, self._shift)

    def work_with(self, later: Later) -> None:
        """Sort and filter large libraries in a worker from now on."""
        self._later = later

    # changes

    def add(self, found: Iterable[Row | Found], *, again: bool = False) -> None:
        """Take in what a scan found, as rows where a worker made them; known files are brought up to date.

        :param again: somebody wants to see them anew, whatever failed before
        """
        fresh: list[Row] = []
        changed: list[Row] = []
        tally = self.tally()
        for item in found:
            new = item if isinstance(item, Row) else Row.of(item)
            row = self._all.get(new.path)
            if row is None:
                new.state = self._state_of(new)
                self._all[new.path] = new
                tally.add(new)
                fresh.append(new)
            elif again or new.track is None or not row.says(new.track) or row.was_absent:
                tally.add(row, -1)
                self._update(row, new, again=again)
                tally.add(row)
                changed.append(row)
        self._insert(fresh)
        self._touch(changed)
        self.counted.emit()

    def _update(self, row: Row, new: Row, *, again: bool) -> None:
        if new.track is None or row.track is None or row.track.stamp != new.track.stamp:
            row.forget_scores()
        back = row.was_absent and new.track is not None and row.says(new.track)
        row.replace_track(new.track)
        if row.state is State.CONFLICT and new.track is not None and not again and not back:
            return  # what came of a write is told until somebody looks, though a watcher has read it by now
        row.reason, row.absent = new.reason, new.absent
        row.state = self._state_of(row)

    def _insert(self, fresh: list[Row]) -> None:
        if not fresh:
            return
        self._ordered.extend(fresh)
        self._since.extend(fresh)
        self._unordered = True
        for folder in self._under:
            self._under[folder] += len(under(fresh, folder))
        self._append(fitting(fresh, self._wanted))

    def _append(self, shown: list[Row]) -> None:
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            for place, row in enumerate(shown, first):
                row.place = place
            self._shown.extend(shown)
            self.endInsertRows()
            self._behind = True
            self._tell_order()

    def _tell_order(self) -> None:
        now = not self._behind and not (self.arranging and self._sorting)
        if now is not self.in_order:
            self.in_order = now
            self.ordering.emit(now)

    def join(self, rows: Iterable[Row]) -> None:
        """More is known of some rows: those that fit by now are shown behind the others."""
        fit = fitting([row for row in rows if row.place < 0], self._wanted) if self.filtered else []
        if fit:
            self._joined += fit
            self._unordered = True
            self._append(fit)
            self.counted.emit()

    def fit(self) -> None:
        """More is known of all rows: show those that fit, in their order."""
        query = self._wanted.query
        if self._unordered or (query is not None and asks_of_sound(query)):
            self._rebuild(asked=False)

    def forget_missing(self, roots: Sequence[Path], found: Collection[str]) -> None:
        """Whole scans of these folders found these files: rows of others in them have none any more."""
        rows = self._all.values()
        self._drop({row for root in roots for row in under(rows, root) if row.where not in found})

    def forget(self, paths: Iterable[Path]) -> None:
        """Files that are gone, and whatever was in folders that are."""
        files, folders = set(), set()
        for path in paths:
            row = self._all.get(path)
            if row is not None:
                files.add(row)
            else:
                folders.add(fspath(path))
        self._drop(files.union(inside(self._all.values(), folders)))

    def _drop(self, gone: Collection[Row]) -> None:
        if not gone:
            return
        if len(gone) > MANY:
            self._all = {path: row for path, row in self._all.items() if row not in gone}
            self._tally = None
        else:
            for row in gone:
                del self._all[row.path]
                if self._tally is not None:
                    self._tally.add(row, -1)
        self.losses += 1
        for folder in self._under:
            self._under[folder] -= len(under(gone, folder))
        self._lost = True
        self._ordered = [row for row in self._ordered if row not in gone]
        gaps = ranges(row.place for row in gone if row.place >= 0)
        if len(gaps) > MOST_RANGES:
            self._show((self._ordered, [row for row in self._shown if row not in gone]))
        else:
            for first, last in gaps:
                self.beginRemoveRows(QModelIndex(), first, last)
                del self._shown[first : last + 1]
                self._number(first)
                self.endRemoveRows()
        for row in gone:
            row.place = -1
        self.counted.emit()

    def _number(self, first: int) -> None:
        for place in range(first, len(self._shown)):
            self._shown[place].place = place

    def settle(self) -> None:
        """A scan is over: bring what it added into order."""
        if self._unordered:
            self._rebuild(asked=False)

    def hear(self, arrived: Iterable[Arrived], *, fresh: bool = False) -> None:
        """Take in scores.

        :param fresh: from just now, so that what happened to the files before is settled; what was heard in
            earlier sessions settles nothing, as when a watcher has looked at a file that a write left
        """
        tally = self.tally()
        changed: list[Row] = []
        for item in arrived:
            row = self._all.get(item.path)
            if row is None:
                continue
            tally.add(row, -1)
            told = row.state is State.CONFLICT or (row.state is State.FAILED and row.scores is not None)
            state, reason = row.state, row.reason
            row.take(item)
            if fresh and row.track is not None:
                row.track = replace(row.track, fault="", outside=False)
            row.state = self._state_of(row)
            if told and not fresh:
                row.state, row.reason = state, reason
            tally.add(row)
            changed.append(row)
        self._touch(changed)
        self.counted.emit()

    def rescore(self, items: Iterable[tuple[Scores, Arrived]]) -> None:
        """Take in the same scores with those of taught tags that are new or gone, made in a worker.

        :param items: what a row had when the worker looked at it, and what it has from now on
        """
        changed: list[Row] = []
        for before, item in items:
            row = self._all.get(item.path)
            if row is None or row.scores is not before:
                continue
            said, mark, reason = row.verdicts, row.mark, row.reason
            row.take(item)
            row.mark, row.reason = mark, reason
            if said != item.verdicts or item.chosen.shift != self._shift:
                row.verdicts = said
                row.keep(None)
            changed.append(row)
        self._whole = None
        self._touch(changed)
        self.counted.emit()

    def forget_scores(self, model: str) -> None:
        """Another model listens now: what the one before heard is not its.

        :param model: digest of the one that listens now
        """
        rows = [row for row in self._all.values() if row.scores is None or row.scores.model != model]
        for row in rows:
            row.forget_scores()
            if row.state not in BAD:
                row.state = self._state_of(row)
        self._many_changed(rows)

    def weigh(self, rows: Iterable[tuple[Row, int, Chosen]]) -> None:
        """Take in what other thresholds choose, made in a worker.

        :param rows: each with its edition when the worker looked at it
        """
        for row, edition, chosen in rows:
            if chosen.shift == self._shift and edition == row.edition:
                row.keep(chosen)
        if self._wanted.sort is not None and self._wanted.sort[0] is Column.SUGGESTED:
            self._unordered = True

    def mark(self, rows: Iterable[Row], state: State, reason: str = "", *, absent: bool = False) -> None:
        """Set the state of rows.

        :param absent: the reason is only that the files are not there
        """
        marked = list(rows)
        for row in marked:
            row.state, row.reason, row.absent = state, reason, absent
        self._many_changed(marked)

    def unmark(self, states: Iterable[State], rows: Iterable[Row]) -> None:
        """Rows in a passing state go back to what they are without it."""
        passing = set(states)
        marked = [row for row in rows if row.state in passing]
        for row in marked:
            row.state = self._state_of(row)
        self._many_changed(marked)

    def weigh_anew(self) -> None:
        """Thresholds or the scheme are others now. What is in view follows at once."""
        for row in self._all.values():
            row.weigh_anew()
        self._whole = None
        self._repaint()

    def decide(
        self, many: Sequence[tuple[Row, Mapping[str, Verdict], Mark | None]], *, tell: bool = True
    ) -> None:
        """The user said something about rows.

        :param many: each row with verdicts and whether it is done with, None where that stays as it is
        :param tell: else :meth:`tell_of` has to be called when more rows were decided
        """
        for row, verdicts, mark in many:
            self._take(row, verdicts, mark)
        if len(many) == 1:
            row = many[0][0]
            self._one_changed(row, self._state_of(row))
            return
        rows = [row for row, _, _ in many]
        for row in rows:
            row.state = self._state_of(row)
        if tell:
            self._many_changed(rows)

    def tell_of(self, rows: list[Row]) -> None:
        """These rows were decided."""
        self._many_changed(rows)

    def _take(self, row: Row, verdicts: Mapping[str, Verdict], mark: Mark | None) -> None:
        if mark is not None:
            row.mark = mark
        for name, verdict in verdicts.items():
            if verdict is Verdict.UNDECIDED:
                row.verdicts.pop(name, None)
            else:
                row.verdicts[name] = verdict
        row.keep(None)
        if row.track is not None and row.track.outside:
            row.track = replace(row.track, outside=False)

    def refreshed(self, track: Track) -> None:
        """A file's tags were read again after a write or an undo."""
        row = self._all.get(track.path)
        if row is not None:
            row.replace_track(track)
            row.reason = ""
            self._one_changed(row, self._state_of(row))

    def _one_changed(self, row: Row, state: State) -> None:
        tally = self.tally()
        tally.add(row, -1)
        row.state = state
        tally.add(row)
        self._touch([row])
        self.counted.emit()

    def _many_changed(self, rows: list[Row]) -> None:
        self._tally = None
        if len(rows) <= MANY:
            self._touch(rows)
        else:
            self._changed_in_order()
            self._repaint()
            self.refreshed_all.emit()
        self.counted.emit()

    def filter(
        self, query: Query | None = None, state: State | None = None, folder: Path | None = None
    ) -> None:
        """Show only rows that a query finds, in one state, under one folder."""
        self._wanted = replace(self._wanted, query=query, state=state, folder=folder)
        self._rebuild()

    def compare(self, likeness: Mapping[Path, float]) -> None:
        """Show only rows that are compared with one, by their likeness; without any, all rows as before."""
        for row in self._all.values():
            row.likeness = likeness.get(row.path)
        self._wanted = replace(self._wanted, like=bool(likeness))
        self._unordered = self._unordered or bool(likeness)
        self._rebuild()

    # inside

    def _state_of(self, row: Row) -> State:
        track = row.track
        if track is None or (track.fault and row.scores is None):
            return State.FAILED
        if track.outside:
            return State.CHANGED
        return row.usual(track)

    def _rebuild(self, *, asked: bool = True) -> None:
        """Filter and, where needed, sort anew.

        :param asked: whether the user wants others, or another order
        """
        self._asked = self._asked or asked
        before, wanted = list(self._ordered), self._wanted
        unordered = self._sorting = self._unordered or self._sorting
        self._unordered, self._lost = False, False
        self._since.clear()
        self._joined.clear()

        def work() -> tuple[list[Row], list[Row]]:
            rows = ordered(before, wanted) if unordered else before
            return rows, fitting(rows, wanted)

        if self._later is None or len(before) <= AT_ONCE:
            self._arrive(work())
        else:
            self.arranging = True
            self._tell_order()
            self._later(work, self._arrive)

    def _arrive(self, outcome: tuple[list[Row], list[Row]]) -> None:
        """Rows that came while a worker was at it are added, and those that went left out."""
        rows, shown = outcome
        self.arranging = False
        if self._lost:
            rows = [row for row in rows if self._all.get(row.path) is row]
            shown = [row for row in shown if self._all.get(row.path) is row]
        since = [row for row in self._since if self._all.get(row.path) is row]
        self._sorting = False
        self._unordered = self._unordered or bool(since)
        asked, self._asked = self._asked, False
        came = fitting(since, self._wanted)
        shown = shown + came
        self._behind = bool(came)
        if self._joined:
            have = set(shown)
            joined = [row for row in self._joined if row not in have and self._all.get(row.path) is row]
            self._unordered = self._unordered or bool(joined)
            shown += joined
            self._behind = self._behind or bool(joined)
        self._show((rows + since, shown), asked=asked)
        self._tell_order()

    def _show(self, outcome: tuple[list[Row], list[Row]], *, asked: bool = False) -> None:
        """Show other rows, or in another order; what is selected stays selected."""
        if outcome[1] == self._shown:
            self._ordered = outcome[0]
            self.arranged.emit(asked)
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        moved = [self.at(index) for index in before]
        for row in self._shown:
            row.place = -1
        self._ordered, self._shown = outcome
        for place, row in enumerate(self._shown):
            row.place = place
        after = [
            self.index(row.place, index.column()) if row is not None and row.place >= 0 else QModelIndex()
            for index, row in zip(before, moved, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
        self.arranged.emit(asked)
        self.counted.emit()

    def _changed_in_order(self) -> None:
        """Rows that are sorted by what just changed are sorted anew with the next filter."""
        self._unordered = self._unordered or self._wanted.sort is not None

    def _touch(self, rows: list[Row]) -> None:
        """Tell views of rows; they look only at what is in view, so one range over all of them will do."""
        if not rows:
            return
        self._changed_in_order()
        places = [row.place for row in rows if row.place >= 0]
        if places:
            self.dataChanged.emit(self.index(min(places), 0), self.index(max(places), COLUMNS - 1))
        self.rows_changed.emit(rows)
