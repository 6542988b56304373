"""What a decision says of a row, what it changes in it, and how the row was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mat_desktop.domain.scores import Mark, Said, Verdict
from mat_desktop.domain.track import TrackId
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
