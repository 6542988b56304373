"""The columns of the table of tracks: what stands in them, and how they sort."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from mat_desktop.domain.scores import Suggestion
from mat_desktop.domain.tags import Field
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.row import OUTSIDE, Row, State

TagsOf = Callable[[Row], Sequence[Suggestion]]
"""The tags of a row that would be written."""

LAST = "\U0010ffff"
"""Sorts behind every text: rows without one come last."""

_NUMBER = re.compile("[0-9]+")

BEFORE_LAST = "\U0010fffe"

RANKS = {state: rank for rank, state in enumerate(State)}


class Column(IntEnum):
    """Columns of the table, by number in the model; where they stand is the header's business."""

    STATE = 0
    TITLE = 1
    ARTIST = 2
    GENRE = 3
    SUGGESTED = 4
    LENGTH = 5
    ALBUM = 6
    MOOD = 7
    YEAR = 8
    LIKENESS = 9


HEADERS = {
    Column.STATE: "State",
    Column.TITLE: "Title",
    Column.ARTIST: "Artist",
    Column.GENRE: "Genre in file",
    Column.SUGGESTED: "Suggested",
    Column.LENGTH: "Length",
    Column.ALBUM: "Album",
    Column.MOOD: "Mood in file",
    Column.YEAR: "Year",
    Column.LIKENESS: "Likeness",
}
FIELDS = {
    Column.ARTIST: Field.ARTIST,
    Column.GENRE: Field.GENRE,
    Column.ALBUM: Field.ALBUM,
    Column.MOOD: Field.MOOD,
    Column.YEAR: Field.DATE,
}
"""Columns that show values of the file as they are."""

RIGHT = (Column.LENGTH, Column.LIKENESS)
"""Columns of numbers, which end at the right."""


def field_text(row: Row, column: Column) -> str:
    """Values of the file in a column, or an empty text."""
    if row.track is None:
        return ""
    text = "; ".join(row.track.tags.get(FIELDS[column], ()))
    return text[:4] if column is Column.YEAR else text


def cell(row: Row, column: Column, tags_of: TagsOf) -> str:
    """What a cell says."""
    if column is Column.STATE:
        return row.state.value
    if column is Column.TITLE:
        return row.title
    if column is Column.LENGTH:
        return words.clock(row.seconds)
    if column is Column.LIKENESS:
        return f"{row.likeness:.2f}".replace("-", "−") if row.likeness is not None else "–"
    if column is Column.SUGGESTED:
        return _suggested(row, tags_of)
    return field_text(row, column) or "–"


def _suggested(row: Row, tags_of: TagsOf) -> str:
    if row.reason and row.state in (State.FAILED, State.CONFLICT):
        return sentence(row.reason)
    if row.scores is None:
        return "Not listened to yet"
    nothing = "Only silence" if row.scores.silent else "Nothing sure enough"
    return ", ".join(s.tag.shown for s in tags_of(row)) or nothing


def why_no_tags(row: Row) -> str:
    """What stands in the place of the tags of a track that was not listened to."""
    notes = {
        State.QUEUED: "Waits for its turn",
        State.LISTENING: "Being listened to",
        State.FAILED: sentence(row.reason) or "Cannot be read",
    }
    return notes.get(row.state, "Not listened to yet")


def silent_note(row: Row) -> str:
    """Why nothing is suggested for a track that was listened to, where only silence was heard."""
    silent = row.scores is not None and row.scores.silent
    return "There is only silence in this track: nothing is suggested" if silent else ""


def why_no_own_tag(row: Row | None) -> str:
    """Why no tag can be added by hand to a track that was not listened to."""
    if row is None:
        return "No track is selected"
    if row.state is State.FAILED:
        return f"Tags are kept for what is heard in a track, and this one cannot be heard: {row.reason}"
    when = "once it was listened to" if row.waits else "once it was listened to: Esc, then L"
    return f"Tags are kept for what is heard in a track; they can be added {when}"


def phrase(row: Row, column: Column, tags_of: TagsOf) -> str:
    """A cell as a full phrase, for screen readers."""
    if column is Column.SUGGESTED and row.scores is not None and not row.reason:
        names = [s.tag.shown for s in tags_of(row)]
        if not names:
            return "nothing suggested"
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"suggested {', '.join(names[:3])}{more}"
    if column in FIELDS:
        value = field_text(row, column).strip()  # some files have a blank
        return value if value and column is Column.ARTIST else f"{HEADERS[column].lower()} {value or 'empty'}"
    if column in RIGHT:
        return f"{HEADERS[column].lower()} {cell(row, column, tags_of)}"
    return cell(row, column, tags_of)


def tool_tip(row: Row, column: Column, tags_of: TagsOf) -> str | None:
    """What does not fit into a cell, and why a track stands where it does."""
    if column is Column.TITLE:
        return printable(row.path)
    if column is Column.STATE and (row.reason or row.state is State.CHANGED):
        return sentence(row.reason or OUTSIDE)
    if column in RIGHT:
        return None
    text = cell(row, column, tags_of)
    return text if len(text) > 12 else None


def sort_key(column: Column) -> Callable[[Row], Any]:
    """How a column sorts; rows without a value come last."""
    if column is Column.STATE:
        return lambda row: RANKS[row.state]
    if column is Column.LENGTH:
        return lambda row: row.seconds or 0.0
    if column is Column.TITLE:
        return lambda row: natural(row.title) or LAST
    if column is Column.LIKENESS:
        return lambda row: row.likeness if row.likeness is not None else -2.0
    if column is Column.SUGGESTED:
        return lambda row: row.heard or (LAST if row.scores is None else BEFORE_LAST)
    return lambda row: natural(field_text(row, column)) or LAST


def natural(text: str) -> str:
    """A key that sorts text without regard to case, and numbers in it by their value: 2 before 10."""
    return _NUMBER.sub(_padded, text.casefold())


def _padded(number: re.Match[str]) -> str:
    return number[0].zfill(12)


def sentence(text: str) -> str:
    """A cause with a capital, as it stands alone."""
    return text[:1].upper() + text[1:]
