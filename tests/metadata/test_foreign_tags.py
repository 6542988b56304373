"""Tags that are no part of a container's own kind: they count as present, stay, and stand in no one's way."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import mutagen.apev2
import mutagen.id3
import pytest
from sample_files import make, monkeys_audio
from writing import prepared, taken_back, write

from mat_desktop.audio.decode import Decoding
from mat_desktop.audio.probe import end_of_wavpack, packets_digest
from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.errors import TagFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import commit, obstacle, outlook

ROCK, ACID_PUNK = 17, 73
ID3V1 = b"TAG" + b"A title".ljust(30, b"\0") + bytes(64) + b"mine".ljust(28, b"\0") + b"\0\3" + bytes([ROCK])
LYRICS3 = b"LYRICSBEGININD0000210LYR00005la la000034LYRICS200"
GENRES = {
    "id3v1": "Rock",
    "lyrics3 and id3v1": "Rock",
    "apev2": "Jazz",
    "both": "Jazz",
    "id3v2": "Blues",
    "id3v2 and id3v1": "Blues",
}
BY_CONTAINER = {
    "flac": tuple(GENRES),
    "wv": ("id3v1", "lyrics3 and id3v1", "both"),
    "ape": ("id3v1", "lyrics3 and id3v1", "both"),
    "tta": tuple(GENRES),
    "mp3": tuple(GENRES),
    "aac": tuple(GENRES),
    "wav": ("id3v1",),
    "aiff": ("id3v1",),
    "ogg": ("id3v1", "lyrics3 and id3v1", "apev2", "both"),
    "opus": ("id3v1", "apev2", "both"),
    "oga": ("id3v1", "apev2", "both"),
    "spx": ("id3v1", "both"),
    "m4a": ("id3v1", "lyrics3 and id3v1", "apev2", "both"),
    "fast.m4a": ("id3v1", "apev2", "both"),
}


def add(path: Path, which: str) -> None:
    if which in ("apev2", "both"):
        tags = mutagen.apev2.APEv2()
        tags["Genre"] = "Jazz"
        tags.save(path)
    if which.startswith("lyrics3"):
        path.write_bytes(path.read_bytes() + LYRICS3)
    if which == "both" or which.endswith("id3v1"):
        path.write_bytes(path.read_bytes() + ID3V1)
    if which.startswith("id3v2"):
        path.write_bytes(id3v2() + path.read_bytes())


def id3v2() -> bytes:
    out = io.BytesIO()
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TCON(3, ["Blues"]))
    tags.save(out, v1=0)
    return out.getvalue()


@pytest.mark.parametrize(
    ("extension", "which"), [(e, which) for e, kinds in BY_CONTAINER.items() for which in kinds]
)
def test_they_count_as_present_and_stay_and_the_file_is_written_and_comes_back(extension, which, music):
    path = music(extension)
    add(path, which)
    before, audio = path.read_bytes(), packets_digest(path)
    shown = read_tags(path).tags
    assert shown[Field.GENRE] == (GENRES[which],)
    assert (Field.TITLE in shown) is (which != "apev2" and which != "id3v2")
    assert obstacle(path) == ""

    done = write(path, {Field.GENRE: ("Acid Punk", "Soul"), Field.MOOD: ("Happy",)})

    shown = read_tags(path).tags
    assert (shown[Field.GENRE], shown[Field.MOOD]) == (("Acid Punk", "Soul"), ("Happy",))
    after = path.read_bytes()
    if which == "both" or which.endswith("id3v1"):
        assert after[-128:-1] == ID3V1[:127] and after[-1] in (ROCK, ACID_PUNK)
    if extension != "ape":  # FFmpeg counts what ends the file as part of its last packet
        assert packets_digest(path) == audio
    if extension == "flac":
        front = len(id3v2()) if which.startswith("id3v2") else 0
        assert after[:front] == before[:front] and after[-3000:] == before[-3000:]
    commit(taken_back(path, done))
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(before).digest()


@pytest.mark.parametrize("extension", ["ogg", "opus", "oga"])
def test_a_tag_behind_ogg_pages_stays_where_these_get_new_numbers(extension, music):
    path = music(extension)
    add(path, "both")
    before, audio = path.read_bytes(), packets_digest(path)
    done = write(path, {Field.GENRE: ("Rock",), Field.MOOD: tuple(f"mood {n}" for n in range(20_000))})
    assert path.read_bytes()[-300:] == before[-300:]
    assert packets_digest(path) == audio
    commit(taken_back(path, done))
    assert path.read_bytes() == before


@pytest.mark.parametrize("extension", ["ogg", "opus", "m4a", "fast.m4a"])
def test_a_file_is_not_called_damaged_for_what_follows_its_audio(extension, music):
    path = music(extension)
    write(path, {Field.GENRE: ("Soul",)})
    whole = path.read_bytes()
    for behind in (b"junk" * 50, bytes(range(256)) * 400, id3v2(), LYRICS3):
        path.write_bytes(whole + behind)
        assert read_tags(path).tags[Field.GENRE] == ("Soul",)
        assert "something that is no known tag follows the" in obstacle(path)
    path.write_bytes(whole[:-300])
    assert obstacle(path).endswith("file is cut off or damaged")


def test_an_m4a_file_whose_audio_lies_behind_its_atoms_is_damaged(music):
    path = music("fast.m4a")
    data = bytearray(path.read_bytes())
    mdat = data.index(b"mdat")
    data[mdat - 4 : mdat] = (8).to_bytes(4, "big")
    data[mdat + 4 : mdat + 8] = b"\xff" * 4
    path.write_bytes(data)
    assert obstacle(path) == "the MP4 file is cut off or damaged"


@pytest.mark.parametrize("extension", ["ogg", "opus", "m4a", "wv"])
@pytest.mark.parametrize("behind", [b"junk" * 50, b"\1" * 4096, b"OggS\0"])
def test_what_cannot_be_written_for_what_follows_the_audio_is_said_before(extension, behind, music):
    path = music(extension)
    audio = path.read_bytes()
    with path.open("rb") as file:
        end = end_of_wavpack(file) or len(audio)
    path.write_bytes(audio[:end] + behind)
    said = obstacle(path)
    assert said
    with pytest.raises(TagFault) as refused:
        prepared(path, {Field.GENRE: ("Rock",)})
    assert refused.value.cause == said


def test_an_ogg_file_of_several_streams_is_refused_before_it_is_written(music):
    path = music("opus")
    path.write_bytes(path.read_bytes() + make(path.parent, "spx").read_bytes())
    assert "several streams" in obstacle(path)


@pytest.mark.parametrize("with_id3v1", [False, True])
def test_wavpack_with_an_id3v2_tag_behind_its_audio_is_written_and_comes_back(with_id3v1, music):
    path = music("wv")
    alone = packets_digest(path)
    with path.open("rb") as file:
        blocks = path.read_bytes()[: end_of_wavpack(file)]
    path.write_bytes(blocks + id3v2() + (ID3V1 if with_id3v1 else b""))
    before = path.read_bytes()
    assert read_tags(path).tags[Field.GENRE] == ("Blues",)
    assert obstacle(path) == ""
    done = write(path, {Field.GENRE: ("Soul",)})
    assert read_tags(path).tags[Field.GENRE] == ("Soul",)
    assert path.read_bytes().startswith(blocks + id3v2() + b"APETAGEX")
    assert packets_digest(path) == alone
    commit(taken_back(path, done))
    assert path.read_bytes() == before


def test_wavpack_whose_apev2_tag_stands_before_an_id3v2_tag_is_refused_before_it_is_written(music):
    path = music("wv")
    path.write_bytes(path.read_bytes() + id3v2())
    assert "hides it" in obstacle(path)


@pytest.mark.parametrize("which", ["id3v1", "both"])
def test_wavpack_with_id3v1_is_the_track_that_is_heard(which, music):
    path = music("wv")
    alone = packets_digest(path)
    add(path, which)
    heard = Decoding(path, 16_000)
    assert sum(block.size for block in heard) > 15_000
    assert packets_digest(path) == alone == heard.track_id


@pytest.mark.parametrize("magic", [b"MP+\x07", b"MPCK", b"MAC "])
def test_an_id3v2_tag_before_the_audio_counts_and_comes_into_a_new_apev2_tag(tmp_path, magic):
    path = tmp_path / "song.mpc"
    audio = magic + monkeys_audio()[4:]
    path.write_bytes(id3v2() + audio + ID3V1)
    shown = read_tags(path)
    assert shown.tags == {Field.GENRE: ("Blues",), Field.TITLE: ("A title",)}
    assert any("will be copied" in note for note in shown.notes)


def test_a_damaged_tag_of_another_kind_costs_nothing(music):
    path = music("flac")
    path.write_bytes(b"ID3\x09\0\0\0\0\0\x0a" + bytes(10) + path.read_bytes())
    tags = mutagen.apev2.APEv2()
    tags["Genre"] = "Jazz"
    tags.save(path)
    data = bytearray(path.read_bytes())
    data[-20:-16] = (7).to_bytes(4, "little")
    path.write_bytes(data)
    assert read_tags(path).tags == {}
    done = write(path, {Field.GENRE: ("Rock",)})
    assert read_tags(path).tags == {Field.GENRE: ("Rock",)}
    commit(taken_back(path, done))
    assert path.read_bytes() == data


def test_the_vorbis_comment_counts_before_all_others(music):
    path = music("flac")
    write(path, {Field.GENRE: ("Soul",)})
    for which in ("both", "id3v2"):
        add(path, which)
        assert read_tags(path).tags[Field.GENRE] == ("Soul",)


KEPT = {
    "flac": {"id3v1": ["ID3v1"], "both": ["ID3v1", "APEv2"], "id3v2 and id3v1": ["ID3v1", "ID3v2"]},
    "wav": {"id3v1": ["ID3v1"]},
    "aiff": {"id3v1": ["ID3v1"]},
    "ogg": {"both": ["ID3v1", "APEv2"]},
    "m4a": {"both": ["ID3v1", "APEv2"]},
    "mp3": {"id3v1": [], "both": ["ID3v1", "APEv2"]},
    "wv": {"both": []},
}
"""Kinds of tags that no write changes; the genre of ID3v1 is written where nothing else follows an mp3."""


@pytest.mark.parametrize(("extension", "which"), [(e, which) for e, found in KEPT.items() for which in found])
def test_a_value_that_stays_in_another_tag_is_told_before(extension, which, music):
    path = music(extension)
    add(path, which)
    shown, kinds = read_tags(path).tags[Field.GENRE], KEPT[extension][which]
    assert staying(path, shown, ("Soul",)) == [
        f"the genre in its {kind} tag stays {GENRES[kind.lower()]}, which programs that read that tag show"
        for kind in kinds
    ]
    assert staying(path, shown, ("Soul", "Rock", "Jazz", "Blues")) == []


def test_a_value_that_stays_in_a_second_tag_of_the_same_kind_is_told_before(music):
    path = music("mp3")
    path.write_bytes(id3v2() + id3v2() + path.read_bytes())
    assert len(staying(path, ("Blues",), ("Soul",))) == 1


def staying(path: Path, before: tuple[str, ...], after: tuple[str, ...]) -> list[str]:
    changes = [Change(Field.GENRE, before, after), Change(Field.MOOD, (), ("Happy",))]
    return [text for text in outlook(path, changes).told if "stays" in text]
