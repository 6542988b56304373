"""Undo of files whose names others have now, as after other programs numbered tracks anew."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.remove import look_at as look_removal
from mat_desktop.app.remove import removing
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import redoing, undoing
from mat_desktop.domain.plan import WriteResult, WriteStatus
from mat_desktop.domain.reversal import ANOTHER
from mat_desktop.domain.tags import Field
from mat_desktop.metadata.files import read_tags
from tests.app.undoing import ALL, do, heard, retag, write
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


def remove_all(session: Session) -> list[WriteResult]:
    task = removing(session)
    files = [file for past in task.pasts if (file := look_removal(session, past)) is not None]
    return list(reverse(session, task, files, Event()))


@pytest.mark.parametrize("looked", [False, True])
def test_another_song_that_has_the_name_of_a_written_one_keeps_its_values(
    session: Session, songs: list[Path], looked: bool
) -> None:
    one, other, _ = songs
    retag(other, genre="Rock")
    heard(session, one.parent)
    run = write(session, {Field.GENRE: ("Rock",)}, one)
    swap(one, other)
    if looked:
        list(scan(session, [one.parent], Event()))
    there = [path.read_bytes() for path in songs]
    (result,) = do(session, undoing(session, run), force=True)
    assert (result.path, result.status, result.reason) == (one, WriteStatus.CONFLICT, ANOTHER)
    assert [r.reason for r in remove_all(session)] == [ANOTHER]
    assert [path.read_bytes() for path in songs] == there
    swap(one, other)
    do(session, undoing(session, run))
    assert Field.GENRE not in read_tags(one).tags
    swap(one, other)
    there = [path.read_bytes() for path in songs]
    assert [r.reason for r in do(session, redoing(session, run), force=True)] == [ANOTHER]
    assert [path.read_bytes() for path in songs] == there


def test_a_file_that_was_tagged_elsewhere_is_the_same_song(session: Session, songs: list[Path]) -> None:
    one = songs[0]
    heard(session, one.parent)
    run = write(session, {Field.GENRE: ("Rock",)}, one)
    retag(one, title="Another title")
    (result,) = do(session, undoing(session, run))
    assert result.status is WriteStatus.WRITTEN
    assert Field.GENRE not in read_tags(one).tags


def test_songs_that_were_numbered_anew_are_left_as_they_are(session: Session, songs: list[Path]) -> None:
    heard(session, songs[0].parent)
    write(session, ALL, *songs)
    new = [song.with_name(f"0{n}.flac") for n, song in enumerate(songs, 2)]
    for song, name in reversed(list(zip(songs, new, strict=True))):
        song.rename(name)
    there = [path.read_bytes() for path in new]
    results = remove_all(session)
    assert {r.path: r.reason for r in results} == {
        songs[0]: "the file is gone",
        songs[1]: ANOTHER,
        songs[2]: ANOTHER,
    }
    assert [path.read_bytes() for path in new] == there
