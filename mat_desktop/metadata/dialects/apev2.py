"""APEv2 (WavPack, Monkey's Audio, Musepack, OptimFROG, TAK).

Specification: wiki.hydrogenaud.io, APEv2_specification. Items keep their order, flags and spelling.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects.base import unique

FOOTER = 32
"""Bytes of the footer, and of the header that may stand before the items."""
_MAGIC = b"APETAGEX"
_VERSION = 2000
_HAS_HEADER, _IS_HEADER, _READ_ONLY = 1 << 31, 1 << 29, 1
_KIND, _BINARY = 0b110, 0b010
_KEYS = {
    Field.TITLE: "Title",
    Field.ARTIST: "Artist",
    Field.ALBUM: "Album",
    Field.DATE: "Year",
    Field.GENRE: "Genre",
    Field.MOOD: "Mood",
    Field.GROUPING: "Grouping",
    Field.INSTRUMENT: "Instrument",
    Field.VOICE: "Voice",
    Field.MAT_TAGS: "MAT_TAGS",
    Field.MAT_SCORES: "MAT_SCORES",
    Field.MAT_MODEL: "MAT_MODEL",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item. :param flags: bit 0 read-only, bits 1 and 2 the kind (0 is UTF-8 text)"""

    flags: int
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Footer:
    """What a footer says.

    :param size: bytes of items and footer
    :param count: items
    :param has_header: 32 more bytes stand before the items
    """

    version: int
    size: int
    count: int
    has_header: bool

    @classmethod
    def parse(cls, data: bytes) -> Footer | None:
        """The footer in these 32 bytes, None if there is none."""
        if len(data) != FOOTER or data[:8] != _MAGIC:
            return None
        version, size, count, flags = (int.from_bytes(data[i : i + 4], "little") for i in (8, 12, 16, 20))
        return cls(version, size, count, bool(flags & _HAS_HEADER))


class ApeTag:
    """One APEv2 tag."""

    format = "APEv2"

    def __init__(self, items: Sequence[Item] = ()) -> None:
        self.items = list(items)

    @classmethod
    def parse(cls, data: bytes, count: int) -> ApeTag:
        """Items from the bytes between header and footer. :raises Refusal: they do not hold together"""
        items: list[Item] = []
        position = 0
        for _ in range(count):
            end = data.find(b"\0", position + 8)
            size = int.from_bytes(data[position : position + 4], "little")
            if end < 0 or end + 1 + size > len(data):
                raise Refusal("the APEv2 tag is damaged")
            flags = int.from_bytes(data[position + 4 : position + 8], "little")
            items.append(Item(flags, data[position + 8 : end], data[end + 1 : end + 1 + size]))
            position = end + 1 + size
        if position != len(data):
            raise Refusal("the APEv2 tag is damaged")
        return cls(items)

    def render(self) -> bytes:
        """Header, items and footer; nothing if there are no items."""
        if not self.items:
            return b""
        body = b"".join(
            len(item.value).to_bytes(4, "little")
            + item.flags.to_bytes(4, "little")
            + item.key
            + b"\0"
            + item.value
            for item in self.items
        )
        numbers = [_VERSION, len(body) + FOOTER, len(self.items)]

        def frame(flags: int) -> bytes:
            return _MAGIC + b"".join(n.to_bytes(4, "little") for n in [*numbers, flags]) + bytes(8)

        return frame(_HAS_HEADER | _IS_HEADER) + body + frame(_HAS_HEADER)

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field; binary items and links are no values."""
        found = [item for item in self._of(field) if not item.flags & _KIND]
        return unique(value for item in found for value in item.value.decode("utf-8", "replace").split("\0"))

    def set(self, field: Field, values: Sequence[str]) -> None:
        """Replace the values of a field. :raises Refusal: the item is marked read-only, or is no text"""
        found = self._of(field)
        if any(item.flags & _READ_ONLY for item in found):
            raise Refusal(f"the item {_KEYS[field]} of the APEv2 tag is marked read-only")
        if any(item.flags & _KIND for item in found):
            raise Refusal(f"the item {_KEYS[field]} of the APEv2 tag is no text")
        first = self.items.index(found[0]) if found else len(self.items)
        item = found[0] if found else Item(0, _KEYS[field].encode("ascii"), b"")
        fresh = [replace(item, value=_encode(values))] if values else []
        after = [item for item in self.items[first:] if item not in found]
        self.items = self.items[:first] + fresh + after

    def others(self) -> list[tuple[str, tuple[str, ...]]]:
        """Keys and values of the texts that are none of our fields."""
        ours = {key.casefold() for key in _KEYS.values()}
        found = [(item.key.decode("latin-1"), item) for item in self.items if not item.flags & _KIND]
        texts = [(key, unique(i.value.decode("utf-8", "replace").split("\0"))) for key, i in found]
        return [(key, values) for key, values in texts if values and key.casefold() not in ours]

    def binaries(self) -> list[tuple[str, bytes]]:
        """Keys and contents of the items that are no text and no link."""
        return [(i.key.decode("latin-1"), i.value) for i in self.items if i.flags & _KIND == _BINARY]

    def add(self, key: str, value: str) -> None:
        """One more text that is none of our fields."""
        self.items.append(Item(0, key.encode("ascii"), _encode((value,))))

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Every other item: flags, key and value."""
        ours = [item for field in fields for item in self._of(field)]
        return tuple(
            item.flags.to_bytes(4, "little") + item.key + b"\0" + item.value
            for item in self.items
            if item not in ours
        )

    def keys(self, field: Field) -> tuple[str, ...]:
        """The item's key."""
        return (_KEYS[field].casefold(),)

    def _of(self, field: Field) -> list[Item]:
        key = _KEYS[field].lower().encode("ascii")
        return [item for item in self.items if item.key.lower() == key]


def _encode(values: Sequence[str]) -> bytes:
    try:
        return "\0".join(values).encode("utf-8")
    except UnicodeEncodeError:
        raise Refusal("a value holds characters that no file can keep") from None
