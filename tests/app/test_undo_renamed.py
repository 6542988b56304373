"""Undo of files whose names others have now, as after other programs numbered tracks anew."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from threading import Event

import mutagen.apev2
import mutagen.flac
import numpy as np
import pytest

from mat_desktop.app.recover import recover
from mat_desktop.app.remove import look_at as look_removal
from mat_desktop.app.remove import removing
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import last_run, redoing, undoing, undoing_files
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import ANOTHER
from mat_desktop.domain.tags import Field
from mat_desktop.errors import UsageFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.store.journal import EntryState
from tests.app.undoing import ALL, Values, do, heard, known_for_long, looked_at, retag, write
from tests.metadata import sample_files
from tests.sounds import encode, tone


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    """Three songs of one format."""
    folder = tmp_path / "songs"
    folder.mkdir()
    return [encode(folder / f"0{n}.flac", tone(1.0, hz=220.0 * n)) for n in (1, 2, 3)]


def swap(one: Path, other: Path) -> None:
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def shift(songs: list[Path], folder: Path | None = None) -> list[Path]:
    """Each gets the name of the next; where they are now."""
    new = [(folder or song.parent) / f"0{n}{song.suffix}" for n, song in enumerate(songs, 2)]
    for song, name in reversed(list(zip(songs, new, strict=True))):
        song.rename(name)
    return new


def to_another_drive(path: Path, new: Path) -> Path:
    """As moving does it between drives: a new file with new times."""
    new.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, new)
    path.unlink()
    return new


def look_through(session: Session, *folders: Path) -> None:
    list(scan(session, folders, Event()))


def remove_all(session: Session) -> list[WriteResult]:
    task = removing(session)
    files = [file for past in task.pasts if (file := look_removal(session, past)) is not None]
    return list(reverse(session, task, files, Event()))


def contents(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


@pytest.mark.parametrize("looked", [False, True])
def test_songs_that_swapped_their_names_are_each_taken_back(
    session: Session, songs: list[Path], looked: bool
) -> None:
    one, other, _ = songs
    retag(other, genre="Rock")
    before = contents(songs)
    heard(session, one.parent)
    run = write(session, {Field.GENRE: ("Rock",)}, one)
    written = one.read_bytes()
    swap(one, other)
    if looked:
        look_through(session, one.parent)
    (file,) = looked_at(session, undoing(session, run))
    assert (file.path, file.told_move) == (other, "was 01.flac when it was written")
    (result,) = do(session, undoing(session, run), force=True)
    assert (result.path, result.status) == (other, WriteStatus.WRITTEN)
    assert contents([other, one]) == before[:2], "the song that has the name now has the genre of its user"
    do(session, redoing(session, run))
    assert other.read_bytes() == written
    swap(one, other)
    assert [result.path for result in remove_all(session)] == [one]
    assert contents(songs) == before


def test_songs_whose_names_went_back_and_forth_are_each_taken_back(
    session: Session, songs: list[Path]
) -> None:
    one, other, _ = songs
    retag(other, genre="Rock")
    before = contents(songs)
    heard(session, one.parent)
    run = write(session, ALL, one, other)
    written = contents(songs)
    swap(one, other)
    do(session, undoing(session, run))
    swap(one, other)
    do(session, redoing(session, run))
    assert contents(songs) == written
    swap(one, other)
    assert len(remove_all(session)) == 2
    assert contents([other, one]) == before[:2]
    do(session, undoing(session, session.journal.own[-1]))
    retag(one, title="Edited")
    swap(one, other)
    assert [result.status for result in remove_all(session)] == [WriteStatus.WRITTEN] * 2
    assert one.read_bytes() == before[0]
    assert read_tags(other).tags == {Field.TITLE: ("Edited",), Field.GENRE: ("Rock",)}


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_whatever_the_format(session: Session, tmp_path: Path, extension: str) -> None:
    one = sample_files.make(tmp_path, extension)
    other = one.with_name(f"other {one.name}")
    data = bytearray(one.read_bytes())
    if extension == "ape" or extension == "dsf":
        data[-1] ^= 1
        other.write_bytes(data)
    elif extension == "spx":
        other.write_bytes(bytes(data).replace(bytes(20), bytes([1] * 20)))
        other = encode(tmp_path / "other.ogg", tone(1.0)).rename(other)
    else:
        encode(other.with_suffix(".wav"), tone(1.0)).rename(other)
    write(session, ALL, one)
    there = other.read_bytes()
    before, left = one.read_bytes(), one
    swap(one, other)
    (result,) = do(session, undoing(session, 1))
    assert (result.path, result.status) == (other, WriteStatus.WRITTEN)
    assert one.read_bytes() == there and other.read_bytes() != before
    assert Field.GENRE not in read_tags(other).tags, left


@pytest.mark.parametrize("way", ["undo", "remove", "retagged", "folder", "drive", "drive, looked"])
def test_songs_that_were_numbered_anew_are_each_taken_back(
    session: Session, songs: list[Path], way: str
) -> None:
    retag(songs[1], genre="Mine", mood="Happy")
    before = contents(songs)
    heard(session, songs[0].parent)
    run = write(session, ALL, *songs)
    written = contents(songs)
    folder = songs[0].parent.with_name("there")
    folder.mkdir()
    new = shift(songs, folder if way in ("folder", "drive, looked") else None)
    if way.startswith("drive"):
        new = [to_another_drive(path, folder / f"new {path.name}") for path in new]
        look_through(session, folder)
    if way == "folder":
        look_through(session, folder)
    if way == "retagged":
        for number, path in enumerate(new):
            retag(path, tracknumber=str(number))
    if way == "remove":
        assert [r.path for r in remove_all(session)] == new
    else:
        assert [r.path for r in do(session, undoing(session, run))] == new
    if way == "retagged":
        tags = [read_tags(path).tags for path in new]
        assert [t.get(Field.GENRE) for t in tags] == [None, ("Mine",), None]
        assert [t.get(Field.MOOD) for t in tags] == [None, ("Happy",), None]
        assert not any(Field.MAT_TAGS in t for t in tags)
        return
    assert contents(new) == before
    again = undoing(session, session.journal.own[-1]) if way == "remove" else redoing(session, run)
    do(session, again)
    assert contents(new) == written


def test_a_file_that_went_to_another_drive_is_known_without_listening(
    session: Session, songs: list[Path], tmp_path: Path
) -> None:
    before = songs[0].read_bytes()
    heard(session, songs[0].parent)
    write(session, ALL, songs[0])
    new = to_another_drive(songs[0], tmp_path / "drive" / "a.flac")
    look_through(session, new.parent)
    do(session, undoing_files(session, [new]))
    assert new.read_bytes() == before


def test_files_that_went_elsewhere_are_found_where_somebody_says(
    session: Session, songs: list[Path], tmp_path: Path
) -> None:
    before = contents(songs)
    heard(session, songs[0].parent)
    run = write(session, ALL, *songs)
    there = tmp_path / "drive"
    new = [to_another_drive(path, there / f"new {path.name}") for path in songs]
    (result,) = do(session, undoing(session, run, files=[new[1]]))
    assert (result.path, new[1].read_bytes()) == (new[1], before[1])
    do(session, undoing(session, run, files=[there]))
    assert contents(new) == before


def test_a_song_that_is_gone_while_another_has_its_name(session: Session, songs: list[Path]) -> None:
    before = contents(songs)
    heard(session, songs[0].parent)
    run = write(session, ALL, *songs)
    songs[2].unlink()
    new = shift(songs[:2])
    there = contents(new)
    for file in looked_at(session, undoing(session, run, files=[new[1]])):
        assert (file.path, file.fault) == (new[1], "")
    with pytest.raises(UsageFault):
        undoing(session, run, files=[encode(songs[0], tone(1.0, hz=900.0))])
    results = do(session, undoing(session, run))
    assert sorted((r.path, r.status, r.reason) for r in results) == [
        (new[0], WriteStatus.WRITTEN, ""),
        (new[1], WriteStatus.CONFLICT, ANOTHER),
        (new[1], WriteStatus.WRITTEN, ""),
    ]
    assert contents(new) == before[:2]
    do(session, redoing(session, run))
    assert contents(new) == there
    assert sorted((r.path, r.reason) for r in remove_all(session)) == [
        (new[0], ""),
        (new[1], ""),
        (new[1], ANOTHER),
    ]
    assert contents(new) == before[:2]


def test_a_file_whose_sound_was_changed_in_place_is_left(session: Session, songs: list[Path]) -> None:
    heard(session, songs[0].parent)
    run = write(session, ALL, songs[0])
    encode(songs[0], tone(1.0, hz=220.0) * np.float32(0.5))
    retag(songs[0], genre="Rock")
    there = songs[0].read_bytes()
    assert [r.reason for r in do(session, undoing(session, run), force=True)] == [ANOTHER]
    assert [r.reason for r in remove_all(session)] == [ANOTHER]
    assert songs[0].read_bytes() == there


@pytest.mark.parametrize("looked", [False, True])
def test_a_copy_that_got_the_name_of_a_written_one_keeps_its_values(
    session: Session, songs: list[Path], looked: bool
) -> None:
    one, copy = songs[0], songs[1]
    shutil.copy(one, copy)
    retag(copy, genre="Rock", title="A copy")
    before = contents([one, copy])
    heard(session, one.parent)
    run = write(session, {Field.GENRE: ("Rock",)}, one)
    swap(one, copy)
    if looked:
        look_through(session, one.parent)
    do(session, undoing(session, run), force=True)
    assert contents([copy, one]) == before
    do(session, redoing(session, run), force=True)
    remove_all(session)
    assert contents([copy, one]) == before


@pytest.mark.parametrize("values", [{Field.GENRE: ("Rock",)}, {**ALL, Field.GENRE: ("Rock",)}])
def test_a_copy_that_has_the_first_name_of_a_song_that_is_gone_keeps_its_values(
    session: Session, songs: list[Path], values: Values
) -> None:
    one, copy, _ = songs
    shutil.copy(one, copy)
    retag(copy, genre="Rock", mood="Happy")
    heard(session, one.parent)
    run = write(session, values, one)
    swap(one, copy)
    do(session, undoing(session, run))
    do(session, redoing(session, run))
    copy.unlink()
    there = one.read_bytes()
    do(session, undoing(session, run), force=True)
    remove_all(session)
    assert one.read_bytes() == there


def test_a_copy_that_is_left_alone_keeps_its_values(session: Session, songs: list[Path]) -> None:
    one, copy = songs[0], songs[1]
    shutil.copy(one, copy)
    retag(copy, genre="Rock")
    there = copy.read_bytes()
    heard(session, one.parent)
    run = write(session, {Field.GENRE: ("Rock",)}, one)
    one.unlink()
    do(session, undoing(session, run), force=True)
    remove_all(session)
    songs[2].rename(one)
    do(session, undoing(session, run), force=True)
    remove_all(session)
    assert copy.read_bytes() == there


def test_a_copy_beside_the_place_is_not_looked_for(session: Session, songs: list[Path]) -> None:
    before = songs[0].read_bytes()
    heard(session, songs[0].parent)
    run = write(session, ALL, songs[0])
    copy = Path(shutil.copy(songs[0], songs[0].with_name("00.flac")))
    written = copy.read_bytes()
    look_through(session, songs[0].parent)
    do(session, undoing(session, run))
    assert contents([songs[0], copy]) == [before, written]


@pytest.fixture
def copy_elsewhere(session: Session, songs: list[Path]) -> Path:
    """Of the first song, in a folder that was opened too, with a title of its own."""
    copy = songs[0].parent.with_name("copies") / "copy.flac"
    copy.parent.mkdir()
    shutil.copy(songs[0], copy)
    retag(copy, title="Copy")
    for folder in (songs[0].parent, copy.parent):
        look_through(session, folder)
        heard(session, folder)
    known_for_long(session)
    return copy


@pytest.mark.parametrize("mark", [True, False])
def test_a_copy_elsewhere_is_not_taken_for_a_song_that_another_has_the_name_of(
    session: Session, songs: list[Path], copy_elsewhere: Path, mark: bool
) -> None:
    one, other, _ = songs
    before, there = contents(songs), copy_elsewhere.read_bytes()
    values = ALL if mark else {Field.GENRE: ("Rock",)}
    run = write(session, values, one)
    written = one.read_bytes()
    do(session, undoing(session, run))
    swap(one, other)
    (result,) = do(session, redoing(session, run), force=True)
    assert (result.path, result.status) == (other, WriteStatus.WRITTEN)
    assert contents([other, one, copy_elsewhere]) == [written, before[1], there]
    swap(one, other)
    do(session, undoing(session, run), force=True)
    assert contents(songs) == before


def test_a_copy_elsewhere_with_marks_of_another_library_is_not_taken_for_a_song(
    session: Session, songs: list[Path], copy_elsewhere: Path, tmp_path: Path
) -> None:
    one, other, _ = songs
    before = contents(songs)
    run = write(session, ALL, one)
    with contextlib.closing(Session(tmp_path / "elsewhere")) as another:
        write(another, {**ALL, Field.GENRE: ("Dance",), Field.MAT_TAGS: ("genre:dance",)}, copy_elsewhere)
    there = copy_elsewhere.read_bytes()
    swap(one, other)
    do(session, undoing(session, run), force=True)
    assert contents([other, one, copy_elsewhere]) == [*before[:2], there]


def test_a_copy_elsewhere_is_not_taken_for_a_song_that_is_gone(
    session: Session, songs: list[Path], copy_elsewhere: Path
) -> None:
    run = write(session, ALL, songs[0])
    there = copy_elsewhere.read_bytes()
    do(session, undoing(session, run))
    songs[0].unlink()
    (result,) = do(session, redoing(session, run), force=True)
    assert (result.path, result.reason) == (songs[0], "the file is gone")
    assert copy_elsewhere.read_bytes() == there


def test_a_copy_that_got_the_name_of_a_song_whose_new_name_is_not_known(
    session: Session, songs: list[Path], copy_elsewhere: Path
) -> None:
    before = songs[0].read_bytes()
    run = write(session, ALL, songs[0])
    written, there = songs[0].read_bytes(), copy_elsewhere.read_bytes()
    do(session, undoing(session, run))
    new = songs[0].rename(songs[0].with_name("new.flac"))
    shutil.copy(copy_elsewhere, songs[0])
    do(session, redoing(session, run), force=True)
    assert contents([new, songs[0]]) == [written, there]
    do(session, undoing(session, run), force=True)
    assert contents([new, songs[0]]) == [before, there]


def test_a_copy_of_what_was_written_is_not_taken_for_it_when_that_is_tagged_elsewhere(
    session: Session, songs: list[Path], copy_elsewhere: Path
) -> None:
    run = write(session, ALL, songs[0])
    shutil.copy(songs[0], copy_elsewhere)
    there = copy_elsewhere.read_bytes()
    retag(songs[0], mood="Mine")
    do(session, undoing(session, run))
    assert read_tags(songs[0]).tags == {Field.MOOD: ("Mine",)}
    assert copy_elsewhere.read_bytes() == there


@pytest.mark.parametrize("edited", [True, False])
def test_an_equal_copy_that_was_there_before_is_not_taken_for_a_song_that_was_taken_back(
    session: Session, songs: list[Path], edited: bool
) -> None:
    one, copy = songs[0], songs[1]
    shutil.copy(one, copy)
    os.utime(copy, (1e9, 1e9))
    before = copy.read_bytes()
    heard(session, one.parent)
    run = write(session, ALL, one)
    do(session, undoing(session, run))
    if edited:
        retag(one, title="Mine")
    else:
        one.unlink()
    (result,) = do(session, redoing(session, run))
    assert (result.path, result.status) == (one, WriteStatus.WRITTEN if edited else WriteStatus.FAILED)
    assert copy.read_bytes() == before


@pytest.mark.parametrize("how", ["undo", "remove"])
def test_an_unmarked_file_at_the_place_of_one_that_is_found_elsewhere_is_told(
    session: Session, songs: list[Path], copy_elsewhere: Path, how: str
) -> None:
    one, before = songs[0], songs[0].read_bytes()
    run = write(session, ALL, one)
    shutil.copy(one, copy_elsewhere)
    file = mutagen.flac.FLAC(one)
    for key in [key for key in file if key.startswith("mat_")]:
        del file[key]
    file["mood"] = ["Mine"]
    file.save()
    there = one.read_bytes()
    if how == "undo":
        (file_there,) = looked_at(session, undoing(session, run))
    else:
        (file_there,) = filter(None, (look_removal(session, past) for past in removing(session).pasts))
    assert file_there.path == copy_elsewhere
    assert file_there.told_move == (
        f"was {one} when it was written; what has that name now sounds the same and stays as it is"
    )
    if how == "undo":
        do(session, undoing(session, run))
    else:
        remove_all(session)
    assert contents([copy_elsewhere, one]) == [before, there]


def test_a_file_that_was_only_tagged_elsewhere_is_the_same_song(session: Session, songs: list[Path]) -> None:
    one = songs[0]
    heard(session, one.parent)
    run = write(session, {Field.GENRE: ("Rock",)}, one)
    retag(one, title="Another title")
    (result,) = do(session, undoing(session, run))
    assert result.status is WriteStatus.WRITTEN
    assert Field.GENRE not in read_tags(one).tags


def test_monkeys_audio_that_was_only_tagged_elsewhere(session: Session, tmp_path: Path) -> None:
    path = sample_files.make(tmp_path, "ape")
    run = write(session, ALL, path)
    tags = mutagen.apev2.APEv2(path)
    tags["Title"] = "Another title"
    tags.save()
    (result,) = do(session, undoing(session, run))
    assert result.status is WriteStatus.WRITTEN
    assert read_tags(path).tags == {Field.TITLE: ("Another title",)}


def test_a_write_that_a_crash_left_open_while_another_song_got_the_name(
    session: Session, songs: list[Path]
) -> None:
    before = songs[0].read_bytes()
    heard(session, songs[0].parent)
    run = write(session, ALL, songs[0])
    (entry,) = session.journal.written(run)
    session.journal.settle(entry.id, EntryState.INTENDED)
    with session.journal._database.transaction() as db:
        db.execute("UPDATE run SET finished = 0")
    swap(songs[0], songs[1])
    recover(session)
    assert [left.id for left in session.journal.unfinished()] == [entry.id], "it may have happened"
    look_through(session, songs[0].parent)
    (result,) = recover(session)
    assert (result.path, result.status) == (songs[1], WriteStatus.WRITTEN)
    do(session, undoing(session, last_run(session)))
    assert songs[1].read_bytes() == before


def test_a_file_that_two_mounts_show_is_one(session: Session, songs: list[Path]) -> None:
    heard(session, songs[0].parent)
    run = write(session, ALL, songs[0])
    new, again = songs[0].rename(songs[0].with_name("new.flac")), songs[0].with_name("new again.flac")
    os.link(new, again)  # as another mount of the folder has it
    look_through(session, songs[0].parent)
    (file,) = looked_at(session, undoing(session, run))
    assert file.path in (new, again)
