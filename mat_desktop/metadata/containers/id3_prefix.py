"""Files with an ID3v2 tag in front of a bare stream: MP3, AAC (ADTS), True Audio."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.trailer import Trailer, find_trailer, id3v2_at
from mat_desktop.metadata.dialects.id3 import HEADER, Id3Tag, tag_size
from mat_desktop.metadata.source import Piece, Source, Span


class Id3Prefix:
    """The tag, the stream, and whatever follows it, of which only the ID3v1 genre byte is ever changed."""

    kind = "id3"
    packets_end_with_tag = False

    def __init__(self, source: Source) -> None:
        """:raises Refusal: the tag is damaged"""
        self._source = source
        size = tag_size(source.peek(0, HEADER))
        self.is_new = size == 0
        self.tag = Id3Tag() if self.is_new else Id3Tag.parse(source.read(0, size))
        self.obstacle = self.tag.obstacle
        self._stream = size
        self.carried: tuple[str, ...] = ()
        notes = []
        try:
            self._trailer = find_trailer(source)
        except Refusal as refusal:
            # The ID3 tag can be read all the same; what follows the stream is never parsed to be written.
            self._trailer = Trailer(source.size, source.size, source.size, None, None, 0, True)
            self.obstacle = self.obstacle or refusal.cause
        self.kept = self._trailer.by_kind()
        if self._trailer.bare:
            self.kept.pop("ID3v1", None)
        if self.is_new:
            notes.append("has no ID3v2 tag yet; one of version 2.4 will be added")
            # Players look at ID3v2 first: what the other tags say must not vanish behind it.
            for field, values in self._trailer.values().items():
                self.tag.set(field, values)
            carried = self._trailer.others()
            self.tag.carry(carried)
            self.carried = tuple(item.name for item in carried)
            if self.tag.frames:
                notes.append("the values of the tag behind its audio (ID3v1 or APEv2) will be copied to it")
        if self.tag.upgraded:
            notes.append("ID3v2.2 will be upgraded to 2.3")
        if source.peek(size, 3) == b"ID3" and size:
            self.kept["ID3v2"] = id3v2_at(source, size)
            notes.append("a second ID3v2 tag follows the first; it stays as it is")
        for kind, fields in self.kept.items():
            own = [field for field in (Field.GENRE, Field.MOOD) if field in fields]
            notes += [f"the {field} in its {kind} tag stays as it is" for field in own]
        self.notes = tuple(notes)
        self._genre = self.tag.get(Field.GENRE)

    def beside(self) -> dict[Field, tuple[str, ...]]:
        """What ID3v1 and APEv2 say behind the audio."""
        return self._trailer.values()

    def pieces(self) -> Iterable[Piece]:
        """The tag anew, then the rest as it is."""
        yield self.tag.render()
        yield Span(self._stream, self._trailer.v1_start)
        if self._trailer.v1 is not None:
            names = self.tag.get(Field.GENRE)
            # Behind another trailer FFmpeg takes the tag for audio, and the track would lose its identity.
            keep = names == self._genre or not self._trailer.bare
            yield self._trailer.v1.raw if keep else self._trailer.v1.with_genre(names)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other frames, the stream with all that follows it, the ID3v1 tag but for the genre byte."""
        v1 = self._trailer.v1.raw if self._trailer.v1 is not None else b""
        kept = v1[:127] if Field.GENRE in fields and self._trailer.bare else v1
        return (*self.tag.foreign(fields), self._source.digest(self._stream, self._trailer.v1_start), kept)
