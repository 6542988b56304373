"""Ogg: the comment packet is the second of the stream. Specifications: RFC 3533; Vorbis I; RFC 7845 (Opus).

The header packets are laid on as many pages as before whenever they fit, so that no other page changes; only
otherwise all following pages get new numbers and checksums. Tags of other kinds behind the last page are
looked at and never touched.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.trailer import Fields, foreign_tags, merged
from mat_desktop.metadata.dialects.vorbis import VorbisComment
from mat_desktop.metadata.source import Piece, Source, Span

_HEAD = 27
_CONTINUED, _FIRST, _LAST = 1, 2, 4
_NO_PACKET_ENDS = (1 << 64) - 1
_MOST_HEADERS = 1 << 26
_LONGEST_PAGE = _HEAD + 255 + 255 * 255
_CODECS = {
    b"\x01vorbis": ("vorbis", b"\x03vorbis"),
    b"OpusHead": ("opus", b"OpusTags"),
    b"\x7fFLAC": ("oggflac", b""),
    b"Speex   ": ("speex", b""),
}
_MIRROR = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    """One page. :param lacing: lengths of its segments; a packet ends with the first below 255"""

    start: int
    flags: int
    granule: int
    serial: bytes
    sequence: int
    lacing: bytes

    @property
    def body(self) -> int:
        return self.start + _HEAD + len(self.lacing)

    @property
    def stop(self) -> int:
        return self.body + sum(self.lacing)

    def render(self, body: bytes) -> bytes:
        """The page as bytes, with its checksum."""
        head = (
            b"OggS\0"
            + bytes([self.flags])
            + self.granule.to_bytes(8, "little")
            + self.serial
            + self.sequence.to_bytes(4, "little")
        )
        tail = bytes([len(self.lacing)]) + self.lacing + body
        return head + _checksum(head + bytes(4) + tail) + tail


class Ogg:
    """An Ogg file with one stream of Vorbis, Opus, FLAC or Speex."""

    is_new = False
    packets_end_with_tag = False
    carried: tuple[str, ...] = ()

    def __init__(self, source: Source) -> None:
        """:raises Refusal: it holds something else, several streams, or is damaged"""
        self._source = source
        first = self._page(0)
        head = source.read(first.body, min(8, sum(first.lacing)))
        found = next((value for magic, value in _CODECS.items() if head.startswith(magic)), None)
        if found is None:
            raise Refusal("an Ogg file of a kind whose tags cannot be read")
        self.kind, self._magic = found
        self._serial = first.serial
        self._first_stop = first.stop
        self._pages, self._packets = self._headers(first.stop)
        packet = self._packets[0]
        # In Ogg FLAC the packet is a metadata block with its type and size.
        self._prefix = len(self._magic) or (4 if self.kind == "oggflac" else 0)
        if not packet.startswith(self._magic) or (self.kind == "oggflac" and packet[0] & 0x7F != 4):
            raise Refusal("the Ogg stream has no comment packet where one belongs")
        self.tag = VorbisComment.parse(packet[self._prefix :])
        tags = foreign_tags(source)
        # Bytes of the audio may look like a tag: a page that ends with the file has none behind it.
        last = self._last_page(source.size)
        self._end = source.size if last else tags.end
        last = last or self._last_page(tags.end)
        self.kept: dict[str, Fields] = {}
        self.notes: tuple[str, ...] = ()
        if self._end < source.size:
            self.kept = tags.by_kind
            self.notes = (f"what stands behind the Ogg stream stays as it is: {tags.behind}",)
        self.obstacle = ""
        if any(page.granule not in (0, _NO_PACKET_ENDS) or page.flags & ~_CONTINUED for page in self._pages):
            self.obstacle = "audio stands on the pages of the Ogg headers"
        elif last is None:
            self.obstacle = self._why_no_last()
        elif last.serial != self._serial:
            self.obstacle = "an Ogg file of several streams"

    def beside(self) -> dict[Field, tuple[str, ...]]:
        """What APEv2 and ID3v1 say behind the last page."""
        return merged(self.kept)

    def pieces(self) -> Iterable[Piece]:
        """The first page, the header pages anew, the rest with new numbers if there are more or fewer now."""
        packet = self._comment_packet()
        lacing, body = _laced([packet, *self._packets[1:]])
        sizes = _shares(len(lacing), len(self._pages))
        shift = len(sizes) - len(self._pages)
        yield Span(0, self._first_stop)
        taken = position = 0
        for index, size in enumerate(sizes):
            part = lacing[taken : taken + size]
            continues = taken > 0 and lacing[taken - 1] == 255
            page = replace(
                self._pages[0],
                flags=_CONTINUED if continues else 0,
                granule=0 if any(length < 255 for length in part) else _NO_PACKET_ENDS,
                sequence=self._pages[0].sequence + index,
                lacing=part,
            )
            yield page.render(body[position : position + sum(part)])
            taken += size
            position += sum(part)
        rest = self._pages[-1].stop
        for page in self._following():
            if shift:
                moved = replace(page, sequence=(page.sequence + shift) % (1 << 32))
                yield moved.render(self._body(page))
        yield Span(self._end if shift else rest, self._source.size)

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Other comments, other header packets, every page after them but for its number, and the rest."""
        digest = hashlib.sha256()
        for page in self._following():
            digest.update(bytes([page.flags]) + page.granule.to_bytes(8, "little") + page.lacing)
            digest.update(self._source.read(page.body, page.stop - page.body))
        first = self._source.digest(0, self._first_stop)
        behind = self._source.digest(self._end, self._source.size)
        return (*self.tag.foreign(fields), *self._packets[1:], first, digest.digest(), behind)

    def _comment_packet(self) -> bytes:
        comment = self.tag.render()
        if self.kind != "oggflac":
            return self._magic + comment
        if len(comment) >= 1 << 24:
            raise Refusal("the tag would become too large for FLAC")
        return self._packets[0][:1] + len(comment).to_bytes(3, "big") + comment

    def _page(self, start: int) -> _Page:
        head = self._source.read(start, _HEAD)
        if head[:5] != b"OggS\0":
            raise Refusal("the pages of the Ogg file are damaged")
        granule, sequence = int.from_bytes(head[6:14], "little"), int.from_bytes(head[18:22], "little")
        lacing = self._source.read(start + _HEAD, head[26])
        page = _Page(start, head[5], granule, head[14:18], sequence, lacing)
        if page.stop > self._source.size:
            raise Refusal("the Ogg file is cut off in the middle of a page")
        return page

    def _body(self, page: _Page) -> bytes:
        """The bytes of a page. :raises Refusal: they do not fit its checksum"""
        body = self._source.read(page.body, page.stop - page.body)
        if page.render(body) != self._source.read(page.start, page.stop - page.start):
            raise Refusal("the pages of the Ogg file are damaged")
        return body

    def _headers(self, start: int) -> tuple[list[_Page], list[bytes]]:
        """The pages from the second up to the one on which the comment packet and a packet at all end."""
        pages: list[_Page] = []
        packets: list[bytes] = []
        open_packet = bytearray()
        while True:
            page = self._page(start)
            self._check(page)
            pages.append(page)
            body, position = self._body(page), 0
            for length in page.lacing:
                open_packet += body[position : position + length]
                position += length
                if length < 255:
                    packets.append(bytes(open_packet))
                    open_packet.clear()
            if packets and page.lacing and page.lacing[-1] < 255:
                return pages, packets
            start = page.stop
            if start - self._first_stop > _MOST_HEADERS:
                raise Refusal("the Ogg headers are absurdly large")

    def _following(self) -> Iterator[_Page]:
        """Every page behind those of the headers."""
        start = self._pages[-1].stop
        while start < self._end:
            page = self._page(start)
            self._check(page)
            yield page
            start = page.stop

    def _last_page(self, end: int) -> _Page | None:
        """The page that ends there; None where none does."""
        start = max(0, end - _LONGEST_PAGE)
        tail = self._source.read(start, end - start)
        place = len(tail)
        while (place := tail.rfind(b"OggS", 0, place)) >= 0:
            with suppress(Refusal):
                page = self._page(start + place)
                if page.stop == end:
                    return page
        return None

    def _why_no_last(self) -> str:
        """What stands at the end of the file instead of a page or a tag."""
        last, start = self._pages[-1], self._pages[-1].stop
        try:
            while start < self._source.size:
                last = self._page(start)
                start = last.stop
        except Refusal:
            if self._source.peek(start, 4) == b"OggS":
                return "the Ogg file is cut off or damaged"
        if last.flags & _LAST:
            return "something that is no known tag follows the Ogg stream"
        return "the Ogg file is damaged, or something that is no known tag follows it"

    def _check(self, page: _Page) -> None:
        if page.flags & _FIRST:
            raise Refusal("an Ogg file of several streams, one after the other or together")
        if page.serial != self._serial:
            raise Refusal("an Ogg file of several streams together")


def _laced(packets: Iterable[bytes]) -> tuple[bytes, bytes]:
    """Segment lengths and bytes of packets that follow each other."""
    lacing, body = bytearray(), bytearray()
    for packet in packets:
        full, left = divmod(len(packet), 255)
        lacing += b"\xff" * full + bytes([left])
        body += packet
    return bytes(lacing), bytes(body)


def _shares(segments: int, pages: int) -> list[int]:
    """How many segments go on each page: on as many pages as before if each gets 1 to 255 of them."""
    if not pages <= segments <= 255 * pages:
        pages = -(-segments // 255)
    each, more = divmod(segments, pages)
    return [each + (index < more) for index in range(pages)]


def _checksum(page: bytes) -> bytes:
    """Ogg's CRC-32: zlib's polynomial, but neither mirrored nor inverted."""
    crc = zlib.crc32(page.translate(_MIRROR), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return crc.to_bytes(4, "little").translate(_MIRROR)[::-1]
