"""What is said of a file is said of it alone, goes with it where it is moved, and with none of its copies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.remembered import known, remembered
from mat_desktop.app.said import heirs, is_gone, said_of
from mat_desktop.app.scan import forget_missing, scan
from mat_desktop.app.session import Session
from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.scores import Mark, Scores, Verdict
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.store.library import KeptScores
from tests.sounds import encode, tone

YES, NO = Verdict.ACCEPTED, Verdict.REJECTED

Shown = tuple[Mapping[str, Verdict], Mark]


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with a track."""
    folder = tmp_path / "music" / "album"
    folder.mkdir(parents=True)
    encode(folder / "a.flac", tone(0.3))
    return folder


@pytest.fixture
def song(album: Path) -> Path:
    return album / "a.flac"


def copied(song: Path, folder: str) -> Path:
    """Another file with its sound, and other bytes before it."""
    other = song.parent.parent / folder / "copy.flac"
    other.parent.mkdir(exist_ok=True)
    shutil.copy(song, other)
    return other


def look(session: Session, *places: Path) -> dict[str, Shown]:
    """As a scan, with listening to what was not heard yet; what is shown of each file."""
    tracks = [track for track in scan(session, places, Event(), remember=True) if isinstance(track, Track)]
    found = {item.track.path: (item.verdicts, item.reviewed) for item in known(session, tracks)}
    for track in tracks:
        if track.path not in found:
            track_id = packets_digest(track.path)
            assert track_id is not None
            scores = Scores(session.card.digest, track_id, 1.0, (0.5,) * len(session.card.tags))
            session.library.put_scores(track.path, track.stamp, KeptScores(scores, b"", 0))
            one = said_of(session, track_id, track.path)
            found[track.path] = (one.verdicts, one.mark)
    return {path.name: shown for path, shown in found.items()}


def at_start(session: Session, *roots: Path) -> dict[str, Shown]:
    """What the window shows before it looked at any file."""
    return {item.track.path.name: (item.verdicts, item.reviewed) for item in remembered(session, roots)}


def decide(session: Session, path: Path, verdicts: Mapping[str, Verdict], mark: Mark | None = None) -> None:
    session.library.put_said([(identity(session, path), path, verdicts, mark)])


def identity(session: Session, path: Path) -> TrackId:
    track_id = session.library.identity(path)
    assert track_id is not None
    return track_id


def test_copies_are_decided_each_by_itself(session: Session, song: Path) -> None:
    music = song.parent.parent
    look(session, music)
    decide(session, song, {"jazz": NO}, mark=frozenset())
    copy = copied(song, "compilation")
    assert look(session, music) == {"a.flac": ({"jazz": NO}, frozenset()), "copy.flac": ({}, False)}
    assert identity(session, copy) == identity(session, song)
    decide(session, copy, {"jazz": YES, "rock": YES})
    both = {"a.flac": ({"jazz": NO}, frozenset()), "copy.flac": ({"jazz": YES, "rock": YES}, False)}
    assert look(session, music) == both
    assert at_start(session, music) == both
    decide(session, song, {"jazz": Verdict.UNDECIDED}, mark=False)
    decide(session, copy, {"jazz": Verdict.UNDECIDED})
    both = {"a.flac": ({}, False), "copy.flac": ({"rock": YES}, False)}
    assert look(session, music) == both, "nothing of the other comes in where all was taken back"
    assert at_start(session, music) == both


def test_a_copy_that_another_program_retags_stays_as_it_is(session: Session, song: Path) -> None:
    music, copy = song.parent.parent, copied(song, "compilation")
    look(session, music)
    decide(session, song, {"jazz": NO}, mark=True)
    encode(copy, tone(0.3, hz=880.0))
    assert look(session, music)["copy.flac"] == ({}, False)
    shutil.copy(song, copy)
    assert look(session, music)["copy.flac"] == ({}, False)


@pytest.mark.parametrize("where", ["renamed", "moved", "moved and emptied", "folder renamed"])
@pytest.mark.parametrize("told", [False, True])
def test_decisions_go_with_a_file_that_is_moved(session: Session, song: Path, where: str, told: bool) -> None:
    music = song.parent.parent
    encode(music / "other.flac", tone(0.4))
    if where == "moved":
        encode(song.with_name("stays.flac"), tone(0.5))
    look(session, music)
    decide(session, song, {"jazz": NO, "rock": YES}, mark=frozenset({"pop"}))
    now = song.with_name("b.flac")
    if where == "folder renamed":
        now = song.parent.rename(music / "elsewhere") / song.name
    elif where.startswith("moved"):
        now = music / "b.flac"
        song.rename(now)
    else:
        song.rename(now)
    if told:  # as by the watcher, or a whole walk
        session.library.put_gone([song])
    expected = ({"jazz": NO, "rock": YES}, frozenset({"pop"}))
    assert look(session, music)[now.name] == expected
    forget_missing(session, [music], {os.fspath(path) for path in music.rglob("*.flac")})
    assert at_start(session, music)[now.name] == expected
    decide(session, now, {"rock": Verdict.UNDECIDED})
    assert look(session, music)[now.name] == ({"jazz": NO}, frozenset({"pop"}))
    late = music / "late.flac"
    shutil.copy(now, late)
    assert look(session, music)[late.name] == ({}, False), "one file went to one place"


def test_a_file_that_goes_back_takes_along_what_was_said_since(session: Session, song: Path) -> None:
    music, elsewhere = song.parent.parent, song.with_name("b.flac")
    look(session, music)
    decide(session, song, {"jazz": NO})
    song.rename(elsewhere)
    look(session, music)
    decide(session, elsewhere, {"jazz": YES}, mark=True)
    elsewhere.rename(song)
    assert look(session, music) == {"a.flac": ({"jazz": YES}, True)}


def test_of_a_moved_file_and_a_copy_the_moved_one_is_known(session: Session, song: Path) -> None:
    music, copy = song.parent.parent, copied(song, "a compilation")
    look(session, music)
    decide(session, song, {"jazz": NO})
    moved = song.rename(song.with_name("moved.flac"))
    list(scan(session, [music], Event()))
    assert said_of(session, identity(session, copy), copy).verdicts == {}, "it came first"
    assert said_of(session, identity(session, moved), moved).verdicts == {"jazz": NO}


def test_what_goes_after_it_was_copied_leaves_its_decisions(session: Session, song: Path) -> None:
    music = song.parent.parent
    look(session, music)
    assert heirs(session, [song]) == []
    decide(session, song, {"jazz": NO}, mark=True)
    copy = copied(song, "compilation")
    look(session, music)
    assert [track.path for track in heirs(session, [song.parent])] == [copy]
    song.unlink()
    session.library.put_gone([song.parent])
    (item,) = known(session, heirs(session, [song.parent]))
    assert (item.track.path, item.verdicts, item.reviewed) == (copy, {"jazz": NO}, True)
    assert heirs(session, [song.parent]) == [], "nothing is left to be had"


def told_of_gone(session: Session, *gone: Path) -> None:
    """As by the watcher where nothing came."""
    session.library.put_gone(gone)
    list(known(session, heirs(session, gone)))


@pytest.mark.parametrize("order", ["gone first", "both", "came first"])
@pytest.mark.parametrize("place", ["new", "album"])
def test_a_copy_that_was_known_beside_the_decided_one_takes_nothing(
    session: Session, song: Path, order: str, place: str
) -> None:
    music = song.parent.parent
    copied(song, "a compilation")
    look(session, music)
    decide(session, song, {"jazz": NO}, mark=True)
    moved = music / place / "moved.flac"
    moved.parent.mkdir(exist_ok=True)
    song.rename(moved)
    if order == "gone first":
        told_of_gone(session, song)
        assert heirs(session, [song]) == []
        look(session, moved)
    elif order == "both":
        session.library.put_gone([song])
        look(session, moved)
        list(known(session, heirs(session, [song])))
    else:
        look(session, moved)
        told_of_gone(session, song)
    right = {"copy.flac": ({}, False), "moved.flac": ({"jazz": NO}, True)}
    assert look(session, music) == right
    assert at_start(session, music) == right
    moved.unlink()
    told_of_gone(session, moved)
    assert look(session, music) == {"copy.flac": ({}, False)}, "nor where the decided one is deleted"
    assert at_start(session, music) == {"copy.flac": ({}, False)}


def test_what_goes_to_another_drive_and_back_keeps_its_decisions(session: Session, song: Path) -> None:
    music = song.parent.parent
    look(session, music)
    decide(session, song, {"jazz": NO})
    copy = copied(song, "drive")
    look(session, music)
    song.unlink()
    told_of_gone(session, song)
    decide(session, copy, {"rock": YES})
    shutil.copy2(copy, song)
    assert look(session, song) == {"a.flac": ({"jazz": NO}, False)}
    copy.unlink()
    told_of_gone(session, copy)
    assert look(session, music) == {"a.flac": ({"jazz": NO, "rock": YES}, False)}


def test_files_that_change_places_keep_their_own(session: Session, song: Path) -> None:
    music, other = song.parent.parent, encode(song.with_name("b.flac"), tone(0.4))
    look(session, music)
    decide(session, song, {"jazz": NO})
    decide(session, other, {"rock": YES})
    aside = song.rename(song.with_name("aside"))
    other.rename(song)
    aside.rename(other)
    look(session, music)
    assert at_start(session, music) == {"a.flac": ({"rock": YES}, False), "b.flac": ({"jazz": NO}, False)}


@pytest.mark.parametrize("left", ["no folder", "an empty folder"])
def test_a_copy_takes_nothing_from_a_drive_that_is_away(session: Session, song: Path, left: str) -> None:
    drive, home = song.parent.parent, song.parent.parent.parent / "home"
    look(session, drive)
    decide(session, song, {"jazz": NO}, mark=True)
    home.mkdir()
    copy = home / "copy.flac"
    shutil.copy(song, copy)
    away = drive.rename(drive.with_name("unplugged"))
    if left == "an empty folder":
        drive.mkdir()
    assert look(session, home) == {"copy.flac": ({}, False)}
    decide(session, copy, {"rock": YES})
    if left == "an empty folder":
        drive.rmdir()
    away.rename(drive)
    assert look(session, drive) == {"a.flac": ({"jazz": NO}, True)}
    assert look(session, home) == {"copy.flac": ({"rock": YES}, False)}


def test_what_was_thought_to_be_moved_is_still_there_when_it_comes_back(session: Session, song: Path) -> None:
    music = song.parent.parent
    look(session, music)
    decide(session, song, {"jazz": NO}, mark=True)
    copy = copied(song, "compilation")
    aside = song.rename(music.parent / "aside")
    both = ({"jazz": NO}, True)
    assert look(session, music) == {"copy.flac": both}
    aside.rename(song)
    assert look(session, music) == {"copy.flac": both, "a.flac": both}
    decide(session, song, {"jazz": YES})
    assert look(session, copy) == {"copy.flac": both}


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_file_is_the_same_through_a_link(session: Session, song: Path, tmp_path: Path) -> None:
    look(session, song.parent)
    decide(session, song, {"jazz": NO})
    link = tmp_path / "link"
    link.symlink_to(song.parent)
    assert look(session, link) == {"a.flac": ({"jazz": NO}, False)}
    decide(session, link / "a.flac", {"rock": YES})
    assert look(session, song.parent) == {"a.flac": ({"jazz": NO, "rock": YES}, False)}


def test_who_decides_on_a_copy_has_not_looked_at_the_other(session: Session, song: Path) -> None:
    music, copy = song.parent.parent, copied(song, "compilation")
    look(session, music)
    tracks = session.library.tracks([song, copy])
    session.library.put_tracks([replace(track, outside=True) for track in tracks.values()])
    decide(session, song, {"jazz": NO})
    assert [session.library.tracks([path])[path].outside for path in (song, copy)] == [False, True]


def test_what_the_newest_decision_on_a_sound_says_is_learned_once(session: Session, song: Path) -> None:
    music, copy = song.parent.parent, copied(song, "compilation")
    look(session, music)
    decide(session, copy, {"jazz": YES, "rock": YES})
    decide(session, song, {"jazz": NO})
    sound = identity(session, song)
    assert session.library.all_verdicts() == [(sound, "jazz", NO), (sound, "rock", YES)]
    assert session.library.verdicts_on("jazz") == {sound: NO}
    decide(session, copy, {"jazz": YES})
    assert session.library.verdicts_on("jazz") == {sound: YES}


def test_marks_of_a_taught_tag_leave_copies_alone_that_were_decided_otherwise(
    session: Session, song: Path
) -> None:
    music, copy = song.parent.parent, copied(song, "compilation")
    look(session, music)
    sound, library = identity(session, song), session.library
    library.put_marks([], "crypt", {sound: YES})
    assert look(session, music) == {"a.flac": ({"crypt": YES}, False), "copy.flac": ({"crypt": YES}, False)}
    decide(session, copy, {"crypt": NO})
    library.put_marks([], "crypt", {sound: NO})
    assert look(session, music) == {"a.flac": ({"crypt": YES}, False), "copy.flac": ({"crypt": NO}, False)}
    said = library.files_on("crypt")
    library.drop_tag("crypt")
    library.add_verdicts("crypt", {sound: NO}, said)
    assert look(session, music) == {"a.flac": ({"crypt": YES}, False), "copy.flac": ({"crypt": NO}, False)}
    assert library.verdicts_on("crypt") == {sound: NO}
    library.put_marks([], "crypt", {}, [sound])
    assert look(session, music) == {"a.flac": ({}, False), "copy.flac": ({}, False)}


def test_marks_of_a_moved_file_leave_its_decisions(session: Session, song: Path) -> None:
    music, moved = song.parent.parent, song.with_name("b.flac")
    look(session, music)
    decide(session, song, {"jazz": NO}, mark=True)
    song.rename(moved)
    list(scan(session, [music], Event()))
    session.library.put_gone([song])
    session.library.put_marks([], "crypt", {identity(session, moved): YES})
    assert look(session, music) == {"b.flac": ({"jazz": NO, "crypt": YES}, True)}


def test_a_drive_is_where_systems_put_drives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mat_desktop.app.said.MOUNTS", {tmp_path / "media"})
    stick = tmp_path / "media" / "me" / "stick"
    stick.parent.mkdir(parents=True)
    (stick.parent / "other stick").mkdir()
    assert not is_gone(stick / "a.flac", []), "the stick is away"
    assert not is_gone(stick / "album" / "a.flac", [tmp_path / "media" / "me"])
    (tmp_path / "plain").mkdir()
    assert is_gone(tmp_path / "plain" / "a.flac", [])
    assert is_gone(tmp_path / "plain" / "a.flac", [tmp_path])
    assert not is_gone(tmp_path / "plain" / "a.flac", [tmp_path / "plain"]), "as where nothing is mounted"
    assert not is_gone(tmp_path / "plain" / "album" / "a.flac", [])
    assert not is_gone(tmp_path / "gone" / "a.flac", [tmp_path / "gone"])
    assert is_gone(tmp_path / "gone" / "a.flac", [tmp_path])
