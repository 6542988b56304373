"""Which tracks a query finds; whole lists at once, as libraries are large and people type fast."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar

from mat_desktop.domain.query import (
    TEXT_FIELDS,
    Compare,
    Condition,
    Either,
    Every,
    Has,
    In,
    Not,
    Query,
    Tagged,
    Word,
    fold,
)
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track

SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}
VERDICTS = {"accepted": Verdict.ACCEPTED, "rejected": Verdict.REJECTED}

IN_TEXT = frozenset((Field.TITLE, Field.ARTIST, Field.ALBUM, Field.GENRE, Field.MOOD))
"""Fields whose values stand in the text that words are looked for in."""

NEAR = 0.005
"""Scores are shown with two decimals, and equal what they are shown as."""


class Subject(Protocol):
    """What a query looks at in one track."""

    @property
    def track(self) -> Track | None:
        """The file, None where it cannot be read."""

    @property
    def where(self) -> str:
        """Path of the file."""

    @property
    def text(self) -> str:
        """Title, artist, album, genre, mood and file name, folded."""

    @property
    def heard(self) -> str:
        """Names of the tags that would be written, folded, each between two line feeds."""

    @property
    def state(self) -> str:
        """Where the track stands."""

    @property
    def standing(self) -> str:
        """The same, or what the track is besides where something happened to its file."""

    @property
    def seconds(self) -> float | None:
        """Its length, None where unknown."""

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """What the user said, by name of the tag."""

    def level(self, tag: str) -> float | None:
        """Score of a display tag in 0..1, None where the track was not listened to."""


S = TypeVar("S", bound=Subject)


def select(query: Query | None, subjects: Sequence[S]) -> list[S]:
    """Those that a query finds, in their order."""
    if query is None:
        return list(subjects)
    if isinstance(query, Every):
        left = list(subjects)
        for part in sorted(query.parts, key=_cost):
            left = select(part, left)
        return left
    if isinstance(query, Either):
        found = {id(subject) for part in query.parts for subject in select(part, subjects)}
        return [subject for subject in subjects if id(subject) in found]
    if isinstance(query, Not):
        out = {id(subject) for subject in select(query.part, subjects)}
        return [subject for subject in subjects if id(subject) not in out]
    return _fitting(query, subjects)


def asks_of_sound(query: Query) -> bool:
    """Whether it matters to a query what was heard: scores, or which tags are suggested."""
    if isinstance(query, (Every, Either)):
        return any(asks_of_sound(part) for part in query.parts)
    if isinstance(query, Not):
        return asks_of_sound(query.part)
    return (
        isinstance(query, Word)
        or (isinstance(query, Tagged) and query.how == "tag")
        or (isinstance(query, Compare) and query.tag)
    )


def _cost(query: Query) -> int:
    """Cheap conditions first, so that dear ones see fewer tracks."""
    return 0 if isinstance(query, (Word, In, Tagged)) else 1


def _fitting(condition: Condition, subjects: Sequence[S]) -> list[S]:
    if isinstance(condition, Word):
        word = condition.text
        return [s for s in subjects if word in s.text or word in s.heard]
    if isinstance(condition, In):
        states = condition.states
        return [s for s in subjects if s.state in states or s.standing in states]
    if isinstance(condition, Tagged):
        return _tagged(condition, subjects)
    if isinstance(condition, Has):
        return _having(condition, subjects)
    return _compared(condition, subjects)


def _tagged(condition: Tagged, subjects: Sequence[S]) -> list[S]:
    if condition.how == "tag":
        marked = [f"\n{fold(name)}\n" for name in condition.names]
        return [s for s in subjects if s.heard and any(name in s.heard for name in marked)]
    verdict, names = VERDICTS[condition.how], condition.names
    return [s for s in subjects if s.verdicts and any(s.verdicts.get(name) is verdict for name in names)]


def _having(condition: Has, subjects: Sequence[S]) -> list[S]:
    text, name = condition.text, TEXT_FIELDS[condition.field]
    fits: Callable[[str], bool] = text.__eq__ if condition.whole else lambda value: text in value
    if name is None:
        return [s for s in subjects if fits(fold(s.where))]
    if name is Field.TITLE:  # a file without one is shown, and found, under its name
        return [s for s in subjects if text in s.text and s.track is not None and fits(fold(s.track.title))]
    if not text:
        return [s for s in subjects if s.track is not None and s.track.tags.get(name)]
    likely = [s for s in subjects if text in s.text] if name in IN_TEXT else subjects
    return [
        s
        for s in likely
        if s.track is not None and any(fits(_folded(value)) for value in s.track.tags.get(name, ()))
    ]


@lru_cache(maxsize=16384)
def _folded(value: str) -> str:
    """Albums share their artists and genres."""
    return fold(value)


def _compared(condition: Compare, subjects: Sequence[S]) -> list[S]:
    fits, number = SIGNS[condition.sign], condition.number
    if condition.tag:
        name = condition.what
        number = array("f", [number])[0]  # scores are kept in single precision
        if condition.sign in ("=", "!="):
            equal = condition.sign == "="
            return [
                s for s in subjects if (v := s.level(name)) is not None and (abs(v - number) < NEAR) is equal
            ]
        return [s for s in subjects if (v := s.level(name)) is not None and fits(v, number)]
    if condition.what == "length":
        return [s for s in subjects if (v := s.seconds) is not None and fits(int(v), number)]
    return [s for s in subjects if (v := _year(s.track)) is not None and fits(v, number)]


def _year(track: Track | None) -> int | None:
    digits = track.first(Field.DATE)[:4] if track is not None else ""
    return int(digits) if len(digits) == 4 and digits.isdecimal() else None
