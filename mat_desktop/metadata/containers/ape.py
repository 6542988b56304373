"""Files with an APEv2 tag at their end: WavPack, Monkey's Audio, Musepack, OptimFROG, TAK."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mat_desktop.audio.probe import end_of_monkeys_audio, end_of_wavpack
from mat_desktop.domain.tags import MARKS, Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.trailer import Fields, find_trailer, id3v2_at, merged
from mat_desktop.metadata.dialects.apev2 import ApeTag
from mat_desktop.metadata.dialects.id3 import HEADER, tag_size
from mat_desktop.metadata.source import Piece, Source, Span

_SUPPORTED = 2000


class Ape:
    """The audio, the tag, and what may follow it, of which only the ID3v1 genre byte is ever changed."""

    kind = "apev2"

    def __init__(self, source: Source) -> None:
        """:raises Refusal: the tag is damaged"""
        self._source = source
        self._trailer = find_trailer(source)
        self.is_new = self._trailer.ape is None
        self.tag = self._trailer.ape or ApeTag()
        self.packets_end_with_tag = source.peek(0, 4) == b"MAC " and not end_of_monkeys_audio(source.file)
        self.obstacle = ""
        if source.peek(0, 8) == b"APETAGEX":
            self.obstacle = "an APEv2 tag at the start of the file"
        elif self._trailer.ape_version not in (0, _SUPPORTED):
            self.obstacle = "an APE tag of another version than 2"
        self.carried: tuple[str, ...] = ()
        self.kept: dict[str, Fields] = {}
        notes = []
        if source.peek(0, 3) == b"ID3":
            self.kept["ID3v2"] = id3v2_at(source, 0)
            notes.append("an ID3v2 tag stands before the audio; it stays as it is")
        end = end_of_wavpack(source.file)
        if 0 < end < self._trailer.audio_end:
            if _is_id3v2(source, end, self._trailer.audio_end):
                self.kept["ID3v2"] = self.kept.get("ID3v2", {}) | id3v2_at(source, end)
                notes.append("an ID3v2 tag stands behind the audio; it stays as it is")
            elif source.peek(end, 8) == b"APETAGEX":
                self.obstacle = "something follows its APEv2 tag and hides it from other programs"
            else:
                self.obstacle = "the file is damaged, or something that is no tag follows its audio"
        if self.is_new:
            notes.append("has no APEv2 tag yet; one will be added")
            self._carry()
            if self.tag.items:
                notes.append("the values of its ID3 tags will be copied to it")
        self.notes = tuple(notes)
        self._genre = self.tag.get(Field.GENRE)

    def _carry(self) -> None:
        """Players look at APEv2 first: what an ID3 tag says must not vanish behind it."""
        for field, values in self.beside().items():
            if field not in MARKS:
                self.tag.set(field, values)
        v1 = self._trailer.v1
        if v1 is None:
            return
        for key, value in (("Comment", v1.comment), ("Track", str(v1.track or ""))):
            if value:
                self.tag.add(key, value)
                self.carried += (key.lower(),)

    def beside(self) -> dict[Field, tuple[str, ...]]:
        """What ID3v2 says before the audio or right behind it, and ID3v1 behind the tag."""
        v1 = self._trailer.v1
        return (v1.values() if v1 is not None else {}) | merged(self.kept)

    def pieces(self) -> Iterable[Piece]:
        """The audio, the tag anew, the rest as it is."""
        yield Span(0, self._trailer.audio_end)
        yield self.tag.render()
        yield Span(self._trailer.ape_end, self._trailer.v1_start)
        if self._trailer.v1 is not None:
            names = self.tag.get(Field.GENRE)
            yield self._trailer.v1.raw if names == self._genre else self._trailer.v1.with_genre(names)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other items, the audio, what follows the tag, the ID3v1 tag but for the genre byte."""
        v1 = self._trailer.v1.raw if self._trailer.v1 is not None else b""
        kept = v1[:127] if Field.GENRE in fields else v1
        audio = self._source.digest(0, self._trailer.audio_end)
        behind = self._source.digest(self._trailer.ape_end, self._trailer.v1_start)
        return (*self.tag.foreign(fields), audio, behind, kept)


def _is_id3v2(source: Source, start: int, end: int) -> bool:
    """Whether an ID3v2 tag is all that stands there."""
    try:
        return start + tag_size(source.peek(start, HEADER)) == end
    except Refusal:
        return False
