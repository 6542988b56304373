from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen.id3 import APIC, ID3, TIT2
from writing import write

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.delta import apply_delta, make_delta

NOISE = np.random.default_rng(3).integers(0, 256, 3 << 20, np.uint8).tobytes()


def rebuilt(folder: Path, old: bytes, new: bytes) -> int:
    """Check that the old bytes come back; the size of the delta."""
    (folder / "old").write_bytes(old)
    (folder / "new").write_bytes(new)
    delta = make_delta(folder / "old", folder / "new")
    apply_delta(folder / "new", delta, folder / "out")
    assert (folder / "out").read_bytes() == old
    return len(delta)


edits = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "overwrite", "move"]),
        st.integers(0, 1 << 30),
        st.integers(0, 5000),
        st.binary(max_size=60),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(start=st.binary(max_size=300) | st.just(NOISE[:20_000]) | st.just(NOISE[:1_100_000]), changes=edits)
def test_any_edit_can_be_taken_back(tmp_path_factory, start, changes):
    new = bytearray(start)
    for kind, at, length, data in changes:
        at %= len(new) + 1
        if kind == "insert":
            new[at:at] = data
        elif kind == "delete":
            del new[at : at + length]
        elif kind == "overwrite":
            new[at : at + len(data)] = data
        else:
            part = new[at : at + length]
            del new[at : at + length]
            new += part
    rebuilt(tmp_path_factory.mktemp("delta"), start, bytes(new))


@pytest.mark.parametrize("old", [b"", b"x", NOISE[:100]])
@pytest.mark.parametrize("new", [b"", b"y", NOISE[50:150]])
def test_small_and_empty_files(tmp_path, old, new):
    rebuilt(tmp_path, old, new)


def test_a_prefix_that_grows_costs_next_to_nothing(tmp_path):
    assert rebuilt(tmp_path, b"head" + NOISE, b"a much longer head" * 500 + NOISE) < 100


def test_a_moved_block_is_found(tmp_path):
    cover, audio = NOISE[:300_000], NOISE[300_000:]
    assert (
        rebuilt(tmp_path, b"a" * 50 + cover + b"b" * 70 + audio, b"b" * 99 + b"c" * 4000 + cover + audio)
        < 200
    )


def test_pages_with_other_numbers_cost_a_few_bytes_each(tmp_path):
    old = bytearray(NOISE)
    new = bytearray(NOISE)
    pages = range(0, len(new), 4300)
    for at in pages:
        new[at + 18 : at + 26] = bytes(8)
    assert rebuilt(tmp_path, bytes(old), bytes(new)) < 16 * len(pages)


def test_an_mp3_with_a_cover(music):
    path = music("mp3")
    data = path.read_bytes()
    start = data.index(b"\xff\xfb")
    path.write_bytes(data[start:] * 120)
    tags = ID3()
    tags.add(TIT2(encoding=3, text="A title"))
    tags.add(APIC(encoding=3, mime="image/png", type=3, desc="", data=NOISE[:300_000]))
    tags.save(path, padding=lambda info: 0)
    assert path.stat().st_size > 2_000_000
    done = write(path, {Field.GENRE: ("Rock", "Pop")})
    assert len(done.delta) < 300


@pytest.fixture
def delta(tmp_path):
    (tmp_path / "old").write_bytes(NOISE[:5000])
    (tmp_path / "new").write_bytes(b"more" + NOISE[:5000])
    return make_delta(tmp_path / "old", tmp_path / "new")


def test_a_delta_for_another_file_is_refused(tmp_path, delta):
    (tmp_path / "new").write_bytes(NOISE[:10])
    with pytest.raises(ValueError, match="another size"):
        apply_delta(tmp_path / "new", delta, tmp_path / "out")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_delta_raises_or_rebuilds_the_same(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "old").write_bytes(NOISE[:3000] + b"z" * 40)
    (folder / "new").write_bytes(NOISE[1000:3000])
    whole = make_delta(folder / "old", folder / "new")
    at = data.draw(st.integers(0, len(whole) - 1))
    broken = whole[:at] + bytes([data.draw(st.integers(0, 255))]) + whole[at + 1 :]
    if data.draw(st.booleans()):
        broken = whole[:at]
    try:
        apply_delta(folder / "new", broken, folder / "out")
    except ValueError:
        return
    # Some bits of the compression mean nothing.
    assert (folder / "out").read_bytes() == (folder / "old").read_bytes()
