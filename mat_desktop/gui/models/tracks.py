"""The tracks of the window: one row a file, kept by path, behind a table model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import IntEnum
from os import fspath, sep
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.row import Arrived, Chosen, Found, Row, State, Suggest, Tally

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """Columns of the table."""

    STATE = 0
    TITLE = 1
    ARTIST = 2
    GENRE = 3
    SUGGESTED = 4
    LENGTH = 5


COLUMNS = len(Column)
HEADERS = ("State", "Title", "Artist", "Genre in file", "Suggested", "Length")

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`Row` behind an index."""

MANY = 50
"""From here on views are told of one large change instead of many small ones."""

LAST = "\U0010ffff"
"""Sorts behind every text: rows without one come last."""

BEFORE_LAST = "\U0010fffe"

_NO_INDEX = QModelIndex()


MOST_RANGES = 50
"""Gaps that are closed one by one, with the selection kept; beyond that the table starts anew."""


class TracksModel(QAbstractTableModel):
    """Rows in the order and selection that are shown.

    ``counted`` says that the numbers by state changed, ``rows_changed`` hands over the rows that did.
    """

    counted = Signal()
    rows_changed = Signal(object)
    refreshed_all = Signal()

    def __init__(self, suggest: Suggest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._suggest = suggest
        self._all: dict[Path, Row] = {}
        self._ordered: list[Row] = []
        self._unordered = False
        self._shown: list[Row] = []
        self._shift = 0.0
        self._needle: tuple[str, ...] = ()
        self._state: State | None = None
        self._folder: Path | None = None
        self._sort: tuple[Column, Qt.SortOrder] | None = None
        self._tally: Tally | None = Tally()
        self._under: dict[Path, int] = {}
        self._whole: tuple[Row, Chosen | None, tuple[Suggestion, ...]] | None = None

    # what Qt asks

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """Six."""
        return 0 if parent.isValid() else COLUMNS

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Words over the columns."""
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return HEADERS[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                right = section == Column.LENGTH
                side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts; everything else is the delegates' business."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(self._shown[index.row()], Column(index.column()))
        if role == ROW_ROLE:
            return self._shown[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.phrase(self._shown[index.row()], Column(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tool_tip(self._shown[index.row()], Column(index.column()))
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 goes back to the order of paths."""
        self._sort = (Column(column), order) if 0 <= column < COLUMNS else None
        self._unordered = True
        self._rebuild()

    # texts

    def cell(self, row: Row, column: Column) -> str:
        """What a cell says."""
        if column is Column.STATE:
            return row.state.value
        if column is Column.TITLE:
            return row.title
        if column is Column.ARTIST:
            return row.artist or "–"
        if column is Column.GENRE:
            return row.genre or "–"
        if column is Column.LENGTH:
            return words.clock(row.seconds)
        return self._suggested_text(row)

    def _suggested_text(self, row: Row) -> str:
        if row.reason and row.state in (State.FAILED, State.CONFLICT):
            return sentence(row.reason)
        if row.scores is None:
            return "Not listened to yet"
        if row.scores.silent:
            return "Only silence"
        return ", ".join(s.tag.shown for s in self.chosen(row)) or "Nothing sure enough"

    def phrase(self, row: Row, column: Column) -> str:
        """A cell as a full phrase, for screen readers."""
        if column is Column.SUGGESTED and row.scores is not None and not row.reason:
            names = [s.tag.shown for s in self.chosen(row)]
            if not names:
                return "nothing suggested"
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            return f"suggested {', '.join(names[:3])}{more}"
        if column is Column.GENRE:
            return f"genre in file {row.genre or 'empty'}"
        if column is Column.LENGTH:
            return f"length {words.clock(row.seconds)}"
        return self.cell(row, column)

    def _tool_tip(self, row: Row, column: Column) -> str | None:
        if column is Column.TITLE:
            return printable(row.path)
        if column in (Column.SUGGESTED, Column.ARTIST, Column.GENRE, Column.STATE):
            text = self.cell(row, column)
            if column is Column.STATE and row.reason:
                return sentence(row.reason)
            return text if len(text) > 12 else None
        return None

    # what the window asks

    @property
    def shift(self) -> float:
        """Move of all thresholds, in logits."""
        return self._shift

    @shift.setter
    def shift(self, value: float) -> None:
        if value != self._shift:
            self._shift = value
            self._repaint()

    def suggestions(self, row: Row) -> tuple[Suggestion, ...]:
        """Every display tag of a row; only those of the row asked for last are kept."""
        if row.scores is None:
            return ()
        chosen = self._chosen(row)
        if self._whole is None or self._whole[0] is not row or self._whole[1] is not chosen:
            self._whole = (row, chosen, self._suggest(row.scores, row.verdicts, self._shift))
        return self._whole[2]

    def chosen(self, row: Row) -> tuple[Suggestion, ...]:
        """The tags of a row that would be written."""
        return self._chosen(row).tags

    def _chosen(self, row: Row) -> Chosen:
        chosen = row.chosen(self._suggest, self._shift)
        if chosen is not row.last_chosen and row.scores is not None:
            row.keep(chosen)
        return chosen

    def row(self, path: Path) -> Row | None:
        """The row of a file."""
        return self._all.get(path)

    def rows(self) -> list[Row]:
        """All rows, shown or not."""
        return list(self._all.values())

    def shown(self) -> Sequence[Row]:
        """The rows in the order shown."""
        return self._shown

    def place(self, path: Path) -> int:
        """Where a file is shown, -1 where it is not."""
        row = self._all.get(path)
        return row.place if row is not None else -1

    def at(self, index: Index | int) -> Row | None:
        """The row at an index."""
        number = index if isinstance(index, int) else index.row()
        return self._shown[number] if 0 <= number < len(self._shown) else None

    def tally(self) -> Tally:
        """Numbers over all rows; kept while single rows change, counted anew after many did."""
        if self._tally is None:
            self._tally = Tally(self._all.values())
        return self._tally

    def counts(self) -> Counter[State]:
        """Tracks by state."""
        return self.tally().states

    def count_under(self, folder: Path) -> int:
        """Tracks in a folder and below it; a file counts as itself. Kept from the first time on."""
        if folder not in self._under:
            self._under[folder] = len(_under(self._all.values(), folder))
        return self._under[folder]

    @property
    def filtered(self) -> bool:
        """Whether some rows may be hidden."""
        return bool(self._needle or self._state or self._folder)

    # changes

    def add(self, found: Iterable[Row | Found]) -> None:
        """Take in what a scan found, as rows where a worker made them; known files are brought up to date."""
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
            elif new.track is None or _differs(row, new.track):
                tally.add(row, -1)
                self._update(row, new)
                tally.add(row)
                changed.append(row)
        self._insert(fresh)
        self._touch(changed)
        self.counted.emit()

    def _update(self, row: Row, new: Row) -> None:
        if new.track is None:
            row.state, row.reason = State.FAILED, new.reason
            return
        if row.track is None or row.track.stamp != new.track.stamp:
            row.scores = None
            row.keep(None)
        row.reason = ""
        row.replace_track(new.track)
        row.state = self._state_of(row)

    def _insert(self, fresh: list[Row]) -> None:
        if not fresh:
            return
        self._ordered.extend(fresh)
        self._unordered = True
        for folder in self._under:
            self._under[folder] += len(_under(fresh, folder))
        shown = self._filtered(fresh)
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            for place, row in enumerate(shown, first):
                row.place = place
            self._shown.extend(shown)
            self.endInsertRows()

    def forget_missing(self, roots: Sequence[Path], found: Collection[Path]) -> None:
        """Whole scans of these folders found these files: rows of others in them have none any more."""
        gone = {
            row.path: row
            for root in roots
            for row in _under(self._all.values(), root)
            if row.path not in found
        }
        if not gone:
            return
        for path in gone:
            del self._all[path]
        self._ordered = [row for row in self._ordered if row.path not in gone]
        ranges = _ranges(row.place for row in gone.values() if row.place >= 0)
        if len(ranges) > MOST_RANGES:
            self.beginResetModel()
            self._shown = [row for row in self._shown if row.path not in gone]
            self._number(0)
            self.endResetModel()
        else:
            for first, last in ranges:
                self.beginRemoveRows(QModelIndex(), first, last)
                del self._shown[first : last + 1]
                self._number(first)
                self.endRemoveRows()
        for row in gone.values():
            row.place = -1
        self._tally = None
        self._under.clear()
        self.counted.emit()

    def _number(self, first: int) -> None:
        for place in range(first, len(self._shown)):
            self._shown[place].place = place

    def settle(self) -> None:
        """A scan is over: bring what it added into order."""
        if self._unordered:
            self._rebuild()

    def hear(self, arrived: Iterable[Arrived]) -> None:
        """Take in scores."""
        tally = self.tally()
        changed: list[Row] = []
        for item in arrived:
            row = self._all.get(item.path)
            if row is None:
                continue
            tally.add(row, -1)
            row.take(item)
            row.state = self._state_of(row)
            tally.add(row)
            changed.append(row)
        self._touch(changed)
        self.counted.emit()

    def forget_scores(self) -> None:
        """Another model listens now: what the one before heard is not its."""
        rows = list(self._all.values())
        for row in rows:
            row.scores = None
            row.keep(None)
            if row.state not in (State.FAILED, State.CONFLICT):
                row.state = self._state_of(row)
        self._many_changed(rows)

    def weigh(self, rows: Iterable[tuple[Row, Chosen]]) -> None:
        """Take in what other thresholds choose, made in a worker."""
        weighed = [(row, chosen) for row, chosen in rows if chosen.shift == self._shift]
        for row, chosen in weighed:
            row.keep(chosen)
            if row.state in (State.TO_REVIEW, State.REVIEWED) and row.state is not self._reviewed(row):
                row.state = self._reviewed(row)
                self._tally = None
        self.counted.emit()
        if self._sort is not None and self._sort[0] is Column.SUGGESTED:
            self._unordered = True

    def mark(self, rows: Iterable[Row], state: State, reason: str = "") -> None:
        """Set the state of rows."""
        marked = list(rows)
        for row in marked:
            row.state, row.reason = state, reason
        self._many_changed(marked)

    def unmark(self, states: Iterable[State]) -> None:
        """Rows in a passing state go back to what they are without it."""
        passing = set(states)
        marked = [row for row in self._all.values() if row.state in passing]
        for row in marked:
            row.state = self._state_of(row)
        self._many_changed(marked)

    def weigh_anew(self) -> None:
        """Thresholds or the scheme are others now. What is in view follows at once."""
        for row in self._all.values():
            row.weigh_anew()
        self._whole = None
        self._repaint()

    def decide(self, row: Row, verdicts: Mapping[str, Verdict]) -> None:
        """The user said something about tags of a row."""
        self._take(row, verdicts)
        self._one_changed(row, self._reviewed(row))

    def decide_many(self, many: Sequence[tuple[Row, Mapping[str, Verdict], bool | None]]) -> None:
        """The user said something about several rows. Beyond the first few they have to be weighed.

        :param many: each row with verdicts and whether it is done with, None where that stays as it is
        """
        for row, verdicts, reviewed in many:
            if reviewed is not None:
                row.reviewed = reviewed
            self._take(row, verdicts)
        rows = [row for row, _, _ in many]
        for place, row in enumerate(rows):
            weighed = place < MANY or row.reviewed
            row.state = self._reviewed(row) if weighed else State.TO_REVIEW
        self._many_changed(rows)

    def _take(self, row: Row, verdicts: Mapping[str, Verdict]) -> None:
        for name, verdict in verdicts.items():
            if verdict is Verdict.UNDECIDED:
                row.verdicts.pop(name, None)
            else:
                row.verdicts[name] = verdict
        row.keep(None)

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

    def filter(self, text: str | None = None, state: State | None = None, folder: Path | None = None) -> None:
        """Show only rows that hold every word of a text, in one state, under one folder."""
        self._needle = tuple((text or "").casefold().split())
        self._state = state
        self._folder = folder
        self._rebuild()

    # inside

    def _state_of(self, row: Row) -> State:
        track = row.track
        if track is None:
            return State.FAILED
        if track.tags.get(Field.MAT_TAGS):
            return State.WRITTEN
        if row.scores is None:
            return State.NEW
        return self._reviewed(row)

    def _reviewed(self, row: Row) -> State:
        if row.scores is None:
            return row.state
        if row.reviewed:
            return State.REVIEWED
        undecided = self._chosen(row).undecided
        return State.TO_REVIEW if undecided or not row.verdicts else State.REVIEWED

    def _filtered(self, rows: Iterable[Row]) -> list[Row]:
        """Those that are to be shown. One pass a condition: this runs over everything at every key."""
        left = list(rows)
        if self._state is not None:
            state = self._state
            left = [row for row in left if row.state is state]
        if self._folder is not None:
            left = _under(left, self._folder)
        for word in self._needle:
            left = [row for row in left if word in row.text or word in row.heard]
        return left

    def _key(self, column: Column) -> Callable[[Row], Any]:
        if column is Column.STATE:
            ranks = {state: rank for rank, state in enumerate(State)}
            return lambda row: ranks[row.state]
        if column is Column.LENGTH:
            return lambda row: row.seconds or 0.0
        if column is Column.TITLE:
            return lambda row: row.title.casefold() or LAST
        if column is Column.ARTIST:
            return lambda row: row.artist.casefold() or LAST
        if column is Column.GENRE:
            return lambda row: row.genre.casefold() or LAST
        return lambda row: row.heard or (LAST if row.scores is None else BEFORE_LAST)

    def _reorder(self) -> None:
        if self._sort is None:
            self._ordered.sort(key=lambda row: row.order)
        else:
            column, order = self._sort
            self._ordered.sort(key=self._key(column), reverse=order is Qt.SortOrder.DescendingOrder)
        self._unordered = False

    def _rebuild(self) -> None:
        """Filter and, where needed, sort anew; what is selected stays selected."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        moved = [self.at(index) for index in before]
        if self._unordered:
            self._reorder()
        for row in self._shown:
            row.place = -1
        self._shown = self._filtered(self._ordered)
        for place, row in enumerate(self._shown):
            row.place = place
        after = [
            self.index(row.place, index.column()) if row is not None and row.place >= 0 else QModelIndex()
            for index, row in zip(before, moved, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
        self.counted.emit()

    def _changed_in_order(self) -> None:
        """Rows that are sorted by what just changed are sorted anew with the next filter."""
        self._unordered = self._unordered or self._sort is not None

    def _touch(self, rows: list[Row]) -> None:
        """Tell views of rows; they look only at what is in view, so one range over all of them will do."""
        if not rows:
            return
        self._changed_in_order()
        places = [row.place for row in rows if row.place >= 0]
        if places:
            self.dataChanged.emit(self.index(min(places), 0), self.index(max(places), COLUMNS - 1))
        self.rows_changed.emit(rows)

    def _repaint(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, COLUMNS - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def sentence(text: str) -> str:
    """A cause with a capital, as it stands alone."""
    return text[:1].upper() + text[1:]


def _ranges(places: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours, the last run first."""
    ranges: list[tuple[int, int]] = []
    for place in sorted(places, reverse=True):
        if ranges and ranges[-1][0] == place + 1:
            ranges[-1] = (place, ranges[-1][1])
        else:
            ranges.append((place, place))
    return ranges


def _differs(row: Row, track: Track) -> bool:
    return row.track is None or row.track.stamp != track.stamp or bool(row.reason)


def _under(rows: Iterable[Row], folder: Path) -> list[Row]:
    """Those in a folder and below it, and a file itself."""
    own = fspath(folder)
    below = own.rstrip(sep) + sep
    return [row for row in rows if row.where.startswith(below) or row.where == own]
