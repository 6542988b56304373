"""Undo and redo of runs, files and fields, in files of every container."""

from __future__ import annotations

import csv
import errno
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import mutagen.flac
import pytest

from mat_desktop.app import apply as apply_module
from mat_desktop.app.apply import apply
from mat_desktop.app.recover import recover
from mat_desktop.app.reverse import reverse
from mat_desktop.app.run_report import export_run
from mat_desktop.app.scan import refresh, scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import (
    last_run,
    last_undo,
    look,
    redoing,
    undoing,
    undoing_files,
)
from mat_desktop.audio.probe import packets_digest
from mat_desktop.domain.plan import Change, FilePlan, Plan, WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, RunKind, Task
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import StoreFault, UsageFault
from mat_desktop.metadata.containers.recognise import open_container
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.source import Source
from mat_desktop.metadata.write import Prepared
from tests.metadata import sample_files
from tests.sounds import encode, tone

Values = dict[Field, tuple[str, ...]]

ALL: Values = {
    Field.GENRE: ("Rock", "Indie"),
    Field.MOOD: ("Happy",),
    Field.INSTRUMENT: ("Guitar",),
    Field.MAT_TAGS: ("genre:rock", "mood:happy"),
    Field.MAT_MODEL: ("tiny",),
}


@pytest.fixture
def music(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "music"
    folder.mkdir()
    return [encode(folder / name, tone(1.0)) for name in ("a.flac", "b.mp3", "c.m4a")]


def write(session: Session, values: Values, *paths: Path) -> int:
    """The number of the run."""
    files = []
    for path in paths:
        before = read_tags(path).tags
        changes = tuple(Change(field, before.get(field, ()), after) for field, after in values.items())
        files.append(FilePlan(path, FileStamp.of(path.stat()), changes))
    results = list(apply(session, Plan("tiny", tuple(files)), Event()))
    assert {result.status for result in results} == {WriteStatus.WRITTEN}, results
    return session.journal.own[-1]


def looked_at(session: Session, task: Task) -> list[FileReversal]:
    return list(look(session, task.pasts, Event()))


def do(session: Session, task: Task, *, force: bool = False) -> list[WriteResult]:
    files = looked_at(session, task)
    return list(reverse(session, task, files if force else [file.safe for file in files], Event()))


def rest(path: Path, *fields: Field) -> tuple[bytes, ...]:
    """Everything in a file but some fields and padding."""
    with path.open("rb") as file:
        return open_container(path, Source(file)).foreign(fields)


def retag(path: Path, **values: str) -> None:
    """As another program does it."""
    file = mutagen.flac.FLAC(path)
    for key, value in values.items():
        file[key] = [value]
    file.save()


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_a_field_goes_back_and_all_else_stays_bit_for_bit(
    extension: str, session: Session, tmp_path: Path
) -> None:
    path = sample_files.make(tmp_path, extension)
    original, sound = path.read_bytes(), None if extension == "ape" else packets_digest(path)
    mood = read_tags(path).tags.get(Field.MOOD, ())
    run = write(session, ALL, path)
    written = path.read_bytes()
    others = rest(path, Field.MOOD, Field.MAT_TAGS)

    (result,) = do(session, undoing(session, run, fields=[Field.MOOD]))
    assert result.status is WriteStatus.WRITTEN
    assert read_tags(path).tags.get(Field.MOOD, ()) == mood
    assert read_tags(path).tags[Field.MAT_TAGS] == ("genre:rock",), "the list says what is left"
    assert rest(path, Field.MOOD, Field.MAT_TAGS) == others
    assert sound is None or packets_digest(path) == sound
    (entry,) = (run_ for run_ in session.runs() if run_.id == run)
    assert (entry.reverted, entry.undone, entry.tried) == (1, False, False)

    do(session, redoing(session, run, fields=[Field.MOOD]))
    assert path.read_bytes() == written
    do(session, undoing(session, run, fields=[Field.MOOD]))
    for field in (Field.GENRE, Field.INSTRUMENT):  # MAT_MODEL goes with the last
        do(session, undoing(session, run, fields=[field]))
    assert path.read_bytes() == original
    (entry,) = (run_ for run_ in session.runs() if run_.id == run)
    assert entry.undone
    do(session, redoing(session, run))
    assert path.read_bytes() == written
    do(session, undoing(session, last_run(session)))
    assert path.read_bytes() == original


def listed(path: Path) -> tuple[str, ...]:
    return tuple(read_tags(path).tags.get(Field.MAT_TAGS, ()))


def test_the_list_of_tags_follows_its_fields(session: Session, music: list[Path]) -> None:
    path = music[0]
    original = path.read_bytes()
    run = write(session, ALL, path)
    written = path.read_bytes()
    do(session, undoing(session, run, fields=[Field.MOOD]))
    first = session.journal.own[-1]
    assert listed(path) == ("genre:rock",)
    do(session, undoing(session, run))
    second = session.journal.own[-1]
    assert path.read_bytes() == original, "the rest of the run"

    # Back again, in the other order than they went.
    do(session, redoing(session, first))
    assert listed(path) == ("mood:happy",)
    do(session, undoing(session, second))
    assert read_tags(path).tags == read_tags(path).tags | ALL
    do(session, undoing(session, run))
    assert path.read_bytes() == original
    do(session, redoing(session, run))
    assert path.read_bytes() == written

    # The last write to the file is the run's, and not what its list lost.
    do(session, undoing(session, run, fields=[Field.GENRE]))
    do(session, undoing_files(session, [path]))
    assert path.read_bytes() == original


def test_the_list_of_a_later_run_loses_what_an_earlier_one_had_written(
    session: Session, music: list[Path]
) -> None:
    path = music[1]
    first = write(session, ALL, path)
    pop = ("mood:happy", "genre:pop")
    second = write(session, {Field.GENRE: ("Pop",), Field.MAT_TAGS: pop}, path)
    (result,) = do(session, undoing(session, first))
    assert result.reason == f"genre left as found: run {second} wrote it since"
    assert listed(path) == ("genre:pop",)
    do(session, undoing(session, first), force=True)
    assert listed(path) == ()
    assert Field.GENRE not in read_tags(path).tags
    assert not read_tags(path).tags.keys() & {Field.MOOD, Field.INSTRUMENT, Field.MAT_MODEL}


def test_a_field_that_is_left_out_of_an_undo_stays_in_the_list(session: Session, music: list[Path]) -> None:
    path = music[2]
    original = path.read_bytes()
    run = write(session, ALL, path)
    task = undoing(session, run)
    (file,) = looked_at(session, task)
    list(reverse(session, task, [file.only({*ALL} - {Field.MOOD})], Event()))
    assert (listed(path), read_tags(path).tags[Field.MOOD]) == (("mood:happy",), ("Happy",))
    do(session, undoing(session, run))
    assert path.read_bytes() == original
    write(session, ALL, path)
    do(session, undoing(session, last_run(session), fields=[Field.MAT_TAGS]))
    assert listed(path) == (), "asked for alone it goes as a whole"


def test_the_list_keeps_what_was_written_anew_after_it_had_been_taken_back(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    run = write(session, ALL, path)
    do(session, undoing(session, run, fields=[Field.GENRE]))
    write(session, {Field.GENRE: ("Rock",), Field.MAT_TAGS: ("genre:rock", "mood:happy")}, path)
    do(session, undoing(session, run))
    assert (listed(path), read_tags(path).tags[Field.GENRE]) == (("genre:rock",), ("Rock",))


def test_the_mark_of_the_model_goes_with_the_last_field_and_comes_back_with_the_first(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    original = path.read_bytes()
    run = write(session, ALL, path)
    written = read_tags(path).tags

    def model() -> tuple[str, ...]:
        return tuple(read_tags(path).tags.get(Field.MAT_MODEL, ()))

    undos = []
    for field, left in ((Field.GENRE, ("tiny",)), (Field.MOOD, ("tiny",)), (Field.INSTRUMENT, ())):
        assert model() == ("tiny",)
        do(session, undoing(session, run, fields=[field]))
        undos.append(session.journal.own[-1])
        assert model() == left
    assert path.read_bytes() == original

    genre, mood, instrument = undos
    do(session, redoing(session, genre))  # its own undo left the mark in the file
    again = session.journal.own[-1]
    assert model() == ("tiny",)
    do(session, redoing(session, instrument))
    do(session, undoing(session, again, fields=[Field.GENRE]))
    assert (model(), Field.GENRE in read_tags(path).tags) == (("tiny",), False), "an instrument is there"
    do(session, redoing(session, run, fields=[Field.GENRE]))
    do(session, redoing(session, mood))
    assert read_tags(path).tags == written

    for field in (Field.INSTRUMENT, Field.GENRE, Field.MOOD):
        do(session, undoing(session, run, fields=[field]))
    assert path.read_bytes() == original
    do(session, redoing(session, run, fields=[Field.MOOD]))
    assert model() == ("tiny",)


def test_the_mark_of_the_model_stays_nowhere_alone(session: Session, music: list[Path]) -> None:
    path = music[0]
    original = path.read_bytes()
    marks = {Field.MAT_TAGS: ("genre:rock", "character:slow"), Field.MAT_MODEL: ("tiny",)}
    for values, chosen in (({Field.GENRE: ("Rock",), **marks}, Field.GENRE), (marks, Field.MAT_TAGS)):
        run = write(session, values, path)
        written = path.read_bytes()
        task = undoing(session, run)
        (file,) = looked_at(session, task)
        list(reverse(session, task, [file.only({chosen})], Event()))  # one box of the panel
        assert path.read_bytes() == original
        do(session, redoing(session, run, fields=[chosen]))
        assert path.read_bytes() == written
        do(session, undoing(session, run, fields=[chosen]))
        assert path.read_bytes() == original

    run = write(session, ALL, path)
    do(session, undoing(session, run, fields=[Field.MOOD, Field.MAT_MODEL]))
    assert Field.MAT_MODEL not in read_tags(path).tags, "it was asked for"


def test_the_mark_of_the_model_that_a_later_run_wrote_stays(session: Session, music: list[Path]) -> None:
    path = music[1]
    first = write(session, {Field.GENRE: ("Rock",), Field.MAT_MODEL: ("tiny",)}, path)
    second = write(session, {Field.MOOD: ("Happy",), Field.MAT_MODEL: ("large",)}, path)
    do(session, undoing(session, first, fields=[Field.GENRE]))
    assert read_tags(path).tags[Field.MAT_MODEL] == ("large",)
    do(session, undoing(session, second, fields=[Field.MOOD]))
    assert Field.MOOD not in read_tags(path).tags


def test_one_file_of_a_run(session: Session, music: list[Path]) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    written = [path.read_bytes() for path in music]
    do(session, undoing(session, run, files=[music[1]]))
    assert [path.read_bytes() for path in music] == [written[0], before[1], written[2]]
    assert last_run(session) == run, "the rest of it is still there to be undone"
    with pytest.raises(UsageFault, match="was undone already"):
        undoing(session, run, files=[music[1]])
    do(session, undoing(session, run))
    assert [path.read_bytes() for path in music] == before
    do(session, redoing(session, run, files=[music[2]]))
    assert [path.read_bytes() for path in music] == [before[0], before[1], written[2]]


def test_what_is_asked_wrongly_is_said(session: Session, music: list[Path], tmp_path: Path) -> None:
    run = write(session, {Field.GENRE: ("Rock",)}, music[0])
    for match, ask in (
        ("no run 7", lambda: undoing(session, 7)),
        ("run 1 did not write to .*b.mp3", lambda: undoing(session, run, files=[music[1]])),
        ("run 1 did not write mood; it wrote genre", lambda: undoing(session, run, fields=[Field.MOOD])),
        ("nothing to redo of run 1", lambda: redoing(session, run)),
        ("nothing to redo", lambda: last_undo(session)),
        ("nothing was written to it", lambda: undoing_files(session, [music[1]])),
    ):
        with pytest.raises(UsageFault, match=match):
            ask()


def test_conflicts_are_known_before_and_left_alone_unless_asked_for(
    session: Session, music: list[Path]
) -> None:
    path = music[0]
    run = write(session, ALL, path)
    retag(path, MOOD="Sad", TITLE="Theirs", INSTRUMENT="")
    touched = path.read_bytes()
    (file,) = looked_at(session, undoing(session, run))
    assert path.read_bytes() == touched
    by_field = {item.change.field: item for item in file.fields}
    assert by_field[Field.MOOD].conflict
    assert by_field[Field.MOOD].change == Change(Field.MOOD, ("Sad",), ())
    assert by_field[Field.MOOD].why == "another program changed it since"
    assert by_field[Field.INSTRUMENT].idle
    assert not by_field[Field.GENRE].why

    (result,) = do(session, undoing(session, run))
    assert result.status is WriteStatus.CONFLICT
    assert result.reason == "mood left as found: another program changed it since"
    tags = read_tags(path).tags
    assert (tags[Field.MOOD], tags[Field.TITLE]) == (("Sad",), ("Theirs",))
    assert not tags.keys() & {Field.GENRE, Field.MAT_TAGS, Field.MAT_MODEL}

    do(session, undoing(session, run), force=True)
    assert Field.MOOD not in read_tags(path).tags
    do(session, redoing(session, last_undo(session)))
    assert read_tags(path).tags[Field.MOOD] == ("Sad",), "taken back too: what the other program wrote"


def test_a_later_run_is_named_as_the_one_that_stands_in_the_way(session: Session, music: list[Path]) -> None:
    path = music[1]
    before = path.read_bytes()
    first = write(session, {Field.GENRE: ("Rock",), Field.MOOD: ("Happy",)}, path)
    second = write(session, {Field.GENRE: ("Pop",)}, path)
    (file,) = looked_at(session, undoing(session, first))
    assert [item.why for item in file.fields] == [f"run {second} wrote it since", ""]
    do(session, undoing(session, second))
    do(session, undoing(session, first))
    assert path.read_bytes() == before


def test_the_order_does_not_matter_where_fields_differ(session: Session, music: list[Path]) -> None:
    path = music[0]
    before = path.read_bytes()
    first = write(session, {Field.GENRE: ("Rock",)}, path)
    second = write(session, {Field.MOOD: ("Happy",)}, path)
    do(session, undoing(session, first))
    assert read_tags(path).tags[Field.MOOD] == ("Happy",)
    do(session, undoing(session, second))
    assert path.read_bytes() == before


def test_undo_and_redo_go_back_and_forth(session: Session, music: list[Path]) -> None:
    states = [music[0].read_bytes()]
    for genre in ("Rock", "Pop"):
        write(session, {Field.GENRE: (genre,)}, music[0])
        states.append(music[0].read_bytes())
    for _ in range(2):
        for state in (1, 0):
            do(session, undoing(session, last_run(session)))
            assert music[0].read_bytes() == states[state]
        with pytest.raises(UsageFault, match="nothing to undo"):
            last_run(session)
        for state in (1, 2):
            do(session, redoing(session, last_undo(session)))
            assert music[0].read_bytes() == states[state]
        with pytest.raises(UsageFault, match="nothing to redo"):
            last_undo(session)
    assert {run.kind for run in session.runs()} == {RunKind.WRITE, RunKind.UNDO, RunKind.REDO}


def test_the_last_write_to_a_file_is_found(session: Session, music: list[Path]) -> None:
    first = write(session, {Field.GENRE: ("Rock",)}, *music)
    second = write(session, {Field.GENRE: ("Pop",)}, music[0])
    task = undoing_files(session, music[:2])
    assert (task.undo_of, len(task.pasts), task.whole) == (None, 2, False)
    do(session, task)
    assert [read_tags(path).tags.get(Field.GENRE, ()) for path in music] == [("Rock",), (), ("Rock",)]
    assert undoing_files(session, music[:1]).undo_of == first
    assert [run.undone for run in session.runs() if run.id in (first, second)] == [True, False]


def test_files_that_cannot_be_written_are_told_before(session: Session, music: list[Path]) -> None:
    run = write(session, ALL, *music)
    music[0].unlink()
    music[1].chmod(0o444)
    music[2].write_bytes(b"no music any more")
    gone, locked, broken = looked_at(session, undoing(session, run))
    assert (gone.fault, locked.fault) == ("the file is gone", "the file is read-only")
    assert broken.fault
    assert gone.changes == locked.changes == ()
    assert [result.status for result in do(session, undoing(session, run))] == [WriteStatus.FAILED] * 3
    music[1].chmod(0o644)
    assert [result.status for result in do(session, undoing(session, run))] == [
        WriteStatus.FAILED,
        WriteStatus.WRITTEN,
        WriteStatus.FAILED,
    ]


@pytest.mark.parametrize(
    ("place", "error", "cause"),
    [
        ("mat_desktop.metadata.write.apply_delta", errno.ENOSPC, "no space left on the disk"),
        ("mat_desktop.metadata.write.sync_file", errno.EIO, "the disk reports a read or write error"),
        ("mat_desktop.metadata.write.swap", errno.EBUSY, "in use by another program"),
    ],
)
def test_a_fault_in_an_undo_costs_only_its_file(
    session: Session,
    music: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    error: int,
    cause: str,
) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    written = music[0].read_bytes()
    module, name = place.rsplit(".", 1)
    real, calls = getattr(importlib.import_module(module), name), []

    def fail_once(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(error, "injected")
        return real(*arguments)

    monkeypatch.setattr(place, fail_once)
    results = do(session, undoing(session, run))
    assert [result.status for result in results] == [WriteStatus.FAILED, *[WriteStatus.WRITTEN] * 2]
    assert results[0].reason == cause
    assert [path.read_bytes() for path in music] == [written, *before[1:]]
    assert not list(music[0].parent.glob(".mat-*"))
    assert session.journal.unfinished() == []
    do(session, undoing(session, run))
    assert [path.read_bytes() for path in music] == before


def test_a_run_whose_only_file_is_gone_does_not_block_those_before(
    session: Session, music: list[Path]
) -> None:
    first = write(session, ALL, music[0])
    write(session, ALL, music[1])
    music[1].unlink()
    do(session, undoing(session, last_run(session)))
    assert last_run(session) == first


def test_a_file_that_changes_between_look_and_undo_is_left_alone(session: Session, music: list[Path]) -> None:
    task = undoing(session, write(session, ALL, *music))
    files = looked_at(session, task)
    retag(music[0], TITLE="Theirs")
    touched = music[0].read_bytes()
    results = list(reverse(session, task, files, Event()))
    assert [result.status for result in results] == [WriteStatus.CONFLICT, *[WriteStatus.WRITTEN] * 2]
    assert music[0].read_bytes() == touched


def test_two_undos_of_one_run(session: Session, music: list[Path], tmp_path: Path) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    other = Session(tmp_path / "data", str(tmp_path / "model"))
    try:
        task = undoing(session, run)
        files = looked_at(session, task)
        with other.journal.writing(), pytest.raises(StoreFault, match="another mat-desktop is writing"):
            list(reverse(session, task, files, Event()))
        do(other, undoing(other, run))
        for file, path in zip(files, music, strict=True):
            os.utime(path, ns=(1, file.stamp.mtime_ns if file.stamp else 1))
        results = list(reverse(session, task, files, Event()))
        assert {result.status for result in results} == {WriteStatus.UNCHANGED}
    finally:
        other.close()
    assert [path.read_bytes() for path in music] == before
    assert [run_.kind for run_ in session.runs()] == [RunKind.UNDO, RunKind.WRITE]


def test_cancelled_in_the_middle_the_rest_is_undone_later(session: Session, music: list[Path]) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    task, cancel = undoing(session, run), Event()
    for _ in reverse(session, task, looked_at(session, task), cancel):
        cancel.set()
    assert [path.read_bytes() == old for path, old in zip(music, before, strict=True)] == [True, False, False]
    assert session.runs()[0].planned == 3
    assert len(undoing(session, run).pasts) == 2
    do(session, undoing(session, run))
    assert [path.read_bytes() for path in music] == before


def test_a_library_behind_a_link_is_kept_in_step(session: Session, music: list[Path], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(music[0].parent)
    path = tmp_path / "link" / "a.flac"
    list(scan(session, [tmp_path / "link"], Event()))
    run = write(session, ALL, path)
    (result,) = do(session, undoing(session, run))
    assert result.path == path
    track = session.library.track(path)
    assert track is not None
    assert Field.GENRE not in track.tags
    (again,) = (t for t in scan(session, [path], Event()) if isinstance(t, Track))
    assert not again.outside


def in_library(session: Session, path: Path) -> Track:
    """As a walk over the folder finds it."""
    (track,) = (t for t in scan(session, [path], Event()) if isinstance(t, Track))
    return track


@pytest.mark.parametrize("walked", [True, False])
def test_a_change_from_outside_stays_told_after_a_redo_of_another_field(
    session: Session, music: list[Path], walked: bool
) -> None:
    path = music[0]
    list(scan(session, [path], Event()))
    run = write(session, ALL, path)
    task = undoing(session, run)
    list(reverse(session, task, [file.only({Field.MOOD}) for file in looked_at(session, task)], Event()))
    retag(path, genre="Theirs")
    if walked:
        assert in_library(session, path).outside
    (result,) = do(session, redoing(session, run))
    assert result.status is WriteStatus.WRITTEN, result
    track = refresh(session, path, seen=False)  # as the window does after each result
    assert (track.outside, track.tags[Field.GENRE]) == (True, ("Theirs",))
    again = in_library(session, path)
    assert (again.outside, again.tags) == (True, read_tags(path).tags)
    assert not refresh(session, path).outside
    assert not in_library(session, path).outside


def heard(session: Session, folder: Path) -> None:
    """As after listening: each file has the identity of its sound."""
    tracks = [Track(path, FileStamp.of(path.stat())) for path in folder.iterdir()]
    session.library.put_tracks(tracks, {track.path: packets_digest(track.path) for track in tracks})


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


def test_a_second_copy_is_not_taken_for_the_file_that_is_gone(session: Session, music: list[Path]) -> None:
    copies = [music[0].with_name(f"copy {number}.flac") for number in range(2)]
    for copy in copies:
        shutil.copy(music[0], copy)
    heard(session, music[0].parent)
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
    (result,) = do(session, undoing(session, run))
    assert result.path == copies[1 - gone]
    assert copies[1 - gone].read_bytes() == before
    with pytest.raises(UsageFault):
        undoing(session, run, files=[copies[1 - gone]])


class PowerCut(BaseException):
    """Not an Exception: nothing in the program may handle it."""


@pytest.mark.parametrize("replaced", [False, True])
def test_after_a_crash_in_an_undo_the_history_is_right(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    before = music[0].read_bytes()
    list(scan(session, music, Event()))
    run = write(session, ALL, music[0])
    written = music[0].read_bytes()
    real = apply_module.commit

    def cut(prepared: Prepared) -> FileStamp:
        if replaced:
            real(prepared)
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(apply_module, "commit", cut)
        patch.setattr(apply_module, "settle", lambda session, entry: None)
        patch.setattr(session.journal, "_finish", lambda runs: None)
        with pytest.raises(PowerCut):
            do(session, undoing(session, run))
    recover(session)
    assert music[0].read_bytes() == (before if replaced else written)
    assert [entry.undone for entry in session.runs() if entry.id == run] == [replaced]
    assert not list(music[0].parent.glob(".mat-*"))
    (track,) = (t for t in scan(session, music[:1], Event()) if isinstance(t, Track))
    assert not track.outside, "its own write is no other program's"
    if not replaced:
        do(session, undoing(session, run))
        assert music[0].read_bytes() == before
    do(session, redoing(session, run))
    assert music[0].read_bytes() == written


KILLED = """
import os, pathlib, signal, sys
from mat_desktop.__main__ import main
real, calls = os.{name}, []
def die(*arguments, **named):
    calls.append(1)
    if len(calls) == {when} and {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    answer = real(*arguments, **named)
    if len(calls) == {when}:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
os.{name} = die
main(["undo", "--data-dir", {data!r}])
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(
    ("name", "when", "before"),
    [
        ("replace", 1, True),
        ("replace", 2, False),
        ("fsync", 4, False),
    ],
)
def test_killed_in_the_middle_of_an_undo(
    session: Session, music: list[Path], tmp_path: Path, name: str, when: int, before: bool
) -> None:
    old = [path.read_bytes() for path in music]
    write(session, ALL, *music)
    new = [path.read_bytes() for path in music]
    session.close()
    script = KILLED.format(name=name, when=when, before=before, data=str(tmp_path / "data"))
    died = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    for path, states in zip(music, zip(old, new, strict=True), strict=True):
        assert path.read_bytes() in states
    again = subprocess.run(
        [sys.executable, "-m", "mat_desktop", "undo", "1", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stderr
    assert [path.read_bytes() for path in music] == old
    assert not list(music[0].parent.glob(".mat-*"))


def test_a_run_is_exported_as_a_table_and_as_json(session: Session, tmp_path: Path) -> None:
    path = encode(tmp_path / "a\udcff.flac", tone(0.2))
    retag(path, GENRE="Pop")
    run = write(session, {Field.GENRE: ("Rock", "Indie"), Field.MOOD: ("Happy",)}, path)
    do(session, undoing(session, run, fields=[Field.MOOD]))
    export_run(session.journal, run, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    name = f"{tmp_path}/a\\xff.flac"
    assert rows == [
        ["path", "field", "before", "after", "state"],
        [name, "genre", "Pop", "Rock; Indie", ""],
        [name, "mood", "", "Happy", "undone"],
    ]
    export_run(session.journal, run, tmp_path / "run.json")
    report = json.loads((tmp_path / "run.json").read_text())
    assert (report["run"], report["kind"], report["reason"]) == (run, "write", "tiny")
    (written,) = report["files"]
    assert written["path"] == str(path)
    assert written["changes"][0] == {
        "field": "genre",
        "before": ["Pop"],
        "after": ["Rock", "Indie"],
        "state": "",
    }
    with pytest.raises(UsageFault, match="there is no run 99"):
        export_run(session.journal, 99, tmp_path / "run.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(StoreFault, match="cannot be written"):
        export_run(session.journal, run, tmp_path / "folder.csv")


def test_a_file_that_could_not_be_written_is_in_the_export_with_its_reason(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    stamps = [FileStamp.of(path.stat()) for path in music]
    retag(music[0], GENRE="Pop")
    genre = (Change(Field.GENRE, (), ("Rock",)),)
    plan = Plan("tiny", tuple(FilePlan(p, stamp, genre) for p, stamp in zip(music, stamps, strict=True)))
    left, *_ = list(apply(session, plan, Event()))
    assert left.status is WriteStatus.CONFLICT
    run = session.journal.own[-1]
    export_run(session.journal, run, tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 4
    assert rows[-1] == [str(music[0]), "", "", "", f"left as it was: {left.reason}"]
    export_run(session.journal, run, tmp_path / "run.json")
    report = json.loads((tmp_path / "run.json").read_text())
    assert report["left"] == [{"path": str(music[0]), "reason": left.reason}]

    retag(music[0], GENRE="Pop")
    music[1].unlink()
    results = do(session, undoing(session, run))
    back = session.journal.own[-1]
    reasons = {result.path: result.reason for result in results if result.status is WriteStatus.FAILED}
    assert list(reasons) == [music[1]]
    assert session.journal.refused(back) == list(reasons.items())
