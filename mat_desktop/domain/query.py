"""The language of the search field: ``guitar > 0.6 and not vocals``, ``genre:rock state:new``.

Words find what contains them, ``field:value`` looks into one field, ``field=value`` for a whole value of it,
and comparisons look at scores, length and year. Conditions beside each other must all hold; ``and``, ``or``,
``not``, a leading ``-`` and parentheses say otherwise. What stands in double quotes is taken as it is; a
quote inside is written twice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from mat_desktop.domain.query_tokens import KEYWORDS, Kind, Token, as_name, in_quotes, tokens
from mat_desktop.domain.tags import Field

TEXT_FIELDS = {
    **{
        name.value: name
        for name in (
            *(Field.TITLE, Field.ARTIST, Field.ALBUM, Field.GENRE, Field.MOOD),
            *(Field.INSTRUMENT, Field.VOICE, Field.GROUPING),
        )
    },
    "path": None,
}
"""Fields that ``field:value`` looks into; the path is not one of the file's own."""

EXACT = ("=", "!=")
"""Signs between a field and a whole value of it."""

VERDICT_FIELDS = ("tag", "accepted", "rejected")
NUMBER_FIELDS = ("length", "year")
FIELDS = (*TEXT_FIELDS, *VERDICT_FIELDS, "state", "missing")
"""Every word that may stand before a colon."""


class QueryError(ValueError):
    """What is wrong with a query, and where.

    :param start: first character that it concerns
    :param end: one past the last
    :param unfinished: whether typing on may mend it
    :param meant: what the query asks for where it is understood all the same
    """

    def __init__(
        self, message: str, start: int, end: int, *, unfinished: bool = False, meant: Query | None = None
    ) -> None:
        super().__init__(message)
        self.start, self.end, self.unfinished, self.meant = start, end, unfinished, meant


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What queries may name.

    :param tags: names of display tags by how they are shown
    :param states: where a track can stand, as shown
    """

    tags: Mapping[str, str]
    states: Sequence[str]


@dataclass(frozen=True, slots=True)
class Word:
    """Somewhere in title, artist, album, genre, mood, file name or chosen tags; ``text`` is folded."""

    text: str


@dataclass(frozen=True, slots=True)
class Has:
    """A field contains a text, which is folded; an empty text asks for the field to be there.

    :param whole: the text is all of a value
    """

    field: str
    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Tagged:
    """One of some tags is suggested or accepted ("tag"), or was "accepted" or "rejected" by the user.

    Suggested tags are named as they are shown, verdicts by the name that they are kept by.
    """

    how: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class In:
    """The track stands in one of some states.

    :param begun: only the beginning of their names was given
    """

    states: tuple[str, ...]
    begun: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """A number beside another: "length" in seconds, "year", or the score of a tag in 0..1.

    :param tag: whether ``what`` names a tag
    :param sign: one of ``<``, ``<=``, ``=``, ``!=``, ``>=``, ``>``
    """

    what: str
    tag: bool
    sign: str
    number: float


@dataclass(frozen=True, slots=True)
class Not:
    """What does not fit."""

    part: Query


@dataclass(frozen=True, slots=True)
class Every:
    """What fits every part."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """What fits at least one part."""

    parts: tuple[Query, ...]


Condition = Word | Has | Tagged | In | Compare
Query = Condition | Not | Every | Either


def fold(text: str) -> str:
    """A text as it is compared: without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(c for c in apart if not unicodedata.combining(c)).casefold()


def parse(text: str, vocabulary: Vocabulary) -> Query | None:
    """What a text asks for; None where it asks for nothing.

    :raises QueryError: it cannot be understood
    """
    return _Parser(text, vocabulary).query()


def comparisons(query: Query | None) -> list[Compare]:
    """Comparisons with scores of tags that must hold, from the left."""
    if isinstance(query, Every):
        return [found for part in query.parts for found in comparisons(part)]
    return [query] if isinstance(query, Compare) and query.tag else []


def begun_states(query: Query | None) -> list[str]:
    """States that a query asks for by the beginning of their names, from the left."""
    match query:
        case Every(parts) | Either(parts):
            return [found for part in parts for found in begun_states(part)]
        case Not(part):
            return begun_states(part)
        case In(states, begun=True):
            return list(states)
    return []


def begun_field(text: str) -> str | None:
    """What stands before the last word, where typing on may make that a field, or "and"; None elsewhere."""
    words = tokens(text)[:-1]
    last = words[-1] if words else None
    if last is None or last.kind is not Kind.WORD or last.end != len(text) or len(last.text) < 2:
        return None
    if len(words) > 1 and words[-2].kind in (Kind.FIELD, Kind.SIGN, Kind.OPEN, Kind.MINUS):
        return None
    if len(words) > 1 and words[-2].kind is Kind.WORD and words[-2].text.lower() in KEYWORDS:
        return None
    begins = any(name.startswith(fold(last.text)) for name in (*FIELDS, *NUMBER_FIELDS, *KEYWORDS))
    return text[: last.start] if begins else None


@dataclass(slots=True)
class _Parser:
    """Goes through the tokens once, from the left."""

    text: str
    vocabulary: Vocabulary
    _tokens: list[Token] = field(init=False)
    _at: int = 0

    def __post_init__(self) -> None:
        self._tokens = tokens(self.text)

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _error(self, message: str, first: Token, last: Token | None = None) -> QueryError:
        end = (last or first).end
        unfinished = end >= len(self.text.rstrip()) or first.kind is Kind.END
        return QueryError(message, first.start, end, unfinished=unfinished)

    def query(self) -> Query | None:
        """What lies behind a quote that is still open may be meant as something else: that is said first."""
        still_open = next((token for token in self._tokens if token.lacks), None)
        if still_open is None:
            return self._whole()
        meant: Query | None = None
        try:
            meant = self._whole()
        except QueryError as error:
            if not error.unfinished:
                raise
        raise QueryError(
            f"The closing {still_open.lacks} is missing",
            still_open.start,
            still_open.end,
            unfinished=True,
            meant=meant,
        )

    def _whole(self) -> Query | None:
        if self._now.kind is Kind.END:
            return None
        found = self._any()
        if self._now.kind is Kind.CLOSE:
            raise self._error("There is no ( for this )", self._now)
        return found

    def _any(self) -> Query:
        parts = [self._all()]
        while self._now.is_word("or"):
            self._next()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _all(self) -> Query:
        parts = self._not()
        while True:
            joined = self._now.is_word("and")
            if joined:
                self._next()
            elif self._now.kind in (Kind.END, Kind.CLOSE) or self._now.is_word("or"):
                break
            parts += self._not()
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _not(self) -> list[Query]:
        """Conditions up to the next one that ends a run of words; only the first of them is negated."""
        if self._now.is_word("not") or self._now.kind is Kind.MINUS:
            self._next()
            first, *rest = self._name() or self._not()
            return [Not(first), *rest]
        token = self._now
        if token.kind is Kind.OPEN:
            self._next()
            inside = self._any()
            if self._now.kind is not Kind.CLOSE:
                raise self._error("The ) is missing", token, self._now)
            self._next()
            return [inside]
        if token.kind is Kind.FIELD:
            return [self._has(self._next())]
        if token.is_plain:
            return self._words()
        if token.kind is Kind.SIGN:
            raise self._error(f"Expected a tag or a field before {token.text}", token)
        before = self._tokens[self._at - 1] if self._at else None
        after = f" after {before.text}" if before is not None else ""
        tags = {fold(name): name for name in self.vocabulary.tags}
        called = [
            tags[fold(part.text)] for part in (token, before) if part is not None and fold(part.text) in tags
        ]
        raise self._error(
            f"Expected a condition{after}{self._tag_at(token.start) or _to_quote(called)}", token
        )

    def _name(self) -> list[Query]:
        """After "not", the words of a tag's name belong together."""
        token, before = self._now, self._at
        if token.kind is not Kind.WORD or not token.is_plain:
            return []
        self._next()
        text, last = self._longest(token, [fold(name) for name in self.vocabulary.tags])
        if last is token or self._now.kind is Kind.SIGN:
            self._at = before
            return []
        return [Word(fold(text))]

    def _words(self) -> list[Query]:
        """Words beside each other; the last of them may be the name that a comparison begins with."""
        run = []
        while self._now.is_plain:
            run.append(self._next())
        if self._now.kind is not Kind.SIGN:
            return [Word(fold(token.text)) for token in run]
        count, compare = self._compare(run)
        return [*(Word(fold(token.text)) for token in run[:-count]), compare]

    # comparisons

    def _compare(self, run: list[Token]) -> tuple[int, Compare | Has | Not]:
        """A comparison, and how many words before the sign are its name: the most that are one."""
        names = {fold(shown): name for shown, name in self.vocabulary.tags.items()}
        sign = self._next()
        longest = 1 if run[-1].kind is Kind.QUOTED else len(run)
        for count in range(longest, 0, -1):
            name = fold(" ".join(token.text for token in run[-count:]))
            if name in names:
                return count, Compare(names[name], True, sign.text, self._score(sign))
            if name in NUMBER_FIELDS:
                return count, Compare(name, False, sign.text, self._length_or_year(name, sign))
        wrong = run[-1]
        if wrong.kind is Kind.WORD and fold(wrong.text) in TEXT_FIELDS and sign.text in EXACT:
            return 1, self._whole_value(fold(wrong.text), wrong, sign)
        if fold(wrong.text) in FIELDS:
            raise self._error(f"Write {wrong.text}:… to look into a field", wrong, sign)
        known = [*names, *NUMBER_FIELDS]
        hint = self._tag_before(sign.start) or _near(wrong.text, known)
        raise self._error(f"No tag is called “{wrong.text}”{hint}", wrong)

    def _whole_value(self, key: str, name: Token, sign: Token) -> Has | Not:
        token = self._now
        if not token.is_plain and not token.is_word("not"):
            raise self._error(f"Expected a value after {name.text}{sign.text}", name, token)
        text = fold(self._next().text)
        found = Has(key, text, whole=True) if text else Not(Has(key, ""))
        return found if sign.text == "=" else Not(found)

    def _tag_before(self, end: int) -> str:
        """How to write a tag whose name was typed as it is before a place, and not understood."""
        before = fold(self.text[:end].rstrip())
        return _to_quote(tag for tag in self.vocabulary.tags if before.endswith(fold(tag)))

    def _tag_at(self, start: int) -> str:
        """The same for one that begins at a place."""
        after = fold(self.text[start:])
        return _to_quote(tag for tag in self.vocabulary.tags if after.startswith(fold(tag)))

    def _number(self, sign: Token, example: str) -> Token:
        token = self._now
        if token.kind is not Kind.WORD or not (token.text[0].isdigit() or token.text[0] in ".,"):
            end = Token(Kind.END, "", sign.end, max(sign.end, token.start))
            shown = end if token.kind is Kind.END else token
            raise self._error(f"Expected {example} after {sign.text}", sign, shown)
        return self._next()

    def _score(self, sign: Token) -> float:
        token = self._number(sign, "a number")
        percent = token.text.endswith("%")
        try:
            value = float(token.text.rstrip("%").replace(",", ".")) / (100 if percent else 1)
        except ValueError:
            raise self._error(f"Expected a number after {sign.text}", token) from None
        if not 0 <= value <= 1:
            raise self._error("Scores lie between 0 and 1", token)
        return value

    def _length_or_year(self, name: str, sign: Token) -> float:
        example = "a length such as 4:30" if name == "length" else "a year"
        token = self._number(sign, example)
        parts = token.text.replace(",", ".").split(":")
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            numbers = []
        if not 1 <= len(numbers) <= (3 if name == "length" else 1):
            raise self._error(f"Expected {example} after {sign.text}", token)
        seconds = 0.0
        for number in numbers:
            seconds = seconds * 60 + number
        return seconds

    # fields

    def _has(self, name: Token) -> Query:
        key = fold(name.text)
        if key in NUMBER_FIELDS:
            raise self._error(f"Write {key} > … or {key} < …", name)
        if key not in FIELDS:
            hint = _near(name.text, FIELDS) or "; put text with a colon in quotes, a quote inside twice"
            hint = self._tag_at(name.start) or hint
            raise self._error(f"No field is called “{name.text}”{hint}", name)
        token = self._now
        if not token.is_plain and not token.is_word("not"):
            raise self._error(f"Expected a value after {name.text}:", name, token)
        self._next()
        if key == "state":
            return self._state(token)
        if key == "missing":
            return self._missing(token)
        if key in VERDICT_FIELDS:
            return self._tag(key, token)
        return Has(key, fold(token.text))

    def _longest(self, first: Token, known: Sequence[str]) -> tuple[str, Token]:
        """A value without quotes may go on over the next words, if that makes a known one."""
        best, last, ahead = first.text, first, self._at
        text = first.text
        while first.kind is Kind.WORD and self._tokens[ahead].is_plain:
            text = f"{text} {self._tokens[ahead].text}"
            ahead += 1
            if fold(text) in known:
                best, last, self._at = text, self._tokens[ahead - 1], ahead
        return best, last

    def _state(self, token: Token) -> In:
        states = {fold(state): state for state in self.vocabulary.states}
        text, last = self._longest(token, list(states))
        wanted = fold(text.replace("-", " ").replace("_", " "))
        exact = [state for key, state in states.items() if key == wanted]
        fit = exact or [
            state
            for key, state in states.items()
            if wanted and (key.startswith(wanted) or wanted in key.split())
        ]
        if not fit:
            listed = ", ".join(states)
            raise self._error(f"No state is called “{text}”. There are: {listed}", token, last)
        return In(tuple(fit), begun=not exact)

    def _missing(self, token: Token) -> Not:
        key = fold(token.text)
        if key not in TEXT_FIELDS or key == "path":
            listed = ", ".join(name for name in TEXT_FIELDS if name != "path")
            raise self._error(f"Only these can be missing: {listed}", token)
        return Not(Has(key, ""))

    def _tag(self, how: str, token: Token) -> Tagged:
        shown = how == "tag"
        names = {fold(word): word if shown else name for word, name in self.vocabulary.tags.items()}
        text, last = self._longest(token, list(names))
        wanted = fold(text)
        if wanted in names:
            return Tagged(how, (names[wanted],))
        fit = tuple(name for key, name in names.items() if wanted and wanted in key)
        if not fit:
            raise self._error(f"No tag is called “{text}”{_near(text, list(names))}", token, last)
        return Tagged(how, fit)


def _to_quote(tags: Iterable[str]) -> str:
    """How the longest of some tags is written where that takes quotes."""
    found = max(tags, key=len, default="")
    return f"; write {in_quotes(found)}" if found and as_name(found) != found else ""


def _near(text: str, known: Sequence[str]) -> str:
    """What was probably meant, as a question."""
    found = get_close_matches(fold(text), known, 1, 0.7)
    return f". Did you mean “{found[0]}”?" if found else ""
