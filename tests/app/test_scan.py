"""What a scan says of files that other programs changed, moved or damaged."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Event
from typing import Any

import mutagen
import pytest

from mat_desktop.app.apply import apply
from mat_desktop.app.remembered import known, remembered
from mat_desktop.app.scan import count, forget_missing, look, refresh, scan
from mat_desktop.app.session import Session
from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.plan import Change, FilePlan, Plan
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.metadata.causes import fault
from mat_desktop.metadata.files import FileTags
from mat_desktop.store.library import KeptScores
from tests.sounds import encode, tone


@pytest.fixture
def song(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return encode(folder / "a.flac", tone(1.0))


def one(session: Session, song: Path) -> Track:
    (track,) = scan(session, [song.parent], Event(), remember=True)
    assert isinstance(track, Track)
    return track


def hear(session: Session, track: Track) -> None:
    """As if the engine had listened to it."""
    scores = Scores(session.card.digest, packets_digest(track.path), 1.0, (0.5,) * len(session.card.tags))
    session.library.put_scores(track.path, track.stamp, KeptScores(scores, b"", 0))


def retitle(song: Path) -> None:
    file = mutagen.File(song)
    file["title"] = ["Retitled"]
    file.save()
    os.utime(song, ns=(1, 1))


def still_heard(session: Session, track: Track) -> bool:
    return session.library.scores(track, session.card.digest) is not None


def test_tags_changed_by_another_program_leave_the_scores(session: Session, song: Path) -> None:
    hear(session, one(session, song))
    assert not one(session, song).outside
    retitle(song)
    track = one(session, song)
    assert (track.title, track.outside, still_heard(session, track)) == ("Retitled", True, True)
    assert one(session, song).outside  # until somebody looks
    seen = refresh(session, song)
    assert (seen.outside, still_heard(session, seen)) == (False, True)
    assert not one(session, song).outside


def test_other_times_alone_are_no_change(session: Session, song: Path) -> None:
    hear(session, one(session, song))
    os.utime(song, ns=(2, 2))
    track = one(session, song)
    assert (track.outside, still_heard(session, track)) == (False, True)
    retitle(song)
    assert one(session, song).outside
    os.utime(song, ns=(3, 3))
    assert one(session, song).outside, "told until somebody looks, whatever the times"


def test_other_sound_has_to_be_heard_anew(session: Session, song: Path) -> None:
    hear(session, one(session, song))
    encode(song, tone(1.0, hz=880.0))
    track = one(session, song)
    assert track.outside
    assert not list(known(session, [track]))


def test_a_file_that_nobody_heard_is_only_new(session: Session, song: Path) -> None:
    one(session, song)
    retitle(song)
    assert not one(session, song).outside


def test_who_decides_has_looked(session: Session, song: Path) -> None:
    hear(session, one(session, song))
    retitle(song)
    assert one(session, song).outside
    session.library.put_said([(packets_digest(song), song, {"rock": Verdict.ACCEPTED}, None)])
    assert not one(session, song).outside


def test_what_we_write_is_no_change_from_outside(session: Session, song: Path) -> None:
    track = one(session, song)
    hear(session, track)
    plan = Plan("test", (FilePlan(song, track.stamp, (Change(Field.GENRE, (), ("Rock",)),)),))
    assert [result.reason for result in apply(session, plan, Event())] == [""]
    after = one(session, song)
    assert (after.tags[Field.GENRE], after.outside, still_heard(session, after)) == (("Rock",), False, True)


def test_what_we_write_while_a_walk_is_under_way_is_none_either(session: Session, song: Path) -> None:
    written = one(session, song)
    hear(session, written)
    encode(song.with_name("0 first.flac"), tone(1.0))
    walk = scan(session, [song.parent], Event())
    next(walk)  # what is known of the second was looked up with the first
    plan = Plan("test", (FilePlan(song, written.stamp, (Change(Field.GENRE, (), ("Rock",)),)),))
    assert [result.reason for result in apply(session, plan, Event())] == [""]
    (after,) = walk
    assert isinstance(after, Track)
    assert (after.tags[Field.GENRE], after.outside) == (("Rock",), False)


def test_a_renamed_file_keeps_what_was_heard(session: Session, song: Path) -> None:
    hear(session, one(session, song))
    (song.parent / "sub").mkdir()
    moved = song.rename(song.parent / "sub" / "b.flac")
    track = one(session, moved)
    assert track.path == moved
    assert still_heard(session, track)


def test_a_failure_is_remembered_for_the_very_file(session: Session, song: Path) -> None:
    track = one(session, song)
    session.library.put_fault(song, track.stamp, "the decoder gave up")
    assert one(session, song).fault == "the decoder gave up"
    assert refresh(session, song).fault == ""  # it may be tried again
    session.library.put_fault(song, track.stamp, "the decoder gave up")
    hear(session, track)
    assert one(session, song).fault == ""


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EIO])
def test_a_drive_that_goes_before_the_tags_are_read_leaves_no_track_without_them(
    session: Session, song: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    mutagen.File(song).save()
    tags = mutagen.File(song)
    tags["genre"] = ["Folk"]
    tags.save()

    def gone(path: Path, *_: object, **__: object) -> FileTags:
        error = OSError(number, "the drive is gone")
        raise fault(path, error) from error

    with monkeypatch.context() as patch:
        patch.setattr("mat_desktop.app.scan.read_tags", gone)
        (found,) = scan(session, [song.parent], Event(), remember=True)
        assert isinstance(found, FileFault)
        assert found.absent == (number == errno.ENOENT)
    assert one(session, song).tags[Field.GENRE] == ("Folk",)


def test_looking_at_a_file_does_not_open_it_as_a_folder(session: Session, song: Path) -> None:
    one(session, song)
    assert [track.path for track in look(session, [song], Event()) if isinstance(track, Track)] == [song]
    assert session.roots() == [song.parent]


def test_a_walk_through_folders_without_music_can_be_cancelled(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    cancel, listing = Event(), os.scandir
    listed: list[Path] = []

    def once(folder: Path) -> Any:
        listed.append(folder)
        cancel.set()
        return listing(folder)

    monkeypatch.setattr(os, "scandir", once)
    assert list(scan(session, [tmp_path / "a"], cancel, remember=True)) == []
    assert listed == [tmp_path / "a"]


def names(session: Session, folder: Path) -> list[str]:
    return [item.track.path.name for item in remembered(session, [folder])]


def test_what_is_known_is_remembered_without_a_look_at_the_files(session: Session, song: Path) -> None:
    hear(session, one(session, song))
    said = {"rock": Verdict.ACCEPTED}
    session.library.put_said([(packets_digest(song), song, said, frozenset({"jazz"}))])
    song.unlink()
    (item,) = remembered(session, [song.parent])
    assert item.scores is not None
    assert (item.scores.model, item.scores.track_id) == (session.card.digest, session.library.identity(song))
    assert item.verdicts == {"rock": Verdict.ACCEPTED}
    assert item.reviewed == frozenset({"jazz"})
    assert names(session, song.parent.parent / "mus") == []
    assert names(session, song) == ["a.flac"]


def test_what_went_is_not_remembered_until_it_is_back(session: Session, song: Path) -> None:
    aside = song.parent.parent / "aside.flac"
    before = one(session, song)
    song.rename(aside)
    forget_missing(session, [song.parent], set())
    assert names(session, song.parent) == []
    aside.rename(song)
    assert one(session, song) == before
    assert names(session, song.parent) == ["a.flac"]
    session.library.put_gone([song.parent])
    assert names(session, song.parent) == []
    retitle(song)
    one(session, song)
    assert names(session, song.parent) == ["a.flac"]
    forget_missing(session, [song.parent], {os.fspath(song)})
    assert names(session, song.parent) == ["a.flac"]


def test_files_are_counted_without_opening_them(session: Session, song: Path) -> None:
    folder = song.parent / "more"
    folder.mkdir()
    for name in ("a.mp3", "b.flac", "notes.txt"):
        (folder / name).write_bytes(b"no music")
    (folder / "c.mp3").symlink_to(song)
    *_, number = count([song.parent], Event())
    assert number == len(list(scan(session, [song.parent], Event()))) == 3
    assert list(count([song.parent / "none"], Event())) == [1]
    enough = Event()
    enough.set()
    assert not list(count([song.parent], enough))
