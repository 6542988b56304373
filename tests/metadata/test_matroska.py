"""The tags of Matroska and WebM are read as players read them, and never written."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import av
import pytest
from writing import prepared, temps

from mat_desktop.domain.tags import Field
from mat_desktop.errors import TagFault
from mat_desktop.metadata.files import read_tags

INFO, TAGS, CLUSTER, SEGMENT = (
    b"\x15\x49\xa9\x66",
    b"\x12\x54\xc3\x67",
    b"\x1f\x43\xb6\x75",
    b"\x18\x53\x80\x67",
)
TAG, TARGETS, LEVEL, CHAPTER, TRACK = b"\x73\x73", b"\x63\xc0", b"\x68\xca", b"\x63\xc4", b"\x63\xc5"
UNKNOWN = b"\x01" + b"\xff" * 7


def element(number: bytes, data: bytes) -> bytes:
    return number + (len(data) | 1 << 28).to_bytes(4, "big") + data


def simple(name: str, text: str) -> bytes:
    return element(b"\x67\xc8", element(b"\x45\xa3", name.encode()) + element(b"\x44\x87", text.encode()))


def tag(targets: bytes, *pairs: tuple[str, str]) -> bytes:
    return element(TAG, element(TARGETS, targets) + b"".join(simple(*pair) for pair in pairs))


def level(number: int) -> bytes:
    return element(LEVEL, bytes([number]))


def matroska(folder: Path, *parts: bytes, segment: bytes | None = None) -> Path:
    path = folder / "sample.mka"
    body = b"".join(parts) if segment is None else segment
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska"))
    path.write_bytes(head + (element(SEGMENT, body) if segment is None else SEGMENT + UNKNOWN + body))
    return path


def test_what_ffmpeg_wrote(tmp_path: Path) -> None:
    path = tmp_path / "sample.mka"
    with av.open(str(path), "w", format="matroska") as out:
        out.metadata.update(
            {"title": "Night", "artist": "Anna", "album": "Days", "GENRE": "Jazz", "date": "2019"}
        )
        stream = out.add_stream("flac", rate=44_100, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=1024)
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    found = read_tags(path)
    assert found.tags == {
        Field.TITLE: ("Night",),
        Field.ARTIST: ("Anna",),
        Field.ALBUM: ("Days",),
        Field.DATE: ("2019",),
        Field.GENRE: ("Jazz",),
    }
    assert found.format == "Matroska"
    assert found.notes == ("cannot be written: Matroska and WebM files are only read",)
    before = path.read_bytes()
    with pytest.raises(TagFault, match="Matroska and WebM files are only read"):
        prepared(path, {Field.GENRE: ("Rock",)})
    assert path.read_bytes() == before
    assert temps(path) == []


def test_levels_say_what_is_the_album_s_and_what_is_the_track_s(tmp_path: Path) -> None:
    path = matroska(
        tmp_path,
        element(CLUSTER, bytes(500)),
        element(
            TAGS,
            tag(level(50), ("TITLE", "Days"), ("ARTIST", "Various"), ("DATE_RELEASED", "2019"))
            + tag(level(30) + element(TRACK, b"\1"), ("TITLE", "Night"), ("ARTIST", "Anna"))
            + tag(level(30), ("genre", "Jazz"), ("GENRE", "Soul"), ("GENRE", "Jazz"), ("MOOD", ""))
            + tag(level(30) + element(CHAPTER, b"\5"), ("GENRE", "Speech"))
            + tag(b"", ("MAT_TAGS", "guitar")),
        ),
    )
    assert read_tags(path).tags == {
        Field.TITLE: ("Night",),
        Field.ARTIST: ("Anna",),
        Field.ALBUM: ("Days",),
        Field.DATE: ("2019",),
        Field.GENRE: ("Jazz", "Soul"),
        Field.MAT_TAGS: ("guitar",),
    }


def test_a_live_stream_does_not_know_its_sizes(tmp_path: Path) -> None:
    stream = CLUSTER + UNKNOWN + element(b"\xa3", bytes(300)) + element(TAGS, tag(b"", ("GENRE", "Jazz")))
    path = matroska(tmp_path, segment=element(INFO, element(b"\x7b\xa9", b"Night")) + stream)
    assert read_tags(path).tags == {Field.TITLE: ("Night",), Field.GENRE: ("Jazz",)}


def test_a_file_that_ends_early_has_the_tags_before(tmp_path: Path) -> None:
    path = matroska(tmp_path, element(TAGS, tag(b"", ("GENRE", "Jazz"))), element(CLUSTER, bytes(5000)))
    path.write_bytes(path.read_bytes()[:-100])
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}


def test_a_file_of_millions_of_empty_elements_does_not_hold_up_a_scan(tmp_path: Path) -> None:
    late = element(TAGS, tag(b"", ("MOOD", "Calm")))
    early = element(TAGS, tag(b"", ("GENRE", "Jazz")))
    path = matroska(tmp_path, early, b"\xec\x80" * 1000, late)
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",), Field.MOOD: ("Calm",)}
    path = matroska(tmp_path, early, b"\xec\x80" * 300_000, late)
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}


def test_a_text_of_megabytes_is_none(tmp_path: Path) -> None:
    path = matroska(tmp_path, element(TAGS, tag(b"", ("GENRE", "x" * (2 << 20)), ("MOOD", "Calm"))))
    assert read_tags(path).tags == {Field.MOOD: ("Calm",)}


def test_a_hurt_file_is_read_or_refused(tmp_path: Path) -> None:
    whole = matroska(
        tmp_path,
        element(INFO, element(b"\x7b\xa9", b"Night")),
        element(TAGS, tag(level(30), ("GENRE", "Jazz"))),
    ).read_bytes()
    path, rng = tmp_path / "hurt.mka", random.Random(3)
    for _ in range(300):
        out = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            out[rng.randrange(4, len(out))] = rng.randrange(256)
        path.write_bytes(out)
        with suppress(TagFault):
            read_tags(path)
