"""FLAC: metadata blocks before the frames. Specification: RFC 9639, section 8.

Tags of other kinds before and behind the stream are looked at and never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.trailer import foreign_tags, merged
from mat_desktop.metadata.dialects.vorbis import VorbisComment
from mat_desktop.metadata.source import Piece, Source, Span

_STREAMINFO, _PADDING, _COMMENT = 0, 1, 4
_MOST = (1 << 24) - 1
"""Longest block in bytes."""
_FRESH_PADDING = 4096


@dataclass(frozen=True, slots=True)
class _Block:
    type: int
    data: bytes


class Flac:
    """A FLAC file, with an ID3v2 tag before it or not."""

    kind = "flac"
    packets_end_with_tag = False

    def __init__(self, source: Source, start: int) -> None:
        """:param start: of the magic. :raises Refusal: the blocks do not hold together"""
        self._source = source
        self._start = start
        self._blocks: list[_Block] = []
        position, last = start + 4, False
        while not last:
            head = source.read(position, 4)
            last, size = bool(head[0] & 0x80), int.from_bytes(head[1:], "big")
            self._blocks.append(_Block(head[0] & 0x7F, source.read(position + 4, size)))
            position += 4 + size
        self._audio = position
        self._space = position - start - 4
        sync = source.peek(position, 2)
        if self._blocks[0].type != _STREAMINFO:
            raise Refusal("the FLAC file has no stream information")
        self.obstacle = ""
        if len(sync) == 2 and not (sync[0] == 0xFF and sync[1] & 0xFC == 0xF8):
            self.obstacle = "the sizes of its metadata blocks are wrong"
        comments = [index for index, block in enumerate(self._blocks) if block.type == _COMMENT]
        self._place = comments[0] if comments else None
        self.is_new = self._place is None
        self.tag = VorbisComment()
        if self._place is not None:
            self.tag = VorbisComment.parse(self._blocks[self._place].data)
        notes = []
        if start:
            notes.append("an ID3v2 tag stands before the FLAC stream; it stays as it is")
        tags = foreign_tags(source, start)
        self.kept = tags.by_kind
        if tags.behind:
            notes.append(f"what stands behind the FLAC stream stays as it is: {tags.behind}")
        if len(comments) > 1:
            notes.append("there are several comment blocks; only the first is read and written")
        self.notes = tuple(notes)
        self.carried: tuple[str, ...] = ()

    def beside(self) -> dict[Field, tuple[str, ...]]:
        """What ID3v2 says before the stream, and APEv2 and ID3v1 behind it."""
        return merged(self.kept)

    def pieces(self) -> Iterable[Piece]:
        """The blocks, the first padding taking up the difference where it can."""
        comment = _Block(_COMMENT, self.tag.render())
        blocks = list(self._blocks)
        if self._place is None:
            blocks.insert(1, comment)
        else:
            blocks[self._place] = comment
        blocks = _padded(blocks, self._space)
        if any(len(block.data) > _MOST for block in blocks):
            raise Refusal("the tag would become too large for FLAC")
        yield Span(0, self._start + 4)
        for index, block in enumerate(blocks):
            last = 0x80 if index == len(blocks) - 1 else 0
            yield bytes([block.type | last]) + len(block.data).to_bytes(3, "big") + block.data
        yield Span(self._audio, self._source.size)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other comments, other blocks but padding, what stands before, and the frames."""
        others = [
            bytes([block.type]) + block.data
            for index, block in enumerate(self._blocks)
            if block.type != _PADDING and index != self._place
        ]
        before = self._source.read(0, self._start)
        frames = self._source.digest(self._audio, self._source.size)
        return (*self.tag.foreign(fields), *others, before, frames)


def _padded(blocks: list[_Block], space: int) -> list[_Block]:
    """The blocks with a padding that makes them fill ``space`` bytes, or a fresh one where they cannot."""
    place = next((i for i, block in enumerate(blocks) if block.type == _PADDING), None)
    used = sum(4 + len(block.data) for i, block in enumerate(blocks) if i != place)
    if used == space:
        return [block for i, block in enumerate(blocks) if i != place]
    left = space - used - 4
    padding = _Block(_PADDING, bytes(left if 0 <= left <= _MOST else _FRESH_PADDING))
    if place is None:
        return [*blocks, padding]
    return [*blocks[:place], padding, *blocks[place + 1 :]]
