"""ASF (WMA): the objects of the header. Specification: Advanced Systems Format 1.20.3, sections 3 and 10."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects.asf import AsfTags, Attribute
from mat_desktop.metadata.source import Piece, Source, Span


def _guid(text: str) -> bytes:
    return UUID(text).bytes_le


HEADER = _guid("75B22630-668E-11CF-A6D9-00AA0062CE6C")
"""The first sixteen bytes of an ASF file."""
_PROPERTIES = _guid("8CABDCA1-A947-11CF-8EE4-00C00C205365")
_DESCRIPTION = _guid("75B22633-668E-11CF-A6D9-00AA0062CE6C")
_EXTENDED = _guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
_EXTENSION = _guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365")
_LIBRARY = _guid("44231C94-9498-49D1-A141-1D134E457054")
_PADDING = _guid("1806D474-CADF-4509-A4BA-9AABCB96AAE8")
_SEALED = {
    _guid("2211B3FB-BD23-11D2-B4B7-00A0C955FC6E"),
    _guid("298AE614-2622-4C17-B935-DAE07EE9289C"),
    _guid("2211B3FC-BD23-11D2-B4B7-00A0C955FC6E"),
}
"""Content encryption, extended content encryption, digital signature."""
_EXTENSION_HEAD = _guid("ABD3D211-A9BA-11CF-8EE6-00C00C205365") + b"\6\0"

_OBJECT = 24
_HEAD = 30
_FRESH_PADDING = 4096
_FILE_SIZE = slice(16, 24)


@dataclass(frozen=True, slots=True)
class _Object:
    guid: bytes
    data: bytes

    def render(self) -> bytes:
        return self.guid + (_OBJECT + len(self.data)).to_bytes(8, "little") + self.data


class Asf:
    """A WMA file."""

    kind = "asf"
    packets_end_with_tag = False
    is_new = False
    notes: tuple[str, ...] = ()

    def __init__(self, source: Source) -> None:
        """:raises Refusal: the header does not hold together"""
        self._source = source
        self._head = source.read(0, _HEAD)
        self._stop = int.from_bytes(self._head[16:24], "little")
        self._objects = _objects(source.read(_HEAD, self._stop - _HEAD))
        extension = self._find(self._objects, _EXTENSION)
        self._inner: list[_Object] = []
        self._extension_head = _EXTENSION_HEAD
        if extension is not None:
            self._extension_head = extension.data[:18]
            if len(extension.data) - 22 != int.from_bytes(extension.data[18:22], "little"):
                raise Refusal("the ASF header extension is damaged")
            self._inner = _objects(extension.data[22:])
        description = self._find(self._objects, _DESCRIPTION)
        extended = self._find(self._objects, _EXTENDED)
        library = self._find(self._inner, _LIBRARY)
        self.tag = AsfTags(
            _read_description(description.data) if description else (),
            _read_extended(extended.data) if extended else (),
            _read_library(library.data) if library else (),
        )
        self._library_before = list(self.tag.library)
        self.obstacle = ""
        if any(item.guid in _SEALED for item in self._objects):
            self.obstacle = "the file is protected or signed, and would not be valid any more"
        for guid in (_EXTENDED, _EXTENSION, _PROPERTIES):
            if sum(item.guid == guid for item in self._objects) > 1:
                self.obstacle = "an object of the ASF header stands twice"

    def pieces(self) -> Iterable[Piece]:
        """The header anew, filling its old place with padding where it can, then the rest."""
        objects = _with(self._objects, _EXTENDED, _write_extended(self.tag.extended))
        if self.tag.library != self._library_before:
            inner = _with(self._inner, _LIBRARY, _write_library(self.tag.library))
            body = b"".join(item.render() for item in inner)
            head = self._extension_head + len(body).to_bytes(4, "little")
            objects = _with(objects, _EXTENSION, head + body)
        objects = _padded(objects, self._stop - _HEAD)
        size = _HEAD + sum(len(item.render()) for item in objects)
        grown = self._source.size - self._stop + size
        objects = [self._resized(item, grown) for item in objects]
        yield HEADER + size.to_bytes(8, "little") + len(objects).to_bytes(4, "little") + self._head[28:30]
        yield b"".join(item.render() for item in objects)
        yield Span(self._stop, self._source.size)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other attributes, every other object of the header, and all that follows it."""
        outer = [
            self._resized(item, 0).render()
            for item in self._objects
            if item.guid not in (_EXTENDED, _EXTENSION, _PADDING)
        ]
        inner = [item.render() for item in self._inner if item.guid not in (_LIBRARY, _PADDING)]
        data = self._source.digest(self._stop, self._source.size)
        return (*self.tag.foreign(fields), *outer, self._extension_head, *inner, data)

    def _resized(self, item: _Object, size: int) -> _Object:
        """The file properties with another file size, if the one in them is right."""
        if item.guid != _PROPERTIES or int.from_bytes(item.data[_FILE_SIZE], "little") != self._source.size:
            return item
        return _Object(item.guid, item.data[:16] + size.to_bytes(8, "little") + item.data[24:])

    @staticmethod
    def _find(objects: Sequence[_Object], guid: bytes) -> _Object | None:
        return next((item for item in objects if item.guid == guid), None)


def _objects(data: bytes) -> list[_Object]:
    found = []
    position = 0
    while position < len(data):
        size = int.from_bytes(data[position + 16 : position + 24], "little")
        if size < _OBJECT or position + size > len(data):
            raise Refusal("the ASF header is damaged")
        found.append(_Object(data[position : position + 16], data[position + _OBJECT : position + size]))
        position += size
    return found


def _with(objects: Sequence[_Object], guid: bytes, data: bytes) -> list[_Object]:
    """The objects with new content for one of them, which is added if it is missing."""
    fresh = _Object(guid, data)
    if any(item.guid == guid for item in objects):
        return [fresh if item.guid == guid else item for item in objects]
    return [*objects, fresh]


def _padded(objects: Sequence[_Object], space: int) -> list[_Object]:
    """The objects with a padding that makes them fill ``space`` bytes, or a fresh one where they cannot."""
    bare = [item for item in objects if item.guid != _PADDING]
    left = space - sum(len(item.render()) for item in bare)
    if left == 0:
        return bare
    return [*bare, _Object(_PADDING, bytes(left - _OBJECT if left >= _OBJECT else _FRESH_PADDING))]


class _Reader:
    """Numbers and texts one after another. :raises Refusal: beyond the end"""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def bytes(self, length: int) -> bytes:
        start, self._position = self._position, self._position + length
        if self._position > len(self._data):
            raise Refusal("the ASF attributes are damaged")
        return self._data[start : self._position]

    def number(self, length: int) -> int:
        return int.from_bytes(self.bytes(length), "little")

    def text(self, length: int) -> str:
        raw = self.bytes(length)
        try:
            return raw.decode("utf-16-le").rstrip("\0")
        except UnicodeDecodeError:
            raise Refusal("the ASF attributes are damaged") from None


def _read_description(data: bytes) -> list[Attribute]:
    reader = _Reader(data)
    lengths = [reader.number(2) for _ in range(5)]
    names = ("Title", "Author", "Copyright", "Description", "Rating")
    return [Attribute(name, 0, reader.bytes(length)) for name, length in zip(names, lengths, strict=True)]


def _read_extended(data: bytes) -> list[Attribute]:
    reader = _Reader(data)
    found = []
    for _ in range(reader.number(2)):
        name = reader.text(reader.number(2))
        kind = reader.number(2)
        found.append(Attribute(name, kind, reader.bytes(reader.number(2))))
    return found


def _write_extended(attributes: Sequence[Attribute]) -> bytes:
    parts = [_short(len(attributes))]
    for a in attributes:
        name = _name(a)
        parts += [_short(len(name)), name, _short(a.kind), _short(len(a.value)), a.value]
    return b"".join(parts)


def _read_library(data: bytes) -> list[Attribute]:
    reader = _Reader(data)
    found = []
    for _ in range(reader.number(2)):
        scope = reader.bytes(4)
        name_length, kind, length = reader.number(2), reader.number(2), reader.number(4)
        found.append(Attribute(reader.text(name_length), kind, reader.bytes(length), scope))
    return found


def _write_library(attributes: Sequence[Attribute]) -> bytes:
    parts = [_short(len(attributes))]
    for a in attributes:
        name, length = _name(a), len(a.value).to_bytes(4, "little")
        parts += [a.scope, _short(len(name)), _short(a.kind), length, name, a.value]
    return b"".join(parts)


def _name(attribute: Attribute) -> bytes:
    return attribute.name.encode("utf-16-le") + b"\0\0"


def _short(number: int) -> bytes:
    if number >= 1 << 16:
        raise Refusal("the tag would become too large for ASF")
    return number.to_bytes(2, "little")
