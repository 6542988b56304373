"""WAV (RIFF) and AIFF: chunks, one of which holds an ID3v2 tag.

Specifications: Microsoft's Multimedia Programming Interface 1.0 (RIFF), Apple's Audio Interchange File Format
1.3. RIFF counts in little-endian, AIFF in big-endian; every chunk of odd size is followed by a pad byte.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.trailer import V1, V1_SIZE, merged
from mat_desktop.metadata.dialects.base import unique
from mat_desktop.metadata.dialects.carried import of_chunks, of_v1
from mat_desktop.metadata.dialects.id3 import HEADER, Id3Tag, tag_size
from mat_desktop.metadata.source import Piece, Source, Span

_INFO = {
    b"INAM": Field.TITLE,
    b"IART": Field.ARTIST,
    b"IPRD": Field.ALBUM,
    b"ICRD": Field.DATE,
    b"IGNR": Field.GENRE,
}
"""Chunks of a RIFF INFO list that hold one of our fields."""
_FIELDS = _INFO | {b"NAME": Field.TITLE, b"AUTH": Field.ARTIST}
"""Chunks of both that do."""
_TEXT_CHUNKS = frozenset({b"NAME", b"AUTH", b"ANNO", b"(c) "})
"""Chunks of an AIFF file that hold text."""
_GENRE_CHUNK = b"IGNR"
_MOST_INFO = 1 << 20
_HEAD = 8
_FORM = 12
_UNKNOWN_SIZE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Chunk:
    id: bytes
    start: int
    size: int

    @property
    def data(self) -> int:
        return self.start + _HEAD

    @property
    def stop(self) -> int:
        return self.data + self.size + self.size % 2


class Iff:
    """A WAV or AIFF file. Anything odd about its chunks is an obstacle to writing."""

    packets_end_with_tag = False

    def __init__(self, source: Source) -> None:
        """:raises Refusal: there is no chunk to be found, or the tag is damaged"""
        self._source = source
        self._is_riff = source.peek(0, 4) == b"RIFF"
        self._order: Literal["little", "big"] = "little" if self._is_riff else "big"
        self.kind = "wav" if self._is_riff else "aiff"
        self._v1 = self._behind()
        self._end = source.size - (len(self._v1.raw) if self._v1 else 0)
        self._chunks, self.obstacle = self._walk()
        tags = [chunk for chunk in self._chunks if chunk.id.upper() == b"ID3 "]
        self._chunk = tags[0] if tags else None
        self.is_new = self._chunk is None
        self.tag = Id3Tag()
        self._behind_tag = b""
        if self._chunk is not None:
            data = source.peek(self._chunk.data, self._chunk.size)
            size = tag_size(data[:HEADER])
            if not 0 < size <= len(data):
                raise Refusal("the ID3 chunk holds no ID3 tag")
            self.tag = Id3Tag.parse(data)
            self._behind_tag = data[size:]
        if len(tags) > 1:
            self.obstacle = self.obstacle or "it has several ID3 chunks"
        self.obstacle = self.obstacle or self.tag.obstacle
        self.carried: tuple[str, ...] = ()
        self.kept = {"ID3v1": self._v1.values()} if self._v1 is not None else {}
        notes = []
        texts = self.beside()
        if self._v1 is not None:
            notes.append("an ID3v1 tag stands behind its chunks; it stays as it is")
        if self.is_new:
            notes.append("has no ID3v2 tag yet; one of version 2.4 will be added")
            # Players look at ID3v2 first: what stands elsewhere must not vanish behind it.
            for field, values in texts.items():
                self.tag.set(field, values)
            carried = of_chunks(self._all_texts())
            if self._v1 is not None:
                said = {item.frame for item in carried}
                old = of_v1(self._v1.comment, self._v1.track)
                carried += [item for item in old if item.frame not in said]
            self.tag.carry(carried)
            self.carried = tuple(item.name for item in carried)
            if texts or carried:
                place = "text chunks" if self._v1 is None else "text chunks and its ID3v1 tag"
                notes.append(f"the values of its {place} will be copied to it")
        if self.tag.upgraded:
            notes.append("ID3v2.2 will be upgraded to 2.3")
        infos = [chunk for chunk in self._chunks if self._is_info(chunk)]
        # Of several lists the one with the genre, else the first.
        infos.sort(key=lambda chunk: _GENRE_CHUNK not in dict(_info(source.read(chunk.data, chunk.size))))
        self._info = infos[0] if infos else None
        self.notes = tuple(notes)
        self._genre = self.tag.get(Field.GENRE)

    def beside(self) -> dict[Field, tuple[str, ...]]:
        """What text chunks say, and where they say nothing an ID3v1 tag behind them."""
        return merged(self.kept) | self.texts()

    def texts(self) -> dict[Field, tuple[str, ...]]:
        """Fields that stand in chunks of their own. Genres are parted as they are joined there."""
        found = {}
        for name, text in self._all_texts():
            parts = [part.strip() for part in text.split(";")] if name == _GENRE_CHUNK else [text]
            if name in _FIELDS and (values := unique(parts)):
                found[_FIELDS[name]] = values
        return found

    def pieces(self) -> Iterable[Piece]:
        """The chunks with the tag's in its old place, or as the last."""
        tag = self.tag.render() + self._behind_tag
        name = self._chunk.id if self._chunk else b"id3 " if self._is_riff else b"ID3 "
        fresh = name + len(tag).to_bytes(4, self._order) + tag + bytes(len(tag) % 2)
        changed: list[tuple[_Chunk | None, bytes]] = [(self._chunk, fresh)]
        if self._is_riff and self.tag.get(Field.GENRE) != self._genre:
            changed.insert(0, (self._info, self._info_list()))
        body: list[Piece] = []
        position = _FORM
        for chunk, new in sorted(changed, key=lambda item: item[0].start if item[0] else self._end):
            if chunk is not None:
                body += [Span(position, chunk.start), new]
                position = chunk.stop
            else:
                body += [Span(position, self._chunks[-1].stop), new]
                position = self._chunks[-1].stop
        body.append(Span(position, self._chunks[-1].stop))
        total = _FORM + sum(p.stop - p.start if isinstance(p, Span) else len(p) for p in body)
        if total - _HEAD >= _UNKNOWN_SIZE:
            raise Refusal("the file would exceed 4 GiB, which its container cannot hold")
        yield self._source.read(0, 4) + (total - _HEAD).to_bytes(4, self._order) + self._source.read(8, 4)
        yield from body
        if self._v1 is not None:
            yield self._v1.raw

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other frames and, of every other chunk, its name, size and digest; of INFO, what is not ours."""
        others: list[bytes] = []
        for chunk in self._chunks:
            if chunk is self._chunk:
                continue
            if chunk is self._info and Field.GENRE in fields:
                content = self._source.read(chunk.data, chunk.size)
                others += [name + data for name, data in _info(content) if name != _GENRE_CHUNK]
            else:
                digest = self._source.digest(chunk.start, chunk.stop)
                others.append(chunk.id + chunk.size.to_bytes(4, "big") + digest)
        v1 = self._v1.raw if self._v1 is not None else b""
        return (*self.tag.foreign(fields), self._behind_tag, *others, v1)

    def _is_info(self, chunk: _Chunk) -> bool:
        return (
            self._is_riff
            and chunk.id == b"LIST"
            and chunk.size <= _MOST_INFO
            and self._source.peek(chunk.data, 4) == b"INFO"
        )

    def _info_list(self) -> bytes:
        """The INFO list with the tag's genre, for readers that know no ID3 in WAV (Windows, older FFmpeg)."""
        old = self._source.read(self._info.data, self._info.size) if self._info else b"INFO"
        items = [(name, data) for name, data in _info(old) if name != _GENRE_CHUNK]
        genres = self.tag.get(Field.GENRE)
        if genres:
            items.append((_GENRE_CHUNK, _encoded("; ".join(genres)) + b"\0"))
        data = b"INFO" + b"".join(
            name + len(text).to_bytes(4, "little") + text + bytes(len(text) % 2) for name, text in items
        )
        return b"LIST" + len(data).to_bytes(4, "little") + data

    def _behind(self) -> V1 | None:
        """An ID3v1 tag as the only thing behind the end of the container, where taggers of MP3 leave it."""
        end = int.from_bytes(self._source.peek(4, 4), self._order) + _HEAD
        raw = self._source.peek(end, V1_SIZE)
        alone = end + V1_SIZE == self._source.size
        return V1(raw) if alone and raw[:3] == b"TAG" else None

    def _walk(self) -> tuple[list[_Chunk], str]:
        """The chunks, and what is wrong with them."""
        source = self._source
        declared = int.from_bytes(source.read(4, 4), self._order)
        chunks: list[_Chunk] = []
        position = _FORM
        while position < self._end:
            head = source.peek(position, min(_HEAD, self._end - position))
            odd_before = bool(chunks) and chunks[-1].size % 2 == 1
            if len(head) < _HEAD or not all(0x20 <= byte <= 0x7E for byte in head[:4]):
                if odd_before:
                    return chunks, "a chunk of odd size without its pad byte"
                return chunks, "bytes that belong to no chunk"
            size = int.from_bytes(head[4:], self._order)
            if size == _UNKNOWN_SIZE or (size == 0 and head[:4] in (b"data", b"SSND")):
                return chunks, "a chunk of unknown size, as a stream leaves it"
            chunk = _Chunk(head[:4], position, size)
            if chunk.data + size > self._end:
                if position == declared + _HEAD:
                    return chunks, "bytes behind its end that belong to no chunk"
                return chunks, "the file is cut off: a chunk reaches beyond its end"
            chunks.append(chunk)
            if chunk.stop > self._end:
                return chunks, "a chunk of odd size without its pad byte"
            position = chunk.stop
        if not chunks:
            raise Refusal("the file has no chunks")
        if declared + _HEAD != self._end:
            return chunks, "the size in the file's head is not its size"
        return chunks, ""

    def _all_texts(self) -> list[tuple[bytes, str]]:
        """Texts by the chunks in which they stand."""
        chunks = [chunk for chunk in self._chunks if chunk.size <= _MOST_INFO]
        if not self._is_riff:
            found = [(c.id, self._source.read(c.data, c.size)) for c in chunks if c.id in _TEXT_CHUNKS]
        else:
            lists = [self._source.read(c.data, c.size) for c in chunks if c.id == b"LIST"]
            found = [pair for data in lists if data[:4] == b"INFO" for pair in _info(data)]
        return [(name, _text(data)) for name, data in found]


def _info(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents of the chunks in an INFO list."""
    position = 4
    while position + _HEAD <= len(data):
        size = int.from_bytes(data[position + 4 : position + _HEAD], "little")
        yield data[position : position + 4], data[position + _HEAD : position + _HEAD + size]
        position += _HEAD + size + size % 2


def _encoded(text: str) -> bytes:
    """INFO states no encoding: Windows' code page where it holds the text, else UTF-8."""
    try:
        return text.encode("cp1252")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _text(data: bytes) -> str:
    """Text of a chunk that does not say how it is encoded."""
    raw = data.split(b"\0")[0]
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").strip()
