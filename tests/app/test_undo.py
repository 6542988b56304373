"""Undo and redo of runs, files and fields, in files of every container."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import refresh, scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import (
    last_run,
    last_undo,
    redoing,
    undoing,
    undoing_files,
    written_by,
)
from mat_desktop.audio.probe import packets_digest
from mat_desktop.cli.reversal import show
from mat_desktop.domain.plan import Change, WriteStatus
from mat_desktop.domain.reversal import MEANWHILE, RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import StoreFault, UsageFault
from mat_desktop.gui.models.history import Entry
from mat_desktop.gui.models.reversal import ReversalModel, RunModel
from mat_desktop.metadata.files import read_tags
from tests.app.undoing import ALL, do, looked_at, rest, retag, write
from tests.metadata import sample_files
from tests.sounds import encode, tone


@pytest.mark.parametrize("extension", sample_files.ALL)
def test_a_field_goes_back_and_all_else_stays_bit_for_bit(
    extension: str, session: Session, tmp_path: Path
) -> None:
    path = sample_files.make(tmp_path, extension)
    original, sound = path.read_bytes(), packets_digest(path)
    mood = read_tags(path).tags.get(Field.MOOD, ())
    run = write(session, ALL, path)
    written = path.read_bytes()
    others = rest(path, Field.MOOD, Field.MAT_TAGS)

    (result,) = do(session, undoing(session, run, fields=[Field.MOOD]))
    assert result.status is WriteStatus.WRITTEN
    assert read_tags(path).tags.get(Field.MOOD, ()) == mood
    assert read_tags(path).tags[Field.MAT_TAGS] == ("genre:rock",), "the list says what is left"
    assert rest(path, Field.MOOD, Field.MAT_TAGS) == others
    assert packets_digest(path) == sound
    (entry,) = (run_ for run_ in session.runs() if run_.id == run)
    assert (entry.reverted, entry.undone, entry.tried) == (1, False, None)

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


@pytest.mark.parametrize(
    "order", [(Field.GENRE, Field.MOOD, Field.INSTRUMENT), (Field.INSTRUMENT, Field.GENRE)]
)
def test_fields_that_came_into_a_new_tag_are_told_and_go_with_the_last_of_ours(
    order: tuple[Field, ...], session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = with_info(tmp_path / "a.wav")
    original, copied = path.read_bytes(), (Field.TITLE, Field.ARTIST)
    run = write(session, {field: ALL[field] for field in (*order, Field.MAT_TAGS, Field.MAT_MODEL)}, path)
    written = path.read_bytes()
    (file,) = written_by(session.journal, run)
    assert file.copied == copied
    model = RunModel()
    model.show([file])
    said = "Its other fields were copied into the new tag: Title, Artist"
    assert said in [line.note for line in model._every]
    (looked,) = looked_at(session, undoing(session, run))
    show([looked])
    told = "copies in its new tag go with the last field if nobody else changed the file"
    assert f"  note: {told}: title, artist" in capsys.readouterr().out
    reversal = ReversalModel()
    reversal.show([looked])
    assert f"C{told[1:]}: Title, Artist" in [line.note for line in reversal._every]
    for field in order:
        assert b"id3 " in path.read_bytes()
        (looked,) = looked_at(session, undoing(session, run, fields=[field]))
        assert looked.copied == copied
        do(session, undoing(session, run, fields=[field]))
    assert path.read_bytes() == original
    do(session, redoing(session, run))
    assert path.read_bytes() == written
    (again,) = written_by(session.journal, session.journal.own[-1])
    assert again.copied == copied
    do(session, undoing(session, last_run(session)))
    assert path.read_bytes() == original


def with_info(path: Path) -> Path:
    """A WAV with values in a RIFF INFO list, and without any other tag."""
    info = b"INFO" + b"".join(
        name + len(text).to_bytes(4, "little") + text
        for name, text in ((b"IART", b"Ann\0"), (b"IGNR", b"Pop\0"), (b"INAM", b"One\0"))
    )
    body = encode(path, tone(0.2)).read_bytes()[8:] + b"LIST" + len(info).to_bytes(4, "little") + info
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    return path


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


def test_what_was_taken_back_is_told_until_it_is_written_again(session: Session, music: list[Path]) -> None:
    path, genre, mood = music[0], Field.GENRE, Field.MOOD
    first = write(session, {genre: ("Rock",), mood: ("Happy",)}, path, music[1])
    assert session.journal.taken_back() == {}
    write(session, {genre: ("Pop",)}, path)
    do(session, undoing(session, last_run(session)))
    assert session.journal.taken_back() == {path: {genre: {("Pop",)}}}
    do(session, undoing(session, first, [path]))
    assert session.journal.taken_back() == {path: {genre: {("Pop",), ("Rock",)}, mood: {("Happy",)}}}
    do(session, redoing(session, first, [path], [mood]))
    assert session.journal.taken_back() == {path: {genre: {("Pop",), ("Rock",)}}}
    write(session, {genre: ("Jazz",)}, path)
    assert session.journal.taken_back() == {}


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
        assert {(result.status, result.reason) for result in results} == {(WriteStatus.UNCHANGED, MEANWHILE)}
    finally:
        other.close()
    assert [path.read_bytes() for path in music] == before
    assert [run_.kind for run_ in session.runs()] == [RunKind.UNDO, RunKind.WRITE]


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


def test_a_run_whose_values_were_taken_back_already_is_settled(session: Session, music: list[Path]) -> None:
    path = music[0]
    first = write(session, {Field.GENRE: ("Rock",)}, path)
    second = write(session, {Field.GENRE: ()}, path)
    before = path.read_bytes()
    (result,) = do(session, undoing(session, first))
    assert (result.status, result.reason) == (WriteStatus.UNCHANGED, "was as before already")
    assert path.read_bytes() == before
    assert {run.id: run.undone for run in session.runs()} == {first: True, second: False}, (
        "and no run of its own"
    )
    do(session, undoing(session, second))
    assert Field.GENRE not in read_tags(path).tags, "its value stays out"
    assert all(run.undone for run in session.runs())


def test_what_was_taken_back_in_parts_adds_up(session: Session, music: list[Path]) -> None:
    run = write(session, ALL, music[0])
    do(session, undoing(session, run, fields=[Field.MOOD]))
    changes = {entry.id: (entry.changes, entry.reverted) for entry in session.runs()}
    assert changes == {run: (5, 1), run + 1: (1, 0)}, "the list of tags only follows"
    do(session, undoing(session, run))
    changes = {entry.id: (entry.changes, entry.reverted) for entry in session.runs()}
    assert changes == {run: (5, 5), run + 1: (1, 0), run + 2: (4, 0)}
    do(session, redoing(session, run))
    assert [entry.undone for entry in session.runs()] == [False, True, True, False]


def test_no_redo_is_offered_of_what_a_later_run_wrote(session: Session, tmp_path: Path) -> None:
    one, two = (sample_files.make(tmp_path, extension) for extension in ("flac", "mp3"))
    run = write(session, ALL, one, two)
    do(session, undoing(session, run))
    undo = session.journal.own[-1]

    def offered() -> dict[int, str]:
        return {each.id: Entry("", each).offer for each in session.runs() if each.id in (run, undo)}

    assert offered() == {run: "Redo", undo: "Redo"}
    write(session, ALL, one)
    assert offered() == {run: "Redo", undo: "Redo"}, "not in the other file"
    later = write(session, {Field.GENRE: ("Jazz",)}, two)
    do(session, undoing(session, later))
    assert offered() == {run: "Redo", undo: "Redo"}
    write(session, ALL, two)
    assert offered() == {run: "", undo: ""}
    for task in (redoing(session, run), undoing(session, undo)):
        assert all(field.idle for file in looked_at(session, task) for field in file.fields)
    do(session, undoing(session, session.journal.own[-1]))
    assert offered() == {run: "Redo", undo: "Redo"}


def test_a_folder_that_is_missing_is_named_where_the_file_has_another_for_the_user(
    session: Session, music: list[Path], tmp_path: Path
) -> None:
    folder, link = music[0].parent, tmp_path / "link"
    link.symlink_to(folder)
    run = write(session, ALL, link / "a.flac")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.flac").write_bytes(music[1].read_bytes())
    shutil.rmtree(folder)
    link.unlink()
    link.symlink_to(tmp_path / "other")
    (file,) = looked_at(session, undoing(session, run))
    assert file.path == link / "a.flac"
    assert file.fault.startswith(f"its folder {folder} is not there, or its drive is away"), file.fault
