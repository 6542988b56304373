"""Matroska and WebM, whose tags are read and not written. Specification: RFC 9559, and its draft on tags.

A tag says what it is about by a level: 30 is the track, 50 the album. Many programs leave it out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects.base import OWN_KEYS, unique
from mat_desktop.metadata.source import Piece, Source, Span

HEADER = b"\x1aE\xdf\xa3"
"""The first four bytes of a file."""
_EBML, _SEGMENT, _CLUSTER, _INFO, _TAGS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1549A966, 0x1254C367
_INFO_TITLE = 0x7BA9
_TAG, _TARGETS, _SIMPLE, _NAME, _TEXT = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
_LEVEL = 0x68CA
_PARTS = (0x63C9, 0x63C4, 0x63C6)
"""An edition, a chapter, an attachment: what is said of these is not said of the track."""
_TRACK, _ALBUM = 30, 50

_NAMES = {
    Field.ARTIST: ("ARTIST",),
    Field.ALBUM: ("ALBUM",),
    Field.DATE: ("DATE", "DATE_RELEASED", "DATE_RECORDED", "YEAR"),
    Field.GENRE: ("GENRE",),
    Field.GROUPING: ("GROUPING",),
    **{field: (key,) for field, key in OWN_KEYS.items()},
}
READ_ONLY = "Matroska and WebM files are only read"

_MOST = 200_000
"""Elements that are looked at. A live stream has one for each block of sound: after three hours of these, its
tags have stood before it. A file that is made of empty ones would hold up a scan for an hour."""

_LONGEST = 1 << 20
"""Bytes of a text; a longer one is none that anybody wrote."""


@dataclass(frozen=True, slots=True)
class Said:
    """One value.

    :param name: in capital letters
    :param level: None where the tag names none
    """

    name: str
    text: str
    level: int | None


class MatroskaTags:
    """The values of a file in the order in which they stand, and the title that stands apart from them."""

    format = "Matroska"

    def __init__(self, said: Sequence[Said] = (), title: str = "") -> None:
        self._said = tuple(said)
        self._title = title

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field; what is said of the track goes before what is said of its album."""
        if field is Field.TITLE:
            return self._of("TITLE", _TRACK) or unique([self._title]) or self._of("TITLE", None)
        found: tuple[str, ...] = ()
        for name in _NAMES[field]:
            found = found or self._of(name, _TRACK)
        for name in _NAMES[field]:
            found = found or unique(said.text for said in self._said if said.name == name)
        if field is Field.ALBUM:
            return found or self._of("TITLE", _ALBUM)
        return found

    def _of(self, name: str, level: int | None) -> tuple[str, ...]:
        return unique(said.text for said in self._said if (said.name, said.level) == (name, level))

    def set(self, field: Field, values: Sequence[str]) -> None:
        """:raises Refusal: always"""
        raise Refusal(READ_ONLY)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Nothing: no field changes."""
        return ()

    def keys(self, field: Field) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(name.casefold() for name in _NAMES.get(field, ("TITLE",)))


class Matroska:
    """A Matroska or WebM file."""

    kind = "matroska"
    packets_end_with_tag = False
    is_new = False
    notes: tuple[str, ...] = ()
    obstacle = READ_ONLY

    def __init__(self, source: Source) -> None:
        """:raises Refusal: the tags do not hold together"""
        self._source = source
        walk = _Walk(source)
        said: list[Said] = []
        title = ""
        for number, start, stop in walk.elements(_segment(walk), source.size):
            if number == _INFO:
                title = title or _text(walk, start, stop, _INFO_TITLE)
            elif number == _TAGS:
                for inner, first, last in walk.elements(start, stop):
                    if inner == _TAG:
                        said += _read_tag(walk, first, last)
        self.tag = MatroskaTags(said, title)

    def pieces(self) -> Iterable[Piece]:
        """The file as it is."""
        yield Span(0, self._source.size)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """The whole file."""
        return (self._source.digest(0, self._source.size),)


class _Walk:
    """A way through the elements of one file, which ends after very many."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._left = _MOST

    def elements(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Elements one after another: number, first byte of the content, end of it.

        The segment, and a cluster of a live stream, whose size is not known, are walked as if what is in
        them stood beside them. A file that ends early ends the walk: its sound may be whole enough to be
        heard.
        """
        while start < stop and self._left:
            self._left -= 1
            head = self.source.peek(start, 12)
            number, wide = _number(head, keep_mark=True)
            size, more = _number(head[wide:])
            if not wide or not more:
                return
            start += wide + more
            if number == _SEGMENT or size is None:
                continue
            if number is None or start + size > stop:
                return
            yield number, start, start + size
            start += size


def _segment(walk: _Walk) -> int:
    """Where the only segment begins. :raises Refusal: there is none"""
    source = walk.source
    start = next((stop for number, _, stop in walk.elements(0, source.size) if number == _EBML), 0)
    if source.peek(start, 4) != _SEGMENT.to_bytes(4, "big"):
        raise Refusal("a Matroska file without content")
    return start


def _number(data: bytes, *, keep_mark: bool = False) -> tuple[int | None, int]:
    """A number whose leading zeros say how long it is, and that length; no length where there is none.

    :param keep_mark: numbers of elements are written with the bit that ends the zeros
    :returns: None where all bits are set, which stands for a size that is not known
    """
    if not data or not data[0]:
        return None, 0
    long = 9 - data[0].bit_length()
    if len(data) < long:
        return None, 0
    value = int.from_bytes(data[:long], "big")
    if keep_mark:
        return value, long
    mask = (1 << 7 * long) - 1
    return (None if value & mask == mask else value & mask), long


def _read_tag(walk: _Walk, start: int, stop: int) -> list[Said]:
    level: int | None = None
    parts = list(walk.elements(start, stop))
    for number, first, last in parts:
        if number != _TARGETS:
            continue
        for inner, begin, end in walk.elements(first, last):
            value = int.from_bytes(walk.source.read(begin, min(end - begin, 8)), "big")
            if inner == _LEVEL:
                level = value
            elif inner in _PARTS and value:
                return []
    said = []
    for number, first, last in parts:
        if number == _SIMPLE:
            name, text = (_text(walk, first, last, wanted) for wanted in (_NAME, _TEXT))
            said.append(Said(name.upper(), text, level))
    return said


def _text(walk: _Walk, start: int, stop: int, wanted: int) -> str:
    """The text of the first element of a kind, or none."""
    for number, first, last in walk.elements(start, stop):
        if number == wanted and last - first <= _LONGEST:
            return walk.source.read(first, last - first).decode("utf-8", "replace").partition("\0")[0]
    return ""
