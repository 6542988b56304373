"""A music file as bytes at offsets; a new file as pieces: fresh bytes and spans of the old one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

from mat_desktop.metadata.causes import Refusal

_BLOCK = 1 << 20
_MOST_IN_MEMORY = 1 << 28
"""Longest single block that is read into memory, 256 MiB: what an ID3 tag can hold at most."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` up to ``stop`` of the original file."""

    start: int
    stop: int


Piece = bytes | Span


class Source:
    """Read access to a file that is open for reading, by offset; lies about sizes end in a Refusal."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size

    def read(self, start: int, length: int) -> bytes:
        """Exactly ``length`` bytes. :raises Refusal: the file ends before, or the length is absurd"""
        if start < 0 or length < 0 or start + length > self.size:
            raise Refusal("the file ends in the middle of its tag data")
        if length > _MOST_IN_MEMORY:
            raise Refusal("a block of tag data is absurdly large")
        self.file.seek(start)
        data = self.file.read(length)
        if len(data) != length:
            raise Refusal("the file ends in the middle of its tag data")
        return data

    def peek(self, start: int, length: int) -> bytes:
        """Up to ``length`` bytes: fewer at the end of the file."""
        start = max(0, min(start, self.size))
        return self.read(start, min(length, self.size - start))

    def blocks(self, start: int, stop: int) -> Iterable[bytes]:
        """The bytes of a span in pieces of at most 1 MiB."""
        while start < stop:
            data = self.read(start, min(_BLOCK, stop - start))
            start += len(data)
            yield data

    def digest(self, start: int, stop: int) -> bytes:
        """SHA-256 of a span."""
        digest = hashlib.sha256()
        for data in self.blocks(start, stop):
            digest.update(data)
        return digest.digest()

    def write(self, pieces: Iterable[Piece], out: BinaryIO) -> None:
        """Compose a new file. :raises OSError: it cannot be written"""
        for piece in pieces:
            if isinstance(piece, Span):
                for data in self.blocks(piece.start, piece.stop):
                    out.write(data)
            else:
                out.write(piece)
