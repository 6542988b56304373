"""What each container keeps beside the tag, and what is peculiar to it."""

from __future__ import annotations

import struct

import mutagen.apev2
import mutagen.asf
import mutagen.flac
import mutagen.mp4
import mutagen.wave
import pytest
from sample_files import PICTURE, vorbis_comment
from writing import write

from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import Conflict
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.verify import sound_of
from mat_desktop.metadata.write import outlook, prepare

GENRE = {Field.GENRE: ("Jazz", "Soul")}


def flac_block(kind: int, data: bytes, *, last: bool = False) -> bytes:
    return bytes([kind | 0x80 * last]) + len(data).to_bytes(3, "big") + data


def flac_parts(data: bytes) -> tuple[bytes, bytes]:
    """The stream information block and the frames."""
    position = 4
    while not data[position] & 0x80:
        position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
    return data[8:42], data[position:]


STRANGE = (b"no equals sign", b"K\xc3\x84Y=odd key", b"ARTIST=\xff\xfe not UTF-8", b"=no key", b"Title=x")


def test_flac_keeps_every_other_block_and_comment(music):
    path = music("flac")
    info, frames = flac_parts(path.read_bytes())
    application = flac_block(2, b"test" + bytes(range(50)))
    picture = flac_block(
        6, struct.pack(">2I", 3, 9) + b"image/png" + bytes(4) + bytes(16) + PICTURE[:0] + bytes(4)
    )
    head = b"fLaC" + flac_block(0, info) + picture
    comment = flac_block(4, vorbis_comment(*STRANGE, b"genre=Old", b"GENRE=Older"))
    path.write_bytes(head + comment + application + flac_block(1, bytes(100), last=True) + frames)
    size = path.stat().st_size
    assert read_tags(path).tags[Field.GENRE] == ("Old", "Older")
    write(path, GENRE)
    data = path.read_bytes()
    assert data.startswith(head) and application in data and data.endswith(frames)
    assert all(struct.pack("<I", len(each)) + each in data for each in STRANGE)
    # The first spelling is kept, and the padding takes up the difference.
    assert b"genre=Jazz" in data and b"genre=Soul" in data and len(data) == size


def test_flac_without_comment_or_padding_gets_both(music):
    path = music("flac")
    info, frames = flac_parts(path.read_bytes())
    path.write_bytes(b"fLaC" + flac_block(0, info, last=True) + frames)
    assert read_tags(path).tags == {}
    write(path, GENRE)
    blocks = mutagen.flac.FLAC(path).metadata_blocks
    assert [block.code for block in blocks] == [0, 4, 1] and blocks[2].length == 4096


def test_flac_behind_an_id3_tag_and_with_two_comments(music):
    path = music("flac")
    info, frames = flac_parts(path.read_bytes())
    comments = [flac_block(4, vorbis_comment(b"GENRE=First")), flac_block(4, vorbis_comment(b"GENRE=Second"))]
    id3 = b"ID3\3\0\0\0\0\0\x0a" + bytes(10)
    path.write_bytes(
        id3
        + b"fLaC"
        + flac_block(0, info)
        + comments[0]
        + comments[1]
        + flac_block(1, b"", last=True)
        + frames
    )
    notes = " ".join(read_tags(path).notes)
    assert "ID3v2 tag stands before" in notes and "several comment blocks" in notes
    write(path, GENRE)
    data = path.read_bytes()
    assert data.startswith(id3) and comments[1] in data and data.endswith(frames)


def test_ogg_pages_get_new_numbers_only_if_they_must(music):
    path = music("ogg")
    before = path.read_bytes()
    write(path, {**GENRE, Field.MAT_SCORES: ("x" * 3000,)})
    # The audio pages are the same bytes.
    assert path.read_bytes()[-30_000:] == before[-30_000:]
    write(path, {Field.MAT_SCORES: ("x" * 300_000,)})
    data = path.read_bytes()
    numbers = []
    position = 0
    while position < len(data):
        numbers.append(int.from_bytes(data[position + 18 : position + 22], "little"))
        lacing = data[position + 27 : position + 27 + data[position + 26]]
        position += 27 + len(lacing) + sum(lacing)
    assert numbers == list(range(len(numbers)))


def test_ogg_keeps_strange_comments_and_pictures(music):
    path = music("opus")
    tags = mutagen.File(path)
    tags["METADATA_BLOCK_PICTURE"] = ["A" * 5000]
    tags["R128_TRACK_GAIN"] = ["-512"]
    tags.save()
    write(path, GENRE)
    after = mutagen.File(path)
    assert after["metadata_block_picture"] == ["A" * 5000] and after["r128_track_gain"] == ["-512"]


def mp4_tags(path, **items: object) -> None:
    tags = mutagen.mp4.MP4(path)
    for key, value in items.items():
        tags[key] = value
    tags.save()


def atom(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", 8 + len(payload)) + name + payload


def with_items(data: bytes, items: bytes) -> bytes:
    """An M4A whose moov is the last atom, with other items in its ilst."""
    for name in (b"ilst", b"meta", b"udta", b"moov"):
        at = data.rindex(name) - 4
        size = int.from_bytes(data[at : at + 4], "big")
        if name == b"ilst":
            grown = len(items) + 8 - size
            data = data[:at] + atom(b"ilst", items) + data[at + size :]
        else:
            data = data[:at] + struct.pack(">I", size + grown) + data[at + 4 :]
    return data


def test_mp4_keeps_every_other_item_as_it_is(music):
    path = music("m4a")
    value = atom(b"data", struct.pack(">2I", 1, 0) + b"value")
    mean = atom(b"mean", bytes(4) + b"com.apple.iTunes")
    twice = atom(b"----", mean + atom(b"name", bytes(4) + b"LABEL") + value)
    mood = atom(b"----", mean + atom(b"name", bytes(4) + b"Mood") + value)
    cover = atom(b"covr", atom(b"data", struct.pack(">2I", 14, 0) + PICTURE))
    tempo = atom(b"tmpo", atom(b"data", struct.pack(">2I", 21, 0) + b"\0\x78"))
    unknown = atom(b"xyz1", b"\0\1\2 anything")
    numbered = atom(b"gnre", atom(b"data", struct.pack(">2I", 0, 0) + b"\0\x12"))
    foreign = (twice, twice.replace(b"value", b"other"), cover, tempo, unknown)
    path.write_bytes(
        with_items(path.read_bytes(), twice + foreign[1] + mood + cover + tempo + numbered + unknown)
    )
    before = read_tags(path)
    assert before.tags[Field.GENRE] == ("Rock",) and before.tags[Field.MOOD] == ("value",)
    assert any("numbered genre" in note for note in before.notes)
    write(path, {Field.MOOD: ("Happy",)})
    data = path.read_bytes()
    assert all(item in data for item in (*foreign, numbered))
    assert atom(b"name", bytes(4) + b"Mood") in data and b"MOOD" not in data
    write(path, GENRE)
    data = path.read_bytes()
    assert all(item in data for item in foreign) and numbered not in data
    assert mutagen.mp4.MP4(path)["\xa9gen"] == ["Jazz", "Soul"]


def test_mp4_without_a_tag_gets_one(music):
    path = music("m4a")
    data = path.read_bytes()
    at = data.rindex(b"udta") - 4
    moov = data.rindex(b"moov") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    moov_size = int.from_bytes(data[moov : moov + 4], "big")
    path.write_bytes(
        data[:moov] + struct.pack(">I", moov_size - size) + data[moov + 4 : at] + data[at + size :]
    )
    assert read_tags(path).tags == {}
    write(path, GENRE)
    assert mutagen.mp4.MP4(path)["\xa9gen"] == ["Jazz", "Soul"]


def test_mp4_padding_takes_up_the_difference(music):
    path = music("fast.m4a")
    write(path, GENRE)
    grown, audio = path.stat().st_size, packets_digest(path)
    for values in (("A",), ("A much longer genre than before",) * 1, ()):
        write(path, {Field.GENRE: values})
        assert path.stat().st_size == grown and packets_digest(path) == audio


def test_a_free_atom_behind_the_header_takes_up_the_difference(music):
    path = music("fast.m4a")
    write(path, {Field.GENRE: ("Rock",)})
    data = path.read_bytes()
    # Move the padding from inside the header to behind it: no chunk moves.
    free = atom(b"free", bytes(4096))
    assert data.count(free) == 1
    moov = data.index(b"moov") - 4
    end = moov + int.from_bytes(data[moov : moov + 4], "big")
    head = data[:end].replace(free, b"")
    for name in (b"moov", b"udta", b"meta"):
        at = head.index(name) - 4
        size = int.from_bytes(head[at : at + 4], "big")
        head = head[:at] + struct.pack(">I", size - len(free)) + head[at + 4 :]
    data = head + free + data[end:]
    path.write_bytes(data)
    audio = packets_digest(path)
    for length in (1, 2, 300, 4_000, 6_000):
        write(path, {Field.GENRE: ("x" * length,)})
        assert packets_digest(path) == audio
        assert (path.stat().st_size == len(data)) == (length < 5_000)


def test_ape_items_keep_their_flags_and_spelling(music):
    path = music("ape")
    tags = mutagen.apev2.APEv2()
    tags["gEnRe"] = "Old"
    tags["Cover Art (Front)"] = mutagen.apev2.APEValue(PICTURE, mutagen.apev2.BINARY)
    tags["Related"] = mutagen.apev2.APEValue("https://example.org", mutagen.apev2.EXTERNAL)
    tags.save(path)
    id3v1 = b"TAG" + bytes(124) + b"\x11"
    path.write_bytes(path.read_bytes() + id3v1)
    write(path, GENRE)
    after = mutagen.apev2.APEv2(path)
    assert "gEnRe" in list(after.keys()) and list(after["genre"]) == ["Jazz", "Soul"]
    assert bytes(after["Cover Art (Front)"]) == PICTURE and after["Related"].kind == mutagen.apev2.EXTERNAL
    assert path.read_bytes()[-128:] == id3v1[:127] + b"\x08"


def test_tags_are_no_part_of_what_sounds_in_monkeys_audio(music):
    path = music("ape")
    plain, audio = path.read_bytes(), packets_digest(path)
    path.write_bytes(plain + b"TAG" + bytes(125))
    write(path, GENRE)
    assert sound_of(path) == packets_digest(path) == audio
    path.write_bytes(plain[:-1] + bytes([plain[-1] ^ 1]))
    assert sound_of(path) not in (None, audio)
    path.write_bytes(plain[:4] + (3970).to_bytes(2, "little") + plain[6:])
    assert sound_of(path) is None, "it does not say where it ends"


def test_what_only_id3v1_says_is_not_hidden_by_a_new_apev2_tag(music):
    path = music("ape")
    title, comment = b"A title".ljust(30, b"\0"), b"mine".ljust(28, b"\0") + b"\0\3"
    path.write_bytes(path.read_bytes() + b"TAG" + title + bytes(64) + comment + b"\xff")
    assert read_tags(path).tags == {Field.TITLE: ("A title",)}
    write(path, GENRE)
    after = {key: str(value) for key, value in mutagen.apev2.APEv2(path).items()}
    assert (after["Title"], after["Comment"], after["Track"]) == ("A title", "mine", "3")


def test_asf_keeps_other_attributes(music):
    path = music("wma")
    tags = mutagen.asf.ASF(path)
    tags["WM/Picture"] = [mutagen.asf.ASFByteArrayAttribute(PICTURE)]
    tags["WM/Genre"] = ["Old", "Older"]
    tags["Custom"] = [mutagen.asf.ASFUnicodeAttribute("for a stream", stream=1), "for all"]
    tags["Title"] = ["A title"]
    tags.save()
    assert read_tags(path).tags == {Field.TITLE: ("A title",), Field.GENRE: ("Old", "Older")}
    write(path, GENRE)
    after = mutagen.asf.ASF(path)
    assert after["WM/Picture"][0].value == PICTURE
    assert sorted(str(value) for value in after["Custom"]) == ["for a stream", "for all"]


def test_the_size_in_the_head_of_an_asf_file_follows(music):
    path = music("wma")
    write(path, GENRE)
    data = path.read_bytes()
    at = data.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 40
    assert int.from_bytes(data[at : at + 8], "little") == len(data)


def test_wav_keeps_its_other_chunks(music):
    path = music("wav")
    data = path.read_bytes()
    info = b"INFO" + b"IGNR" + struct.pack("<I", 4) + b"Old\0"
    info += b"ICMT" + struct.pack("<I", 4) + b"mine" + b"ITRK" + struct.pack("<I", 2) + b"7\0"
    info += b"INAM" + struct.pack("<I", 11) + "Lied für Ü\0".encode("cp1252") + b"\0"
    extra = b"LIST" + struct.pack("<I", len(info)) + info + b"cue " + struct.pack("<I", 3) + b"abc\0"
    body = data[8:] + extra
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    before = read_tags(path)
    assert before.tags == {Field.GENRE: ("Old",), Field.TITLE: ("Lied für Ü",)}
    write(path, GENRE)
    assert read_tags(path).tags == {**before.tags, **GENRE}
    after = path.read_bytes()
    tag = mutagen.wave.WAVE(path).tags
    assert str(tag["COMM::XXX"]) == "mine" and str(tag["TRCK"]) == "7"
    title, cue = info[info.index(b"INAM") :], b"cue " + struct.pack("<I", 3) + b"abc\0"
    assert title in after and cue in after and int.from_bytes(after[4:8], "little") == len(after) - 8
    # Readers that know no ID3 in WAV see the genre in INFO.
    genre = "; ".join(GENRE[Field.GENRE]).encode("cp1252") + b"\0"
    assert b"IGNR" + struct.pack("<I", len(genre)) + genre in after
    at = after.index(b"id3 ")
    # Another program's upper case stays.
    path.write_bytes(after[:at] + b"ID3 " + after[at + 4 :])
    write(path, {Field.GENRE: ("Polka",)})
    assert b"ID3 " in path.read_bytes() and b"id3 " not in path.read_bytes()
    assert b"IGNR" + struct.pack("<I", 6) + b"Polka\0" in path.read_bytes()


def test_a_title_and_a_genre_that_only_info_has_are_shown(music):
    path = music("wav")
    write(path, {Field.MOOD: ("Happy",)})
    data = path.read_bytes()
    info = b"INFOINAM" + struct.pack("<I", 4) + b"Song" + b"IGNR" + struct.pack("<I", 4) + b"Folk"
    body = data[8:] + b"LIST" + struct.pack("<I", len(info)) + info
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    before = {Field.TITLE: ("Song",), Field.MOOD: ("Happy",), Field.GENRE: ("Folk",)}
    assert read_tags(path).tags == before
    # A plan that takes the genre for empty is about another file.
    unseen = [Change(Field.GENRE, (), GENRE[Field.GENRE])]
    with pytest.raises(Conflict):
        prepare(path, unseen, FileStamp.of(path.stat()))
    write(path, {Field.MOOD: ("Sad",)})
    assert b"IGNR" + struct.pack("<I", 4) + b"Folk" in path.read_bytes()
    write(path, {Field.GENRE: ("Folk", "Jazz")})
    assert read_tags(path).tags == before | {Field.MOOD: ("Sad",), Field.GENRE: ("Folk", "Jazz")}


def test_a_genre_of_info_that_gives_way_to_another_is_told(music):
    path = music("wav")
    write(path, {Field.GENRE: ("Rock",)})
    path.write_bytes(path.read_bytes().replace(b"IGNR\5\0\0\0Rock", b"IGNR\5\0\0\0Folk"))
    assert read_tags(path).tags == {Field.GENRE: ("Rock",)}
    told = outlook(path, [Change(Field.GENRE, ("Rock",), ("Rock", "Jazz"))]).told
    assert told == ("the genre is written to IGNR of RIFF INFO too: Rock; Jazz, in place of Folk",)


def test_wav_gets_the_genre_in_info_and_loses_it_again(music):
    path = music("wav")
    write(path, {Field.MOOD: ("Happy",)})
    assert b"IGNR" not in path.read_bytes()
    write(path, GENRE)
    data = path.read_bytes()
    assert b"IGNR" in data and int.from_bytes(data[4:8], "little") == len(data) - 8
    write(path, {Field.GENRE: ()})
    assert b"IGNR" not in path.read_bytes()


@pytest.mark.parametrize("kind", ["wav", "aiff"])
def test_an_id3v1_tag_behind_the_chunks_stays_and_what_it_says_is_shown(music, kind):
    path = music(kind)
    id3v1 = b"TAG" + b"A title".ljust(30, b"\0") + bytes(64) + b"mine".ljust(28, b"\0") + b"\0\3" + b"\x08"
    path.write_bytes(path.read_bytes() + id3v1)
    size = path.stat().st_size
    before = read_tags(path)
    assert before.tags == {Field.TITLE: ("A title",), Field.GENRE: ("Jazz",)}
    assert not any("cannot" in note for note in before.notes)
    write(path, {Field.GENRE: ("Jazz", "Soul")})
    after = path.read_bytes()
    order = "little" if kind == "wav" else "big"
    assert after.endswith(id3v1) and len(after) > size
    assert int.from_bytes(after[4:8], order) + 8 + len(id3v1) == len(after)
    assert read_tags(path).tags == {Field.TITLE: ("A title",), Field.GENRE: ("Jazz", "Soul")}
    write(path, {Field.MOOD: ("Happy",)})
    assert path.read_bytes().endswith(id3v1)


def test_the_letters_tag_in_our_own_keys_are_no_id3v1(music):
    """At some length of its value, the TAG of MAT_TAGS lies 128 bytes before the end of an APEv2 file."""
    for length in range(20, 60):
        path = music("wv")
        values = {
            Field.MAT_TAGS: ("x" * length,),
            Field.MAT_MODEL: ("fcn2d sha256:0123456789ab date:2026-01-01",),
        }
        write(path, values)
        assert read_tags(path).tags == values
