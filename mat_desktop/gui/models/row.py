"""One file as the window knows it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from enum import StrEnum
from os import fspath, sep
from os.path import normcase
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mat_desktop.domain.query import fold
from mat_desktop.domain.scores import Mark, Scores, Suggestion, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault, printable

if TYPE_CHECKING:
    from mat_desktop.app.decide import Choice

Suggest = Callable[[Scores, Mapping[str, Verdict], float], tuple[Suggestion, ...]]
Found = Track | FileFault


class State(StrEnum):
    """Where a track stands."""

    __hash__ = str.__hash__  # rows are counted by the hundred thousand, and Enum's own is slow

    NEW = "New"
    QUEUED = "Queued"
    LISTENING = "Listening"
    TO_REVIEW = "To review"
    REVIEWED = "Reviewed"
    WRITTEN = "Written"
    CHANGED = "Changed"
    CONFLICT = "Conflict"
    FAILED = "Failed"


BAD = (State.FAILED, State.CONFLICT)
"""States that are problems."""

ASIDE = (State.CHANGED, *BAD)
"""States that say what happened to a file; it still is to be reviewed, reviewed or written."""


_AS_WELL = "counted as to review, reviewed or written as well"

MEANS = {
    State.NEW: "Not listened to yet",
    State.QUEUED: "Waiting to be listened to",
    State.TO_REVIEW: "Listened to, and neither reviewed nor written yet",
    State.REVIEWED: "Reviewed, and not written yet",
    State.WRITTEN: "Written, and nothing decided since",
    State.CHANGED: f"Another program changed the file since; {_AS_WELL} where it was listened to",
    State.CONFLICT: f"Not written, as another program changed the file; {_AS_WELL}",
    State.FAILED: "Could not be read, listened to or written",
}
"""What is counted under the name of a state."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file with a problem; it may be in no row.

    :param reason: in words
    """

    path: Path
    state: State
    reason: str


OUTSIDE = "another program changed the file since"
"""Why a track is said to be changed."""


class Levels:
    """Scores of display tags of one track, 0..1; the names are shared by all tracks with the same tags."""

    __slots__ = ("_columns", "values")
    _known: ClassVar[dict[tuple[str, ...], dict[str, int]]] = {}

    def __init__(self, names: tuple[str, ...], values: array[float]) -> None:
        """:param names: in order of the alphabet"""
        columns = self._known.get(names)
        if columns is None:
            columns = self._known.setdefault(names, {name: n for n, name in enumerate(names)})
        self._columns = columns
        self.values = values

    @property
    def names(self) -> Mapping[str, int]:
        """Where the score of a tag stands among the values."""
        return self._columns

    def get(self, name: str) -> float | None:
        """Score of a tag, None where it has none."""
        column = self._columns.get(name)
        return self.values[column] if column is not None else None


@dataclass(frozen=True, slots=True)
class Arrived:
    """What was heard in a file, with all that a worker can make of it beforehand.

    Taggrams are not kept with the rows: thousands of them would fill the memory.

    :param reviewed: whether the user marked it so
    """

    path: Path
    scores: Scores
    verdicts: Mapping[str, Verdict]
    chosen: Chosen
    reviewed: Mark = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a row keeps of its suggestions: the table needs no more, and most tags are far below threshold.

    :param shift: of the thresholds, for which they were made
    :param tags: those that would be written
    :param levels: scores of all of them, None where nothing was heard
    """

    shift: float
    tags: tuple[Suggestion, ...]
    levels: Levels | None = None

    @classmethod
    def of(cls, suggestions: Sequence[Suggestion], shift: float) -> Chosen:
        """The part of all suggestions that is kept."""
        ordered = sorted([(s.tag.name, s.score) for s in suggestions])
        names, values = tuple([name for name, _ in ordered]), array("f", [score for _, score in ordered])
        return cls(shift, tuple(s for s in suggestions if s.chosen), Levels(names, values))

    @classmethod
    def many(cls, choices: Iterable[Choice], shift: float) -> list[Chosen]:
        """The same of many tracks, which were looked at together."""
        return [cls(shift, choice.tags, Levels(choice.names, choice.levels)) for choice in choices]

    @property
    def undecided(self) -> frozenset[str]:
        """Names of tags that are suggested and that the user said nothing of."""
        return frozenset([s.tag.name for s in self.tags if s.verdict is Verdict.UNDECIDED])

    def unseen(self, mark: Mark) -> frozenset[str]:
        """Those of them that would be written and that a mark knows nothing of."""
        if isinstance(mark, bool):
            return frozenset()
        nothing = Verdict.UNDECIDED
        return frozenset([s.tag.name for s in self.tags if s.verdict is nothing and s.unasked]) - mark

    @property
    def accepted(self) -> Chosen:
        """What is chosen once all of that is accepted."""
        yes, nothing = Verdict.ACCEPTED, Verdict.UNDECIDED
        tags = tuple([replace(s, verdict=yes) if s.verdict is nothing else s for s in self.tags])
        return Chosen(self.shift, tags, self.levels)


@dataclass(slots=True, eq=False)
class Row:
    """Texts are made once, as tables sort and search them by the ten thousand.

    :param track: None where the file could not even be read
    :param reason: why it failed or conflicts, in words
    :param absent: only as its file is not there: its drive may come back
    :param mark: whether the user is done with it: said so, or decided the last suggestion that there was
    :param place: where it is shown, -1 where it is not
    :param order: sorts rows as their paths would, only much faster
    :param text: what a search looks through, folded
    :param heard: names of the chosen tags, folded, each between two line feeds; looked through as well
    :param levels: scores of all display tags
    :param likeness: to the track that others are compared with, -1..1
    :param counted: its standing as a :class:`Tally` counted it, in one of the states :data:`ASIDE`
    :param edition: rises when suggestions made before hold no longer: of verdicts, scores, thresholds, scheme
    """

    path: Path
    track: Track | None
    state: State = State.NEW
    reason: str = ""
    absent: bool = False
    scores: Scores | None = None
    verdicts: dict[str, Verdict] = dataclass_field(default_factory=dict)
    mark: Mark = False
    place: int = -1
    where: str = ""
    order: str = ""
    title: str = ""
    artist: str = ""
    genre: str = ""
    text: str = ""
    heard: str = ""
    levels: Levels | None = None
    likeness: float | None = None
    edition: int = 0
    counted: State | None = None
    _chosen: Chosen | None = None

    def __post_init__(self) -> None:
        self.where = fspath(self.path)
        self.order = normcase(self.where).replace(sep, "\0")
        self._make_texts()

    @classmethod
    def of(cls, found: Found) -> Row:
        """A row for what a scan found."""
        if isinstance(found, FileFault):
            return cls(found.path, None, State.FAILED, found.cause, found.absent)
        return cls(found.path, found, reason=found.fault)

    @classmethod
    def remembered(
        cls, track: Track, scores: Scores | None, verdicts: Mapping[str, Verdict], mark: Mark
    ) -> Row:
        """A row for what is known from earlier sessions. What is suggested is still to be found out."""
        row = cls.of(track)
        row.scores, row.verdicts, row.mark = scores, dict(verdicts), mark
        return row

    def says(self, track: Track) -> bool:
        """Whether there is nothing new in what a scan found. A failure is no news: it stays until somebody
        tries again. Any thread may ask.
        """
        old = self.track
        return old is not None and (old.stamp, old.fault, old.outside) == (
            track.stamp,
            track.fault,
            track.outside,
        )

    def _make_texts(self) -> None:
        path, track = self.path, self.track
        name = f"{path.parent.name}{sep}{path.name}"
        parts = [name if name.isprintable() else printable(Path(name))]
        if track is None:
            self.title = path.name if path.name.isprintable() else printable(Path(path.name))
            self.artist = self.genre = ""
        else:
            tags = track.tags
            self.title = track.title
            self.artist = "; ".join(track.told(Field.ARTIST))
            self.genre = "; ".join(track.told(Field.GENRE))
            for field in (Field.TITLE, Field.ARTIST, Field.ALBUM, Field.GENRE, Field.MOOD):
                parts += tags.get(field, ())
        self.text = fold("\n".join(parts))

    @property
    def seconds(self) -> float | None:
        """Length: as heard, or as the file says."""
        if self.scores is not None:
            return self.scores.seconds
        return self.track.duration if self.track else None

    @property
    def was_absent(self) -> bool:
        """Whether its problem is only that its file was not there, as while its drive was away."""
        return self.state in BAD and self.absent

    @property
    def standing(self) -> State:
        """Its state, or where a track that was listened to stands besides: to be reviewed, reviewed (and not
        written yet) or written. All numbers and lists of these go by it. Any thread may ask.
        """
        if self.state not in ASIDE or self.scores is None or self.track is None or self.was_absent:
            return self.state
        return self.usual(self.track)

    def usual(self, track: Track) -> State:
        """Its state where nothing happened to its file."""
        if (written := track.tags.get(Field.MAT_TAGS)) and not decided_since(self, written):
            return State.WRITTEN
        if self.scores is None:
            return State.NEW
        return State.REVIEWED if self.reviewed else State.TO_REVIEW

    @property
    def waits(self) -> bool:
        """Whether it is being listened to, or will be."""
        return self.state is State.QUEUED or self.state is State.LISTENING

    @property
    def is_new(self) -> bool:
        """Whether it can be listened to, was not yet, and does not wait for it. What failed is not new."""
        return bool(new_of((self,)))

    @property
    def reviewed(self) -> bool:
        """Whether the user is done with it."""
        return self.mark is not False

    def unseen(self, suggest: Suggest, shift: float) -> frozenset[str]:
        """Names of undecided tags that would be written and were not suggested yet at its review.

        Any thread may ask.
        """
        return self.chosen(suggest, shift).unseen(self.mark) if self.reviewed else frozenset()

    def level(self, tag: str) -> float | None:
        """Score of a display tag, None where there is none."""
        return self.levels.get(tag) if self.levels is not None else None

    def chosen(self, suggest: Suggest, shift: float) -> Chosen:
        """Tags that would be written; made when first asked for. Any thread may ask."""
        chosen = self._chosen
        if self.scores is None:
            return Chosen(shift, ())
        if chosen is None or chosen.shift != shift:
            chosen = Chosen.of(suggest(self.scores, dict(self.verdicts), shift), shift)
        return chosen

    def done_after(self, verdicts: Mapping[str, Verdict], after: Chosen) -> bool | None:
        """Whether the user is done with it by saying something of tags; None where that stays as it is.

        Any thread may ask. What is suggested later, as the slider moves, is another question.

        :param after: what is chosen then
        """
        nothing = Verdict.UNDECIDED
        said = {**self.verdicts, **verdicts}
        taken_back = {n for n, verdict in verdicts.items() if verdict is nothing and n in self.verdicts}
        open_ = after.undecided
        if taken_back and (open_ & taken_back or all(verdict is nothing for verdict in said.values())):
            return False
        return True if not open_ and any(verdict is not nothing for verdict in verdicts.values()) else None

    def is_weighed(self, shift: float) -> bool:
        """Whether it is known which tags would be written."""
        return self.scores is None or (self._chosen is not None and self._chosen.shift == shift)

    @property
    def last_chosen(self) -> Chosen | None:
        """As made last, maybe for other thresholds."""
        return self._chosen

    def keep(self, chosen: Chosen | None) -> None:
        """Remember what was made; None where verdicts or scores are others now."""
        self._chosen = chosen
        if chosen is None:
            self.edition += 1
            self.heard = ""
            return
        names = [s.tag.shown for s in chosen.tags]
        self.heard = fold("\n".join(["", *names, ""])) if names else ""
        self.levels = chosen.levels

    def weigh_anew(self) -> None:
        """Thresholds or the scheme are others now; what a search finds stays until it was made."""
        self._chosen = None
        self.edition += 1

    def take(self, arrived: Arrived) -> None:
        """What was heard in it."""
        self.scores = arrived.scores
        self.reason = ""
        self.verdicts = dict(arrived.verdicts)
        self.mark = arrived.reviewed
        self.edition += 1
        self.keep(arrived.chosen)

    def forget_scores(self) -> None:
        """The sound may be another now."""
        self.scores = self.levels = None
        self.keep(None)

    def replace_track(self, track: Track | None) -> None:
        """The file's tags were read again; None where they cannot be any more."""
        self.track = track
        self._make_texts()


def new_of(rows: Iterable[Row]) -> list[Row]:
    """Those that :attr:`Row.is_new`, of very many."""
    queued, listening, failed = State.QUEUED, State.LISTENING, State.FAILED
    return [
        row
        for row in rows
        if row.scores is None
        and row.track is not None
        and row.state is not failed
        and row.state is not queued
        and row.state is not listening
    ]


def decided_since(row: Row, written: Sequence[str]) -> bool:
    """Whether the user said something of a tag that the file does not know.

    :param written: keys of tags, as they stand in the file
    """
    names = {key.partition(":")[2] for key in written}
    said = row.verdicts.items()
    return row.scores is not None and any(
        (verdict is Verdict.ACCEPTED) != (name in names) for name, verdict in said
    )


class Tally:
    """How many rows there are of each state, that are new, and that were listened to.

    ``standing`` counts a row whose file changed, conflicts or failed as what it is besides, too.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Count everything."""
        every = list(rows)
        self.states: Counter[State] = Counter([row.state for row in every])
        self._besides: Counter[State] = Counter()
        for row in every:
            if row.state in ASIDE:
                self._beside(row, 1)
        self.heard = sum([row.scores is not None for row in every])
        self.new = len(new_of(every))

    def add(self, row: Row, by: int = 1) -> None:
        """Count one more; before a row changes, one less."""
        self.states[row.state] += by
        if row.state in ASIDE:
            self._beside(row, by)
        if row.scores is not None:
            self.heard += by
        elif row.is_new:
            self.new += by

    def _beside(self, row: Row, by: int) -> None:
        if by > 0:
            row.counted = row.standing
        if row.counted is not None and row.counted is not row.state:
            self._besides[row.counted] += by

    @property
    def standing(self) -> Counter[State]:
        """Rows by state and, beside that, by :attr:`Row.standing`."""
        return self.states + self._besides

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.states.values())

    @property
    def bad(self) -> int:
        """Files that failed or conflict."""
        return sum(self.states[state] for state in BAD)
