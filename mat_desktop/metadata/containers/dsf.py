"""DSF (Sony's DSD stream file 1.01): the head points to an ID3v2 tag at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects.id3 import Id3Tag, tag_size
from mat_desktop.metadata.source import Piece, Source, Span

_HEAD = 28
"""Bytes of the DSD chunk: magic, its size, the file's size, the tag's place; numbers of 8 bytes."""


class Dsf:
    """A DSF file."""

    kind = "dsf"
    packets_end_with_tag = False

    def __init__(self, source: Source) -> None:
        """:raises Refusal: the head or the tag makes no sense"""
        self._source = source
        head = source.read(0, _HEAD)
        declared, place = (int.from_bytes(head[i : i + 8], "little") for i in (12, 20))
        self.is_new = place == 0
        self._audio_end = place or source.size
        self.obstacle = "" if declared == source.size else "the size in the file's head is not its size"
        self.tag = Id3Tag()
        if place:
            data = source.peek(place, source.size - place)
            size = tag_size(data[:10])
            if place < _HEAD or not 0 < size <= len(data):
                raise Refusal("the file's head points to no ID3 tag")
            self.tag = Id3Tag.parse(data)
            if len(data) != size:
                self.obstacle = self.obstacle or "bytes follow the ID3 tag"
        self.obstacle = self.obstacle or self.tag.obstacle
        self.notes = ("has no ID3v2 tag yet; one of version 2.4 will be added",) if self.is_new else ()

    def pieces(self) -> Iterable[Piece]:
        """The head with the new size and place, the audio, the tag."""
        tag = self.tag.render()
        numbers = (self._audio_end + len(tag), self._audio_end)
        yield self._source.read(0, 12) + b"".join(number.to_bytes(8, "little") for number in numbers)
        yield Span(_HEAD, self._audio_end)
        yield tag

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other frames and the audio."""
        return (*self.tag.foreign(fields), self._source.digest(_HEAD, self._audio_end))
