"""Undo of files that were moved or copied since."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.copies import Copies
from mat_desktop.app.own_values import own_values
from mat_desktop.app.remove import look_at as look_removal
from mat_desktop.app.remove import removing
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import (
    redoing,
    undoing,
    undoing_files,
)
from mat_desktop.app.whereabouts import written_to
from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.plan import WriteStatus
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import UsageFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.mounts import GONE
from tests.app.undoing import ALL, do, heard, known_for_long, looked_at, retag, write


def test_a_file_that_was_moved_since_is_found_by_its_sound(session: Session, music: list[Path]) -> None:
    heard(session, music[0].parent)
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    written = music[0].read_bytes()
    new = music[0].parent / "Artist" / "renamed.flac"
    new.parent.mkdir()
    music[0].rename(new)
    task = undoing(session, run, files=[music[1]])
    assert [past.place for past in task.pasts] == [music[1]]
    assert undoing(session, run).pasts[-1].path != new, "the library has not seen it there yet"
    list(scan(session, [music[0].parent], Event()))
    (file,) = looked_at(session, undoing(session, run, files=[new]))
    assert (file.path, file.fault, len(file.changes)) == (new, "", len(ALL))
    do(session, undoing_files(session, [new]))
    assert new.read_bytes() == before[0]
    do(session, redoing(session, run))
    assert new.read_bytes() == written
    do(session, undoing(session, run))
    assert [new.read_bytes(), *(path.read_bytes() for path in music[1:])] == before
    again = do(session, redoing(session, run))
    assert [result.status for result in again] == [WriteStatus.WRITTEN] * len(music)


@pytest.mark.parametrize("to", ["renamed", "deep/er"])
def test_an_album_whose_folder_has_another_name_is_found(
    session: Session, music: list[Path], tmp_path: Path, to: str
) -> None:
    album = tmp_path / "artist" / "album"
    album.mkdir(parents=True)
    paths = [path.rename(album / path.name) for path in music]
    heard(session, album)
    before = [path.read_bytes() for path in paths]
    run = write(session, ALL, *paths)
    new = album.parent / to
    new.parent.mkdir(exist_ok=True)
    album.rename(new)
    do(session, undoing(session, run))
    assert [(new / path.name).read_bytes() for path in paths] == before


def test_a_second_copy_is_not_taken_for_the_file_that_is_gone(session: Session, music: list[Path]) -> None:
    copies = [music[0].with_name(f"copy {number}.flac") for number in range(2)]
    for copy in copies:
        shutil.copy(music[0], copy)
    heard(session, music[0].parent)
    known_for_long(session)
    run = write(session, ALL, music[0])
    music[0].unlink()
    (file,) = looked_at(session, undoing(session, run))
    assert (file.path, file.fault) == (music[0], "the file is gone")


@pytest.mark.parametrize("gone", [0, 1])
def test_of_two_copies_one_is_gone(session: Session, music: list[Path], gone: int) -> None:
    copies = [music[0], Path(shutil.copy(music[0], music[0].with_name("copy.flac")))]
    before = music[0].read_bytes()
    heard(session, music[0].parent)
    run = write(session, ALL, *copies)
    copies[gone].unlink()
    results = {result.path: (result.status, result.reason) for result in do(session, undoing(session, run))}
    assert results == {
        copies[gone]: (WriteStatus.FAILED, "the file is gone"),
        copies[1 - gone]: (WriteStatus.WRITTEN, ""),
    }
    assert copies[1 - gone].read_bytes() == before
    with pytest.raises(UsageFault):
        undoing(session, run, files=[copies[1 - gone]])


@pytest.mark.parametrize("rewritten", [False, True])
def test_what_was_written_to_a_copy_that_is_gone_is_not_the_files(
    session: Session, music: list[Path], rewritten: bool
) -> None:
    path = music[0]
    before = path.read_bytes()
    heard(session, path.parent)
    write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",)}, path)
    copy = Path(shutil.copy(path, path.with_name("copy.flac")))
    heard(session, path.parent)
    write(session, {Field.GENRE: ("Rock", "Dance"), Field.MAT_TAGS: ("genre:rock", "genre:dance")}, copy)
    copy.unlink()
    if rewritten:
        write(session, {Field.MAT_TAGS: ("genre:rock", "mood:happy")}, path)
    list(scan(session, [path.parent], Event()))
    assert own_values(written_to(session, path), Field.GENRE, ("Rock",)) == {"Rock"}
    task = removing(session, [path])
    files = [file for past in task.pasts if (file := look_removal(session, past)) is not None]
    assert [item.why for item in files[0].fields] == ["", ""]
    list(reverse(session, task, files, Event()))
    assert path.read_bytes() == before


def test_a_file_that_was_written_went_was_written_there_and_came_back(
    session: Session, music: list[Path]
) -> None:
    path, there = music[0], music[0].with_name("there.flac")
    before = path.read_bytes()
    heard(session, path.parent)
    write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock",)}, path)
    path.rename(there)
    heard(session, path.parent)
    write(session, {Field.GENRE: ("Rock", "Dance"), Field.MAT_TAGS: ("genre:rock", "genre:dance")}, there)
    there.rename(path)
    list(scan(session, [path.parent], Event()))
    task = removing(session, [path])
    files = [file for past in task.pasts if (file := look_removal(session, past)) is not None]
    list(reverse(session, task, files, Event()))
    assert path.read_bytes() == before


def copies_written(session: Session, first: Path) -> tuple[list[Path], list[bytes], int]:
    """A file and two copies, one with a genre of the user, all written: where, what they were, the run."""
    copies = [first, *(Path(shutil.copy(first, first.with_name(f"copy {n}.flac"))) for n in range(2))]
    retag(copies[2], genre="Dance")
    before = [path.read_bytes() for path in copies]
    heard(session, first.parent)
    return copies, before, write(session, ALL, *copies)


def move(path: Path, *, drive: bool) -> Path:
    """To another name: on the same drive it stays the same file, on another one it is a new one."""
    new = path.with_name(f"moved {path.name}")
    if drive:
        shutil.copy(path, new.with_name("there"))
        path.unlink()
        new.with_name("there").rename(new)
    else:
        path.rename(new)
    return new


def look_through(session: Session, folder: Path) -> None:
    """As after a scan, and after listening to what is new."""
    tracks = [Track(path, FileStamp.of(path.stat()), tags=read_tags(path).tags) for path in folder.iterdir()]
    session.library.put_tracks(tracks, {track.path: packets_digest(track.path) for track in tracks})


@pytest.mark.parametrize("drive", [False, True])
def test_copies_that_were_all_written_and_moved_are_each_found(
    session: Session, music: list[Path], drive: bool
) -> None:
    copies, before, run = copies_written(session, music[0])
    written = [path.read_bytes() for path in copies]
    moved = [move(path, drive=drive) for path in reversed(copies)][::-1]
    look_through(session, music[0].parent)
    do(session, undoing(session, run, files=[moved[1]]))
    assert [path.read_bytes() for path in moved] == [written[0], before[1], written[2]]
    results = do(session, undoing(session, run))
    assert [result.status for result in results] == [WriteStatus.WRITTEN] * 2
    assert [path.read_bytes() for path in moved] == before
    do(session, redoing(session, run))
    assert [path.read_bytes() for path in moved] == written
    files = [f for past in removing(session).pasts if (f := look_removal(session, past)) is not None]
    assert [file.path for file in files] == sorted(moved)
    list(reverse(session, removing(session), files, Event()))
    assert [path.read_bytes() for path in moved] == before


def test_one_of_two_copies_was_moved_and_the_other_is_gone(session: Session, music: list[Path]) -> None:
    copies, before, run = copies_written(session, music[0])
    new = move(copies[2], drive=False)
    copies[0].unlink()
    copies[1].unlink()
    look_through(session, music[0].parent)
    results = [(result.path, result.reason) for result in do(session, undoing(session, run))]
    assert sorted(results) == sorted([(copies[0], GONE), (copies[1], GONE), (new, "")])
    assert new.read_bytes() == before[2]


def test_copies_of_which_each_may_be_a_moved_file_are_named(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    there = [tmp_path / name / "new.flac" for name in ("one", "other")]
    for copy in there:
        copy.parent.mkdir()
        shutil.copyfile(music[0], copy)
    written = music[0].read_bytes()
    music[0].unlink()
    list(scan(session, [tmp_path], Event()))
    (result,) = do(session, undoing(session, run))
    assert (result.path, result.status) == (music[0], WriteStatus.FAILED)
    assert result.reason == (
        f"several files are what it was, and nothing tells which is it: {there[0]}, {there[1]}; "
        "it is known again once it is moved back to its place, "
        "and removing all that was written clears each of them"
    )
    assert [copy.read_bytes() for copy in there] == [written] * 2
    with pytest.raises(UsageFault, match="several files are what it was"):
        undoing(session, run, files=[there[0]])
    there[1].rename(music[0])
    (result,) = do(session, undoing(session, run))
    assert (result.path, result.status) == (music[0], WriteStatus.WRITTEN)
    assert there[0].read_bytes() == written


def test_a_file_that_was_moved_and_changed_after_an_undo_is_not_said_to_be_gone(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    do(session, undoing(session, run))
    new = music[0].rename(tmp_path / "new.flac")
    retag(new, title="Another title")
    list(scan(session, [tmp_path], Event()))
    (result,) = do(session, redoing(session, run))
    assert (result.status, Field.GENRE in read_tags(new).tags) == (WriteStatus.FAILED, False)
    assert result.reason == (
        f"the file is gone, or was moved and changed since: {new} sounds the same; "
        "it is known again once it is moved back to its place"
    )
    new.rename(music[0])
    (result,) = do(session, redoing(session, run))
    assert result.status is WriteStatus.WRITTEN


def test_a_search_that_is_stopped_looks_at_no_more_files(session: Session, music: list[Path]) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    new = music[0].rename(music[0].with_name("new.flac"))
    stop = Event()
    stop.set()
    assert undoing(session, run, cancel=stop).pasts == ()
    assert removing(session, cancel=stop).pasts == ()
    assert session.library.track(new) is None
    (past,) = undoing(session, run, cancel=Event()).pasts
    assert past.place == new


def test_whoever_searches_is_told_of_each_file(session: Session, music: list[Path]) -> None:
    heard(session, music[0].parent)
    run = write(session, ALL, music[0])
    music[0].rename(music[0].with_name("new.flac"))
    told: list[Path] = []
    undoing(session, run, tell=told.append)
    assert {path.name for path in told} >= {music[0].name, music[1].name, "new.flac"}
    told.clear()
    removing(session, [music[0].parent], tell=told.append)
    assert {path.name for path in told} >= {music[1].name, "new.flac"}
    told.clear()
    undoing_files(session, [music[0].with_name("new.flac")], tell=told.append)
    assert told


def test_copies_are_told_apart_once_for_all_of_a_run(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = [music[0], *(Path(shutil.copy(music[0], music[0].with_name(f"{n}.flac"))) for n in range(5))]
    heard(session, music[0].parent)
    run = write(session, ALL, *copies)
    for copy in copies:
        copy.rename(copy.with_name(f"new {copy.name}"))
    list(scan(session, [music[0].parent], Event()))
    find, found = Copies._find, []
    monkeypatch.setattr(Copies, "_find", lambda self: found.append(self) or find(self))
    assert len(looked_at(session, undoing(session, run))) == len(copies)
    assert len(found) == 1
