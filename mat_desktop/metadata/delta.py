"""A reverse delta: rebuilds the old file, byte for byte, from the new one.

An edit of tags leaves long runs equal, at the same place or moved by a few distances: the difference of the
sizes, and those of a picture or of audio behind a tag that has grown. Such runs become copies, the rest is
kept.

The format is ours, version 1: magic with version, both sizes (8 bytes each, little-endian), then, compressed,
the length of the operations, the operations (literal length, copy length and copy distance) and the literals.
Lengths and distances are variable-length numbers, seven bits a byte, the lowest first.
"""

from __future__ import annotations

import mmap
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"MATD\x01"
_HEAD = len(_MAGIC) + 16
_SHORTEST = 32
"""Shorter equal runs cost more as a copy than as bytes."""
_WINDOW = 1 << 20
_REACH = 1 << 25
"""How far from its place an anchor is searched."""
_MOST_PROBES = 32
"""Anchors tried in one window; more would not help a file that is altogether different."""
_SHIFTS_KEPT = 8

_Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Copy:
    """Bytes ``start`` up to ``stop`` of the old file stand ``shift`` further on in the new one."""

    start: int
    stop: int
    shift: int


def make_delta(old: Path, new: Path) -> bytes:
    """What is needed to rebuild ``old`` from ``new``. Memory does not grow with the files, but for literals.

    :raises OSError: a file cannot be read
    """
    operations, literals = bytearray(), bytearray()
    with _mapped(old) as (old_map, old_size), _mapped(new) as (new_map, new_size):
        position = 0
        for copy in _joined(_copies(old_map, old_size, new_map, new_size)):
            literals += old_map[position : copy.start]
            for number in (copy.start - position, copy.stop - copy.start, _zigzag(copy.shift)):
                operations += _varint(number)
            position = copy.stop
        literals += old_map[position:old_size]
    body = _varint(len(operations)) + operations + literals
    return _MAGIC + old_size.to_bytes(8, "little") + new_size.to_bytes(8, "little") + zlib.compress(body, 9)


def apply_delta(new: Path, delta: bytes, out: Path) -> None:
    """Write the old file to ``out``, which is overwritten.

    :raises ValueError: the delta is damaged, or ``new`` has not the size that it was made for
    :raises OSError: a file cannot be read or written
    """
    if delta[: len(_MAGIC)] != _MAGIC or len(delta) < _HEAD:
        raise ValueError("not a delta of this version")
    old_size, new_size = (int.from_bytes(delta[i : i + 8], "little") for i in (len(_MAGIC), len(_MAGIC) + 8))
    if new.stat().st_size != new_size:
        raise ValueError("the delta belongs to a file of another size")
    inflate = zlib.decompressobj()
    try:
        # Literals cannot exceed the old file, nor operations a few bytes for every shortest copy of it.
        body = inflate.decompress(delta[_HEAD:], 2 * old_size + 64)
    except zlib.error:
        raise ValueError("the delta is damaged") from None
    if not inflate.eof or inflate.unused_data:
        raise ValueError("the delta is damaged")
    length, start = _number(body, 0)
    literal = start + length
    if literal > len(body):
        raise ValueError("the delta is damaged")
    operations = body[start:literal]
    with _mapped(new) as (new_map, _), out.open("wb") as file:
        written = position = 0
        while position < len(operations):
            fresh, position = _number(operations, position)
            copied, position = _number(operations, position)
            zigzag, position = _number(operations, position)
            begin = written + fresh + (zigzag >> 1 ^ -(zigzag & 1))
            if literal + fresh > len(body) or not 0 <= begin <= begin + copied <= new_size:
                raise ValueError("the delta is damaged")
            file.write(body[literal : literal + fresh])
            for at in range(begin, begin + copied, _WINDOW):
                file.write(new_map[at : min(at + _WINDOW, begin + copied)])
            literal += fresh
            written += fresh + copied
            if written > old_size:
                raise ValueError("the delta is damaged")
        if written + len(body) - literal != old_size:
            raise ValueError("the delta is damaged")
        file.write(body[literal:])


@contextmanager
def _mapped(path: Path) -> Iterator[tuple[mmap.mmap | bytes, int]]:
    """The bytes of a file without reading them all; an empty file cannot be mapped."""
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            yield b"", 0
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped, len(mapped)


def _copies(old: mmap.mmap | bytes, old_size: int, new: mmap.mmap | bytes, new_size: int) -> Iterator[_Copy]:
    """Equal runs in the order of the old file, none across the border of a window."""
    shifts: deque[int] = deque(dict.fromkeys((0, new_size - old_size)), maxlen=_SHIFTS_KEPT)
    for start in range(0, old_size, _WINDOW):
        stop = min(start + _WINDOW, old_size)
        found: list[_Copy] = []
        gaps = [(start, stop)]
        for shift in list(shifts):
            matched, gaps = _match(old, new, new_size, gaps, shift)
            if sum(copy.stop - copy.start for copy in matched) * 2 > stop - start and shifts[0] != shift:
                shifts.remove(shift)
                shifts.appendleft(shift)
            found += matched
            if not gaps:
                break
        probes = 0
        while gaps and probes < _MOST_PROBES:
            gap = max(gaps, key=lambda gap: gap[1] - gap[0])
            if gap[1] - gap[0] < 2 * _SHORTEST:
                break
            probes += 1
            shift_or_none = _probe(old, new, new_size, gap)
            if shift_or_none is None:
                gaps = _halved(gaps, gap)
                continue
            matched, gaps = _match(old, new, new_size, gaps, shift_or_none)
            found += matched
            if shift_or_none not in shifts:
                # The newest shift goes to the second place, the oldest is forgotten.
                if len(shifts) == _SHIFTS_KEPT:
                    shifts.pop()
                shifts.insert(1, shift_or_none)
        yield from sorted(found, key=lambda copy: copy.start)


def _halved(gaps: list[tuple[int, int]], gap: tuple[int, int]) -> list[tuple[int, int]]:
    """The gaps with one cut in the middle, so that the next anchors come from its halves."""
    middle = (gap[0] + gap[1]) // 2
    return [
        part for each in gaps for part in ([(gap[0], middle), (middle, gap[1])] if each == gap else [each])
    ]


def _probe(old: mmap.mmap | bytes, new: mmap.mmap | bytes, new_size: int, gap: tuple[int, int]) -> int | None:
    """The shift of an anchor from the middle of a gap; None if it is not found, or says nothing."""
    at = (gap[0] + gap[1] - _SHORTEST) // 2
    anchor = old[at : at + _SHORTEST]
    if len(set(anchor)) == 1:
        return None
    found = new.find(anchor, max(0, at - _REACH), min(new_size, at + _REACH))
    return None if found < 0 else found - at


def _match(
    old: mmap.mmap | bytes, new: mmap.mmap | bytes, new_size: int, gaps: list[tuple[int, int]], shift: int
) -> tuple[list[_Copy], list[tuple[int, int]]]:
    """Runs in the gaps that are equal at a shift, and what is left of the gaps."""
    copies: list[_Copy] = []
    left: list[tuple[int, int]] = []
    for start, stop in gaps:
        low, high = max(start, -shift), min(stop, new_size - shift)
        if high - low < _SHORTEST:
            left.append((start, stop))
            continue
        here: _Bytes = np.frombuffer(old[low:high], np.uint8)
        there: _Bytes = np.frombuffer(new[low + shift : high + shift], np.uint8)
        differs = np.flatnonzero(here != there)
        # The edges of the gap end a run as a difference does.
        borders = np.concatenate(([-1], differs, [high - low]))
        long = np.flatnonzero(np.diff(borders) > _SHORTEST)
        at = start
        for run in long.tolist():
            first, last = low + int(borders[run]) + 1, low + int(borders[run + 1])
            if first > at:
                left.append((at, first))
            copies.append(_Copy(first, last, shift))
            at = last
        if at < stop:
            left.append((at, stop))
    return copies, left


def _joined(copies: Iterator[_Copy]) -> Iterator[_Copy]:
    """Copies that follow each other at the same shift as one."""
    pending: _Copy | None = None
    for copy in copies:
        if pending is not None and (pending.stop, pending.shift) == (copy.start, copy.shift):
            pending = _Copy(pending.start, copy.stop, copy.shift)
            continue
        if pending is not None:
            yield pending
        pending = copy
    if pending is not None:
        yield pending


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else -number * 2 - 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(data: bytes, position: int) -> tuple[int, int]:
    """A variable-length number and where it ends. :raises ValueError: it does not end"""
    number = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("the delta is damaged")
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
