"""A TensorFlow checkpoint made by hand, after the formats' documents."""

from __future__ import annotations

import numpy as np
import pytest

from training.extend.bundle import MAGIC, BundleFault, variables

KERNEL = np.arange(600, dtype=np.float32).reshape(3, 200)
BIAS = np.float32([0.5, -2.0])
POWER = np.float32(0.25)
DATA = KERNEL.tobytes() + BIAS.tobytes() + POWER.tobytes() + (7).to_bytes(8, "little")


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def entry(kind: int, shape: tuple[int, ...], offset: int, size: int, shard: int = 0) -> bytes:
    """A ``BundleEntryProto``; what is 0 is left out, as its writer does."""
    dims = b"".join(b"\x12" + varint(len(dim)) + dim for dim in (b"\x08" + varint(n) for n in shape))
    numbers = ((3, shard), (4, offset), (5, size))
    rest = b"".join(varint(field << 3) + varint(number) for field, number in numbers if number)
    return b"\x08" + varint(kind) + b"\x12" + varint(len(dims)) + dims + rest + b"\x35" + bytes(4)


def block(pairs: dict[bytes, bytes], compressed: bool = False) -> bytes:
    """A block of a LevelDB table, with its trailer."""
    content, before = b"", b""
    for key, value in pairs.items():
        shared = next((n for n, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), 0)
        content += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    return content + bytes(4) + (1).to_bytes(4, "little") + bytes([compressed]) + bytes(4)


def table(*blocks: bytes) -> bytes:
    """Data blocks, the block that lists them, the footer."""
    handles, content = {}, b""
    for number, part in enumerate(blocks):
        handles[b"%d" % number] = varint(len(content)) + varint(len(part) - 5)
        content += part
    listing = block(handles)
    footer = varint(0) + varint(0) + varint(len(content)) + varint(len(listing) - 5)
    return content + listing + footer.ljust(40, b"\0") + MAGIC


ENTRIES = {
    b"": b"\x08\x01",
    b"conv2d/bias": entry(1, (2,), 2400, 8),
    b"conv2d/kernel": entry(1, (3, 200), 0, 2400),
    b"conv2d_1/power": entry(1, (), 2408, 4),
    b"global_step": entry(9, (), 2412, 8),
}


def test_variables_of_several_blocks() -> None:
    pairs = list(ENTRIES.items())
    found = variables(table(block(dict(pairs[:3])), block(dict(pairs[3:]))), DATA)
    assert list(found) == ["conv2d/bias", "conv2d/kernel", "conv2d_1/power"], "no integer, no header"
    for name, value in (("conv2d/bias", BIAS), ("conv2d/kernel", KERNEL), ("conv2d_1/power", POWER)):
        np.testing.assert_array_equal(found[name], value)


def test_what_is_no_such_checkpoint_says_why() -> None:
    whole = table(block(ENTRIES))
    with pytest.raises(BundleFault, match="no index"):
        variables(b"something else", DATA)
    with pytest.raises(BundleFault, match="compressed"):
        variables(table(block(ENTRIES, compressed=True)), DATA)
    with pytest.raises(BundleFault, match="several data files"):
        variables(table(block({b"a": entry(1, (2,), 0, 8, shard=1)})), DATA)
    with pytest.raises(BundleFault, match="size that the index says"):
        variables(whole, DATA[:2402])
    with pytest.raises(BundleFault, match="cut off or damaged"):
        variables(whole[40:], DATA)
