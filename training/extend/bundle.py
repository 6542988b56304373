"""Variables of a TensorFlow checkpoint, read without TensorFlow.

A checkpoint is ``.index`` and ``.data-00000-of-00001``. The index is a LevelDB table, which TensorFlow leaves
uncompressed: blocks of sorted keys, each kept as what differs from the key before, a block that lists these,
and a footer that says where it lies. The values are ``BundleEntryProto`` messages: kind and shape of a
variable, place and size of its numbers in the data. Formats: LevelDB's ``doc/table_format.md``, TensorFlow's
``tensor_bundle.proto`` and ``tensor_shape.proto``, Protocol Buffers' encoding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

MAGIC = (0xDB4775248B80FB57).to_bytes(8, "little")
FOOTER = 48
FLOAT = 1
"""``DT_FLOAT``; variables of other kinds are left out."""


class BundleFault(Exception):
    """The bytes are no checkpoint that this module reads."""


def variables(index: bytes, data: bytes) -> dict[str, NDArray[np.float32]]:
    """All float32 variables by name.

    :param index: the ``.index`` file
    :param data: the only data file
    :raises BundleFault: it is damaged, compressed or in several parts
    """
    try:
        return {
            key.decode(): found
            for key, value in _table(index)
            if key and (found := _variable(value, data)) is not None  # the empty key is the header
        }
    except (IndexError, ValueError) as error:
        raise BundleFault("it is cut off or damaged") from error


def _variable(entry: bytes, data: bytes) -> NDArray[np.float32] | None:
    kind, shard, offset, size = (_number(entry, field) for field in (1, 3, 4, 5))
    if kind != FLOAT:
        return None
    if shard:
        raise BundleFault("it has several data files")
    shape = [_number(dim, 1) for field in _messages(entry, 2) for dim in _messages(field, 2)]
    if size != 4 * math.prod(shape) or offset + size > len(data):
        raise BundleFault("its data do not have the size that the index says")
    return np.frombuffer(data, "<f4", size // 4, offset).astype(np.float32).reshape(shape)


def _table(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a LevelDB table."""
    if len(table) < FOOTER or table[-8:] != MAGIC:
        raise BundleFault("it is no index of a TensorFlow checkpoint")
    at = len(table) - FOOTER
    _, at = _varint(table, at)  # of a block with nothing for us
    _, at = _varint(table, at)
    for _, handle in _block(table, table[at:]):
        yield from _block(table, handle)


def _block(table: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of the block that a handle, its offset and size, points to."""
    start, at = _varint(handle, 0)
    size, _ = _varint(handle, at)
    block = table[start : start + size]
    if len(block) < size or len(block) < 4:
        raise BundleFault("it is cut off or damaged")
    if table[start + size]:
        raise BundleFault("its index is compressed, which TensorFlow's own is not")
    restarts = int.from_bytes(block[-4:], "little")
    end, at, key = size - 4 * (restarts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        more, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + more]
        yield key, block[at + more : at + more + length]
        at += more + length


def _number(message: bytes, field: int) -> int:
    """A field of a message that is a number; 0 where it is left out."""
    return next((value for name, value in _fields(message) if name == field and isinstance(value, int)), 0)


def _messages(message: bytes, field: int) -> Sequence[bytes]:
    """All messages that a field of a message holds."""
    return [value for name, value in _fields(message) if name == field and isinstance(value, bytes)]


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Fields of a Protocol Buffers message: numbers as they are, all else as bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            number, at = _varint(message, at)
            yield tag >> 3, number
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise BundleFault("it is cut off or damaged")
        yield tag >> 3, message[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    number, shift = 0, 0
    while True:
        byte = data[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at
