"""ID3: versions, spellings, foreign frames, numbers for genres, and the tags that stand beside it."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import mutagen.apev2
import mutagen.id3 as m
import pytest
from sample_files import PICTURE
from writing import write

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.write import outlook


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def tag(version: int, *frames: bytes, flags: int = 0, padding: int = 0, body: bytes | None = None) -> bytes:
    body = b"".join(frames) + bytes(padding) if body is None else body
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(len(body)) + body


def frame(name: str, data: bytes, *, version: int = 3, flags: int = 0) -> bytes:
    size = synchsafe(len(data)) if version == 4 else struct.pack(">I", len(data))
    return name.encode() + size + struct.pack(">H", flags) + data


def text(value: str) -> bytes:
    return b"\0" + value.encode("latin-1")


def v1(genre: int = 17, comment: bytes = b"a comment") -> bytes:
    parts = (
        b"A title".ljust(30, b"\0"),
        b"An artist".ljust(30),
        b"An album".ljust(30),
        b"1999",
        comment.ljust(30),
    )
    return b"TAG" + b"".join(parts) + bytes([genre])


@pytest.fixture
def stream(music) -> bytes:
    """The frames of an MP3 without any tag."""
    data = music("mp3").read_bytes()
    return data[data.index(b"\xff\xfb") :]


@pytest.fixture
def song(tmp_path, stream):
    def make(head: bytes = b"", tail: bytes = b"") -> Path:
        path = tmp_path / "song.mp3"
        path.write_bytes(head + stream + tail)
        return path

    return make


FOREIGN_23 = (
    frame("TIT2", b"\1\xff\xfeT\0\xfc\0\0\0"),
    frame("TYER", text("1987")),
    frame("TDAT", text("0102")),
    frame("TSIZ", text("12345")),
    frame("PRIV", b"owner\0" + bytes(range(40))),
    frame("POPM", b"a@b.c\0\xc4\0\0\0\7"),
    frame("GEOB", b"\0application/octet-stream\0\0Serato Markers_\0" + bytes(range(90))),
    frame("CHAP", b"ch0\0" + struct.pack(">4I", 0, 500, 0xFFFFFFFF, 0xFFFFFFFF) + frame("TIT2", text("One"))),
    frame("NCON", b"never heard of"),
    frame("COMM", b"\0eng\0a comment"),
    frame("TXXX", b"\0Other\0kept"),
    frame("APIC", b"\0image/png\0\3\0" + PICTURE),
)


def test_a_23_tag_stays_23_and_every_foreign_frame_stays_bit_for_bit(song):
    path = song(tag(3, *FOREIGN_23, frame("TCON", text("(17)")), padding=100))
    assert read_tags(path).format == "ID3v2.3"
    assert read_tags(path).tags[Field.GENRE] == ("Rock",)
    assert read_tags(path).tags[Field.DATE] == ("1987",)
    write(path, {Field.MOOD: ("Happy", "Warm"), Field.MAT_SCORES: ('{"a":0.5}',)})
    data = path.read_bytes()
    for each in FOREIGN_23:
        assert each in data
    # The genre was not edited: its bytes are as they were.
    assert frame("TCON", text("(17)")) in data
    read = m.ID3(path, translate=False, load_v1=False)
    assert read.version == (2, 3, 0)
    assert read["TXXX:MOOD"].text == ["Happy; Warm"] and "TMOO" not in read


def test_23_lists_are_joined_and_parted_at_semicolons_only(song):
    path = song(tag(3, frame("TCON", text("AC/DC;Rock/Pop ; R&B"))))
    assert read_tags(path).tags[Field.GENRE] == ("AC/DC", "Rock/Pop", "R&B")
    write(path, {Field.GENRE: ("Rock/Pop", "Jazz")})
    assert m.ID3(path, translate=False)["TCON"].text == ["Rock/Pop; Jazz"]
    assert read_tags(path).tags[Field.GENRE] == ("Rock/Pop", "Jazz")


def test_23_text_is_latin_1_where_it_fits_and_utf_16_where_not(song):
    path = song(tag(3, frame("TIT2", text("x"))))
    write(path, {Field.GENRE: ("Größe",), Field.MOOD: ("音",)})
    read = m.ID3(path, translate=False)
    assert (read["TCON"].encoding, read["TXXX:MOOD"].encoding) == (0, 1)


def test_23_text_of_other_programs_is_read(song):
    nul = "Rock\0Pop".encode("utf-16-le")
    path = song(tag(3, frame("TCON", b"\1\xff\xfe" + nul), frame("TXXX", b"\2\0m\0o\0o\0d\0\0\0H\0i")))
    assert read_tags(path).tags[Field.GENRE] == ("Rock", "Pop")
    assert read_tags(path).tags[Field.MOOD] == ("Hi",)


def test_24_lists_are_parted_by_nul_and_stored_as_utf_8(song):
    path = song(tag(4, frame("TIT2", b"\3x", version=4), padding=50))
    write(path, {Field.GENRE: ("A;B", "C"), Field.MOOD: ("Happy", "Sad"), Field.MAT_MODEL: ("a;b",)})
    read = m.ID3(path, translate=False)
    assert read.version == (2, 4, 0)
    assert read["TCON"].text == ["A;B", "C"] and read["TCON"].encoding == 3
    assert read["TMOO"].text == ["Happy", "Sad"] and "TXXX:MOOD" not in read


def test_a_semicolon_in_a_list_of_23_is_refused(song):
    path = song(tag(3, frame("TIT2", text("x"))))
    with pytest.raises(Exception, match="semicolon"):
        write(path, {Field.GENRE: ("A;B",)})


@pytest.mark.parametrize("spelling", ["Mood", "mood", "MOOD"])
def test_the_spelling_of_a_free_key_is_kept(song, spelling):
    path = song(tag(3, frame("TXXX", b"\0" + spelling.encode() + b"\0Sad")))
    assert read_tags(path).tags[Field.MOOD] == ("Sad",)
    write(path, {Field.MOOD: ("Happy",)})
    read = m.ID3(path, translate=False)
    assert [key for key in read if key.startswith("TXXX")] == [f"TXXX:{spelling}"]


def test_the_two_places_of_a_mood_never_contradict_each_other(song):
    path = song(tag(4, frame("TMOO", b"\3Sad", version=4), frame("TXXX", b"\3Mood\0Gloomy", version=4)))
    assert read_tags(path).tags[Field.MOOD] == ("Sad", "Gloomy")
    write(path, {Field.MOOD: ("Happy",)})
    read = m.ID3(path, translate=False)
    assert read["TMOO"].text == read["TXXX:Mood"].text == ["Happy"]
    write(path, {Field.MOOD: ()})
    assert not [key for key in m.ID3(path, translate=False) if "M" in key[:2]] and not read_tags(path).tags


def test_a_24_frame_in_a_23_tag_is_kept_up(song):
    path = song(tag(3, frame("TMOO", text("Sad"))))
    write(path, {Field.MOOD: ("Happy",)})
    read = m.ID3(path, translate=False)
    assert read["TMOO"].text == read["TXXX:MOOD"].text == ["Happy"]


def test_grouping_is_written_where_it_stands(song):
    path = song(tag(3, frame("GRP1", text("Set")), frame("TIT1", text("The work"))))
    assert read_tags(path).tags[Field.GROUPING] == ("Set",)
    write(path, {Field.GROUPING: ("New",)})
    read = m.ID3(path, translate=False)
    assert (str(read["GRP1"]), str(read["TIT1"])) == ("New", "The work")
    path = song(tag(3, frame("TIT2", text("x"))))
    write(path, {Field.GROUPING: ("New",)})
    assert str(m.ID3(path, translate=False)["TIT1"]) == "New"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("(17)", ("Rock",)),
        ("17", ("Rock",)),
        ("(17)Rock", ("Rock",)),
        ("(4)Eurodisco", ("Disco", "Eurodisco")),
        ("(51)(39)", ("Techno-Industrial", "Noise")),
        ("(RX)", ("Remix",)),
        ("((I think)", ("(I think)",)),
    ],
)
def test_numbers_of_genres_are_shown_as_names(song, raw, shown):
    path = song(tag(3, frame("TCON", text(raw))))
    assert read_tags(path).tags[Field.GENRE] == shown
    write(path, {Field.GENRE: (*shown, "Polka")})
    assert read_tags(path).tags[Field.GENRE] == (*shown, "Polka")


def test_a_genre_that_would_be_taken_for_a_number_is_refused(song):
    path = song(tag(4, frame("TIT2", b"\3x", version=4)))
    before = path.read_bytes()
    with pytest.raises(Exception, match="do not read back"):
        write(path, {Field.GENRE: ("80",)})
    assert path.read_bytes() == before


def test_the_id3v1_trailer_keeps_all_but_the_genre_byte(song):
    path = song(tag(3, frame("TIT2", text("Longer title"))), v1())
    write(path, {Field.MOOD: ("Happy",)})
    assert path.read_bytes()[-128:] == v1()
    write(path, {Field.GENRE: ("Unheard of", "Jazz")})
    assert path.read_bytes()[-128:] == v1(genre=8)
    write(path, {Field.GENRE: ("Unheard of",)})
    assert path.read_bytes()[-128:] == v1(genre=255)


def test_the_values_of_a_lonely_id3v1_tag_move_into_the_new_one(song):
    path = song(b"", v1())
    before = read_tags(path)
    assert before.tags[Field.TITLE] == ("A title",) and before.tags[Field.GENRE] == ("Rock",)
    assert any("ID3v1" in note and "copied" in note for note in before.notes)
    write(path, {Field.MOOD: ("Happy",)})
    assert read_tags(path).tags == {**before.tags, Field.MOOD: ("Happy",)}
    assert path.read_bytes()[-128:] == v1()
    assert comments(path) == ["a comment"]


def comments(path: Path) -> list[str]:
    """As readers see them that know ID3v2 alone."""
    return [str(found) for found in m.ID3(path, load_v1=False).getall("COMM")]


def test_comment_and_track_of_id3v1_are_not_hidden_by_the_new_tag(song):
    path = song(b"", v1(comment=b"short".ljust(28, b"\0") + b"\0\7"))
    assert outlook(path).copied[-2:] == ("comment", "track")
    write(path, {Field.MOOD: ("Happy",)})
    found = m.ID3(path, load_v1=False)
    assert comments(path) == ["short"] and str(found["TRCK"]) == "7"
    assert outlook(path).copied == ()


def test_a_title_that_only_id3v1_has_is_shown_and_not_written(song):
    path = song(tag(3, frame("TCON", text("Pop"))), v1())
    assert read_tags(path).tags == {
        Field.TITLE: ("A title",),
        Field.ARTIST: ("An artist",),
        Field.ALBUM: ("An album",),
        Field.DATE: ("1999",),
        Field.GENRE: ("Pop",),
    }
    write(path, {Field.MOOD: ("Happy",)})
    assert "TIT2" not in m.ID3(path, load_v1=False)


def test_an_apev2_tag_beside_it_is_told_of_and_stays(song):
    item = struct.pack("<2I", 5, 0) + b"Genre\0" + b"Polka"
    numbers = struct.pack("<4I", 2000, len(item) + 32, 1, 0) + bytes(8)
    ape = item + b"APETAGEX" + numbers
    path = song(tag(3, frame("TCON", text("Rock"))), ape + v1())
    assert any("APEv2" in note and "genre" in note for note in read_tags(path).notes)
    write(path, {Field.GENRE: ("Jazz",)})
    assert path.read_bytes().endswith(ape + v1())


def test_a_genre_that_only_the_tag_behind_the_audio_has_is_the_files_genre(song):
    path = song(tag(3, frame("TIT2", text("x"))))
    tags = mutagen.apev2.APEv2()
    tags["Genre"], tags["MAT_TAGS"] = "Dub", "genre:dub"
    tags.save(path)
    assert read_tags(path).tags == {Field.TITLE: ("x",), Field.GENRE: ("Dub",)}
    write(path, {Field.GENRE: ("Dub", "Jazz")})
    assert read_tags(path).tags[Field.GENRE] == ("Dub", "Jazz")
    assert mutagen.apev2.APEv2(path)["Genre"] == "Dub"


def test_the_values_of_a_lonely_apev2_tag_are_copied_into_the_new_one(song):
    path = song()
    tags = mutagen.apev2.APEv2()
    tags["Title"], tags["Genre"], tags["MP3GAIN_MINMAX"] = "A title", ["Rock", "Pop"], "1,2"
    cover = b"\xff\xd8\xff\xe0 a picture"
    tags["Cover Art (Front)"] = mutagen.apev2.APEValue(b"cover.jpg\0" + cover, mutagen.apev2.BINARY)
    tags["Unknown"] = mutagen.apev2.APEValue(b"\0\1\2", mutagen.apev2.BINARY)
    tags.save(path)
    ape = path.read_bytes()[-200:]
    before = read_tags(path).tags
    assert before == {Field.TITLE: ("A title",), Field.GENRE: ("Rock", "Pop")}
    write(path, {Field.GENRE: ("Rock", "Pop", "Jazz")})
    assert read_tags(path).tags == {**before, Field.GENRE: ("Rock", "Pop", "Jazz")}
    assert path.read_bytes().endswith(ape)
    found = m.ID3(path, load_v1=False)
    assert str(found["TXXX:MP3GAIN_MINMAX"]) == "1,2"
    (picture,) = found.getall("APIC")
    assert (picture.type, picture.mime, picture.data) == (3, "image/jpeg", cover)


def test_lyrics3_between_the_audio_and_id3v1_stays(song):
    lyrics = b"LYRICSBEGIN" + b"IND0000200" + b"000021LYRICS200"
    path = song(tag(3, frame("TIT2", text("x"))), lyrics + v1())
    write(path, {Field.GENRE: ("Jazz",)})
    assert path.read_bytes().endswith(lyrics + v1())


def test_a_22_tag_becomes_23_with_all_its_frames(song):
    def short(name: str, data: bytes) -> bytes:
        return name.encode() + struct.pack(">I", len(data))[1:] + data

    frames = [
        short("TT2", text("Old")),
        short("TYE", text("1991")),
        short("TCO", text("(17)")),
        short("TXX", b"\0Mood\0Calm"),
        short("PIC", b"\0PNG\3\0" + PICTURE),
        short("COM", b"\0eng\0old words"),
    ]
    path = song(tag(2, *frames))
    read = read_tags(path)
    assert read.format == "ID3v2.2" and "ID3v2.2 will be upgraded to 2.3" in read.notes
    assert read.tags[Field.GENRE] == ("Rock",) and read.tags[Field.MOOD] == ("Calm",)
    write(path, {Field.VOICE: ("Female",)})
    after = read_tags(path)
    assert after.format == "ID3v2.3" and after.tags == {**read.tags, Field.VOICE: ("Female",)}
    assert m.ID3(path, translate=False)["APIC:"].data == PICTURE
    path = song(tag(2, *frames, short("XXA", b"?")))
    with pytest.raises(Exception, match=r"frames that ID3v2\.3 does not know"):
        write(path, {Field.VOICE: ("Female",)})


def test_unsynchronised_tags(song):
    sync = b"\xff\xe0\xff\0\xff"
    private = frame("PRIV", b"x\0" + sync)
    stuffed = (
        (private + frame("TCON", b"\1\xff\xfeJ\0"))
        .replace(b"\xff\0", b"\xff\0\0")
        .replace(b"\xff\xe0", b"\xff\0\xe0")
    )
    stuffed = stuffed.replace(b"\xff\xfe", b"\xff\0\xfe")
    path = song(tag(3, body=stuffed, flags=0x80))
    assert read_tags(path).tags[Field.GENRE] == ("J",)
    write(path, {Field.MOOD: ("Happy",)})
    assert private in path.read_bytes()

    inner = b"x\0\xff\0\xe0"
    path = song(
        tag(4, frame("PRIV", inner, version=4, flags=2), frame("TIT2", b"\3Hi", version=4), flags=0x80)
    )
    write(path, {Field.GENRE: ("Jazz", "Ÿ")})
    assert frame("PRIV", inner, version=4, flags=2) in path.read_bytes()
    assert m.ID3(path, translate=False)["TCON"].text == ["Jazz", "Ÿ"]


def test_an_extended_header_is_left_out_because_its_checksum_would_be_wrong(song):
    extended = struct.pack(">IHI", 6, 0, 0)
    path = song(tag(3, body=extended + frame("TCON", text("Rock")) + bytes(20), flags=0x40))
    assert read_tags(path).tags == {Field.GENRE: ("Rock",)}
    write(path, {Field.GENRE: ("Jazz",)})
    assert m.ID3(path, translate=False)["TCON"].text == ["Jazz"]


def test_24_frames_with_plain_sizes_as_itunes_wrote_them(song):
    big = frame("PRIV", b"x\0" + bytes(range(256)) * 2, version=3)
    path = song(tag(4, big, frame("TCON", b"\3Rock", version=4)))
    assert read_tags(path).tags == {Field.GENRE: ("Rock",)}
    write(path, {Field.GENRE: ("Jazz",)})
    assert frame("PRIV", b"x\0" + bytes(range(256)) * 2, version=4) in path.read_bytes()
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (tag(3, frame("TIT2", text("x")) + b"TCON\0\0\xff\xff\0\0abc"), "reaches beyond its end"),
        (tag(3, frame("TIT2", text("x")) + b"t\x01\x02?" + bytes(20)), "bytes that are no frame"),
        (tag(3, frame("TIT2", text("x")), body=frame("TIT2", text("x")) + bytes(9) + b"junk"), "no frame"),
    ],
)
def test_a_tag_that_does_not_hold_together_is_read_as_far_as_it_goes_and_never_written(song, head, reason):
    path = song(head)
    before = path.read_bytes()
    read = read_tags(path)
    assert read.tags == {Field.TITLE: ("x",)}
    assert any(reason in note for note in read.notes)
    with pytest.raises(Exception, match=reason):
        write(path, {Field.GENRE: ("Rock",)})
    assert path.read_bytes() == before


def test_a_tag_of_an_unknown_version_is_not_an_empty_tag(song):
    path = song(tag(5, frame("TIT2", text("x"))))
    with pytest.raises(Exception, match=r"ID3v2\.5"):
        read_tags(path)


def test_a_second_id3_tag_is_told_of_and_stays(song):
    second = tag(3, frame("TCON", text("Polka")))
    path = song(tag(3, frame("TCON", text("Rock"))) + second)
    assert any("second ID3v2 tag" in note for note in read_tags(path).notes)
    write(path, {Field.GENRE: ("Jazz",)})
    assert second in path.read_bytes()


def test_a_tag_stays_in_its_place_while_it_fits(song):
    path = song(tag(3, frame("TIT2", text("x")), padding=2000))
    size = path.stat().st_size
    write(path, {Field.GENRE: ("Rock",)})
    assert path.stat().st_size == size


def test_a_genre_that_is_planned_to_stay_keeps_its_raw_bytes(song):
    raw = frame("TCON", text("(17)"))
    path = song(tag(3, raw))
    write(path, {Field.GENRE: ("Rock",), Field.MOOD: ("Happy",)})
    assert raw in path.read_bytes()


def test_compressed_and_grouped_frames_are_read(song):
    plain = text("Jazz")
    packed = frame("TCON", struct.pack(">I", len(plain)) + zlib.compress(plain), flags=0x80)
    path = song(tag(3, packed, frame("TPE1", b"\x42" + text("Someone"), flags=0x20)))
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",), Field.ARTIST: ("Someone",)}
    write(path, {Field.MOOD: ("Happy",)})
    assert packed in path.read_bytes()
    path = song(tag(4, frame("TCON", b"\x42" + bytes(4) + b"\3Jazz", version=4, flags=0x41)))
    assert read_tags(path).tags == {Field.GENRE: ("Jazz",)}
