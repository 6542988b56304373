"""MP4 and M4A: a tree of atoms. Specifications: ISO/IEC 14496-12; Apple's QuickTime File Format (metadata).

``moov`` is rebuilt with a new ``ilst``; everything else in it stays as it is. A ``free`` atom beside the tag
or behind ``moov`` takes up the difference where it can; otherwise the audio moves, and the chunk offsets with
it. Tags of other kinds behind the atoms are looked at and never touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.trailer import Fields, foreign_tags, merged
from mat_desktop.metadata.dialects.mp4 import Item, Mp4Tags
from mat_desktop.metadata.source import Piece, Source, Span

_HEAD = 8
_FRESH_PADDING = 4096
_INNER = {
    b"": {b"moov"},
    b"moov": {b"udta", b"trak"},
    b"trak": {b"mdia"},
    b"mdia": {b"minf"},
    b"minf": {b"stbl"},
    b"udta": {b"meta"},
    b"meta": {b"ilst"},
    b"ilst": set[bytes](),
    b"stbl": set[bytes](),
}
"""Which atoms are opened inside which; all others are carried as bytes."""
_OFFSETS = {b"stco": ">u4", b"co64": ">u8"}
_KNOWN = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"udta", b"meta", b"uuid")
"""Atoms by whose names the rest of a file is known for one of them that is cut off."""
_DAMAGED = "the MP4 file is cut off or damaged"
_FRAGMENTS = (b"moof", b"mfra", b"sidx", b"styp")
_HANDLER = bytes(8) + b"mdirappl" + bytes(9)


@dataclass(slots=True)
class _Node:
    """An atom in memory.

    :param wide: its size has eight bytes
    :param prefix: bytes before its children (version and flags of ``meta``)
    :param data: its content, if it is not opened
    :param children: its atoms, if it is opened
    :param tail: bytes behind its children
    """

    name: bytes
    wide: bool = False
    prefix: bytes = b""
    data: bytes = b""
    children: list[_Node] | None = None
    tail: bytes = b""

    def content(self) -> bytes:
        if self.children is None:
            return self.data
        return self.prefix + b"".join(child.render() for child in self.children) + self.tail

    def render(self) -> bytes:
        content = self.content()
        if self.wide:
            return (1).to_bytes(4, "big") + self.name + (len(content) + 16).to_bytes(8, "big") + content
        if len(content) + _HEAD >= 1 << 32:
            raise Refusal("an MP4 atom would become too large")
        return (len(content) + _HEAD).to_bytes(4, "big") + self.name + content

    def find(self, name: bytes) -> _Node | None:
        return next((child for child in self.children or () if child.name == name), None)

    def find_all(self, *names: bytes) -> list[_Node]:
        """Every atom at the end of a path below this one."""
        found = [child for child in self.children or () if child.name == names[0]]
        return found if len(names) == 1 else [leaf for child in found for leaf in child.find_all(*names[1:])]


@dataclass(frozen=True, slots=True)
class _Top:
    """An atom of the file itself."""

    name: bytes
    start: int
    stop: int


@dataclass(slots=True)
class _Layout:
    """How the file is written: ``moov`` anew, the bytes of a ``free`` atom behind it that it takes up."""

    moov: bytes
    free: bytes = b""
    taken: int = 0


class Mp4:
    """An MP4 file that is not fragmented."""

    kind = "mp4"
    packets_end_with_tag = False
    carried: tuple[str, ...] = ()

    def __init__(self, source: Source) -> None:
        """:raises Refusal: the atoms do not hold together, or there is no movie in the file"""
        self._source = source
        self._tops = _tops(source)
        self._end = self._tops[-1].stop if self._tops else 0
        movies = [top for top in self._tops if top.name == b"moov"]
        if not movies:
            raise Refusal("the MP4 file has no moov atom" if self._end == source.size else _DAMAGED)
        self._at = movies[0]
        nodes, _ = _parse(source.read(self._at.start, self._at.stop - self._at.start), b"")
        self._moov = nodes[0]
        self.obstacle = self._find_obstacle(len(movies))
        behind = ""
        self.kept: dict[str, Fields] = {}
        if self._end < source.size:
            tags = foreign_tags(source)
            if tags.end == self._end:
                behind, self.kept = tags.behind, tags.by_kind
            elif self._reach() > self._end:
                raise Refusal(_DAMAGED)
            else:
                self.obstacle = self.obstacle or "something that is no known tag follows the MP4 atoms"
        ilst = self._ilst()
        self.is_new = ilst is None
        self.tag = Mp4Tags([Item(node.name, node.data) for node in ilst.children or ()] if ilst else ())
        notes = []
        if self.is_new:
            notes.append("has no tag yet; one will be added")
        if self.tag.has_numbered_genre:
            notes.append("the numbered genre atom gives way to a name when the genre is written")
        if behind:
            notes.append(f"what stands behind the MP4 atoms stays as it is: {behind}")
        self.notes = tuple(notes)

    def beside(self) -> dict[Field, tuple[str, ...]]:
        """What APEv2 and ID3v1 say behind the atoms."""
        return merged(self.kept)

    def pieces(self) -> Iterable[Piece]:
        """What is before ``moov``, it anew, and what is behind it."""
        layout = self._layout()
        yield Span(0, self._at.start)
        yield layout.moov
        yield layout.free
        yield Span(self._at.stop + layout.taken, self._source.size)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other items, the rest of ``moov``, what the chunk offsets point to, every other atom, the rest."""
        meta = self._meta()
        beside = [
            node.render()
            for node in (meta.children or () if meta else ())
            if node.name not in (b"ilst", b"free", b"hdlr")
        ]
        udta = self._moov.find(b"udta")
        beside += [node.render() for node in (udta.children or () if udta else ()) if node.name != b"meta"]
        pointed = hashlib.sha256()
        for offsets in self._offsets():
            for offset in offsets.tolist():
                pointed.update(self._source.peek(offset, 16))
        movie = [
            node.render() for node in _without_offsets(self._moov).children or () if node.name != b"udta"
        ]
        others = [
            top.name + self._source.digest(top.start, top.stop)
            for top in self._tops
            if top.name not in (b"moov", b"free", b"skip")
        ]
        behind = self._source.digest(self._end, self._source.size)
        return (*self.tag.foreign(fields), *beside, *movie, pointed.digest(), *others, behind)

    # --- where things are -----------------------------------------------------------------------------------

    def _meta(self) -> _Node | None:
        udta = self._moov.find(b"udta")
        return udta.find(b"meta") if udta else None

    def _ilst(self) -> _Node | None:
        meta = self._meta()
        return meta.find(b"ilst") if meta else None

    def _tables(self) -> list[_Node]:
        tables = self._moov.find_all(b"trak", b"mdia", b"minf", b"stbl")
        return [node for table in tables for node in table.children or () if node.name in _OFFSETS]

    def _offsets(self) -> list[NDArray[np.unsignedinteger[Any]]]:
        """Where the audio lies, in bytes from the start of the file."""
        return [np.frombuffer(node.data[8:], _OFFSETS[node.name]) for node in self._tables()]

    def _reach(self) -> int:
        """How far the audio reaches at least."""
        return max((int(offsets.max()) + 1 for offsets in self._offsets() if offsets.size), default=0)

    def _find_obstacle(self, movies: int) -> str:
        if movies > 1:
            return "the MP4 file has several moov atoms"
        if any(top.name in _FRAGMENTS for top in self._tops):
            return "a fragmented MP4 file"
        if self._moov.find(b"mvex"):
            return "a fragmented MP4 file"
        if self._moov.find(b"cmov"):
            return "an MP4 file with a compressed header"
        tables = self._moov.find_all(b"trak", b"mdia", b"minf", b"stbl")
        if any(table.find(b"saio") for table in tables):
            return "an encrypted MP4 file"
        if len(self._moov.find_all(b"udta")) > 1 or len(self._moov.find_all(b"udta", b"meta")) > 1:
            return "the MP4 file has several tags"
        meta = self._meta()
        handler = meta.find(b"hdlr") if meta else None
        if handler is not None and handler.data[8:12] != b"mdir":
            return "the tags are in QuickTime's style, not in iTunes'"
        return ""

    # --- writing --------------------------------------------------------------------------------------------

    def _layout(self) -> _Layout:
        before = self._at.stop - self._at.start
        nodes, _ = _parse(self._source.read(self._at.start, before), b"")
        moov = nodes[0]
        meta = _put_items(moov, self.tag.items)
        grown = len(moov.render()) - before
        children = meta.children
        assert children is not None
        free = meta.find(b"free")
        if grown == 0:
            return _Layout(moov.render())
        if free is not None and len(free.data) >= grown:
            free.data = bytes(len(free.data) - grown)
            return _Layout(moov.render())
        if free is not None and len(free.data) + _HEAD == grown:
            children.remove(free)
            return _Layout(moov.render())
        if free is None and grown <= -_HEAD:
            children.append(_Node(b"free", data=bytes(-grown - _HEAD)))
            return _Layout(moov.render())
        behind = self._free_behind()
        left = behind - grown
        if behind and (left == 0 or left >= _HEAD):
            return _Layout(
                moov.render(), _Node(b"free", data=bytes(left - _HEAD)).render() if left else b"", behind
            )
        if self._at.stop == self._end:
            return _Layout(moov.render())
        if free is None:
            children.append(_Node(b"free", data=bytes(_FRESH_PADDING)))
        else:
            free.data = bytes(_FRESH_PADDING)
        self._move(moov, len(moov.render()) - before)
        return _Layout(moov.render())

    def _free_behind(self) -> int:
        """Bytes of a ``free`` atom right behind ``moov``."""
        for top in self._tops:
            if top.start == self._at.stop and top.name == b"free":
                return top.stop - top.start
        return 0

    def _move(self, moov: _Node, shift: int) -> None:
        for table in moov.find_all(b"trak", b"mdia", b"minf", b"stbl"):
            for node in table.children or ():
                if node.name not in _OFFSETS:
                    continue
                offsets = np.frombuffer(node.data[8:], _OFFSETS[node.name]).astype(np.int64)
                offsets[offsets >= self._at.stop] += shift
                if node.name == b"stco" and offsets.size and int(offsets.max()) >= 1 << 32:
                    raise Refusal("the audio would move beyond 4 GiB, where this file cannot point to")
                node.data = node.data[:8] + offsets.astype(_OFFSETS[node.name]).tobytes()


def _put_items(moov: _Node, items: Iterable[Item]) -> _Node:
    """Put the items into ``ilst``, which is made if it is missing. Returns ``meta``."""
    udta = moov.find(b"udta")
    if udta is None:
        udta = _Node(b"udta", children=[])
        _children(moov).append(udta)
    meta = udta.find(b"meta")
    if meta is None:
        meta = _Node(b"meta", prefix=bytes(4), children=[_Node(b"hdlr", data=_HANDLER)])
        _children(udta).append(meta)
    ilst = meta.find(b"ilst")
    if ilst is None:
        ilst = _Node(b"ilst", children=[])
        _children(meta).append(ilst)
    ilst.children = [_Node(item.name, data=item.payload) for item in items]
    return meta


def _children(node: _Node) -> list[_Node]:
    assert node.children is not None
    return node.children


def _without_offsets(moov: _Node) -> _Node:
    """A copy of the tree in which chunk offsets are zero."""
    if moov.name in _OFFSETS:
        return _Node(moov.name, moov.wide, data=moov.data[:8] + bytes(len(moov.data) - 8))
    children = None if moov.children is None else [_without_offsets(child) for child in moov.children]
    return _Node(moov.name, moov.wide, moov.prefix, moov.data, children, moov.tail)


def _tops(source: Source) -> list[_Top]:
    """The atoms as far as they go: something else may follow them. :raises Refusal: one is cut off"""
    tops = []
    position, end = 0, source.size
    while position < end:
        head = source.peek(position, 16)
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        elif size == 0:
            size = end - position
        if len(head) < _HEAD or size < _HEAD or position + size > end:
            if name in _KNOWN:
                raise Refusal(_DAMAGED)
            break
        tops.append(_Top(name, position, position + size))
        position += size
    return tops


def _parse(data: bytes, parent: bytes) -> tuple[list[_Node], bytes]:
    """The atoms in some bytes, and the zeros behind them that QuickTime may leave."""
    nodes: list[_Node] = []
    position = 0
    while len(data) - position >= _HEAD:
        size, name = int.from_bytes(data[position : position + 4], "big"), data[position + 4 : position + 8]
        head = 16 if size == 1 else _HEAD
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size == 0 and parent:
            break
        size = size or len(data) - position
        if size < head or position + size > len(data):
            raise Refusal("the MP4 file is damaged")
        nodes.append(_node(name, head == 16, data[position + head : position + size], parent))
        position += size
    if data[position:].strip(b"\0"):
        raise Refusal("the MP4 file is damaged")
    return nodes, data[position:]


def _node(name: bytes, wide: bool, content: bytes, parent: bytes) -> _Node:
    if name not in _INNER[parent]:
        return _Node(name, wide, data=content)
    # QuickTime's meta has no version and flags; its first child shows it.
    skip = 4 if name == b"meta" and content[4:8] != b"hdlr" else 0
    children, tail = _parse(content[skip:], name)
    return _Node(name, wide, content[:skip], children=children, tail=tail)
