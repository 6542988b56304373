"""The parts of a query: words, quoted texts, fields, signs, parentheses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

KEYWORDS = ("and", "or", "not")

_QUOTES = {'"': '"', "“": "”", "„": "“"}
_SIGNS = {">=": ">=", "≥": ">=", "<=": "<=", "≤": "<=", "!=": "!=", "≠": "!=", ">": ">", "<": "<", "=": "="}
_SIGN = re.compile("|".join(re.escape(sign) for sign in _SIGNS))
_FIELD = re.compile(r"([^\W\d_]+):")
_WORD = re.compile(r'(?:(?!!=)[^\s()<>=≤≥≠"“„])+')


class Kind(Enum):
    """What a part is."""

    WORD = auto()
    QUOTED = auto()
    FIELD = auto()
    SIGN = auto()
    OPEN = auto()
    CLOSE = auto()
    MINUS = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One part, without its quotes or its colon.

    :param start: its first character in the query, with quotes
    :param end: one past its last
    :param lacks: the quote that would close it, where the query ends before that
    """

    kind: Kind
    text: str
    start: int
    end: int
    lacks: str = ""

    def is_word(self, word: str) -> bool:
        """Whether it is a keyword."""
        return self.kind is Kind.WORD and self.text.lower() == word

    @property
    def is_plain(self) -> bool:
        """Whether it is a text to look for, and no keyword."""
        return self.kind is Kind.QUOTED or (self.kind is Kind.WORD and self.text.lower() not in KEYWORDS)


def tokens(text: str) -> list[Token]:
    """All parts of a query; the last one is its end. A quote that is still open ends with the query."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _token(text, at)
        found.append(token)
        at = token.end
    found.append(Token(Kind.END, "", len(text), len(text)))
    return found


def in_quotes(text: str) -> str:
    """A text as a query takes it as it is; a quote inside is written twice."""
    return '"' + text.replace('"', '""') + '"'


def as_name(name: str) -> str:
    """A name as it may stand in a query: as it is where that is understood, else in quotes."""
    parts = tokens(name)[:-1]
    bare = all(part.kind is Kind.WORD and part.is_plain for part in parts)
    return name if bare and " ".join(part.text for part in parts) == name else in_quotes(name)


def _quoted(text: str, at: int, closing: str) -> Token:
    end = text.find(closing, at + 1)
    while end >= 0 and text[end + 1 : end + 2] == closing:
        end = text.find(closing, end + 2)
    inside, after = (text[at + 1 :], len(text)) if end < 0 else (text[at + 1 : end], end + 1)
    return Token(Kind.QUOTED, inside.replace(closing * 2, closing), at, after, closing if end < 0 else "")


def _token(text: str, at: int) -> Token:
    mark = text[at]
    if mark in _QUOTES:
        return _quoted(text, at, _QUOTES[mark])
    if mark in "()":
        return Token(Kind.OPEN if mark == "(" else Kind.CLOSE, mark, at, at + 1)
    sign = _SIGN.match(text, at)
    if sign:
        return Token(Kind.SIGN, _SIGNS[sign.group()], at, sign.end())
    if mark == "-" and text[at + 1 : at + 2].strip() and not text[at + 1].isdigit():
        return Token(Kind.MINUS, "not", at, at + 1)
    name = _FIELD.match(text, at)
    if name:
        return Token(Kind.FIELD, name.group(1), at, name.end())
    word = _WORD.match(text, at)
    end = word.end() if word else at + 1
    return Token(Kind.WORD, text[at:end], at, end)
