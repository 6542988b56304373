"""What a decision says of a row, what it changes in it, and how the row was before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableSequence, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from mat_desktop.domain.scheme import TagScheme
from mat_desktop.domain.scores import Mark, Said, Verdict
from mat_desktop.domain.track import TrackId
from mat_desktop.gui import words
from mat_desktop.gui.models.row import Chosen, Row

NOTHING: Mark = frozenset()
"""A mark on a track in which nothing is left undecided."""


class Decision(NamedTuple):
    """What is said of a row, and whether it is done with; None where that stays as it is.

    :param edition: of the row when that was worked out
    :param chosen: what is chosen in it by that
    """

    row: Row
    verdicts: Mapping[str, Verdict]
    mark: Mark | None
    edition: int
    chosen: Chosen


@dataclass(frozen=True, slots=True)
class Before:
    """How a row was before a decision, or before it was taken back: the verdicts that change, and the mark.

    :param path: of its file: the row itself may go and come again
    :param track_id: of what was heard in it then; model and file may be others when they come back
    """

    path: Path
    track_id: TrackId
    verdicts: dict[str, Verdict]
    mark: Mark


VERDICTS, TRACKS, THRESHOLDS, SCHEME, RUNS = "verdicts", "tracks", "thresholds", "scheme", "runs"
"""What Undo is about: what is said of tags, which tracks are in the library or teach a tag, from which scores
on tags are suggested, how they are shown and written, and what was written.
"""

ALL = frozenset({VERDICTS, TRACKS, THRESHOLDS, SCHEME, RUNS})


class Undoable(Protocol):
    """What can be taken back, or made again."""

    @property
    def about(self) -> str:
        """One of those above."""

    @property
    def text(self) -> str:
        """What was done, as the end of a sentence."""


U = TypeVar("U", bound=Undoable)


@dataclass(eq=False, slots=True)
class Landed:
    """A decision that can be taken back.

    :param text: what was decided
    :param before: how the rows were before it
    :param also: takes back, and makes again, what else came with it
    """

    text: str
    before: list[Before] = field(default_factory=list)
    also: tuple[Callable[[], object], Callable[[], object]] | None = None
    about: str = VERDICTS


def last_of(many: MutableSequence[U], reach: Set[str]) -> U | None:
    """Take out the last that is about something within reach; None where there is none."""
    place = next((n for n in reversed(range(len(many))) if many[n].about in reach), None)
    return None if place is None else many.pop(place)


def what_is_said(verdicts: Mapping[str, Verdict], scheme: TagScheme) -> str:
    """What is said of tags, as a message begins."""
    if len(verdicts) > 1:
        return f"{words.plural(len(verdicts), 'tag')} decided"
    known = {tag.name: tag.shown for tag in scheme.tags}
    return "".join(f"“{known.get(name, name)}” {verdict}" for name, verdict in verdicts.items())


def called(rows: Sequence[Row]) -> str:
    """Tracks in a message."""
    return f"“{rows[0].title}”" if len(rows) == 1 else words.plural(len(rows), "track")


def mark_of(done: bool | None) -> Mark | None:
    """The mark that follows from whether a track is done with; None where it stays as it is."""
    return NOTHING if done else done


def is_news(one: Decision) -> bool:
    """Whether a decision changes anything."""
    nothing, before = Verdict.UNDECIDED, one.row.verdicts
    said = any(before.get(name, nothing) is not verdict for name, verdict in one.verdicts.items())
    return said or (one.mark is not None and _says_more(one.mark, one.row.mark))


def _says_more(mark: Mark, before: Mark) -> bool:
    """Whether a track is reviewed now and was not, or the other way, or more of it was seen."""
    if isinstance(mark, bool) or isinstance(before, bool):
        return (mark is False) is not (before is False)
    return not mark <= before


def before_of(many: Sequence[Decision]) -> list[Before]:
    """How rows are before they are decided on; those in which nothing is heard are left out."""
    return [
        Before(
            row.path,
            row.scores.track_id,
            {name: row.verdicts.get(name, Verdict.UNDECIDED) for name in verdicts},
            row.mark,
        )
        for row, verdicts, *_ in many
        if row.scores is not None
    ]


def now_of(row: Row, before: Before) -> Before:
    """The same of its row as it is."""
    said = {name: row.verdicts.get(name, Verdict.UNDECIDED) for name in before.verdicts}
    return Before(row.path, before.track_id, said, row.mark)


def said_of(many: Sequence[Decision]) -> list[Said]:
    """The decisions as the store keeps them, by what is heard in the rows and their paths."""
    return [
        (row.scores.track_id, row.path, said, done) for row, said, done, *_ in many if row.scores is not None
    ]
