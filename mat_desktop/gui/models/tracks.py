"""The tracks of the window: one row a file, kept by path, behind a table model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import IntEnum, StrEnum
from os import fspath, sep
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mat_desktop.domain.scores import Scores, Suggestion, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, printable
from mat_desktop.gui import words

Index = QModelIndex | QPersistentModelIndex
Suggest = Callable[[Scores, Mapping[str, Verdict], float], tuple[Suggestion, ...]]


class State(StrEnum):
    """Where a track stands."""

    NEW = "New"
    QUEUED = "Queued"
    LISTENING = "Listening"
    TO_REVIEW = "To review"
    REVIEWED = "Reviewed"
    WRITTEN = "Written"
    CONFLICT = "Conflict"
    FAILED = "Failed"


class Column(IntEnum):
    """Columns of the table."""

    STATE = 0
    TITLE = 1
    ARTIST = 2
    GENRE = 3
    SUGGESTED = 4
    LENGTH = 5


HEADERS = ("State", "Title", "Artist", "Genre in file", "Suggested", "Length")

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""The :class:`Row` behind an index."""

MANY = 50
"""From here on views are told of one large change instead of many small ones."""

_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Arrived:
    """What was heard in a file, with all that a worker can make of it beforehand.

    Taggrams are not kept with the rows: thousands of them would fill the memory.

    :param shift: of the thresholds, for which the suggestions were made
    """

    path: Path
    scores: Scores
    verdicts: Mapping[str, Verdict]
    shift: float
    suggestions: tuple[Suggestion, ...]


@dataclass(slots=True, eq=False)
class Row:
    """One file as the window knows it.

    :param track: None where the file could not even be read
    :param reason: why it failed or conflicts, in words
    """

    path: Path
    track: Track | None
    state: State = State.NEW
    reason: str = ""
    scores: Scores | None = None
    verdicts: dict[str, Verdict] = dataclass_field(default_factory=dict)
    text: str = ""
    where: str = ""
    _suggestions: tuple[Suggestion, ...] = ()
    _made_for: float | None = None

    def __post_init__(self) -> None:
        self.where = fspath(self.path)
        self._index_text()

    def _index_text(self) -> None:
        track = self.track
        parts = [printable(Path(self.path.parent.name) / self.path.name)]
        if track is not None:
            fields = (Field.TITLE, Field.ARTIST, Field.ALBUM, Field.GENRE, Field.MOOD)
            parts += [value for name in fields for value in track.tags.get(name, ())]
        self.text = "\n".join(parts).casefold()

    @property
    def title(self) -> str:
        """The title in the file, or the name of the file."""
        if self.track is None:
            return printable(Path(self.path.name))
        return self.track.title

    @property
    def artist(self) -> str:
        """Artists in the file."""
        return "; ".join(self.track.tags.get(Field.ARTIST, ())) if self.track else ""

    @property
    def genre(self) -> str:
        """Genres in the file."""
        return "; ".join(self.track.tags.get(Field.GENRE, ())) if self.track else ""

    @property
    def seconds(self) -> float | None:
        """Length: as heard, or as the file says."""
        if self.scores is not None:
            return self.scores.seconds
        return self.track.duration if self.track else None

    @property
    def is_new(self) -> bool:
        """Whether it can be listened to, was not yet, and does not wait for it."""
        waits = self.state is State.QUEUED or self.state is State.LISTENING
        return self.scores is None and self.track is not None and not waits

    def suggestions(self, suggest: Suggest, shift: float) -> tuple[Suggestion, ...]:
        """Every display tag with its verdict; made when first asked for."""
        if self.scores is None:
            return ()
        if self._made_for != shift:
            self._suggestions = suggest(self.scores, self.verdicts, shift)
            self._made_for = shift
        return self._suggestions

    def forget_suggestions(self) -> None:
        """Scores, verdicts or thresholds are others now."""
        self._made_for = None

    def take(self, arrived: Arrived) -> None:
        """What was heard in it."""
        self.scores = arrived.scores
        self.reason = ""
        self.verdicts = dict(arrived.verdicts)
        self._suggestions, self._made_for = arrived.suggestions, arrived.shift

    def replace_track(self, track: Track) -> None:
        """The file's tags were read again."""
        self.track = track
        self._index_text()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows there are of each state, that are new, and that were listened to."""

    states: Counter[State]
    new: int
    heard: int

    @property
    def bad(self) -> int:
        """Files that failed or conflict."""
        return self.states[State.FAILED] + self.states[State.CONFLICT]


class TracksModel(QAbstractTableModel):
    """Rows in the order and selection that are shown. ``counted`` says that the numbers by state changed."""

    counted = Signal()
    row_changed = Signal(object)
    refreshed_all = Signal()

    def __init__(self, suggest: Suggest, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._suggest = suggest
        self._all: dict[Path, Row] = {}
        self._shown: list[Row] = []
        self._place: dict[Path, int] = {}
        self._shift = 0.0
        self._needle: tuple[str, ...] = ()
        self._state: State | None = None
        self._folder: Path | None = None
        self._sort: tuple[Column, Qt.SortOrder] | None = None
        self._tally: Tally | None = None

    # what Qt asks

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        """Six."""
        return 0 if parent.isValid() else len(Column)

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
        self._sort = (Column(column), order) if 0 <= column < len(Column) else None
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
        return ", ".join(s.tag.name for s in self.chosen(row)) or "Nothing sure enough"

    def phrase(self, row: Row, column: Column) -> str:
        """A cell as a full phrase, for screen readers."""
        if column is Column.SUGGESTED and row.scores is not None and not row.reason:
            names = [s.tag.name for s in self.chosen(row)]
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
            for row in self._all.values():
                if row.state in (State.TO_REVIEW, State.REVIEWED):
                    row.forget_suggestions()
            self._repaint()

    def suggestions(self, row: Row) -> tuple[Suggestion, ...]:
        """Every display tag of a row."""
        return row.suggestions(self._suggest, self._shift)

    def chosen(self, row: Row) -> list[Suggestion]:
        """The tags of a row that would be written."""
        return [s for s in self.suggestions(row) if s.chosen]

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
        return self._place.get(path, -1)

    def at(self, index: Index | int) -> Row | None:
        """The row at an index."""
        number = index if isinstance(index, int) else index.row()
        return self._shown[number] if 0 <= number < len(self._shown) else None

    def tally(self) -> Tally:
        """Numbers over all rows, counted when something changed."""
        if self._tally is None:
            states: Counter[State] = Counter()
            new = heard = 0
            for row in self._all.values():
                states[row.state] += 1
                heard += row.scores is not None
                new += row.is_new
            self._tally = Tally(states, new, heard)
        return self._tally

    def counts(self) -> Counter[State]:
        """Tracks by state."""
        return self.tally().states

    def _changed(self) -> None:
        self._tally = None
        self.counted.emit()

    def count_under(self, folder: Path) -> int:
        """Tracks in a folder and below it; a file counts as itself."""
        below = fspath(folder).rstrip(sep) + sep
        return sum(1 for row in self._all.values() if row.where.startswith(below) or row.path == folder)

    @property
    def filtered(self) -> bool:
        """Whether some rows may be hidden."""
        return bool(self._needle or self._state or self._folder)

    # changes

    def add(self, found: Iterable[Track | FileFault]) -> None:
        """Take in what a scan found; rows that exist are brought up to date."""
        fresh: list[Row] = []
        for item in found:
            path = item.path
            row = self._all.get(path)
            if isinstance(item, FileFault):
                if row is None:
                    row = Row(path, None, State.FAILED, item.cause)
                    self._all[path] = row
                    fresh.append(row)
                else:
                    row.state, row.reason = State.FAILED, item.cause
                    self._touch(row)
                continue
            if row is None:
                row = Row(path, item)
                row.state = self._state_of(row)
                self._all[path] = row
                fresh.append(row)
            elif row.track is None or row.track.stamp != item.stamp or row.reason:
                if row.track is None or row.track.stamp != item.stamp:
                    row.scores = None
                row.reason = ""
                row.replace_track(item)
                row.state = self._state_of(row)
                self._touch(row)
        shown = [row for row in fresh if self._fits(row)]
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            for offset, row in enumerate(shown):
                self._place[row.path] = first + offset
            self._shown.extend(shown)
            self.endInsertRows()
        self._changed()

    def settle(self) -> None:
        """A scan is over: bring what it added into order."""
        self._rebuild()

    def hear(self, arrived: Iterable[Arrived]) -> None:
        """Take in scores."""
        for item in arrived:
            row = self._all.get(item.path)
            if row is None:
                continue
            row.take(item)
            row.state = self._state_of(row)
            self._touch(row)
        self._changed()

    def mark(self, rows: Iterable[Row], state: State, reason: str = "") -> None:
        """Set the state of rows."""
        marked = list(rows)
        for row in marked:
            row.state, row.reason = state, reason
            if len(marked) <= MANY:
                self._touch(row)
        if len(marked) > MANY:
            self._repaint()
            self.refreshed_all.emit()
        self._changed()

    def unmark(self, states: Iterable[State]) -> None:
        """Rows in a passing state go back to what they are without it."""
        passing = set(states)
        for row in self._all.values():
            if row.state in passing:
                row.state = self._state_of(row)
        self._repaint()
        self.refreshed_all.emit()
        self._changed()

    def decide(self, row: Row, verdicts: Mapping[str, Verdict]) -> None:
        """The user said something about tags of a row."""
        for name, verdict in verdicts.items():
            if verdict is Verdict.UNDECIDED:
                row.verdicts.pop(name, None)
            else:
                row.verdicts[name] = verdict
        row.forget_suggestions()
        row.state = self._reviewed(row)
        self._touch(row)
        self._changed()

    def refreshed(self, track: Track) -> None:
        """A file's tags were read again after a write or an undo."""
        row = self._all.get(track.path)
        if row is not None:
            row.replace_track(track)
            row.state = self._state_of(row)
            row.reason = ""
            self._touch(row)
            self._changed()

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
        undecided = any(s.suggested and s.verdict is Verdict.UNDECIDED for s in self.suggestions(row))
        return State.TO_REVIEW if undecided or not row.verdicts else State.REVIEWED

    def _fits(self, row: Row) -> bool:
        if self._state is not None and row.state is not self._state:
            return False
        if self._folder is not None and not _under(row.path, self._folder):
            return False
        if not self._needle:
            return True
        text = row.text
        if all(word in text for word in self._needle):
            return True
        if row.scores is None:
            return False
        text += "\n" + "\n".join(s.tag.name for s in self.chosen(row)).casefold()
        return all(word in text for word in self._needle)

    def _key(self, column: Column) -> Callable[[Row], Any]:
        states = list(State)
        if column is Column.STATE:
            return lambda row: states.index(row.state)
        if column is Column.LENGTH:
            return lambda row: row.seconds or 0.0
        if column is Column.SUGGESTED:
            return lambda row: (row.scores is None, self._suggested_text(row).casefold())
        text = {Column.TITLE: "title", Column.ARTIST: "artist", Column.GENRE: "genre"}[column]
        return lambda row: (not getattr(row, text), getattr(row, text).casefold())

    def _rebuild(self) -> None:
        """Filter and sort anew; what is selected stays selected."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        paths = [self._shown[i.row()].path if i.row() < len(self._shown) else None for i in before]
        rows = [row for row in self._all.values() if self._fits(row)]
        if self._sort is None:
            rows.sort(key=lambda row: row.path)
        else:
            column, order = self._sort
            rows.sort(key=self._key(column), reverse=order is Qt.SortOrder.DescendingOrder)
        self._shown = rows
        self._place = {row.path: number for number, row in enumerate(rows)}
        after = []
        for index, path in zip(before, paths, strict=True):
            place = self._place.get(path, -1) if path is not None else -1
            after.append(self.index(place, index.column()) if place >= 0 else QModelIndex())
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
        self._changed()

    def _touch(self, row: Row) -> None:
        place = self._place.get(row.path)
        if place is not None:
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(Column) - 1))
        self.row_changed.emit(row)

    def _repaint(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, len(Column) - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def sentence(text: str) -> str:
    """A cause with a capital, as it stands alone."""
    return text[:1].upper() + text[1:]


def _under(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents
