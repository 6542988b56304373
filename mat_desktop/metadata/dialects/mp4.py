"""MP4 tags as iTunes writes them: the items of ``moov.udta.meta.ilst``.

Items are kept as bytes; several values of a field are several ``data`` atoms in one item.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects import genres
from mat_desktop.metadata.dialects.base import OWN_KEYS, unique

_TEXT = {
    Field.TITLE: b"\xa9nam",
    Field.ARTIST: b"\xa9ART",
    Field.ALBUM: b"\xa9alb",
    Field.DATE: b"\xa9day",
    Field.GENRE: b"\xa9gen",
    Field.GROUPING: b"\xa9grp",
}
_FREE, _NUMBERED_GENRE = b"----", b"gnre"
_MEAN = b"com.apple.iTunes"
_TYPE_UTF8, _TYPE_UTF16 = 1, 2


@dataclass(frozen=True, slots=True)
class Item:
    """One item of ``ilst``. :param payload: the atoms in it"""

    name: bytes
    payload: bytes


class Mp4Tags:
    """The items of one ``ilst``."""

    format = "MP4"

    def __init__(self, items: Sequence[Item] = ()) -> None:
        self.items = list(items)

    @property
    def has_numbered_genre(self) -> bool:
        """A ``gnre`` atom holds a genre as a number; it gives way to a name when the genre changes."""
        return any(item.name == _NUMBERED_GENRE for item in self.items)

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field."""
        return unique(value for item in self._of(field) for value in _values(item))

    def set(self, field: Field, values: Sequence[str]) -> None:
        """Replace the values of a field, in its old place and spelling; none removes it."""
        found = self._of(field)
        first = self.items.index(found[0]) if found else len(self.items)
        fresh = [_item(field, found, values)] if values else []
        after = [item for item in self.items[first:] if item not in found]
        self.items = self.items[:first] + fresh + after

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Every other item."""
        ours = [item for field in fields for item in self._of(field)]
        return tuple(item.name + item.payload for item in self.items if item not in ours)

    def keys(self, field: Field) -> tuple[str, ...]:
        """The atom's name, or mean and name."""
        if field in _TEXT:
            return (_TEXT[field].decode("latin-1").casefold(),)
        return (f"----:{_MEAN.decode()}:{OWN_KEYS[field]}".casefold(),)

    def _of(self, field: Field) -> list[Item]:
        if field in _TEXT:
            names = [_TEXT[field]] + ([_NUMBERED_GENRE] if field is Field.GENRE else [])
            return [item for item in self.items if item.name in names]
        key = OWN_KEYS[field].encode("ascii")
        return [item for item in self.items if item.name == _FREE and _free_key(item) == (_MEAN.lower(), key)]


def _item(field: Field, found: Sequence[Item], values: Sequence[str]) -> Item:
    try:
        data = b"".join(
            atom(b"data", _TYPE_UTF8.to_bytes(4, "big") + bytes(4) + value.encode("utf-8"))
            for value in values
        )
    except UnicodeEncodeError:
        raise Refusal("a value holds characters that no file can keep") from None
    if field in _TEXT:
        return Item(_TEXT[field], data)
    naming = [part for part in _atoms(found[0].payload) if part[0] in (b"mean", b"name")] if found else []
    if not naming:
        naming = [(b"mean", bytes(4) + _MEAN), (b"name", bytes(4) + OWN_KEYS[field].encode("ascii"))]
    return Item(_FREE, b"".join(atom(name, payload) for name, payload in naming) + data)


def atom(name: bytes, payload: bytes) -> bytes:
    """An atom with its size. :raises Refusal: it would need 4 GiB or more"""
    if len(payload) + 8 >= 1 << 32:
        raise Refusal("an MP4 atom would become too large")
    return (len(payload) + 8).to_bytes(4, "big") + name + payload


def _atoms(payload: bytes) -> list[tuple[bytes, bytes]]:
    """Names and contents of the atoms in an item; what does not hold together ends the list."""
    found = []
    position = 0
    while position + 8 <= len(payload):
        size = int.from_bytes(payload[position : position + 4], "big")
        if size < 8 or position + size > len(payload):
            break
        found.append((payload[position + 4 : position + 8], payload[position + 8 : position + size]))
        position += size
    return found


def _values(item: Item) -> list[str]:
    values = []
    for name, content in _atoms(item.payload):
        if name != b"data" or len(content) < 8:
            continue
        kind, data = int.from_bytes(content[1:4], "big"), content[8:]
        if item.name == _NUMBERED_GENRE:
            # Counts from 1, unlike ID3v1.
            values.append(
                genres.name_of(int.from_bytes(data, "big") - 1) if int.from_bytes(data, "big") else ""
            )
        else:
            values.append(data.decode("utf-16-be" if kind == _TYPE_UTF16 else "utf-8", "replace"))
    return values


def _free_key(item: Item) -> tuple[bytes, bytes]:
    parts = dict(reversed(_atoms(item.payload)))
    return parts.get(b"mean", b"")[4:].lower(), parts.get(b"name", b"")[4:].upper()
