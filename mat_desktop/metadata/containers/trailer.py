"""What may follow the audio of any file: APEv2, Lyrics3 and ID3v1, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects import genres
from mat_desktop.metadata.dialects.apev2 import FOOTER, ApeTag, Footer
from mat_desktop.metadata.dialects.carried import Carried, covers, of_ape, of_v1
from mat_desktop.metadata.dialects.id3 import HEADER, Id3Tag, tag_size
from mat_desktop.metadata.source import Source

Fields = dict[Field, tuple[str, ...]]
"""Values by field."""
V1_SIZE = 128
"""Bytes of an ID3v1 tag."""
_LYRICS_FOOT = 15
"""Bytes of "LYRICS200" with the six digits of its size before it."""


@dataclass(frozen=True, slots=True)
class V1:
    """An ID3v1 tag: 128 bytes of which only the last, the genre, is ever changed."""

    raw: bytes

    def values(self) -> Fields:
        """The fields in it; latin-1, at most 30 characters."""

        found = {
            Field.TITLE: self._text(3, 30),
            Field.ARTIST: self._text(33, 30),
            Field.ALBUM: self._text(63, 30),
            Field.DATE: self._text(93, 4),
            Field.GENRE: genres.name_of(self.raw[127]),
        }
        return {field: (value,) for field, value in found.items() if value}

    def _text(self, start: int, length: int) -> str:
        return self.raw[start : start + length].split(b"\0")[0].decode("latin-1").strip()

    @property
    def track(self) -> int:
        """Number of the track, as version 1.1 has it in the comment's last byte; 0 for none."""
        return self.raw[126] if self.raw[125] == 0 else 0

    @property
    def comment(self) -> str:
        """The comment; empty for none."""
        return self._text(97, 28 if self.track else 30)

    def with_genre(self, names: tuple[str, ...]) -> bytes:
        """The tag with the number of the first genre that has one."""
        return self.raw[:127] + bytes([genres.v1_number(names)])


def merged(by_kind: Mapping[str, Fields]) -> Fields:
    """The fields of several tags in one; those of a later one count where two have one."""
    found: Fields = {}
    for fields in by_kind.values():
        found |= fields
    return found


@dataclass(frozen=True, slots=True)
class Trailer:
    """Places of what follows the audio.

    :param audio_end: where the APEv2 tag starts or would start
    :param ape_end: where it ends, equal to ``audio_end`` if there is none
    :param v1_start: where the ID3v1 tag starts, the file's size if there is none
    :param bare: neither an APEv2 nor a Lyrics3 tag stands between audio and ID3v1
    """

    audio_end: int
    ape_end: int
    v1_start: int
    v1: V1 | None
    ape: ApeTag | None
    ape_version: int
    bare: bool

    def by_kind(self) -> dict[str, Fields]:
        """The fields of each tag; those of a later one count where two have one."""
        found = {"ID3v1": self.v1.values()} if self.v1 is not None else {}
        if self.ape is not None:
            found["APEv2"] = {field: values for field in Field if (values := self.ape.get(field))}
        return found

    def values(self) -> Fields:
        """The fields in both tags."""
        return merged(self.by_kind())

    def others(self) -> list[Carried]:
        """What both tags say beside our fields; the APEv2 tag counts where both say it."""
        found = of_v1(self.v1.comment, self.v1.track) if self.v1 is not None else []
        ape = [*of_ape(self.ape.others()), *covers(self.ape.binaries())] if self.ape is not None else []
        said = {item.frame for item in ape}
        return [*ape, *(item for item in found if item.frame not in said)]


def find_trailer(source: Source) -> Trailer:
    """:raises Refusal: the APEv2 tag is damaged"""
    end = source.size
    v1 = None
    raw = source.peek(end - V1_SIZE, V1_SIZE) if end >= V1_SIZE else b""
    # The letters TAG also stand in an APEv2 tag: in its magic, and in keys such as MAT_TAGS. One that ends
    # with the file has no ID3v1 tag behind it.
    ends_with_ape = end >= FOOTER and Footer.parse(source.peek(end - FOOTER, FOOTER)) is not None
    if raw[:3] == b"TAG" and not ends_with_ape and source.peek(end - V1_SIZE - 3, 8) != b"APETAGEX":
        v1 = V1(raw)
        end -= V1_SIZE
    v1_start = end
    foot = source.peek(end - _LYRICS_FOOT, _LYRICS_FOOT) if end >= _LYRICS_FOOT else b""
    if v1 and foot[6:] == b"LYRICS200" and foot[:6].isdigit():
        end = max(0, end - _LYRICS_FOOT - int(foot[:6]))
    footer = Footer.parse(source.peek(end - FOOTER, FOOTER)) if end >= FOOTER else None
    if footer is None:
        return Trailer(end, end, v1_start, v1, None, 0, end == v1_start)
    items = end - footer.size
    start = items - (FOOTER if footer.has_header else 0)
    if footer.size < FOOTER or start < 0:
        raise Refusal("the APEv2 tag is damaged")
    tag = ApeTag.parse(source.read(items, footer.size - FOOTER), footer.count)
    return Trailer(start, end, v1_start, v1, tag, footer.version, False)


def id3v2_at(source: Source, start: int) -> Fields:
    """The fields of an ID3v2 tag in a file of which it is no part; none if it is damaged."""
    try:
        size = tag_size(source.peek(start, HEADER))
        tag = Id3Tag.parse(source.read(start, size)) if size else Id3Tag()
    except Refusal:
        return {}
    return {field: values for field in Field if (values := tag.get(field))}


@dataclass(frozen=True, slots=True)
class Foreign:
    """Tags that are no part of a file's own kind, as far as they can be read.

    :param end: where those behind the audio begin, the file's size if there are none
    :param behind: which those are, for people; empty for none
    :param by_kind: the fields of each, also of one before the audio; those of a later one count
    """

    end: int
    behind: str
    by_kind: dict[str, Fields]


def foreign_tags(source: Source, start: int = 0) -> Foreign:
    """:param start: of the file behind an ID3v2 tag, 0 where there is none"""
    front = {"ID3v2": id3v2_at(source, 0)} if start else {}
    try:
        trailer = find_trailer(source)
    except Refusal:
        return Foreign(source.size, "a damaged APEv2 tag", front)
    there = (
        ("an APEv2 tag", trailer.ape is not None),
        ("a Lyrics3 tag", trailer.ape_end < trailer.v1_start),
        ("an ID3v1 tag", trailer.v1 is not None),
    )
    kinds = [name for name, is_there in there if is_there]
    return Foreign(trailer.audio_end, " and ".join(kinds), trailer.by_kind() | front)
