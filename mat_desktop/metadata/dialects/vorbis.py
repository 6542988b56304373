"""Vorbis comments (FLAC, Ogg Vorbis, Opus, Speex). Specification: xiph.org/vorbis/doc/v-comment.html.

Comments are kept as bytes: entries without "=", with odd keys or invalid UTF-8 survive as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects.base import OWN_KEYS, unique

_KEYS = {
    Field.TITLE: ("TITLE",),
    Field.ARTIST: ("ARTIST",),
    Field.ALBUM: ("ALBUM",),
    Field.DATE: ("DATE", "YEAR"),
    Field.GENRE: ("GENRE",),
    Field.GROUPING: ("GROUPING",),
    **{field: (key,) for field, key in OWN_KEYS.items()},
}


class VorbisComment:
    """One comment block: the vendor, the comments, and whatever follows them (framing bit, padding)."""

    format = "Vorbis comment"

    def __init__(
        self, vendor: bytes = b"mat-desktop", comments: Sequence[bytes] = (), rest: bytes = b""
    ) -> None:
        self.vendor = vendor
        self.comments = list(comments)
        self.rest = rest

    @classmethod
    def parse(cls, data: bytes) -> VorbisComment:
        """:raises Refusal: the block does not hold together"""

        def text(start: int) -> tuple[bytes, int]:
            length, start = number(start)
            if start + length > len(data):
                raise Refusal("the Vorbis comment is damaged")
            return data[start : start + length], start + length

        def number(start: int) -> tuple[int, int]:
            if start + 4 > len(data):
                raise Refusal("the Vorbis comment is damaged")
            return int.from_bytes(data[start : start + 4], "little"), start + 4

        vendor, position = text(0)
        count, position = number(position)
        comments = []
        for _ in range(count):
            comment, position = text(position)
            comments.append(comment)
        return cls(vendor, comments, data[position:])

    def render(self) -> bytes:
        """The block as it lies in a file."""
        parts = [_sized(self.vendor), len(self.comments).to_bytes(4, "little")]
        return b"".join([*parts, *(_sized(comment) for comment in self.comments), self.rest])

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field; invalid UTF-8 is shown as a replacement mark."""
        for key in _KEYS[field]:
            found = [comment for comment in self.comments if _key(comment) == key]
            if found:
                return unique(comment.partition(b"=")[2].decode("utf-8", "replace") for comment in found)
        return ()

    def set(self, field: Field, values: Sequence[str]) -> None:
        """Replace the values of a field, in its old place and spelling; none removes it."""
        key = _KEYS[field][0]
        places = [index for index, comment in enumerate(self.comments) if _key(comment) == key]
        first = places[0] if places else len(self.comments)
        spelling = self.comments[first].partition(b"=")[0] if places else key.encode("ascii")
        try:
            fresh = [spelling + b"=" + value.encode("utf-8") for value in values]
        except UnicodeEncodeError:
            raise Refusal("a value holds characters that no file can keep") from None
        after = [comment for i, comment in enumerate(self.comments[first:], first) if i not in places]
        self.comments = self.comments[:first] + fresh + after

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """The vendor, every other comment and what follows them."""
        keys = {_KEYS[field][0] for field in fields}
        return (self.vendor, *(comment for comment in self.comments if _key(comment) not in keys), self.rest)

    def keys(self, field: Field) -> tuple[str, ...]:
        """The comment's name."""
        return (_KEYS[field][0].casefold(),)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "little") + data


def _key(comment: bytes) -> str:
    name, mark, _ = comment.partition(b"=")
    return name.decode("ascii", "replace").upper() if mark else ""
