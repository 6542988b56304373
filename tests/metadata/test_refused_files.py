"""What is not written, each with its reason; the file stays as it is and nothing is left beside it."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import mutagen.apev2
import pytest
import sample_files
from writing import prepared, temps

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import TagFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import prepare

GENRE = {Field.GENRE: ("Rock",)}


def refused(path: Path, reason: str | None, values: dict[Field, tuple[str, ...]] = GENRE) -> None:
    before = path.read_bytes()
    with pytest.raises(TagFault, match=reason) as caught:
        prepared(path, values)
    assert caught.value.path == path
    assert path.read_bytes() == before and temps(path) == []


def riff(*chunks: bytes, name: bytes = b"RIFF", size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return name + struct.pack("<I", len(body) if size is None else size) + body


def chunk(name: bytes, data: bytes, *, size: int | None = None, pad: bool = True) -> bytes:
    return name + struct.pack("<I", len(data) if size is None else size) + data + bytes(len(data) % 2 * pad)


FMT = chunk(b"fmt ", struct.pack("<2H2I2H", 1, 1, 8000, 8000, 1, 8))
AUDIO = bytes(range(101))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (riff(FMT, chunk(b"data", AUDIO, pad=False)), "odd size without its pad byte"),
        (
            riff(FMT, chunk(b"data", AUDIO, pad=False), chunk(b"LIST", b"INFO")),
            "odd size without its pad byte",
        ),
        (riff(FMT, chunk(b"data", AUDIO, size=500)), "cut off"),
        (riff(FMT, chunk(b"data", AUDIO, size=0xFFFFFFFF), size=0xFFFFFFFF), "unknown size"),
        (riff(FMT, chunk(b"data", AUDIO, size=0)), "unknown size"),
        (riff(FMT, chunk(b"data", AUDIO), size=40), "size in the file's head"),
        (riff(FMT, chunk(b"data", AUDIO[:100])) + b"\0\1\2", "belong to no chunk"),
        (riff(FMT, chunk(b"data", AUDIO)) + b"APETAGEX" * 8, "behind its end"),
        (riff(FMT, chunk(b"data", AUDIO), name=b"RF64"), "RF64"),
        (riff(FMT, chunk(b"data", AUDIO), chunk(b"id3 ", b"nonsense")), "holds no ID3 tag"),
    ],
)
def test_odd_wav_files(tmp_path, data, reason):
    path = tmp_path / "odd.wav"
    path.write_bytes(data)
    refused(path, reason)


def test_fragmented_mp4(tmp_path):
    path = tmp_path / "a.m4a"
    sample_files.encode(path, "mp4", "aac", "fltp", {"movflags": "frag_keyframe+empty_moov"})
    assert read_tags(path)
    refused(path, "fragmented")


def test_quicktime_keys(music):
    path = music("m4a")
    path.write_bytes(path.read_bytes().replace(b"mdirappl", b"mdtaappl"))
    refused(path, "QuickTime")


def test_damaged_mp4(music):
    path = music("fast.m4a")
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    refused(path, "cut off or damaged")


def test_several_ogg_streams(music):
    path = music("ogg")
    data = path.read_bytes()
    path.write_bytes(data + data.replace(data[14:18], b"abcd"))
    assert read_tags(path)
    refused(path, "several streams")


def test_damaged_and_cut_off_ogg(music):
    path = music("ogg")
    data = path.read_bytes()
    path.write_bytes(data[:-5])
    refused(path, "cut off")
    path.write_bytes(data + b"OggT" + bytes(60))
    refused(path, "damaged")
    at = data.index(b"\3vorbis")
    path.write_bytes(data[: at + 12] + b"!" + data[at + 13 :])
    with pytest.raises(TagFault, match="damaged"):
        read_tags(path)


def test_flac_with_wrong_block_sizes(music):
    path = music("flac")
    data = bytearray(path.read_bytes())
    at = 42
    while not data[at] & 0x80:
        at += 4 + int.from_bytes(data[at + 1 : at + 4], "big")
    data[at + 3] ^= 1
    path.write_bytes(bytes(data))
    refused(path, "sizes of its metadata blocks")


def test_a_damaged_tag_is_never_an_empty_tag(music):
    path = music("wv")
    tags = mutagen.apev2.APEv2()
    tags["Title"] = "Something"
    tags.save(path)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\x09\0\0\0\0\0\0\0Title", b"\xff\0\0\0\0\0\0\0Title"))
    refused(path, "APEv2 tag is damaged")


@pytest.mark.parametrize(("flags", "reason"), [(1, "read-only"), (2, "no text")])
def test_ape_items_that_must_not_be_edited(music, flags, reason):
    path = music("wv")
    tags = mutagen.apev2.APEv2()
    tags["Genre"] = "Old"
    tags.save(path)
    path.write_bytes(path.read_bytes().replace(b"\0\0\0\0Genre", bytes([flags]) + b"\0\0\0Genre"))
    refused(path, reason)


def test_protected_wma(music):
    path = music("wma")
    data = path.read_bytes()
    codec_list = bytes.fromhex("4052d1861d31d011a3a400a0c90348f6")
    assert codec_list in data
    path.write_bytes(data.replace(codec_list, bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")))
    refused(path, "protected")


@pytest.mark.parametrize(
    "content", [b"", b"x", b"text that is no music" * 9, b"\x1aE\xdf\xa3" + bytes(60), b"ID3\3\0"]
)
def test_what_is_no_music(tmp_path, content):
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(TagFault):
        read_tags(path)
    refused(path, None)


def test_a_file_that_is_no_file(tmp_path):
    with pytest.raises(TagFault, match="no such file"):
        read_tags(tmp_path / "missing.mp3")
    with pytest.raises(TagFault, match="not a regular file"):
        read_tags(tmp_path)
    with pytest.raises(TagFault, match="not a regular file"):
        prepare(tmp_path, [Change(Field.GENRE, (), ("Rock",))], FileStamp(0, 0, 0))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_block(tmp_path):
    path = tmp_path / "pipe.mp3"
    os.mkfifo(path)
    with pytest.raises(TagFault, match="not a regular file"):
        read_tags(path)
    with pytest.raises(TagFault, match="not a regular file"):
        prepare(path, [Change(Field.GENRE, (), ("Rock",))], FileStamp.of(path.stat()))


def test_a_read_only_file(music):
    path = music("flac")
    path.chmod(0o444)
    refused(path, "the file is read-only")


def test_a_file_with_two_names(music):
    path = music("flac")
    path.with_name("second.flac").hardlink_to(path)
    refused(path, r"2 names \(hard links\)")


def test_no_space(music, monkeypatch):
    path = music("flac")
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    refused(path, "no space left on the disk")


@pytest.mark.parametrize("value", ["", "a\0b"])
def test_impossible_values(music, value):
    refused(music("flac"), "empty or holds a NUL", {Field.GENRE: (value,)})


def test_characters_that_cannot_be_stored(music):
    for extension in ("mp3", "flac", "m4a", "wv", "wma"):
        refused(music(extension), "characters that no file can keep", {Field.GENRE: ("\ud800",)})


def test_a_tag_that_its_container_cannot_hold(music):
    refused(music("flac"), "too large for FLAC", {Field.GENRE: ("x" * (1 << 24),)})


def test_nothing_to_change(music):
    path = music("flac")
    with pytest.raises(ValueError, match="nothing to change"):
        prepare(path, [Change(Field.GENRE, ("A",), ("A",))], FileStamp.of(path.stat()))
