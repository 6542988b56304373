"""How a query may go on: names of fields and tags, and the values that the library has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mat_desktop.domain.query import (
    EXACT,
    FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    VERDICT_FIELDS,
    Vocabulary,
    fold,
)
from mat_desktop.domain.query_tokens import KEYWORDS, Kind, Token, as_name, in_quotes, tokens

MOST = 12
"""Choices that are offered."""

LEAST = 2
"""Letters of a word from which on names are offered: people search for words far more often."""

SCORES = "score "
"""Stands before the name of a tag where scores are kept among the values."""

_PLAIN = re.compile(r"[\w.&'+*/][\w.&'+*/-]*")


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand between two places of a query.

    :param choices: what is put there, the likeliest first
    """

    start: int
    end: int
    choices: tuple[str, ...] = ()


def complete(
    text: str, cursor: int, vocabulary: Vocabulary, values: Mapping[str, Sequence[str]]
) -> Completion:
    """How a query may go on at a place.

    :param values: values in the library by name of the field, the most frequent first; scores by ``SCORES``
        and name of the tag
    """
    before = [token for token in tokens(text[:cursor]) if token.kind is not Kind.END]
    last = before[-1] if before else None
    if last is None or (last.end < cursor and last.kind is not Kind.SIGN):
        return Completion(cursor, cursor)
    if last.kind is Kind.SIGN:
        field = _field_before(before)
        choices = (
            _values(field, "", vocabulary, values) if field else _scores(before[:-1], vocabulary, values)
        )
        return Completion(cursor, cursor, choices)
    if last.kind is Kind.FIELD:
        return Completion(cursor, cursor, _values(last.text, "", vocabulary, values))
    if last.kind not in (Kind.WORD, Kind.QUOTED):
        return Completion(cursor, cursor)
    field = (
        before[-2].text if len(before) > 1 and before[-2].kind is Kind.FIELD else _field_before(before[:-1])
    )
    if field:
        # A quote right behind the place closes what is replaced.
        end = cursor + (bool(last.lacks) and text.startswith(last.lacks, cursor))
        return Completion(last.start, end, _values(field, last.text, vocabulary, values))
    if last.kind is Kind.QUOTED or (len(before) > 1 and before[-2].kind is Kind.SIGN):
        return Completion(cursor, cursor)
    return _names(before, cursor, vocabulary)


def _field_before(before: Sequence[Token]) -> str:
    """The field whose whole value is to follow; empty where another part is."""
    if len(before) < 2 or before[-1].kind is not Kind.SIGN or before[-1].text not in EXACT:
        return ""
    name = before[-2]
    return name.text if name.kind is Kind.WORD and fold(name.text) in TEXT_FIELDS else ""


def _names(before: Sequence[Token], cursor: int, vocabulary: Vocabulary) -> Completion:
    """Tags and fields; a tag's name may have begun some words before."""
    fields = [f"{name}:" for name in FIELDS] + [f"{name} > " for name in NUMBER_FIELDS]
    run: list[Token] = []
    for token in reversed(before):
        if token.kind is not Kind.WORD or token.text.lower() in KEYWORDS or len(run) == 3:
            break
        run.insert(0, token)
    for count in range(len(run), 0, -1):
        begun = fold(" ".join(token.text for token in run[-count:]))
        if len(begun) < LEAST:
            continue
        names = [*vocabulary.tags, *fields] if count == 1 else vocabulary.tags
        found = [name for name in names if fold(name).startswith(begun) and fold(name) != begun]
        if count == 1 and begun in TEXT_FIELDS and begun != "path":
            found.insert(1, f"{begun}=")
            fields.append(f"{begun}=")
        if found:
            choices = (name if name in fields else as_name(name) for name in found[:MOST])
            return Completion(run[-count].start, cursor, tuple(choices))
    return Completion(cursor, cursor)


def _scores(
    before: Sequence[Token], vocabulary: Vocabulary, values: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Scores that tracks of the library have for the tag before a sign; people cannot know its scale."""
    names = {fold(shown): name for shown, name in vocabulary.tags.items()}
    for count in range(min(3, len(before)), 0, -1):
        name = names.get(fold(" ".join(token.text for token in before[-count:])))
        if name is not None:
            return tuple(values.get(f"{SCORES}{name}", ()))
    return ()


def _values(
    field: str, begun: str, vocabulary: Vocabulary, values: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    key, start = fold(field), fold(begun)
    known: Iterable[str]
    if key == "state":
        known = [fold(state).replace(" ", "-") for state in vocabulary.states]
    elif key == "missing":
        known = [name for name in TEXT_FIELDS if name != "path"]
    elif key in VERDICT_FIELDS:
        known = vocabulary.tags
    else:
        known = values.get(key, ())
    first = [value for value in known if fold(value).startswith(start)]
    inside = [value for value in known if start in fold(value) and not fold(value).startswith(start)]
    found = [*first, *inside][:MOST]
    if [fold(value) for value in found] == [start]:
        return ()
    return tuple(value if _is_plain(value) else in_quotes(value) for value in found)


def _is_plain(value: str) -> bool:
    return bool(_PLAIN.fullmatch(value)) and value.lower() not in KEYWORDS
