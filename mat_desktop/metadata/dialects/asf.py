"""ASF attributes (WMA). Specification: Advanced Systems Format 1.20.3, sections 3.10, 3.11, 4.7 and 4.8.

The first value of a field stands in the extended content description, which every player reads; further
values stand in the metadata library, which may repeat a name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects.base import unique

_KEYS = {
    Field.TITLE: "Title",
    Field.ARTIST: "Author",
    Field.ALBUM: "WM/AlbumTitle",
    Field.DATE: "WM/Year",
    Field.GENRE: "WM/Genre",
    Field.MOOD: "WM/Mood",
    Field.GROUPING: "WM/ContentGroupDescription",
    Field.INSTRUMENT: "MAT/Instrument",
    Field.VOICE: "MAT/Voice",
    Field.MAT_TAGS: "MAT/TAGS",
    Field.MAT_SCORES: "MAT/SCORES",
    Field.MAT_MODEL: "MAT/MODEL",
}
_UNICODE = 0
_MOST_IN_DESCRIPTION = 0xFFFF
"""Bytes of a value in the extended content description."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute.

    :param name: without its terminator
    :param kind: 0 is text in UTF-16LE
    :param value: as in the file
    :param scope: language index and stream number as in the file; empty in the extended content description
    """

    name: str
    kind: int
    value: bytes
    scope: bytes = b""

    @property
    def text(self) -> str:
        """The value of a text attribute."""
        return self.value.decode("utf-16-le", "replace").rstrip("\0")


class AsfTags:
    """The attributes of one header.

    :param description: title, author, copyright, description and rating, of which only two are shown
    :param extended: the extended content description
    :param library: the metadata library
    """

    format = "ASF"

    def __init__(
        self,
        description: Sequence[Attribute] = (),
        extended: Sequence[Attribute] = (),
        library: Sequence[Attribute] = (),
    ) -> None:
        self.description = list(description)
        self.extended = list(extended)
        self.library = list(library)

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field."""
        attributes = [*self.description, *self.extended, *self.library]
        return unique(a.text for a in attributes if _is(a, field) and a.kind == _UNICODE)

    def set(self, field: Field, values: Sequence[str]) -> None:
        """Replace the values of a field; none removes it. :raises Refusal: it is no text in this file"""
        found = [a for a in (*self.extended, *self.library) if _is(a, field)]
        if any(a.kind != _UNICODE for a in found):
            raise Refusal(f"the attribute {_KEYS[field]} is no text")
        spelling = found[0].name if found else _KEYS[field]
        try:
            raw = [value.encode("utf-16-le") + b"\0\0" for value in values]
        except UnicodeEncodeError:
            raise Refusal("a value holds characters that no file can keep") from None
        place = next((i for i, a in enumerate(self.extended) if _is(a, field)), len(self.extended))
        self.extended = [a for a in self.extended if not _is(a, field)]
        self.library = [a for a in self.library if not _is(a, field)]
        if raw and len(raw[0]) <= _MOST_IN_DESCRIPTION:
            self.extended.insert(place, Attribute(spelling, _UNICODE, raw.pop(0)))
        self.library += [Attribute(spelling, _UNICODE, value, bytes(4)) for value in raw]

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Every other attribute."""
        return tuple(
            attribute.scope + attribute.name.encode("utf-16-le") + bytes([attribute.kind]) + attribute.value
            for attribute in (*self.description, *self.extended, *self.library)
            if not any(_is(attribute, field) for field in fields)
        )

    def key(self, field: Field) -> str:
        """As the attribute is called in the file."""
        own = [a.name for a in (*self.extended, *self.library) if _is(a, field)]
        return own[0] if own else _KEYS[field]

    def keys(self, field: Field) -> tuple[str, ...]:
        """The attribute's name."""
        return (_KEYS[field].casefold(),)


def _is(attribute: Attribute, field: Field) -> bool:
    """Whether it holds the field for the whole file, not for one stream or language."""
    return attribute.name.casefold() == _KEYS[field].casefold() and not any(attribute.scope)
