"""Files with bytes changed at random: a fault or a correct write, never another exception, never damage."""

from __future__ import annotations

import random
import shutil

import pytest
import sample_files
from writing import taken_back, temps, write

from mat_desktop.domain.tags import Field
from mat_desktop.errors import FileFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import commit

ROUNDS = 12


@pytest.fixture(scope="module")
def tagged(originals, tmp_path_factory):
    """Samples that carry a tag, so that there is something to be hurt."""
    folder = tmp_path_factory.mktemp("tagged")
    found = {}
    for extension, path in originals.items():
        found[extension] = folder / path.name
        shutil.copy(path, found[extension])
        write(found[extension], {Field.GENRE: ("Rock", "Pop"), Field.MOOD: ("Happy",)})
    return found


def hurt(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    # Heads and tails hold the structure; the middle is audio.
    near = min(len(out), 6000)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(near) if rng.random() < 0.6 else max(0, len(out) - 1 - rng.randrange(near))
        match rng.randrange(4):
            case 0:
                out[at] = rng.randrange(256)
            case 1:
                out[at : at + 4] = rng.choice(
                    [b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\0\1"]
                )
            case 2:
                del out[at : at + rng.randrange(200)]
            case _:
                out[at:at] = rng.randbytes(rng.randrange(60))
    return bytes(out)


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_a_hurt_file_is_refused_or_written_correctly(extension, tagged, tmp_path):
    rng = random.Random(extension)
    path = tmp_path / f"hurt.{extension}"
    whole = tagged[extension].read_bytes()
    for _ in range(ROUNDS):
        before = hurt(whole, rng)
        path.write_bytes(before)
        try:
            others = read_tags(path).tags
            done = write(path, {Field.GENRE: ("Jazz", "Soul"), Field.VOICE: ("Male",)})
        except FileFault:
            assert path.read_bytes() == before and temps(path) == []
            continue
        wanted = {**others, Field.GENRE: ("Jazz", "Soul"), Field.VOICE: ("Male",)}
        assert read_tags(path).tags == wanted
        commit(taken_back(path, done))
        assert path.read_bytes() == before
